"""What names an object: endpoint references and the headers of a request, read and written."""

from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.options import ServerKind
from protocols.wsman import namespaces as ns
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.headers import Selector
from protocols.wsman.references import (
    ObjectName,
    checked_namespace,
    key_selectors,
    read_name,
    write_parts,
    write_reference,
)

WINRM3 = DIALECTS[ServerKind.WINRM3]
WINRM2 = DIALECTS[ServerKind.WINRM2]
AMT = DIALECTS[ServerKind.AMT]
DECLARED = f'xmlns:a="{ns.ADDRESSING}" xmlns:w="{ns.WSMAN}"'
DISK = f"{ns.DMTF_CIM_SCHEMA}/Win32_DiskDrive"
DRIVE = "\\\\.\\PHYSICALDRIVE0"


def parameters(uri: str = DISK, selectors: str = "", name: str = "ReferenceParameters") -> str:
    return (
        f"<a:Address>{ns.ANONYMOUS}</a:Address><a:{name}><w:ResourceURI>{uri}</w:ResourceURI>"
        f"<w:SelectorSet>{selectors}</w:SelectorSet></a:{name}>"
    )


def element(inside: str, tag: str = "p") -> etree._Element:
    return etree.fromstring(f"<{tag} {DECLARED}>{inside}</{tag}>")


SELECTORS = (
    f'<w:Selector Name="DeviceID">{DRIVE}</w:Selector>'
    '<w:Selector Name="__cimnamespace">root/cimv2</w:Selector>'
)
NAMED = ObjectName("Win32_DiskDrive", "root/cimv2", (("DeviceID", DRIVE),))


@pytest.mark.parametrize(
    "found",
    [
        element(f"<a:EndpointReference>{parameters(selectors=SELECTORS)}</a:EndpointReference>"),
        element(parameters(selectors=SELECTORS), "a:EndpointReference"),
        element(parameters(selectors=SELECTORS)),
        element(parameters(selectors=SELECTORS, name="ReferenceProperties")),
        element(parameters(f"\n {DISK}\n ", SELECTORS)),
    ],
)
def test_an_epr_is_read_with_or_without_its_element_and_with_either_name(
    found: etree._Element,
) -> None:
    assert read_name(found) == NAMED


@pytest.mark.parametrize(
    ("selectors", "namespace"),
    [
        ('<w:Selector Name="__cimnamespace">root/cimv2</w:Selector>', "root/cimv2"),
        ('<w:Selector Name="__CIMNamespace">ROOT\\cimv2</w:Selector>', "ROOT/cimv2"),
        ('<w:Selector Name="__cimnamespace"/>', None),
        ("", None),
    ],
)
def test_the_namespace_stands_anywhere_among_the_selectors_or_is_empty(
    selectors: str, namespace: str | None
) -> None:
    key = '<w:Selector Name="k">v</w:Selector>'
    for order in (selectors + key, key + selectors):
        assert read_name(element(parameters(selectors=order))) == ObjectName(
            "Win32_DiskDrive", namespace, (("k", "v"),)
        )


def test_microsofts_uri_says_the_namespace_and_a_selector_overrides_it() -> None:
    uri = f"{ns.WMI}/root/cimv2/Win32_DiskDrive"
    assert read_name(element(parameters(uri))).namespace == "root/cimv2"
    other = '<w:Selector Name="__cimnamespace">root/other</w:Selector>'
    assert read_name(element(parameters(uri, other))).namespace == "root/other"
    empty = '<w:Selector Name="__cimnamespace"/>'
    assert read_name(element(parameters(uri, empty))).namespace == "root/cimv2"


def test_the_text_of_a_selector_is_kept_as_it_is() -> None:
    selector = '<w:Selector Name="Name">  two  </w:Selector><w:Selector Name="Empty"/>'
    assert read_name(element(parameters(selectors=selector))).keys == (
        ("Name", "  two  "), ("Empty", ""),
    )  # fmt: skip


def test_a_key_may_be_a_reference_to_another_object() -> None:
    inner = f"<a:EndpointReference>{parameters(selectors=SELECTORS)}</a:EndpointReference>"
    outer = f'<w:Selector Name="Antecedent">{inner}</w:Selector>'
    found = read_name(element(parameters(f"{ns.DMTF_CIM_SCHEMA}/X_Link", outer)))
    assert found == ObjectName("X_Link", None, (("Antecedent", NAMED),))


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<a:ReferenceParameters/>",
        parameters(" "),
        parameters(selectors="<w:Selector>v</w:Selector>"),
        parameters(selectors='<w:Selector Name="k">1</w:Selector>' * 2),
        parameters(selectors='<w:Selector Name="k"><b/></w:Selector>'),
        parameters(selectors='<w:Selector Name="__cimnamespace">root\x85x/\x7f</w:Selector>'),
    ],
)
def test_an_epr_that_names_nothing_is_a_protocol_error(inside: str) -> None:
    with pytest.raises(ProtocolError):
        read_name(element(inside))


def test_a_namespace_is_written_as_the_library_writes_it_or_refused() -> None:
    assert checked_namespace("root\\cimv2\\") == "root/cimv2"
    assert checked_namespace(None) is None
    with pytest.raises(ProtocolError, match="namespace"):
        checked_namespace("root\x07")


# Writing


def test_the_values_of_a_key_are_text_as_windows_client_writes_it() -> None:
    moment = datetime(2026, 3, 1, 7, 30, tzinfo=UTC)
    key = {
        "Name": "a<b", "Index": 7, "IsSet": True, "IsOff": False, "At": moment,
        "For": timedelta(minutes=1, seconds=40),
    }  # fmt: skip
    assert key_selectors(key, WINRM3, "root/cimv2") == (
        Selector("Name", "a&lt;b"),
        Selector("Index", "7"),
        Selector("IsSet", "true"),
        Selector("IsOff", "false"),
        Selector("At", "2026-03-01T07:30:00Z"),
        Selector("For", "P0DT0H1M40S"),
    )


def test_other_servers_get_the_datetime_of_a_key_in_cims_notation() -> None:
    key = {"At": datetime(2026, 3, 1, 7, 30, tzinfo=UTC), "For": timedelta(days=1)}
    assert key_selectors(key, AMT, "root/x") == (
        Selector("At", "20260301073000.000000+000"),
        Selector("For", "00000001000000.000000:000"),
    )


def test_a_key_that_is_a_reference_is_an_epr() -> None:
    drive = Instance("Win32_DiskDrive", {"DeviceID": DRIVE})
    (selector,) = key_selectors({"Antecedent": drive}, WINRM3, "root/cimv2")
    assert selector.name == "Antecedent"
    assert read_name(element(selector.markup)) == NAMED


def test_a_reference_to_an_instance_without_its_key_is_refused() -> None:
    nameless = Instance.received("X", {}, None, None, is_typed=False)
    with pytest.raises(InvalidParameter):
        key_selectors({"Antecedent": nameless}, WINRM3, "root/cimv2")


def test_a_reference_is_written_with_the_namespace_last_and_read_back() -> None:
    drive = Instance("Win32_DiskDrive", {"DeviceID": DRIVE}, namespace="root/cimv2")
    markup = write_reference(drive, WINRM3, "root/else")
    assert markup.startswith("<a:EndpointReference><a:Address>")
    assert markup.index("DeviceID") < markup.index("__cimnamespace")
    assert read_name(element(markup)) == NAMED
    assert read_name(element(write_parts(drive, WINRM3, "root/else"))) == NAMED


def test_microsofts_reference_has_the_namespace_in_its_uri() -> None:
    drive = Instance("Win32_DiskDrive", {"DeviceID": DRIVE})
    markup = write_parts(drive, WINRM2, "root/cimv2")
    assert f"{ns.WMI}/root/cimv2/Win32_DiskDrive" in markup
    assert "__cimnamespace" not in markup
    assert read_name(element(markup)) == NAMED
