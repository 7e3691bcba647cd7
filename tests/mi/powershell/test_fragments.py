"""Fragments of PowerShell remoting, as far as they must be looked at."""

import struct

import pytest

from mi.errors import ProtocolError
from mi.powershell import fragments
from mi.powershell.fragments import FragmentReader, fragment_limit


def _fragment(number: int, content: bytes, place: int = 0, *, is_last: bool = True) -> bytes:
    return struct.pack(">QQBI", number, place, is_last << 1 | (place == 0), len(content)) + content


_DATA = _fragment(1, b"first") + _fragment(2, b"") + _fragment(3, b"x" * 300)


@pytest.mark.parametrize("size", [1, 5, 21, 22, 1000])
def test_whole_fragments_come_out_however_they_are_cut(size: int) -> None:
    reader = FragmentReader()
    found = []
    for start in range(0, len(_DATA), size):
        found += reader.feed(_DATA[start : start + size])
    assert found == [_fragment(1, b"first"), _fragment(2, b""), _fragment(3, b"x" * 300)]


def test_what_is_incomplete_is_kept() -> None:
    reader = FragmentReader()
    assert reader.feed(_DATA[:30]) == [_DATA[:26]]
    assert reader.feed(b"") == []
    assert b"".join(reader.feed(_DATA[30:])) == _DATA[26:]


def test_an_object_larger_than_any_may_be_is_refused() -> None:
    reader = FragmentReader()
    with pytest.raises(ProtocolError, match="an object of 4294967295 bytes"):
        reader.feed(struct.pack(">QQBI", 1, 0, 1, 0xFFFFFFFF))


def test_the_fragments_of_an_object_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "_MOST_BYTES", 10)
    reader = FragmentReader()
    reader.feed(_fragment(1, b"x" * 6, is_last=False))
    reader.feed(_fragment(2, b"x" * 6))
    with pytest.raises(ProtocolError, match="an object of 12 bytes"):
        reader.feed(_fragment(1, b"x" * 6, 1))


def test_more_open_objects_than_any_need_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fragments, "_MOST_OPEN", 3)
    reader = FragmentReader()
    for number in range(3):
        reader.feed(_fragment(number, b"x", is_last=False))
    with pytest.raises(ProtocolError, match="of 4 at a time"):
        reader.feed(_fragment(3, b"x", is_last=False))


_HEADER = b"<!" * 20  # whatever numbers and GUIDs there may be


@pytest.mark.parametrize(
    "pieces",
    [
        (_HEADER + b"<!DOCTYPE x>",), (_HEADER + b"<", b"!DOCTYPE x>"),
        (_HEADER + b"<x/><", b"!ENTITY"), (_HEADER[:30], _HEADER[30:] + b"<!DOCTYPE x>"),
    ],
)  # fmt: skip
def test_an_xml_declaration_is_refused_though_it_is_cut(pieces: tuple[bytes, ...]) -> None:
    reader = FragmentReader()
    fragments_ = (_fragment(1, piece, place) for place, piece in enumerate(pieces))
    *earlier, last = (one[:16] + bytes([one[16] & 1]) + one[17:] for one in fragments_)
    for fragment in earlier:
        reader.feed(fragment)
    with pytest.raises(ProtocolError, match="XML declaration"):
        reader.feed(last)


@pytest.mark.parametrize("cut", [0, 1, 39, 40, 41])
def test_what_is_in_front_of_the_xml_is_no_declaration(cut: int) -> None:
    content = _HEADER + b"<x/>"
    reader = FragmentReader()
    first = _fragment(1, content[:cut], is_last=False)
    assert reader.feed(first + _fragment(1, content[cut:], 1)) != []


def test_a_fragment_fills_an_envelope_and_no_more() -> None:
    assert fragment_limit(512000) == (512000 - 4096) // 4 * 3
    assert fragment_limit(0) == 1024
