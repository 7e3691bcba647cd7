"""The head of a reply: its status line and its headers, read strictly (RFC 9112 4 to 6).

What is behind the lines of a head decides where the body ends, so whatever two readers could take
for two things is refused, and nothing is guessed: folded lines, blanks before a colon, names that
are no tokens, lines without a colon, lone carriage returns, zeros, lengths that are no numbers or
not the same, and a length beside an encoding. Only that a line feed alone ends a line is allowed,
as RFC 9112 2.2 allows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http.client import BadStatusLine, HTTPException, LineTooLong, RemoteDisconnected
from typing import BinaryIO, Final, NamedTuple, TypeVar, overload

__all__ = ["Head", "Headers", "read_head"]

T = TypeVar("T")

# The limits that http.client has.
_LONGEST_LINE: Final = 65536
_MOST_HEADERS: Final = 100

_STATUS: Final = re.compile(rb"HTTP/1\.([0-9]) +([1-9][0-9]{2})(?: ([^\0\r]*))?\Z")
# RFC 9110 5.6.2 and 5.5, which lets a reader keep the other control characters.
_FIELD: Final = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*)$", re.MULTILINE)
_LENGTH: Final = re.compile(r"[0-9]{1,18}\Z")

_INTERIM: Final = range(100, 200)
_SWITCHING: Final = 101  # nobody asked for another protocol, so it is the last that is understood
_BODILESS: Final = (_SWITCHING, 204, 304)


class Headers(Mapping[str, str]):
    """Headers by their names without case; several of one name are joined by commas."""

    __slots__ = ("_values",)

    def __init__(self, values: dict[str, str]) -> None:
        """Hold `values`, whose names are in lower case."""
        self._values = values

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | T) -> str | T: ...
    def get(self, name: str, /, default: str | T | None = None) -> str | T | None:
        """Return the value of a header, or `default`; the mapping's own raises on the way."""
        return self._values.get(name.lower(), default)


class Head(NamedTuple):
    """A head.

    Attributes:
        version: 10 or 11, as http.client has it.
        status: the HTTP status.
        reason: the phrase after it.
        headers: what follows.
        length: bytes of the body; None where it is in chunks, or ends with the connection.
        is_chunked: whether the body comes in chunks, and no other way.
        closes: whether the server closes the connection after this reply.
    """

    version: int
    status: int
    reason: str
    headers: Headers
    length: int | None
    is_chunked: bool
    closes: bool


def read_head(stream: BinaryIO) -> Head:
    """Read up to the body of a reply, past whatever the server says before it is one.

    Raises:
        HTTPException: it is no head, or its length can be read in two ways.
        LineTooLong: a line of it has more than 65,536 bytes.
        RemoteDisconnected: it is cut off.
    """
    while True:
        version, status, reason = _status(_line(stream, "status line"))
        values = _fields(stream)
        if status not in _INTERIM or status == _SWITCHING:
            break
    encoding = values.get("transfer-encoding")
    length = _length(values.get("content-length"), encoding)
    if status in _BODILESS:
        length = 0
    is_chunked = encoding is not None and encoding.lower() == "chunked" and length is None
    closes = _closes(version, values) or (length is None and not is_chunked)
    return Head(version, status, reason, Headers(values), length, is_chunked, closes)


def _line(stream: BinaryIO, what: str) -> bytes:
    """Return the next line without its end."""
    line = stream.readline(_LONGEST_LINE + 1)
    if len(line) > _LONGEST_LINE:
        raise LineTooLong(what)
    if line.endswith(b"\r\n"):
        return line[:-2]
    if not line.endswith(b"\n"):
        raise RemoteDisconnected("the head of the reply is cut off")
    return line[:-1]


def _status(line: bytes) -> tuple[int, int, str]:
    found = _STATUS.match(line)
    if found is None:
        raise BadStatusLine(line.decode("latin-1"))
    minor, status, reason = found.groups(b"")
    return 10 if minor == b"0" else 11, int(status), reason.decode("latin-1").strip()


def _fields(stream: BinaryIO) -> dict[str, str]:
    """Return the headers up to the empty line, by their names in lower case."""
    lines = []
    while line := _line(stream, "header line"):
        lines.append(line)
        if len(lines) > _MOST_HEADERS:
            raise HTTPException(f"got more than {_MOST_HEADERS} headers")
    text = b"\n".join(lines).decode("latin-1")
    found = _FIELD.findall(text)
    if len(found) != len(lines):
        wrong = next(one for one in text.split("\n") if not _FIELD.match(one))
        raise HTTPException(f"a line of the head is no header: {wrong[:80]!r}")
    values: dict[str, str] = {}
    for written, value in found:
        name = written.lower()
        kept = value.rstrip(" \t")
        values[name] = f"{values[name]}, {kept}" if name in values else kept
    return values


def _length(text: str | None, encoding: str | None) -> int | None:
    """Return what Content-Length says, which several of them must say alike (RFC 9112 6.3)."""
    if text is None:
        return None
    if encoding is not None:
        raise HTTPException("the reply has a Content-Length beside a Transfer-Encoding")
    lengths = {one.strip(" \t") for one in text.split(",")} if "," in text else {text}
    length = lengths.pop()
    if lengths or not _LENGTH.match(length):
        raise HTTPException(f"the reply has a Content-Length that is none: {text[:80]!r}")
    return int(length)


def _closes(version: int, values: Mapping[str, str]) -> bool:
    """Whether the server says that it closes the connection, as http.client understands it."""
    connection = values.get("connection", "").lower()
    if version != 10:  # noqa: PLR2004 - HTTP/1.0
        return "close" in connection
    is_kept = "keep-alive" in connection or "keep-alive" in values
    return not is_kept and "keep-alive" not in values.get("proxy-connection", "").lower()
