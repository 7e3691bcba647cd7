import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from mi.instance import Instance
from mi.results import CimType
from protocols.wsman import namespaces as ns
from protocols.wsman.fault_detail import (
    Detail,
    number_from,
    read_detail,
    read_instance,
    write_instance,
)

NAMES = (
    f'xmlns:s="{ns.SOAP}" xmlns:f="{ns.WSMAN_FAULT}" xmlns:b="{ns.CIM_BINDING}"'
    f' xmlns:xsi="{ns.XSI}" xmlns:cim="{ns.CIM_COMMON}" xmlns:p="urn:p"'
)


def detail(inside: str) -> Detail:
    return read_detail(etree.fromstring(f"<s:Detail {NAMES}>{inside}</s:Detail>"))


def instance(inside: str, name: str = "MSFT_WmiError") -> Instance:
    return read_instance(etree.fromstring(f"<p:{name} {NAMES}>{inside}</p:{name}>"))


def test_an_empty_detail_says_nothing() -> None:
    assert detail("") == Detail()


def test_nested_wsman_faults_are_read_from_the_outside_in() -> None:
    said = detail(
        '<f:WSManFault Code="2150858755"><f:Message><f:ProviderFault provider=" WMI Provider ">'
        '<f:WSManFault Code="5"><f:Message>Access is denied. </f:Message></f:WSManFault>'
        "</f:ProviderFault></f:Message></f:WSManFault>"
    )
    assert said == Detail((2150858755, 5), "WMI Provider", "Access is denied.")


def test_the_text_of_a_provider_fault_counts_where_nothing_is_nested() -> None:
    said = detail(
        '<f:WSManFault Code="2147942402"><f:Message><f:ProviderFault provider="Shell cmd plugin">'
        "The system cannot find the file specified. </f:ProviderFault></f:Message></f:WSManFault>"
    )
    assert said.message == "The system cannot find the file specified."


def test_a_code_that_is_no_number_is_passed_over() -> None:
    assert detail('<f:WSManFault Code="many"/><f:WSManFault/>').wsman_codes == ()


def test_extended_status_is_found_and_its_description_is_nearer_than_any_message() -> None:
    said = detail(
        '<f:WSManFault Code="2150858752"><f:Message>outer<f:ProviderFault provider="x">'
        "<f:ExtendedError><p:__ExtendedStatus><p:Description>Not there</p:Description>"
        '<p:StatusCode xsi:type="cim:cimUnsignedInt">2147749890</p:StatusCode>'
        "</p:__ExtendedStatus></f:ExtendedError></f:ProviderFault></f:Message></f:WSManFault>"
    )
    assert said.extended_status is not None
    assert said.extended_status["StatusCode"] == 0x80041002
    assert said.extended_error is None
    assert said.message == "Not there"


@pytest.mark.parametrize(
    "start", ["p:MSFT_WmiError", "p:OMI_Error", "p:CIM_Error", 'p:Other b:IsCIM_Error="true"']
)
def test_an_error_instance_is_known_by_its_class_or_its_mark(start: str) -> None:
    name = start.partition(" ")[0]
    said = detail(f"<{start}><p:Message>Text. </p:Message></{name}>")
    assert said.extended_error is not None
    assert said.extended_error.class_name == name.removeprefix("p:")
    assert said.message == "Text."


def test_the_message_of_an_error_instance_is_preferred_to_windows_own_text() -> None:
    said = detail(
        "<p:MSFT_WmiError><p:Message> </p:Message>"
        "<p:error_WindowsErrorMessage>Windows says</p:error_WindowsErrorMessage></p:MSFT_WmiError>"
    )
    assert said.message == "Windows says"


def test_a_bare_text_in_the_detail_is_a_message() -> None:
    assert detail("<s:Text>Handler not found</s:Text><p:Unknown/>").message == "Handler not found"


def test_values_have_the_type_that_the_server_says() -> None:
    read = instance(
        '<p:CIMStatusCode xsi:type="cim:cimUnsignedInt">27</p:CIMStatusCode>'
        '<p:PerceivedSeverity xsi:type="cim:cimUnsignedInt">7</p:PerceivedSeverity>'
        '<p:Retry xsi:type="cimBoolean">true</p:Retry>'
        '<p:Message xsi:type="undeclared:cimString" xsi:nil="true"/>'
    )
    assert dict(read) == {
        "CIMStatusCode": 27, "PerceivedSeverity": 7, "Retry": True, "Message": None,
    }  # fmt: skip
    assert read.element("PerceivedSeverity").type is CimType.UINT32
    assert read.element("Message").type is CimType.STRING
    assert read.is_typed


def test_values_without_a_type_have_the_one_that_cim_error_declares() -> None:
    read = instance(
        "<p:error_Code>2150858778</p:error_Code><p:Vendor>x</p:Vendor>"
        "<p:RecommendedActions>Wait.</p:RecommendedActions><p:MessageArguments xsi:nil='1'/>"
    )
    assert dict(read) == {
        "error_Code": 2150858778,
        "Vendor": "x",
        "RecommendedActions": ["Wait."],
        "MessageArguments": None,
    }
    assert read.element("RecommendedActions").type is CimType.STRING_ARRAY


def test_a_repeated_element_is_an_array_whatever_is_declared() -> None:
    read = instance('<p:Part xsi:type="cim:cimShort">1</p:Part><p:Part xsi:nil="true"/>')
    assert read["Part"] == [1, None]


def test_a_value_that_does_not_fit_its_type_stays_text() -> None:
    read = instance('<p:error_Code xsi:type="cim:cimUnsignedInt">many</p:error_Code>')
    assert read["error_Code"] == "many"
    assert read.element("error_Code").type is CimType.STRING


@pytest.mark.parametrize(
    ("value", "number"),
    [("5", 5), (5, 5), (-2147217406, 0x80041002), (None, None), ("x", None), ([1], None)],
)
def test_a_number_is_taken_from_whatever_holds_one(value: object, number: int | None) -> None:
    assert number_from(value) == number


def test_an_instance_is_written_with_its_types_and_read_back_the_same() -> None:
    error = Instance("MSFT_WmiError")
    error.add("CIMStatusCode", 27, CimType.UINT32)
    error.add("Message", "a < b", CimType.STRING)
    error.add("RecommendedActions", ["Wait.", None], CimType.STRING_ARRAY)
    error.add("OwningEntity", None, CimType.STRING)
    error.add("Untyped")
    written = write_instance(error)
    assert 'b:IsCIM_Error="true"' in written
    assert '<p:CIMStatusCode xsi:type="cim:cimUnsignedInt">27</p:CIMStatusCode>' in written
    assert '<p:OwningEntity xsi:type="cim:cimString" xsi:nil="true"/>' in written
    read = read_instance(etree.fromstring(written))
    assert read == error
    assert read.element("CIMStatusCode").type is CimType.UINT32


def test_extended_status_is_no_cim_error_and_not_marked_as_one() -> None:
    status = Instance.received("__ExtendedStatus", {"StatusCode": 1}, None, None)
    assert "IsCIM_Error" not in write_instance(status)


@given(st.text("<>/abp:= \"'&;#x0", max_size=60))
def test_whatever_a_detail_holds_is_read_or_passed_over(inside: str) -> None:
    try:
        etree.fromstring(f"<s:Detail {NAMES}>{inside}</s:Detail>")
    except etree.XMLSyntaxError:
        return
    assert isinstance(detail(inside), Detail)
