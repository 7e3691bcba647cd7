"""What each call enumerates: resource, selectors, options and body of its first request."""

from dataclasses import replace
from typing import Any

import pytest

from mi.calls import (
    AssociatorInstances,
    Call,
    EnumerateClasses,
    EnumerateInstances,
    QueryInstances,
    ReferenceInstances,
)
from mi.errors import InvalidQuery, NotSupported
from mi.instance import Instance
from mi.options import ServerKind
from mi.results import OperationFlags, Result
from mi.store import SchemaStore
from protocols.wsman import namespaces as ns
from protocols.wsman.associations import ASSOCIATION_DIALECT
from protocols.wsman.class_items import ClassItems
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.headers import Option, Selector
from protocols.wsman.held import Held
from protocols.wsman.pages import OBJECT, OBJECT_AND_REFERENCE, REFERENCE, Enumerate, Filter
from protocols.wsman.subjects import Subject, dialect_uri, subject_of
from tests.wsman.cases import SETTINGS, SPACE

WINRM3 = DIALECTS[ServerKind.WINRM3]
WINRM2 = DIALECTS[ServerKind.WINRM2]
OMI = DIALECTS[ServerKind.OMI]
DEVICE = DIALECTS[ServerKind.OPENWSMAN]
IN_SPACE = (Selector("__cimnamespace", SPACE),)
PRECISE = (Option("msftwinrm:UsePreciseArrays", "true", "xs:boolean"),)
THING = Instance("X_Thing", {"Id": 1}, namespace=SPACE)
QUERY = "SELECT Id FROM X_Thing"
ALL_OF_DMTF = "http://schemas.dmtf.org/wbem/wscim/1/*"
OF_CLASS = f"{ns.DMTF_CIM_SCHEMA}/X_Thing"


def subject(call: Call[Any], dialect: Any = WINRM3, settings: Settings = SETTINGS) -> Subject:
    return subject_of(call, settings, dialect, SchemaStore())


@pytest.mark.parametrize(
    ("call", "uri", "body"),
    [
        (EnumerateInstances("X_Thing", namespace=SPACE), OF_CLASS, Enumerate()),
        (
            EnumerateInstances("X_Thing", namespace=SPACE, keys_only=True),
            OF_CLASS,
            Enumerate(mode=REFERENCE),
        ),
        (
            QueryInstances(QUERY, namespace=SPACE),
            ALL_OF_DMTF,
            Enumerate(filter=Filter(ns.WQL_DIALECT, QUERY)),
        ),
        (
            QueryInstances(QUERY, "CQL", namespace=SPACE),
            ALL_OF_DMTF,
            Enumerate(
                filter=Filter("http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf", QUERY)
            ),
        ),
    ],
)  # fmt: skip
def test_instances_are_asked_for_at_their_class_and_queries_at_all_classes(
    call: Call[Any], uri: str, body: Enumerate
) -> None:
    found = subject(call)
    assert (found.resource_uri, found.selectors) == (uri, IN_SPACE)
    assert (found.options, found.body) == (PRECISE, body)
    assert isinstance(found.items, Held)


@pytest.mark.parametrize(
    ("dialect", "mode"), [(WINRM3, OBJECT), (WINRM2, OBJECT_AND_REFERENCE), (OMI, OBJECT)]
)
def test_objects_come_with_their_references_where_no_class_says_the_keys(
    dialect: Any, mode: str
) -> None:
    assert subject(EnumerateInstances("X_Thing", namespace=SPACE), dialect).body.mode == mode
    assert subject(AssociatorInstances(THING, namespace=SPACE), dialect).body.mode == mode


@pytest.mark.parametrize(
    ("flags", "polymorphism"),
    [
        (OperationFlags.DEFAULT, None),
        (OperationFlags.POLYMORPHISM_SHALLOW, "None"),
        (OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY, "ExcludeSubClassProperties"),
    ],
)
def test_the_flags_of_polymorphism_are_a_mode(
    flags: OperationFlags, polymorphism: str | None
) -> None:
    settings = replace(SETTINGS, flags=flags)
    found = subject(EnumerateInstances("X_Thing", namespace=SPACE), settings=settings)
    assert found.body.polymorphism == polymorphism


@pytest.mark.parametrize(
    ("own", "selectors"),
    [
        ("http://schemas.microsoft.com/wbem/wsman/1/config/listener", ()),
        ("http://schemas.acme.com/wbem/wscim/1/cim-schema/2/X_Thing", IN_SPACE),
    ],
)
def test_a_resource_of_the_callers_own_is_asked_instead(
    own: str, selectors: tuple[Selector, ...]
) -> None:
    settings = replace(SETTINGS, resource_uri=own)
    found = subject(EnumerateInstances("X_Thing", namespace=SPACE), settings=settings)
    assert (found.resource_uri, found.selectors) == (own, selectors)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("WQL", ns.WQL_DIALECT),
        ("cql", "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf"),
        ("http://schemas.acme.com/query", "http://schemas.acme.com/query"),
    ],
)
def test_a_query_language_has_a_name_or_a_uri(name: str, uri: str) -> None:
    assert dialect_uri(name) == uri


def test_a_query_language_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidQuery, match="'SQL' is not known") as caught:
        dialect_uri("SQL")
    assert caught.value.result is Result.QUERY_LANGUAGE_NOT_SUPPORTED


# Associations


def written(call: Call[Any], dialect: Any = WINRM3) -> str:
    asked = subject(call, dialect).body.filter
    assert asked is not None
    assert (asked.dialect, asked.text) == (ASSOCIATION_DIALECT, "")
    return asked.content


def test_associated_objects_are_asked_for_at_the_class_of_the_one_they_belong_to() -> None:
    call = AssociatorInstances(
        THING, "X_Link", "X_Other", role="Near", result_role="Far", namespace=SPACE
    )
    assert subject(call).resource_uri == OF_CLASS
    content = written(call)
    assert content.startswith("<b:AssociatedInstances><b:Object><a:Address>")
    assert content.endswith(
        "</b:Object><b:AssociationClassName>X_Link</b:AssociationClassName><b:Role>Near</b:Role>"
        "<b:ResultClassName>X_Other</b:ResultClassName><b:ResultRole>Far</b:ResultRole>"
        "</b:AssociatedInstances>"
    )


def test_associations_are_asked_for_by_their_class_as_that_of_the_result() -> None:
    content = written(ReferenceInstances(THING, "X_Link", role="Near", namespace=SPACE))
    assert content.startswith("<b:AssociationInstances>")
    assert content.endswith(
        "<b:Role>Near</b:Role><b:ResultClassName>X_Link</b:ResultClassName>"
        "</b:AssociationInstances>"
    )


def test_before_winrm_3_associations_are_asked_of_all_classes() -> None:
    found = subject(AssociatorInstances(THING, namespace=SPACE), WINRM2)
    assert (found.resource_uri, found.selectors) == (f"{ns.WMI}/{SPACE}/*", ())
    assert f"<w:ResourceURI>{ns.WMI}/{SPACE}/X_Thing</w:ResourceURI>" in written(
        AssociatorInstances(THING, namespace=SPACE), WINRM2
    )


def test_keys_alone_of_what_is_associated_come_as_references() -> None:
    assert (
        subject(ReferenceInstances(THING, namespace=SPACE, keys_only=True)).body.mode == REFERENCE
    )


# Classes


@pytest.mark.parametrize(("name", "selector"), [(None, ""), ("X_Thing", "X_Thing")])
def test_declarations_are_asked_for_below_a_class_or_all(name: str | None, selector: str) -> None:
    found = subject(EnumerateClasses(name, namespace=SPACE))
    assert found.resource_uri == ns.CIM_XML_SCHEMA
    assert found.selectors == (*IN_SPACE, Selector("ClassName", selector))
    assert found.body == Enumerate()
    assert isinstance(found.items, ClassItems)


def test_the_names_of_old_windows_classes_are_those_of_a_query() -> None:
    found = subject(EnumerateClasses(None, names_only=True, namespace=SPACE), WINRM2)
    assert (found.resource_uri, found.selectors) == (f"{ns.WMI}/{SPACE}/*", ())
    asked = found.body.filter
    assert asked is not None
    assert asked.text.startswith("SELECT * FROM meta_class")


def test_devices_have_no_names_of_classes_to_give() -> None:
    with pytest.raises(NotSupported):
        subject(EnumerateClasses(None, names_only=True, namespace=SPACE), DEVICE)
