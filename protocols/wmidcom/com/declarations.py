"""Classes, read from their IWbemClassObject: what WINRM and DCOM make of the same class.

A qualifier's value says its own type, by its VARIANT; of what CIMTYPE says, only the class of a
reference or an embedded object is kept (see `protocols.dcom.qualifier_sets`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from mi.errors import ProtocolError
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Property, Qualifier
from protocols.dcom import qualifier_sets
from protocols.dcom.cim_types import cim_type
from protocols.dcom.class_parts import declared_class
from protocols.dcom.methods_parts import method_of
from protocols.wmidcom.com.objects import QualifierSet, WbemObject, is_missing
from protocols.wmidcom.com.variants import Objects, kind_of, read, received
from protocols.wmidcom.services import WbemError

__all__ = ["read_class", "read_properties"]

_PROPAGATED: Final = 0x20  # WBEM_FLAVOR_ORIGIN_PROPAGATED
_IN: Final = Qualifier("in", CimType.BOOLEAN, value=True, flags=Flags.RESTRICTED)
_OUT: Final = Qualifier("out", CimType.BOOLEAN, value=True, flags=Flags.RESTRICTED)


def read_class(
    found: WbemObject, objects: Objects, namespace: str | None, server_name: str | None
) -> Class:
    """Return what a class declares.

    Raises:
        ProtocolError: it has no name, or a value that is none of its type.
        WbemError: it does not say.
    """
    name = found.class_name
    if not name:
        raise ProtocolError("a class has no name")
    derivation = found.derivation
    return Class(
        name,
        namespace,
        server_name,
        derivation[0] if derivation else None,
        derivation,
        read_properties(found, objects, has_defaults=found.is_class),
        NameMap((one.name, one) for one in _methods(found, objects, name)),
        _qualifiers(found.qualifiers, objects)[1],
    )


def read_properties(
    found: WbemObject, objects: Objects, *, has_defaults: bool = False
) -> NameMap[Property]:
    """Return the properties that a class declares, or of an instance those that it has.

    Args:
        found: the class or instance.
        objects: reads what of a value is itself an object.
        has_defaults: whether its values are default values.

    Raises:
        ProtocolError: a property is of no CIM type, or a value is none of its type.
        WbemError: it does not say.
    """
    properties = _properties(found, objects, has_defaults=has_defaults)
    return NameMap((one.name, one) for one in properties)


def _properties(found: WbemObject, objects: Objects, *, has_defaults: bool) -> Iterator[Property]:
    for entry in found.entries():
        name, kind = entry.name, cim_type(entry.number)
        said, qualifiers = _qualifiers(partial(found.property_qualifiers, name), objects)
        yield Property(
            name,
            kind,
            declared_class(kind, said),
            received(entry.variant, kind, objects) if has_defaults else None,
            _origin(found.property_origin, name),
            propagated=bool(entry.flavor & _PROPAGATED),
            qualifiers=qualifiers,
        )


def _origin(ask: Callable[[str], str], name: str) -> str | None:
    try:
        return ask(name) or None
    except WbemError as error:
        if is_missing(error):
            return None
        raise


# Methods


def _methods(found: WbemObject, objects: Objects, class_name: str) -> Iterator[Method]:
    for signed in found.methods():
        origin = _origin(found.method_origin, signed.name)
        described = Method(
            signed.name,
            origin=origin,
            propagated=origin is not None and origin.lower() != class_name.lower(),
            qualifiers=_qualifiers(partial(found.method_qualifiers, signed.name), objects)[1],
        )
        yield method_of(
            described,
            _parameters(signed.inputs, _IN, objects),
            _parameters(signed.outputs, _OUT, objects),
        )


def _parameters(side: WbemObject | None, direction: Qualifier, objects: Objects) -> list[Property]:
    """Return the parameters of a side, which it is that says where they go: Wine 8 says no more."""
    if side is None:
        return []
    return [_going(one, direction) for one in _properties(side, objects, has_defaults=True)]


def _going(parameter: Property, direction: Qualifier) -> Property:
    if direction.name in parameter.qualifiers:
        return parameter
    qualifiers = [*parameter.qualifiers.values(), direction]
    return replace(parameter, qualifiers=NameMap((one.name, one) for one in qualifiers))


# Qualifiers


def _qualifiers(
    ask: Callable[[], QualifierSet], objects: Objects
) -> tuple[str, NameMap[Qualifier]]:
    """Return what CIMTYPE says, and the other qualifiers; there may be no set of them."""
    try:
        with ask() as found:
            return qualifier_sets.split([*_each(found, objects)])
    except WbemError as error:
        if is_missing(error):
            return qualifier_sets.split(())
        raise


def _each(found: QualifierSet, objects: Objects) -> Iterator[Qualifier]:
    for entry in found.entries():
        kind = CimType.STRING if read(entry.variant) is None else kind_of(entry.variant)
        yield Qualifier(
            entry.name,
            kind,
            received(entry.variant, kind, objects),
            qualifier_sets.flags_of(entry.flavor),
            propagated=bool(entry.flavor & _PROPAGATED),
        )
