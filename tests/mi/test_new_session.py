"""NewSession: the table of rules under which a session is made, one test for each sentence."""

import json
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest

import mi
from mi.application import Application
from mi.callbacks import SessionCallbacks
from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotFound,
    NotSupported,
    TypeMismatch,
)
from mi.options import DestinationOptions
from tests.mi.conftest import Fake
from tests.mi.fake_handler import FakeHandler, FakeRun


def _application(*handlers: tuple[str, FakeHandler]) -> Application:
    application = Application()
    for name, handler in handlers:
        application.handlers.register(name, handler)
    return application


def _refused(*arguments: Any, **keywords: Any) -> MIError:
    with Application() as application, pytest.raises(MIError) as caught:
        application.new_session(*arguments, **keywords)
    return caught.value


# Two built-in protocols


@pytest.mark.parametrize("spelled", ["WMIDCOM", "wmidcom", "WmiDcom"])
def test_protocol_names_compare_without_case(spelled: str) -> None:
    with Application() as application, application.new_session(spelled) as session:
        assert session.protocol == "WMIDCOM"


# Default


@pytest.mark.parametrize(
    ("destination", "protocol"), [(None, "WMIDCOM"), ("server01", "WINRM"), ("localhost", "WINRM")]
)
def test_no_protocol_is_wmidcom_for_this_machine_and_winrm_for_any_destination(
    destination: str | None, protocol: str
) -> None:
    application = _application(("WMIDCOM", FakeHandler()), ("WINRM", FakeHandler()))
    with application, application.new_session(destination=destination) as session:
        assert (session.protocol, session.destination) == (protocol, destination)


# Destination


@pytest.mark.parametrize("destination", [None, "server01", "192.0.2.1", "2001:db8::1", "[::1]"])
def test_a_destination_is_none_a_name_or_an_address_and_reaches_the_handler_as_given(
    destination: str | None,
) -> None:
    handler = FakeHandler()
    application = _application(("FAKE", handler))
    with application, application.new_session("FAKE", destination):
        assert handler.channels[0].destination == destination


@pytest.mark.parametrize(
    ("protocol", "destination"), [("", None), ("", "server01"), (None, ""), ("WINRM", "")]
)
def test_an_empty_protocol_or_destination_is_invalid_parameter(
    protocol: str | None, destination: str | None
) -> None:
    assert type(_refused(protocol, destination)) is InvalidParameter


# Explicit combinations


def test_winrm_without_destination_is_this_machine_over_winrm() -> None:
    handler = FakeHandler()
    application = _application(("WINRM", handler))
    with application, application.new_session("WINRM") as session:
        assert (session.protocol, session.destination) == ("WINRM", None)
        assert handler.channels[0].destination is None


def test_wmidcom_with_a_name_is_wmidcom() -> None:
    with Application() as application, application.new_session("WMIDCOM", "server01") as session:
        assert (session.protocol, session.destination) == ("WMIDCOM", "server01")


# No I/O

_WATCHED = """
import json, sys
touched = []
def watch(event, arguments):
    if event.split(".")[0] in ("socket", "subprocess", "urllib", "http"):
        touched.append(event)
sys.addaudithook(watch)
import threading
import mi
before = threading.active_count()
session = mi.connect("no-such-host.invalid", credentials=mi.Credentials.password("ops", "hunter2"))
loaded = [name for name in ("requests", "urllib3", "http.client", "spnego") if name in sys.modules]
print(json.dumps([touched, loaded, threading.active_count() - before, repr(session)]))
"""


def test_creating_a_session_opens_no_socket_resolves_no_name_and_imports_no_http_library() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", _WATCHED], check=True, capture_output=True, text=True
    )
    touched, loaded, threads, session = json.loads(shown.stdout)
    assert (touched, loaded, threads) == ([], [], 0)
    assert session == "<Session WINRM no-such-host.invalid>"


def test_nothing_runs_before_the_first_operation(fake: Fake) -> None:
    session, channel = fake()
    assert channel.runs == []
    session.test_connection()
    assert len(channel.runs) == 1


# Errors now


def test_an_unknown_protocol_is_not_found_now() -> None:
    error = _refused("OMI_SOCKETS", "server01")
    assert type(error) is NotFound
    assert str(error) == (
        "server01: NewSession: there is no protocol handler named 'OMI_SOCKETS'. "
        "There are WINRM, WMIDCOM."
    )


def test_a_handler_that_cannot_be_loaded_is_not_supported_now() -> None:
    with Application() as application:
        application.handlers.register("BROKEN", "no_such_module:Handler")
        with pytest.raises(NotSupported, match="NewSession: the protocol handler BROKEN needs"):
            application.new_session("BROKEN", "server01")


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"options": {"timeout": 5}}, TypeMismatch),
        ({"callbacks": print}, TypeMismatch),
        ({"protocol": 5}, TypeMismatch),
        ({"destination": 5}, TypeMismatch),
    ],
)
def test_an_argument_of_the_wrong_type_is_a_type_mismatch_now(keywords: Any, kind: Any) -> None:
    assert type(_refused(**keywords)) is kind


def test_an_option_that_the_handler_cannot_use_is_refused_now() -> None:
    class Picky(FakeHandler):
        def open(self, *arguments: Any) -> Any:
            raise InvalidParameter("no such transport here")

    application = _application(("PICKY", Picky()))
    with application, pytest.raises(InvalidParameter, match="server01: NewSession: no such"):
        application.new_session("PICKY", "server01")


# Errors at the first operation


@pytest.mark.parametrize("failure", [ConnectionFailed("refused"), AuthenticationFailed("no")])
def test_an_unreachable_host_and_refused_credentials_show_with_the_first_operation(
    fake: Fake, failure: MIError
) -> None:
    session, _ = fake(failure)
    with pytest.raises(type(failure), match="server01: TestConnection: "):
        session.test_connection()


def test_a_session_outlives_an_operation_that_failed(fake: Fake) -> None:
    outcomes: list[Any] = [[], ConnectionFailed("refused")]
    session, _ = fake(lambda run: outcomes.pop())
    with pytest.raises(ConnectionFailed):
        session.test_connection()
    assert session.test_connection() is None


# Extended error


def test_every_failure_has_an_extended_error_that_outlives_everything_and_pickles() -> None:
    application = _application(("FAKE", FakeHandler(ConnectionFailed("refused"))))
    with application, application.new_session("FAKE", "server01") as session:
        with pytest.raises(MIError) as of_operation:
            session.test_connection()
        with pytest.raises(MIError) as of_new_session:
            application.new_session("NONE")
    for caught in (of_operation, of_new_session):
        error = pickle.loads(pickle.dumps(caught.value))
        assert error.extended_error.class_name == "MSFT_WmiError"
        assert error.extended_error["Message"] == caught.value.message
        assert error.extended_error["CIMStatusCode"] == int(caught.value.result)


# Local where there is no WMI


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has WMI")
def test_local_where_there_is_no_wmi_opens_and_its_first_operation_is_not_supported() -> None:
    with Application() as application, application.new_session() as session:
        assert (session.protocol, session.destination) == ("WMIDCOM", None)
        with pytest.raises(NotSupported, match="local WMI is not available on this platform"):
            session.test_connection()


# Sharing


def test_operations_of_a_session_share_its_channel(fake: Fake) -> None:
    session, channel = fake()
    session.test_connection()
    session.enumerate_instances("Win32_Service").all()
    assert channel.handler.channels == [channel]


def test_sessions_of_an_application_share_a_handler() -> None:
    application = _application()
    application.handlers.register("FAKE", FakeHandler)
    with application, application.new_session("FAKE"), application.new_session("FAKE"):
        handler: Any = application.handlers.load("FAKE")
        assert len(handler.channels) == 2


# Callbacks


def test_callbacks_inform_from_any_thread_and_an_exception_in_one_breaks_no_operation(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[Any] = []

    def write_message(channel: int, text: str) -> None:
        told.append((channel, text))
        raise RuntimeError("the callback broke")

    def step(run: FakeRun) -> list[Any]:
        inform = threading.Thread(target=run.channel.callbacks.message, args=(1, "hello"))
        inform.start()
        inform.join(10)
        return []

    application = _application(("FAKE", FakeHandler(step)))
    callbacks = SessionCallbacks(write_message=write_message)
    with application, application.new_session("FAKE", callbacks=callbacks) as session:
        assert session.test_connection() is None
    assert told == [(1, "hello")]
    assert "the callback broke" in caplog.text


# Options


def test_options_are_copied_so_later_changes_have_no_effect() -> None:
    handler = FakeHandler()
    options = DestinationOptions(timeout=5)
    application = _application(("FAKE", handler))
    with application, application.new_session("FAKE", options=options) as session:
        options.timeout = 7
        options.transport = "HTTPS"
        session.test_connection()
        assert handler.channels[0].options == DestinationOptions(timeout=5)
        assert handler.channels[0].runs[0].control.timeout == 5


def test_a_callable_is_asked_for_credentials_once_in_a_session() -> None:
    asked = []

    def ask() -> Credentials:
        asked.append(1)
        return Credentials.password("ops", "hunter2")

    handler = FakeHandler()
    application = _application(("FAKE", handler))
    options = DestinationOptions(credentials=ask)
    with application, application.new_session("FAKE", "server01", options):
        source = (handler.channels[0].options.credentials or ())[0]
        assert callable(source)
        assert source().reveal() == source().reveal() == "hunter2"
    assert asked == [1]


def test_secrets_read_back_as_stars_and_are_in_no_repr_log_error_or_pickle(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    credentials = Credentials.password("CONTOSO\\ops", "hunter2")
    session, channel = fake(ConnectionFailed("refused"), credentials=credentials)
    with pytest.raises(ConnectionFailed) as caught:
        session.test_connection()
    operation = session.query_instances("SELECT * FROM Win32_Service")
    said = [repr(one) for one in (session, operation, channel.options, caught.value)]
    said += [str(caught.value), caplog.text, repr(pickle.dumps(caught.value))]
    assert "hunter2" not in "".join(said)
    assert "******" in repr(channel.options)
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(channel.options)


# Close order


def test_operations_end_before_their_session_and_sessions_before_their_application() -> None:
    handler = FakeHandler(["a"], ["b"])
    application = _application(("FAKE", handler))
    session = application.new_session("FAKE", "server01")
    operation = session.query_instances("SELECT * FROM Win32_Service")
    next(operation)
    channel = handler.channels[0]
    channel.on_close = lambda: ends.extend(channel.runs[0].ends)
    ends: list[str] = []
    with pytest.warns(ResourceWarning, match="<Session FAKE server01>"):
        application.close()
    assert ends == ["drop"]
    assert channel.open_contexts == set()


def test_closes_are_idempotent_and_use_after_close_is_invalid_parameter(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"])
    operation = session.query_instances("SELECT * FROM Win32_Service")
    next(operation)
    application = Application()
    uses: list[tuple[Any, Any]] = [
        (operation, operation.all),
        (session, session.test_connection),
        (application, application.new_session),
    ]
    for closable, use in uses:
        closable.close()
        closable.close()
        with pytest.raises(InvalidParameter, match="is closed"):
            use()


def test_applications_sessions_and_operations_are_context_managers(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    with mi.Application(), session, session.query_instances("SELECT * FROM C") as operation:
        next(operation)
    assert channel.open_contexts == set()
