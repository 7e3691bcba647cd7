"""The part of a class that its instances carry: everything but its methods (MS-WMIO 2.2.15).

Properties come in the order of the lookup table, by name: that is the order in which WINRM shows
them, both declared and in instances. The entries for their null and default bits are in the order
of declaration, as section 3.1 has them; 2.2.26 leaves it open.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mi.errors import ProtocolError
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Layout, Property, Qualifier
from protocols.dcom import encoded_strings, qualifier_sets
from protocols.dcom.cim_types import INHERITED, WIDTHS, cim_type
from protocols.dcom.encoded_strings import NOTHING
from protocols.dcom.encoded_values import read_value
from protocols.dcom.heaps import Heap, Objects, heap_at, number_at

__all__ = ["ClassPart", "Slot", "bits_length", "declared_class", "end_of_part", "read"]

IS_NULL: Final = 1
"""The bit of a property whose value is null (2.2.27)."""
IS_DEFAULT: Final = 2
"""The bit of a property whose value is inherited: by a class its own, by an instance all."""

_HEADER: Final = struct.Struct("<IBII")
_LOOKUP: Final = struct.Struct("<II")
_INFO: Final = struct.Struct("<IHII")
_NUMBER: Final = 4
_PER_OCTET: Final = 4  # pairs of bits
_MOST_PROPERTIES: Final = 0x4000  # Windows allows 1024; their order is a number of 16 bits


@dataclass(frozen=True, slots=True)
class Slot:
    """A property, and where its value is.

    Attributes:
        declared: the property, without the class that declares it first.
        order: its place among the pairs of bits.
        offset: where its entry is in a value table.
        origin: which class declares it first (2.2.35).
    """

    declared: Property
    order: int
    offset: int
    origin: int


@dataclass(frozen=True, slots=True, eq=False)
class ClassPart:
    """What a class part says.

    Attributes:
        octets: itself.
        name: the class, or empty where there is none.
        derivation: its ancestors, nearest first.
        qualifiers: the class'.
        slots: the properties, by name.
        values_length: the octets of a value table.
        unset: the bits of an instance that has nothing but default values.
    """

    octets: bytes
    name: str
    derivation: tuple[str, ...]
    qualifiers: NameMap[Qualifier]
    slots: tuple[Slot, ...]
    values_length: int
    unset: int

    @property
    def layout(self) -> Layout:
        """What the instances share."""
        flags = {slot.declared.name: slot.declared.flags for slot in self.slots}
        return Layout.of(
            self.name,
            {slot.declared.name: slot.declared.type for slot in self.slots},
            flags,
            tuple(name for name, flag in flags.items() if flag & Flags.KEY),
        )

    @property
    def defaults(self) -> dict[str, Any]:
        """The value that an instance has where it says nothing."""
        return {slot.declared.name: slot.declared.default for slot in self.slots}


def bits_length(count: int) -> int:
    """Return how many octets the pairs of bits of so many properties take (2.2.26)."""
    return -(-count // _PER_OCTET)


def end_of_part(data: bytes, position: int, end: int) -> int:
    """Return where the class part ends that begins at a place.

    Raises:
        ProtocolError: it does not end before `end`.
    """
    length = number_at(data, position, end)
    if length < _HEADER.size or position + length > end:
        raise ProtocolError("a class is cut off")
    return position + length


def read(octets: bytes, objects: Objects) -> ClassPart:
    """Return what a class part says.

    Args:
        octets: the part and nothing else.
        objects: reads the objects among default values and qualifiers.

    Raises:
        ProtocolError: it cannot be read.
    """
    end = len(octets)
    _, _, name, tables_length = _HEADER.unpack_from(octets, 0)
    derivation, position = _read_derivation(octets, _HEADER.size, end)
    of_class = position
    position = qualifier_sets.end_of_set(octets, position, end)
    count = number_at(octets, position, end)
    lookups = position + _NUMBER
    tables = lookups + count * _LOOKUP.size
    if count > _MOST_PROPERTIES or tables + tables_length > end:
        raise ProtocolError("a class has more properties than it has room for")
    heap = heap_at(octets, tables + tables_length, end, objects)
    reader = _SlotReader(heap, tables, tables_length, count)
    slots = [
        reader.read(*_LOOKUP.unpack_from(octets, lookups + place * _LOOKUP.size))
        for place in range(count)
    ]
    _check(slots)
    _, qualifiers = qualifier_sets.split(qualifier_sets.read(heap, of_class, end))
    return ClassPart(
        octets,
        "" if name == NOTHING else heap.name(name),
        derivation,
        qualifiers,
        tuple(slots),
        reader.values_length,
        sum(map(_unset, slots)),
    )


def _unset(slot: Slot) -> int:
    """Return the bits of a property that has its default value."""
    flags = IS_DEFAULT if slot.declared.default is not None else IS_DEFAULT | IS_NULL
    return flags << 2 * slot.order


def _read_derivation(octets: bytes, position: int, end: int) -> tuple[tuple[str, ...], int]:
    stop = qualifier_sets.end_of_set(octets, position, end)
    position += _NUMBER
    names = []
    while position < stop:
        name, position = encoded_strings.read(octets, position, stop)
        position += _NUMBER  # how long the name was, once more
        names.append(name)
    return tuple(names), stop


class _SlotReader:
    """Reads the properties of one class part."""

    def __init__(self, heap: Heap, tables: int, tables_length: int, count: int) -> None:
        bits = bits_length(count)
        if bits > tables_length:
            raise ProtocolError("a class has no room for the bits of its properties")
        self._heap = heap
        self._bits = tables
        self._values = tables + bits
        self._count = count
        self.values_length = tables_length - bits

    def read(self, name: int, information: int) -> Slot:
        heap = self._heap
        position = heap.place(information, _INFO.size)
        number, order, offset, origin = _INFO.unpack_from(heap.data, position)
        if order >= self._count:
            raise ProtocolError("the order of a property is beyond the number of properties")
        kind = cim_type(number)
        position += _INFO.size
        qualifiers = qualifier_sets.read(heap, position, heap.end)
        heap.place(
            information + _INFO.size,
            qualifier_sets.end_of_set(heap.data, position, heap.end) - position,
        )
        said, others = qualifier_sets.split(qualifiers)
        declared = Property(
            heap.name(name),
            kind,
            declared_class(kind, said),
            self._default(kind, order, offset),
            propagated=bool(number & INHERITED),
            qualifiers=others,
        )
        return Slot(declared, order, offset, origin)

    def _default(self, kind: CimType, order: int, offset: int) -> Any:
        octet = self._heap.data[self._bits + order // _PER_OCTET]
        start, end = self._values + offset, self._values + self.values_length
        if start + WIDTHS[kind] > end:
            raise ProtocolError("a property has no room for its value")
        # An inherited default is here too: an instance brings no other class along.
        if octet >> 2 * (order % _PER_OCTET) & IS_NULL:
            return None
        return read_value(self._heap, kind, start, end)


def declared_class(kind: CimType, said: str) -> str | None:
    """Return the class that a reference or an embedded object is declared to be of."""
    if kind.scalar not in {CimType.REFERENCE, CimType.INSTANCE}:
        return None
    name = said.partition(":")[2]
    return None if name.lower() in {"", "object"} else name


def _check(slots: Sequence[Slot]) -> None:
    """Refuse properties that share a name, bits or octets."""
    if len({slot.declared.name.lower() for slot in slots}) < len(slots):
        raise ProtocolError("a class has two properties of one name")
    if len({slot.order for slot in slots}) < len(slots):
        raise ProtocolError("two properties of a class have the same place")
    free = 0
    for slot in sorted(slots, key=lambda one: one.offset):
        if slot.offset < free:
            raise ProtocolError("two values of a class are in the same place")
        free = slot.offset + WIDTHS[slot.declared.type]
