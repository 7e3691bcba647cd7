"""Output as text: every piece in its turn, no character split, nothing that fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import InvalidParameter
from mi.output_text import Lines, Text, check_encoding, encoding_of


@pytest.mark.parametrize(
    ("codepage", "encoding"),
    [
        (65001, "utf-8"),
        (437, "cp437"),
        (850, "cp850"),
        (932, "cp932"),
        (1252, "cp1252"),
        (1200, "utf-16-le"),
        (20866, "koi8-r"),
        (28591, "iso8859-1"),
        (28605, "iso8859-15"),
        (54936, "gb18030"),
    ],
)
def test_a_code_page_is_an_encoding(codepage: int, encoding: str) -> None:
    assert encoding_of(codepage) == encoding


@pytest.mark.parametrize("unknown", [57002, -1])
def test_a_code_page_that_python_does_not_have_is_refused(unknown: int) -> None:
    with pytest.raises(InvalidParameter, match=f"cp{unknown}"):
        encoding_of(unknown)


@pytest.mark.parametrize("name", ["klingon", "base64"])
def test_an_encoding_that_is_none_of_text_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match=name):
        check_encoding(name)


@given(st.text(), st.sampled_from(["utf-8", "utf-16-le", "gb18030"]), st.data())
def test_text_is_the_same_however_it_is_cut(text: str, encoding: str, data: st.DataObject) -> None:
    whole = text.encode(encoding)
    cut = data.draw(st.integers(0, len(whole)))
    decoder = Text(encoding)
    assert decoder.feed(whole[:cut]) + decoder.feed(whole[cut:], is_end=True) == text


def test_what_is_no_text_becomes_a_replacement_character() -> None:
    decoder = Text("utf-8")
    assert decoder.feed(b"a\xff\xfeb") == "a\ufffd\ufffdb"
    assert decoder.feed(b"\xe2\x82") == ""
    assert decoder.feed(b"", is_end=True) == "\ufffd"


def test_lines_come_when_they_have_ended() -> None:
    lines = Lines("utf-8")
    assert list(lines.feed(b"one\r\ntw")) == ["one"]
    assert list(lines.feed(b"o")) == []
    assert list(lines.feed(b"\r")) == []
    assert list(lines.feed(b"\n\nlast")) == ["two", ""]
    assert list(lines.feed(b"", is_end=True)) == ["last"]


def test_a_last_line_need_not_end() -> None:
    assert list(Lines("utf-8").feed(b"a\n", is_end=True)) == ["a"]
    assert list(Lines("utf-8").feed(b"", is_end=True)) == []
    assert list(Lines("utf-8").feed(b"a\rb", is_end=True)) == ["a\rb"]


@given(st.lists(st.binary(max_size=6), max_size=8))
def test_lines_are_those_of_the_whole_however_it_is_cut(pieces: list[bytes]) -> None:
    lines = Lines("utf-8")
    found = [line for piece in pieces for line in lines.feed(piece)]
    found += lines.feed(b"", is_end=True)
    *ended, rest = b"".join(pieces).decode("utf-8", "replace").split("\n")
    assert found == [line.removesuffix("\r") for line in ended] + ([rest] if rest else [])
