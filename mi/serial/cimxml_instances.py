"""INSTANCE and the values in it, read: scalars, arrays, references and embedded instances.

Values and instances hold one another, so they are read in one place. A class that is known decides
the types; otherwise the TYPE attributes do, and the instance keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from lxml import etree

from mi.errors import TypeMismatch
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.results import CimType, Flags
from mi.schema import Class, Property
from mi.serial import document, embedding
from mi.serial.elements import (
    SUFFIXES,
    VALUES,
    Malformed,
    blaming,
    children,
    exactly,
    flag,
    kind,
    name,
    only_child,
    required,
    scalar_type,
    type_named,
)
from mi.serial.known_classes import Find
from mi.values import parse_value

__all__ = [
    "PROPERTIES",
    "Scope",
    "read_instance",
    "read_named_instance",
    "read_namespace_path",
    "read_value",
    "stated_type",
]

PROPERTIES = {f"PROPERTY{suffix}": shape for shape, suffix in SUFFIXES.items()}
"""Each element that is a property, and what it is: (a reference, an array)."""

_NAMESPACE_PATHS = {
    "INSTANCEPATH": "NAMESPACEPATH",
    "LOCALINSTANCEPATH": "LOCALNAMESPACEPATH",
}
_PATHS = (*_NAMESPACE_PATHS, "INSTANCENAME")
_KEYS = ("KEYVALUE", "VALUE.REFERENCE")
_VALUE_TYPES = {
    "string": (CimType.STRING,),
    "boolean": (CimType.BOOLEAN,),
    "numeric": (CimType.SINT64, CimType.UINT64, CimType.REAL64),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for all that is read in one part of a document."""

    namespace: str | None
    server_name: str | None
    find: Find
    is_repaired: bool = False
    depth: int = 0


# Values


def stated_type(element: etree._Element, shape: tuple[bool, bool]) -> tuple[CimType, str | None]:
    """Return the type that the attributes of a property or parameter state, and its class."""
    is_reference, is_array = shape
    scalar = CimType.REFERENCE if is_reference else scalar_type(element)
    class_name = element.get("REFERENCECLASS")
    # DSP0201 2.3 has the attribute in capitals too.
    is_embedded = "EmbeddedObject" in element.attrib or "EMBEDDEDOBJECT" in element.attrib
    if scalar is CimType.STRING and is_embedded:
        scalar, class_name = CimType.INSTANCE, element.get("EmbeddedClassName")
    return (scalar.array if is_array else scalar), class_name


def read_value(element: etree._Element, cim_type: CimType, scope: Scope, *beside: str) -> Any:
    """Return the value that an element holds, None where there is none.

    Args:
        element: a property or a qualifier.
        cim_type: the type of its value.
        scope: where it is.
        beside: what else the element may hold.
    """
    holder = VALUES[cim_type.scalar is CimType.REFERENCE, cim_type.is_array]
    held = [child for child in children(element, holder, *beside) if kind(child) == holder]
    if not held:
        return None
    if len(held) > 1:
        raise Malformed(element, f"it holds more than one {holder}")
    read = _read_array if cim_type.is_array else _read_one
    return read(held[0], cim_type, scope)


def _read_array(element: etree._Element, cim_type: CimType, scope: Scope) -> list[Any]:
    item = VALUES[cim_type.scalar is CimType.REFERENCE, False]
    return [
        None if kind(child) == "VALUE.NULL" else _read_one(child, cim_type.scalar, scope)
        for child in children(element, item, "VALUE.NULL")
    ]


def _read_one(element: etree._Element, cim_type: CimType, scope: Scope) -> Any:
    if cim_type is CimType.REFERENCE:
        return _read_reference(only_child(element, *_PATHS), scope)
    if len(element):
        raise Malformed(element, "it may hold nothing but text")
    text = element.text or ""
    if cim_type is CimType.INSTANCE:
        return _read_embedded(element, text, scope)
    with blaming(element):
        return parse_value(text, cim_type)


def _read_embedded(element: etree._Element, text: str, scope: Scope) -> Instance:
    within = _deeper(element, scope)
    with blaming(element):
        root = document.parse(text, limit=len(text)).root
    if kind(root) != "INSTANCE":
        raise Malformed(element, f"only an INSTANCE may be embedded, and this is {kind(root)}")
    try:
        return read_instance(root, within)
    except Malformed as error:
        raise error.embedded_in(element) from None


def _deeper(element: etree._Element, scope: Scope) -> Scope:
    if scope.depth == embedding.DEEPEST:
        raise Malformed(element, f"more than {embedding.DEEPEST} instances are in one another")
    return replace(scope, depth=scope.depth + 1)


# References


def read_namespace_path(element: etree._Element) -> tuple[str | None, str]:
    """Return the server and the namespace of a NAMESPACEPATH or a LOCALNAMESPACEPATH."""
    server_name = None
    if kind(element) == "NAMESPACEPATH":
        host, element = exactly(element, "HOST", "LOCALNAMESPACEPATH")
        server_name = (host.text or "").strip() or None
    parts = [required(child, "NAME") for child in children(element, "NAMESPACE")]
    with blaming(element):
        return server_name, normalize_namespace("/".join(parts))


def _read_reference(element: etree._Element, scope: Scope) -> Instance:
    """Return the key instance that an INSTANCEPATH, LOCALINSTANCEPATH or INSTANCENAME means."""
    server_name, namespace = None, None
    if kind(element) != "INSTANCENAME":
        path, element = exactly(element, _NAMESPACE_PATHS[kind(element)], "INSTANCENAME")
        server_name, namespace = read_namespace_path(path)
    class_name = name(element, "CLASSNAME")
    declared = scope.find(namespace or scope.namespace, class_name)
    instance = Instance(class_name, namespace=namespace, server_name=server_name)
    for key_name, holder in _keys(element, declared):
        key = declared.properties.get(key_name) if declared else None
        value, cim_type = _read_key(holder, key, scope)
        with blaming(element):
            instance.add(key_name, value, cim_type, Flags.KEY)
    return instance


def _keys(element: etree._Element, declared: Class | None) -> Iterator[tuple[str, etree._Element]]:
    """Return each key of an INSTANCENAME with what holds its value."""
    bindings = list(children(element, "KEYBINDING", *_KEYS))
    if bindings and kind(bindings[0]) != "KEYBINDING":
        # A lone value is the key of a class that has one; MI writes that (OMI: xmlserializer).
        if declared is None or len(declared.keys) != 1 or len(bindings) != 1:
            raise Malformed(element, "it does not say which key it means")
        yield declared.keys[0], bindings[0]
        return
    for binding in children(element, "KEYBINDING"):
        yield name(binding), only_child(binding, *_KEYS)


def _read_key(
    element: etree._Element, declared: Property | None, scope: Scope
) -> tuple[Any, CimType | None]:
    if kind(element) == "VALUE.REFERENCE":
        path = only_child(element, *_PATHS)
        return _read_reference(path, _deeper(path, scope)), CimType.REFERENCE
    text = element.text or ""
    stated = element.get("TYPE")
    with blaming(element):
        if declared is not None or stated is not None:
            cim_type = declared.type if declared else type_named(element, stated or "")
            return parse_value(text, cim_type), cim_type
        return _value_of_type(element, text), None


def _value_of_type(element: etree._Element, text: str) -> Any:
    """Return the value of a key by its VALUETYPE alone; a number's type stays provisional."""
    value_type = element.get("VALUETYPE", "string")
    if value_type not in _VALUE_TYPES:
        raise Malformed(element, f"{value_type!r} is not a VALUETYPE")
    *tried, last = _VALUE_TYPES[value_type]
    for cim_type in tried:
        with suppress(TypeMismatch):
            return parse_value(text, cim_type)
    return parse_value(text, last)


# Instances


def read_named_instance(path: etree._Element, element: etree._Element, scope: Scope) -> Instance:
    """Return the instance of an INSTANCE that a path before it names."""
    named = _read_reference(path, scope)
    within = replace(
        scope,
        namespace=named.namespace or scope.namespace,
        server_name=named.server_name or scope.server_name,
    )
    return read_instance(element, within, identity=tuple(named.items()))


def read_instance(
    element: etree._Element,
    scope: Scope,
    identity: tuple[tuple[str, Any], ...] | None = None,
) -> Instance:
    """Return the instance of an INSTANCE; what its class declares besides has its default."""
    class_name = name(element, "CLASSNAME")
    declared = scope.find(scope.namespace, class_name)
    values = dict(Instance(declared)) if declared else {}
    types: dict[str, CimType] = {}
    modified: set[str] = set()
    seen: set[str] = set()
    for child in children(element, "QUALIFIER", *PROPERTIES):
        if kind(child) == "QUALIFIER":  # DSP0201 allows them still, MI knows none on instances
            continue
        property_name, cim_type = _property(child, declared)
        if property_name.lower() in seen:
            raise Malformed(element, f"it has {property_name} twice")
        seen.add(property_name.lower())
        types[property_name] = cim_type
        values[property_name] = read_value(child, cim_type, scope, "QUALIFIER")
        if flag(child, "MODIFIED", default=False):
            modified.add(property_name)
    return Instance.received(
        declared.name if declared else class_name,
        values,
        declared.layout if declared else None,
        scope.namespace,
        scope.server_name,
        identity=identity,
        types=None if declared else types,
        is_repaired=scope.is_repaired,
        modified=modified,
    )


def _property(element: etree._Element, declared: Class | None) -> tuple[str, CimType]:
    """Return the name and the type of a property of an instance."""
    property_name = name(element)
    cim_type, _ = stated_type(element, PROPERTIES[kind(element)])
    if declared is None:
        return property_name, cim_type
    known = declared.properties.get(property_name)
    if known is None:
        raise Malformed(element, f"the class {declared.name} has no such property")
    if cim_type != known.type and cim_type != _AS_STRING.get(known.type):
        raise Malformed(
            element, f"it is {cim_type.name}, and in the class {declared.name} {known.type.name}"
        )
    return known.name, known.type


# An embedded instance is a string to those who do not write its attribute EmbeddedObject.
_AS_STRING = {
    CimType.INSTANCE: CimType.STRING,
    CimType.INSTANCE_ARRAY: CimType.STRING_ARRAY,
}
