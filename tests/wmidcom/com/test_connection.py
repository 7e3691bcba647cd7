"""A connection to this machine's WMI touches nothing before it is used, and leaves nothing."""

import pytest

import mi
from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from mi.store import SchemaStore
from protocols.wmidcom.com.connection import ComConnection
from protocols.wmidcom.com.system import WindowsSystem
from protocols.wmidcom.services import WbemError, WbemFlags
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.com.conftest import PATIENCE, bounds
from tests.wmidcom.fake_services import FakeConnection

DENIED, DISCONNECTED = 0x80070005, 0x800706BA
SPOOLER = 'Win32_Service.Name="Spooler"'


def _connection(
    system: FakeSystem, destination: str | None = None, **options: object
) -> ComConnection:
    given = DestinationOptions(**options).for_session()  # type: ignore[arg-type]
    return ComConnection(destination, given, SessionCallbacks(), lambda: system)


def test_nothing_is_touched_before_there_is_a_call(system: FakeSystem, wmi: FakeConnection) -> None:
    connection = _connection(system)
    connection.close(Expiry.after(PATIENCE, "grace"))
    assert (system.entered, wmi.calls) == (0, [])


def test_windows_itself_is_what_is_called() -> None:
    connection = ComConnection(None, DestinationOptions().for_session(), SessionCallbacks())
    assert connection._load is WindowsSystem


def test_a_namespace_is_connected_to_once(
    connection: ComConnection, wmi: FakeConnection, system: FakeSystem
) -> None:
    first = connection.services("root/cimv2", "MS_409", bounds())
    assert connection.services("ROOT/CIMV2", "MS_409", bounds()) is first
    assert connection.services("root/cimv2", None, bounds()) is not first
    assert wmi.named("services") == [
        ("services", "root/cimv2", "MS_409"), ("services", "root/cimv2", None)
    ]  # fmt: skip
    assert len(system.protected) == 2


def test_a_namespace_that_is_not_there_is_an_error(connection: ComConnection) -> None:
    with pytest.raises(WbemError, match="0x8004100E"):
        connection.services("root/none", None, bounds())


def test_a_namespace_that_cannot_be_sealed_is_given_back(
    connection: ComConnection, system: FakeSystem
) -> None:
    system.refuses_protection = DENIED
    with pytest.raises(WbemError, match="0x80070005"):
        connection.services("root/cimv2", None, bounds())


def test_after_wmi_was_started_anew_the_next_call_connects_anew(
    connection: ComConnection, wmi: FakeConnection
) -> None:
    services = connection.services("root/cimv2", None, bounds())
    wmi.fail("get_instance", WbemError(DISCONNECTED))
    with pytest.raises(WbemError):
        services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())
    anew = connection.services("root/cimv2", None, bounds())
    assert anew is not services
    assert anew.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())["Name"] == "Spooler"


def test_objects_name_the_server_as_the_caller_did(system: FakeSystem) -> None:
    connection = _connection(system, "localhost")
    services = connection.services("root/cimv2", None, bounds())
    read = services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())
    assert (read.server_name, read.namespace) == ("localhost", "root/cimv2")
    connection.close(Expiry.after(PATIENCE, "grace"))


def test_the_keys_of_references_are_typed_by_what_the_session_knows(
    system: FakeSystem, wmi: FakeConnection
) -> None:
    store = SchemaStore()
    connection = _connection(system, schema=store)
    assert connection._find == store.find
    connection.close(Expiry.at_once())


@pytest.mark.parametrize(
    "credentials",
    [mi.Credentials.password("ops", "secret"), lambda: mi.Credentials.password("ops", "secret")],
)
def test_credentials_are_refused_for_who_calls_is_who_runs_the_process(
    system: FakeSystem, credentials: object
) -> None:
    with pytest.raises(InvalidParameter, match="takes no credentials") as caught:
        _connection(system, credentials=credentials)
    assert "secret" not in str(caught.value)


def test_the_current_user_is_who_it_is_anyway(system: FakeSystem) -> None:
    connection = _connection(system, credentials=mi.Credentials.current_user())
    assert connection.services("root/cimv2", None, bounds())
    connection.close(Expiry.after(PATIENCE, "grace"))


def test_a_child_process_begins_anew(connection: ComConnection, system: FakeSystem) -> None:
    parent = connection.services("root/cimv2", None, bounds())
    session = connection._session
    connection.after_fork()
    assert connection.services("root/cimv2", None, bounds()) is not parent
    assert session is not None
    session.close(Expiry.after(PATIENCE, "grace"))


def test_the_end_may_come_twice_and_releases_all(
    connection: ComConnection, system: FakeSystem
) -> None:
    services = connection.services("root/cimv2", None, bounds())
    services.exec_query("SELECT * FROM Win32_Service", WbemFlags.NONE, (), bounds())
    for _ in range(2):
        connection.close(Expiry.after(PATIENCE, "grace"))
        assert (system.left, system.threads) == (0, 0)
    with pytest.raises(InvalidParameter, match="the session is closed"):
        services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())
