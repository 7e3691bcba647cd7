import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.dcom.serialization import serialized, unserialized


def test_the_headers_are_what_the_specification_says() -> None:
    assert serialized(b"123456789") == bytes.fromhex(
        "01100800 cccccccc 10000000 00000000"
    ) + b"123456789".ljust(16, b"\0")


@given(st.binary(max_size=50), st.binary(max_size=20))
def test_whatever_is_written_is_read(data: bytes, more: bytes) -> None:
    found = unserialized(serialized(data) + more)
    assert found.startswith(data)
    assert len(found) % 8 == 0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x01\x10", "within its headers"),
        (bytes(16), "in another way"),
        (serialized(b"12345678")[:-1], "7 bytes instead of 8"),
    ],
)
def test_what_is_none_is_told(data: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        unserialized(data)
