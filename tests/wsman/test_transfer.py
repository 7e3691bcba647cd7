"""Get, Put, Create and Delete: one instance by its key."""

from typing import Any

import pytest
from lxml import etree

from mi.calls import CreateInstance, DeleteInstance, GetInstance, ModifyInstance
from mi.errors import (
    AlreadyExists,
    InvalidParameter,
    MIError,
    NotFound,
    OperationTimeout,
    ProtocolError,
)
from mi.instance import Instance
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType, Flags, OperationFlags
from mi.schema import Class, Property, Qualifier
from mi.serial.cimxml import write_class
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.classes import class_request
from protocols.wsman.dialects import CLASS_KNOWN, DIALECTS, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.transfer import Creation, Deletion, Modification, Retrieval
from tests.wsman.cases import content, parsed

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


def test_bare_text_keeps_the_key_that_it_was_got_by() -> None:
    conversation = retrieval(kind=ServerKind.IDRAC, key=Instance("X_Thing", {"Name": "n"}))
    (thing,) = conversation.receive(answer(ITEM, is_repaired=True))
    assert (thing.key, thing["Size"], thing.is_repaired) == ({"Name": "n"}, "3", True)


# Delete


def deletion(kind: ServerKind = ServerKind.WINRM3) -> Deletion:
    call = DeleteInstance(Instance("X_Thing", {"Name": "n"}), namespace="root/test")
    return Deletion(call, SETTINGS, DIALECTS[kind], SchemaStore())


def test_a_delete_names_the_object_and_is_sent_once() -> None:
    assert deletion().next_request() == Request(
        "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete",
        f"{ns.DMTF_CIM_SCHEMA}/X_Thing",
        selectors=(Selector("__cimnamespace", "root/test"), Selector("Name", "n")),
        options=(Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),),
        operation_timeout=60.0,
        repeatable=False,
    )


def test_a_delete_has_no_result() -> None:
    conversation = deletion()
    assert conversation.receive(answer("")) == []
    assert conversation.next_request() is None
    assert not conversation.awaits_class


# Create

WRITTEN = "wmiarray:__MIInstanceModifiedPropertiesList"


def listed(request: Request | None) -> list[str | None]:
    assert request is not None
    return [option.value for option in request.options if option.name == WRITTEN]


def creation(instance: Instance, *known: Class, kind: ServerKind = ServerKind.WINRM3) -> Creation:
    call = CreateInstance(instance, namespace="root/test")
    return Creation(call, SETTINGS, DIALECTS[kind], SchemaStore(known))


def test_a_create_sends_all_that_is_not_null_and_names_no_object() -> None:
    thing = Instance("X_Thing", {"Name": "n", "Size": 5, "Tags": None})
    request = creation(thing, THING).next_request()
    assert request is not None
    assert request.action == "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
    assert request.selectors == (Selector("__cimnamespace", "root/test"),)
    assert content(request.body) == [("Name", "n"), ("Size", "5")]
    assert listed(request) == ["Name", "Size"]
    assert not request.repeatable


def test_a_create_states_the_types_that_the_class_declares() -> None:
    thing = Instance("X_Thing", {"Name": "n", "Size": 5})
    request = creation(thing, THING).next_request()
    assert request is not None
    types = [child.get(f"{{{ns.XSI}}}type") for child in parsed(request.body)]
    assert types == ["cim:cimString", "cim:cimUnsignedInt"]


def test_a_create_of_an_unknown_class_asks_for_the_class_first() -> None:
    conversation = creation(Instance("X_Thing", {"Name": "n"}))
    assert conversation.next_request() == class_request("root/test", "X_Thing", SETTINGS)


def test_other_kinds_of_server_are_told_neither_names_nor_types() -> None:
    request = creation(
        Instance("X_Thing", {"Name": "n"}), THING, kind=ServerKind.OMI
    ).next_request()
    assert request is not None
    assert request.options == ()
    assert "cim:cim" not in request.body


NAMED = (
    f"<a:Address>{ns.ANONYMOUS}</a:Address><a:ReferenceParameters><w:ResourceURI>"
    f"{ns.DMTF_CIM_SCHEMA}/X_Thing</w:ResourceURI><w:SelectorSet>"
    '<w:Selector Name="Name">n</w:Selector></w:SelectorSet></a:ReferenceParameters>'
)


@pytest.mark.parametrize("inside", [NAMED, f"<a:EndpointReference>{NAMED}</a:EndpointReference>"])
def test_a_create_gives_what_names_the_object(inside: str) -> None:
    conversation = creation(Instance("X_Thing", {"Name": "n", "Size": 5}), THING)
    markup = f"<x:ResourceCreated>{inside}</x:ResourceCreated>"
    body = etree.fromstring(
        f'<s:Body xmlns:s="{ns.SOAP}" xmlns:x="{ns.TRANSFER}" xmlns:a="{ns.ADDRESSING}"'
        f' xmlns:w="{ns.WSMAN}">{markup}</s:Body>'
    )
    (made,) = conversation.receive(Reply("", body, None, is_repaired=False))
    assert (dict(made), made.key) == ({"Name": "n"}, {"Name": "n"})
    assert (made.namespace, made.server_name) == ("root/test", "server01")


def test_a_create_gives_the_instance_if_that_is_what_comes() -> None:
    (made,) = creation(Instance("X_Thing", {"Name": "n"}), THING).receive(answer(ITEM))
    assert made["Size"] == 3


def test_a_create_gives_what_was_sent_if_nothing_comes() -> None:
    thing = Instance("X_Thing", {"Name": "n"})
    (made,) = creation(thing, THING).receive(answer(""))
    assert made == thing
    assert made is not thing


def test_an_object_that_is_there_already_is_an_error() -> None:
    with pytest.raises(AlreadyExists) as caught:
        creation(Instance("X_Thing", {"Name": "n"}), THING).receive(
            Fault("Sender", "w:AlreadyExists")
        )
    assert not caught.value.outcome_unknown


# Put


def received(**values: Any) -> Instance:
    return Instance.received("X_Thing", values, THING.layout, "root/test")


def modification(
    instance: Instance, *known: Class, kind: ServerKind = ServerKind.WINRM3
) -> Modification:
    call = ModifyInstance(instance, namespace="root/test")
    return Modification(call, SETTINGS, DIALECTS[kind], SchemaStore(known))


def test_of_an_instance_that_came_what_was_set_since_is_sent_with_its_keys() -> None:
    thing = received(Name="n", Size=3, Tags=["a"])
    thing["size"] = 4
    request = modification(thing).next_request()
    assert request is not None
    assert request.action == "http://schemas.xmlsoap.org/ws/2004/09/transfer/Put"
    assert request.selectors == (
        Selector("__cimnamespace", "root/test"), Selector("Name", "n"),
    )  # fmt: skip
    assert content(request.body) == [("Name", "n"), ("Size", "4")]
    assert listed(request) == ["Size"]
    assert not request.repeatable


def test_what_was_cleared_is_sent_as_null_and_an_empty_array_by_its_name_alone() -> None:
    thing = received(Name="n", Size=3, Tags=["a"])
    thing.clear("Size")
    thing["Tags"] = []
    request = modification(thing).next_request()
    assert request is not None
    _, size = parsed(request.body)
    assert size.get(f"{{{ns.XSI}}}nil") == "true"
    assert listed(request) == ["Size", "Tags"]


def test_of_a_clients_own_instance_all_that_is_not_null_is_sent_and_what_was_cleared() -> None:
    thing = Instance("X_Thing", {"Name": "n", "Size": 4, "Tags": None})
    request = modification(thing, THING).next_request()
    assert listed(request) == ["Size"]
    assert request is not None
    assert request.selectors[1:] == (Selector("Name", "n"),)
    thing.clear("Tags")
    assert listed(modification(thing, THING).next_request()) == ["Size", "Tags"]


def test_an_instance_of_its_class_is_a_clients_own() -> None:
    thing = Instance(THING, {"Name": "n", "Size": 4})
    assert listed(modification(thing).next_request()) == ["Size"]


@pytest.mark.parametrize("thing", [received(Name="n", Size=3), Instance(THING, {"Name": "n"})])
def test_where_nothing_was_set_there_is_nothing_to_write(thing: Instance) -> None:
    with pytest.raises(InvalidParameter, match=r"nothing of this X_Thing was set.*set again"):
        modification(thing)


def test_a_key_that_was_set_names_another_object_and_is_refused() -> None:
    thing = received(Name="n", Size=3)
    thing["Name"] = "m"
    with pytest.raises(
        InvalidParameter, match=r"the key Name was set.*create one, and delete this"
    ):
        modification(thing)


def test_without_a_class_a_clients_own_instance_must_say_which_elements_are_its_key() -> None:
    thing = Instance("X_Thing", {"Name": "n"})
    thing.add("Size", 4, CimType.UINT32)
    with pytest.raises(InvalidParameter, match=r"its key is not known.*flags=Flags.KEY"):
        modification(thing, kind=ServerKind.AMT)
    flagged = Instance("X_Thing")
    flagged.add("Name", "n", flags=Flags.KEY)
    flagged.add("Size", 4, CimType.UINT32)
    request = modification(flagged, kind=ServerKind.AMT).next_request()
    assert request is not None
    assert request.selectors[1:] == (Selector("Name", "n"),)
    assert content(request.body) == [("Name", "n"), ("Size", "4")]


@pytest.mark.parametrize("kind", [kind for kind in ServerKind if kind is not ServerKind.WINRM3])
def test_a_server_that_writes_null_to_what_is_left_out_is_sent_all(kind: ServerKind) -> None:
    thing = received(Name="n", Size=3, Tags=["a", "b"])
    thing["Size"] = 4
    request = modification(thing, kind=kind).next_request()
    assert request is not None
    assert content(request.body) == [("Name", "n"), ("Size", "4"), ("Tags", "a"), ("Tags", "b")]
    assert listed(request) == []


def test_and_is_sent_nothing_of_an_instance_that_came_in_part() -> None:
    thing = received(Name="n", Size=3)
    thing["Size"] = 4
    with pytest.raises(InvalidParameter, match=r"came without Tags.*Get the whole instance first"):
        modification(thing, kind=ServerKind.OMI)


def test_and_is_sent_of_a_clients_own_instance_what_that_has() -> None:
    thing = Instance(THING, {"Name": "n", "Size": 4})
    request = modification(thing, kind=ServerKind.OPENWSMAN).next_request()
    assert request is not None
    assert content(request.body) == [("Name", "n"), ("Size", "4")]


def test_a_put_gives_the_instance_as_it_is_now_or_nothing() -> None:
    thing = received(Name="n", Size=3)
    thing["Size"] = 4
    (now,) = modification(thing, THING).receive(answer(ITEM))
    assert now["Size"] == 3
    assert modification(thing, THING).receive(answer("")) == []


def test_a_key_that_came_in_another_case_is_still_a_key() -> None:
    thing = Instance.received(
        "X_Thing", {"Name": "n", "Size": "3"}, None, "root/test", identity=[("NAME", "n")],
        is_typed=False,
    )  # fmt: skip
    thing["Size"] = "4"
    request = modification(thing, kind=ServerKind.AMT).next_request()
    assert request is not None
    assert content(request.body) == [("Name", "n"), ("Size", "4")]
    thing["Name"] = "m"
    with pytest.raises(InvalidParameter, match="the key Name was set"):
        modification(thing, kind=ServerKind.AMT)
