"""Values out of an instance's element, by the plan of its class."""

import gc
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property, Qualifier
from protocols.wsman import namespaces as ns
from protocols.wsman import plans
from protocols.wsman.plans import Plan, plan_of

URI = f"{ns.DMTF_CIM_SCHEMA}/X_Thing"
DECLARED = f'xmlns:p="{URI}" xmlns:xsi="{ns.XSI}" xmlns:cim="{ns.CIM_COMMON}"'
PRECISE = f'xmlns:m="{ns.MICROSOFT}" xsi:nil="true" m:IsNullArray="true"'
EPR = (
    f'<a:Address xmlns:a="{ns.ADDRESSING}">urn:x</a:Address>'
    f'<a:ReferenceParameters xmlns:a="{ns.ADDRESSING}"/>'
)


def declare(**types: CimType) -> Class:
    return Class("X_Thing", "root/test", properties=NameMap(
        (name, Property(name, cim_type)) for name, cim_type in types.items()
    ))  # fmt: skip


THING = declare(
    Name=CimType.STRING,
    Size=CimType.UINT32,
    Delta=CimType.SINT16,
    IsReady=CimType.BOOLEAN,
    Since=CimType.DATETIME,
    Tags=CimType.STRING_ARRAY,
    Data=CimType.UINT8_ARRAY,
    Part=CimType.INSTANCE,
)


class Context:
    def embedded(self, element: etree._Element, class_name: str | None) -> Instance:
        return Instance("Embedded", {"text": "".join(element.itertext())})

    def reference(self, element: etree._Element) -> Instance:
        return Instance("Reference")


def element(inside: str) -> etree._Element:
    return etree.fromstring(f"<p:X_Thing {DECLARED}>{inside}</p:X_Thing>")


def read(inside: str, plan: Plan | None = None) -> dict[str, Any]:
    return (plan or Plan(THING)).read(element(inside), Context())[0]


WHOLE = (
    "<p:Name>n</p:Name><p:Size>12</p:Size><p:Delta>-3</p:Delta><p:IsReady>true</p:IsReady>"
    "<p:Since><cim:Datetime>2026-03-01T07:00:00Z</cim:Datetime></p:Since>"
    "<p:Tags>a</p:Tags><p:Tags>b</p:Tags><p:Data>1</p:Data><p:Data>255</p:Data>"
    "<p:Part><q>inner</q></p:Part>"
)
VALUES = {
    "Name": "n",
    "Size": 12,
    "Delta": -3,
    "IsReady": True,
    "Since": datetime(2026, 3, 1, 7, tzinfo=UTC),
    "Tags": ["a", "b"],
    "Data": [1, 255],
    "Part": Instance("Embedded", {"text": "inner"}),
}


def test_every_property_has_the_type_that_its_class_declares() -> None:
    assert read(WHOLE) == VALUES
    assert list(read(WHOLE)) == list(VALUES)


def test_a_plan_reads_one_instance_like_another_whatever_came_before() -> None:
    plan = Plan(THING)
    fellow = "<p:Size>1</p:Size><p:Name>m</p:Name>"
    for _ in range(2):
        assert read(WHOLE, plan) == VALUES
        assert read(fellow, plan) == {"Size": 1, "Name": "m", "Tags": None, "Data": None}
    assert list(read(fellow, plan))[:2] == ["Size", "Name"]


def test_white_space_between_the_elements_changes_nothing() -> None:
    plan = Plan(THING)
    assert read(WHOLE, plan) == VALUES
    assert read(WHOLE.replace("<p:", "\n  <p:") + "\n", plan) == VALUES
    assert read(WHOLE, plan) == VALUES


def test_what_a_pretty_printer_puts_into_an_element_is_no_text() -> None:
    assert read('\n<p:Name xsi:nil="true">\n  </p:Name>\n')["Name"] is None
    with pytest.raises(ProtocolError, match=r"X_Thing\.Name: .*child"):
        read("\n<p:Name>\n  <child/>\n</p:Name>\n")
    assert read("\n<p:Name>  kept  </p:Name>\n<p:Tags> a </p:Tags>\n")["Tags"] == [" a "]


def test_comments_between_elements_and_inside_are_passed_over() -> None:
    assert read("<!-- c --><p:Name>n</p:Name><!-- d --><p:Size>1</p:Size>") == {
        "Name": "n", "Size": 1, "Tags": None, "Data": None,
    }  # fmt: skip


def test_an_array_that_is_not_contiguous_is_one_array_still() -> None:
    values = read("<p:Tags>a</p:Tags><p:Name>n</p:Name><p:Tags>b</p:Tags><p:Tags>c</p:Tags>")
    assert values["Tags"] == ["a", "b", "c"]
    assert values["Name"] == "n"


def test_an_array_of_one_element_is_an_array() -> None:
    assert read("<p:Tags>a</p:Tags><p:Data>7</p:Data>") == {"Tags": ["a"], "Data": [7]}


def test_empty_strings_in_an_array_are_elements() -> None:
    assert read("<p:Tags></p:Tags><p:Tags/>")["Tags"] == ["", ""]


def test_names_are_found_without_case_and_spelled_as_declared() -> None:
    assert read("<p:NAME>n</p:NAME><p:tags>a</p:tags>") == {
        "Name": "n", "Tags": ["a"], "Data": None,
    }  # fmt: skip


def test_elements_of_no_namespace_are_properties_too() -> None:
    assert read("<Name>n</Name><Size>3</Size>")["Size"] == 3


def test_a_null_is_null_and_not_an_empty_string() -> None:
    values = read('<p:Name xsi:nil="true"/><p:Size xsi:nil="1"/><p:Since xsi:nil="true"/>')
    assert values == {"Name": None, "Size": None, "Since": None, "Tags": None, "Data": None}
    assert read("<p:Name/>")["Name"] == ""


def test_a_null_array_is_one_nil_element() -> None:
    assert read('<p:Tags xsi:nil="true"/>')["Tags"] is None


def test_a_nil_among_others_is_a_null_element() -> None:
    assert read('<p:Tags>a</p:Tags><p:Tags xsi:nil="true"/>')["Tags"] == ["a", None]
    assert read('<p:Data xsi:nil="true"/><p:Data>1</p:Data>')["Data"] == [None, 1]


def test_precise_arrays_are_empty_where_they_are_absent() -> None:
    plan = Plan(THING, precise=True)
    first, second = read("<p:Name>a</p:Name>", plan), read("<p:Name>b</p:Name>", plan)
    assert first == {"Name": "a", "Tags": [], "Data": []}
    first["Tags"].append("mine")
    assert second["Tags"] == []


def test_a_precise_null_array_says_so_and_another_nil_is_an_element() -> None:
    plan = Plan(THING, precise=True)
    assert read(f"<p:Tags {PRECISE}/>", plan)["Tags"] is None
    assert read('<p:Tags xsi:nil="true"/>', plan)["Tags"] == [None]


def test_of_a_fragment_only_the_selected_arrays_are_filled_in() -> None:
    plan = Plan(THING, selected=["name", "TAGS"])
    assert read("<Name>n</Name>", plan) == {"Name": "n", "Tags": None}


def test_an_instance_without_any_element_has_its_arrays_still() -> None:
    assert read("") == {"Tags": None, "Data": None}
    assert read("", Plan(THING, precise=True)) == {"Tags": [], "Data": []}


def test_absent_scalars_stay_absent() -> None:
    assert "Size" not in read("<p:Name>n</p:Name>")


@pytest.mark.parametrize(
    ("inside", "blamed"),
    [
        ("<p:Size>4294967296</p:Size>", "Size"),
        ("<p:Size>-1</p:Size>", "Size"),
        ("<p:Size>1_0</p:Size>", "Size"),
        ("<p:Size/>", "Size"),
        ("<p:Size>\u00b2</p:Size>", "Size"),
        ("<p:Size>" + "9" * 5000 + "</p:Size>", "Size"),
        ("<p:Delta>-32769</p:Delta>", "Delta"),
        ("<p:IsReady>maybe</p:IsReady>", "IsReady"),
        ("<p:Since>soon</p:Since>", "Since"),
        ("<p:Data>1</p:Data><p:Data>256</p:Data>", "Data"),
        ("<p:Tags>a</p:Tags><p:Tags><b/></p:Tags>", "Tags"),
    ],
)
def test_a_value_that_does_not_fit_its_type_is_a_protocol_error(inside: str, blamed: str) -> None:
    with pytest.raises(ProtocolError, match=rf"^X_Thing\.{blamed}: "):
        read("<p:Name>n</p:Name>" + inside)


def test_several_values_for_one_property_that_is_no_array_are_refused() -> None:
    plan = Plan(THING)
    for _ in range(2):
        with pytest.raises(ProtocolError, match=r"^X_Thing\.Name: it has several values"):
            read("<p:Name>a</p:Name><p:name>b</p:name>", plan)


def test_numbers_may_be_padded_or_hexadecimal() -> None:
    assert read("<p:Size> 12\n</p:Size><p:Delta>+3</p:Delta>")["Size"] == 12
    assert read("<p:Size>0xFF</p:Size>")["Size"] == 255


# Octet strings

BASE64 = 'xsi:type="cim:cimBase64Binary"'


def octets(*, value: bool = True) -> Class:
    qualifier = Qualifier("OctetString", CimType.BOOLEAN, value=value)
    return Class("X_Thing", "root/test", properties=NameMap([
        ("Data", Property("Data", CimType.UINT8_ARRAY,
                          qualifiers=NameMap([("OctetString", qualifier)]))),
    ]))  # fmt: skip


def test_octets_are_base64_where_the_element_says_so() -> None:
    assert read(f"<p:Data {BASE64}>QUJD</p:Data>")["Data"] == [65, 66, 67]
    assert read(f"<p:Data {BASE64}>0012</p:Data>")["Data"] == [211, 77, 118]
    assert read(f"<p:Data {BASE64}></p:Data>")["Data"] == []


def test_octets_are_base64_where_the_class_says_so_and_no_number_is_that_long() -> None:
    plan = Plan(octets())
    assert read("<p:Data>QUJD</p:Data>", plan)["Data"] == [65, 66, 67]
    assert read("<p:Data>65</p:Data>", plan)["Data"] == [65]
    assert read("<p:Data>65</p:Data><p:Data>66</p:Data>", plan)["Data"] == [65, 66]
    assert read('<p:Data xsi:nil="true"/>', plan)["Data"] is None


def test_base64_is_refused_where_neither_says_so() -> None:
    with pytest.raises(ProtocolError, match=r"X_Thing\.Data"):
        read("<p:Data>QUJD</p:Data>", Plan(octets(value=False)))
    with pytest.raises(ProtocolError, match="base64"):
        read(f"<p:Data {BASE64}>Q</p:Data>")


# Without a declaration


def test_an_undeclared_property_is_text_beside_declared_ones() -> None:
    values = read("<p:Name>n</p:Name><p:New>1</p:New><p:Many>a</p:Many><p:Many>b</p:Many>")
    assert (values["New"], values["Many"]) == ("1", ["a", "b"])


def test_without_a_class_all_is_text() -> None:
    plan = Plan(None)
    assert (plan.layout, plan.class_name) == (None, None)
    values = read(WHOLE + '<p:Gone xsi:nil="true"/><p:Blank/>', plan)
    assert values == {
        "Name": "n", "Size": "12", "Delta": "-3", "IsReady": "true",
        "Since": "2026-03-01T07:00:00Z", "Tags": ["a", "b"], "Data": ["1", "255"],
        "Part": Instance("Embedded", {"text": "inner"}), "Gone": None, "Blank": "",
    }  # fmt: skip


def test_without_a_class_names_that_differ_in_case_are_one() -> None:
    assert read("<p:a>1</p:a><p:A>2</p:A>", Plan(None)) == {"a": ["1", "2"]}


def test_without_a_class_an_error_names_the_element() -> None:
    class Refusing(Context):
        def embedded(self, element: etree._Element, class_name: str | None) -> Instance:
            raise ProtocolError("it is too deep")

    with pytest.raises(ProtocolError, match=r"^X_Thing\.Part: it is too deep"):
        Plan(None).read(element("<p:Part><q/><r/></p:Part>"), Refusing())


# WinRM 1.0's reference to the instance itself


def test_the_location_among_the_properties_is_the_reference_of_the_instance() -> None:
    inside = f"<p:Name>n</p:Name><cim:Location>{EPR}</cim:Location>"
    values, itself = Plan(THING).read(element(inside), Context())
    assert values == {"Name": "n", "Tags": None, "Data": None}
    assert itself == Instance("Reference")


def test_most_instances_have_no_location() -> None:
    assert Plan(THING).read(element(WHOLE), Context())[1] is None


# What is kept


def test_the_plan_of_a_class_is_made_once_and_lives_as_long_as_the_class() -> None:
    before = len(plans._PLANS)
    class_ = declare(Name=CimType.STRING)
    plan = plan_of(class_, precise=False)
    assert plan_of(class_, precise=False) is plan
    assert plan_of(class_, precise=True) is not plan
    assert len(plans._PLANS) == before + 2
    del class_
    gc.collect()
    assert len(plans._PLANS) == before
    assert plan.class_name == "X_Thing"


def test_the_shapes_that_a_plan_remembers_are_bounded() -> None:
    plan = Plan(declare(Tags=CimType.STRING_ARRAY))
    for length in range(1, 300):
        assert len(read("<p:Tags>a</p:Tags>" * length, plan)["Tags"]) == length
    assert len(plan._shapes) <= plans._MOST_SHAPES
