"""The numbers that MS-WMIO has for CIM types, and how many octets each takes in a value table.

The table of 2.2.82 contradicts itself: its numbers for arrays of uint32, sint64 and uint64 are
slips of the pen (8203 is boolean's too). An array's number is its base type's with 0x2000, as the
text below that table says and its own example of section 3.1 has it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

from mi.errors import ProtocolError
from mi.results import CimType

__all__ = ["ARRAY", "FORMATS", "INHERITED", "REFERENCE", "WIDTHS", "cim_type", "type_number"]

ARRAY: Final = 0x2000
"""The bit of an array's number (CimArrayFlag, 2.2.82)."""
INHERITED: Final = 0x4000
"""The bit of a property that a superclass defines first (2.2.32)."""
REFERENCE: Final = "I"
"""The format of a reference into a heap (2.2.69)."""

_NUMBERS: Final = {
    CimType.SINT8: 16,
    CimType.UINT8: 17,
    CimType.SINT16: 2,
    CimType.UINT16: 18,
    CimType.SINT32: 3,
    CimType.UINT32: 19,
    CimType.SINT64: 20,
    CimType.UINT64: 21,
    CimType.REAL32: 4,
    CimType.REAL64: 5,
    CimType.BOOLEAN: 11,
    CimType.STRING: 8,
    CimType.DATETIME: 101,
    CimType.REFERENCE: 102,
    CimType.CHAR16: 103,
    CimType.INSTANCE: 13,
}
_TYPES: Final = {
    **{number: one for one, number in _NUMBERS.items()},
    **{number | ARRAY: one.array for one, number in _NUMBERS.items()},
}

FORMATS: Final[Mapping[CimType, str]] = {
    CimType.SINT8: "b",
    CimType.UINT8: "B",
    CimType.SINT16: "h",
    CimType.UINT16: "H",
    CimType.SINT32: "i",
    CimType.UINT32: "I",
    CimType.SINT64: "q",
    CimType.UINT64: "Q",
    CimType.REAL32: "f",
    CimType.REAL64: "d",
    CimType.BOOLEAN: "H",
    CimType.CHAR16: "H",
    **dict.fromkeys(
        (CimType.STRING, CimType.DATETIME, CimType.REFERENCE, CimType.INSTANCE), REFERENCE
    ),
    **dict.fromkeys((one for one in CimType if one.is_array), REFERENCE),
}
"""How a value, or the reference to it, stands in a value table, in the letters of `struct`."""

WIDTHS: Final = {one: struct.calcsize(f"<{letter}") for one, letter in FORMATS.items()}
"""How many octets that is."""


def cim_type(number: int) -> CimType:
    """Return the type that a number means.

    Raises:
        ProtocolError: it means none.
    """
    found = _TYPES.get(number & ~INHERITED)
    if found is None:
        raise ProtocolError(f"{number} is not the number of a CIM type")
    return found


def type_number(cim_type: CimType) -> int:
    """Return the number of a type."""
    return _NUMBERS[cim_type.scalar] | (ARRAY if cim_type.is_array else 0)
