"""Structures on their own, outside of any call (type serialization version 1, MS-RPCE 2.2.6)."""

from __future__ import annotations

import struct
from typing import Final

from mi.errors import ProtocolError

__all__ = ["HEADER_SIZE", "serialized", "unserialized"]

HEADER_SIZE: Final = 16
"""Bytes of the two headers."""

_HEADERS: Final = struct.Struct("<BBHIII")
_VERSION, _LITTLE_ENDIAN, _COMMON_SIZE = 1, 0x10, 8
_FILLER: Final = 0xCCCCCCCC
_ALIGNMENT: Final = 8


def serialized(data: bytes) -> bytes:
    """Return a structure with its headers, filled up to a multiple of eight bytes."""
    padded = data + bytes(-len(data) % _ALIGNMENT)
    head = _HEADERS.pack(_VERSION, _LITTLE_ENDIAN, _COMMON_SIZE, _FILLER, len(padded), 0)
    return head + padded


def unserialized(data: bytes) -> bytes:
    """Return the structure that headers announce, and what fills it up.

    Raises:
        ProtocolError: there are no such headers, or it is shorter than they say.
    """
    if len(data) < HEADER_SIZE:
        raise ProtocolError("a serialized structure ends within its headers")
    version, order, common, _, size, _ = _HEADERS.unpack_from(data)
    if (version, order, common) != (_VERSION, _LITTLE_ENDIAN, _COMMON_SIZE):
        raise ProtocolError(f"a structure is serialized in another way (version {version})")
    found = data[HEADER_SIZE : HEADER_SIZE + size]
    if len(found) != size:
        raise ProtocolError(f"a serialized structure has {len(found)} bytes instead of {size}")
    return found
