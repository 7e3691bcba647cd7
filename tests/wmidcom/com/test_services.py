"""One namespace for any thread: each call gives what it gives without COM, or fails as it does."""

import threading
from typing import Any

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter, OperationCancelled, OperationTimeout
from mi.instance import Instance
from mi.results import CimType
from protocols.wmidcom.com.connection import ComConnection
from protocols.wmidcom.com.services import ComServices
from protocols.wmidcom.services import Batch, Bounds, ContextValue, Outgoing, WbemError, WbemFlags
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.com.conftest import PATIENCE, bounds
from tests.wmidcom.fake_services import FakeConnection

SPOOLER = 'Win32_Service.Name="Spooler"'
LATER = WbemFlags.RETURN_IMMEDIATELY | WbemFlags.FORWARD_ONLY
CONTEXT = (ContextValue("A", 1, CimType.SINT32),)


@pytest.fixture(params=["semisynchronous", "at once"], autouse=True)
def _way(request: pytest.FixtureRequest, system: FakeSystem) -> None:
    system.is_semisynchronous = request.param == "semisynchronous"


def _outgoing(wmi: FakeConnection, **values: Any) -> Outgoing:
    declared = wmi.repository.find_class("root/cimv2", "Loopback_AllTypes")
    return Outgoing(Instance(declared, values), declared, tuple(values), {})


def test_a_class_is_got(services: ComServices, wmi: FakeConnection) -> None:
    flags = WbemFlags.USE_AMENDED_QUALIFIERS
    read = services.get_class("win32_service", flags, CONTEXT, bounds())
    assert read.layout == wmi.repository.find_class("root/cimv2", "Win32_Service").layout
    assert wmi.named("get_class") == [("get_class", "win32_service", flags, CONTEXT)]


def test_an_object_is_got(services: ComServices, wmi: FakeConnection) -> None:
    read = services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())
    assert read == wmi.repository.get("root/cimv2", "Win32_Service", {"Name": "Spooler"})


def test_an_object_is_written_and_deleted(services: ComServices, wmi: FakeConnection) -> None:
    outgoing = _outgoing(wmi, Id="new", StringValue="text")
    path = services.put_instance(outgoing, WbemFlags.CREATE_ONLY, (), bounds())
    wanted = r'\\.\root\cimv2:Loopback_AllTypes.Id="new"'
    assert path in {wanted, None}  # what answers at once has nowhere to say it
    read = services.get_instance('Loopback_AllTypes.Id="new"', WbemFlags.NONE, (), bounds())
    assert read["StringValue"] == "text"
    services.delete_instance('Loopback_AllTypes.Id="new"', WbemFlags.NONE, (), bounds())
    with pytest.raises(WbemError, match="0x80041002"):
        services.get_instance('Loopback_AllTypes.Id="new"', WbemFlags.NONE, (), bounds())


def test_a_path_that_nobody_says_is_none(services: ComServices, wmi: FakeConnection) -> None:
    wmi.tells_paths = False
    outgoing = _outgoing(wmi, Id="new")
    assert services.put_instance(outgoing, WbemFlags.CREATE_ONLY, (), bounds()) is None


def test_a_method_is_called(services: ComServices, wmi: FakeConnection) -> None:
    class_ = services.get_class("Win32_Service", WbemFlags.NONE, (), bounds())
    method = class_.methods["InterrogateService"]
    result = services.exec_method(SPOOLER, method, None, (), bounds())
    assert result is not None
    assert (result.class_name, [*result]) == ("__PARAMETERS", ["ReturnValue"])
    assert result.element("ReturnValue").type is method.return_type


def test_a_method_that_gives_nothing_gives_none(
    services: ComServices, wmi: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_ = services.get_class("Win32_Service", WbemFlags.NONE, (), bounds())
    monkeypatch.setattr(
        "tests.wmidcom.fake_services.FakeServices.exec_method", lambda *_arguments: None
    )
    method = class_.methods["InterrogateService"]
    assert services.exec_method(SPOOLER, method, None, (), bounds()) is None


def test_an_object_that_is_not_given_was_not_found(
    services: ComServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.wmidcom.fake_services.FakeServices.get_instance", lambda *_arguments: None
    )
    with pytest.raises(WbemError, match="0x80041002"):
        services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())


def test_a_refusal_is_an_error_with_what_wmi_says(services: ComServices) -> None:
    with pytest.raises(WbemError) as caught:
        services.get_instance('Win32_Service.Name="none"', WbemFlags.NONE, (), bounds())
    assert caught.value.hresult == 0x80041002
    assert caught.value.status is not None
    assert caught.value.status["ProviderName"] == "WinMgmt"


def _all(enumerator: Any, count: int = 7) -> list[Any]:
    found: list[Any] = []
    is_end = False
    while not is_end:
        objects, is_end, _ = enumerator.next(count, 1.0, bounds())
        assert len(objects) <= count
        found += objects
    enumerator.release(bounds())
    return found


def test_what_is_enumerated_is_what_there_is(services: ComServices, wmi: FakeConnection) -> None:
    there = [*wmi.repository.instances("root/cimv2", "Win32_Service")]
    query = "SELECT * FROM Win32_Service"
    assert _all(services.exec_query(query, LATER, CONTEXT, bounds())) == there
    found = services.create_instance_enum("Win32_Service", LATER, CONTEXT, bounds())
    assert _all(found) == there
    assert wmi.named("exec_query") == [("exec_query", query, LATER, CONTEXT)]
    services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())  # whose turn is after the releases
    assert wmi.open == set()


def test_classes_are_enumerated(services: ComServices, wmi: FakeConnection) -> None:
    there = [one.name for one in wmi.repository.descendants("root/cimv2")]
    found = services.create_class_enum(None, LATER, (), bounds())
    assert [one.name for one in _all(found)] == there
    assert wmi.named("create_class_enum") == [("create_class_enum", None, LATER, ())]
    shallow = LATER | WbemFlags.SHALLOW
    found = services.create_class_enum("CIM_Service", shallow, (), bounds())
    assert [one.name for one in _all(found)] == [
        one.name for one in wmi.repository.classes("root/cimv2", "CIM_Service")
    ]


def test_events_come_as_they_happen(services: ComServices, wmi: FakeConnection) -> None:
    query = "SELECT * FROM __InstanceCreationEvent WITHIN 1"
    events = services.exec_notification_query(query, LATER, (), bounds())
    assert events.next(5, 0.0, bounds()) == Batch([], is_end=False)
    declared = wmi.repository.find_class("root/cimv2", "Loopback_AllTypes")
    wmi.repository.add(Instance(declared, {"Id": "new"}))
    ((event,), is_end, _) = events.next(5, PATIENCE, bounds())
    assert (event.class_name, event["TargetInstance"]["Id"], is_end) == (
        "__InstanceCreationEvent", "new", False
    )  # fmt: skip
    events.release(bounds())


@pytest.mark.parametrize("query", ["SELEC", "SELECT * FROM Nothing"])
def test_a_query_that_is_refused_gives_no_enumerator(services: ComServices, query: str) -> None:
    with pytest.raises(WbemError):
        services.exec_query(query, LATER, (), bounds())


def test_an_enumeration_that_fails_keeps_its_others(
    services: ComServices, wmi: FakeConnection
) -> None:
    wmi.fail("next", WbemError(0x80041003))
    found = services.exec_query("SELECT * FROM Win32_Service", LATER, (), bounds())
    with pytest.raises(WbemError, match="0x80041003"):
        found.next(5, 1.0, bounds())
    found.release(bounds())
    assert services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())


def test_a_wait_ends_and_the_next_call_does_not_wait_for_it(
    services: ComServices, wmi: FakeConnection
) -> None:
    wmi.is_silent = True
    with pytest.raises(OperationTimeout, match="waiting for WMI") as caught:
        services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds(0.1))
    assert not caught.value.outcome_unknown
    wmi.is_silent = False
    assert services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())


def test_of_a_change_nobody_knows_when_the_wait_ends(
    services: ComServices, wmi: FakeConnection
) -> None:
    wmi.is_silent = True
    cancel = CancelToken()
    timer = threading.Timer(0.1, cancel.cancel)
    timer.start()
    with pytest.raises(OperationCancelled) as caught:
        services.delete_instance(SPOOLER, WbemFlags.NONE, (), Bounds(Expiry(), cancel))
    assert caught.value.outcome_unknown
    timer.join(30)
    wmi.is_silent = False


def test_of_a_change_that_never_began_everybody_knows(services: ComServices) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(OperationCancelled) as caught:
        services.delete_instance(SPOOLER, WbemFlags.NONE, (), Bounds(Expiry(), cancel))
    assert not caught.value.outcome_unknown


def test_a_slow_answer_is_waited_for(
    services: ComServices, wmi: FakeConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.wmidcom.com.semisynchronous.SLICE", 0.01)
    wmi.is_silent = True
    timer = threading.Timer(0.1, setattr, (wmi, "is_silent", False))
    timer.start()
    assert services.get_instance(SPOOLER, WbemFlags.NONE, (), bounds())
    timer.join(30)


def test_after_the_end_an_enumerator_says_so(
    services: ComServices, connection: ComConnection
) -> None:
    found = services.exec_query("SELECT * FROM Win32_Service", LATER, (), bounds())
    connection.close(Expiry.after(PATIENCE, "grace"))
    with pytest.raises(InvalidParameter, match="the session is closed"):
        found.next(5, 1.0, bounds())
    found.release(bounds())
