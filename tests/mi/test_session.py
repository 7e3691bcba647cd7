"""Sessions: the calls, what each of them may say, and their end."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from mi import calls, workers
from mi.application import Application
from mi.callbacks import OperationCallbacks, OperationResult, SessionCallbacks
from mi.errors import (
    AccessDenied,
    InvalidParameter,
    MIError,
    NotFound,
    OperationCancelled,
    OperationTimeout,
    TypeMismatch,
)
from mi.handler import Item
from mi.instance import Instance
from mi.names import NameMap
from mi.namespace_tree import Namespaces
from mi.options import OperationOptions
from mi.results import CimType, Flags, OperationFlags
from mi.schema import Class, Property, Qualifier
from mi.session import Session
from tests.mi.conftest import Fake, run_coroutine
from tests.mi.fake_handler import FakeChannel, FakeHandler, FakeRun, Stall

_QUERY = "SELECT * FROM Win32_Service"
_KEY = Instance("Win32_Service", {"Name": "Spooler"})
_KEY_ONLY = NameMap([("Key", Qualifier("Key", CimType.BOOLEAN, value=True))])
_SERVICE = Class(
    "Win32_Service",
    properties=NameMap(
        [
            ("Name", Property("Name", CimType.STRING, qualifiers=_KEY_ONLY)),
            ("State", Property("State", CimType.STRING)),
        ]
    ),
)


def _call(channel: FakeChannel) -> Any:
    return channel.runs[-1].call


# The calls


def test_a_connection_is_tested_and_may_tell_nothing(fake: Fake) -> None:
    session, channel = fake()
    assert session.test_connection() is None
    assert _call(channel) == calls.TestConnection(namespace="root/cimv2")


def test_a_connection_test_may_tell_what_the_server_is(fake: Fake) -> None:
    identity = Instance("Identity", {"ProductVendor": "Microsoft Corporation"})
    session, _ = fake([identity])
    assert session.test_connection() is identity


def test_an_instance_is_got_by_its_key_at_once(fake: Fake) -> None:
    session, channel = fake([_KEY])
    assert session.get_instance(_KEY) is _KEY
    assert _call(channel) == calls.GetInstance(_KEY, namespace="root/cimv2")


def test_an_instance_is_got_by_its_path(fake: Fake) -> None:
    session, channel = fake([_KEY])
    session.get_instance(r'\\.\root\default:Win32_Service.Name="Spooler"')
    assert dict(_call(channel).key) == {"Name": "Spooler"}
    assert _call(channel).namespace == "root/default"


def test_instances_are_enumerated_when_they_are_asked_for(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    operation = session.enumerate_instances("Win32_Service", keys_only=True)
    assert channel.runs == []
    assert operation.all() == ["a", "b"]
    assert _call(channel) == calls.EnumerateInstances(
        "Win32_Service", keys_only=True, namespace="root/cimv2"
    )


def test_instances_are_queried_when_they_are_asked_for(fake: Fake) -> None:
    session, channel = fake(["a"])
    assert list(session.query_instances(_QUERY, "CQL")) == ["a"]
    assert _call(channel) == calls.QueryInstances(_QUERY, "CQL", namespace="root/cimv2")
    session.query_instances(_QUERY).all()
    assert _call(channel).dialect == "WQL"


def test_a_class_is_got_at_once(fake: Fake) -> None:
    session, channel = fake([_SERVICE])
    assert session.get_class("Win32_Service") is _SERVICE
    assert _call(channel) == calls.GetClass("Win32_Service", namespace="root/cimv2")


def test_run_takes_every_call_as_a_value(fake: Fake) -> None:
    session, channel = fake([_SERVICE])
    assert session.run(calls.GetClass("Win32_Service")).result() is _SERVICE
    assert session.run(calls.EnumerateInstances("Win32_Service")).all() == [_SERVICE]
    assert [run.call.operation for run in channel.runs] == ["GetClass", "EnumerateInstances"]


# Arguments are checked before anything is sent, and errors say where


def _refused(session: Session, channel: FakeChannel, operation: str, call: Any) -> MIError:
    with pytest.raises(MIError) as caught:
        call(session)
    assert (caught.value.host, caught.value.operation) == ("server01", operation)
    assert channel.runs == []
    return caught.value


@pytest.mark.parametrize(
    ("operation", "call", "kind"),
    [
        ("GetInstance", lambda s: s.get_instance("Win32_Service"), InvalidParameter),
        ("GetInstance", lambda s: s.get_instance(None), TypeMismatch),
        ("EnumerateInstances", lambda s: s.enumerate_instances("no class"), InvalidParameter),
        ("EnumerateInstances", lambda s: s.enumerate_instances(None), TypeMismatch),
        ("QueryInstances", lambda s: s.query_instances(" "), InvalidParameter),
        ("GetClass", lambda s: s.get_class("no class"), InvalidParameter),
        ("GetClass", lambda s: s.get_class("C", namespace="a\vb"), InvalidParameter),
        ("GetClass", lambda s: s.get_class("C", namespace=5), TypeMismatch),
        ("TestConnection", lambda s: s.test_connection(timeout=0), InvalidParameter),
        ("TestConnection", lambda s: s.test_connection(timeout="60"), TypeMismatch),
        ("TestConnection", lambda s: s.test_connection(deadline=-1), InvalidParameter),
        ("TestConnection", lambda s: s.test_connection(options={}), TypeMismatch),
        ("TestConnection", lambda s: s.test_connection(flags="deep"), TypeMismatch),
        ("GetClass", lambda s: s.run(calls.GetClass("C"), timeout=0), InvalidParameter),
    ],
)
def test_a_bad_argument_is_refused_at_once_and_says_of_which_operation(
    fake: Fake, operation: str, call: Any, kind: type[MIError]
) -> None:
    assert type(_refused(*fake(), operation, call)) is kind


def test_a_keyword_that_no_call_takes_is_an_ordinary_mistake(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(TypeError, match="timeuot"):
        session.test_connection(timeuot=5)  # type: ignore[call-arg]


def test_an_error_of_the_server_says_where_too(fake: Fake) -> None:
    session, _ = fake(NotFound("no such service"))
    with pytest.raises(NotFound, match="server01: GetInstance: no such service"):
        session.get_instance(_KEY)


# Keys


def test_an_instance_without_a_key_of_its_class_is_not_sent(fake: Fake) -> None:
    projection = Instance.received("Win32_Service", {"State": "Stopped"}, _SERVICE.layout, None)
    error = _refused(*fake(), "GetInstance", lambda session: session.get_instance(projection))
    assert isinstance(error, InvalidParameter)
    assert "Name" in error.message
    assert error.advice == "Select them too."


def test_a_key_that_is_null_is_missing_too(fake: Fake) -> None:
    keyed = Instance("Win32_Service")
    keyed.add("Name", None, CimType.STRING, Flags.KEY)
    error = _refused(*fake(), "GetInstance", lambda session: session.get_instance(keyed))
    assert "Name" in error.message


def test_run_checks_the_keys_as_well(fake: Fake) -> None:
    projection = Instance.received("Win32_Service", {"State": "Stopped"}, _SERVICE.layout, None)
    _refused(*fake(), "GetInstance", lambda session: session.run(calls.GetInstance(projection)))


def test_the_identity_that_the_server_sent_is_the_key(fake: Fake) -> None:
    session, channel = fake([_KEY])
    sent = Instance.received(
        "Win32_Service",
        {"State": "Stopped"},
        _SERVICE.layout,
        "root/cimv2",
        identity=[("Name", "Spooler")],
    )
    session.get_instance(sent)
    assert _call(channel).key.key == {"Name": "Spooler"}


# Namespace


@pytest.mark.parametrize(
    ("keyword", "of_call", "of_instance", "of_options", "expected"),
    [
        (None, None, None, None, "root/cimv2"),
        (None, None, None, "root/a", "root/a"),
        (None, None, "root/b", "root/a", "root/b"),
        (None, "root/c", "root/b", "root/a", "root/c"),
        ("root/d", "root/c", "root/b", "root/a", "root/d"),
    ],
)
def test_the_namespace_is_the_keyword_the_calls_the_instances_the_options_or_root_cimv2(  # noqa: PLR0913, PLR0917 - four places and what comes of them
    fake: Fake,
    keyword: str | None,
    of_call: str | None,
    of_instance: str | None,
    of_options: str | None,
    expected: str,
) -> None:
    session, channel = fake([_KEY], default_namespace=of_options)
    key = Instance("Win32_Service", {"Name": "Spooler"}, namespace=of_instance)
    session.run(calls.GetInstance(key, namespace=of_call), namespace=keyword).result()
    assert _call(channel).namespace == expected


@pytest.mark.parametrize("given", [r"root\cimv2", "/root/cimv2", r"\root\cimv2", "root//cimv2/"])
def test_slashes_of_both_kinds_are_equal_and_a_leading_one_is_dropped(
    fake: Fake, given: str
) -> None:
    session, channel = fake([_SERVICE])
    session.get_class("Win32_Service", namespace=given)
    assert _call(channel).namespace == "root/cimv2"


def test_a_control_character_in_a_namespace_is_refused_with_the_way_out(fake: Fake) -> None:
    error = _refused(
        *fake(),
        "QueryInstances",
        lambda session: session.query_instances(_QUERY, namespace="root\virtualization"),
    )
    assert error.advice == "Write root/virtualization/v2 or a raw string."


# Options and flags


def test_the_options_of_an_operation_are_copied(fake: Fake) -> None:
    session, channel = fake(["a"])
    options = OperationOptions(max_elements=5)
    operation = session.query_instances(_QUERY, options=options)
    options.max_elements = 7
    operation.all()
    assert channel.runs[0].control.options.max_elements == 5


def test_the_flags_reach_the_handler_and_unknown_bits_do_no_harm(fake: Fake) -> None:
    session, channel = fake()
    session.test_connection(flags=OperationFlags.POLYMORPHISM_SHALLOW)
    assert channel.runs[0].control.flags is OperationFlags.POLYMORPHISM_SHALLOW
    session.test_connection(flags=OperationFlags(11 | 1 << 30))
    assert channel.runs[1].control.flags & OperationFlags.BASIC_RTTI
    session.test_connection()
    assert channel.runs[2].control.flags is OperationFlags.DEFAULT


# Time


@pytest.mark.parametrize(
    ("keywords", "of_destination", "expected"),
    [
        ({}, {}, 60.0),
        ({}, {"timeout": 5}, 5.0),
        ({"options": OperationOptions(timeout=7)}, {"timeout": 5}, 7.0),
        ({"options": OperationOptions(max_elements=7)}, {"timeout": 5}, 5.0),
        ({"timeout": 9, "options": OperationOptions(timeout=7)}, {"timeout": 5}, 9.0),
        ({"timeout": timedelta(minutes=1)}, {}, 60.0),
        ({}, {"timeout": None}, None),
        ({"options": OperationOptions(timeout=None)}, {"timeout": 5}, None),
        ({"timeout": None}, {"timeout": 5}, None),
    ],
)
def test_the_timeout_is_the_keywords_the_operations_the_destinations_or_60_s(
    fake: Fake, keywords: Any, of_destination: Any, expected: float | None
) -> None:
    session, channel = fake(**of_destination)
    session.test_connection(**keywords)
    assert channel.runs[0].control.timeout == expected


def test_a_timeout_bounds_the_whole_of_a_call_with_one_result(fake: Fake) -> None:
    def slow(run: FakeRun) -> Any:
        time.sleep(0.1)
        return []

    session, _ = fake(slow, slow, Stall())
    begun = time.monotonic()
    with pytest.raises(OperationTimeout, match=r"the timeout of 0\.25 s passed while waiting"):
        session.get_instance(_KEY, timeout=0.25)
    assert time.monotonic() - begun < 4


def test_a_timeout_of_many_results_is_counted_only_while_the_library_waits(fake: Fake) -> None:
    def check(run: FakeRun) -> Any:
        assert (run.control.begin_wait().remaining() or 0) > 0
        return ["a"]

    session, _ = fake(check, check, check)
    for _ in session.query_instances(_QUERY, timeout=0.2):
        time.sleep(0.25)


def test_a_timeout_of_many_results_is_restarted_by_each_delivery(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"], Stall())
    operation = session.query_instances(_QUERY, timeout=0.1)
    assert [next(operation), next(operation)] == ["a", "b"]
    with pytest.raises(OperationTimeout, match=r"the timeout of 0\.1 s"):
        next(operation)


def test_a_deadline_bounds_the_whole_operation_from_its_start(fake: Fake) -> None:
    session, channel = fake(["a"], Stall())
    operation = session.query_instances(_QUERY, timeout=None, deadline=0.2)
    time.sleep(0.25)  # nothing has begun yet
    assert next(operation) == "a"
    with pytest.raises(OperationTimeout, match=r"the deadline of 0\.2 s passed while waiting"):
        next(operation)
    assert channel.open_contexts == set()


def test_a_deadline_runs_on_while_the_caller_thinks(fake: Fake) -> None:
    session, _ = fake(["a"], Stall())
    operation = session.query_instances(_QUERY, deadline=timedelta(seconds=0.1))
    assert next(operation) == "a"
    time.sleep(0.15)
    with pytest.raises(OperationTimeout, match="the deadline"):
        next(operation)


# The end


def test_a_session_shares_its_channel_among_its_operations(fake: Fake) -> None:
    session, channel = fake()
    session.test_connection()
    session.query_instances(_QUERY).all()
    assert len(channel.handler.channels) == 1
    assert len(channel.runs) == 2


def test_close_cancels_what_is_open_releases_it_and_closes_the_channel(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    operation = session.query_instances(_QUERY)
    next(operation)
    open_at_close = []
    channel.on_close = lambda: open_at_close.append(list(channel.orphans))
    session.close()
    assert open_at_close == [[channel.runs[0]]]
    assert channel.open_contexts == set()
    with pytest.raises(OperationCancelled, match="QueryInstances: the session was closed"):
        next(operation)


def test_close_stops_a_blocked_read_in_another_thread(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)
    outcome: list[Any] = []

    def read() -> None:
        try:
            session.query_instances(_QUERY, timeout=None).all()
        except MIError as error:
            outcome.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    stall.begun.wait(10)
    begun = time.monotonic()
    session.close()
    reader.join(10)
    assert time.monotonic() - begun < 4
    assert [type(one) for one in outcome] == [OperationCancelled]
    assert channel.open_contexts == set()


def test_a_session_may_be_closed_from_a_callback_of_its_own_operation(fake: Fake) -> None:
    def call_back(run: FakeRun) -> list[str]:
        session.close()
        return ["a"]

    session, channel = fake(call_back)
    with pytest.raises(OperationCancelled, match="the session was closed"):
        session.query_instances(_QUERY).all()
    assert channel.runs[0].ends == ["close"]
    assert channel.open_contexts == set()


def test_a_result_that_was_fetched_outlives_the_session(fake: Fake) -> None:
    session, _ = fake([_SERVICE])
    operation = session.run(calls.GetClass("Win32_Service"))
    assert operation.result() is _SERVICE
    session.close()
    assert operation.result() is _SERVICE


def test_an_operation_of_a_closed_session_does_not_start(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    session.close()
    with pytest.raises(InvalidParameter, match="QueryInstances: the session is closed"):
        operation.all()
    assert channel.runs == []


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.test_connection(),
        lambda session: session.get_instance(_KEY),
        lambda session: session.enumerate_instances("Win32_Service"),
        lambda session: session.query_instances(_QUERY),
        lambda session: session.get_class("Win32_Service"),
        lambda session: session.run(calls.TestConnection()),
    ],
)
def test_use_after_close_is_invalid_parameter(fake: Fake, call: Any) -> None:
    session, _ = fake()
    session.close()
    with pytest.raises(InvalidParameter, match="the session is closed"):
        call(session)


def test_closing_twice_does_nothing_more(fake: Fake) -> None:
    session, channel = fake()
    session.close()
    session.close()
    assert len(channel.closes) == 1
    assert channel.closes[0].limit == "grace"


def test_leaving_the_with_block_closes(fake: Fake) -> None:
    session, channel = fake()
    with session as entered:
        assert entered is session
        assert channel.closes == []
    assert len(channel.closes) == 1


# Callbacks


def test_run_starts_an_operation_with_a_result_callback_at_once(fake: Fake) -> None:
    results: list[OperationResult[Any]] = []
    final = threading.Event()

    def deal(result: OperationResult[Any]) -> None:
        results.append(result)
        final.set()

    session, channel = fake([_KEY])
    callbacks = OperationCallbacks(instance_result=deal)
    session.run(calls.GetInstance(_KEY), callbacks=callbacks, flags=OperationFlags(11 | 1 << 30))
    assert final.wait(10)
    assert results[0].value is _KEY
    assert results[0].acknowledge is not None
    assert channel.runs[0].control.callbacks is callbacks


def test_what_keeps_it_from_starting_goes_to_the_result_callback(fake: Fake) -> None:
    results: list[OperationResult[Any]] = []
    session, _ = fake()
    callbacks = OperationCallbacks(instance_result=results.append)
    session.run(calls.QueryInstances(_QUERY), callbacks=callbacks, timeout=0)
    assert [type(result.error) for result in results] == [InvalidParameter]


def test_what_are_no_callbacks_is_a_type_mismatch(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(TypeMismatch, match="QueryInstances: callbacks is OperationCallbacks"):
        session.run(calls.QueryInstances(_QUERY), callbacks=print)  # type: ignore[arg-type]


def test_flags_may_be_a_number(fake: Fake) -> None:
    session, channel = fake()
    session.test_connection(flags=0x80)  # type: ignore[arg-type]
    assert channel.runs[0].control.flags is OperationFlags.POLYMORPHISM_SHALLOW


def test_namespaces_that_cannot_be_read_are_told_to_the_sessions_callbacks() -> None:
    told: list[Any] = []
    denied = AccessDenied("no")
    callbacks = SessionCallbacks(lambda channel, text: told.append(text), told.append)
    with Application() as application:
        application.handlers.register("FAKE", FakeHandler())
        with application.new_session("FAKE", "server01", callbacks=callbacks) as session:
            session.noted(Namespaces(("root",), {"root/closed": denied}))
    assert told == ["the namespaces in root/closed are not known: no", denied.extended_error]


# Closing with a callback, and in a coroutine


def test_close_with_a_callback_returns_at_once_and_calls_it_once_when_all_is_closed(
    fake: Fake,
) -> None:
    may_close, closed = threading.Event(), threading.Event()
    told: list[int] = []
    session, channel = fake(["a"], ["b"])
    channel.on_close = lambda: may_close.wait(10) and None
    operation = session.query_instances(_QUERY)
    next(operation)

    def completed() -> None:
        told.append(len(channel.open_contexts))
        closed.set()

    session.close(completed)
    with pytest.raises(OperationCancelled):
        next(operation)
    assert told == []
    may_close.set()
    assert closed.wait(10)
    assert told == [0]


def test_closing_a_closed_session_with_a_callback_calls_it_all_the_same(fake: Fake) -> None:
    session, channel = fake()
    session.close()
    for _ in range(2):
        closed = threading.Event()
        session.close(closed.set)
        assert closed.wait(10)
    assert len(channel.closes) == 1


def test_a_result_callback_closes_its_session_with_a_callback(fake: Fake) -> None:
    order: list[str] = []
    closed = threading.Event()

    def deal(result: OperationResult[Any]) -> None:
        order.append("result" if result.more_results else "final")
        if result.more_results:
            session.close(lambda: order.append("closed") or closed.set())  # type: ignore[func-returns-value]

    session, _ = fake(["a"], ["b"])
    session.run(calls.QueryInstances(_QUERY), callbacks=OperationCallbacks(instance_result=deal))
    assert closed.wait(10)
    assert order == ["result", "final", "closed"]


def test_close_with_a_callback_works_though_the_executor_takes_no_work(fake: Fake) -> None:
    executor = ThreadPoolExecutor(1)
    session, channel = fake(executor=executor)
    executor.shutdown()
    told: list[str] = []
    session.close(lambda: told.append("closed"))
    assert told == ["closed"]
    assert len(channel.closes) == 1


def test_a_mistake_in_a_handler_keeps_no_callback_from_being_called(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, told = threading.Event(), threading.Event()
    monkeypatch.setattr(workers, "excepthook", lambda said: told.set())
    session, channel = fake()

    def fail() -> None:
        raise ZeroDivisionError

    channel.on_close = fail
    session.close(closed.set)
    assert closed.wait(10)
    assert told.wait(10)
    channel.on_close = lambda: None


def test_leaving_the_async_with_block_cancels_closes_and_waits_for_it(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)

    async def main() -> None:
        async with session as entered:
            assert entered is session
            asking = asyncio.ensure_future(session.aio.test_connection(timeout=None))
            assert await asyncio.to_thread(stall.begun.wait, 10)
        assert len(channel.closes) == 1
        with pytest.raises(OperationCancelled, match="the session was closed"):
            await asking

    run_coroutine(main())
    assert channel.open_contexts == set()


def test_leaving_the_async_with_block_closes_though_no_thread_is_free(fake: Fake) -> None:
    executor = ThreadPoolExecutor(1)
    session, channel = fake(executor=executor)

    async def main() -> None:
        async with session:
            executor.shutdown()

    run_coroutine(main())
    assert [expiry.seconds for expiry in channel.closes] == [0]


def test_a_session_knows_its_application_until_it_is_closed() -> None:
    application = Application()
    application.handlers.register("FAKE", FakeHandler())
    session = application.new_session("FAKE", "server01")
    assert session.application is application
    session.close()
    with pytest.raises(InvalidParameter, match="server01: the session is closed"):
        _ = session.application


def test_the_repr_says_which_protocol_where_and_whether_it_is_closed(fake: Fake) -> None:
    session, _ = fake()
    assert repr(session) == "<Session FAKE server01>"
    session.close()
    assert repr(session) == "<Session FAKE server01, closed>"
    local, _ = fake(destination=None)
    assert repr(local) == "<Session FAKE on this machine>"


def test_an_item_is_its_value() -> None:
    assert Item(_KEY).value is _KEY
