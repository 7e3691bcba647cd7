import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.dcom.activation_blob import read_blob, write_blob

GUIDS = st.binary(min_size=16, max_size=16)
A, B = bytes(range(16)), bytes(16)


@given(st.dictionaries(GUIDS, st.binary(max_size=40), max_size=5))
def test_whatever_is_written_is_read(properties: dict[bytes, bytes]) -> None:
    found = read_blob(write_blob(list(properties.items())))
    assert set(found) == set(properties)
    assert all(found[clsid].startswith(data) for clsid, data in properties.items())


def changed(offset: int, value: int) -> bytes:
    blob = bytearray(write_blob([(A, b"one"), (B, b"two")]))
    struct.pack_into("<I", blob, offset, value)
    return bytes(blob)


# The blob's sizes take 8 bytes, the header's own headers 16.
HEADER_SIZE, COUNT, CLASSES, SIZES, FIRST_COUNT, SECOND_COUNT = 28, 40, 60, 64, 72, 108


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"1234", "within its sizes"),
        (changed(HEADER_SIZE, 8), "garbled"),
        (changed(HEADER_SIZE, 100_000), "garbled"),
        (changed(CLASSES, 0), "garbled"),
        (changed(SIZES, 0), "garbled"),
        (changed(COUNT, 1_000), "are allowed"),
        (changed(COUNT, 1), "number of activation properties is|number of"),
        (changed(SECOND_COUNT, 1), "number of sizes"),
        (changed(SECOND_COUNT + 4, 10_000), "within its headers|in another way"),
    ],
)
def test_sizes_that_contradict_one_another_are_told(blob: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        read_blob(blob)
