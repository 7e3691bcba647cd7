"""Class parts, and whole classes, written (MS-WMIO 2.2.11, 2.2.15)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from mi.names import NameMap
from mi.schema import Class, Property
from protocols.dcom import encoded_strings, methods_parts, object_blocks, qualifier_sets
from protocols.dcom.cim_types import INHERITED, WIDTHS, type_number
from protocols.dcom.class_parts import IS_DEFAULT, IS_NULL, bits_length
from protocols.dcom.encoded_strings import NOTHING
from protocols.dcom.encoded_values import Embed, pack
from protocols.dcom.heaps import HeapWriter

__all__ = ["class_block", "class_part", "origin_number"]

_HEADER: Final = struct.Struct("<IBII")
_LENGTH: Final = struct.Struct("<I")
_LOOKUP: Final = struct.Struct("<II")
_INFO: Final = struct.Struct("<IHII")
_PER_OCTET: Final = 4


def class_part(class_: Class, embed: Embed) -> bytes:
    """Return what a class' instances carry of it.

    Raises:
        InvalidParameter: WMI has no such value.
    """
    heap = HeapWriter()
    # Windows has the name first of all (section 3); a heap may have any order.
    name = heap.name(class_.name) if class_.name else NOTHING
    qualifiers = qualifier_sets.write(class_.qualifiers.values(), heap, embed)
    table = _PropertyTable(class_, heap, embed)
    body = b"".join(
        (
            _derivation(class_.derivation),
            qualifiers,
            table.lookups(),
            table.tables(),
            heap.octets(),
        )
    )
    return _HEADER.pack(_HEADER.size + len(body), 0, name, table.length) + body


def _derivation(names: Sequence[str]) -> bytes:
    octets = b""
    for name in names:
        encoded = encoded_strings.encode(name)
        octets += encoded + _LENGTH.pack(len(encoded))
    return _LENGTH.pack(_LENGTH.size + len(octets)) + octets


class _PropertyTable:
    """The properties of a class: where they are looked up, and their default values."""

    def __init__(self, class_: Class, heap: HeapWriter, embed: Embed) -> None:
        self._class = class_
        self._heap = heap
        self._embed = embed
        declared = list(class_.properties.values())
        self._bits = bytearray(bits_length(len(declared)))
        self._values = bytearray()
        offsets = list(accumulate((WIDTHS[one.type] for one in declared), initial=0))
        # A server searches the lookup table by halves, so it is sorted (2.2.21).
        in_order = sorted(enumerate(declared), key=lambda item: item[1].name.lower())
        self._lookups = [self._lookup(order, offsets[order], one) for order, one in in_order]
        for order, one in enumerate(declared):
            self._add_default(order, one)

    @property
    def length(self) -> int:
        return len(self._bits) + len(self._values)

    def _lookup(self, order: int, offset: int, declared: Property) -> bytes:
        heap = self._heap
        name = heap.name(declared.name)
        said = qualifier_sets.cim_type_qualifier(declared)
        qualifiers = [said, *declared.qualifiers.values()]
        information = heap.reserve(_INFO.size + qualifier_sets.length(qualifiers))
        number = type_number(declared.type) | (INHERITED if declared.propagated else 0)
        origin = origin_number(self._class, declared.origin)
        octets = _INFO.pack(number, order, offset, origin)
        heap.fill(information, octets + qualifier_sets.write(qualifiers, heap, self._embed))
        return _LOOKUP.pack(name, information)

    def _add_default(self, order: int, declared: Property) -> None:
        flags = IS_DEFAULT if declared.propagated else 0
        if declared.default is None:
            flags |= IS_NULL
            self._values += b"\xff" * WIDTHS[declared.type]  # NoValue (2.2.74)
        else:
            self._values += pack(declared.default, declared.type, self._heap, self._embed)
        self._bits[order // _PER_OCTET] |= flags << 2 * (order % _PER_OCTET)

    def lookups(self) -> bytes:
        return _LENGTH.pack(len(self._lookups)) + b"".join(self._lookups)

    def tables(self) -> bytes:
        return bytes(self._bits + self._values)


def origin_number(class_: Class, origin: str | None) -> int:
    """Return the number of the class that declares a member first (2.2.35).

    That is its place among the ancestors, of which the nearest is 0, or else their number.
    """
    wanted = (origin or "").lower()
    names = [name.lower() for name in class_.derivation]
    return names.index(wanted) if wanted in names else len(names)


def class_block(class_: Class, part: bytes, embed: Embed) -> bytes:
    """Return the block of a class, after what it has from its superclass.

    Args:
        class_: the class.
        part: its class part.
        embed: writes the objects among default values and qualifiers.

    Raises:
        InvalidParameter: WMI has no such value.
    """
    parent = _superclass(class_)
    head = object_blocks.write_head(
        is_class=True, server_name=class_.server_name, namespace=class_.namespace
    )
    parts = (class_part(parent, embed), _methods(parent, embed), part, _methods(class_, embed))
    return head + b"".join(parts)


def _superclass(class_: Class) -> Class:
    """Return as much of the superclass of a class as the class has from it."""
    if class_.superclass is None:
        return Class("")
    inherited = [one for one in class_.properties.values() if one.propagated]
    return Class(
        class_.superclass,
        superclass=next(iter(class_.derivation[1:]), None),
        derivation=class_.derivation[1:],
        properties=NameMap((one.name, _above(one, class_.superclass)) for one in inherited),
    )


def _above(declared: Property, class_name: str) -> Property:
    """Return an inherited property as the superclass `class_name` declares or inherits it."""
    propagated = (declared.origin or "").lower() != class_name.lower()
    qualifiers = NameMap(
        (name, replace(one, propagated=propagated)) for name, one in declared.qualifiers.items()
    )
    return replace(declared, propagated=propagated, qualifiers=qualifiers)


def _methods(class_: Class, embed: Embed) -> bytes:
    return methods_parts.write(
        class_.methods,
        embed,
        lambda signature: class_block(signature, class_part(signature, embed), embed),
        lambda origin: origin_number(class_, origin),
    )
