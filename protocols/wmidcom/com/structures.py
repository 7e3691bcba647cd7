"""What COM passes about: GUIDs, VARIANTs and arrays, as `ctypes` has them (MS-OAUT 2.2).

Addresses are integers here, and 0 is none. Texts are UTF-16, whatever `wchar_t` is.
"""

from __future__ import annotations

import ctypes
import uuid
from ctypes import c_int32, c_uint16, c_uint32, c_void_p
from typing import Any, Final

__all__ = [
    "GUID",
    "NUMBERS",
    "POINTER",
    "SAFEARRAY",
    "VARIANT",
    "VT_ARRAY",
    "VT_BOOL",
    "VT_BSTR",
    "VT_EMPTY",
    "VT_I2",
    "VT_I4",
    "VT_NULL",
    "VT_R4",
    "VT_R8",
    "VT_UI1",
    "VT_UNKNOWN",
    "VT_VARIANT",
    "pointer_at",
    "text_at",
]

VT_EMPTY: Final = 0
VT_NULL: Final = 1
VT_I2: Final = 2
VT_I4: Final = 3
VT_R4: Final = 4
VT_R8: Final = 5
VT_BSTR: Final = 8
VT_BOOL: Final = 11
VT_VARIANT: Final = 12
VT_UNKNOWN: Final = 13
VT_UI1: Final = 17
VT_ARRAY: Final = 0x2000

NUMBERS: Final[dict[int, Any]] = {
    VT_I2: ctypes.c_int16,
    VT_I4: ctypes.c_int32,
    VT_R4: ctypes.c_float,
    VT_R8: ctypes.c_double,
    16: ctypes.c_int8,  # VT_I1
    VT_UI1: ctypes.c_uint8,
    18: ctypes.c_uint16,  # VT_UI2
    19: ctypes.c_uint32,  # VT_UI4
    20: ctypes.c_int64,  # VT_I8
    21: ctypes.c_uint64,  # VT_UI8
}
"""The numbers that a VARIANT may hold, by its `vt`."""

POINTER: Final = ctypes.sizeof(c_void_p)
"""The octets of an address."""

_LENGTH: Final = 4  # of a BSTR, in octets, in front of it


class GUID(ctypes.Structure):
    """A class or an interface."""

    _fields_ = (("octets", ctypes.c_ubyte * 16),)

    @classmethod
    def of(cls, text: str) -> GUID:
        """Return the GUID that is written like `4590f811-1d3a-11d0-891f-00aa004b2e24`."""
        return cls.from_buffer_copy(uuid.UUID(text).bytes_le)

    def __str__(self) -> str:
        return str(uuid.UUID(bytes_le=bytes(self)))


class _Value(ctypes.Union):
    # As wide as the widest member, a record: two addresses, and 8 octets at least.
    _fields_ = (("address", c_void_p), ("record", c_void_p * 2), ("wide", ctypes.c_int64))


class VARIANT(ctypes.Structure):
    """A value that says of what type it is."""

    _anonymous_ = ("value",)
    _fields_ = (
        ("vt", c_uint16),
        ("reserved", c_uint16 * 3),
        ("value", _Value),
    )

    vt: int
    address: int | None

    @property
    def place(self) -> int:
        """Where its value is."""
        return ctypes.addressof(self) + VARIANT.value.offset


class _Bound(ctypes.Structure):
    _fields_ = (("count", c_uint32), ("lowest", c_int32))


class SAFEARRAY(ctypes.Structure):
    """An array of one dimension; with more, more bounds follow."""

    _fields_ = (
        ("dimensions", c_uint16),
        ("features", c_uint16),
        ("width", c_uint32),
        ("locks", c_uint32),
        ("data", c_void_p),
        ("bound", _Bound),
    )

    dimensions: int
    width: int
    data: int | None
    bound: Any


def pointer_at(place: int) -> int:
    """Return the address that stands at a place."""
    return c_void_p.from_address(place).value or 0


def text_at(address: int) -> str:
    """Return the text of a BSTR; without an address it is the empty one."""
    if not address:
        return ""
    octets = c_uint32.from_address(address - _LENGTH).value
    # Half a surrogate pair is no reason to lose the text around it.
    return ctypes.string_at(address, octets).decode("utf-16-le", "replace")
