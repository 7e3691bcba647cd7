"""CIM values as WMI puts them into VARIANTs, told anew: MSDN, "Numbers", and wbemcli.h."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Any

from mi.instance import Instance
from mi.results import CimType
from mi.values import convert, format_value, parse_value
from protocols.wmidcom.com.structures import SAFEARRAY, VARIANT

# CIMTYPE_ENUMERATION: the number, the VARIANT's type, and how the value is packed
FORMS: dict[CimType, tuple[int, int, str]] = {
    CimType.SINT8: (16, 2, "h"),
    CimType.UINT8: (17, 17, "B"),
    CimType.SINT16: (2, 2, "h"),
    CimType.UINT16: (18, 3, "i"),
    CimType.SINT32: (3, 3, "i"),
    CimType.UINT32: (19, 3, "I"),
    CimType.SINT64: (20, 8, "P"),
    CimType.UINT64: (21, 8, "P"),
    CimType.REAL32: (4, 4, "f"),
    CimType.REAL64: (5, 5, "d"),
    CimType.BOOLEAN: (11, 11, "h"),
    CimType.STRING: (8, 8, "P"),
    CimType.DATETIME: (101, 8, "P"),
    CimType.REFERENCE: (102, 8, "P"),
    CimType.CHAR16: (103, 2, "H"),
    CimType.INSTANCE: (13, 13, "P"),
}
ARRAY = 0x2000
QUALIFIERS = {CimType.STRING: 8, CimType.BOOLEAN: 11, CimType.SINT32: 3, CimType.REAL64: 5}

NewObject = Callable[[Instance], int]


def number_of(cim_type: CimType) -> int:
    return FORMS[cim_type.scalar][0] | (ARRAY if cim_type.is_array else 0)


def put(variant: VARIANT, value: Any, cim_type: CimType, memory: Any, new: NewObject) -> None:
    if value is None:
        variant.vt = 1
        return
    _, kind, code = FORMS[cim_type.scalar]
    width = struct.calcsize(code)
    if cim_type.is_array:
        address = memory.new_array(kind, len(value))
        start = SAFEARRAY.from_address(address).data
        for index, item in enumerate(value):
            octets = struct.pack(code, _packed(item, cim_type.scalar, memory, new))
            ctypes.memmove(start + index * width, octets, width)
        variant.vt, variant.address = kind | ARRAY, address
    else:
        octets = struct.pack(code, _packed(value, cim_type, memory, new))
        ctypes.memmove(variant.place, octets, width)
        variant.vt = kind


def _packed(value: Any, cim_type: CimType, memory: Any, new: NewObject) -> Any:
    if cim_type is CimType.BOOLEAN:
        return -1 if value else 0
    if cim_type is CimType.CHAR16:
        return ord(value)
    if cim_type is CimType.INSTANCE:
        return new(value)
    if FORMS[cim_type][2] != "P":
        return value
    text = value.path if isinstance(value, Instance) else format_value(value)
    return memory.new_text(text)


def take(variant: VARIANT, cim_type: CimType, instance: Callable[[int], Instance]) -> Any:
    """Return the value of a VARIANT that a client has written, which must be of the right kind."""
    if variant.vt in {0, 1}:
        return None
    _, kind, code = FORMS[cim_type.scalar]
    width = struct.calcsize(code)
    if not cim_type.is_array:
        assert variant.vt == kind
        return _taken(ctypes.string_at(variant.place, width), cim_type, instance)
    assert variant.vt == kind | ARRAY
    array = SAFEARRAY.from_address(variant.address or 0)
    assert (array.dimensions, array.width) == (1, width)
    octets = ctypes.string_at(array.data, array.bound.count * width)
    pieces = [octets[at : at + width] for at in range(0, len(octets), width)]
    return [_taken(piece, cim_type.scalar, instance) for piece in pieces]


def _taken(octets: bytes, cim_type: CimType, instance: Callable[[int], Instance]) -> Any:
    code = FORMS[cim_type][2]
    (raw,) = struct.unpack(code, octets)
    if cim_type is CimType.BOOLEAN:
        assert raw in {0, -1}
        return bool(raw)
    if cim_type is CimType.CHAR16:
        return chr(raw)
    if cim_type is CimType.INSTANCE:
        return instance(raw)
    if code != "P":
        return convert(raw, cim_type)
    length = ctypes.c_uint32.from_address(raw - 4).value
    text = ctypes.string_at(raw, length).decode("utf-16-le", "surrogatepass")
    if cim_type is CimType.REFERENCE:
        return Instance.from_path(text)
    return text if cim_type is CimType.STRING else parse_value(text, cim_type)
