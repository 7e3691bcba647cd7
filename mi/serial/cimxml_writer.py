"""Classes and instances, written as the elements of CIM-XML (DSP0201, with MI's MODIFIED).

Where this differs from what MI writes: numbers of real32 have nine digits, since MI's eight do not
tell all of them apart; a key is always named (MI leaves the name of a lone one out, so that only
who has the class can read it); and a character that XML 1.0 forbids is an error. For a char16 it
is not: its code unit is written as a number of at least two digits, OMI's form of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from mi.errors import InvalidParameter, NotSupported
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial import embedding, typed_elements
from mi.serial.elements import SUFFIXES, VALUES
from mi.serial.markup import FORBIDDEN, element, text
from mi.serial.typed_elements import TypedElement
from mi.values import INTEGER_RANGES, format_value

__all__ = ["write_class", "write_instance", "write_namespace_path"]

# Values


def _value_text(value: Any, cim_type: CimType) -> str:
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:{_REALS[cim_type]}}"
    if cim_type is CimType.CHAR16 and FORBIDDEN.match(value):
        return f"{ord(value):02d}"
    return format_value(value)


# As many digits as tell any two numbers of the type apart.
_REALS = {CimType.REAL32: ".8e", CimType.REAL64: ".16e"}


def _value(value: Any, cim_type: CimType, depth: int) -> str:
    """Return the element of a value that is not null."""
    is_reference = cim_type.scalar is CimType.REFERENCE
    holder = VALUES[is_reference, cim_type.is_array]
    if not cim_type.is_array:
        return element(holder, {}, _content(value, cim_type, depth))
    item = VALUES[is_reference, False]
    return element(
        holder,
        {},
        "".join(
            element("VALUE.NULL", {})
            if one is None
            else element(item, {}, _content(one, cim_type.scalar, depth))
            for one in value
        ),
    )


def _content(value: Any, cim_type: CimType, depth: int) -> str:
    if cim_type is CimType.REFERENCE:
        return _reference(value, depth)
    if cim_type is CimType.INSTANCE:
        return text(write_instance(value, depth + 1))
    return text(_value_text(value, cim_type))


# References


def write_namespace_path(server_name: str | None, namespace: str) -> str:
    """Return a NAMESPACEPATH, or a LOCALNAMESPACEPATH where there is no server."""
    parts = "".join(element("NAMESPACE", {"NAME": part}) for part in namespace.split("/"))
    local = element("LOCALNAMESPACEPATH", {}, parts)
    if server_name is None:
        return local
    return element("NAMESPACEPATH", {}, element("HOST", {}, text(server_name)) + local)


def _reference(value: Instance, depth: int) -> str:
    _check_depth(depth)
    keys = "".join(
        element("KEYBINDING", {"NAME": one.name}, _key(one, depth))
        for one in typed_elements.keys(value)
    )
    named = element("INSTANCENAME", {"CLASSNAME": value.class_name}, keys)
    if value.namespace is None:
        return named
    path = write_namespace_path(value.server_name, value.namespace)
    holder = "LOCALINSTANCEPATH" if value.server_name is None else "INSTANCEPATH"
    return element(holder, {}, path + named)


def _key(one: TypedElement, depth: int) -> str:
    if one.type is CimType.REFERENCE:
        return element("VALUE.REFERENCE", {}, _reference(one.value, depth + 1))
    attributes = {"VALUETYPE": _VALUE_TYPES.get(one.type, "string"), "TYPE": one.type.cim_name}
    return element("KEYVALUE", attributes, text(_value_text(one.value, one.type)))


_NUMERIC = (*INTEGER_RANGES, CimType.REAL32, CimType.REAL64)
_VALUE_TYPES = {CimType.BOOLEAN: "boolean", **dict.fromkeys(_NUMERIC, "numeric")}


# Instances


def write_instance(instance: Instance, depth: int = 0) -> str:
    """Return an INSTANCE element.

    Raises:
        InvalidParameter: a text in it cannot be written in XML, it holds itself, or a reference
            in it names no object.
    """
    _check_depth(depth)
    properties = "".join(
        _instance_property(one, instance.modified, depth)
        for one in typed_elements.elements(instance)
    )
    return element("INSTANCE", {"CLASSNAME": instance.class_name}, properties)


def _check_depth(depth: int) -> None:
    if depth > embedding.DEEPEST:
        raise InvalidParameter(
            f"an instance holds more than {embedding.DEEPEST} others in one another, or itself"
        )


def _instance_property(one: TypedElement, modified: frozenset[str], depth: int) -> str:
    attributes = {
        "NAME": one.name,
        **_type_attribute(one.type),
        "EmbeddedObject": "object" if one.type.scalar is CimType.INSTANCE else None,
        "MODIFIED": "TRUE" if one.name in modified else None,
    }
    content = "" if one.value is None else _value(one.value, one.type, depth)
    return element(f"PROPERTY{_suffix(one.type)}", attributes, content)


def _suffix(cim_type: CimType) -> str:
    return SUFFIXES[cim_type.scalar is CimType.REFERENCE, cim_type.is_array]


def _type_attribute(cim_type: CimType) -> dict[str, str]:
    if cim_type.scalar is CimType.REFERENCE:
        return {}
    is_embedded = cim_type.scalar is CimType.INSTANCE
    return {"TYPE": CimType.STRING.cim_name if is_embedded else cim_type.cim_name}


# Classes


def write_class(declared: Class) -> str:
    """Return a CLASS element, of which the server and the namespace are no part.

    Raises:
        InvalidParameter: a text in it cannot be written in XML.
        NotSupported: a method returns an array, for which CIM-XML has no form.
    """
    attributes = {
        "NAME": declared.name,
        "SUPERCLASS": declared.superclass,
        "DERIVATION": ",".join(declared.derivation) or None,
    }
    return element("CLASS", attributes, "".join(_class_parts(declared)))


def _class_parts(declared: Class) -> Iterator[str]:
    yield _qualifiers(declared.qualifiers)
    yield from map(_property, declared.properties.values())
    yield from map(_method, declared.methods.values())


def _property(declared: Property) -> str:
    value = "" if declared.default is None else _value(declared.default, declared.type, 0)
    return element(
        f"PROPERTY{_suffix(declared.type)}",
        {**_feature(declared), **_origin(declared)},
        _qualifiers(_marked(declared)) + value,
    )


def _feature(declared: Property | Parameter) -> dict[str, str | None]:
    is_reference = declared.type.scalar is CimType.REFERENCE
    return {
        "NAME": declared.name,
        **_type_attribute(declared.type),
        "REFERENCECLASS": declared.class_name if is_reference else None,
        "ARRAYSIZE": None if declared.array_size is None else str(declared.array_size),
    }


def _origin(declared: Property | Method) -> dict[str, str | None]:
    return {
        "CLASSORIGIN": declared.origin,
        "PROPAGATED": "true" if declared.propagated else None,
    }


def _marked(declared: Property | Parameter) -> NameMap[Qualifier]:
    return embedding.marked(declared.type, declared.class_name, declared.qualifiers)


def _method(declared: Method) -> str:
    returned = declared.return_type
    attributes: dict[str, str | None] = {"NAME": declared.name}
    qualifiers = declared.qualifiers
    if returned is not None:
        if returned.is_array:
            raise NotSupported(f"CIM-XML cannot say that {declared.name} returns an array")
        attributes["TYPE"] = _type_attribute(returned).get("TYPE", returned.cim_name)
        qualifiers = embedding.marked(returned, None, qualifiers)
    parameters = "".join(map(_parameter, declared.parameters.values()))
    return element("METHOD", attributes | _origin(declared), _qualifiers(qualifiers) + parameters)


def _parameter(declared: Parameter) -> str:
    return element(
        f"PARAMETER{_suffix(declared.type)}",
        _feature(declared),
        _qualifiers(_marked(declared)),
    )


def _qualifiers(qualifiers: NameMap[Qualifier]) -> str:
    return "".join(map(_qualifier, qualifiers.values()))


def _qualifier(qualifier: Qualifier) -> str:
    attributes = {
        "NAME": qualifier.name,
        "TYPE": qualifier.type.cim_name,
        "PROPAGATED": "true" if qualifier.propagated else None,
    }
    for attribute, flag, written in _FLAVORS:
        attributes[attribute] = written if qualifier.flags & flag else None
    value = "" if qualifier.value is None else _value(qualifier.value, qualifier.type, 0)
    return element("QUALIFIER", attributes, value)


# What differs from the defaults of DSP0201.
_FLAVORS = (
    ("OVERRIDABLE", Flags.DISABLE_OVERRIDE, "false"),
    ("TOSUBCLASS", Flags.RESTRICTED, "false"),
    ("TRANSLATABLE", Flags.TRANSLATABLE, "true"),
)
