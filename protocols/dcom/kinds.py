"""The kinds of parameters that the methods here have: how each is written and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from protocols.dcom.ndr import NdrReader, NdrWriter
from protocols.dcom.objref import Standard
from protocols.dcom.orpc import Version
from protocols.dcom.string_bindings import DualStringArray

__all__ = [
    "BINDINGS",
    "BSTR",
    "GUID",
    "GUIDS",
    "I32",
    "INTERFACE",
    "INTERFACES",
    "NUMBERS",
    "OIDS",
    "POINTED_INTERFACE",
    "QUERY_RESULTS",
    "RELEASES",
    "U16",
    "U32",
    "U64",
    "VERSION",
    "WANTED",
    "WIDE",
    "Interfaces",
    "Kind",
    "QueryResult",
    "Release",
]


class Kind(NamedTuple):
    """How values of one kind are written and read.

    Attributes:
        write: writes one.
        read: reads one.
        nothing: the value that stands for none, in the reply of a call that failed.
    """

    write: Callable[[NdrWriter, Any], None]
    read: Callable[[NdrReader], Any]
    nothing: Any = None


class Interfaces(NamedTuple):
    """An array of interface pointers that need not be full.

    Attributes:
        room: elements that it could have.
        references: the OBJREFs that it has.
    """

    room: int
    references: Sequence[bytes]


class QueryResult(NamedTuple):
    """What became of asking for one interface (REMQIRESULT, MS-DCOM 2.2.24).

    Attributes:
        hresult: whether there is one.
        standard: which it is.
    """

    hresult: int
    standard: Standard


class Release(NamedTuple):
    """References that are given back (REMINTERFACEREF, MS-DCOM 2.2.23).

    Attributes:
        ipid: to which interface.
        references: how many.
    """

    ipid: bytes
    references: int


def _write_bindings(writer: NdrWriter, value: DualStringArray) -> None:
    writer.pointer()
    value.write(writer)


def _read_bindings(reader: NdrReader) -> DualStringArray:
    return DualStringArray.read(reader) if reader.pointer() else DualStringArray()


def _write_wanted(writer: NdrWriter, value: bool) -> None:
    writer.pointer(is_null=not value)
    if value:
        writer.pointer(is_null=True)


def _read_wanted(reader: NdrReader) -> bool:
    if not reader.pointer():
        return False
    reader.interface()
    return True


def _write_pointed(writer: NdrWriter, value: bytes | None) -> None:
    writer.pointer(is_null=value is None)
    if value is not None:
        writer.interface(value)


def _read_pointed(reader: NdrReader) -> bytes | None:
    return reader.interface() if reader.pointer() else None


def _write_interfaces(writer: NdrWriter, value: Interfaces) -> None:
    writer.u32(value.room, 0, len(value.references))
    for _ in value.references:
        writer.pointer()
    for reference in value.references:
        writer.interface_body(reference)


def _read_interfaces(reader: NdrReader) -> Interfaces:
    room = reader.u32()
    reader.expect(reader.u32(), 0, "the first element of an array")
    pointers = [reader.pointer() for _ in range(reader.count(reader.remaining // 4))]
    return Interfaces(room, [reader.interface_body() for is_there in pointers if is_there])


def _write_oids(writer: NdrWriter, value: tuple[int, ...]) -> None:
    writer.pointer(is_null=not value)
    if value:
        writer.u32(len(value))
        writer.u64(*value)


def _read_oids(reader: NdrReader) -> tuple[int, ...]:
    if not reader.pointer():
        return ()
    return tuple(reader.u64() for _ in range(reader.count(reader.remaining // 8)))


def _write_releases(writer: NdrWriter, value: Sequence[Release]) -> None:
    writer.u32(len(value))
    for one in value:
        writer.guid(one.ipid)
        writer.u32(one.references, 0)


def _read_releases(reader: NdrReader) -> list[Release]:
    found = []
    for _ in range(reader.count(reader.remaining // 24)):
        found.append(Release(reader.guid(), reader.u32()))
        reader.u32()
    return found


def _write_results(writer: NdrWriter, value: Sequence[QueryResult]) -> None:
    writer.pointer(is_null=not value)
    if value:
        writer.u32(len(value))
        for one in value:
            writer.align(8)
            writer.u32(one.hresult)
            writer.align(8)
            writer.raw(one.standard.packed())


def _read_results(reader: NdrReader) -> list[QueryResult]:
    if not reader.pointer():
        return []
    found = []
    for _ in range(reader.count(reader.remaining // 40)):
        reader.align(8)
        hresult = reader.u32()
        reader.align(8)
        found.append(QueryResult(hresult, Standard.unpacked(reader.raw(40))))
    return found


def _write_version(writer: NdrWriter, value: Version) -> None:
    writer.u16(*value)


def _read_version(reader: NdrReader) -> Version:
    return Version(reader.u16(), reader.u16())


U16: Final = Kind(NdrWriter.u16, NdrReader.u16, 0)
"""An unsigned short."""

U32: Final = Kind(NdrWriter.u32, NdrReader.u32, 0)
"""An unsigned long."""

I32: Final = Kind(NdrWriter.u32, NdrReader.i32, 0)
"""A long."""

U64: Final = Kind(NdrWriter.u64, NdrReader.u64, 0)
"""An unsigned hyper."""

GUID: Final = Kind(NdrWriter.guid, NdrReader.guid, bytes(16))
"""A GUID."""

GUIDS: Final = Kind(NdrWriter.conformant_guids, NdrReader.conformant_guids, ())
"""An array of GUIDs with its size."""

NUMBERS: Final = Kind(NdrWriter.conformant_u32, NdrReader.conformant_u32, ())
"""An array of unsigned longs with its size."""

WIDE: Final = Kind(NdrWriter.wide, NdrReader.wide)
"""A zero-terminated string, or None ([unique, string])."""

BSTR: Final = Kind(NdrWriter.bstr, NdrReader.bstr)
"""A BSTR, or None."""

INTERFACE: Final = Kind(NdrWriter.interface, NdrReader.interface)
"""The OBJREF of an interface pointer, or None."""

WANTED: Final = Kind(_write_wanted, _read_wanted, nothing=False)
"""Whether the caller wants an interface pointer ([in, out, unique], in the request)."""

POINTED_INTERFACE: Final = Kind(_write_pointed, _read_pointed)
"""The OBJREF that the caller wanted, or None ([in, out, unique], in the reply)."""

INTERFACES: Final = Kind(_write_interfaces, _read_interfaces, Interfaces(0, ()))
"""An array of interface pointers that need not be full."""

OIDS: Final = Kind(_write_oids, _read_oids, ())
"""Objects of an exporter ([unique, size_is])."""

RELEASES: Final = Kind(_write_releases, _read_releases, ())
"""References that are given back."""

QUERY_RESULTS: Final = Kind(_write_results, _read_results, ())
"""What became of asking for interfaces."""

BINDINGS: Final = Kind(_write_bindings, _read_bindings, DualStringArray())
"""Where an exporter listens."""

VERSION: Final = Kind(_write_version, _read_version, Version(0, 0))
"""A version of DCOM."""
