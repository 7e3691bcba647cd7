"""Heaps: what does not fit into a table, and is referred to by its place (MS-WMIO 2.2.66).

No two references may mean one item, so what is read from a heap cannot be longer than the heap. One
that is made so that it would be, texts within texts or a long one for each of many names, is
refused; a little sharing is borne with.
"""

from __future__ import annotations

import struct
from typing import Final, Protocol

from mi.errors import ProtocolError
from mi.instance import Instance
from protocols.dcom import encoded_strings
from protocols.dcom.encoded_strings import DICTIONARY, NOTHING

__all__ = ["Heap", "HeapWriter", "Objects", "heap_at", "number_at"]

_LENGTH: Final = struct.Struct("<I")
_IS_HEAP: Final = 0x80000000  # set in the length of every heap
_SHARING: Final = 4  # times its own length is what may be read from a heap


class Objects(Protocol):
    """What a heap needs for a value that is itself an object, or the name of one."""

    def embedded(self, data: bytes, start: int, end: int) -> Instance:
        """Return the object whose block fills `data[start:end]` (2.2.5)."""
        ...

    def reference(self, path: str) -> Instance:
        """Return the object that a path names."""
        ...


def number_at(data: bytes, position: int, end: int) -> int:
    """Return the 32 bits at a place.

    Raises:
        ProtocolError: they are not all before `end`.
    """
    if not 0 <= position <= end - _LENGTH.size:
        raise ProtocolError("an object is cut off")
    number: int = _LENGTH.unpack_from(data, position)[0]
    return number


def heap_at(data: bytes, position: int, end: int, objects: Objects) -> Heap:
    """Return the heap whose length is at a place.

    Raises:
        ProtocolError: it does not end before `end`.
    """
    start = position + _LENGTH.size
    stop = start + (number_at(data, position, end) & ~_IS_HEAP)
    if stop > end:
        raise ProtocolError("a heap is longer than what it is in")
    return Heap(data, start, stop, objects)


class Heap:
    """A heap that is read; it is a part of `data`.

    Attributes:
        data: what it is a part of.
        start: where it begins.
        end: where it ends.
        objects: reads the objects in it.
    """

    __slots__ = ("_left", "data", "end", "objects", "start")

    def __init__(self, data: bytes, start: int, end: int, objects: Objects) -> None:
        self.data = data
        self.start = start
        self.end = end
        self.objects = objects
        self._left = _SHARING * (end - start)

    def place(self, reference: int, size: int) -> int:
        """Return where an item of `size` octets is, and count them as read.

        Raises:
            ProtocolError: it is not all in the heap, or too much has been read already.
        """
        start = self.start + reference
        if start + size > self.end:
            raise ProtocolError("a reference points out of its heap")
        self._spend(size)
        return start

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ProtocolError("a heap is referred to as if it were many times as long")

    def text(self, reference: int) -> str | None:
        """Return the text that is referred to, or None if the reference is to nothing.

        Raises:
            ProtocolError: there is no text.
        """
        if reference & DICTIONARY:
            return None if reference == NOTHING else encoded_strings.of_dictionary(reference)
        start = self.start + reference
        text, after = encoded_strings.read(self.data, start, self.end)
        self._spend(after - start)
        return text

    def name(self, reference: int) -> str:
        """Return the text that is referred to, which must be there.

        Raises:
            ProtocolError: it is not.
        """
        text = self.text(reference)
        if not text:
            raise ProtocolError("a name is missing")
        return text

    def block(self, reference: int) -> tuple[int, int] | None:
        """Return where a block with its length before it begins and ends (2.2.70, 2.2.71).

        Raises:
            ProtocolError: it is not all in the heap.
        """
        if reference == NOTHING:
            return None
        size = number_at(self.data, self.start + reference, self.end)
        if not size:
            return None
        start = self.place(reference, _LENGTH.size + size) + _LENGTH.size
        return start, start + size


class HeapWriter:
    """A heap that is written; each item is put at its end, and named by where that was."""

    __slots__ = ("_octets",)

    def __init__(self) -> None:
        self._octets = bytearray()

    def add(self, item: bytes) -> int:
        """Put in an item, and return the reference to it."""
        reference = len(self._octets)
        self._octets += item
        return reference

    def reserve(self, size: int) -> int:
        """Make room for an item of so many octets, and return the reference to it.

        Windows has an item before those that it refers to (MS-WMIO 3), and so have we.
        """
        return self.add(bytes(size))

    def fill(self, reference: int, item: bytes) -> None:
        """Put an item where room was made for it."""
        self._octets[reference : reference + len(item)] = item

    def name(self, text: str) -> int:
        """Put in a name, unless the dictionary has it, and return the reference to it."""
        known = encoded_strings.well_known(text)
        return self.text(text) if known is None else known

    def text(self, text: str) -> int:
        """Put in a text that is a value, and return the reference to it.

        Raises:
            InvalidParameter: it holds a null character.
        """
        # Those that matter to the dictionary are names; a reader that looks values up is rare.
        return self.add(encoded_strings.encode(text))

    def block(self, octets: bytes) -> int:
        """Put in a block with its length before it, and return the reference to it."""
        return self.add(_LENGTH.pack(len(octets)) + octets)

    def octets(self) -> bytes:
        """Return the heap with its length before it."""
        return _LENGTH.pack(len(self._octets) | _IS_HEAP) + self._octets
