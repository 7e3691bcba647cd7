"""MI's own behaviours, one test for each: those that its implementations are tested for.

They are numbered as in the list that they were gathered into; the numbers from 44 on are about
WS-Management and stand in tests/winrm/test_mi_behaviours.py. Where Python answers otherwise than C,
the test says how, and `IN_PYTHON` why; `NATIVE_ONLY` has what no program in Python can do. Both
tables are in the documentation too.
"""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mi.application import Application
from mi.callbacks import OperationCallbacks, OperationResult, SessionCallbacks
from mi.calls import (
    AssociatorInstances,
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
)
from mi.calls import TestConnection as ConnectionTest
from mi.credentials import Credentials, Scheme
from mi.errors import (
    AccessDenied,
    AlreadyExists,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotFound,
    NotSupported,
    OperationCancelled,
    TypeMismatch,
    error_for,
)
from mi.events import Message, NonTerminatingError, Progress, Prompt, StreamedValue
from mi.instance import Instance
from mi.operation import Operation
from mi.options import DestinationOptions, OperationOptions, SubscriptionDeliveryOptions
from mi.results import (
    CATEGORY_OF_RESULT,
    CallbackMode,
    CimType,
    ErrorCategory,
    Flags,
    OperationFlags,
    PromptType,
    ResponseType,
    Result,
)
from mi.session import Session
from mi.store import SchemaStore
from tests.mi.conftest import Fake, cancelled_in, run_coroutine
from tests.mi.fake_handler import FakeHandler, FakeRun, Stall

NATIVE_ONLY = {
    2: "A constructor has no out pointer and no flags, and what could not be made is not there.",
    6: "The constructors of options have no out pointer.",
    23: "Nothing is deleted by hand: options are values, which Python collects.",
}
"""What no program in Python can do, by number, and why."""

IN_PYTHON = {
    3: "A second close does nothing: a `with` block must be able to end what was closed in it.",
    5: "The parameters of a method are a mapping; there is no instance of class Parameters.",
    7: "There are no hosted providers, and text forms are modules, not names of formats.",
    10: "A second close does nothing; with a callback it calls that, as MI does.",
    13: "A call that is read raises at once, as it does for arguments that cannot be used.",
    15: "An option that was not set reads None.",
    19: "There are no indexes: options are attributes, and `names` has them in order.",
    20: "Twice the same is INVALID_PARAMETER; only `Credentials.reveal` shows the password.",
    28: "An argument that no server could take is refused when the value of the call is made.",
    30: "There is one way to read, so the wrong kind cannot be read; one with callbacks cannot be.",
    34: "A second close does nothing.",
    36: "Closing what was not read to its end cancels it and forgets the rest.",
    43: "Two packages that offer one name are an error that names both.",
    46: "Without a password NOT_SUPPORTED says what is missing, before anything is sent.",
    47: "A transport that is none is refused when the option is set.",
}
"""Where Python answers otherwise, by number, and how."""

_QUERY = QueryInstances("SELECT * FROM Win32_Service")
_KEY = Instance("Win32_Service", {"Name": "Spooler"})
_CALLS: list[Call[Any]] = [
    GetInstance(_KEY),
    ModifyInstance(_KEY),
    CreateInstance(_KEY),
    DeleteInstance(_KEY),
    Invoke(_KEY, "StartService"),
    EnumerateInstances("Win32_Service"),
    _QUERY,
    AssociatorInstances(_KEY),
    ReferenceInstances(_KEY),
    Subscribe("SELECT * FROM __InstanceCreationEvent"),
    GetClass("Win32_Service"),
    EnumerateClasses("Win32_Service"),
    ConnectionTest(),
]
_MANUAL = OperationFlags.MANUAL_ACK_RESULTS
_SOON = 10

each_call = pytest.mark.parametrize("call", _CALLS, ids=lambda call: call.operation)


class _Results:
    """A result callback that keeps what it is given."""

    def __init__(self, deal: Callable[[OperationResult[Any]], object] | None = None) -> None:
        self.all: list[OperationResult[Any]] = []
        self.final = threading.Event()
        self.arrived = threading.Semaphore(0)
        self._deal = deal

    def __call__(self, result: OperationResult[Any]) -> None:
        self.all.append(result)
        if self._deal is not None:
            self._deal(result)
        self.arrived.release()
        if not result.more_results:
            self.final.set()

    def wait(self) -> list[OperationResult[Any]]:
        assert self.final.wait(_SOON)
        return self.all


def _start(session: Session, call: Call[Any], told: _Results, **keywords: Any) -> Operation[Any]:
    callbacks = OperationCallbacks(**{call.result_callback: told})  # type: ignore[arg-type]
    return session.run(call, callbacks=callbacks, **keywords)


def _say_yes(text: str, kind: PromptType, respond: Any) -> None:
    respond(ResponseType.YES)


def _read(operation: Operation[Any]) -> list[Any]:
    """Read to the end; where the call has one result, that."""
    return [*operation]


def _application(handler: FakeHandler) -> Application:
    application = Application()
    application.handlers.register("TEST", handler)
    return application


# Application


def test_01_an_application_is_made_and_closed_and_cannot_be_used_then() -> None:
    application = Application()
    assert application.new_instance("Win32_Service").class_name == "Win32_Service"
    application.close()
    with pytest.raises(InvalidParameter, match="the application is closed"):
        application.new_instance("Win32_Service")


def test_03_closing_an_application_twice_is_no_failure() -> None:
    application = Application()
    application.close()
    application.close()


def test_04_two_applications_side_by_side_do_not_interfere() -> None:
    first, second = _application(FakeHandler()), _application(FakeHandler())
    with second, second.new_session("TEST") as session:
        first.close()
        assert session.test_connection() is None
        assert first.handlers.load("TEST") is not second.handlers.load("TEST")


@pytest.mark.parametrize(
    ("class_name", "kind"), [(None, TypeMismatch), ("", InvalidParameter), ("1", InvalidParameter)]
)
def test_05_an_instance_without_a_legal_class_name_is_refused(class_name: Any, kind: Any) -> None:
    with Application() as application:
        with pytest.raises(kind):
            application.new_instance(class_name)
        assert dict(application.new_instance("Parameters")) == {}


def test_07_a_text_in_no_form_that_is_known_is_refused() -> None:
    with pytest.raises(MIError):
        SchemaStore().load("nothing of the kind", "root/cimv2")


# Session


def test_08_a_handler_sees_destination_and_options_whose_later_change_it_does_not_see() -> None:
    handler = FakeHandler()
    options = DestinationOptions(timeout=5, ui_locale="de-DE")
    with _application(handler) as application:
        with application.new_session("TEST", "server01", options):
            del options.timeout
            options.ui_locale = None
        channel = handler.channels[0]
        assert channel.destination == "server01"
        assert channel.options == DestinationOptions(timeout=5, ui_locale="de-DE")


def test_09_a_protocol_that_is_not_registered_is_not_found() -> None:
    with Application() as application, pytest.raises(NotFound) as caught:
        application.new_session("NONE", "server01")
    assert caught.value.result is Result.NOT_FOUND


def test_10_a_session_closes_with_and_without_a_callback_once_and_in_callbacks(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    closed: list[str] = []
    all_closed = threading.Event()

    def completed() -> None:
        closed.append("closed")
        all_closed.set()

    results = _Results(lambda result: result.more_results and session.close(completed))
    _start(session, _QUERY, results)
    assert all_closed.wait(_SOON)
    assert type(results.wait()[-1].error) is OperationCancelled
    session.close()
    assert (closed, len(channel.closes)) == (["closed"], 1)
    all_closed.clear()
    session.close(completed)
    assert all_closed.wait(_SOON)
    assert (closed, len(channel.closes)) == (["closed"] * 2, 1)


def test_11_a_session_returns_its_application_and_a_closed_one_invalid_parameter() -> None:
    with _application(FakeHandler()) as application:
        session = application.new_session("TEST")
        assert session.application is application
        session.close()
        with pytest.raises(InvalidParameter):
            _ = session.application


def test_12_session_callbacks_are_accepted_and_told() -> None:
    told: list[Any] = []
    handler = FakeHandler()
    callbacks = SessionCallbacks(lambda channel, text: told.append(text), told.append)
    application = _application(handler)
    with application, application.new_session("TEST", callbacks=callbacks):
        handler.channels[0].callbacks.message(0, "hello")
        handler.channels[0].callbacks.error(_KEY)
    assert told == ["hello", _KEY]


@each_call
def test_13_on_a_closed_session_every_operation_is_invalid_parameter(
    fake: Fake, call: Call[Any]
) -> None:
    session, _ = fake()
    session.close()
    results = _Results()
    _start(session, call, results)
    assert [one.result for one in results.all] == [Result.INVALID_PARAMETER]
    with pytest.raises(InvalidParameter):
        session.run(call)


@pytest.mark.parametrize("what", ["session", "application"])
@pytest.mark.filterwarnings("ignore:closed with the application:ResourceWarning")
def test_14_closing_cancels_what_is_outstanding_and_waits_for_it(what: str) -> None:
    stall = Stall()
    handler = FakeHandler(stall)
    application = _application(handler)
    session = application.new_session("TEST")
    results = _Results()
    _start(session, _QUERY, results, timeout=None)
    stall.begun.wait(_SOON)
    {"session": session, "application": application}[what].close()
    assert results.final.is_set()
    assert type(results.all[0].error) is OperationCancelled
    assert handler.channels[0].open_contexts == set()
    application.close()


# Options

_PASSWORD = Credentials.password("ops", "hunter2", "CONTOSO")
_TOMORROW = datetime(2030, 1, 1, tzinfo=UTC)
_OPTIONS: dict[type[Any], dict[str, tuple[Any, Any]]] = {
    DestinationOptions: {
        "timeout": (timedelta(minutes=1), 60.0),
        "cert_ca_check": (False, False),
        "cert_cn_check": (False, False),
        "packet_privacy": (False, False),
        "data_locale": ("de-DE", "de-DE"),
        "ui_locale": ("fr-FR", "fr-FR"),
        "max_envelope_size": (200, 200),
        "max_elements": (10, 10),
        "http_url_prefix": ("wsman", "/wsman"),
        "destination_port": (1234, 1234),
        "transport": ("https", "HTTPS"),
        "credentials": (_PASSWORD, (_PASSWORD,)),
        "trusted_certs_dir": ("/etc/ssl", "/etc/ssl"),
    },
    OperationOptions: {
        "timeout": (5, 5.0),
        "write_error_mode": (1, CallbackMode.INQUIRE),
        "prompt_user_mode": (CallbackMode.IGNORE, CallbackMode.IGNORE),
        "prompt_user_regular_ack_value": (False, False),
        "enabled_channels": ([0, 7], {0, 7}),
    },
    SubscriptionDeliveryOptions: {
        "maximum_latency": (5, 5.0),
        "heartbeat_interval": (timedelta(seconds=6), 6.0),
        "expiration_time": (_TOMORROW, _TOMORROW),
        "bookmark": ("<BookmarkList/>", "<BookmarkList/>"),
        "delivery_retry_interval": (7, 7.0),
        "delivery_retry_attempts": (8, 8),
        "delivery_destination": ("collector", "collector"),
        "delivery_port_number": (5986, 5986),
        "delivery_credentials": (_PASSWORD, (_PASSWORD,)),
    },
}
_EACH = [
    (kind, name, *values) for kind, table in _OPTIONS.items() for name, values in table.items()
]
each_kind = pytest.mark.parametrize("kind", list(_OPTIONS))


@pytest.mark.parametrize(
    ("kind", "name", "given", "read"),
    _EACH,
    ids=[f"{kind.__name__}.{name}" for kind, name, *_ in _EACH],
)
def test_15_each_option_reads_what_was_set_and_none_before(
    kind: type[Any], name: str, given: Any, read: Any
) -> None:
    options = kind()
    assert [getattr(options, one) for one in options.names] == [None] * len(options.names)
    setattr(options, name, given)
    assert getattr(options, name) == read


def test_16_setting_again_overwrites_and_another_type_is_refused_and_the_old_value_kept() -> None:
    options = OperationOptions(timeout=5, max_elements=6)
    options.timeout = 7
    with pytest.raises(TypeMismatch):
        options.timeout = "9"
    assert options.timeout == 7
    assert list(options.values) == ["timeout", "max_elements"]


@each_kind
def test_17_what_is_no_option_is_invalid_parameter(kind: type[Any]) -> None:
    with pytest.raises(InvalidParameter, match="has no option 'nonsense'"):
        kind(nonsense=1)
    with pytest.raises(InvalidParameter):
        kind().set_custom("", 1)


_CUSTOM = {
    CimType.BOOLEAN: True,
    CimType.REAL32: 1.5,
    CimType.REAL64: 1.5,
    CimType.CHAR16: "a",
    CimType.DATETIME: timedelta(days=1),
    CimType.STRING: "a",
}
_SCALARS = [one for one in CimType if not one.is_array and one < CimType.REFERENCE]


@pytest.mark.parametrize("cim_type", _SCALARS, ids=lambda one: one.name)
def test_18_a_custom_option_has_any_type_and_keeps_it(cim_type: CimType) -> None:
    options, value = OperationOptions(), _CUSTOM.get(cim_type, 1)
    options.set_custom("provider:scalar", value, cim_type, must_comply=True)
    options.set_custom("provider:array", [value, value], cim_type.array)
    scalar, array = options.custom.values()
    assert (scalar.value, scalar.type, scalar.must_comply) == (value, cim_type, True)
    assert (array.value, array.type) == ([value, value], cim_type.array)
    with pytest.raises(TypeMismatch):
        options.set_custom("provider:scalar", [value], cim_type.array)
    with pytest.raises(InvalidParameter):
        options.set_custom("timeout", 1)


@each_kind
def test_19_options_have_an_order_which_setting_again_leaves(kind: type[Any]) -> None:
    options, table = kind(), _OPTIONS[kind]
    for name, (given, _) in table.items():
        setattr(options, name, given)
    for name, (given, _) in reversed(table.items()):
        setattr(options, name, given)
    assert list(options.values) == list(table)
    assert set(table) <= set(kind.names)


def test_20_credentials_keep_who_it_is_and_hide_the_password() -> None:
    for scheme in (Scheme.DEFAULT, Scheme.NEGOTIATE, Scheme.BASIC, Scheme.KERBEROS, Scheme.DIGEST):
        one = Credentials.password("ops", "hunter2", "CONTOSO", scheme)
        assert (one.scheme, str(one.user), one.reveal()) == (scheme, "CONTOSO\\ops", "hunter2")
        assert "hunter2" not in repr(one)
        assert "******" in repr(one)
    assert Credentials.certificate("client.pem").scheme is Scheme.CLIENT_CERTIFICATE
    assert Credentials.password("ops", "x", scheme="negowithcreds").scheme is Scheme.NEGOTIATE
    with pytest.raises(InvalidParameter):
        Credentials.password("ops", "x", scheme="Nonsense")
    with pytest.raises(TypeMismatch):
        Credentials.password(None, "x")  # type: ignore[arg-type]
    with pytest.raises(InvalidParameter):
        DestinationOptions(credentials=[_PASSWORD, _PASSWORD])
    basic = Credentials.password("ops", "hunter2", "CONTOSO", Scheme.BASIC)
    assert DestinationOptions(credentials=[_PASSWORD, basic]).credentials == (_PASSWORD, basic)


def test_21_the_channels_of_mi_are_enabled_until_one_is_disabled(fake: Fake) -> None:
    session, _ = fake([Message(channel, "hello") for channel in (0, 1, 2, 3)])
    for disabled, expected in ((None, [0, 1, 2]), (1, [0, 2])):
        told: list[int] = []
        options = OperationOptions()
        if disabled is not None:
            options.disable_channel(disabled)
        callbacks = OperationCallbacks(write_message=lambda channel, text: told.append(channel))  # noqa: B023 - it is called before the next turn
        session.run(_QUERY, options=options, callbacks=callbacks).all()
        assert told == expected


@each_kind
def test_22_a_copy_equals_its_original_which_does_not_change_with_it(kind: type[Any]) -> None:
    options = kind(**{name: given for name, (given, _) in _OPTIONS[kind].items()})
    options.set_custom("provider:name", 1)
    twin = options.copy()
    assert twin == options
    twin.set_custom("provider:other", 1)
    for name in _OPTIONS[kind]:
        delattr(twin, name)
    assert twin != options
    assert len(options.values) == len(_OPTIONS[kind])
    assert list(options.custom) == ["provider:name"]


# Operations


@each_call
def test_24_with_automatic_acknowledgement_every_result_comes_by_itself(
    fake: Fake, call: Call[Any]
) -> None:
    session, _ = fake(["a"] if call.unary else ["a", "b"])
    results = _Results()
    _start(session, call, results)
    told = results.wait()
    assert [one.value for one in told] == (["a"] if call.unary else ["a", "b", None])
    assert [one.more_results for one in told] == [True] * (len(told) - 1) + [False]
    assert {one.acknowledge for one in told} == {None}


@each_call
def test_25_with_manual_acknowledgement_no_result_comes_before_the_last_is_acknowledged(
    fake: Fake, call: Call[Any]
) -> None:
    session, _ = fake(["a"] if call.unary else ["a", "b"])
    results = _Results()
    _start(session, call, results, flags=_MANUAL)
    for count in range(1, 2 if call.unary else 4):
        assert results.arrived.acquire(timeout=_SOON)
        assert not results.arrived.acquire(timeout=0.002)
        assert len(results.all) == count
        acknowledge = results.all[-1].acknowledge
        assert acknowledge is not None
        acknowledge()
        acknowledge()
    results.wait()


@each_call
def test_26_reading_goes_on_until_the_end_which_stays_the_end(fake: Fake, call: Call[Any]) -> None:
    session, channel = fake(["a"], ["b"])
    operation = session.run(call)
    assert _read(operation) == ["a", "b"]
    assert _read(operation) == _read(operation) == []
    assert channel.runs[0].asked == 3
    failing = fake(ConnectionFailed("it broke"))[0].run(call)
    for _ in range(2):
        with pytest.raises(ConnectionFailed, match="it broke"):
            _read(failing)


def test_27_a_thread_reads_what_another_produces_with_options_and_with_prompts(fake: Fake) -> None:
    produced = threading.Event()
    session, channel = fake(
        lambda run: produced.wait(_SOON) and [Prompt("Go on?", token=1), "a"], ["b"]
    )
    threading.Timer(0.01, produced.set).start()
    operation = session.run(
        _QUERY,
        options=OperationOptions(max_elements=1),
        callbacks=OperationCallbacks(
            prompt_user=lambda text, kind, respond: respond and respond(1)
        ),  # type: ignore[arg-type]
    )
    assert operation.all() == ["a", "b"]
    assert channel.runs[0].answers == [(1, ResponseType.YES)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: GetInstance(None),  # type: ignore[arg-type]
        lambda: ModifyInstance(None),  # type: ignore[arg-type]
        lambda: CreateInstance(None),  # type: ignore[arg-type]
        lambda: DeleteInstance(None),  # type: ignore[arg-type]
        lambda: Invoke(_KEY, None),  # type: ignore[arg-type]
        lambda: Invoke(None, "StartService"),  # type: ignore[arg-type]
        lambda: EnumerateInstances(None),  # type: ignore[arg-type]
        lambda: QueryInstances(None),  # type: ignore[arg-type]
        lambda: AssociatorInstances(None),  # type: ignore[arg-type]
        lambda: ReferenceInstances(None),  # type: ignore[arg-type]
        lambda: Subscribe(None),  # type: ignore[arg-type]
        lambda: GetClass(None),  # type: ignore[arg-type]
    ],
)
def test_28_what_is_required_is_refused_where_it_is_missing_and_nothing_is_sent(
    fake: Fake, make: Any
) -> None:
    with pytest.raises((TypeMismatch, InvalidParameter)):
        make()
    session, channel = fake()
    results = _Results()
    keyless = Instance("Win32_Service")
    keyless.add("Name", None, CimType.STRING, Flags.KEY)
    _start(session, GetInstance(keyless), results)
    assert [one.result for one in results.all] == [Result.INVALID_PARAMETER]
    assert channel.runs == []


@each_call
def test_29_a_handler_without_that_call_is_not_supported(fake: Fake, call: Call[Any]) -> None:
    session, _ = fake(refusal=NotSupported("no row for it"))
    results = _Results()
    _start(session, call, results)
    told = results.wait()
    assert [(one.value, one.more_results, one.result) for one in told] == [
        (None, False, Result.NOT_SUPPORTED)
    ]
    with pytest.raises(NotSupported):
        _read(session.run(call))


@each_call
def test_30_an_asynchronous_operation_cannot_be_read(fake: Fake, call: Call[Any]) -> None:
    session, _ = fake(["a"])
    results = _Results()
    operation = _start(session, call, results)
    results.wait()
    for use in (operation.all, operation.result, lambda: next(operation)):
        with pytest.raises(InvalidParameter):
            use()


@each_call
def test_31_flags_that_nobody_knows_are_ignored_and_queries_are_passed_through(
    fake: Fake, call: Call[Any]
) -> None:
    session, channel = fake(["a"])
    assert _read(session.run(call, flags=OperationFlags(0x8000_0000 | 11))) == ["a"]
    query = QueryInstances("fetch <everything> & more", "My own dialect")
    session.run(query).all()
    made = channel.runs[1].call
    assert (made.query, made.dialect) == ("fetch <everything> & more", "My own dialect")


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("count", [10, 1000])
@pytest.mark.parametrize("how", ["read", "delivered"])
def test_32_streams_lose_nothing_and_do_not_cross(
    fake: Fake, how: str, count: int, threads: int
) -> None:
    def stream(run: FakeRun) -> list[Any]:
        run.steps = [[(run.call.query, number)] for number in range(1, count)]
        return [(run.call.query, 0)]

    session, _ = fake(stream)
    streams: dict[str, list[Any]] = {}

    def work(query: str) -> None:
        if how == "read":
            streams[query] = session.run(QueryInstances(query)).all()
            return
        results = _Results()
        _start(session, QueryInstances(query), results)
        told = results.wait()
        assert [one.more_results for one in told] == [True] * count + [False]
        streams[query] = [one.value for one in told[:-1]]

    workers = [threading.Thread(target=work, args=(f"SELECT {n}",)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert streams == {
        f"SELECT {n}": [(f"SELECT {n}", number) for number in range(count)] for n in range(threads)
    }


def test_33_the_content_of_an_instance_arrives_intact_and_its_names_know_no_case(
    fake: Fake,
) -> None:
    sent = Instance("Everything")
    for cim_type in _SCALARS:
        value = _CUSTOM.get(cim_type, 1)
        sent.add(cim_type.name, value, cim_type)
        sent.add(f"{cim_type.name}s", [value, value], cim_type.array)
    sent.add("Other", _KEY, CimType.INSTANCE)
    sent.add("Null", None, CimType.STRING, Flags.KEY)
    session, _ = fake([sent])
    received = session.run(_QUERY).result()
    for name in sent:
        assert received[name.lower()] == received[name.upper()] == sent[name]
        assert received.element(name).type == sent.element(name).type


@each_call
def test_34_a_finished_operation_closes_and_is_invalid_parameter_from_then_on(
    fake: Fake, call: Call[Any]
) -> None:
    session, _ = fake(["a"])
    operation = session.run(call)
    _read(operation)
    operation.close()
    operation.close()
    for use in (operation.cancel, operation.all, lambda: operation.session):
        with pytest.raises(InvalidParameter):
            use()


@each_call
def test_35_an_operation_is_cancelled_before_and_between_results_and_not_after_the_last(
    fake: Fake, call: Call[Any]
) -> None:
    session, channel = fake(["a"], ["b"])
    early, late, ended = (session.run(call) for _ in range(3))
    early.cancel()
    next(late)
    late.cancel()
    late.cancel()
    for cancelled in (early, late):
        with pytest.raises(OperationCancelled) as caught:
            next(cancelled)
        assert caught.value.result is Result.FAILED
    assert _read(ended) == ["a", "b"]
    ended.cancel()
    assert _read(ended) == []
    ended.close()
    with pytest.raises(InvalidParameter):
        ended.cancel()
    assert channel.open_contexts == set()


@each_call
def test_36_closing_what_was_not_read_to_its_end_never_hangs_one_thread(
    fake: Fake, call: Call[Any]
) -> None:
    session, channel = fake(["a"], ["b"])
    operation = session.run(call)
    next(operation)
    operation.close()
    assert channel.runs[0].ends == ["close"]


@each_call
def test_37_in_the_final_callback_the_operation_knows_its_session_and_closes(
    fake: Fake, call: Call[Any]
) -> None:
    sessions: list[Session] = []

    def deal(result: OperationResult[Any]) -> None:
        if not result.more_results:
            sessions.append(result.operation.session)
            result.operation.close()

    session, channel = fake(["a"])
    results = _Results(deal)
    _start(session, call, results)
    results.wait()
    session.close()
    assert sessions == [session]
    assert channel.runs[0].ends == ["close"]


_ERROR = Instance("MSFT_WmiError", {"Message": "it broke"})
_ISSUED = [
    Message(0, "1"),
    Progress("Copying", percent_complete=50),
    NonTerminatingError(_ERROR),
    Prompt("Go on?", token=1),
    StreamedValue("Output", CimType.STRING, "a line"),
    StreamedValue("Output", CimType.STRING, "another"),
    Message(1, "2"),
]


@pytest.mark.parametrize("how", ["read", "delivered"])
def test_38_what_a_provider_says_is_told_as_it_was_issued_and_before_the_final_result(
    fake: Fake, how: str
) -> None:
    told: list[Any] = []
    results = _Results(lambda result: told.append("final"))
    callbacks = OperationCallbacks(
        instance_result=results if how == "delivered" else None,
        write_message=lambda channel, text: told.append(text),
        write_progress=told.append,
        write_error=lambda instance, respond: told.append(instance),
        prompt_user=lambda text, kind, respond: told.append(text) or _say_yes(text, kind, respond),  # type: ignore[func-returns-value]
        streamed_parameter_result=lambda name, kind, value, acknowledge: told.append(value),
    )
    session, _ = fake(_ISSUED, [None])
    operation = session.run(Invoke(_KEY, "Install"), callbacks=callbacks)
    if how == "read":
        assert operation.result() is None
    else:
        assert [one.value for one in results.wait()] == [None]
    expected = ["1", _ISSUED[1], _ERROR, "Go on?", "a line", "another", "2"]
    assert told == expected + ["final"] * (how == "delivered")


@pytest.mark.parametrize("response", list(ResponseType))
def test_39_answers_reach_the_provider_and_the_modes_say_who_is_asked(
    fake: Fake, response: ResponseType
) -> None:
    def outcome(mode: CallbackMode, kind: PromptType) -> tuple[list[Any], list[Any]]:
        asked: list[Any] = []

        def prompt_user(text: str, kind: PromptType, respond: Any) -> None:
            asked.append(respond is not None)
            if respond is not None:
                respond(response)
                with pytest.raises(InvalidParameter):
                    respond(response)

        session, channel = fake([Prompt("Go on?", kind, token=1)])
        session.run(
            _QUERY,
            options=OperationOptions(prompt_user_mode=mode),
            callbacks=OperationCallbacks(prompt_user=prompt_user),
        ).all()
        return asked, [answer for _, answer in channel.runs[0].answers]

    normal, critical = PromptType.NORMAL, PromptType.CRITICAL
    assert outcome(CallbackMode.INQUIRE, normal) == ([True], [response])
    assert outcome(CallbackMode.REPORT, normal) == ([False], [ResponseType.YES])
    assert outcome(CallbackMode.IGNORE, normal) == ([], [ResponseType.YES])
    for mode in CallbackMode:
        assert outcome(mode, critical) == ([True], [response])


def test_39_yes_to_all_for_an_error_switches_to_report(fake: Fake) -> None:
    asked: list[bool] = []

    def write_error(instance: Instance, respond: Any) -> None:
        asked.append(respond is not None)
        if respond is not None:
            respond(ResponseType.YES_TO_ALL)

    error = NonTerminatingError(_ERROR, Prompt("", token=1))
    session, channel = fake([error, error])
    session.run(
        _QUERY,
        options=OperationOptions(write_error_mode=CallbackMode.INQUIRE),
        callbacks=OperationCallbacks(write_error=write_error),
    ).all()
    assert asked == [True, False]
    assert channel.runs[0].answers == [(1, ResponseType.YES_TO_ALL), (1, ResponseType.YES)]


@each_call
def test_40_where_the_start_is_reported_the_first_result_is_empty(
    fake: Fake, call: Call[Any]
) -> None:
    session, _ = fake(["a"])
    flags = OperationFlags.REPORT_OPERATION_STARTED
    results = _Results()
    _start(session, call, results, flags=flags)
    first = results.wait()[0]
    assert (first.value, first.more_results, first.result) == (None, True, Result.OK)
    assert _read(session.run(call, flags=flags)) == [None, "a"]


@each_call
def test_41_an_error_carries_a_cim_error_with_its_result_and_its_message(
    fake: Fake, call: Call[Any]
) -> None:
    session, _ = fake(AccessDenied("not for you"))
    results = _Results()
    _start(session, call, results)
    error = results.wait()[0].error
    assert error is not None
    assert (error.result, error.message) == (Result.ACCESS_DENIED, "not for you")
    assert error.extended_error["CIMStatusCode"] == Result.ACCESS_DENIED
    assert error.extended_error["Message"] == "not for you"


@pytest.mark.parametrize("result", [one for one in Result if one is not Result.OK])
def test_42_each_result_has_its_category_and_its_cim_error(result: Result) -> None:
    error = error_for(result, "it failed")
    assert error.category is CATEGORY_OF_RESULT[result]
    assert CATEGORY_OF_RESULT[Result.ACCESS_DENIED] is ErrorCategory.ACCESS_DENIED == 18
    details = error.extended_error
    assert (details["CIMStatusCode"], details["MessageID"]) == (result, f"MI RESULT {int(result)}")
    assert (details["PerceivedSeverity"], details["ProbableCause"]) == (7, 0)
    assert details["OwningEntity"]


# Handler cache


def test_43_a_name_always_gives_the_same_handler_and_an_unknown_one_none() -> None:
    application = _application(FakeHandler())
    application.handlers.register("OTHER", FakeHandler())
    load = application.handlers.load
    assert load("test") is load("TEST")
    assert load("TEST") is not load("OTHER")
    with pytest.raises(NotFound):
        load("NONE")
    application.handlers.register("BROKEN", "no_such_module:Handler")
    with pytest.raises(NotSupported):
        load("BROKEN")
    with pytest.raises(AlreadyExists):
        application.handlers.register("TEST", FakeHandler())


# In coroutines all this is the same


def test_26_a_task_reads_until_the_end_which_stays_the_end(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"])

    async def main() -> None:
        operation = session.run(_QUERY)
        assert [one async for one in operation] == ["a", "b"]
        assert [one async for one in operation] == []

    run_coroutine(main())


def test_35_cancelling_a_task_is_cancelling_its_operation(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)

    async def main() -> None:
        await cancelled_in(stall, session.aio.get_instance(_KEY, timeout=None))

    run_coroutine(main())
    assert channel.open_contexts == set()


# The list itself

_WIRE = Path(__file__).parents[1] / "winrm" / "test_mi_behaviours.py"
_PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "semantics.md"


def _tested(path: Path) -> set[int]:
    text = path.read_text(encoding="utf-8")
    return {int(number) for number in re.findall(r"^def test_(\d\d)_", text, re.MULTILINE)}


def test_each_behaviour_is_tested_or_is_for_native_programs_alone() -> None:
    here, wire = _tested(Path(__file__)), _tested(_WIRE)
    assert here | wire | set(NATIVE_ONLY) == set(range(1, 49))
    assert here.isdisjoint(wire)
    assert (here | wire).isdisjoint(NATIVE_ONLY)
    assert set(IN_PYTHON) <= here | wire


def test_the_documentation_has_the_same_tables() -> None:
    text = " ".join(_PAGE.read_text(encoding="utf-8").split())
    for reason in (*NATIVE_ONLY.values(), *IN_PYTHON.values()):
        assert reason in text
