"""References to objects (OBJREF, MS-DCOM 2.2.18): where one lives, or the object itself.

A standard reference names an exporter, an object and one of its interfaces; a custom one carries
whatever its class has made of the object, as WMI does with its objects and contexts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mi.errors import ProtocolError
from protocols.dcom.guids import text_of
from protocols.dcom.string_bindings import DualStringArray

__all__ = ["CustomReference", "Standard", "StandardReference", "read_custom", "read_standard"]

_SIGNATURE: Final = b"MEOW"
_HEAD: Final = struct.Struct("<4sI16s")
_STANDARD: Final = struct.Struct("<IIQQ16s")
_CUSTOM: Final = struct.Struct("<16sII")
_GUID_SIZE: Final = 16
_EXTENDED_SIGNATURE: Final = 0x4E535956  # MS-DCOM 2.2.18.7
_FLAG_STANDARD, _FLAG_HANDLER, _FLAG_CUSTOM, _FLAG_EXTENDED = 1, 2, 4, 8
# What stands between the STDOBJREF and the addresses.
_BEFORE_ADDRESSES: Final = {_FLAG_STANDARD: 0, _FLAG_HANDLER: _GUID_SIZE, _FLAG_EXTENDED: 4}


class Standard(NamedTuple):
    """A STDOBJREF (MS-DCOM 2.2.18.1).

    Attributes:
        oxid: the object exporter.
        oid: the object.
        ipid: the interface, a GUID.
        references: how many the client holds by having got this one.
        flags: SORF_NOPING is 0x1000: the object needs no pings.
    """

    oxid: int
    oid: int
    ipid: bytes
    references: int = 5  # as Windows gives them away
    flags: int = 0

    def packed(self) -> bytes:
        """Return its forty bytes."""
        return _STANDARD.pack(self.flags, self.references, self.oxid, self.oid, self.ipid)

    @classmethod
    def unpacked(cls, data: bytes) -> Standard:
        """Return what forty bytes say."""
        flags, references, oxid, oid, ipid = _STANDARD.unpack(data)
        return cls(oxid, oid, ipid, references, flags)


@dataclass(frozen=True, slots=True)
class StandardReference:
    """A reference to an object that lives elsewhere.

    Attributes:
        iid: what the interface is.
        standard: which object and interface.
        resolver: where the resolver of its exporter listens; empty where that goes without saying.
    """

    iid: bytes
    standard: Standard
    resolver: DualStringArray = field(default_factory=DualStringArray)

    def packed(self) -> bytes:
        """Return an OBJREF_STANDARD."""
        head = _HEAD.pack(_SIGNATURE, _FLAG_STANDARD, self.iid)
        return head + self.standard.packed() + self.resolver.packet()


@dataclass(frozen=True, slots=True)
class CustomReference:
    """An object that is carried along.

    Attributes:
        iid: what the interface is.
        clsid: the class that knows what to make of the data.
        data: the object.
    """

    iid: bytes
    clsid: bytes
    data: bytes

    def packed(self) -> bytes:
        """Return an OBJREF_CUSTOM."""
        head = _HEAD.pack(_SIGNATURE, _FLAG_CUSTOM, self.iid)
        return head + _CUSTOM.pack(self.clsid, 0, len(self.data)) + self.data


def read_standard(data: bytes) -> StandardReference:
    """Return a reference to an object that lives elsewhere, whatever comes with it.

    Raises:
        ProtocolError: it is none.
    """
    flags, iid, rest = _opened(data)
    if flags not in _BEFORE_ADDRESSES or len(rest) < _STANDARD.size:
        raise ProtocolError(f"a reference to an object is none, or carries it along ({flags})")
    standard = Standard.unpacked(rest[: _STANDARD.size])
    rest = rest[_STANDARD.size :]
    before = _BEFORE_ADDRESSES[flags]
    if flags == _FLAG_EXTENDED and int.from_bytes(rest[:before], "little") != _EXTENDED_SIGNATURE:
        raise ProtocolError("an extended reference to an object has no signature")
    return StandardReference(iid, standard, DualStringArray.read_packet(rest[before:]))


def read_custom(data: bytes, clsid: bytes) -> bytes:
    """Return the object of a class that a reference carries along.

    Raises:
        ProtocolError: it carries none, or one of another class.
    """
    flags, _, rest = _opened(data)
    if flags != _FLAG_CUSTOM or len(rest) < _CUSTOM.size:
        raise ProtocolError("a reference carries no object along")
    found, _, _ = _CUSTOM.unpack_from(rest)
    if found != clsid:
        raise ProtocolError(f"a reference carries an object of the class {text_of(found)}")
    # Of the two numbers, one must be ignored (MS-DCOM 2.2.18.6), and the other counts the object or
    # eight bytes more, for which servers differ; what is inside must know its own end.
    return rest[_CUSTOM.size :]


def _opened(data: bytes) -> tuple[int, bytes, bytes]:
    if len(data) < _HEAD.size:
        raise ProtocolError("a reference to an object ends early")
    signature, flags, iid = _HEAD.unpack_from(data)
    if signature != _SIGNATURE:
        raise ProtocolError("a reference to an object has no signature")
    return flags, iid, data[_HEAD.size :]
