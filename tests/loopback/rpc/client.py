"""A client of RPC for the tests of its server: what it sends is put together by hand."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self

import spnego
from spnego.iov import BufferType

from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.binding import Bind, BindAck, Offer, Syntax, auth3, new_bind
from protocols.dcom.fragments import Assembly, Call, read_fragment, write_call
from protocols.dcom.interfaces import (
    ACTIVATOR,
    CREATE_INSTANCE,
    LEVEL1_LOGIN,
    NTLM_LOGIN,
    WBEM_LEVEL1_LOGIN_CLASS,
)
from protocols.dcom.methods import Interface, Method, Reply
from protocols.dcom.objref import Standard, read_standard
from protocols.dcom.orpc import OUR_VERSION, OrpcThis
from protocols.dcom.packets import (
    HEADER_SIZE,
    LARGEST_FRAGMENT,
    AuthLevel,
    AuthService,
    Header,
    Packet,
    PacketType,
    Verifier,
)
from protocols.loopback.users import User

CAUSE = bytes(16)
_MECHANISMS = {AuthService.NTLM: "ntlm", AuthService.NEGOTIATE: "negotiate"}


class Faulted(Exception):
    """A call has no answer but a number."""

    def __init__(self, status: int) -> None:
        super().__init__(f"0x{status:08X}")
        self.status = status


class RpcClient:
    """A connection to a server."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._socket = socket.create_connection((host, port), timeout=20)
        self._buffer = b""
        self._interfaces: list[bytes] = []
        self._call_id = 0
        self.guard: Guard | None = None
        self.ack: BindAck | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    # Packets

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """The next packet, or nothing at the end."""
        while len(self._buffer) < HEADER_SIZE or (
            len(self._buffer) < Header.read(self._buffer, 0xFFFF).size
        ):
            received = self._socket.recv(0x10000)
            if not received:
                return b""
            self._buffer += received
        size = Header.read(self._buffer, 0xFFFF).size
        packet, self._buffer = self._buffer[:size], self._buffer[size:]
        return packet

    def exchange(self, packet: Packet) -> Packet:
        self.send(packet.packed())
        return Packet.read(self.receive())

    # Binding

    def offer(self, interface: Interface) -> Bind:
        self._interfaces.append(interface.iid)
        return Bind((Offer(len(self._interfaces) - 1, Syntax(interface.iid)),))

    def bind(self, interface: Interface, guard: Guard | None = None) -> Packet:
        """Bind, and log on if there is something to do it with; return the answer to the bind."""
        self._call_id += 1
        bind = self.offer(interface)
        if guard is None:
            answer = self.exchange(Packet(PacketType.BIND, self._call_id, bind.body()))
        else:
            answer = self.exchange(new_bind(self._call_id, bind, guard.verifier(guard.step())))
        if answer.type is not PacketType.BIND_ACK:
            return answer
        self.ack = BindAck.read(answer.body)
        if guard is not None and answer.verifier is not None:
            last = guard.step(answer.verifier.token)
            if guard.service == AuthService.NTLM:
                self.send(auth3(self._call_id, guard.verifier(last)).packed())
            else:
                self._finish(bind, guard, last)
            self.guard = guard
        return answer

    def _finish(self, bind: Bind, guard: Guard, token: bytes) -> None:
        packet = Packet(
            PacketType.ALTER_CONTEXT, self._call_id, bind.body(), verifier=guard.verifier(token)
        )
        answer = self.exchange(packet)
        if answer.verifier is not None and not guard.complete:
            guard.step(answer.verifier.token)

    def alter(self, interface: Interface) -> BindAck:
        """Add an interface without a token."""
        self._call_id += 1
        packet = Packet(PacketType.ALTER_CONTEXT, self._call_id, self.offer(interface).body())
        return BindAck.read(self.exchange(packet).body)

    # Calls

    def call(
        self, interface: Interface, method: Method, ipid: bytes | None = None, **values: Any
    ) -> Reply:
        this = OrpcThis(CAUSE) if method.is_object else None
        stub = method.request(this, **values)
        return method.read_reply(self.call_raw(interface, method.opnum, stub, ipid))

    def call_raw(
        self, interface: Interface, opnum: int, stub: bytes, ipid: bytes | None = None
    ) -> bytes:
        if interface.iid not in self._interfaces:
            self.alter(interface)
        self._call_id += 1
        context = self._interfaces.index(interface.iid)
        call = Call(self._call_id, context, stub, opnum, ipid)
        self.send(b"".join(write_call(call, LARGEST_FRAGMENT, self.guard)))
        return self.answer()

    def answer(self) -> bytes:
        """The stub of the next reply."""
        assembly = Assembly(1 << 24)
        while True:
            packet = self.receive()
            if not packet:
                raise EOFError
            fragment = read_fragment(packet, self.guard)
            if fragment.status is not None:
                raise Faulted(fragment.status)
            whole = assembly.add(fragment)
            if whole is not None:
                return whole.stub


class Guard:
    """The client's end of a logon."""

    def __init__(
        self,
        user: User,
        password: str | None = None,
        level: int = AuthLevel.PRIVACY,
        service: int = AuthService.NTLM,
    ) -> None:
        self.service, self.level, self.context_id = service, level, 7
        self._context: Any = spnego.client(
            user.name,
            user.password if password is None else password,
            protocol=_MECHANISMS[AuthService(service)],
            options=spnego.NegotiateOptions.use_ntlm
            if service == AuthService.NTLM
            else spnego.NegotiateOptions.use_negotiate,
            context_req=spnego.ContextReq.default | spnego.ContextReq.dce_style,
        )

    @property
    def complete(self) -> bool:
        return bool(self._context.complete)

    @property
    def token_size(self) -> int:
        return 16

    def step(self, token: bytes | None = None) -> bytes:
        return self._context.step(token) or b""

    def verifier(self, token: bytes) -> Verifier:
        return Verifier(self.service, self.level, token, self.context_id)

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        if self.level == AuthLevel.INTEGRITY:
            return body, self._context.sign(head + body + trailer)
        found = self._context.wrap_iov(
            [(BufferType.sign_only, head), body, (BufferType.sign_only, trailer), BufferType.header]
        )
        return found.buffers[1].data, found.buffers[3].data

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        if self.level == AuthLevel.INTEGRITY:
            self._context.verify(head + body + trailer, token)
            return body
        sealed = [
            (BufferType.sign_only, head),
            body,
            (BufferType.sign_only, trailer),
            (BufferType.header, token),
        ]
        return self._context.unwrap_iov(sealed).buffers[1].data


# What comes before all else


def activated(client: RpcClient) -> ActivationReply:
    """What a bound client is answered that asks for WMI."""
    asked = ActivationRequest(WBEM_LEVEL1_LOGIN_CLASS, (LEVEL1_LOGIN.iid,), OUR_VERSION)
    reply = client.call(ACTIVATOR, CREATE_INSTANCE, pUnkOuter=None, pActProperties=asked.packed())
    return ActivationReply.read(reply.values["ppActProperties"])


def pointer(reference: bytes | None) -> Standard:
    assert reference is not None
    return read_standard(reference).standard


def login(client: RpcClient, made: ActivationReply, namespace: str = "root/cimv2") -> Standard:
    """The services of a namespace."""
    level1 = pointer(made.references[0])
    reply = client.call(
        LEVEL1_LOGIN,
        NTLM_LOGIN,
        level1.ipid,
        wszNetworkResource=f"//./{namespace}",
        wszPreferredLocale=None,
        lFlags=0,
        pCtx=None,
    )
    return pointer(reply.values["ppNamespace"])
