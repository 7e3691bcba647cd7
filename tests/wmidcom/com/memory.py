"""What oleaut32 does for values, in Python: it counts what was not freed, or was freed twice."""

from __future__ import annotations

import ctypes
import struct
import sys
from ctypes import c_uint16, c_void_p
from typing import Any

from protocols.wmidcom.com.structures import SAFEARRAY, VARIANT
from protocols.wmidcom.com.system import WindowsSystem

# MS-OAUT 2.2.7
BSTR, BOOL, VARIANTS, UNKNOWN, ARRAY = 8, 11, 12, 13, 0x2000
WIDTHS = {2: 2, 3: 4, 4: 4, 5: 8, 8: 8, 11: 2, 12: 24, 13: 8, 16: 1, 17: 1, 18: 2, 19: 4, 20: 8}


class Memory:
    """BSTRs, arrays and VARIANTs."""

    def __init__(self) -> None:
        self.texts: dict[int, Any] = {}
        self.arrays: dict[int, Any] = {}

    def new_text(self, text: str) -> int:
        octets = text.encode("utf-16-le", "surrogatepass")
        buffer = ctypes.create_string_buffer(struct.pack("<I", len(octets)) + octets + b"\0")
        address = ctypes.addressof(buffer) + 4
        self.texts[address] = buffer
        return address

    def free_text(self, address: int) -> None:
        if address:
            del self.texts[address]

    def new_array(self, kind: int, count: int) -> int:
        data = ctypes.create_string_buffer(max(count * WIDTHS[kind], 1))
        array = SAFEARRAY(dimensions=1, width=WIDTHS[kind], data=ctypes.addressof(data))
        array.bound.count = count
        self.arrays[ctypes.addressof(array)] = (array, data)
        return ctypes.addressof(array)

    def clear(self, variant: VARIANT) -> None:
        self._clear_at(variant.place, variant.vt)
        variant.vt = 0

    def _clear_at(self, place: int, kind: int) -> None:
        address = c_void_p.from_address(place).value or 0
        if kind & ARRAY:
            array, _ = self.arrays.pop(address)
            for index in range(array.bound.count):
                self._clear_at(array.data + index * array.width, kind & ~ARRAY)
        elif kind == BSTR:
            self.free_text(address)
        elif kind == UNKNOWN and address:
            release(address)
        elif kind == VARIANTS:
            self._clear_at(place + 8, c_uint16.from_address(place).value)

    @property
    def left(self) -> int:
        return len(self.texts) + len(self.arrays)


class WindowsMemory(WindowsSystem):
    """The real thing, which does not count."""

    left = 0


def new_memory() -> Memory | WindowsMemory:
    return WindowsMemory() if sys.platform == "win32" else Memory()


def call(address: int, place: int, *arguments: Any, types: tuple[Any, ...] = ()) -> int:
    """Call a function of an interface by its place in the table."""
    table = c_void_p.from_address(address).value or 0
    function = c_void_p.from_address(table + place * ctypes.sizeof(c_void_p)).value
    kind = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
    result: int = kind(ctypes.c_int32, c_void_p, *types)(function)(address, *arguments)
    return result


def release(address: int) -> None:
    call(address, 2)
