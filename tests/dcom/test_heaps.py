from __future__ import annotations

import struct

import pytest

from mi.errors import InvalidParameter, ProtocolError
from protocols.dcom.heaps import Heap, HeapWriter, heap_at, number_at
from tests.dcom.samples import ReadNothing


def heap(items: bytes) -> Heap:
    data = b"--" + struct.pack("<I", 0x80000000 | len(items)) + items + b"--"
    return heap_at(data, 2, len(data), ReadNothing())


def test_a_heap_begins_with_its_length() -> None:
    found = heap(b"items")
    assert found.data[found.start : found.end] == b"items"


def test_a_heap_is_no_longer_than_what_it_is_in() -> None:
    with pytest.raises(ProtocolError, match="longer"):
        heap_at(struct.pack("<I", 0x80000005) + b"item", 0, 8, ReadNothing())


@pytest.mark.parametrize("position", [-1, 5, 100])
def test_a_number_is_all_there(position: int) -> None:
    assert number_at(struct.pack("<II", 1, 2), 4, 8) == 2
    with pytest.raises(ProtocolError, match="cut off"):
        number_at(bytes(8), position, 8)


def test_a_text_is_in_the_heap_or_the_dictionary_or_nowhere() -> None:
    found = heap(b"\0abc\0")
    assert found.text(0) == "abc"
    assert found.text(0x80000001) == "key"
    assert found.text(0xFFFFFFFF) is None
    with pytest.raises(ProtocolError, match="cut off"):
        found.text(5)


def test_a_name_is_there() -> None:
    assert heap(b"\0abc\0").name(0) == "abc"
    for reference in (0xFFFFFFFF, 0x80000002):
        with pytest.raises(ProtocolError, match="missing"):
            heap(b"").name(reference)


def test_an_item_is_all_in_the_heap() -> None:
    found = heap(b"12345")
    assert found.place(1, 4) == found.start + 1
    with pytest.raises(ProtocolError, match="out of its heap"):
        found.place(1, 5)


def test_a_block_has_its_length_before_it() -> None:
    found = heap(struct.pack("<I", 3) + b"abc" + struct.pack("<I", 0))
    place = found.block(0)
    assert place is not None
    assert found.data[slice(*place)] == b"abc"
    assert found.block(7) is None
    assert found.block(0xFFFFFFFF) is None
    with pytest.raises(ProtocolError, match="out of its heap"):
        heap(struct.pack("<I", 4) + b"abc").block(0)


def test_no_more_can_be_read_from_a_heap_than_is_in_it_and_a_little_sharing() -> None:
    found = heap(b"\0" + b"x" * 98 + b"\0")
    for _ in range(4):
        found.text(0)
    with pytest.raises(ProtocolError, match="many times"):
        found.text(0)


def test_a_heap_is_written_item_by_item() -> None:
    written = HeapWriter()
    assert written.name("Name") == 0
    assert written.name("key") == 0x80000001
    assert written.text("key") == 6
    room = written.reserve(2)
    assert written.block(b"block") == 13
    written.fill(room, b"ab")
    items = b"\0Name\0\0key\0ab" + struct.pack("<I", 5) + b"block"
    assert written.octets() == struct.pack("<I", 0x80000000 | len(items)) + items
    with pytest.raises(InvalidParameter):
        written.text("\0")
