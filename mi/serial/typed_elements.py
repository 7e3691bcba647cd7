"""The elements and the keys of an instance, each with the type that it is written with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mi.instance import Instance
from mi.results import CimType
from mi.values import infer_type

__all__ = ["TypedElement", "elements", "keys"]


class TypedElement(NamedTuple):
    """A name, a value, and a type that fits it."""

    name: str
    value: Any
    type: CimType


def elements(instance: Instance) -> Iterator[TypedElement]:
    """Return the elements of an instance, in order."""
    for one in instance.elements():
        yield TypedElement(one.name, one.value, _type(one.type, one.value))


def keys(instance: Instance) -> Iterator[TypedElement]:
    """Return the key of an instance.

    Raises:
        InvalidParameter: it names no object.
    """
    for name, value in instance.key.items():
        # A key that a server named the object by need not be among its elements.
        told = instance.element(name).type if name in instance else None
        yield TypedElement(name, value, _type(told, value))


def _type(told: CimType | None, value: Any) -> CimType:
    if isinstance(value, Instance):
        return CimType.REFERENCE if told is None else told
    told = infer_type(value) if told is None else told
    if told is not None:
        return told
    # Nobody ever said: a null, or a list of nothing else.
    return CimType.STRING if value is None else CimType.STRING_ARRAY
