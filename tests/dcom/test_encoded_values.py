from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter, ProtocolError, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from protocols.dcom.encoded_values import READERS, pack, read_datetime, read_value
from protocols.dcom.heaps import Heap, HeapWriter, heap_at
from tests.dcom.samples import EmbedNothing, ReadNothing


def table(entry: bytes, heap: HeapWriter) -> tuple[Heap, int, int]:
    """A heap that is read, and where an entry is that refers to it."""
    octets = heap.octets()
    data = octets + entry
    return heap_at(data, 0, len(data), ReadNothing()), len(octets), len(data)


def again(value: Any, kind: CimType) -> Any:
    heap = HeapWriter()
    entry = pack(value, kind, heap, EmbedNothing())
    found, position, end = table(entry, heap)
    return read_value(found, kind, position, end)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (CimType.BOOLEAN, True),
        (CimType.BOOLEAN, False),
        (CimType.UINT32, 0xFFFFFFFF),
        (CimType.SINT8, -128),
        (CimType.REAL32, 1.5),
        (CimType.REAL64, 0.1),
        (CimType.CHAR16, "\ud800"),
        (CimType.STRING, ""),
        (CimType.STRING, "key"),
        (CimType.DATETIME, timedelta(days=1)),
        (CimType.DATETIME, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        (CimType.DATETIME, CimDateTime("2026**********.******+***")),
        (CimType.BOOLEAN_ARRAY, [True, False]),
        (CimType.UINT64_ARRAY, [2**64 - 1, 0]),
        (CimType.REAL64_ARRAY, [0.1]),
        (CimType.CHAR16_ARRAY, ["a", "b"]),
        (CimType.STRING_ARRAY, ["a", None, "\u6f22", ""]),
        (CimType.STRING_ARRAY, []),
        (CimType.DATETIME_ARRAY, [timedelta(1), None]),
    ],
)
def test_a_value_is_read_as_it_was_written(kind: CimType, value: Any) -> None:
    found = again(value, kind)
    assert found == value
    assert type(found) is type(value)


def test_true_is_every_bit_and_anything_but_none_is_true() -> None:
    assert pack(True, CimType.BOOLEAN, HeapWriter(), EmbedNothing()) == b"\xff\xff"  # noqa: FBT003
    for entry, value in ((b"\1\0", True), (b"\0\1", True), (b"\0\0", False)):
        found, position, end = table(entry, HeapWriter())
        assert read_value(found, CimType.BOOLEAN, position, end) is value


def test_a_reference_is_a_path() -> None:
    found = again(Instance("Thing"), CimType.REFERENCE)
    assert found == Instance("Path", {"Text": "Thing"})


@pytest.mark.parametrize(
    "kind", [CimType.STRING, CimType.DATETIME, CimType.REFERENCE, CimType.INSTANCE]
)
def test_a_reference_to_nothing_is_null(kind: CimType) -> None:
    found, position, end = table(b"\xff\xff\xff\xff", HeapWriter())
    assert read_value(found, kind, position, end) is None
    assert read_value(found, kind.array, position, end) is None


def test_an_empty_text_is_no_datetime_and_no_path_and_so_null() -> None:
    for kind in (CimType.DATETIME, CimType.REFERENCE):
        found, position, end = table(struct.pack("<I", 0x80000002), HeapWriter())
        assert read_value(found, kind, position, end) is None


def test_an_embedded_object_has_its_length_before_it() -> None:
    heap = HeapWriter()
    assert pack(Instance("Inner"), CimType.INSTANCE, heap, EmbedNothing()) == bytes(4)
    assert heap.octets()[4:] == struct.pack("<I", 5) + b"Inner"


def test_a_value_that_is_cut_off_is_refused() -> None:
    found, position, end = table(b"\0\0\0", HeapWriter())
    with pytest.raises(ProtocolError, match="cut off"):
        read_value(found, CimType.UINT32, position, end)
    with pytest.raises(ProtocolError, match="cut off"):
        read_value(found, CimType.UINT8, -1, end)


def test_an_array_that_is_longer_than_its_heap_is_refused() -> None:
    heap = HeapWriter()
    heap.add(struct.pack("<I", 0x40000000) + bytes(8))
    found, position, end = table(bytes(4), heap)
    with pytest.raises(ProtocolError, match="out of its heap"):
        read_value(found, CimType.UINT8_ARRAY, position, end)


def test_no_number_can_be_null_in_an_array() -> None:
    for kind in (CimType.UINT32_ARRAY, CimType.BOOLEAN_ARRAY, CimType.UINT8_ARRAY):
        with pytest.raises(InvalidParameter, match="no null"):
            pack([None], kind, HeapWriter(), EmbedNothing())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (CimType.UINT8, 256),
        (CimType.SINT32, "x"),
        (CimType.REAL32, 1e300),
        (CimType.UINT8, None),
        (CimType.STRING, 5),
    ],
)
def test_a_value_that_does_not_fit_is_refused(kind: CimType, value: Any) -> None:
    with pytest.raises(TypeMismatch, match=kind.cim_name):
        pack(value, kind, HeapWriter(), EmbedNothing())


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("20261122104015.724000+00", "20261122104015.724000+000"),  # Wine
        ("20261122104015.724000-60", "20261122104015.724000-060"),
        ("00000001020304.000005:00", "00000001020304.000005:000"),
        ("20261122", "20261122******.******+***"),
        ("20261122104015", "20261122104015.******+***"),
        (" 20261122104015.724000+060 ", "20261122104015.724000+060"),
        ("2026**********.******+***", "2026**********.******+***"),
    ],
)
def test_odd_forms_of_datetimes_are_understood(text: str, whole: str) -> None:
    assert read_datetime(text) == read_datetime(whole)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-11-22", "20261122104015.724000+0000", "x" * 99]
)
def test_what_is_no_datetime_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError, match="datetime"):
        read_datetime(text)


def test_numbers_need_no_reader() -> None:
    assert CimType.UINT32 not in READERS
    assert CimType.UINT32_ARRAY in READERS
