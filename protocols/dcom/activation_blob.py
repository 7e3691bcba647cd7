"""The blob that activation properties travel in, whichever they are (MS-DCOM 2.2.22).

A header lists the class and the size of each property; the properties follow one after the other.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from mi.errors import ProtocolError
from protocols.dcom.guids import NULL
from protocols.dcom.ndr import NdrReader, NdrWriter
from protocols.dcom.serialization import HEADER_SIZE, serialized, unserialized

__all__ = ["read_blob", "write_blob"]

_SIZES: Final = struct.Struct("<II")
_DIFFERENT_MACHINE: Final = 2  # MSHCTX_DIFFERENTMACHINE, of destCtx
_MOST_PROPERTIES: Final = 32  # there are nine kinds


def write_blob(properties: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the blob of properties.

    Args:
        properties: the class of each and its structure, without headers.
    """
    classes = [clsid for clsid, _ in properties]
    parts = [serialized(data) for _, data in properties]
    sizes = [len(part) for part in parts]
    header_size = len(_header(classes, sizes, 0))
    header = _header(classes, sizes, header_size)
    body = header + b"".join(parts)
    return _SIZES.pack(len(body), 0) + body


def _header(classes: Sequence[bytes], sizes: Sequence[int], header_size: int) -> bytes:
    writer = NdrWriter()
    writer.u32(header_size + sum(sizes), header_size, 0, _DIFFERENT_MACHINE, len(classes))
    writer.guid(NULL)
    writer.pointer()
    writer.pointer()
    writer.pointer(is_null=True)
    writer.conformant_guids(classes)
    writer.conformant_u32(sizes)
    return serialized(writer.data)


def read_blob(data: bytes) -> dict[bytes, bytes]:
    """Return the structures of a blob's properties, by their classes.

    Raises:
        ProtocolError: it is none, or its sizes contradict one another.
    """
    if len(data) < _SIZES.size:
        raise ProtocolError("an activation blob ends within its sizes")
    body = data[_SIZES.size :]
    reader = NdrReader(unserialized(body))
    reader.u32()
    header_size = reader.u32()
    reader.raw(8)
    count = reader.count(_MOST_PROPERTIES)
    reader.guid()
    has_classes, has_sizes = reader.pointer(), reader.pointer()
    reader.u32()
    if not (has_classes and has_sizes) or not HEADER_SIZE < header_size <= len(body):
        raise ProtocolError("the header of an activation blob is garbled")
    classes, sizes = reader.conformant_guids(), reader.conformant_u32()
    reader.expect(len(classes), count, "the number of activation properties")
    reader.expect(len(sizes), count, "the number of sizes of activation properties")
    found = {}
    for clsid, size in zip(classes, sizes, strict=True):
        found[clsid] = unserialized(body[header_size : header_size + size])
        header_size += size
    return found
