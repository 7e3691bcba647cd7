from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from mi.instance import Instance
from mi.results import CimType
from protocols.dcom import interfaces
from protocols.dcom.call_contexts import ContextProperty, write_context
from protocols.dcom.interfaces import CALL_RESULT, ENUMERATOR, LEVEL1_LOGIN, SERVICES
from protocols.dcom.methods import Method, Reply
from protocols.dcom.object_writer import write_instance, write_parameters
from protocols.dcom.objref import Standard
from protocols.dcom.wbem_objects import object_in, object_reference
from protocols.loopback import DcomEndpoint
from tests.loopback.rpc.client import Guard, RpcClient, activated, login, pointer
from tests.loopback.wmi.asked import NAMESPACE, class_in, instance_in

TOLD: dict[str, Any] = {"lFlags": 0, "pCtx": None}


class Asking(NamedTuple):
    """A client that is logged in to a namespace."""

    endpoint: DcomEndpoint
    client: RpcClient
    services: Standard

    def ask(self, method: Method, **values: Any) -> Reply:
        return self.client.call(SERVICES, method, self.services.ipid, **TOLD | values)

    def enumerator(self, method: Method, **values: Any) -> bytes:
        return pointer(self.ask(method, **values).values["ppEnum"]).ipid

    def next(self, ipid: bytes, count: int) -> Reply:
        return self.client.call(ENUMERATOR, interfaces.NEXT, ipid, lTimeout=-1, uCount=count)


@pytest.fixture
def asking(endpoint: DcomEndpoint) -> Iterator[Asking]:
    guard = Guard(endpoint.user)
    with RpcClient(endpoint.port) as first, RpcClient(endpoint.object_port) as client:
        first.bind(interfaces.ACTIVATOR, Guard(endpoint.user))
        made = activated(first)
        client.bind(LEVEL1_LOGIN, guard)
        yield Asking(endpoint, client, login(client, made))


QUERY = {"strQueryLanguage": "WQL", "strQuery": "SELECT * FROM Win32_LogicalDisk"}


def test_a_namespace_may_be_named_in_several_ways(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(interfaces.ACTIVATOR, Guard(endpoint.user))
        level1 = pointer(activated(client).references[0])
        assert client.call(
            LEVEL1_LOGIN, interfaces.ESTABLISH_POSITION, level1.ipid, reserved1=None, reserved2=0
        ).values == {"LocaleVersion": 0}
        for resource, hresult in (
            ("//./root/cimv2", 0),
            (r"\\WIN-LAB01\ROOT\CIMV2", 0),
            ("root/cimv2\0", 0),
            ("//./root/nothing", 0x8004100E),
            ("//./", 0x8004100E),
            (None, 0x8004100E),
        ):
            reply = client.call(
                LEVEL1_LOGIN, interfaces.NTLM_LOGIN, level1.ipid,
                wszNetworkResource=resource, wszPreferredLocale=None, **TOLD,
            )  # fmt: skip
            assert reply.hresult == hresult


def test_an_object_is_got(asking: Asking) -> None:
    reply = asking.ask(
        interfaces.GET_OBJECT, strObjectPath="Win32_Service", ppObject=True, ppCallResult=False
    )
    assert class_in(object_in(reply.values["ppObject"])).name == "Win32_Service"


def test_a_failure_comes_with_an_extended_status(asking: Asking) -> None:
    reply = asking.ask(
        interfaces.GET_OBJECT, strObjectPath="Win32_Nothing", ppObject=True, ppCallResult=False
    )
    assert reply.hresult == 0x80041002
    assert reply.that.error is not None
    status = instance_in(object_in(reply.that.error))
    assert status["ParameterInfo"] == "Win32_Nothing"


def test_enumerators_give_their_objects(asking: Asking) -> None:
    for method, values in (
        (interfaces.EXEC_QUERY, QUERY),
        (interfaces.CREATE_INSTANCE_ENUM, {"strSuperClass": "Win32_LogicalDisk"}),
    ):
        ipid = asking.enumerator(method, **values)
        reply = asking.next(ipid, 100)
        found = [instance_in(object_in(one)) for one in reply.values["apObjects"].references]
        assert {one.class_name for one in found} == {"Win32_LogicalDisk"}
        assert (reply.hresult, reply.values["puReturned"]) == (1, len(found))
    ipid = asking.enumerator(interfaces.CREATE_CLASS_ENUM, strSuperClass="")
    assert asking.next(ipid, 1).hresult == 0


def test_enumerators_skip_begin_anew_and_are_cloned(asking: Asking) -> None:
    ipid = asking.enumerator(interfaces.EXEC_QUERY, **QUERY)
    skip = asking.client.call(ENUMERATOR, interfaces.SKIP, ipid, lTimeout=-1, nCount=1)
    assert skip.hresult == 0
    twin = asking.client.call(ENUMERATOR, interfaces.CLONE, ipid).values["ppEnum"]
    second = asking.next(pointer(twin).ipid, 1).values["apObjects"].references
    assert asking.next(ipid, 1).values["apObjects"].references == second
    assert asking.client.call(ENUMERATOR, interfaces.RESET, ipid).hresult == 0
    assert asking.next(ipid, 1).values["apObjects"].references != second


def test_what_happens_is_told(asking: Asking) -> None:
    repository = asking.endpoint.repository
    query = (
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA"
        " 'Win32_Environment'"
    )
    ipid = asking.enumerator(
        interfaces.EXEC_NOTIFICATION_QUERY, strQueryLanguage="WQL", strQuery=query
    )
    class_ = repository.find_class(NAMESPACE, "Win32_Environment")
    repository.add(Instance(class_, {"Name": "A", "UserName": "B"}))
    (one,) = asking.next(ipid, 1).values["apObjects"].references
    assert instance_in(object_in(one)).class_name == "__InstanceCreationEvent"


def encoded(asking: Asking, class_name: str, **values: Any) -> bytes:
    class_ = asking.endpoint.repository.find_class(NAMESPACE, class_name)
    return object_reference(write_instance(Instance(class_, values), class_, list(values)))


def test_instances_are_put_and_taken_away(asking: Asking) -> None:
    given = encoded(asking, "Win32_Environment", Name="A", UserName="B")
    reply = asking.ask(interfaces.PUT_INSTANCE, pInst=given, ppCallResult=True)
    result = pointer(reply.values["ppCallResult"]).ipid
    told = asking.client.call(CALL_RESULT, interfaces.GET_RESULT_STRING, result, lTimeout=-1)
    path = told.values["pstrResultString"]
    assert path == r'\\.\root\cimv2:Win32_Environment.Name="A",UserName="B"'
    told = asking.client.call(CALL_RESULT, interfaces.GET_CALL_STATUS, result, lTimeout=-1)
    assert told.values["plStatus"] == 0
    assert asking.ask(interfaces.PUT_INSTANCE, pInst=given, ppCallResult=False).values == {
        "ppCallResult": None
    }
    for hresult in (0, 0x80041002):
        reply = asking.ask(interfaces.DELETE_INSTANCE, strObjectPath=path, ppCallResult=False)
        assert reply.hresult == hresult


def test_the_context_says_what_to_write(asking: Asking) -> None:
    given = encoded(asking, "Win32_LogicalDisk", DeviceID="C:", VolumeName="new", Size=5)
    context = write_context(
        bytes(16),
        [
            ContextProperty("__PUT_EXTENSIONS", value=True, type=CimType.BOOLEAN),
            ContextProperty("__PUT_EXT_PROPERTIES", ["VolumeName"], CimType.STRING_ARRAY),
        ],
    )
    for bag, hresult in ((context, 0), (None, 0x80041024), (b"no context", 0x80041007)):
        reply = asking.ask(
            interfaces.PUT_INSTANCE, pInst=given, ppCallResult=False, lFlags=1, pCtx=bag
        )
        assert reply.hresult == hresult


@pytest.mark.parametrize("given", [None, b"no reference"])
def test_what_is_put_is_an_object(asking: Asking, given: bytes | None) -> None:
    reply = asking.ask(interfaces.PUT_INSTANCE, pInst=given, ppCallResult=False)
    assert reply.hresult == 0x80041008


def test_methods_are_called(asking: Asking) -> None:
    class_ = asking.endpoint.repository.find_class(NAMESPACE, "Win32_Process")
    data = write_parameters(class_.methods["Create"], Instance("P", {"CommandLine": "notepad.exe"}))
    assert data is not None
    called = {"ppOutParams": True, "ppCallResult": False}
    reply = asking.ask(
        interfaces.EXEC_METHOD, strObjectPath="Win32_Process", strMethodName="Create",
        pInParams=object_reference(data), **called,
    )  # fmt: skip
    assert instance_in(object_in(reply.values["ppOutParams"]))["ReturnValue"] == 0
    reply = asking.ask(
        interfaces.EXEC_METHOD, strObjectPath='Win32_Service.Name="Spooler"',
        strMethodName="StartService", pInParams=None, **called,
    )  # fmt: skip
    assert instance_in(object_in(reply.values["ppOutParams"]))["ReturnValue"] == 0
