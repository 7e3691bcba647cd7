"""What is peculiar to each kind of server, trait by trait."""

import pickle
from typing import Any

import pytest

from mi.calls import (
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    Subscribe,
    SubscribeEventLog,
)
from mi.errors import NotSupported
from mi.instance import Instance
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
from protocols.wsman.forms import FORMS
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


@pytest.mark.parametrize("kind", list(ServerKind))
def test_every_kind_is_sent_values_in_the_forms_that_it_takes(kind: ServerKind) -> None:
    assert DIALECTS[kind].forms is FORMS[kind]


@pytest.mark.parametrize(
    ("trait", "kinds"),
    [
        ("puts_changes", {ServerKind.WINRM3}),
        ("names_by_query", {ServerKind.WINRM1, ServerKind.WINRM2}),
        ("sends_references", {ServerKind.WINRM2, ServerKind.OPENWSMAN}),
        ("has_contexts", {ServerKind.WINRM1, ServerKind.WINRM2, ServerKind.WINRM3}),
    ],
)
def test_these_kinds_alone_have_the_trait(trait: str, kinds: set[ServerKind]) -> None:
    assert {kind for kind, dialect in DIALECTS.items() if getattr(dialect, trait)} == kinds


OLD = (ServerKind.WINRM1, ServerKind.WINRM2)
DEVICES = (ServerKind.OMI, ServerKind.OPENWSMAN, ServerKind.IDRAC, ServerKind.AMT)
THING = Instance("X_Thing", {"Id": 1}, namespace="root/test")


@pytest.mark.parametrize(
    ("kind", "call", "reason"),
    [
        *((kind, CreateInstance(THING), "WinRM before 3") for kind in OLD),
        *((kind, DeleteInstance(THING), "WinRM before 3") for kind in OLD),
        *((kind, Subscribe("SELECT * FROM __Event"), "WinRM before 3") for kind in OLD),
        *((kind, SubscribeEventLog("<QueryList/>"), "only Windows") for kind in DEVICES),
        *((kind, EnumerateClasses(None), "declares no classes by any means") for kind in DEVICES),
        (ServerKind.AMT, QueryInstances("SELECT * FROM CIM_Processor"), "no query language"),
    ],
)
def test_what_a_kind_has_no_operation_for_is_refused_with_the_reason(
    kind: ServerKind, call: Call[Any], reason: str
) -> None:
    with pytest.raises(NotSupported, match=f"the server cannot do that: .*{reason}"):
        DIALECTS[kind].check(call)


@pytest.mark.parametrize("kind", list(ServerKind))
@pytest.mark.parametrize(
    "call", [GetInstance(THING), ModifyInstance(THING), Invoke("X_Thing", "Go")]
)
def test_every_kind_gets_modifies_and_invokes(kind: ServerKind, call: Call[Any]) -> None:
    DIALECTS[kind].check(call)


@pytest.mark.parametrize(
    ("prefix", "of_class", "of_query", "selectors"),
    [
        (
            "http://schemas.acme.com/wbem/wscim/1/cim-schema/2/",
            "http://schemas.acme.com/wbem/wscim/1/cim-schema/2/X_Thing",
            "http://schemas.dmtf.org/wbem/wscim/1/*",
            IN_SELECTOR,
        ),
        (WMI, f"{WMI}/root/cimv2/X_Thing", f"{WMI}/root/cimv2/*", ()),
        (f"{WMI}/", f"{WMI}/root/cimv2/X_Thing", f"{WMI}/root/cimv2/*", ()),
        (f"{WMI}/root/other", f"{WMI}/root/other/X_Thing", f"{WMI}/root/other/*", ()),
    ],
)
def test_a_prefix_is_what_resource_uris_begin_with(
    prefix: str, of_class: str, of_query: str, selectors: tuple[Selector, ...]
) -> None:
    dialect = DIALECTS[ServerKind.WINRM3].with_prefix(prefix)
    assert dialect.resource_uri("root/cimv2", "X_Thing") == of_class
    assert dialect.all_classes_uri("root/cimv2") == of_query
    assert dialect.namespace_selectors("root/cimv2") == selectors
    assert dialect.forms is FORMS[ServerKind.WINRM3]


def test_what_belongs_to_an_object_is_asked_of_its_class_or_of_all_in_its_namespace() -> None:
    dmtf, microsoft = DIALECTS[ServerKind.WINRM3], DIALECTS[ServerKind.WINRM2]
    assert dmtf.associations_uri("root/cimv2", "X_Thing") == f"{DMTF_CIM_SCHEMA}/X_Thing"
    assert microsoft.associations_uri("root/cimv2", "X_Thing") == f"{WMI}/root/cimv2/*"


@pytest.mark.parametrize(
    ("resource_uri", "selectors"),
    [
        (None, IN_SELECTOR),
        ("http://schemas.acme.com/wbem/wscim/1/cim-schema/2/X_Thing", IN_SELECTOR),
        ("http://schemas.microsoft.com/wbem/wsman/1/config", ()),
    ],
)
def test_a_resource_of_the_callers_own_is_in_a_namespace_if_it_is_one_of_cim(
    resource_uri: str | None, selectors: tuple[Selector, ...]
) -> None:
    settings = Settings(resource_uri=resource_uri)
    assert settings.namespace_selectors(DIALECTS[ServerKind.WINRM3], "root/cimv2") == selectors


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
