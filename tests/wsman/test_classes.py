"""Class declarations: asked for, answered, and refused."""

import pytest
from lxml import etree

from mi.calls import GetClass
from mi.errors import AccessDenied, InvalidClass, NotSupported, OperationTimeout, ProtocolError
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType
from mi.schema import Class, Property, Qualifier
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import Declaration, class_request, read_reply, refused
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, NO_CLASSES, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector

KEY = Qualifier("key", CimType.BOOLEAN, value=True)
THING = Class("X_Thing", "root/test", properties=NameMap([
    ("Name", Property("Name", CimType.STRING, qualifiers=NameMap([("key", KEY)]))),
    ("Size", Property("Size", CimType.UINT32)),
]))  # fmt: skip
REQUEST = Request(
    "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
    "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*",
    selectors=(Selector("__cimnamespace", "root/test"), Selector("ClassName", "X_Thing")),
    options=(
        Option("IncludeInheritanceHierarchy", "true", "xs:boolean"),
        Option("IncludeInheritedElements", "true", "xs:boolean"),
        Option("IncludeQualifiers", "true", "xs:boolean"),
    ),
    operation_timeout=60.0,
    schema=("root/test", "X_Thing"),
)
DENIED = Fault("Sender", "w:AccessDenied", reason="Access is denied.")
TIMED_OUT = Fault("Receiver", "w:TimedOut", reason="It took too long.")


def answer(inside: str) -> Reply:
    body = etree.fromstring(f'<s:Body xmlns:s="{ns.SOAP}">{inside}</s:Body>')
    return Reply("", body, None, is_repaired=False)


def declaration(kind: ServerKind = ServerKind.WINRM3) -> tuple[Declaration, SchemaStore]:
    store = SchemaStore()
    call = GetClass("X_Thing", namespace="root/test")
    settings = Settings(60.0, server_name="server01")
    return Declaration(call, settings, DIALECTS[kind], store), store


def test_a_class_is_asked_for_as_windows_client_does() -> None:
    assert class_request("root/test", "X_Thing", Settings(60.0)) == REQUEST


def test_a_reply_holds_one_class_element_in_no_namespace() -> None:
    class_ = read_reply(answer(write_class(THING)), "root/test", "x_thing", "server01")
    assert (class_.name, class_.namespace, class_.server_name) == (
        "X_Thing", "root/test", "server01",
    )  # fmt: skip
    assert class_.keys == ("Name",)
    assert class_.properties["Size"].type is CimType.UINT32


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("", "no declaration of X_Thing"),
        ("<INSTANCE/>", "no declaration of X_Thing"),
        ('<CLASS NAME="X_Other"/>', "X_Other, not X_Thing"),
        ("<CLASS/>", "NAME"),
        ('<CLASS NAME="X_Thing"><PROPERTY NAME="A" TYPE="int"/></CLASS>', "int"),
    ],
)
def test_a_reply_without_that_class_is_a_protocol_error(inside: str, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        read_reply(answer(inside), "root/test", "X_Thing")


def test_get_class_gives_the_declaration_and_remembers_it() -> None:
    conversation, store = declaration()
    assert conversation.next_request() == REQUEST
    (class_,) = conversation.receive(answer(write_class(THING)))
    assert class_.layout == THING.layout
    assert store.find("root/test", "X_Thing") == class_
    assert conversation.next_request() is None


def test_get_class_waits_for_no_class_but_its_own() -> None:
    conversation, _ = declaration()
    assert conversation.receive(CLASS_KNOWN) == []
    assert not conversation.awaits_class
    assert conversation.next_request() == REQUEST
    assert conversation.abandon() is None
    assert conversation.next_request() is None


def test_get_class_fails_as_the_server_says() -> None:
    for fault, error in (
        (DENIED, AccessDenied),
        (Fault.of("INVALID_RESOURCE_URI", "no class"), InvalidClass),
    ):
        conversation, _ = declaration()
        with pytest.raises(error):
            conversation.receive(fault)
        assert conversation.next_request() is None


def test_servers_without_schema_are_not_asked() -> None:
    conversation, _ = declaration(ServerKind.AMT)
    with pytest.raises(NotSupported, match="SchemaStore"):
        conversation.next_request()


def test_a_server_that_turns_out_to_declare_none_is_not_asked_again() -> None:
    conversation, _ = declaration()
    assert conversation.next_request() is not None
    with pytest.raises(NotSupported, match="SchemaStore"):
        conversation.receive(NO_CLASSES)
    assert conversation.next_request() is None


def test_a_refused_class_is_an_error_that_names_it_and_both_ways_out() -> None:
    error = refused(DENIED, "root/test", "X_Thing")
    assert isinstance(error, AccessDenied)
    for part in ("X_Thing", "root/test", "Access is denied.", "BASIC_RTTI", "SchemaStore"):
        assert part in str(error)


def test_a_class_that_takes_too_long_is_a_timeout_and_no_refusal() -> None:
    error = refused(TIMED_OUT, "root/test", "X_Thing")
    assert isinstance(error, OperationTimeout)
    assert "BASIC_RTTI" not in str(error)
