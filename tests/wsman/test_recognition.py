"""What a server is, told from what it says."""

from dataclasses import replace

import pytest

from mi.instance import Instance
from mi.options import ServerKind
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.envelope import Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import CIM_XML_SCHEMA, DMTF_ALL_CLASSES, DMTF_CIM_SCHEMA
from protocols.wsman.recognition import (
    declares_nothing,
    kind_of_fault,
    kind_of_identity,
    refuses_form,
)

CLASS = Request("urn:a", f"{DMTF_CIM_SCHEMA}/Win32_Service")
QUERY = Request("urn:a", DMTF_ALL_CLASSES)
CLASSES = Request("urn:a", CIM_XML_SCHEMA)
UNKNOWN = Fault.of("RESOURCE_NOT_FOUND", "no such resource")
OMI = Fault(
    "Sender", "a:DestinationUnreachable", extended_error=Instance("OMI_Error", {"Message": "m"})
)


@pytest.mark.parametrize(
    ("vendor", "version", "kind"),
    [
        ("Microsoft Corporation", "OS: 10.0.14393 SP: 0.0 Stack: 3.0", ServerKind.WINRM3),
        ("Microsoft Corporation", "OS: 0.0.0 SP: 0.0 Stack: 4.1", ServerKind.WINRM3),
        ("Microsoft Corporation", "OS: 6.1.7601 SP: 1.0 Stack: 2.0", ServerKind.WINRM2),
        ("Microsoft Corporation", "OS: 0.0.0 SP: 0.0 Stack: 1.1", ServerKind.WINRM1),
        ("Microsoft Corporation", "1.0", None),
        ("Open Management Infrastructure", "1.0.8-6", ServerKind.OMI),
        ("Openwsman Project", "2.8.0", ServerKind.OPENWSMAN),
        ("Dell Inc. iDRAC", "2.0", ServerKind.IDRAC),
        ("Intel(r)", "AMT 16.0", ServerKind.AMT),
        ("The Wiseman Project", "0.5", None),
        (None, None, None),
    ],
)
def test_what_a_server_says_of_itself_tells_its_kind(
    vendor: str | None, version: str | None, kind: ServerKind | None
) -> None:
    identity = Instance("IdentifyResponse", {"ProductVendor": vendor, "ProductVersion": version})
    assert kind_of_identity(identity) is kind
    assert kind_of_identity(Instance("IdentifyResponse")) is None


@pytest.mark.parametrize("name", ["URI_NON_DMTF_CLASS", "URI_WRONG_DMTF_VERSION"])
def test_a_server_that_refuses_dmtfs_uri_for_a_class_is_an_old_one(name: str) -> None:
    fault = Fault.of(name, "not so")
    assert refuses_form(fault, CLASS)
    assert kind_of_fault(fault, CLASS) is ServerKind.WINRM2


@pytest.mark.parametrize("name", ["RESOURCE_NOT_FOUND", "INVALID_RESOURCE_URI"])
def test_so_is_one_that_does_not_know_the_uri_of_all_classes(name: str) -> None:
    fault = Fault.of(name, "no such resource")
    assert kind_of_fault(fault, QUERY) is ServerKind.WINRM2
    assert kind_of_fault(fault, CLASSES) is ServerKind.WINRM2
    assert kind_of_fault(fault, CLASS) is None


@pytest.mark.parametrize(
    "fault",
    [
        replace(UNKNOWN, provider="WMI Provider"),
        replace(UNKNOWN, wsman_codes=(*UNKNOWN.wsman_codes, NUMBERS["WBEM_E_INVALID_NAMESPACE"])),
        replace(UNKNOWN, extended_status=Instance("__ExtendedStatus", {"StatusCode": 5})),
        replace(UNKNOWN, extended_error=Instance("MSFT_WmiError", {"Message": "m"})),
        Fault("Sender", "a:DestinationUnreachable"),
    ],
)
def test_what_wmi_or_another_server_says_of_a_query_tells_nothing_of_its_form(
    fault: Fault,
) -> None:
    assert not refuses_form(fault, QUERY)
    assert kind_of_fault(fault, QUERY) is None


def test_omi_shows_itself_by_its_errors() -> None:
    assert kind_of_fault(OMI, CLASS) is ServerKind.OMI
    assert not refuses_form(OMI, CLASS)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (UNKNOWN, True),
        (Fault("Sender", "a:DestinationUnreachable", "InvalidResourceURI"), True),
        (OMI, False),
        (replace(UNKNOWN, provider="WMI Provider"), False),
        (Fault("Sender", "w:AccessDenied"), False),
    ],
)
def test_a_server_that_does_not_know_what_declarations_are_declares_none(
    fault: Fault, expected: bool
) -> None:
    assert declares_nothing(fault) is expected
