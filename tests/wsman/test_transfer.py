"""Get: one instance by its key."""

from typing import Any

import pytest
from lxml import etree

from mi.calls import GetInstance
from mi.errors import InvalidParameter, MIError, NotFound, OperationTimeout, ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, OperationFlags
from mi.schema import Class, Property, Qualifier
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.transfer import Retrieval

KEY = NameMap([("key", Qualifier("key", CimType.BOOLEAN, value=True))])
THING = Class("X_Thing", "root/test", properties=NameMap([
    ("Name", Property("Name", CimType.STRING, qualifiers=KEY)),
    ("Size", Property("Size", CimType.UINT32)),
    ("Tags", Property("Tags", CimType.STRING_ARRAY)),
]))  # fmt: skip
SETTINGS = Settings(60.0, server_name="server01")
ITEM = (
    f'<p:X_Thing xmlns:p="{ns.DMTF_CIM_SCHEMA}/X_Thing"><p:Name>n</p:Name><p:Size>3</p:Size>'
    "</p:X_Thing>"
)


def answer(inside: str, *, is_repaired: bool = False) -> Reply:
    body = etree.fromstring(f'<s:Body xmlns:s="{ns.SOAP}">{inside}</s:Body>')
    return Reply("", body, None, is_repaired=is_repaired)


def retrieval(
    *known: Class,
    kind: ServerKind = ServerKind.WINRM3,
    key: Instance | None = None,
    settings: Settings = SETTINGS,
) -> Retrieval:
    call = GetInstance(key or Instance("X_Thing", {"Name": "a<b"}), namespace="root/test")
    return Retrieval(call, settings, DIALECTS[kind], SchemaStore(known))


def test_an_instance_is_asked_for_by_class_namespace_and_keys() -> None:
    assert retrieval().next_request() == Request(
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/X_Thing",
        selectors=(Selector("__cimnamespace", "root/test"), Selector("Name", "a&lt;b")),
        options=(Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),),
        operation_timeout=60.0,
    )


def test_microsofts_family_asks_without_options_and_with_the_namespace_in_the_uri() -> None:
    assert retrieval(kind=ServerKind.WINRM2).next_request() == Request(
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
        "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/test/X_Thing",
        selectors=(Selector("Name", "a&lt;b"),),
        operation_timeout=60.0,
    )


def test_the_key_that_the_server_itself_sent_is_what_names_the_object() -> None:
    key = Instance.received("X_Thing", {"Size": 1}, None, "root/test", identity=[("Name", "n")])
    request = retrieval(key=key).next_request()
    assert request is not None
    assert request.selectors[1:] == (Selector("Name", "n"),)


def test_a_key_that_is_not_complete_is_refused_before_anything_is_sent() -> None:
    key = Instance.received("X_Thing", {"Size": 1}, THING.layout, "root/test")
    with pytest.raises(InvalidParameter, match="Name"):
        retrieval(key=key)


def test_an_instance_of_a_known_class_comes_typed() -> None:
    conversation = retrieval(THING)
    (thing,) = conversation.receive(answer(ITEM))
    assert dict(thing) == {"Name": "n", "Size": 3, "Tags": []}
    assert (thing.namespace, thing.server_name) == ("root/test", "server01")
    assert conversation.next_request() is None


def test_an_instance_of_an_unknown_class_is_held_until_it_is_known() -> None:
    conversation = retrieval()
    assert conversation.receive(answer(ITEM)) == []
    assert conversation.awaits_class
    assert conversation.next_request() == class_request("root/test", "X_Thing", SETTINGS)
    (thing,) = conversation.receive(answer(write_class(THING)))
    assert thing["Size"] == 3
    assert not conversation.awaits_class
    assert conversation.next_request() is None


def test_an_instance_whose_class_is_refused_is_an_error() -> None:
    conversation = retrieval()
    conversation.receive(answer(ITEM))
    with pytest.raises(MIError, match="BASIC_RTTI"):
        conversation.receive(Fault("Sender", "w:AccessDenied", reason="Access is denied."))
    assert conversation.next_request() is None


@pytest.mark.parametrize(
    ("flags", "kind"),
    [(OperationFlags.NO_RTTI, ServerKind.WINRM3), (OperationFlags.BASIC_RTTI, ServerKind.OMI),
     (OperationFlags.DEFAULT, ServerKind.IDRAC)],
)  # fmt: skip
def test_without_rtti_or_schema_nothing_is_fetched(flags: OperationFlags, kind: ServerKind) -> None:
    conversation = retrieval(kind=kind, settings=Settings(flags=flags))
    (thing,) = conversation.receive(answer(ITEM))
    assert (thing.is_typed, thing["Size"]) == (False, "3")


def test_the_instance_says_where_characters_were_replaced() -> None:
    (thing,) = retrieval(THING).receive(answer(ITEM, is_repaired=True))
    assert thing.is_repaired


def errors() -> list[tuple[Any, type[MIError]]]:
    return [
        (Fault.of("RESOURCE_NOT_FOUND", "no such thing"), NotFound),
        (Fault("Receiver", "w:TimedOut", reason="too long"), OperationTimeout),
        (answer(""), ProtocolError),
        (answer(ITEM + ITEM), ProtocolError),
        (answer(ITEM.replace(">3<", ">x<")), ProtocolError),
    ]


@pytest.mark.parametrize(("reply", "error"), errors())
def test_a_fault_or_a_bad_reply_is_an_error(reply: Reply | Fault, error: type[MIError]) -> None:
    conversation = retrieval(THING)
    with pytest.raises(error):
        conversation.receive(reply)
    assert conversation.next_request() is None


def test_abandoning_it_drops_what_is_held() -> None:
    conversation = retrieval()
    conversation.receive(answer(ITEM))
    assert conversation.abandon() is None
    assert not conversation.awaits_class
    assert conversation.next_request() is None


def test_a_class_known_before_the_reply_changes_nothing() -> None:
    conversation = retrieval()
    assert conversation.receive(CLASS_KNOWN) == []
    assert conversation.next_request() is not None
