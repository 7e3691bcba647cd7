"""Instances look as the recordings show Windows' to look."""

from datetime import datetime
from typing import Any

import pytest
from lxml import etree

from mi.instance import Instance
from mi.options import ServerKind
from mi.results import CimType
from protocols.loopback.population import sample_repository
from protocols.loopback.representation import Writer
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.namespaces import DMTF_CIM_SCHEMA, PREFIXES, WMI, XSI

REPOSITORY = sample_repository()
WRITER = Writer(DIALECTS[ServerKind.WINRM3])
CIM = "http://schemas.dmtf.org/wbem/wscim/1/common"


def get(class_name: str, **keys: Any) -> Instance:
    return REPOSITORY.get("root/cimv2", class_name, keys)


def parse(text: str) -> etree._Element:
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    return etree.fromstring(f"<x{declared}>{text}</x>")[0]


def written(instance: Instance, writer: Writer = WRITER) -> etree._Element:
    return parse(writer.instance(instance))


def inner(element: etree._Element, name: str) -> list[str]:
    """Return the markup inside each element of a property, without declarations."""
    found = [child for child in element if etree.QName(child).localname == name]
    return ["".join(child.itertext()) for child in found]


def test_an_instance_is_an_element_of_its_class_with_its_type() -> None:
    element = written(get("Win32_Service", Name="WinRM"))
    assert element.tag == f"{{{DMTF_CIM_SCHEMA}/Win32_Service}}Win32_Service"
    assert element.get(f"{{{XSI}}}type") == "p:Win32_Service_Type"
    names = [etree.QName(child).localname for child in element]
    assert names == sorted(names, key=str.lower)
    assert {etree.QName(child).namespace for child in element} == {
        f"{DMTF_CIM_SCHEMA}/Win32_Service"
    }


def test_microsofts_family_has_the_namespace_in_its_uris() -> None:
    element = written(get("Win32_Service", Name="WinRM"), Writer(DIALECTS[ServerKind.WINRM2]))
    assert element.tag == f"{{{WMI}/root/cimv2/Win32_Service}}Win32_Service"


def test_the_markup_is_windows_own_to_the_byte() -> None:
    # As Server 2012 sends a service, its family's URI and the values apart (recorded).
    text = Writer(DIALECTS[ServerKind.WINRM2]).instance(get("Win32_Service", Name="AJRouter"))
    assert text.startswith(
        '<p:Win32_Service xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service" '
        'xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" '
        'xsi:type="p:Win32_Service_Type"><p:AcceptPause>false</p:AcceptPause>'
    )
    assert '<p:InstallDate xsi:nil="true"/>' in text
    assert text.endswith("<p:WaitHint>0</p:WaitHint></p:Win32_Service>")


def test_properties_carry_no_types() -> None:
    for child in written(get("Win32_Service", Name="WinRM")):
        assert set(child.attrib) <= {f"{{{XSI}}}nil"}


def test_a_null_scalar_is_nil_and_a_null_array_left_out() -> None:
    element = written(get("Loopback_AllTypes", Id="null"))
    names = [etree.QName(child).localname for child in element]
    assert "StringArray" not in names
    assert "StringValue" in names
    assert all(
        child.get(f"{{{XSI}}}nil") == "true" and child.text is None
        for child in element
        if etree.QName(child).localname != "Id"
    )


def test_a_null_array_says_so_where_precise_arrays_are_asked_for() -> None:
    text = Writer(DIALECTS[ServerKind.WINRM3], precise_arrays=True).instance(
        get("Loopback_AllTypes", Id="null")
    )
    # The form of Win32_DiskDrive.PowerManagementCapabilities, Server 2016 (recorded).
    assert (
        '<p:StringArray xmlns:m="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"'
        ' xsi:nil="true" m:IsNullArray="true"/>' in text
    )


def test_an_empty_array_is_absent_and_an_empty_text_an_empty_element() -> None:
    element = written(get("Loopback_AllTypes", Id="empty"))
    assert inner(element, "StringArray") == []
    assert inner(element, "StringValue") == [""]
    assert element.find(f"{{{DMTF_CIM_SCHEMA}/Loopback_AllTypes}}StringValue").attrib == {}


def test_every_type_has_its_text() -> None:
    element = written(get("Loopback_AllTypes", Id="full"))
    assert inner(element, "BooleanArray") == ["true", "false", "true"]
    assert inner(element, "Uint64Value") == ["18000000000000000000"]
    assert inner(element, "Sint8Array") == ["-128", "0", "127"]
    assert inner(element, "Real32Value") == ["1.5"]
    assert inner(element, "Char16Array") == ["x", "€"]
    assert inner(element, "StringValue") == ['Grüße, "<&>" \\ end']
    assert inner(element, "StringArray")[2] == "three\n lines\tand tab"
    extreme = written(get("Loopback_AllTypes", Id="extreme"))
    assert inner(extreme, "Real64Array")[:2] == ["NaN", "INF"]
    assert inner(extreme, "StringValue") == ["  leading and trailing  "]


def test_a_datetime_is_in_utc_without_idle_zeros() -> None:
    element = written(get("Loopback_AllTypes", Id="full"))
    value = element.find(f"{{{DMTF_CIM_SCHEMA}/Loopback_AllTypes}}DatetimeValue")
    assert value[0].tag == f"{{{CIM}}}Datetime"
    assert value[0].text == "2026-03-02T09:15:30.125Z"
    assert inner(element, "DatetimeArray") == [
        "2026-03-02T10:15:30Z", "2000-01-01T07:59:59.999999Z",
    ]  # fmt: skip


def test_an_interval_and_what_is_neither_have_elements_of_their_own() -> None:
    full = written(get("Loopback_AllTypes", Id="full"))
    interval = full.find(f"{{{DMTF_CIM_SCHEMA}/Loopback_AllTypes}}IntervalValue")
    assert (interval[0].tag, interval[0].text) == (f"{{{CIM}}}Interval", "P3DT4H5M6.0007S")
    wild = written(get("Loopback_AllTypes", Id="wildcards"))
    moment = wild.find(f"{{{DMTF_CIM_SCHEMA}/Loopback_AllTypes}}DatetimeValue")
    assert moment[0].tag == f"{{{CIM}}}CIM_DateTime"
    assert moment[0].text == "20260302******.******+***"


def test_a_moment_that_has_no_utc_keeps_its_zone() -> None:
    instance = Instance("X", namespace="root/cimv2")
    instance.add("When", datetime.fromisoformat("0001-01-01T00:00:00+01:00"), CimType.DATETIME)
    assert inner(written(instance), "When") == ["0001-01-01T00:00:00+01:00"]


def test_a_reference_holds_the_parts_of_an_endpoint_reference() -> None:
    element = written(get("Loopback_AllTypes", Id="full"))
    value = element.find(f"{{{DMTF_CIM_SCHEMA}/Loopback_AllTypes}}ReferenceValue")
    assert [etree.QName(child).localname for child in value] == ["Address", "ReferenceParameters"]
    selectors = value.iterfind(".//w:Selector", PREFIXES)
    assert [(one.get("Name"), one.text) for one in selectors] == [
        ("Name", "WinRM"), ("__cimnamespace", "root/cimv2"),
    ]  # fmt: skip


def test_an_embedded_instance_says_its_class_and_is_in_its_namespace() -> None:
    element = written(get("Loopback_AllTypes", Id="full"))
    value = element.find(f"{{{DMTF_CIM_SCHEMA}/Loopback_AllTypes}}InstanceValue")
    kind = value.get(f"{{{XSI}}}type")
    prefix, _, name = kind.partition(":")
    assert (value.nsmap[prefix], name) == (f"{DMTF_CIM_SCHEMA}/Win32_Trustee", "Win32_Trustee_Type")
    assert {etree.QName(child).namespace for child in value} == {f"{DMTF_CIM_SCHEMA}/Win32_Trustee"}
    assert inner(value, "SID") == ["1", "5", "0"]


def test_instances_can_be_embedded_in_embedded_ones() -> None:
    leaf = Instance("Leaf", {"Name": "x"}, namespace="root/cimv2")
    middle, outer = (Instance(name, namespace="root/cimv2") for name in ("Middle", "Outer"))
    middle.add("Inside", leaf, CimType.INSTANCE)
    outer.add("Inside", middle, CimType.INSTANCE)
    found = written(outer)[0][0]
    assert found.tag == f"{{{DMTF_CIM_SCHEMA}/Middle}}Inside"
    assert found[0].tag == f"{{{DMTF_CIM_SCHEMA}/Leaf}}Name"


def test_a_null_in_an_array_is_nil_and_an_untyped_null_too() -> None:
    instance = Instance("X", namespace="root/cimv2")
    instance.add("Many", ["a", None], CimType.STRING_ARRAY)
    instance.add("Nothing", None)
    element = written(instance)
    assert [child.get(f"{{{XSI}}}nil") for child in element] == [None, "true", "true"]


def test_a_fragment_has_the_selected_elements_in_order_and_in_no_namespace() -> None:
    text = WRITER.fragment(get("Win32_Process", Handle="4"), ("ProcessId", "CreationDate", "Name"))
    # Root and children as Server 2008 R2 sends them (recorded).
    assert text.startswith(
        '<w:XmlFragment xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><CreationDate><Datetime>'
    )
    assert text.endswith("<Name>System</Name><ProcessId>4</ProcessId></w:XmlFragment>")


def test_only_the_properties_of_an_ancestor_are_written_where_it_is_asked_for() -> None:
    service = get("Win32_Service", Name="WinRM")
    within = REPOSITORY.find_class("root/cimv2", "CIM_ManagedSystemElement").properties
    text = WRITER.instance(service, within=within)
    names = [etree.QName(child).localname for child in parse(text)]
    assert names == ["Caption", "Description", "InstallDate", "Name", "Status"]


def test_an_endpoint_reference_has_the_keys_and_then_the_namespace() -> None:
    # As Server 2016 sends that of a Win32_DiskDrive (recorded).
    drive = parse(WRITER.reference(get("Win32_DiskDrive", DeviceID=r"\\.\PHYSICALDRIVE0")))
    assert etree.QName(drive).localname == "EndpointReference"
    assert drive.findtext("a:Address", "", PREFIXES).endswith("/role/anonymous")
    assert drive.findtext(".//w:ResourceURI", "", PREFIXES) == f"{DMTF_CIM_SCHEMA}/Win32_DiskDrive"
    assert [one.get("Name") for one in drive.iterfind(".//w:Selector", PREFIXES)] == [
        "DeviceID", "__cimnamespace",
    ]  # fmt: skip


def test_object_and_reference_stand_in_one_item() -> None:
    item = parse(WRITER.both(get("Win32_Service", Name="WinRM")))
    assert [etree.QName(child).localname for child in item] == [
        "Win32_Service", "EndpointReference",
    ]  # fmt: skip


@pytest.mark.parametrize("index", [0, 1])
def test_a_reference_key_is_an_endpoint_reference_in_its_selector(index: int) -> None:
    both = list(REPOSITORY.instances("root/cimv2", "Loopback_AllKeys"))
    reference = parse(WRITER.reference(both[index]))
    nested = reference.findall(".//w:Selector/a:EndpointReference", PREFIXES)
    assert len(nested) == 1
    assert nested[0].findtext(".//w:Selector", "", PREFIXES) in ("WinRM", "Winmgmt")
