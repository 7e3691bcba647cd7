"""One connection on which somebody has logged on, and the calls over it (MS-RPCE 3.3.1.5).

A logon is one for the whole association, whatever the number of interfaces: further ones are added
without a token, as Windows' own client adds them. One call follows the other. After anything but an
answer, the state of the two sides is no longer the same, and the association is of no use any more.
"""

from __future__ import annotations

from typing import Final

from mi.errors import AuthenticationFailed, ProtocolError
from protocols.dcom.binding import (
    Bind,
    BindAck,
    BindNak,
    ContextResult,
    Offer,
    Outcome,
    Syntax,
    auth3,
    expect,
    new_bind,
)
from protocols.dcom.fragments import Assembly, Call, Fragment, read_fragment, write_call
from protocols.dcom.packets import (
    LARGEST_FRAGMENT,
    Packet,
    PacketFlags,
    PacketType,
    Verifier,
)
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket
from protocols.security.rejection import Rejected
from protocols.wmidcom.rpc.packet_stream import PacketStream
from protocols.wmidcom.rpc.security import Security

__all__ = ["LARGEST_REPLY", "Association", "ContextRefused", "RpcFault"]

LARGEST_REPLY: Final = 64 * 1024 * 1024
"""Bytes that the answer to a call may have."""

_SMALLEST_FRAGMENT: Final = 1432  # that every side must take, C706 12.6.3.1 (MustRecvFragSize)
_UNKNOWN_SERVICE: Final = 8  # of a bind_nak: authentication_type_not_recognized, MS-RPCE 2.2.2.5
_ACCESS_DENIED: Final = 5  # ERROR_ACCESS_DENIED, as the status of a fault


class RpcFault(Exception):
    """A call has no result; it does not leave this package.

    Attributes:
        status: why.
        is_whole: whether the association can go on.
    """

    def __init__(self, status: int, *, is_whole: bool = True) -> None:
        super().__init__(f"0x{status:08X}")
        self.status = status
        self.is_whole = is_whole


class ContextRefused(Exception):
    """The server adds no interface to an association; it does not leave this package."""


class Association:
    """A connection that is logged on."""

    def __init__(self, connection: BoundedSocket, security: Security, authority: str) -> None:
        """Take a connection over, which `bind` is to log on.

        Args:
            connection: to be used for nothing else.
            security: what logs on, and then protects.
            authority: of the server, for messages.
        """
        self._connection = connection
        self._stream = PacketStream(connection, authority)
        self._security = security
        self._authority = authority
        self._contexts: dict[bytes, int] = {}
        self._call_id = 0
        self._largest = LARGEST_FRAGMENT
        self.group = 0

    @property
    def is_proven(self) -> bool:
        """Whether the server has said that it accepts the logon; else its next answer shows it."""
        return self._security.is_answered

    @property
    def is_stale(self) -> bool:
        """Whether it is of no use any more."""
        return self._connection.is_stale

    def end(self) -> None:
        """Close the connection."""
        self._connection.end()

    def leave(self) -> None:
        """Close this process' end of the connection, which another has, too."""
        self._connection.leave()

    def attend(self, bounds: Bounds) -> None:
        """Let what follows be bounded by `bounds`."""
        self._connection.bounds = bounds
        bounds.interrupt_by(self._connection.interrupt)

    # Logging on

    def bind(self, iid: bytes, group: int) -> None:
        """Log on, and agree upon the first interface.

        Args:
            iid: of the interface.
            group: the association group to join, 0 for a new one.

        Raises:
            Rejected: the server refuses the credential, or the scheme.
            ContextRefused: it does not have the interface.
            AuthenticationFailed: it does not offer to protect what it should.
            ProtocolError: it does not speak RPC as it should.
            MIError: the connection was lost, or the time was over first.
        """
        self._bind(iid, group)
        self._contexts[iid] = 0

    def _bind(self, iid: bytes, group: int) -> None:
        security = self._security
        offer = Bind((Offer(0, Syntax(iid)),), group)
        self._call_id += 1
        token = security.step() or b""
        self._stream.send(new_bind(self._call_id, offer, self._verifier(token)).packed())
        packet = self._answer(PacketType.BIND_ACK, PacketType.BIND_NAK, PacketType.FAULT)
        ack = self._acknowledged(packet)
        security.signs_headers = bool(packet.flags & PacketFlags.HEADER_SIGN)
        last = security.step(self._token_of(packet))
        if not security.is_answered:
            self._stream.send(auth3(self._call_id, self._verifier(last or b"")).packed())
        elif last:
            self._finish(offer, last)
        if not security.complete:
            raise AuthenticationFailed(f"{self._authority} does not prove who it is")
        _check_accepted(ack.results)
        self.group = ack.group
        self._largest = max(_SMALLEST_FRAGMENT, min(ack.receive, LARGEST_FRAGMENT))

    def _acknowledged(self, packet: Packet) -> BindAck:
        """Return what a bind was answered with, if that is an agreement."""
        if packet.type is PacketType.BIND_ACK:
            return BindAck.read(packet.body)
        nak = packet.type is PacketType.BIND_NAK
        reason = BindNak.read(packet.body).reason if nak else _status(packet)
        is_scheme = nak and reason == _UNKNOWN_SERVICE
        # NTLM has said nothing of the user yet; Kerberos has shown its ticket.
        is_refusal = self._security.is_answered and (nak or reason == _ACCESS_DENIED)
        raise Rejected(
            AuthenticationFailed(
                f"{self._authority} does not let anybody log on so"
                f" ({'bind_nak' if nak else 'fault'} {reason})",
                advice="Check the credentials; or pass some with another scheme=.",
            ),
            is_refusal=is_refusal and not is_scheme,
            may_pass=not (is_refusal or is_scheme),
        )

    def _finish(self, offer: Bind, token: bytes) -> None:
        """Send the last token and let the server answer it."""
        packet = Packet(
            PacketType.ALTER_CONTEXT, self._call_id, offer.body(), verifier=self._verifier(token)
        )
        self._stream.send(packet.packed())
        reply = self._answer(PacketType.ALTER_CONTEXT_RESPONSE, PacketType.FAULT)
        if reply.type is PacketType.FAULT:
            raise Rejected(
                AuthenticationFailed(
                    f"{self._authority} does not accept the logon (fault {_status(reply)})",
                    advice="Check the credentials, that the server's clock is right, and that the"
                    " user may log on there.",
                ),
                is_refusal=True,
            )
        if reply.verifier is not None and not self._security.complete:
            self._security.step(reply.verifier.token)

    def _verifier(self, token: bytes) -> Verifier:
        security = self._security
        return Verifier(security.service, security.level, token, security.context_id)

    def _token_of(self, packet: Packet) -> bytes:
        found = packet.verifier
        security = self._security
        if found is None or (found.service, found.level) != (security.service, security.level):
            raise AuthenticationFailed(
                f"{self._authority} does not log on as it was asked to",
                advice="Nothing is sent to a server that may be another: look for what is in"
                " between.",
            )
        return found.token

    def _answer(self, *kinds: PacketType) -> Packet:
        return expect(Packet.read(self._stream.receive()), self._call_id, *kinds)

    # Calls

    def call(
        self, iid: bytes, opnum: int, stub: bytes, ipid: bytes | None, bounds: Bounds
    ) -> bytes:
        """Return the stub of a reply.

        Args:
            iid: of the interface.
            opnum: of the method.
            stub: of the request.
            ipid: the interface pointer that it is called on, or None.
            bounds: what bounds it, which `attend` was told.

        Raises:
            RpcFault: there is none.
            ContextRefused: the interface cannot be added here; nothing was called.
            ProtocolError: it is none, or nothing proves that it is genuine.
            MIError: the connection was lost, or the time was over first.
        """
        context_id = self._contexts.get(iid)
        if context_id is None:
            try:
                context_id = self._added(iid)
            finally:
                bounds.begin()  # of the call itself, nothing was sent
        self._call_id += 1
        call = Call(self._call_id, context_id, stub, opnum, ipid)
        for packet in write_call(call, self._largest, self._security):
            self._stream.send(packet)
        return self._reply()

    def _reply(self) -> bytes:
        assembly = Assembly(LARGEST_REPLY)
        while True:
            fragment = read_fragment(self._stream.receive(), self._security)
            self._check(fragment)
            whole = assembly.add(fragment)
            if whole is not None:
                return whole.stub

    def _check(self, fragment: Fragment) -> None:
        if fragment.call.call_id != self._call_id:
            raise ProtocolError(
                f"call {fragment.call.call_id} is answered instead of call {self._call_id}"
            )
        if fragment.status is not None:
            raise RpcFault(fragment.status, is_whole=not fragment.is_protected)
        if fragment.call.type is not PacketType.RESPONSE:
            raise ProtocolError("a request comes where a reply was expected")

    def _added(self, iid: bytes) -> int:
        """Add an interface, without a logon (C706 12.6.4.1)."""
        context_id = len(self._contexts)
        self._call_id += 1
        body = Bind((Offer(context_id, Syntax(iid)),), self.group).body()
        self._stream.send(Packet(PacketType.ALTER_CONTEXT, self._call_id, body).packed())
        packet = self._answer(
            PacketType.ALTER_CONTEXT_RESPONSE, PacketType.FAULT, PacketType.BIND_NAK
        )
        if packet.type is not PacketType.ALTER_CONTEXT_RESPONSE:
            raise ContextRefused
        _check_accepted(BindAck.read(packet.body).results)
        self._contexts[iid] = context_id
        return context_id


def _check_accepted(results: tuple[ContextResult, ...]) -> None:
    if len(results) != 1 or results[0].outcome != Outcome.ACCEPTED:
        raise ContextRefused


def _status(packet: Packet) -> int:
    return read_fragment(packet.packed(), None).status or 0
