"""Network Data Representation, as much of it as DCOM and WMI use (C706 14, MS-RPCE 2.2.5).

It is NDR 2.0 in its 32-bit, little-endian form, which every server speaks; NDR64 is not offered.
Values lie at multiples of their size, counted from the beginning of the stub. A pointer is a number
that is not zero, and what it points at follows after the structure that it is part of; the stubs
here write and read pointers and what they point at in that order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from mi.errors import ProtocolError

__all__ = ["MOST_ELEMENTS", "NdrReader", "NdrWriter"]

MOST_ELEMENTS: Final = 0x100000
"""Elements of an array, apart from bytes, that any stub here may have."""

_FIRST_REFERENT: Final = 0x20000  # as MIDL's own stubs number them
_REFERENT_STEP: Final = 4
_U16: Final = struct.Struct("<H")
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")
_NO_BSTR: Final = 0xFFFFFFFF  # cBytes of a FLAGGED_WORD_BLOB that is a null BSTR, MS-OAUT 2.2.23
_GUID_SIZE: Final = 16


class NdrWriter:
    """Writes a stub."""

    __slots__ = ("_data", "_referent")

    def __init__(self) -> None:
        self._data = bytearray()
        self._referent = _FIRST_REFERENT

    @property
    def data(self) -> bytes:
        """What has been written."""
        return bytes(self._data)

    def align(self, size: int) -> None:
        """Fill up with zeros to a multiple of `size`."""
        self._data += bytes(-len(self._data) % size)

    def raw(self, data: bytes) -> None:
        """Write bytes as they are, wherever that is."""
        self._data += data

    def u16(self, *values: int) -> None:
        """Write unsigned 16-bit numbers."""
        self.align(2)
        for value in values:
            self._data += _U16.pack(value)

    def u32(self, *values: int) -> None:
        """Write 32-bit numbers; a negative one is its two's complement."""
        self.align(4)
        for value in values:
            self._data += _U32.pack(value & 0xFFFFFFFF)

    def u64(self, *values: int) -> None:
        """Write unsigned 64-bit numbers."""
        self.align(8)
        for value in values:
            self._data += _U64.pack(value)

    def guid(self, value: bytes) -> None:
        """Write a GUID."""
        self.align(4)
        self._data += value

    def pointer(self, *, is_null: bool = False) -> None:
        """Write a pointer; what it points at comes later."""
        self.u32(0 if is_null else self._referent)
        self._referent += 0 if is_null else _REFERENT_STEP

    def conformant_bytes(self, data: bytes) -> None:
        """Write an array of bytes with its size before it."""
        self.u32(len(data))
        self._data += data

    def conformant_guids(self, guids: Sequence[bytes]) -> None:
        """Write an array of GUIDs with its size before it."""
        self.u32(len(guids))
        for one in guids:
            self.guid(one)

    def conformant_u16(self, values: Sequence[int]) -> None:
        """Write an array of 16-bit numbers with its size before it."""
        self.u32(len(values))
        self.u16(*values)

    def conformant_u32(self, values: Sequence[int]) -> None:
        """Write an array of 32-bit numbers with its size before it."""
        self.u32(len(values))
        self.u32(*values)

    def wide(self, text: str | None) -> None:
        """Write a pointer to a zero-terminated string, and the string ([unique, string])."""
        self.pointer(is_null=text is None)
        if text is not None:
            encoded = f"{text}\0".encode("utf-16-le", "surrogatepass")
            self.u32(len(encoded) // 2, 0, len(encoded) // 2)
            self._data += encoded

    def bstr(self, text: str | None) -> None:
        """Write a pointer to a BSTR, and the BSTR (FLAGGED_WORD_BLOB, MS-OAUT 2.2.23)."""
        self.pointer(is_null=text is None)
        if text is not None:
            encoded = text.encode("utf-16-le", "surrogatepass")
            words = len(encoded) // 2
            self.u32(words, len(encoded), words)
            self._data += encoded

    def interface(self, reference: bytes | None) -> None:
        """Write an interface pointer and its OBJREF (MInterfacePointer, MS-DCOM 2.2.14)."""
        self.pointer(is_null=reference is None)
        if reference is not None:
            self.interface_body(reference)

    def interface_body(self, reference: bytes) -> None:
        """Write what an interface pointer points at."""
        self.u32(len(reference))
        self.conformant_bytes(reference)


class NdrReader:
    """Reads a stub; whatever does not fit into it is a `ProtocolError`."""

    __slots__ = ("_data", "_where")

    def __init__(self, data: bytes, where: int = 0) -> None:
        self._data = data
        self._where = where

    @property
    def remaining(self) -> int:
        """How many bytes have not been read."""
        return len(self._data) - self._where

    def align(self, size: int) -> None:
        """Go on to a multiple of `size`."""
        self._where += -self._where % size

    def raw(self, count: int) -> bytes:
        """Return so many bytes from here on.

        Raises:
            ProtocolError: there are not so many.
        """
        end = self._where + count
        if end > len(self._data):
            raise ProtocolError(
                f"an RPC stub ends early: {count} bytes are announced, {max(self.remaining, 0)}"
                " are left"
            )
        found = self._data[self._where : end]
        self._where = end
        return found

    def u16(self) -> int:
        """Return an unsigned 16-bit number."""
        self.align(2)
        return int.from_bytes(self.raw(2), "little")

    def u32(self) -> int:
        """Return an unsigned 32-bit number."""
        self.align(4)
        return int.from_bytes(self.raw(4), "little")

    def i32(self) -> int:
        """Return a signed 32-bit number."""
        self.align(4)
        return int.from_bytes(self.raw(4), "little", signed=True)

    def u64(self) -> int:
        """Return an unsigned 64-bit number."""
        self.align(8)
        return int.from_bytes(self.raw(8), "little")

    def guid(self) -> bytes:
        """Return a GUID."""
        self.align(4)
        return self.raw(_GUID_SIZE)

    def pointer(self) -> bool:
        """Whether the pointer here is not null."""
        return self.u32() != 0

    def count(self, most: int = MOST_ELEMENTS) -> int:
        """Return the size of an array that follows.

        Raises:
            ProtocolError: it is more than `most`.
        """
        found = self.u32()
        if found > most:
            raise ProtocolError(f"an array in an RPC stub has {found} elements; {most} are allowed")
        return found

    def expect(self, found: int, wanted: int, what: str) -> None:
        """Check a number that says again what another one said.

        Raises:
            ProtocolError: they differ.
        """
        if found != wanted:
            raise ProtocolError(f"{what} in an RPC stub is {found} instead of {wanted}")

    def conformant_bytes(self) -> bytes:
        """Return an array of bytes whose size stands before it."""
        return self.raw(self.u32())

    def conformant_guids(self) -> list[bytes]:
        """Return an array of GUIDs whose size stands before it."""
        return [self.guid() for _ in range(self.count(self.remaining // _GUID_SIZE))]

    def conformant_u16(self) -> list[int]:
        """Return an array of 16-bit numbers whose size stands before it."""
        return [self.u16() for _ in range(self.count(self.remaining // 2))]

    def conformant_u32(self) -> list[int]:
        """Return an array of 32-bit numbers whose size stands before it."""
        return [self.u32() for _ in range(self.count(self.remaining // 4))]

    def wide(self) -> str | None:
        """Return the string that a pointer here points at, or None."""
        if not self.pointer():
            return None
        maximum, offset, actual = self.u32(), self.u32(), self.u32()
        if offset or actual > maximum:
            raise ProtocolError("a string in an RPC stub is longer than its own size")
        return _text(self.raw(2 * actual)).removesuffix("\0")

    def bstr(self) -> str | None:
        """Return the BSTR that a pointer here points at, or None."""
        if not self.pointer():
            return None
        maximum, size, words = self.u32(), self.u32(), self.u32()
        self.expect(words, maximum, "the size of a BSTR")
        if size == _NO_BSTR:
            self.expect(words, 0, "the size of a null BSTR")
            return None
        data = self.raw(2 * words)
        if size > len(data):
            raise ProtocolError("a BSTR in an RPC stub is longer than its own size")
        # impacket counts a zero at the end, which is no part of a BSTR.
        return _text(data[: size & ~1]).rstrip("\0")

    def interface(self) -> bytes | None:
        """Return the OBJREF that an interface pointer here points at, or None."""
        return self.interface_body() if self.pointer() else None

    def interface_body(self) -> bytes:
        """Return the OBJREF that follows, whose pointer has been read."""
        size = self.u32()
        reference = self.conformant_bytes()
        self.expect(len(reference), size, "the size of an object reference")
        return reference


def _text(data: Iterable[int]) -> str:
    return bytes(data).decode("utf-16-le", "surrogatepass")
