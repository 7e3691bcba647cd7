"""What is peculiar to each kind of server, trait by trait."""

import pickle

import pytest

from mi.options import ServerKind
from mi.results import OperationFlags
from mi.store import SchemaStore
from protocols.wsman.dialects import (
    CLASS_KNOWN,
    DIALECTS,
    SchemaView,
    Settings,
    Typing,
    split_resource_uri,
    typing_of,
)
from protocols.wsman.headers import Option, Selector
from protocols.wsman.namespaces import DMTF_CIM_SCHEMA, WMI

IN_SELECTOR = (Selector("__cimnamespace", "root/cimv2"),)


def test_every_kind_of_server_has_a_dialect() -> None:
    assert set(DIALECTS) == set(ServerKind)


@pytest.mark.parametrize("kind", [ServerKind.WINRM3, ServerKind.OMI])
def test_the_dmtf_family_names_the_namespace_in_a_selector(kind: ServerKind) -> None:
    dialect = DIALECTS[kind]
    assert dialect.resource_uri("root/cimv2", "Win32_Service") == (
        "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/Win32_Service"
    )
    assert dialect.all_classes_uri("root/cimv2") == "http://schemas.dmtf.org/wbem/wscim/1/*"
    assert dialect.namespace_selectors("root/cimv2") == IN_SELECTOR


@pytest.mark.parametrize("kind", [ServerKind.WINRM2, ServerKind.WINRM1])
def test_microsofts_family_names_the_namespace_in_the_uri_alone(kind: ServerKind) -> None:
    dialect = DIALECTS[kind]
    assert dialect.resource_uri("root/cimv2", "Win32_Service") == f"{WMI}/root/cimv2/Win32_Service"
    assert dialect.all_classes_uri("root/cimv2") == f"{WMI}/root/cimv2/*"
    assert dialect.namespace_selectors("root/cimv2") == ()


@pytest.mark.parametrize(
    ("class_name", "uri"),
    [
        ("AMT_AuditLog", "http://intel.com/wbem/wscim/1/amt-schema/1/AMT_AuditLog"),
        ("IPS_AlarmClock", "http://intel.com/wbem/wscim/1/ips-schema/1/IPS_AlarmClock"),
        ("DCIM_CPUView", "http://schemas.dell.com/wbem/wscim/1/cim-schema/2/DCIM_CPUView"),
        ("Linux_UnixProcess", "http://sblim.sf.net/wbem/wscim/1/cim-schema/2/Linux_UnixProcess"),
        ("CIM_Process", f"{DMTF_CIM_SCHEMA}/CIM_Process"),
    ],
)
@pytest.mark.parametrize("kind", [ServerKind.AMT, ServerKind.IDRAC, ServerKind.OPENWSMAN])
def test_devices_name_a_class_by_the_schema_of_its_prefix(
    kind: ServerKind, class_name: str, uri: str
) -> None:
    assert DIALECTS[kind].resource_uri("root/cimv2", class_name) == uri
    assert DIALECTS[kind].namespace_selectors("root/cimv2") == IN_SELECTOR


def test_only_winrm_3_is_asked_for_precise_arrays() -> None:
    precise = {kind for kind, dialect in DIALECTS.items() if dialect.precise_arrays}
    assert precise == {ServerKind.WINRM3}
    assert DIALECTS[ServerKind.WINRM3].options == (
        Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),
    )
    assert DIALECTS[ServerKind.OMI].options == ()


def test_winrm_3_and_omi_declare_their_classes_and_no_others_do() -> None:
    declaring = {kind for kind, dialect in DIALECTS.items() if dialect.has_schema}
    assert declaring == {ServerKind.WINRM3, ServerKind.OMI}


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        (f"{DMTF_CIM_SCHEMA}/Win32_Service", ("Win32_Service", None)),
        (f"{WMI}/root/cimv2/Win32_Service", ("Win32_Service", "root/cimv2")),
        (f"{WMI}/root/cimv2/*", ("*", "root/cimv2")),
        (f"{WMI.upper()}/root/cimv2/Win32_Service", ("Win32_Service", "root/cimv2")),
        (f"{WMI}/Win32_Service", ("Win32_Service", None)),
        (f"{WMI}//Win32_Service", ("Win32_Service", None)),
        ("http://BarResource", ("BarResource", None)),
        (f" {DMTF_CIM_SCHEMA}/CIM_Process?Name=a/b \n", ("CIM_Process", None)),
        ("", ("", None)),
    ],
)
def test_a_resource_uri_ends_in_the_class_and_may_hold_the_namespace(
    uri: str, parts: tuple[str, str | None]
) -> None:
    assert split_resource_uri(uri) == parts


@pytest.mark.parametrize(
    ("flags", "kind", "typing"),
    [
        (OperationFlags.DEFAULT, ServerKind.WINRM3, Typing.ALWAYS),
        (OperationFlags.STANDARD_RTTI, ServerKind.WINRM3, Typing.ALWAYS),
        (OperationFlags.FULL_RTTI, ServerKind.OMI, Typing.ALWAYS),
        (OperationFlags.BASIC_RTTI, ServerKind.WINRM3, Typing.WHERE_KNOWN),
        (OperationFlags.DEFAULT, ServerKind.WINRM2, Typing.WHERE_KNOWN),
        (OperationFlags.DEFAULT, ServerKind.AMT, Typing.WHERE_KNOWN),
        (OperationFlags.NO_RTTI, ServerKind.WINRM3, Typing.NEVER),
        (OperationFlags.NO_RTTI | OperationFlags.BASIC_RTTI, ServerKind.IDRAC, Typing.NEVER),
    ],
)
def test_rtti_flags_and_the_kind_of_server_say_what_is_typed(
    flags: OperationFlags, kind: ServerKind, typing: Typing
) -> None:
    assert typing_of(flags, DIALECTS[kind]) is typing


def test_a_schema_store_is_a_view_of_known_classes() -> None:
    view: SchemaView = SchemaStore()
    assert view.find("root/cimv2", "Win32_Service") is None


def test_the_sentinel_says_its_name_and_stays_itself() -> None:
    assert repr(CLASS_KNOWN) == "CLASS_KNOWN"
    assert pickle.loads(pickle.dumps(CLASS_KNOWN)) is CLASS_KNOWN


def test_settings_default_to_what_windows_client_sends() -> None:
    assert Settings() == Settings(None, 32000, OperationFlags.DEFAULT, None)
