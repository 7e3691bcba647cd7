"""Requests and their answers, cut into fragments that the peer can take, and put together again.

With a logon, each fragment is sealed or signed on its own (MS-RPCE 3.3.1.5.2.2, 2.2.2.11). What
does so is not known here: it has the form of `Protection`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Protocol

from mi.errors import ProtocolError
from protocols.dcom.packets import (
    HEADER_SIZE,
    TRAILER_SIZE,
    Header,
    Packet,
    PacketFlags,
    PacketType,
    Verifier,
)

__all__ = [
    "Assembly",
    "Call",
    "Fragment",
    "Protection",
    "read_fragment",
    "write_call",
    "write_fault",
]

_HEAD: Final = struct.Struct("<IHH")  # alloc_hint, p_cont_id, and opnum or what there is instead
_STATUS: Final = struct.Struct("<IHBxI4x")
_OBJECT_SIZE: Final = 16
_ALIGNMENT: Final = 16  # of what is sealed, MS-RPCE 2.2.2.11


class Protection(Protocol):
    """What seals or signs the fragments of a connection, each direction in its order.

    Attributes:
        service: what has logged on.
        level: how much is protected.
        context_id: which of the connection's logons it is.
        token_size: bytes of a proof.
    """

    @property
    def service(self) -> int: ...  # noqa: D102 - above

    @property
    def level(self) -> int: ...  # noqa: D102 - above

    @property
    def context_id(self) -> int: ...  # noqa: D102 - above

    @property
    def token_size(self) -> int: ...  # noqa: D102 - above

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof.

        Args:
            head: what stands before it, which stays as it is.
            body: what may be sealed.
            trailer: what stands after it, which stays as it is.
        """
        ...

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds.

        Raises:
            ProtocolError: it does not.
        """
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request, or the response to one.

    Attributes:
        call_id: which call it is.
        context_id: of which of the connection's interfaces.
        stub: the arguments or the results.
        opnum: the number of the method; None in a response.
        object: the interface pointer that it is called on, a GUID, or None.
    """

    call_id: int
    context_id: int
    stub: bytes
    opnum: int | None = None
    object: bytes | None = None

    @property
    def type(self) -> PacketType:
        """What its packets are."""
        return PacketType.RESPONSE if self.opnum is None else PacketType.REQUEST


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a call, or a fault.

    Attributes:
        call: what it is a part of, with this part of its stub.
        flags: whether it is the first one, and the last.
        status: why there is no result; None where there is one.
        is_protected: whether a proof came along, which was checked unless this is a fault.
    """

    call: Call
    flags: PacketFlags
    status: int | None = None
    is_protected: bool = False


def write_call(call: Call, largest: int, protection: Protection | None) -> Iterator[bytes]:
    """Yield the packets of a call.

    Args:
        call: all of it.
        largest: bytes of a packet that the peer takes.
        protection: what seals or signs them, or None.
    """
    head_size = HEADER_SIZE + _HEAD.size + len(call.object or b"")
    tail_size = 0 if protection is None else TRAILER_SIZE + protection.token_size
    room = largest - head_size - tail_size
    room -= room % _ALIGNMENT
    total = len(call.stub)
    for start in range(0, total or 1, room):
        flags = PacketFlags.NONE if call.object is None else PacketFlags.OBJECT
        flags |= PacketFlags.FIRST if start == 0 else PacketFlags.NONE
        flags |= PacketFlags.LAST if start + room >= total else PacketFlags.NONE
        part = call.stub[start : start + room]
        head = _HEAD.pack(total - start, call.context_id, call.opnum or 0) + (call.object or b"")
        yield _packed(call, flags, head, part, protection)


def _packed(
    call: Call, flags: PacketFlags, head: bytes, part: bytes, protection: Protection | None
) -> bytes:
    if protection is None:
        return Packet(call.type, call.call_id, head + part, flags).packed()
    padding = -len(part) % _ALIGNMENT
    size = HEADER_SIZE + len(head) + len(part) + padding + TRAILER_SIZE + protection.token_size
    head = Header(call.type, flags, size, protection.token_size, call.call_id).packed() + head
    trailer = Verifier(
        protection.service, protection.level, b"", protection.context_id, padding
    ).trailer
    body, token = protection.protect(head, part + bytes(padding), trailer)
    return head + body + trailer + token


def write_fault(call_id: int, context_id: int, status: int, *, was_executed: bool = True) -> bytes:
    """Return the packet that says why a call has no result; nothing protects it.

    Args:
        call_id: which call.
        context_id: of which of the connection's interfaces.
        status: why (C706 E, or a Win32 error).
        was_executed: whether the method may have done something.
    """
    flags = PacketFlags.WHOLE
    if not was_executed:
        flags |= PacketFlags.DID_NOT_EXECUTE
    body = _STATUS.pack(_STATUS.size, context_id, 0, status)
    return Packet(PacketType.FAULT, call_id, body, flags).packed()


def read_fragment(data: bytes, protection: Protection | None) -> Fragment:
    """Return the fragment that a packet is.

    Args:
        data: all of the packet.
        protection: what it must be sealed or signed with, or None.

    Raises:
        ProtocolError: it is none, or nothing proves that it is genuine.
    """
    packet = Packet.read(data)
    if packet.type is PacketType.FAULT:
        return _read_fault(packet)
    if packet.type not in (PacketType.REQUEST, PacketType.RESPONSE):
        raise ProtocolError(f"{packet.type.name} comes where a call was expected")
    size = _HEAD.size + (_OBJECT_SIZE if packet.flags & PacketFlags.OBJECT else 0)
    if len(packet.body) < size:
        raise ProtocolError("a fragment of an RPC call ends within its header")
    _, context_id, number = _HEAD.unpack_from(packet.body)
    call = Call(
        packet.call_id,
        context_id,
        _opened(data, packet, HEADER_SIZE + size, protection),
        number if packet.type is PacketType.REQUEST else None,
        packet.body[_HEAD.size : size] or None,
    )
    return Fragment(call, packet.flags, is_protected=protection is not None)


def _read_fault(packet: Packet) -> Fragment:
    """Return what a fault says; servers mostly send it without a proof."""
    if len(packet.body) < _STATUS.size:
        raise ProtocolError("an RPC fault ends early")
    _, context_id, _, status = _STATUS.unpack_from(packet.body)
    call = Call(packet.call_id, context_id, b"")
    return Fragment(call, packet.flags, status, packet.verifier is not None)


def _opened(data: bytes, packet: Packet, head_size: int, protection: Protection | None) -> bytes:
    """Return the part of the stub that a packet has, without what fills it up."""
    body = packet.body[head_size - HEADER_SIZE :]
    verifier = packet.verifier
    if protection is None:
        if verifier is not None:
            raise ProtocolError("a fragment of an RPC call is sealed although nobody has logged on")
        return body
    if verifier is None:
        raise ProtocolError("a fragment of an RPC call has no signature")
    agreed = (protection.service, protection.level, protection.context_id)
    if (verifier.service, verifier.level, verifier.context_id) != agreed:
        raise ProtocolError(
            f"a fragment of an RPC call is protected in another way (service {verifier.service},"
            f" level {verifier.level}) than agreed upon"
        )
    if verifier.padding > len(body):
        raise ProtocolError("a fragment of an RPC call has more padding than bytes")
    plain = protection.unprotect(data[:head_size], body, verifier.trailer, verifier.token)
    return plain[: len(plain) - verifier.padding]


class Assembly:
    """Puts the fragments of calls together, one call after the other.

    Args:
        limit: bytes that a call may have; what comes with each fragment counts, too.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._first: Call | None = None
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, fragment: Fragment) -> Call | None:
        """Take the next fragment in; return the call once it is whole.

        Raises:
            ProtocolError: it does not belong there, or the call is larger than allowed.
        """
        call = fragment.call
        is_first = bool(fragment.flags & PacketFlags.FIRST)
        if is_first != (self._first is None):
            raise ProtocolError("the fragments of an RPC call come in disorder")
        first = self._first = self._first or call
        if (call.call_id, call.context_id, call.opnum) != (
            first.call_id,
            first.context_id,
            first.opnum,
        ):
            raise ProtocolError(
                f"a fragment of call {call.call_id} comes in the midst of call {first.call_id}"
            )
        self._size += len(call.stub) + HEADER_SIZE
        if self._size > self._limit:
            raise ProtocolError(f"an RPC call has more than {self._limit} bytes")
        self._parts.append(call.stub)
        if not fragment.flags & PacketFlags.LAST:
            return None
        whole = replace(first, stub=b"".join(self._parts))
        self._first, self._parts, self._size = None, [], 0
        return whole
