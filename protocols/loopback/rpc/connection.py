"""One connection of a client over RPC: binding, logging on, and calls (C706 12.6, MS-RPCE 3.3.3).

A call is answered before the next one is read. A logon that is refused shows at the first call, as
with Windows: nothing answers the last token of NTLM.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from mi.errors import MIError, ProtocolError
from protocols.dcom.binding import NDR, Bind, BindAck, BindNak, ContextResult, Offer, Outcome
from protocols.dcom.fragments import Assembly, Call, read_fragment, write_call, write_fault
from protocols.dcom.interfaces import EXPORTER, INTERFACES, SERVER_ALIVE_2
from protocols.dcom.methods import Interface
from protocols.dcom.packets import (
    HEADER_SIZE,
    LARGEST_FRAGMENT,
    Header,
    Packet,
    PacketFlags,
    PacketType,
    Verifier,
)
from protocols.loopback.acceptor import Policy
from protocols.loopback.peer import Peer
from protocols.loopback.rpc.answers import Answers
from protocols.loopback.rpc.given import Fault
from protocols.loopback.rpc.logons import LEVELS, Logon, logon_of
from protocols.loopback.security import NotAccepted

__all__ = ["Counts", "RpcConnection"]

_LARGEST_CALL: Final = 16 * 1024 * 1024
_SMALLEST_FRAGMENT: Final = 1432  # that every side must take (C706 12.6.3.1)
_ACCESS_DENIED: Final = 5
_NO_CONTEXT: Final = 0x1C010003  # nca_s_unk_if
_UNKNOWN_SERVICE: Final = 8  # authentication_type_not_recognized
_NO_INTERFACE, _NO_TRANSFER = 1, 2  # p_provider_reason_t


@dataclass(slots=True)
class Counts:
    """What has happened on all connections.

    Attributes:
        logons: those that succeeded.
        refused: those that failed.
        groups: the association groups that there are.
    """

    logons: int = 0
    refused: int = 0
    groups: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class RpcConnection:
    """Serves one client."""

    def __init__(
        self, peer: Peer, answers: Answers, policy: Policy, counts: Counts, port: int
    ) -> None:
        """Take over a connection.

        Args:
            peer: the client's end.
            answers: what is answered.
            policy: whom to accept.
            counts: what has happened.
            port: the port, which clients are told.
        """
        self._peer = peer
        self._answers = answers
        self._policy = policy
        self._counts = counts
        self._port = port
        self._contexts: dict[int, Interface] = {}
        self._logons: dict[int, Logon] = {}
        self._is_refused = False
        self._largest = LARGEST_FRAGMENT
        self._assembly = Assembly(_LARGEST_CALL)
        self._buffer = b""

    def interrupt(self) -> None:
        """End it from any thread."""
        self._peer.interrupt()

    def serve(self) -> None:
        """Answer until the client goes, or sends what is no RPC."""
        try:
            while (packet := self._next()) is not None:
                self._take(packet)
        except (OSError, MIError, NotAccepted):
            pass  # the client is gone, or is told so by being dropped
        finally:
            self._peer.close()

    def _next(self) -> bytes | None:
        """Return the next packet, or None at the end."""
        while len(self._buffer) < HEADER_SIZE or (
            len(self._buffer) < Header.read(self._buffer, 0xFFFF).size
        ):
            received = self._peer.receive()
            if not received:
                return None
            self._buffer += received
        size = Header.read(self._buffer, 0xFFFF).size
        packet, self._buffer = self._buffer[:size], self._buffer[size:]
        return packet

    def _take(self, data: bytes) -> None:
        kind = Header.read(data, 0xFFFF).type
        if kind is PacketType.REQUEST:
            self._request(data)
            return
        taken = _BY_KIND.get(kind)
        if taken is not None:
            taken(self, Packet.read(data))

    # Binding and logging on

    def _bind(self, packet: Packet) -> None:
        bind = Bind.read(packet.body)
        if packet.verifier is not None and not self._begin_logon(packet, packet.verifier):
            body = BindNak(_UNKNOWN_SERVICE).body()
            self._peer.send(Packet(PacketType.BIND_NAK, packet.call_id, body).packed())
            return
        self._largest = max(_SMALLEST_FRAGMENT, min(bind.receive, LARGEST_FRAGMENT))
        self._agree(packet, PacketType.BIND_ACK, bind, self._group(bind.group))

    def _begin_logon(self, packet: Packet, verifier: Verifier) -> bool:
        """Begin a logon, in the place of one that is over; return whether it is of a known kind."""
        logon = logon_of(verifier, self._policy)
        if logon is None:
            return False
        logon.signs_headers = bool(packet.flags & PacketFlags.HEADER_SIGN)
        self._logons[verifier.context_id] = logon
        return True

    def _group(self, asked: int) -> int:
        with self._counts.lock:
            group = asked or len(self._counts.groups) + 1
            self._counts.groups.add(group)
        return group

    def _alter(self, packet: Packet) -> None:
        verifier = packet.verifier
        if verifier is not None and self._is_over(verifier.context_id):
            self._begin_logon(packet, verifier)  # a client may log on once more, as impacket does
        self._agree(packet, PacketType.ALTER_CONTEXT_RESPONSE, Bind.read(packet.body), 0)

    def _is_over(self, context_id: int) -> bool:
        logon = self._logons.get(context_id)
        return logon is None or logon.complete

    def _agree(self, packet: Packet, kind: PacketType, bind: Bind, group: int) -> None:
        """Answer what a client asks for, and its token, if it has one."""
        token = b""
        if packet.verifier is not None:
            try:
                token = self._step(packet.verifier)
            except NotAccepted:
                self._refuse()
                self._peer.send(write_fault(packet.call_id, 0, _ACCESS_DENIED))
                return
        results = tuple(map(self._result, bind.offers))
        ack = BindAck(results, group, str(self._port) if kind is PacketType.BIND_ACK else "")
        flags = PacketFlags.WHOLE | (packet.flags & PacketFlags.HEADER_SIGN)
        verifier = None if packet.verifier is None else packet.verifier._replace(token=token)
        answer = Packet(kind, packet.call_id, ack.body(), flags, verifier if token else None)
        self._peer.send(answer.packed())

    def _result(self, offer: Offer) -> ContextResult:
        interface = INTERFACES.get(offer.interface.id)
        if interface is None or NDR not in offer.transfers:
            reason = _NO_INTERFACE if interface is None else _NO_TRANSFER
            return ContextResult(Outcome.PROVIDER_REJECTED, reason, NDR._replace(id=bytes(16)))
        self._contexts[offer.context_id] = interface
        return ContextResult()

    def _last_token(self, packet: Packet) -> None:
        """Take in the token that nothing answers (auth3)."""
        if packet.verifier is None:
            raise ProtocolError("a client logs on with nothing")
        try:
            self._step(packet.verifier)
        except NotAccepted:
            self._refuse()

    def _step(self, verifier: Verifier) -> bytes:
        logon = self._logons.get(verifier.context_id)
        if logon is None:
            raise NotAccepted
        answer = logon.step(verifier.token)
        if logon.complete:
            self._accept(logon)
        return answer

    def _accept(self, logon: Logon) -> None:
        policy, name = self._policy, logon.principal
        is_right = name == policy.principal or policy.user.is_named(name)
        if logon.level not in LEVELS or not is_right:
            raise NotAccepted
        with self._counts.lock:
            self._counts.logons += 1

    def _refuse(self) -> None:
        self._is_refused = True
        with self._counts.lock:
            self._counts.refused += 1

    # Calls

    def _request(self, data: bytes) -> None:
        packet = Packet.read(data)
        if self._is_refused:
            self._peer.send(write_fault(packet.call_id, 0, _ACCESS_DENIED, was_executed=False))
            return
        logon = None if packet.verifier is None else self._known(packet.verifier)
        call = self._assembly.add(read_fragment(data, logon))
        if call is None:
            return
        try:
            stub = self._answered(call, is_known=logon is not None)
        except Fault as fault:
            self._peer.send(write_fault(call.call_id, call.context_id, fault.status))
            return
        reply = Call(call.call_id, call.context_id, stub)
        self._peer.send(b"".join(write_call(reply, self._largest, logon)))

    def _known(self, verifier: Verifier) -> Logon:
        """Return the logon that a request belongs to, which must be over."""
        logon = self._logons.get(verifier.context_id)
        if logon is None or not logon.complete:
            raise ProtocolError("a request belongs to no logon")
        return logon

    def _answered(self, call: Call, *, is_known: bool) -> bytes:
        interface = self._contexts.get(call.context_id)
        if interface is None:
            raise Fault(_NO_CONTEXT)
        is_open = interface is EXPORTER and call.opnum == SERVER_ALIVE_2.opnum
        if not (is_known or is_open):
            raise Fault(_ACCESS_DENIED)
        return self._answers.answer(interface, call.opnum or 0, call.object, call.stub)


_BY_KIND: Final[dict[PacketType, Callable[[RpcConnection, Packet], None]]] = {
    PacketType.BIND: RpcConnection._bind,  # noqa: SLF001 - its own
    PacketType.ALTER_CONTEXT: RpcConnection._alter,  # noqa: SLF001
    PacketType.AUTH3: RpcConnection._last_token,  # noqa: SLF001
}
