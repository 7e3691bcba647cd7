"""Requests to the script on the host and its answers, byte by byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from mi.files.requests import (
    LATEST,
    Attribute,
    Entry,
    Reader,
    Verb,
    request,
    written_entry,
    written_int,
    written_long,
    written_text,
)


class Bytes:
    """A source that holds all of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        if size > len(self.data):
            raise ProtocolError("no more")
        taken, self.data = self.data[:size], self.data[size:]
        return taken


def reader(data: bytes) -> Reader:
    return Reader(Bytes(data))


def test_the_form_is_that_of_dot_nets_binary_writer() -> None:
    assert written_text("") == b"\0"
    assert written_text("ü") == b"\x02\xc3\xbc"
    assert written_text("x" * 300) == b"\xac\x02" + b"x" * 300
    assert written_int(-1) == b"\xff\xff\xff\xff"
    assert written_long(1) == b"\x01" + bytes(7)
    assert request(Verb.LOOK, "C:\\", 2) == b"S\x03C:\\\x02" + bytes(7)


@given(st.text(max_size=2000), st.integers(-(1 << 31), (1 << 31) - 1))
def test_what_is_written_is_read(text: str, number: int) -> None:
    assert reader(written_text(text)).text() == text
    assert reader(written_int(number)).integer() == number
    assert reader(written_long(number)).long() == number


@given(st.text(max_size=20), st.integers(-1, 4096), st.integers(0, 1 << 62), st.integers(0, LATEST))
def test_an_entry_is_read_as_it_was_written(name: str, bits: int, size: int, time: int) -> None:
    entry = Entry(name, bits, size, time)
    assert reader(written_entry(entry)).entry() == entry


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        reader(data).entry()
    except ProtocolError:
        return


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xff\xff\xff\x07", "is longer than it can be"),
        (b"\x80" * 6, "has no end of its length"),
        (b"\x02\xff\xff", "is not UTF-8"),
    ],
)
def test_a_text_that_is_none_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        reader(data).text()


def test_a_size_below_nothing_is_refused() -> None:
    with pytest.raises(ProtocolError, match="cannot have -1 bytes"):
        reader(written_entry(Entry("a", 0, -1))).entry()


@pytest.mark.parametrize("time", [-1, LATEST + 1])
def test_a_time_that_dot_net_cannot_give_is_refused(time: int) -> None:
    with pytest.raises(ProtocolError, match="cannot have been changed at"):
        reader(written_entry(Entry("a", 0, 0, time))).entry()


def test_attributes_say_what_an_entry_is() -> None:
    nothing, folder = Entry("a", -1), Entry("a", Attribute.FOLDER)
    assert (nothing.exists, nothing.is_folder, nothing.is_link) == (False, False, False)
    assert not nothing.is_read_only
    assert (folder.exists, folder.is_folder, folder.is_link) == (True, True, False)
    assert Entry("a", Attribute.READ_ONLY).is_read_only
    assert Entry("a", Attribute.LINK | 0x20).is_link
