"""The packets of connection-oriented DCE/RPC: what all of them have (C706 12.6, MS-RPCE 2.2.2).

A packet begins with a header of sixteen bytes and may end with a verifier, which carries a token of
the logon or proves that the packet is genuine. Whatever lies between is the business of others.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

from mi.errors import ProtocolError

__all__ = [
    "HEADER_SIZE",
    "LARGEST_FRAGMENT",
    "TRAILER_SIZE",
    "AuthLevel",
    "AuthService",
    "Header",
    "Packet",
    "PacketFlags",
    "PacketType",
    "Verifier",
]

HEADER_SIZE: Final = 16
"""Bytes that every packet begins with, and that say how long it is."""

TRAILER_SIZE: Final = 8
"""Bytes of a verifier before its token (sec_trailer, MS-RPCE 2.2.2.11)."""

LARGEST_FRAGMENT: Final = 5840
"""Bytes of a packet at most, as Windows offers and takes them."""

_HEADER: Final = struct.Struct("<BBBBIHHI")
_TRAILER: Final = struct.Struct("<BBBxI")
_VERSION: Final = 5
_MINORS: Final = (0, 1)
_LITTLE_ENDIAN: Final = 0x10  # with ASCII and IEEE numbers, C706 14.1
_TRAILER_ALIGNMENT: Final = 4


class PacketType(IntEnum):
    """What a packet is (C706 12.6.4)."""

    REQUEST = 0
    RESPONSE = 2
    FAULT = 3
    BIND = 11
    BIND_ACK = 12
    BIND_NAK = 13
    ALTER_CONTEXT = 14
    ALTER_CONTEXT_RESPONSE = 15
    AUTH3 = 16
    SHUTDOWN = 17
    CO_CANCEL = 18
    ORPHANED = 19


class PacketFlags(IntFlag):
    """Flags of a packet (C706 12.6.3.1, MS-RPCE 2.2.2.3)."""

    NONE = 0
    FIRST = 0x01
    LAST = 0x02
    WHOLE = 0x03
    HEADER_SIGN = 0x04
    DID_NOT_EXECUTE = 0x20
    OBJECT = 0x80


class AuthService(IntEnum):
    """What logs on (MS-RPCE 2.2.1.1.7)."""

    NONE = 0
    NEGOTIATE = 9
    NTLM = 10
    KERBEROS = 16


class AuthLevel(IntEnum):
    """How much of a packet a verifier protects (MS-RPCE 2.2.1.1.8)."""

    NONE = 1
    CONNECT = 2
    CALL = 3
    PACKET = 4
    INTEGRITY = 5
    PRIVACY = 6


class Header(NamedTuple):
    """The header of a packet.

    Attributes:
        type: what it is.
        flags: of it.
        size: bytes of all of it.
        token_size: bytes of the token at its end, 0 where it has no verifier.
        call_id: of which call it is.
    """

    type: PacketType
    flags: PacketFlags
    size: int
    token_size: int
    call_id: int

    def packed(self) -> bytes:
        """Return its sixteen bytes."""
        return _HEADER.pack(
            _VERSION, 0, self.type, self.flags, _LITTLE_ENDIAN, self.size, self.token_size,
            self.call_id,
        )  # fmt: skip

    @classmethod
    def read(cls, data: bytes, largest: int = LARGEST_FRAGMENT) -> Header:
        """Read the first sixteen bytes of a packet.

        Args:
            data: those bytes, or more.
            largest: bytes that the packet may have.

        Raises:
            ProtocolError: they do not begin a packet, or one that is too large.
        """
        if len(data) < HEADER_SIZE:
            raise ProtocolError("an RPC packet ends within its header")
        major, minor, kind, flags, order, size, token_size, call_id = _HEADER.unpack_from(data)
        if major != _VERSION or minor not in _MINORS:
            raise ProtocolError(f"this is no RPC, or of version {major}.{minor}")
        if order != _LITTLE_ENDIAN:
            raise ProtocolError(
                f"RPC packets of the data representation 0x{order:08x} are not known"
            )
        if kind not in _KINDS:
            raise ProtocolError(f"there is no RPC packet of the type {kind}")
        trailer = TRAILER_SIZE + token_size if token_size else 0
        if not HEADER_SIZE + trailer <= size <= largest:
            raise ProtocolError(f"an RPC packet has {size} bytes; up to {largest} are allowed")
        return cls(PacketType(kind), PacketFlags(flags), size, token_size, call_id)


_KINDS: Final = frozenset(map(int, PacketType))


class Verifier(NamedTuple):
    """What ends a packet: a token of a logon, or a proof (auth_verifier_co_t).

    Attributes:
        service: what logs on or has logged on.
        level: how much is protected.
        token: of the logon, or the proof.
        context_id: which of a connection's logons it is of.
        padding: bytes before it that fill the packet up.
    """

    service: int
    level: int
    token: bytes
    context_id: int = 0
    padding: int = 0

    @property
    def trailer(self) -> bytes:
        """What stands before the token."""
        return _TRAILER.pack(self.service, self.level, self.padding, self.context_id)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet whose parts are apart.

    Attributes:
        type: what it is.
        call_id: of which call it is.
        body: what lies between header and verifier; what was read has its padding, too.
        flags: of it.
        verifier: at its end, or None.
    """

    type: PacketType
    call_id: int
    body: bytes
    flags: PacketFlags = PacketFlags.WHOLE
    verifier: Verifier | None = None

    def packed(self) -> bytes:
        """Return the packet, with the padding that its verifier needs."""
        verifier = self.verifier
        if verifier is None:
            size = HEADER_SIZE + len(self.body)
            return Header(self.type, self.flags, size, 0, self.call_id).packed() + self.body
        padding = -len(self.body) % _TRAILER_ALIGNMENT
        tail = verifier._replace(padding=padding).trailer + verifier.token
        size = HEADER_SIZE + len(self.body) + padding + len(tail)
        head = Header(self.type, self.flags, size, len(verifier.token), self.call_id).packed()
        return head + self.body + bytes(padding) + tail

    @classmethod
    def read(cls, data: bytes) -> Packet:
        """Return the parts of a packet.

        Raises:
            ProtocolError: it is none, or its sizes contradict one another.
        """
        header = Header.read(data, len(data))
        if header.size != len(data):
            raise ProtocolError(f"an RPC packet has {len(data)} bytes instead of {header.size}")
        end = len(data)
        verifier = None
        if header.token_size:
            end -= TRAILER_SIZE + header.token_size
            service, level, padding, context_id = _TRAILER.unpack_from(data, end)
            if padding > end - HEADER_SIZE:
                raise ProtocolError("an RPC packet has more padding than bytes")
            token = data[end + TRAILER_SIZE :]
            verifier = Verifier(service, level, token, context_id, padding)
        body = data[HEADER_SIZE:end]
        return cls(header.type, header.call_id, body, header.flags, verifier)
