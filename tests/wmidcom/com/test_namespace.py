"""Calls of a namespace give what they were asked for, and leave nothing behind."""

from typing import Any

import pytest

from mi.instance import Instance
from mi.names import NameMap
from mi.parameters import inputs
from mi.results import CimType
from mi.schema import Class, Property
from protocols.wmidcom.com.interfaces import Services as Slots
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.semisynchronous import Answer
from protocols.wmidcom.services import ContextValue, Outgoing, WbemError, WbemFlags
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.fake_services import FakeConnection

CONTEXT = (
    ContextValue("__ProviderArchitecture", 64, CimType.SINT32),
    ContextValue("Names", ["a", "b"], CimType.STRING_ARRAY),
)
DISCONNECTED, DENIED = 0x80010108, 0x80070005


def _outgoing(wmi: FakeConnection, values: dict[str, Any], **embedded: Class) -> Outgoing:
    declared = wmi.repository.find_class("root/cimv2", "Loopback_AllTypes")
    instance = Instance(declared, values)
    return Outgoing(instance, declared, tuple(values), embedded)


@pytest.fixture(autouse=True)
def _at_once(system: FakeSystem) -> None:
    system.is_semisynchronous = False


def test_a_class_is_fetched(namespace: Namespace) -> None:
    with namespace.fetch("Win32_Service") as found:
        assert (found.is_class, found.class_name) == (True, "Win32_Service")


def test_the_context_goes_along(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    namespace.delete('Win32_Service.Name="Spooler"', WbemFlags.NONE, CONTEXT, Answer(system))
    assert wmi.calls[-1] == (
        "delete_instance", 'Win32_Service.Name="Spooler"', WbemFlags.NONE, CONTEXT
    )  # fmt: skip


def test_only_what_is_to_be_sent_is_put(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    outgoing = _outgoing(wmi, {"Id": "new", "Uint32Value": 4294967295, "StringValue": None})
    namespace.put(outgoing, WbemFlags.CREATE_ONLY, (), Answer(system))
    _, written, flags, context = wmi.named("put_instance")[0]
    assert dict(written.instance) == {"Id": "new", "Uint32Value": 4294967295, "StringValue": None}
    assert written.properties == ("Id", "Uint32Value", "StringValue")
    assert (flags, context) == (WbemFlags.CREATE_ONLY, ())


def test_what_is_embedded_is_written_with_it(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    declared = wmi.repository.find_class("root/cimv2", "Win32_Service")
    inner = Instance(declared, {"Name": "Spooler"}, namespace="root/cimv2")
    twins = [Instance(declared, {"Name": one}, namespace="root/cimv2") for one in "ab"]
    values = {"Id": "new", "InstanceValue": inner, "InstanceArray": twins}
    class_ = wmi.repository.find_class("root/cimv2", "Loopback_AllTypes")
    extended = Class(
        class_.name, class_.namespace,
        properties=NameMap([
            *class_.properties.items(),
            ("InstanceValue", Property("InstanceValue", CimType.INSTANCE)),
            ("InstanceArray", Property("InstanceArray", CimType.INSTANCE_ARRAY)),
        ]),
        qualifiers=class_.qualifiers,
    )  # fmt: skip
    wmi.repository.add_class(extended)
    outgoing = Outgoing(
        Instance(extended, values), extended, tuple(values), {"win32_service": declared}
    )
    namespace.put(outgoing, WbemFlags.CREATE_ONLY, (), Answer(system))
    written = wmi.named("put_instance")[0][1].instance
    assert written["InstanceValue"]["Name"] == "Spooler"
    assert [one["Name"] for one in written["InstanceArray"]] == ["a", "b"]


def test_what_goes_into_a_method_is_an_object_of_its_signature(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace
) -> None:
    class_ = wmi.repository.find_class("root/cimv2", "Win32_Process")
    method = class_.methods["Create"]
    declared = inputs(class_, method)
    given = Outgoing(Instance(declared, {"CommandLine": "notepad"}), declared, ("CommandLine",), {})
    answer = Answer(system)
    namespace.execute("Win32_Process", method, given, CONTEXT, answer)
    found = answer.found()
    assert found is not None
    found.release()
    _, path, name, sent, context = wmi.named("exec_method")[0]
    assert (path, name, dict(sent.instance), context) == (
        "Win32_Process", "Create", {"CommandLine": "notepad"}, CONTEXT
    )  # fmt: skip


@pytest.mark.parametrize("name", ["Win32_Service", 'Win32_Service.Name="Spooler"'])
def test_a_method_that_takes_nothing_is_given_nothing(
    system: FakeSystem, wmi: FakeConnection, namespace: Namespace, name: str
) -> None:
    class_ = wmi.repository.find_class("root/cimv2", "Win32_Service")
    method = class_.methods["InterrogateService"]
    declared = Class("__PARAMETERS")
    nothing = Outgoing(Instance(declared), declared, (), {})
    for given in (None, nothing):
        answer = Answer(system)
        try:
            namespace.execute(name, method, given, (), answer)
        except WbemError:
            assert name == "Win32_Service"  # which is not static
        else:
            found = answer.found()
            assert found is not None
            found.release()
        assert wmi.named("exec_method")[-1][3] is None


def test_an_enumerator_is_sealed(system: FakeSystem, namespace: Namespace) -> None:
    flags = WbemFlags.RETURN_IMMEDIATELY | WbemFlags.FORWARD_ONLY
    query = "SELECT * FROM Win32_Service"
    with namespace.enumerate(Slots.EXEC_QUERY, ("WQL", query), flags, ()) as enumerator:
        assert system.protected == [enumerator.address]


def test_an_enumerator_that_cannot_be_sealed_is_given_back(
    system: FakeSystem, namespace: Namespace
) -> None:
    system.refuses_protection = DENIED
    with pytest.raises(WbemError, match="0x80070005"):
        namespace.enumerate(Slots.CREATE_CLASS_ENUM, ("",), WbemFlags.NONE, ())


def test_a_refusal_says_why(namespace: Namespace) -> None:
    with pytest.raises(WbemError, match="0x80041010") as caught:
        namespace.explained(lambda: namespace.fetch("Nothing"))
    assert caught.value.status is not None
    assert caught.value.status.class_name == "__ExtendedStatus"
    assert caught.value.status["Operation"] == "GetObject"
    assert caught.value.status["StatusCode"] == 0x80041010
    assert not namespace.is_broken


def test_a_server_that_has_gone_breaks_the_namespace(
    wmi: FakeConnection, namespace: Namespace
) -> None:
    wmi.fail("get_class", WbemError(DISCONNECTED))
    with pytest.raises(WbemError):
        namespace.explained(lambda: namespace.fetch("Win32_Service"))
    assert namespace.is_broken
