from __future__ import annotations

from collections.abc import Iterator

import pytest

from protocols.dcom import interfaces
from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.interfaces import ACTIVATOR, EXPORTER, LEVEL1_LOGIN, REMOTE_UNKNOWN_2
from protocols.dcom.kinds import Release
from protocols.dcom.orpc import OUR_VERSION, Version
from protocols.loopback import DcomEndpoint
from tests.loopback.rpc.client import Guard, RpcClient, activated, pointer

NO_INTERFACE = 0x80004002


@pytest.fixture
def client(endpoint: DcomEndpoint) -> Iterator[RpcClient]:
    with RpcClient(endpoint.port) as connected:
        connected.bind(ACTIVATOR, Guard(endpoint.user))
        yield connected


def ask(client: RpcClient, clsid: bytes, *iids: bytes) -> ActivationReply | int:
    asked = ActivationRequest(clsid, iids, Version(5, 6))
    reply = client.call(
        ACTIVATOR, interfaces.CREATE_INSTANCE, pUnkOuter=None, pActProperties=asked.packed()
    )
    if reply.hresult:
        return reply.hresult
    return ActivationReply.read(reply.values["ppActProperties"])


def test_an_object_is_made_and_where_it_is_told(endpoint: DcomEndpoint, client: RpcClient) -> None:
    made = ask(client, interfaces.WBEM_LEVEL1_LOGIN_CLASS, LEVEL1_LOGIN.iid, EXPORTER.iid)
    assert isinstance(made, ActivationReply)
    assert made.results == (0, NO_INTERFACE)
    assert made.references[1] is None
    assert made.bindings.port == endpoint.object_port
    assert made.version == Version(5, 6)
    assert made.level == 6
    assert endpoint.open_objects == 1


def test_there_are_no_other_classes(client: RpcClient) -> None:
    assert ask(client, bytes(16), LEVEL1_LOGIN.iid) == 0x80040154


def test_somebody_is_there(endpoint: DcomEndpoint, client: RpcClient) -> None:
    reply = client.call(EXPORTER, interfaces.SERVER_ALIVE_2)
    assert reply.values["pComVersion"] == OUR_VERSION
    assert reply.values["ppdsaOrBindings"].port == endpoint.object_port


def test_objects_are_kept_alive(endpoint: DcomEndpoint, client: RpcClient) -> None:
    changes = {"SequenceNum": 1, "cAddToSet": 1, "cDelFromSet": 0, "DelFromSet": ()}
    reply = client.call(EXPORTER, interfaces.COMPLEX_PING, pSetId=0, AddToSet=(77,), **changes)
    known = reply.values["pSetId"]
    assert (reply.hresult, endpoint.kept_objects) == (0, 1)
    assert client.call(EXPORTER, interfaces.SIMPLE_PING, pSetId=known).hresult == 0
    assert client.call(EXPORTER, interfaces.SIMPLE_PING, pSetId=known + 1).hresult == 0x777
    reply = client.call(
        EXPORTER, interfaces.COMPLEX_PING, pSetId=known + 1, AddToSet=(77,), **changes
    )
    assert reply.hresult == 0x777
    assert endpoint.pings == 4


def test_pointers_are_given_further_and_given_back(
    endpoint: DcomEndpoint, client: RpcClient
) -> None:
    level1 = pointer(activated(client).references[0])
    for ipid, iid, found in (
        (level1.ipid, LEVEL1_LOGIN.iid, 0),
        (level1.ipid, EXPORTER.iid, NO_INTERFACE),
        (bytes(16), LEVEL1_LOGIN.iid, NO_INTERFACE),
    ):
        reply = client.call(
            REMOTE_UNKNOWN_2, interfaces.QUERY_INTERFACE, bytes(16),
            ripid=ipid, cRefs=2, cIids=1, iids=(iid,),
        )  # fmt: skip
        assert [one.hresult for one in reply.values["ppQIResults"]] == [found]
    references = [Release(level1.ipid, 1), Release(bytes(16), 1)]
    reply = client.call(
        REMOTE_UNKNOWN_2, interfaces.ADD_REFERENCES, bytes(16),
        cInterfaceRefs=2, InterfaceRefs=references,
    )  # fmt: skip
    assert list(reply.values["pResults"]) == [0, 0x80010114]
    for count, left in ((7, 1), (1, 0)):
        client.call(
            REMOTE_UNKNOWN_2, interfaces.RELEASE, bytes(16),
            cInterfaceRefs=1, InterfaceRefs=[Release(level1.ipid, count)],
        )  # fmt: skip
        assert endpoint.open_objects == left
