"""Requests to the script on the host and its answers, in the form of .NET's BinaryWriter.

Integers have their low byte first. A text is UTF-8 behind its length, which has seven bits to a
byte, the low ones first.

| request                          | answer                                                    |
| -------------------------------- | --------------------------------------------------------- |
| LOOK path, 1 to open it, or 0    | DONE, the whole path, an entry                            |
| LIST folder                      | MORE and an entry for each, DONE                          |
| DIGEST file, size                | DONE, SHA-256 of so many bytes from its begin             |
| HASH file, size                  | none; the next DIGEST or COMMIT has so much less to do    |
| MAKE_FOLDER path                 | DONE                                                      |
| DELETE file                      | DONE                                                      |
| OPEN file, size                  | DONE; so many of its bytes stay, and nobody else has it   |
| JOIN file                        | DONE; others may write it, too                            |
| WRITE size, offset, bytes        | none                                                      |
| SYNC                             | DONE: it is written                                       |
| LEAVE                            | DONE: it is written, and the file closed                  |
| COMMIT file, time, name, digest  | DONE: it is named so, in the place of what was            |
| READ file, offset, size          | MORE, size, bytes; DONE                                   |

Each may be answered by FAILED, an HRESULT, the name of an exception and its message instead. What
goes wrong in WRITE is the answer to the next SYNC, LEAVE or COMMIT.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from mi.errors import ProtocolError

__all__ = [
    "DIGEST_SIZE",
    "LATEST",
    "LONGEST_PATH",
    "NO_ATTRIBUTES",
    "PROBE",
    "Attribute",
    "Entry",
    "Reader",
    "Source",
    "Status",
    "Verb",
    "request",
    "written_entry",
    "written_int",
    "written_long",
    "written_text",
]

PROBE: Final = bytes(range(256))
"""What each side says first."""

DIGEST_SIZE: Final = 32
LONGEST_PATH: Final = 32767
"""UTF-16 units that a path of Windows has at most."""
LATEST: Final = 2_650_467_743_999_999_999
"""The last moment that .NET's DateTime has, in 100 ns since 1601: the end of 9999."""
NO_ATTRIBUTES: Final = -1
"""The attributes of what is not there."""

_BYTES_OF_A_UNIT: Final = 3  # a UTF-16 unit is at most so many in UTF-8
_INT: Final = struct.Struct("<i")
_LONG: Final = struct.Struct("<q")
_SEVEN_BITS: Final = 0x7F
_MORE_BITS: Final = 0x80
_MOST_LENGTH_BYTES: Final = 5


class Verb(IntEnum):
    """What is asked."""

    LOOK = ord("S")
    LIST = ord("L")
    DIGEST = ord("D")
    HASH = ord("H")
    MAKE_FOLDER = ord("M")
    DELETE = ord("X")
    OPEN = ord("O")
    JOIN = ord("J")
    WRITE = ord("W")
    SYNC = ord("Y")
    LEAVE = ord("Z")
    COMMIT = ord("C")
    READ = ord("G")


class Status(IntEnum):
    """How an answer, or a part of it, begins."""

    DONE = 0
    FAILED = 1
    MORE = 2


class Attribute(IntEnum):
    """The attributes that matter here (FILE_ATTRIBUTE_*)."""

    READ_ONLY = 0x1
    FOLDER = 0x10
    LINK = 0x400


class Entry(NamedTuple):
    """A file, a folder, or nothing.

    Attributes:
        name: without its folder.
        attributes: Windows' own, or -1 for what is not there.
        size: bytes; 0 for a folder.
        time: of the last change, in 100 ns since 1601, UTC.
    """

    name: str
    attributes: int
    size: int = 0
    time: int = 0

    @property
    def exists(self) -> bool:
        """Whether it is there."""
        return self.attributes != NO_ATTRIBUTES

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, or a link to one."""
        return self.exists and bool(self.attributes & Attribute.FOLDER)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, a junction, or another reparse point."""
        return self.exists and bool(self.attributes & Attribute.LINK)

    @property
    def is_read_only(self) -> bool:
        """Whether it must not be written to."""
        return self.exists and bool(self.attributes & Attribute.READ_ONLY)


# Writing


def written_int(value: int) -> bytes:
    """Return a 32-bit integer."""
    return _INT.pack(value)


def written_long(value: int) -> bytes:
    """Return a 64-bit integer."""
    return _LONG.pack(value)


def written_text(text: str) -> bytes:
    """Return a text."""
    data = text.encode()
    length, prefix = len(data), bytearray()
    while length > _SEVEN_BITS:
        prefix.append(length & _SEVEN_BITS | _MORE_BITS)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + data


def written_entry(entry: Entry) -> bytes:
    """Return an entry."""
    return b"".join(
        (
            written_text(entry.name),
            written_int(entry.attributes),
            written_long(entry.size),
            written_long(entry.time),
        )
    )


def request(verb: Verb, path: str = "", number: int = 0) -> bytes:
    """Return the beginning of a request, which is all of most."""
    return bytes((verb,)) + written_text(path) + written_long(number)


# Reading


class Source(Protocol):
    """Where bytes come from."""

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        ...


class Reader:
    """Reads what was written so, and believes no length."""

    def __init__(self, source: Source) -> None:
        """Read from a source."""
        self._source = source

    def byte(self) -> int:
        """Return a byte."""
        return self._source.take(1)[0]

    def integer(self) -> int:
        """Return a 32-bit integer."""
        found: int = _INT.unpack(self._source.take(_INT.size))[0]
        return found

    def long(self) -> int:
        """Return a 64-bit integer."""
        found: int = _LONG.unpack(self._source.take(_LONG.size))[0]
        return found

    def digest(self) -> bytes:
        """Return a SHA-256."""
        return self._source.take(DIGEST_SIZE)

    def text(self, most: int = LONGEST_PATH) -> str:
        """Return a text.

        Args:
            most: UTF-16 units that it may have.

        Raises:
            ProtocolError: it is longer, or not UTF-8.
        """
        length = self._length()
        if length > most * _BYTES_OF_A_UNIT:
            raise ProtocolError(f"a text of {length} bytes is longer than it can be")
        try:
            return self._source.take(length).decode()
        except UnicodeDecodeError as error:
            raise ProtocolError("a text is not UTF-8") from error

    def entry(self) -> Entry:
        """Return an entry.

        Raises:
            ProtocolError: it is none.
        """
        entry = Entry(self.text(), self.integer(), self.long(), self.long())
        if entry.size < 0:
            raise ProtocolError(f"{entry.name!r} cannot have {entry.size} bytes")
        if not 0 <= entry.time <= LATEST:
            raise ProtocolError(f"{entry.name!r} cannot have been changed at {entry.time}")
        return entry

    def _length(self) -> int:
        length = 0
        for place in range(_MOST_LENGTH_BYTES):
            byte = self.byte()
            length |= (byte & _SEVEN_BITS) << 7 * place
            if not byte & _MORE_BITS:
                return length
        raise ProtocolError("a text has no end of its length")
