"""A host that answers by whatever it likes can do no more than fail a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from hypothesis import given
from hypothesis import strategies as st

from mi.errors import MIError
from mi.files.copy import Copy
from mi.files.manner import CopyKeywords
from mi.files.requests import PROBE, Entry, written_entry, written_int, written_text
from mi.shell_calls import Output


class Far:
    """A session, its shell, the command and its stdin, which says what it was made with."""

    exit_code = 0

    def __init__(self, data: bytes, cuts: list[int]) -> None:
        self._data = data
        self._cuts = cuts
        self.closed = 0
        self.stdin = self

    def shell(self, **_: Any) -> Self:
        return self

    def start(self, *_: Any, **__: Any) -> Self:
        return self

    def write(self, data: bytes) -> None:
        assert data

    def close(self) -> None:
        self.closed += 1

    def output(self) -> Iterator[Output]:
        begin = 0
        for cut in [*sorted(self._cuts), len(self._data)]:
            yield Output("stdout", self._data[begin:cut])
            begin = max(begin, cut)


NAMES = st.one_of(st.text(max_size=8), st.sampled_from(["..", "a", "b\\c", "C:", "/etc", "x/../y"]))
ENTRIES = st.builds(
    Entry, NAMES, st.sampled_from([-1, 0x10, 0x20, 0x410]), st.integers(-1, 6), st.integers(0, 9)
).map(written_entry)
CHUNKS = st.binary(max_size=6).map(lambda data: written_int(len(data)) + data)
PARTS = st.one_of(
    st.sampled_from([b"\0", b"\1", b"\2"]),
    ENTRIES,
    NAMES.map(written_text),
    CHUNKS,
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=20),
)

WHOLE = b"\0" + written_text("C:\\a")
BEGINS = st.sampled_from(
    [
        b"",
        WHOLE + written_entry(Entry("a", 0x20, 5)),
        WHOLE + written_entry(Entry("a", 0x10)),
        WHOLE + written_entry(Entry("a", 0x10)) + b"\2" + written_entry(Entry("b", 0x20, 6)),
        WHOLE + written_entry(Entry("a", -1)) + b"\0",
    ]
)


def copied(far: Far, keywords: CopyKeywords, *, is_from: bool) -> list[str]:
    """Return what is on this machine after a copy, which may have failed."""
    with TemporaryDirectory() as folder:
        Path(folder, "mine").write_text("mine")
        inside = Path(folder, "in", "here")
        copy: Any = Copy(far, 512_000, None, keywords)  # type: ignore[arg-type]
        try:
            if is_from:
                copy.from_host("C:\\a", inside)
            else:
                copy.to_host(Path(folder, "mine"), "C:\\a")
        except MIError:
            pass
        assert far.closed
        assert Path(folder, "mine").read_text() == "mine"
        return [str(path.relative_to(folder)) for path in Path(folder).rglob("*")]


@given(
    BEGINS,
    st.lists(PARTS, max_size=12),
    st.lists(st.integers(256, 600), max_size=3),
    st.booleans(),
)
def test_nothing_is_written_but_in_the_target(
    begin: bytes, parts: list[bytes], cuts: list[int], resume: bool
) -> None:
    far = Far(PROBE + b"\0" + begin + b"".join(parts), cuts)
    found = copied(far, CopyKeywords(resume=resume, follow_links=resume), is_from=True)
    left = {"in", "in/here", "in/.here.mi-part", "mine"}
    assert all(path in left or path.startswith("in/here/") for path in found)


@given(
    BEGINS,
    st.lists(PARTS, max_size=12),
    st.lists(st.integers(256, 600), max_size=3),
    st.booleans(),
)
def test_nothing_is_changed_by_a_copy_to_a_host(
    begin: bytes, parts: list[bytes], cuts: list[int], resume: bool
) -> None:
    far = Far(PROBE + b"\0" + begin + b"".join(parts), cuts)
    assert copied(far, CopyKeywords(resume=resume), is_from=False) == ["mine"]


@given(st.binary(max_size=300))
def test_a_greeting_may_be_anything(data: bytes) -> None:
    assert copied(Far(data, []), CopyKeywords(), is_from=True) == ["mine"]
