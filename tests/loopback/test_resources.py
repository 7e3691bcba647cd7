"""A request is about what its resource URI and its selectors name, or is refused."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import etree

from mi.options import ServerKind
from protocols.loopback.population import sample_repository
from protocols.loopback.refusals import Refusal
from protocols.loopback.resources import (
    Family,
    Resource,
    find_class,
    keys_of,
    named_instance,
    resource_of,
)
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.incoming import IncomingReference, IncomingRequest
from protocols.wsman.namespaces import (
    CIM_XML_SCHEMA,
    DMTF_ALL_CLASSES,
    DMTF_CIM_SCHEMA,
    EVENT_LOG,
    WMI,
)
from protocols.wsman.references import ObjectName

REPOSITORY = sample_repository()
DMTF = DIALECTS[ServerKind.WINRM3]
Selectors = Mapping[str, str | IncomingReference]


def resource(uri: str, selectors: Selectors) -> Resource:
    body = etree.Element("body")
    return resource_of(
        IncomingRequest("action", uri, "uuid:1", selectors, (), None, None, "to", body)
    )


def refused(uri: str, selectors: Selectors) -> int | None:
    with pytest.raises(Refusal) as caught:
        resource(uri, selectors)
    return caught.value.fault.wsman_code


IN_CIMV2 = {"__cimnamespace": "root/cimv2"}


@pytest.mark.parametrize(
    ("uri", "selectors", "family", "namespace", "class_name"),
    [
        (f"{DMTF_CIM_SCHEMA}/Win32_Service", IN_CIMV2, Family.CLASS, "root/cimv2", "Win32_Service"),
        (f"{DMTF_CIM_SCHEMA}/X", {"__CIMNamespace": r"ROOT\Own"}, Family.CLASS, "ROOT/Own", "X"),
        (f"{DMTF_CIM_SCHEMA}/X", {}, Family.CLASS, "root/hardware", "X"),
        (DMTF_ALL_CLASSES, IN_CIMV2, Family.ALL_CLASSES, "root/cimv2", "*"),
        (CIM_XML_SCHEMA, IN_CIMV2, Family.SCHEMA, "root/cimv2", "*"),
        (EVENT_LOG, {}, Family.EVENT_LOG, "root/hardware", EVENT_LOG.rpartition("/")[2]),
        (f"{WMI}/root/cimv2/Win32_Service", {}, Family.CLASS, "root/cimv2", "Win32_Service"),
        (f"{WMI}/root/cimv2/*", {}, Family.ALL_CLASSES, "root/cimv2", "*"),
        (f"{WMI}/root/CIMV2/X", IN_CIMV2, Family.CLASS, "root/CIMV2", "X"),
    ],
)  # fmt: skip
def test_a_resource_is_named_in_either_family(
    uri: str, selectors: Selectors, family: Family, namespace: str, class_name: str
) -> None:
    found = resource(uri, selectors | {"Name": "x"} if isinstance(selectors, dict) else selectors)
    assert (found.family, found.namespace, found.class_name) == (family, namespace, class_name)
    assert found.selectors == {"Name": "x"}
    kind = ServerKind.WINRM2 if uri.startswith(WMI) else ServerKind.WINRM3
    assert found.dialect is DIALECTS[kind]


def test_what_is_nowhere_or_contradicts_itself_is_refused() -> None:
    assert refused("http://elsewhere/Win32_Service", IN_CIMV2) == NUMBERS["RESOURCE_NOT_FOUND"]
    other = {"__cimnamespace": "root/other"}
    assert refused(f"{WMI}/root/cimv2/X", other) == NUMBERS["DIFFERENT_CIM_SELECTOR"]
    bad = {"__cimnamespace": "root/\x01"}
    assert refused(f"{DMTF_CIM_SCHEMA}/X", bad) == NUMBERS["INVALID_SELECTORS"]
    reference = {"__cimnamespace": IncomingReference("uri", {})}
    assert refused(f"{DMTF_CIM_SCHEMA}/X", reference) == NUMBERS["INVALID_SELECTORS"]


# Keys


def keys(class_name: str, selectors: dict[str, Any]) -> dict[str, Any]:
    found = resource(f"{DMTF_CIM_SCHEMA}/{class_name}", IN_CIMV2 | selectors)
    return keys_of(REPOSITORY, found, find_class(REPOSITORY, found, "GetObject"))


def key_refusal(class_name: str, selectors: dict[str, Any]) -> int | None:
    with pytest.raises(Refusal) as caught:
        keys(class_name, selectors)
    return caught.value.fault.wsman_code


def test_keys_are_named_without_case_and_have_their_types() -> None:
    assert keys("Win32_NTLogEvent", {"logfile": "System", "RECORDNUMBER": "7"}) == {
        "Logfile": "System", "RecordNumber": 7,
    }  # fmt: skip
    assert keys("Win32_OperatingSystem", {}) == {}


SERVICE = IncomingReference(
    f"{DMTF_CIM_SCHEMA}/Win32_Service", {"Name": "WinRM", "__cimnamespace": "root/cimv2"}
)
ALL = {
    "BooleanKey": "true",
    "Char16Key": "k",
    "DatetimeKey": "20260302101530.500000+000",
    "NumberKey": "-9007199254740993",
    "ReferenceKey": SERVICE,
    "TextKey": 'C:\\path "x"',
}


@pytest.mark.parametrize("moment", ["20260302101530.500000+000", "2026-03-02T10:15:30.5Z"])
def test_a_key_may_be_of_any_type_and_a_datetime_in_either_form(moment: str) -> None:
    found = keys("Loopback_AllKeys", ALL | {"DatetimeKey": moment})
    assert found["DatetimeKey"] == datetime(2026, 3, 2, 10, 15, 30, 500_000, tzinfo=UTC)
    assert found["ReferenceKey"].key == {"Name": "WinRM"}
    assert found["BooleanKey"] is True
    assert REPOSITORY.get("root/cimv2", "Loopback_AllKeys", found)["Payload"] == "first"


def test_keys_that_do_not_fit_are_refused() -> None:
    assert key_refusal("Win32_Service", {}) == NUMBERS["INSUFFCIENT_SELECTORS"]
    extra = {"Name": "x", "State": "Running"}
    assert key_refusal("Win32_Service", extra) == NUMBERS["UNEXPECTED_SELECTORS"]
    name = {"Name": "x"}
    assert key_refusal("Win32_OperatingSystem", name) == NUMBERS["INVALID_URI_WMI_SINGLETON"]
    for wrong in ({"NumberKey": "many"}, {"DatetimeKey": "soon"}, {"ReferenceKey": "path"}):
        assert key_refusal("Loopback_AllKeys", ALL | wrong) == NUMBERS["SELECTOR_TYPEMISMATCH"]


def test_a_class_or_namespace_that_is_not_there_is_refused_with_wmis_number() -> None:
    for uri, selectors, number in (
        (f"{DMTF_CIM_SCHEMA}/Nope", IN_CIMV2, 0x80041010),
        (f"{WMI}/root/nowhere/Nope", {}, 0x8004100E),
    ):
        with pytest.raises(Refusal) as caught:
            find_class(REPOSITORY, resource(uri, selectors), "GetObject")
        assert caught.value.fault.wsman_codes == (NUMBERS["RESOURCE_NOT_FOUND"], number)


def test_dialects_differ_only_by_their_uris() -> None:
    assert DMTF.resource_uri("root/cimv2", "X") == f"{DMTF_CIM_SCHEMA}/X"


def test_a_reference_in_a_body_names_an_object_where_it_says_or_where_it_stands() -> None:
    disk = ObjectName("win32_logicaldisk", None, (("deviceid", "C:"),))
    partition = ObjectName("Win32_DiskPartition", "root/cimv2", (("DeviceID", "Disk #0"),))
    link = ObjectName(
        "Win32_LogicalDiskToPartition", None, (("Antecedent", partition), ("Dependent", disk))
    )
    found = named_instance(REPOSITORY, link, "root/cimv2")
    assert (found.class_name, found.namespace) == ("Win32_LogicalDiskToPartition", "root/cimv2")
    assert found["Dependent"].key == {"DeviceID": "C:"}
    assert found["Antecedent"].key == {"DeviceID": "Disk #0"}
