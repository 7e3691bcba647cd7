"""Instances as Windows' WMI plugin writes them, and read back."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from lxml import etree

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.names import NameMap
from mi.options import ServerKind
from mi.results import CimType
from mi.schema import Class, Property
from mi.store import SchemaStore
from mi.wql import Projection
from protocols.wsman import namespaces as ns
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.forms import FORMS
from protocols.wsman.instances import Decoder
from protocols.wsman.writers import Writer

WINRM3 = DIALECTS[ServerKind.WINRM3]
PLAIN = Writer(WINRM3)
PRECISE = Writer(WINRM3, precise_arrays=True)
PART = Class("X_Part", "root/test", properties=NameMap([("Id", Property("Id", CimType.UINT16))]))
TYPES = {
    "Name": CimType.STRING, "Size": CimType.UINT32, "Ratio": CimType.REAL64,
    "IsReady": CimType.BOOLEAN, "Letter": CimType.CHAR16, "Since": CimType.DATETIME,
    "Tags": CimType.STRING_ARRAY, "Data": CimType.UINT8_ARRAY, "Part": CimType.INSTANCE,
    "Parts": CimType.INSTANCE_ARRAY, "Owner": CimType.REFERENCE,
}  # fmt: skip
THING = Class("X_Thing", "root/test", properties=NameMap(
    (name, Property(name, cim_type)) for name, cim_type in TYPES.items()
))  # fmt: skip
STORE = SchemaStore([PART, THING])


def thing(**values: Any) -> Instance:
    return Instance.received("X_Thing", values, THING.layout, "root/test")


def part(number: int) -> Instance:
    return Instance.received("X_Part", {"Id": number}, PART.layout, "root/test")


def parsed(markup: str) -> etree._Element:
    declared = f'xmlns:a="{ns.ADDRESSING}" xmlns:w="{ns.WSMAN}"'
    found = etree.fromstring(f"<r {declared}>{markup}</r>")[0]
    assert isinstance(found, etree._Element)
    return found


def read(markup: str, *, precise: bool = False, projection: Projection | None = None) -> Instance:
    decoder = Decoder(STORE, "root/test", precise=precise, projection=projection)
    return decoder.read(parsed(markup))


def inside(markup: str) -> str:
    return markup.partition(">")[2].rpartition("</")[0]


def test_an_instance_is_an_element_of_its_class_with_windows_declarations() -> None:
    assert PLAIN.instance(thing(Name="n")) == (
        f'<p:X_Thing xmlns:xsi="{ns.XSI}" xmlns:p="{ns.DMTF_CIM_SCHEMA}/X_Thing"'
        f' xmlns:cim="{ns.CIM_COMMON}" xsi:type="p:X_Thing_Type"><p:Name>n</p:Name></p:X_Thing>'
    )


def test_properties_come_in_the_order_of_their_names_without_case() -> None:
    markup = PLAIN.instance(thing(Size=1, Name="n", IsReady=True))
    assert [child.tag.rpartition("}")[2] for child in parsed(markup)] == [
        "IsReady", "Name", "Size",
    ]  # fmt: skip


HERE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("Name", "a < b & c", "<p:Name>a &lt; b &amp; c</p:Name>"),
        ("Name", "", "<p:Name></p:Name>"),
        ("Name", None, '<p:Name xsi:nil="true"/>'),
        ("Size", 7, "<p:Size>7</p:Size>"),
        ("Ratio", float("inf"), "<p:Ratio>INF</p:Ratio>"),
        ("IsReady", True, "<p:IsReady>true</p:IsReady>"),
        ("Letter", "A", "<p:Letter>A</p:Letter>"),
        ("Tags", ["a", None], '<p:Tags>a</p:Tags><p:Tags xsi:nil="true"/>'),
        ("Tags", [], ""),
        ("Tags", None, ""),
        ("Data", [1, 255], "<p:Data>1</p:Data><p:Data>255</p:Data>"),
        (
            "Since",
            datetime(2026, 3, 1, 8, 30, 0, 500000, HERE),
            "<p:Since><cim:Datetime>2026-03-01T07:30:00.5Z</cim:Datetime></p:Since>",
        ),
        (
            "Since",
            datetime(1, 1, 1, tzinfo=HERE),
            "<p:Since><cim:Datetime>0001-01-01T00:00:00+01:00</cim:Datetime></p:Since>",
        ),
        (
            "Since",
            timedelta(seconds=100),
            "<p:Since><cim:Interval>P0DT0H1M40S</cim:Interval></p:Since>",
        ),
        (
            "Since",
            CimDateTime("20260301******.******+000"),
            "<p:Since><cim:CIM_DateTime>20260301******.******+000</cim:CIM_DateTime></p:Since>",
        ),
    ],
)
def test_values_are_written_as_windows_writes_them(name: str, value: Any, written: str) -> None:
    markup = PLAIN.instance(thing(**{name: value}))
    assert inside(markup) == written
    assert read(markup)[name] == (None if value == [] else value)


def test_a_null_array_says_so_where_precise_arrays_were_asked_for() -> None:
    markup = PRECISE.instance(thing(Tags=None, Data=[]))
    assert inside(markup) == (
        f'<p:Tags xmlns:m="{ns.MICROSOFT}" xsi:nil="true" m:IsNullArray="true"/>'
    )
    found = read(markup, precise=True)
    assert (found["Tags"], found["Data"]) == (None, [])
    assert read(PRECISE.instance(thing(Tags=[None])), precise=True)["Tags"] == [None]


def test_embedded_instances_are_written_in_the_namespace_of_their_class() -> None:
    value = thing(Part=part(1), Parts=[part(2), None, part(3)])
    markup = PLAIN.instance(value)
    assert f'xmlns:q0="{ns.DMTF_CIM_SCHEMA}/X_Part" ' in markup
    assert 'xsi:type="q0:X_Part_Type"><q0:Id>1</q0:Id></p:Part>' in markup
    assert read(markup) == thing(Part=part(1), Parts=[part(2), None, part(3)], Tags=None, Data=None)


def test_each_level_of_embedding_has_a_prefix_of_its_own() -> None:
    value = thing(Part=thing(Part=thing(Name="inner")))
    assert "<q1:Name>inner</q1:Name>" in PLAIN.instance(value)
    assert read(PLAIN.instance(value))["Part"]["Part"]["Name"] == "inner"


def test_a_reference_is_written_without_the_element_of_an_epr() -> None:
    owner = Instance("X_Part", {"Id": 7}, namespace="root/other")
    markup = PLAIN.instance(thing(Owner=owner))
    assert "<p:Owner><a:Address>" in markup
    assert "EndpointReference" not in markup
    found = read(markup)["Owner"]
    assert (found.key, found.namespace) == ({"Id": "7"}, "root/other")


def test_only_some_properties_are_written_where_that_is_asked() -> None:
    value = thing(Name="n", Size=1)
    assert inside(PLAIN.instance(value, within={"Name"})) == "<p:Name>n</p:Name>"


def test_a_fragment_has_no_namespaces_and_no_class() -> None:
    value = thing(Since=timedelta(seconds=1), Name="n", Size=1)
    markup = PLAIN.fragment(value, ["since", "Name"])
    assert inside(markup) == ("<Name>n</Name><Since><Interval>P0DT0H0M1S</Interval></Since>")
    selected = Projection("X_Thing", ("Name", "Since"))
    assert dict(read(markup, projection=selected)) == {"Name": "n", "Since": timedelta(seconds=1)}


def test_an_item_may_hold_the_instance_and_its_reference() -> None:
    value = Instance("X_Part", {"Id": 7}, namespace="root/test")
    markup = PLAIN.both(value, within=["Id"])
    assert markup.startswith("<w:Item")
    assert read(markup).key == {"Id": 7}
    assert read(PLAIN.reference(value)).key == {"Id": 7}


def test_microsofts_family_names_the_namespace_in_the_uri() -> None:
    markup = Writer(DIALECTS[ServerKind.WINRM2]).instance(thing(Name="n"))
    assert f'xmlns:p="{ns.WMI}/root/test/X_Thing"' in markup


def test_a_property_of_no_type_is_nil() -> None:
    value = Instance("X_New", {"Name": None}, namespace="root/test")
    assert inside(PLAIN.instance(value)) == '<p:Name xsi:nil="true"/>'


def test_what_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"U\+0000"):
        PLAIN.instance(thing(Name="a\x00b"))


def test_an_array_without_a_value_is_nil_where_servers_take_that() -> None:
    sent = Writer(WINRM3, forms=FORMS[ServerKind.WINRM3])
    assert inside(sent.instance(thing(Tags=None))) == '<p:Tags xsi:nil="true"/>'
    assert inside(PLAIN.instance(thing(Tags=None))) == ""


def test_a_server_that_knows_no_nil_is_sent_nothing_for_null() -> None:
    sent = Writer(DIALECTS[ServerKind.AMT], forms=FORMS[ServerKind.AMT])
    assert inside(sent.instance(thing(Name=None, Tags=None, Size=1))) == "<p:Size>1</p:Size>"


def test_types_are_stated_where_they_are_asked_for_and_all_are_known() -> None:
    sent = Writer(WINRM3, forms=FORMS[ServerKind.WINRM3])
    assert 'xsi:type="cim:cimUnsignedInt">7</p:Size>' in sent.instance(thing(Size=7))
    guessed = Instance("X_Thing", {"Name": "n", "Size": 7}, namespace="root/test")
    assert inside(sent.instance(guessed)) == "<p:Name>n</p:Name><p:Size>7</p:Size>"
    outer = sent.instance(thing(Name="n", Part=guessed))
    assert '<p:Name xsi:type="cim:cimString">n</p:Name>' in outer
    assert "<q0:Size>7</q0:Size>" in outer


def test_an_element_may_be_of_another_resource_than_its_class() -> None:
    markup = PLAIN.instance(thing(Name="n"), resource_uri="http://schemas.acme.com/x?a&b")
    assert parsed(markup).tag == "{http://schemas.acme.com/x?a&b}X_Thing"


def test_parameters_keep_their_order_and_state_no_types() -> None:
    sent = Writer(WINRM3, forms=FORMS[ServerKind.WINRM3])
    given = Instance("Go", {}, namespace="root/test")
    given.add("Size", 7, type=CimType.UINT32)
    given.add("Name", "n")
    markup = sent.parameters("Go_INPUT", given, "http://schemas.acme.com/X_Thing")
    assert markup == (
        f'<p:Go_INPUT xmlns:xsi="{ns.XSI}" xmlns:p="http://schemas.acme.com/X_Thing"'
        f' xmlns:cim="{ns.CIM_COMMON}"><p:Size>7</p:Size><p:Name>n</p:Name></p:Go_INPUT>'
    )


def test_one_property_is_one_element_or_one_for_each_value() -> None:
    value = thing(Size=7, Tags=["a", "b"])
    assert PLAIN.property(value.element("Size")) == "<p:Size>7</p:Size>"
    assert PLAIN.property(value.element("Tags")) == "<p:Tags>a</p:Tags><p:Tags>b</p:Tags>"


def test_an_embedded_instance_is_given_the_types_of_its_class_on_the_way() -> None:
    guessed = Instance("X_Part", {"id": 3}, namespace="root/test")
    sent = Writer(WINRM3, typed=lambda one: one.retyped(PART))
    assert "<q0:Id>3</q0:Id></p:Part>" in sent.instance(thing(Part=guessed))


def test_what_says_no_namespace_is_in_that_of_its_message() -> None:
    sent = Writer(DIALECTS[ServerKind.WINRM2], namespace="root/here")
    value = Instance("X_Thing", {"Part": Instance("X_Part", {"Id": "1"})})
    value.add("Owner", Instance("X_Part", {"Id": "2"}), type=CimType.REFERENCE)
    markup = sent.instance(value)
    assert f'xmlns:p="{ns.WMI}/root/here/X_Thing"' in markup
    assert f'xmlns:q0="{ns.WMI}/root/here/X_Part"' in markup
    assert f"<w:ResourceURI>{ns.WMI}/root/here/X_Part</w:ResourceURI>" in markup
    assert f"<w:ResourceURI>{ns.WMI}/root/here/X_Thing</w:ResourceURI>" in sent.reference(
        Instance("X_Thing", {"Id": "1"})
    )
