"""What every call on an object begins with, and every reply (MS-DCOM 2.2.13).

Both may carry extensions, of which one matters here: the error object that explains a failure. WMI
sends an `__ExtendedStatus` in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from mi.errors import ProtocolError
from protocols.dcom.guids import guid
from protocols.dcom.ndr import NdrReader, NdrWriter

__all__ = [
    "ERROR_EXTENSION",
    "OUR_VERSION",
    "Extension",
    "OrpcThat",
    "OrpcThis",
    "Version",
]

ERROR_EXTENSION: Final = guid("0000031C-0000-0000-C000-000000000046")
"""CLSID_ERROR_EXTENSION: its data is an OBJREF (MS-DCOM 2.2.21.1)."""

_MOST_EXTENSIONS: Final = 64


class Version(NamedTuple):
    """A version of the DCOM protocol (COMVERSION, MS-DCOM 2.2.11)."""

    major: int
    minor: int

    def agreed(self, other: Version) -> Version:
        """Return what two sides with the same major version speak (MS-DCOM 1.7)."""
        return Version(self.major, min(self.minor, other.minor))


OUR_VERSION: Final = Version(5, 7)
"""What is spoken here: the newest that there is."""


class Extension(NamedTuple):
    """An ORPC_EXTENT.

    Attributes:
        id: what it is, a GUID.
        data: what it says.
    """

    id: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class OrpcThis:
    """What a request begins with.

    Attributes:
        cause: the causality identifier, a GUID of the call and of those that it leads to.
        version: of DCOM.
        extensions: for whoever knows them.
    """

    cause: bytes
    version: Version = OUR_VERSION
    extensions: tuple[Extension, ...] = ()

    def write(self, writer: NdrWriter) -> None:
        """Write it."""
        writer.u16(*self.version)
        writer.u32(0, 0)
        writer.guid(self.cause)
        _write_extensions(writer, self.extensions)

    @classmethod
    def read(cls, reader: NdrReader) -> OrpcThis:
        """Read one.

        Raises:
            ProtocolError: it ends early, or its sizes contradict one another.
        """
        version = Version(reader.u16(), reader.u16())
        reader.raw(8)
        return cls(reader.guid(), version, _read_extensions(reader))


@dataclass(frozen=True, slots=True)
class OrpcThat:
    """What a reply begins with.

    Attributes:
        extensions: for whoever knows them.
    """

    extensions: tuple[Extension, ...] = ()

    @property
    def error(self) -> bytes | None:
        """The OBJREF of the error object, or None."""
        return next((one.data for one in self.extensions if one.id == ERROR_EXTENSION), None)

    def write(self, writer: NdrWriter) -> None:
        """Write it."""
        writer.u32(0)
        _write_extensions(writer, self.extensions)

    @classmethod
    def read(cls, reader: NdrReader) -> OrpcThat:
        """Read one.

        Raises:
            ProtocolError: it ends early, or its sizes contradict one another.
        """
        reader.u32()
        return cls(_read_extensions(reader))


def _write_extensions(writer: NdrWriter, extensions: tuple[Extension, ...]) -> None:
    """Write an ORPC_EXTENT_ARRAY: an even number of pointers, each to eight times some bytes."""
    writer.pointer(is_null=not extensions)
    if not extensions:
        return
    writer.u32(len(extensions), 0)
    writer.pointer()
    filler = len(extensions) % 2
    writer.u32(len(extensions) + filler)
    for _ in extensions:
        writer.pointer()
    for _ in range(filler):
        writer.pointer(is_null=True)
    for one in extensions:
        padded = one.data + bytes(-len(one.data) % 8)
        writer.u32(len(padded))
        writer.guid(one.id)
        writer.u32(len(one.data))
        writer.raw(padded)


def _read_extensions(reader: NdrReader) -> tuple[Extension, ...]:
    if not reader.pointer():
        return ()
    count = reader.count(_MOST_EXTENSIONS)
    reader.u32()
    if not reader.pointer():
        reader.expect(0, count, "the number of extensions")
        return ()
    pointers = [reader.pointer() for _ in range(reader.count(_MOST_EXTENSIONS + 1))]
    return tuple(_read_extension(reader) for is_there in pointers if is_there)


def _read_extension(reader: NdrReader) -> Extension:
    padded = reader.u32()
    identifier, size = reader.guid(), reader.u32()
    data = reader.raw(padded)
    if size > padded:
        raise ProtocolError("an extension of a call is longer than its own size")
    return Extension(identifier, data[:size])
