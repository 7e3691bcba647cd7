"""IWbemServices as operations use it: what is sent, and what comes of the answers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class, Parameter
from protocols.dcom.call_contexts import read_context
from protocols.dcom.interfaces import CALL_RESULT
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class, write_results
from protocols.dcom.wbem_objects import object_in, object_reference
from protocols.wmidcom.rpc.namespaces import RpcServices
from protocols.wmidcom.services import ContextValue, Outgoing, WbemError, WbemFlags
from tests.dcom.samples import EVERY_TYPE, PART, VALUES, flag, method, part, qualifiers
from tests.wmidcom.rpc.calling import CIMV2, SEMI, close, encoded, logged_in, soon
from tests.wmidcom.rpc.peer import Asked, Peer, Replied

NONE = WbemFlags.NONE
CONTEXT = (ContextValue("__ProviderArchitecture", 32, CimType.SINT32),)
CREATE = method(
    "Create",
    Parameter("Name", CimType.STRING, qualifiers=qualifiers(flag("in"))),
    Parameter("ProcessId", CimType.UINT32, qualifiers=qualifiers(flag("out"))),
    return_type=CimType.UINT32,
)


@pytest.fixture
def services(peer: Peer) -> Iterator[RpcServices]:
    made, found = logged_in(peer)
    yield found
    close(made)


def asked_of(peer: Peer, name: str) -> dict[str, Any]:
    [one] = [asked for asked in peer.asked if asked.method == name]
    return one.values


def giving(**values: Any) -> Callable[[Asked], Replied]:
    return lambda _: Replied(values=values)


# Reading


def test_a_class_is_read(peer: Peer, services: RpcServices) -> None:
    peer.answers["GetObject"] = giving(ppObject=object_reference(write_class(PART)))
    found = services.get_class("Part", WbemFlags.USE_AMENDED_QUALIFIERS, CONTEXT, soon())
    assert isinstance(found, Class)
    assert (found.name, found.namespace) == ("Part", CIMV2)
    sent = asked_of(peer, "GetObject")
    assert (sent["strObjectPath"], sent["lFlags"]) == ("Part", 0x20000)
    assert (sent["ppObject"], sent["ppCallResult"]) == (True, False)
    [told] = read_context(sent["pCtx"])
    assert (told.name, told.value) == ("__ProviderArchitecture", 32)


def test_an_instance_is_read(peer: Peer, services: RpcServices) -> None:
    peer.answers["GetObject"] = giving(ppObject=encoded(7, "text"))
    found = services.get_instance("Part.Id=7", NONE, (), soon())
    assert (found["Id"], found["Text"]) == (7, "text")
    assert (found.namespace, found.server_name) == (CIMV2, "127.0.0.1")
    assert asked_of(peer, "GetObject")["pCtx"] is None


def test_a_class_is_no_instance_and_an_instance_no_class(peer: Peer, services: RpcServices) -> None:
    peer.answers["GetObject"] = giving(ppObject=object_reference(write_class(PART)))
    with pytest.raises(ProtocolError, match="a class instead of an instance"):
        services.get_instance("Part.Id=7", NONE, (), soon())
    peer.answers["GetObject"] = giving(ppObject=encoded(7))
    with pytest.raises(ProtocolError, match="an instance instead of the class Part"):
        services.get_class("Part", NONE, (), soon())


@pytest.mark.parametrize(
    ("name", "argument", "sent"),
    [
        ("exec_query", "SELECT * FROM X", {"strQuery": "SELECT * FROM X"}),
        ("exec_notification_query", "SELECT * FROM E", {"strQueryLanguage": "WQL"}),
        ("create_instance_enum", "Part", {"strSuperClass": "Part"}),
        ("create_class_enum", "Part", {"strSuperClass": "Part"}),
        ("create_class_enum", None, {"strSuperClass": ""}),
    ],
)
def test_what_is_enumerated_is_said(
    peer: Peer, services: RpcServices, name: str, argument: str | None, sent: dict[str, str]
) -> None:
    found = getattr(services, name)(argument, SEMI, CONTEXT, soon())
    called = peer.asked[-1]
    assert called.method == "".join(word.title() for word in name.split("_"))
    assert sent.items() <= called.values.items()
    assert called.values["lFlags"] == 0x30
    found.release(soon())


# Changing


def outgoing(number: int, *properties: str) -> Outgoing:
    return Outgoing(part(number, "new"), PART, properties, {"part": PART})


def test_an_object_is_written_and_its_path_told(peer: Peer, services: RpcServices) -> None:
    peer.answers["PutInstance"] = lambda _: Replied(
        values={"ppCallResult": peer.reference(CALL_RESULT)}
    )
    peer.answers["GetResultString"] = giving(pstrResultString="Part.Id=7")
    path = services.put_instance(outgoing(7, "Id"), WbemFlags.CREATE_ONLY, CONTEXT, soon())
    assert path == "Part.Id=7"
    sent = asked_of(peer, "PutInstance")
    assert (sent["lFlags"], sent["ppCallResult"]) == (2, True)
    written = ObjectReader().read(object_in(sent["pInst"]), CIMV2)
    assert isinstance(written, Instance)
    assert (written["Id"], written["Text"]) == (7, None), "only what is to be written"


def test_a_server_may_tell_no_path(peer: Peer, services: RpcServices) -> None:
    assert services.put_instance(outgoing(7, "Id"), NONE, (), soon()) is None
    peer.answers["PutInstance"] = lambda _: Replied(
        values={"ppCallResult": peer.reference(CALL_RESULT)}
    )
    peer.answers["GetResultString"] = lambda _: Replied(0x80041001)
    assert services.put_instance(outgoing(7, "Id"), NONE, (), soon()) is None


def test_a_method_is_called_with_what_goes_in(peer: Peer, services: RpcServices) -> None:
    results = Instance("__PARAMETERS")
    results.add("ProcessId", 42, CimType.UINT32)
    results.add("ReturnValue", 0, CimType.UINT32)
    given = write_results(CREATE, results)
    assert given is not None
    peer.answers["ExecMethod"] = giving(ppOutParams=object_reference(given))
    parameters = Instance("__PARAMETERS")
    parameters.add("Name", "notepad", CimType.STRING)
    out = services.exec_method(
        "Win32_Process", CREATE, Outgoing(parameters, PART, ("Name",), {}), CONTEXT, soon()
    )
    assert out is not None
    assert (out["ProcessId"], out["ReturnValue"]) == (42, 0)
    sent = asked_of(peer, "ExecMethod")
    assert (sent["strObjectPath"], sent["strMethodName"]) == ("Win32_Process", "Create")
    written = ObjectReader().read(object_in(sent["pInParams"]), CIMV2)
    assert isinstance(written, Instance)
    assert written["Name"] == "notepad"


def test_a_method_may_take_and_return_nothing(peer: Peer, services: RpcServices) -> None:
    peer.answers["ExecMethod"] = giving()
    assert services.exec_method("X.A=1", method("Stop"), None, (), soon()) is None
    assert asked_of(peer, "ExecMethod")["pInParams"] is None


def test_a_method_returns_no_class(peer: Peer, services: RpcServices) -> None:
    peer.answers["ExecMethod"] = giving(ppOutParams=object_reference(write_class(PART)))
    with pytest.raises(ProtocolError, match="returned a class") as caught:
        services.exec_method("X.A=1", method("Stop"), None, (), soon())
    assert caught.value.outcome_unknown


def test_an_object_is_deleted(peer: Peer, services: RpcServices) -> None:
    services.delete_instance("X.A=1", NONE, CONTEXT, soon())
    assert asked_of(peer, "DeleteInstance")["strObjectPath"] == "X.A=1"
    peer.answers["DeleteInstance"] = lambda _: Replied(0x80041002)
    with pytest.raises(WbemError):
        services.delete_instance("X.A=1", NONE, (), soon())


def test_an_embedded_object_has_its_class_at_hand(peer: Peer, services: RpcServices) -> None:
    given = Outgoing(Instance(EVERY_TYPE, VALUES), EVERY_TYPE, tuple(VALUES), {"part": PART})
    services.put_instance(given, NONE, (), soon())
    written = ObjectReader().read(object_in(asked_of(peer, "PutInstance")["pInst"]), CIMV2)
    assert isinstance(written, Instance)
    assert written.class_name == EVERY_TYPE.name
