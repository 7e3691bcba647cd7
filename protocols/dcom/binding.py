"""Agreeing on interfaces and logging on: bind, alter_context and what answers them.

C706 12.6.4 and MS-RPCE 2.2.2 have the packets. An association is bound with one interface and
logged on to in the same breath; further interfaces are added by alter_context, without a logon.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from mi.errors import ProtocolError
from protocols.dcom.guids import guid
from protocols.dcom.ndr import NdrReader
from protocols.dcom.packets import LARGEST_FRAGMENT, Packet, PacketFlags, PacketType, Verifier

__all__ = [
    "NDR",
    "Bind",
    "BindAck",
    "BindNak",
    "ContextResult",
    "Offer",
    "Outcome",
    "Syntax",
    "auth3",
    "expect",
    "new_bind",
]


class Syntax(NamedTuple):
    """An interface, or a way to write values (p_syntax_id_t).

    Attributes:
        id: its GUID.
        major: its version.
        minor: its version.
    """

    id: bytes
    major: int = 0
    minor: int = 0

    def packed(self) -> bytes:
        """Return its twenty bytes."""
        return _SYNTAX.pack(self.id, self.major, self.minor)

    @classmethod
    def read(cls, reader: NdrReader) -> Syntax:
        """Read one."""
        return cls(*_SYNTAX.unpack(reader.raw(_SYNTAX.size)))


_SYNTAX: Final = struct.Struct("<16sHH")
_SIZES: Final = struct.Struct("<HHI")
NDR: Final = Syntax(guid("8A885D04-1CEB-11C9-9FE8-08002B104860"), 2)
"""NDR 2.0, in its 32-bit form."""


class Offer(NamedTuple):
    """An interface that is asked for (p_cont_elem_t).

    Attributes:
        context_id: what the client will call it.
        interface: the interface.
        transfers: ways to write values.
    """

    context_id: int
    interface: Syntax
    transfers: tuple[Syntax, ...] = (NDR,)


class Outcome(IntEnum):
    """What became of an offer (p_cont_def_result_t)."""

    ACCEPTED = 0
    USER_REJECTED = 1
    PROVIDER_REJECTED = 2
    NEGOTIATED = 3  # of bind-time features, MS-RPCE 2.2.2.4


class ContextResult(NamedTuple):
    """The answer to an offer (p_result_t).

    Attributes:
        outcome: an `Outcome`, or a number that is none.
        reason: why not (p_provider_reason_t).
        transfer: the way that was chosen.
    """

    outcome: int = Outcome.ACCEPTED
    reason: int = 0
    transfer: Syntax = NDR


@dataclass(frozen=True, slots=True)
class Bind:
    """A bind, or an alter_context.

    Attributes:
        offers: the interfaces.
        group: the association group to join, 0 for a new one.
        transmit: bytes of the largest packet that will be sent.
        receive: bytes of the largest packet that can be taken.
    """

    offers: tuple[Offer, ...]
    group: int = 0
    transmit: int = LARGEST_FRAGMENT
    receive: int = LARGEST_FRAGMENT

    def body(self) -> bytes:
        """Return the body of the packet."""
        head = _SIZES.pack(self.transmit, self.receive, self.group)
        parts = [head, struct.pack("<Bxxx", len(self.offers))]
        for offer in self.offers:
            parts.append(struct.pack("<HBx", offer.context_id, len(offer.transfers)))
            parts.append(offer.interface.packed())
            parts += [transfer.packed() for transfer in offer.transfers]
        return b"".join(parts)

    @classmethod
    def read(cls, body: bytes) -> Bind:
        """Read the body of a packet.

        Raises:
            ProtocolError: it ends early.
        """
        reader = NdrReader(body)
        transmit, receive, group = _SIZES.unpack(reader.raw(_SIZES.size))
        offers = []
        for _ in range(reader.raw(4)[0]):
            context_id, count = struct.unpack("<HBx", reader.raw(4))
            interface = Syntax.read(reader)
            transfers = tuple(Syntax.read(reader) for _ in range(count))
            offers.append(Offer(context_id, interface, transfers))
        return cls(tuple(offers), group, transmit, receive)


@dataclass(frozen=True, slots=True)
class BindAck:
    """A bind_ack, or an alter_context_resp.

    Attributes:
        results: one for each offer.
        group: the association group.
        address: the secondary address, mostly the port.
        transmit: bytes of the largest packet that will be sent.
        receive: bytes of the largest packet that can be taken.
    """

    results: tuple[ContextResult, ...]
    group: int = 0
    address: str = ""
    transmit: int = LARGEST_FRAGMENT
    receive: int = LARGEST_FRAGMENT

    def body(self) -> bytes:
        """Return the body of the packet."""
        address = self.address.encode("ascii", "replace") + b"\0" if self.address else b""
        named = struct.pack("<H", len(address)) + address
        parts = [_SIZES.pack(self.transmit, self.receive, self.group), named]
        parts.append(bytes(-len(named) % 4))
        parts.append(struct.pack("<Bxxx", len(self.results)))
        parts += [
            struct.pack("<HH", one.outcome, one.reason) + one.transfer.packed()
            for one in self.results
        ]
        return b"".join(parts)

    @classmethod
    def read(cls, body: bytes) -> BindAck:
        """Read the body of a packet.

        Raises:
            ProtocolError: it ends early.
        """
        reader = NdrReader(body)
        transmit, receive, group = _SIZES.unpack(reader.raw(_SIZES.size))
        address = reader.raw(reader.u16()).rstrip(b"\0").decode("latin-1")
        reader.align(4)
        results = []
        for _ in range(reader.raw(4)[0]):
            outcome, reason = struct.unpack("<HH", reader.raw(4))
            results.append(ContextResult(outcome, reason, Syntax.read(reader)))
        return cls(tuple(results), group, address, transmit, receive)


@dataclass(frozen=True, slots=True)
class BindNak:
    """A bind_nak.

    Attributes:
        reason: why not: 8 is the kind of authentication, 9 its checksum (MS-RPCE 2.2.2.5).
    """

    reason: int

    def body(self) -> bytes:
        """Return the body of the packet, which also tells the version of RPC that would do."""
        return struct.pack("<HBBBx", self.reason, 1, 5, 0)

    @classmethod
    def read(cls, body: bytes) -> BindNak:
        """Read the body of a packet.

        Raises:
            ProtocolError: it ends early.
        """
        return cls(NdrReader(body).u16())


def new_bind(call_id: int, bind: Bind, verifier: Verifier, *, is_signing: bool = True) -> Packet:
    """Return a bind that begins a logon.

    Args:
        call_id: of it.
        bind: what it asks for.
        verifier: with the first token.
        is_signing: whether to offer that headers are protected, too.
    """
    flags = PacketFlags.WHOLE | (PacketFlags.HEADER_SIGN if is_signing else PacketFlags.NONE)
    return Packet(PacketType.BIND, call_id, bind.body(), flags, verifier)


def auth3(call_id: int, verifier: Verifier) -> Packet:
    """Return the packet that ends a logon and is not answered (MS-RPCE 2.2.2.10)."""
    return Packet(PacketType.AUTH3, call_id, bytes(4), verifier=verifier)


def expect(packet: Packet, call_id: int, *kinds: PacketType) -> Packet:
    """Return a packet that answers a bind.

    Raises:
        ProtocolError: it is of another kind, or answers another call.
    """
    if packet.type not in kinds or packet.call_id != call_id:
        raise ProtocolError(
            f"{packet.type.name} of call {packet.call_id} does not answer call {call_id}"
        )
    return packet
