"""One property's element, in every form that servers send (wsman-wire 2.7, DSP0230)."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from lxml import etree

from mi.cim_datetime import CimDateTime
from mi.errors import MIError, ProtocolError, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from protocols.wsman import namespaces as ns
from protocols.wsman import soap
from protocols.wsman.readers import (
    is_datetime,
    is_nil,
    is_null_array,
    read_octets,
    read_untyped,
    reader_of,
    stated_type,
)

DECLARED = (
    f'xmlns:xsi="{ns.XSI}" xmlns:cim="{ns.CIM_COMMON}" xmlns:a="{ns.ADDRESSING}"'
    f' xmlns:w="{ns.WSMAN}" xmlns:m="{ns.MICROSOFT}"'
)


class Context:
    """A context whose objects only say what they were made of."""

    def embedded(self, element: etree._Element, class_name: str | None) -> Instance:
        return Instance(
            "Embedded", {"what": soap.local_name(element), "declared": class_name or ""}
        )

    def reference(self, element: etree._Element) -> Instance:
        return Instance("Reference", {"what": soap.local_name(element)})


CONTEXT = Context()


def element(inside: str = "", attributes: str = "") -> etree._Element:
    return etree.fromstring(f"<X {DECLARED} {attributes}>{inside}</X>")


def read(cim_type: CimType, inside: str = "", attributes: str = "") -> Any:
    return reader_of(cim_type, "Declared")(element(inside, attributes), CONTEXT)


SCALARS = [cim_type for cim_type in CimType if not cim_type.is_array]


@pytest.mark.parametrize("nil", ["true", "1", " true ", "TRUE"])
@pytest.mark.parametrize("cim_type", SCALARS)
def test_nil_is_null_whatever_the_type(cim_type: CimType, nil: str) -> None:
    assert read(cim_type, attributes=f'xsi:nil="{nil}"') is None
    assert read(cim_type, "\n  ", f'xsi:nil="{nil}"') is None


@pytest.mark.parametrize("nil", ["false", "0", ""])
def test_nil_that_is_false_is_a_value(nil: str) -> None:
    assert read(CimType.STRING, attributes=f'xsi:nil="{nil}"') == ""
    assert not is_nil(element(attributes=f'xsi:nil="{nil}"'))


def test_an_empty_element_is_an_empty_string_and_nothing_else() -> None:
    assert read(CimType.STRING) == ""
    for cim_type in SCALARS:
        if cim_type is not CimType.STRING and cim_type is not CimType.INSTANCE:
            with pytest.raises(MIError):
                read(cim_type)


def test_the_text_of_a_string_is_never_trimmed() -> None:
    assert read(CimType.STRING, " two  spaces \n") == " two  spaces \n"
    assert read(CimType.STRING, "<![CDATA[a<b]]>") == "a<b"


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("TRUE", True), ("True", True), ("1", True), (" true ", True),
     ("false", False), ("FALSE", False), ("fAlse", False), ("0", False)],
)  # fmt: skip
def test_booleans_come_in_any_case(text: str, value: bool) -> None:
    assert read(CimType.BOOLEAN, text) is value


@pytest.mark.parametrize(
    ("cim_type", "text", "value"),
    [
        (CimType.UINT8, "255", 255),
        (CimType.SINT8, "-128", -128),
        (CimType.UINT16, " 7 ", 7),
        (CimType.SINT32, "+12", 12),
        (CimType.UINT32, "0x1F", 31),
        (CimType.UINT64, "18446744073709551615", 2**64 - 1),
        (CimType.SINT64, "-9223372036854775808", -(2**63)),
        (CimType.REAL64, "-2.25e10", -22500000000.0),
        (CimType.REAL64, "INF", math.inf),
        (CimType.REAL64, "-INF", -math.inf),
        (CimType.REAL32, "32.3199996948242", 32.31999969482422),
        (CimType.CHAR16, "A", "A"),
        (CimType.CHAR16, "65", "A"),
        (CimType.CHAR16, " ", " "),
    ],
)
def test_numbers_and_characters_are_read_leniently(
    cim_type: CimType, text: str, value: Any
) -> None:
    assert read(cim_type, text) == value


@pytest.mark.parametrize(
    ("cim_type", "text"),
    [(CimType.UINT8, "256"), (CimType.UINT8, "-1"), (CimType.SINT8, "128"),
     (CimType.UINT32, "1_000"), (CimType.UINT32, "1.0"), (CimType.UINT32, "one"),
     (CimType.UINT64, str(2**64)), (CimType.BOOLEAN, "yes"), (CimType.CHAR16, "ABC"),
     (CimType.REAL64, "1,5")],
)  # fmt: skip
def test_a_value_outside_its_type_is_refused(cim_type: CimType, text: str) -> None:
    with pytest.raises(TypeMismatch):
        read(cim_type, text)


NOON = datetime(2013, 4, 15, 20, 26, 12, 701000, UTC)
HERE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("<cim:Datetime>2013-04-15T20:26:12.701Z</cim:Datetime>", NOON),
        ("<Datetime>2013-04-15T20:26:12.701Z</Datetime>", NOON),
        ("\n  <cim:Datetime>2013-04-15T20:26:12.701Z</cim:Datetime>\n", NOON),
        ("2013-04-15T20:26:12.701Z", NOON),
        (" 2013-04-15T21:26:12.701+01:00\n", NOON.astimezone(HERE)),
        ("<cim:CIM_DateTime>20130415202612.701000+000</cim:CIM_DateTime>", NOON),
        ("<CIM_DateTime>20130415202612.701000+000</CIM_DateTime>", NOON),
        ("20130415202612.701000+000", NOON),
        ("<cim:Interval>P0DT0H1M40S</cim:Interval>", timedelta(seconds=100)),
        ("<Interval>PT100S</Interval>", timedelta(seconds=100)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("00000001020304.000000:000", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("<cim:Date>2013-04-15</cim:Date>", CimDateTime("20130415******.******+***")),
        ("<cim:Time>20:26:12</cim:Time>", CimDateTime("********202612.000000+***")),
        ("<cim:CIM_DateTime>2013****************.******+***</cim:CIM_DateTime>", None),
    ],
)
def test_a_datetime_is_wrapped_or_bare_and_in_either_notation(inside: str, value: Any) -> None:
    if value is None:
        with pytest.raises(MIError):
            read(CimType.DATETIME, inside)
    else:
        assert read(CimType.DATETIME, inside) == value


def test_a_datetime_in_another_element_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="Moment"):
        read(CimType.DATETIME, "<Moment>2013-04-15T20:26:12Z</Moment>")
    with pytest.raises(ProtocolError):
        read(CimType.DATETIME, "<cim:Datetime/>")


NAMED = "<w:ResourceURI>urn:X_Part</w:ResourceURI>"


@pytest.mark.parametrize(
    "inside",
    [
        (
            f"<a:EndpointReference><a:ReferenceParameters>{NAMED}</a:ReferenceParameters>"
            "</a:EndpointReference>"
        ),
        f"<a:Address/><a:ReferenceParameters>{NAMED}</a:ReferenceParameters>",
        f"\n <a:Address/>\n <a:ReferenceProperties>\n{NAMED}\n</a:ReferenceProperties>\n",
    ],
)
def test_a_reference_is_an_epr_or_what_is_inside_one(inside: str) -> None:
    assert read(CimType.REFERENCE, inside)["what"] == "X"
    assert read_untyped(element(inside), CONTEXT).class_name == "Reference"


@pytest.mark.parametrize(
    "inside", ["Win32_Service.Name='Spooler'", "<a:Address/><a:ReferenceParameters/>"]
)
def test_a_reference_without_an_epr_is_refused(inside: str) -> None:
    with pytest.raises(TypeMismatch, match="endpoint reference"):
        read(CimType.REFERENCE, inside)


def test_an_embedded_instance_is_read_as_what_its_property_is_declared_to_hold() -> None:
    assert read(CimType.INSTANCE, "<Name>n</Name>")["declared"] == "Declared"
    assert reader_of(CimType.INSTANCE, None)(element("<N/>"), CONTEXT)["declared"] == ""


@pytest.mark.parametrize("cim_type", [CimType.STRING, CimType.UINT32, CimType.BOOLEAN])
def test_an_element_where_text_belongs_is_refused(cim_type: CimType) -> None:
    with pytest.raises(TypeMismatch, match="Child"):
        read(cim_type, "true<Child/>")


@pytest.mark.parametrize(
    ("inside", "attributes", "value"),
    [
        ("text", "", "text"),
        ("", "", ""),
        ("", 'xsi:nil="true"', None),
        (" \n <cim:Datetime> 2013-04-15T20:26:12Z </cim:Datetime> ", "", "2013-04-15T20:26:12Z"),
        ("<Interval/>", "", ""),
    ],
)
def test_without_a_type_the_value_is_the_text(inside: str, attributes: str, value: Any) -> None:
    assert read_untyped(element(inside, attributes), CONTEXT) == value


@pytest.mark.parametrize(
    "inside", ["<Name>n</Name><Size>1</Size>", "<a:Address/><a:ReferenceProperties/>"]
)
def test_without_a_type_elements_that_name_no_object_are_an_instance(inside: str) -> None:
    embedded = read_untyped(element(inside), CONTEXT)
    assert (embedded.class_name, embedded["declared"]) == ("Embedded", "")


def test_octets_are_base64_however_it_is_broken_into_lines() -> None:
    assert read_octets(element("QUJD")) == [65, 66, 67]
    assert read_octets(element(" QU\nJD ")) == [65, 66, 67]
    assert read_octets(element("")) == []
    with pytest.raises(TypeMismatch, match="base64"):
        read_octets(element("QUJ"))


def test_a_null_array_says_so() -> None:
    assert is_null_array(element(attributes='xsi:nil="true" m:IsNullArray="true"'))
    assert is_null_array(element(attributes='m:IsNullArray="1"'))
    assert not is_null_array(element(attributes='xsi:nil="true"'))


def test_types_are_told_by_their_local_name_for_prefixes_may_be_undeclared() -> None:
    assert stated_type(element(attributes='xsi:type="cim:cimBase64Binary"')) == "cimBase64Binary"
    assert stated_type(element(attributes='xsi:type="Class_Type"')) == "Class_Type"
    assert stated_type(element()) == ""


def test_a_wrapper_is_one_in_cims_namespace_or_in_none() -> None:
    assert is_datetime(etree.fromstring("<Datetime/>"))
    assert is_datetime(etree.fromstring(f'<c:Date xmlns:c="{ns.CIM_COMMON}"/>'))
    assert not is_datetime(etree.fromstring('<c:Date xmlns:c="urn:else"/>'))
