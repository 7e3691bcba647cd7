from __future__ import annotations

import pytest

from mi.errors import InvalidParameter, ProtocolError
from protocols.dcom import encoded_strings

TEXTS = {
    "": b"\0\0",
    "Base": b"\0Base\0",
    "h\xe9llo": b"\0h\xe9llo\0",
    "\u6f22": b"\1\x22\x6f\0\0",
    "\u0100\u0001\u0100": b"\1\0\1\1\0\0\1\0\0",
    "\U0001d11e": b"\1\x34\xd8\x1e\xdd\0\0",
    "\ud800x": b"\1\0\xd8x\0\0\0",
}


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_text_is_latin_1_if_it_can_be_and_utf_16_if_not(text: str) -> None:
    assert encoded_strings.encode(text) == TEXTS[text]
    data = b"..." + TEXTS[text] + b"..."
    assert encoded_strings.read(data, 3, len(data)) == (text, 3 + len(TEXTS[text]))


def test_a_null_character_cannot_be_in_a_text() -> None:
    with pytest.raises(InvalidParameter, match="null character"):
        encoded_strings.encode("a\0b")


@pytest.mark.parametrize("data", [b"", b"\0abc", b"\1a\0b\0", b"\1a\0b\0\0", b"\2abc\0"])
def test_what_is_no_whole_text_is_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError, match="cut off"):
        encoded_strings.read(data, 0, len(data))


def test_a_text_ends_before_what_it_is_in() -> None:
    with pytest.raises(ProtocolError, match="cut off"):
        encoded_strings.read(b"\0abc\0", 0, 4)


def test_well_known_names_are_references() -> None:
    assert encoded_strings.well_known("key") == 0x80000001
    assert encoded_strings.well_known("CIMTYPE") == 0x8000000A
    assert encoded_strings.well_known("Key") is None
    assert encoded_strings.of_dictionary(0x80000007) == "dynamic"
    assert encoded_strings.of_dictionary(0x80000002) == ""


def test_a_reference_beyond_the_dictionary_is_refused() -> None:
    with pytest.raises(ProtocolError, match="no entry 11"):
        encoded_strings.of_dictionary(0x8000000B)
