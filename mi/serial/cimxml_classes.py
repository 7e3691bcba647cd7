"""CLASS, read: what a server declares, with its properties, methods, parameters and qualifiers.

Recorded from Windows Server 2016: booleans are `TRUE`, `in` and `ID` are qualifiers of parameters,
TOINSTANCE is everywhere, a method that returns nothing has no TYPE. Recorded from OMI: booleans are
`true`, and without the options that ask for them there are neither qualifiers nor origins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from lxml import etree

from mi.names import NameMap
from mi.results import Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial import embedding
from mi.serial.cimxml_instances import PROPERTIES, Scope, read_value, stated_type
from mi.serial.elements import (
    SUFFIXES,
    Malformed,
    children,
    flag,
    kind,
    name,
    scalar_type,
)

__all__ = ["read"]

_PARAMETERS = {f"PARAMETER{suffix}": shape for shape, suffix in SUFFIXES.items()}

Named = TypeVar("Named", Qualifier, Property, Method, Parameter)


def read(element: etree._Element, scope: Scope) -> Class:
    """Return the class of a CLASS element."""
    if kind(element) != "CLASS":
        raise Malformed(element, "it is not a CLASS")
    _check(element, "QUALIFIER", *PROPERTIES, "METHOD")
    superclass = name(element, "SUPERCLASS") if "SUPERCLASS" in element.attrib else None
    return Class(
        name(element),
        scope.namespace,
        scope.server_name,
        superclass,
        _derivation(element, superclass),
        _named(element, PROPERTIES, _property, scope),
        _named(element, ("METHOD",), _method, scope),
        _qualifiers(element, scope),
    )


def _check(element: etree._Element, *expected: str) -> None:
    for _ in children(element, *expected):
        pass


def _named(
    element: etree._Element,
    kinds: Iterable[str],
    read_one: Callable[[etree._Element, Scope], Named],
    scope: Scope,
) -> NameMap[Named]:
    """Return the children of some kinds by name, each of which may be there once."""
    found: dict[str, Named] = {}
    for child in element:
        if kind(child) in kinds:
            one = read_one(child, scope)
            if one.name.lower() in found:
                raise Malformed(element, f"it has two of the name {one.name}")
            found[one.name.lower()] = one
    return NameMap((one.name, one) for one in found.values())


def _derivation(element: etree._Element, superclass: str | None) -> tuple[str, ...]:
    """Return the ancestors, nearest first, as far as the element tells them."""
    names = [ancestor.strip() for ancestor in element.get("DERIVATION", "").split(",")]
    ancestors = tuple(ancestor for ancestor in names if ancestor)
    if ancestors and ancestors[0].lower() != (superclass or "").lower():
        raise Malformed(element, "its DERIVATION does not begin with its SUPERCLASS")
    return ancestors


def _property(element: etree._Element, scope: Scope) -> Property:
    qualifiers = _qualifiers(element, scope)
    stated = stated_type(element, PROPERTIES[kind(element)])
    cim_type, class_name = embedding.unmarked(*stated, qualifiers)
    return Property(
        name(element),
        cim_type,
        class_name,
        read_value(element, cim_type, scope, "QUALIFIER"),
        element.get("CLASSORIGIN"),
        flag(element, "PROPAGATED", default=False),
        _array_size(element),
        qualifiers,
    )


def _method(element: etree._Element, scope: Scope) -> Method:
    _check(element, "QUALIFIER", *_PARAMETERS)
    qualifiers = _qualifiers(element, scope)
    return_type = None
    if "TYPE" in element.attrib:
        stated = stated_type(element, (False, False))
        return_type, _ = embedding.unmarked(*stated, qualifiers)
    return Method(
        name(element),
        return_type,
        _named(element, _PARAMETERS, _parameter, scope),
        element.get("CLASSORIGIN"),
        flag(element, "PROPAGATED", default=False),
        qualifiers,
    )


def _parameter(element: etree._Element, scope: Scope) -> Parameter:
    _check(element, "QUALIFIER")
    qualifiers = _qualifiers(element, scope)
    stated = stated_type(element, _PARAMETERS[kind(element)])
    cim_type, class_name = embedding.unmarked(*stated, qualifiers)
    return Parameter(name(element), cim_type, class_name, _array_size(element), qualifiers)


def _array_size(element: etree._Element) -> int | None:
    size = element.get("ARRAYSIZE")
    if size is None:
        return None
    if not (size.isascii() and size.isdigit() and len(size) < _DIGITS):
        raise Malformed(element, "its attribute ARRAYSIZE is not a size")
    return int(size)


_DIGITS = 10  # as many as 32 bits have


# Qualifiers


def _qualifiers(element: etree._Element, scope: Scope) -> NameMap[Qualifier]:
    return _named(element, ("QUALIFIER",), _qualifier, scope)


def _qualifier(element: etree._Element, scope: Scope) -> Qualifier:
    cim_type = scalar_type(element)
    if any(kind(child) == "VALUE.ARRAY" for child in element):
        cim_type = cim_type.array
    return Qualifier(
        name(element),
        cim_type,
        read_value(element, cim_type, scope),
        _flavors(element),
        flag(element, "PROPAGATED", default=False),
    )


def _flavors(element: etree._Element) -> Flags:
    flags = Flags.NONE
    for attribute, default, if_true, if_false in _FLAVORS:
        flags |= if_true if flag(element, attribute, default=default) else if_false
    return flags


# TOINSTANCE is obsolete in MI, though Windows sends it.
_FLAVORS = (
    ("OVERRIDABLE", True, Flags.ENABLE_OVERRIDE, Flags.DISABLE_OVERRIDE),
    ("TOSUBCLASS", True, Flags.TO_SUBCLASS, Flags.RESTRICTED),
    ("TRANSLATABLE", False, Flags.TRANSLATABLE, Flags.NONE),
)
