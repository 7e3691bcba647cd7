"""Values: numbers that stand in a table, and all else that a table refers to (MS-WMIO 2.2.71).

A value becomes exactly what WINRM makes of it: a datetime its moment, interval or `CimDateTime`, a
reference and an embedded object an `Instance`, an array a list.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, Protocol

from mi.cim_datetime import parse_datetime
from mi.errors import InvalidParameter, ProtocolError, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.values import format_value, shown
from protocols.dcom.cim_types import FORMATS, WIDTHS
from protocols.dcom.encoded_strings import NOTHING
from protocols.dcom.heaps import Heap, HeapWriter, number_at

__all__ = ["READERS", "Embed", "Reader", "pack", "read_datetime", "read_value"]

Reader = Callable[[Heap, int], Any]

_COUNT: Final = struct.Struct("<I")
_TRUE, _FALSE = 0xFFFF, 0
_WHOLE: Final = 25
_OPEN: Final = "**************.******+***"
_SIGN: Final = 21

# Reading


@lru_cache(1024)
def read_datetime(text: str) -> Any:
    """Return what the text of a datetime says; what is missing at its end is left open.

    Wine says an offset in two digits, and providers of the old days leave times out.

    Raises:
        ProtocolError: it is not the text of a datetime.
    """
    whole = text.strip()
    if _SIGN < len(whole) < _WHOLE:
        whole = whole[: _SIGN + 1] + whole[_SIGN + 1 :].rjust(_WHOLE - _SIGN - 1, "0")
    try:
        return parse_datetime(whole + _OPEN[len(whole) :])
    except InvalidParameter as error:
        raise ProtocolError(error.message) from error


def _boolean(_heap: Heap, value: int) -> bool:
    return value != _FALSE


def _char16(_heap: Heap, value: int) -> str:
    return chr(value)


def _string(heap: Heap, reference: int) -> str | None:
    return heap.text(reference)


def _datetime(heap: Heap, reference: int) -> Any:
    text = heap.text(reference)
    return read_datetime(text) if text else None


def _reference(heap: Heap, reference: int) -> Instance | None:
    path = heap.text(reference)
    return heap.objects.reference(path) if path else None


def _embedded(heap: Heap, reference: int) -> Instance | None:
    block = heap.block(reference)
    return None if block is None else heap.objects.embedded(heap.data, *block)


_SCALARS: Final[Mapping[CimType, Reader]] = {
    CimType.BOOLEAN: _boolean,
    CimType.CHAR16: _char16,
    CimType.STRING: _string,
    CimType.DATETIME: _datetime,
    CimType.REFERENCE: _reference,
    CimType.INSTANCE: _embedded,
}


def _array_reader(element: CimType) -> Reader:
    letter, width, read = FORMATS[element], WIDTHS[element], _SCALARS.get(element)

    def read_array(heap: Heap, reference: int) -> list[Any] | None:
        if reference == NOTHING:
            return None
        count = number_at(heap.data, heap.start + reference, heap.end)
        start = heap.place(reference, _COUNT.size + count * width) + _COUNT.size
        items = struct.unpack_from(f"<{count}{letter}", heap.data, start)
        return list(items) if read is None else [read(heap, item) for item in items]

    return read_array


READERS: Final[Mapping[CimType, Reader]] = {
    **_SCALARS,
    **{one.array: _array_reader(one) for one in CimType if not one.is_array},
}
"""What makes a value of what stands in a table, for all types whose number there is not it."""


def read_value(heap: Heap, cim_type: CimType, position: int, end: int) -> Any:
    """Return the value of the entry of a table at a place.

    Raises:
        ProtocolError: it is cut off, or refers to what is not there.
    """
    if not 0 <= position <= end - WIDTHS[cim_type]:
        raise ProtocolError("a value is cut off")
    number = struct.unpack_from(f"<{FORMATS[cim_type]}", heap.data, position)[0]
    read = READERS.get(cim_type)
    return number if read is None else read(heap, number)


# Writing

_FIRST_ARRAY: Final = CimType.BOOLEAN_ARRAY
_STRUCTS: Final = {one: struct.Struct(f"<{letter}") for one, letter in FORMATS.items()}


class Embed(Protocol):
    """Writes what of a value is itself an object."""

    def embedded(self, instance: Instance) -> bytes:
        """Return the block of an embedded object (2.2.5)."""
        ...

    def reference(self, instance: Instance) -> str:
        """Return the path of an object."""
        ...


def pack(value: Any, cim_type: CimType, heap: HeapWriter, embed: Embed) -> bytes:
    """Return the entry of a table for a value that is not null, and put into a heap what it needs.

    Raises:
        InvalidParameter: WMI has no such value.
        TypeMismatch: it does not fit the type.
    """
    if cim_type < _FIRST_ARRAY:
        return _pack_scalar(value, cim_type, heap, embed)
    element = cim_type.scalar
    reference = heap.reserve(_COUNT.size + len(value) * WIDTHS[element])
    entries = b"".join(_pack_element(item, element, heap, embed) for item in value)
    heap.fill(reference, _COUNT.pack(len(value)) + entries)
    return _COUNT.pack(reference)


def _pack_element(value: Any, cim_type: CimType, heap: HeapWriter, embed: Embed) -> bytes:
    if value is not None:
        return _pack_scalar(value, cim_type, heap, embed)
    if FORMATS[cim_type] != FORMATS[CimType.STRING] or cim_type not in _SCALARS:
        raise InvalidParameter(f"WMI has no null in an array of {cim_type.cim_name}")
    return _COUNT.pack(NOTHING)


def _pack_scalar(value: Any, cim_type: CimType, heap: HeapWriter, embed: Embed) -> bytes:
    convert = _WRITERS.get(cim_type)
    try:
        return _STRUCTS[cim_type].pack(value if convert is None else convert(value, heap, embed))
    except (struct.error, OverflowError, TypeError) as error:
        raise TypeMismatch(f"{shown(value)} is not a {cim_type.cim_name}") from error


_WRITERS: Final[Mapping[CimType, Callable[[Any, HeapWriter, Embed], int]]] = {
    CimType.BOOLEAN: lambda value, _heap, _embed: _TRUE if value else _FALSE,
    CimType.CHAR16: lambda value, _heap, _embed: ord(value),
    CimType.STRING: lambda value, heap, _embed: heap.text(value),
    CimType.DATETIME: lambda value, heap, _embed: heap.text(format_value(value)),
    CimType.REFERENCE: lambda value, heap, embed: heap.text(embed.reference(value)),
    CimType.INSTANCE: lambda value, heap, embed: heap.block(embed.embedded(value)),
}
