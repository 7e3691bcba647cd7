"""What is sent: the types that it takes, and where it goes."""

from dataclasses import replace

import pytest

from mi.errors import InvalidParameter, NoSuchProperty, TypeMismatch
from mi.instance import Instance
from mi.options import ServerKind
from mi.results import CimType, OperationFlags
from mi.schema import Class
from mi.store import SchemaStore
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.headers import Selector
from protocols.wsman.instances import UnknownClass
from protocols.wsman.namespaces import XSI
from protocols.wsman.outgoing import Outgoing
from tests.wsman.cases import SETTINGS, SPACE, content, declare, parsed

PART = declare("X_Part", Number=CimType.UINT16)
THING = declare("X_Thing", "Name", Name=CimType.STRING, Size=CimType.UINT8, Part=CimType.INSTANCE)


def outgoing(
    *known: Class, kind: ServerKind = ServerKind.WINRM3, settings: Settings = SETTINGS
) -> Outgoing:
    return Outgoing(settings, DIALECTS[kind], SchemaStore(known), SPACE)


def test_an_integer_takes_the_type_that_its_class_declares() -> None:
    given = Instance("x_thing", {"name": "n", "SIZE": 5})
    typed = outgoing(THING).typed(given)
    assert typed.class_name == "X_Thing"
    assert [(one.name, one.type) for one in typed.elements()] == [
        ("Name", CimType.STRING), ("Size", CimType.UINT8),
    ]  # fmt: skip


def test_what_does_not_fit_the_class_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(TypeMismatch, match=r"X_Thing\.Size.*uint8"):
        outgoing(THING).typed(Instance("X_Thing", {"Size": 256}))
    with pytest.raises(NoSuchProperty, match=r"X_Thing has no property named 'Seize'"):
        outgoing(THING).typed(Instance("X_Thing", {"Seize": 5}))


def test_an_instance_that_knows_its_class_is_sent_as_it_is() -> None:
    given = Instance(THING, {"Name": "n"})
    assert outgoing().typed(given) is given


def test_a_class_that_should_be_known_is_asked_for() -> None:
    with pytest.raises(UnknownClass) as caught:
        outgoing().typed(Instance("X_Thing", {"Size": 5}, namespace="root/other"))
    assert (caught.value.namespace, caught.value.class_name) == ("root/other", "X_Thing")


@pytest.mark.parametrize("flags", [OperationFlags.NO_RTTI, OperationFlags.BASIC_RTTI])
def test_who_wants_no_types_gets_no_class_fetched(flags: OperationFlags) -> None:
    given = Instance("X_Thing", {"Size": 5})
    assert outgoing(settings=Settings(flags=flags)).typed(given) is given


def test_basic_rtti_takes_the_types_that_are_known_and_no_rtti_none() -> None:
    given = Instance("X_Thing", {"Size": 5})
    basic = outgoing(THING, settings=Settings(flags=OperationFlags.BASIC_RTTI))
    assert basic.typed(given).element("Size").type is CimType.UINT8
    none = outgoing(THING, settings=Settings(flags=OperationFlags.NO_RTTI))
    assert none.typed(given) is given


def test_where_no_class_is_declared_a_number_needs_its_type_said() -> None:
    with pytest.raises(InvalidParameter, match=r"type of Size of X_Thing.*add\(name, value, type="):
        outgoing(kind=ServerKind.WINRM2).typed(Instance("X_Thing", {"Name": "n", "Size": 5}))


def test_where_no_class_is_declared_what_says_its_type_is_sent() -> None:
    said = Instance("X_Thing", {"Name": "n"})
    said.add("Size", 5, CimType.UINT8)
    assert outgoing(kind=ServerKind.WINRM2).typed(said) is said


def test_where_no_class_is_declared_what_came_as_text_goes_back() -> None:
    came = Instance.received("X_Thing", {"Size": "5"}, None, SPACE, is_typed=False)
    came["Size"] = 6
    assert outgoing(kind=ServerKind.WINRM2).typed(came) is came


def test_it_settles_for_text_once_the_server_turns_out_to_declare_nothing() -> None:
    given = Instance("X_Thing", {"Name": "n"})
    sender = outgoing()
    sender.settle_for_text()
    assert sender.typed(given) is given
    assert sender.class_of("X_Thing") is None
    silent = outgoing(THING, settings=Settings(flags=OperationFlags.NO_RTTI))
    silent.settle_for_text()
    assert silent.class_of("X_Thing") is None


def test_an_embedded_instance_takes_the_types_of_its_own_class() -> None:
    thing = Instance(THING, {"Name": "n"})
    thing["Part"] = Instance("X_Part", {"Number": 7})
    with pytest.raises(UnknownClass):
        outgoing().instance(thing, ["Part"])
    [part] = parsed(outgoing(PART).instance(thing, ["Part"]))
    [number] = part
    assert number.get(f"{{{XSI}}}type") == "cim:cimUnsignedShort"


def test_an_instance_is_sent_with_the_properties_that_are_named() -> None:
    thing = Instance(THING, {"Name": "n", "Size": 5})
    assert content(outgoing().instance(thing, ["Size"])) == [("Size", "5")]


def test_a_resource_uri_of_the_callers_is_taken_for_the_element_too() -> None:
    uri = "http://vendor.example/wbem/wscim/1/cim-schema/2/X_Thing"
    sender = outgoing(settings=replace(SETTINGS, resource_uri=uri))
    thing = Instance(THING, {"Name": "n"})
    assert sender.resource_uri("X_Thing") == uri
    assert parsed(sender.instance(thing, ["Name"])).tag == f"{{{uri}}}X_Thing"
    assert sender.namespace_selectors() == (Selector("__cimnamespace", SPACE),)


def test_a_resource_that_is_none_of_cims_is_in_no_namespace() -> None:
    config = replace(SETTINGS, resource_uri="http://schemas.microsoft.com/wbem/wsman/1/config")
    assert outgoing(settings=config).namespace_selectors() == ()


def test_an_object_is_named_by_namespace_and_keys() -> None:
    thing = Instance(THING, {"Name": "a<b", "Size": 5})
    assert outgoing().selectors(thing) == (
        Selector("__cimnamespace", SPACE), Selector("Name", "a&lt;b"),
    )  # fmt: skip
    assert outgoing(kind=ServerKind.WINRM2).selectors(thing) == (Selector("Name", "a&lt;b"),)


def test_parameters_are_an_element_of_the_methods_name_and_state_no_types() -> None:
    given = Instance("Parameters", {"Reason": 5, "Text": "t"})
    markup = outgoing().parameters("Terminate", given, "Win32_Process")
    assert parsed(markup).tag.endswith("/cim-schema/2/Win32_Process}Terminate_INPUT")
    assert content(markup) == [("Reason", "5"), ("Text", "t")]
    assert "xsi:type" not in markup
