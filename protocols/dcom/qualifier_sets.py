"""Sets of qualifiers, of classes, properties, methods and parameters (MS-WMIO 2.2.59, 2.2.60).

`CIMTYPE` is not kept as a qualifier: it says the type and the class of a property, and WINRM does
not show it either (recorded class of Server 2016). Whether a qualifier propagates to instances is
not MI's business; it is written as Windows' own declarations have it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from mi.errors import ProtocolError
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Property, Qualifier
from protocols.dcom.cim_types import WIDTHS, cim_type, type_number
from protocols.dcom.encoded_strings import NOTHING
from protocols.dcom.encoded_values import READERS, Embed, pack, read_value
from protocols.dcom.heaps import Heap, HeapWriter, number_at

__all__ = [
    "CIM_TYPE",
    "cim_type_qualifier",
    "end_of_set",
    "flags_of",
    "length",
    "read",
    "split",
    "write",
]

CIM_TYPE: Final = "CIMTYPE"
"""The qualifier that says what a property holds: `uint32`, `ref:Class`, `object:Class`."""

_LENGTH: Final = 4
_HEAD: Final = struct.Struct("<IBI")
_NOTHING: Final = struct.pack("<I", NOTHING)
_NULLABLE: Final = frozenset(one for one in READERS if one not in {CimType.BOOLEAN, CimType.CHAR16})

_TO_INSTANCE, _TO_SUBCLASS, _NOT_OVERRIDABLE = 0x01, 0x02, 0x10
_PROPAGATED, _AMENDED = 0x20, 0x80
# Those that Windows' classes pass on to instances, as far as recordings and MS-WMIO 3 tell.
_OF_INSTANCES: Final = frozenset(
    ("cimtype", "key", "id", "dynamic", "locale", "provider", "singleton", "uuid")
)


def end_of_set(data: bytes, position: int, end: int) -> int:
    """Return where the set of qualifiers ends that begins at a place.

    Raises:
        ProtocolError: it does not end before `end`.
    """
    length = number_at(data, position, end)
    if length < _LENGTH or position + length > end:
        raise ProtocolError("a set of qualifiers is cut off")
    return position + length


def read(heap: Heap, position: int, end: int) -> tuple[Qualifier, ...]:
    """Return the qualifiers of a set, whose texts and arrays are in a heap.

    Raises:
        ProtocolError: it cannot be read.
    """
    stop = end_of_set(heap.data, position, end)
    position += _LENGTH
    found = []
    while position < stop:
        if position + _HEAD.size > stop:
            raise ProtocolError("a qualifier is cut off")
        name, flavor, number = _HEAD.unpack_from(heap.data, position)
        position += _HEAD.size
        kind = cim_type(number)
        value = read_value(heap, kind, position, stop)
        position += WIDTHS[kind]
        found.append(
            Qualifier(
                heap.name(name),
                kind,
                value,
                flags_of(flavor),
                propagated=bool(flavor & _PROPAGATED),
            )
        )
    return tuple(found)


def flags_of(flavor: int) -> Flags:
    """Return what MI says of a qualifier's flavor (wbemcli.h, WBEM_FLAVOR_TYPE)."""
    flags = Flags.DISABLE_OVERRIDE if flavor & _NOT_OVERRIDABLE else Flags.ENABLE_OVERRIDE
    flags |= Flags.TO_SUBCLASS if flavor & _TO_SUBCLASS else Flags.RESTRICTED
    return flags | Flags.TRANSLATABLE if flavor & _AMENDED else flags


def split(qualifiers: Iterable[Qualifier]) -> tuple[str, NameMap[Qualifier]]:
    """Return what `CIMTYPE` says, and the others in the order that WINRM gives them."""
    said, others = "", []
    for one in qualifiers:
        if one.name.upper() == CIM_TYPE:
            said = one.value if isinstance(one.value, str) else ""
        else:
            others.append(one)
    others.sort(key=lambda one: one.name.lower())
    return said, NameMap((one.name, one) for one in others)


def length(qualifiers: Iterable[Qualifier]) -> int:
    """Return how many octets a set of qualifiers takes."""
    return _LENGTH + sum(_HEAD.size + WIDTHS[one.type] for one in qualifiers if _is_writable(one))


def write(qualifiers: Iterable[Qualifier], heap: HeapWriter, embed: Embed) -> bytes:
    """Return a set of qualifiers; what their values need is put into the heap.

    A number or a boolean that is null is left out: there is no form for it.

    Raises:
        InvalidParameter: WMI has no such value.
    """
    octets = b"".join(_write(one, heap, embed) for one in qualifiers if _is_writable(one))
    return struct.pack("<I", _LENGTH + len(octets)) + octets


def _is_writable(qualifier: Qualifier) -> bool:
    return qualifier.value is not None or qualifier.type in _NULLABLE


def _write(qualifier: Qualifier, heap: HeapWriter, embed: Embed) -> bytes:
    name, kind = heap.name(qualifier.name), qualifier.type
    given = qualifier.value
    value = _NOTHING if given is None else pack(given, kind, heap, embed)
    return _HEAD.pack(name, _flavor(qualifier), type_number(kind)) + value


def _flavor(qualifier: Qualifier) -> int:
    flavor = _TO_INSTANCE if qualifier.name.lower() in _OF_INSTANCES else 0
    if not qualifier.flags & Flags.RESTRICTED:
        flavor |= _TO_SUBCLASS
    if qualifier.flags & Flags.DISABLE_OVERRIDE:
        flavor |= _NOT_OVERRIDABLE
    if qualifier.flags & Flags.TRANSLATABLE:
        flavor |= _AMENDED
    return flavor | _PROPAGATED if qualifier.propagated else flavor


def cim_type_qualifier(declared: Property) -> Qualifier:
    """Return the qualifier that says what a property holds."""
    kind, class_name = declared.type, declared.class_name
    word = {CimType.REFERENCE: "ref", CimType.INSTANCE: "object"}.get(kind.scalar, kind.cim_name)
    value = word if class_name is None or word == kind.cim_name else f"{word}:{class_name}"
    flags = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS
    return Qualifier(CIM_TYPE, CimType.STRING, value, flags, propagated=declared.propagated)
