"""A DCOM server whose every answer a test can change: both ports, NTLM and Kerberos, no WMI."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import spnego

from mi.credentials import Credentials
from mi.options import DestinationOptions
from protocols.dcom import binding, interfaces
from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.binding import Bind, BindAck, BindNak, ContextResult, Outcome
from protocols.dcom.fragments import Assembly, Call, read_fragment, write_call, write_fault
from protocols.dcom.kinds import Interfaces
from protocols.dcom.methods import Interface
from protocols.dcom.objref import Standard, StandardReference
from protocols.dcom.orpc import OUR_VERSION, OrpcThat
from protocols.dcom.packets import (
    HEADER_SIZE,
    AuthService,
    Header,
    Packet,
    PacketFlags,
    PacketType,
    Verifier,
)
from protocols.dcom.string_bindings import TCP, DualStringArray, SecurityBinding, StringBinding
from protocols.loopback.users import User, registered
from protocols.wmidcom.rpc.security import NtlmSecurity

LIMIT = 10_000_000
ACCESS_DENIED = 5
OXID = 0x1122334455667788


@dataclass
class Asked:
    """One call, as the peer got it.

    Attributes:
        interface: its name.
        method: its name.
        values: its parameters.
        ipid: on which interface pointer.
        connection: the number of the connection, from 1 on.
    """

    interface: str
    method: str
    values: dict[str, Any]
    ipid: bytes | None
    connection: int


class Fault(Exception):
    """An answer that is a fault."""

    def __init__(self, status: int) -> None:
        self.status = status


@dataclass
class Replied:
    """An answer: an HRESULT and the values."""

    hresult: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    that: OrpcThat = field(default_factory=OrpcThat)


Answer = Callable[[Asked], Replied]


class Peer:
    """A server on two ports of 127.0.0.1.

    Attributes:
        user: the one whom NTLM lets in.
        keytab: the services that Kerberos knows, or None.
        answers: by the names of methods.
        asked: the calls, in their order.
        binds: what was bound, in its order: authentication service and level.
        connections: how many were accepted.
        open_connections: how many are open.
        signs_headers: whether headers are protected, too.
        adds_interfaces: whether alter_context without a logon adds one.
        tamper: changes a packet that is about to be sent.
    """

    def __init__(self, keytab: str | None = None) -> None:
        self.user = User.random()
        self.keytab = keytab
        self.answers: dict[str, Answer] = dict(_ANSWERS(self))
        self.asked: list[Asked] = []
        self.binds: list[tuple[int, int]] = []
        self.connections = 0
        self.open_connections = 0
        self.logons = 0
        self.groups: list[int] = []
        self.alters: list[bool] = []
        self.signs_headers = True
        self.adds_interfaces = True
        self.largest = 5840
        self.tamper: Callable[[bytes], bytes] = lambda packet: packet
        self.on_packet: Callable[[Packet, _Connection], bytes | None] = lambda packet, there: None
        self.stall = threading.Event()
        self.objects: list[bytes] = []
        self.bindings: DualStringArray | None = None
        self.oxid = OXID
        self._ids = iter(range(1, 1 << 30))
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._stack.enter_context(registered(self.user))
        self.activator_port = self._listen()
        self.exporter_port = self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self.stall.set()
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)
        self._stack.close()

    # For tests

    @property
    def credentials(self) -> Credentials:
        return Credentials.password(self.user.name, self.user.password, scheme="Ntlmdomain")

    def options(self, **more: Any) -> DestinationOptions:
        more.setdefault("credentials", self.credentials)
        return DestinationOptions(destination_port=self.activator_port, **more)

    def methods(self) -> list[str]:
        """Return the names of the methods that were called."""
        return [one.method for one in self.asked]

    def reference(self, interface: Interface, *, oxid: int | None = None) -> bytes:
        """Return an OBJREF of a new object."""
        number = next(self._ids)
        standard = Standard(oxid or self.oxid, number, number.to_bytes(16, "big"))
        return StandardReference(interface.iid, standard).packed()

    @property
    def released(self) -> list[int]:
        """The numbers of the objects that were given back."""
        return [
            int.from_bytes(one.ipid, "big")
            for asked in self.asked
            if asked.method == "RemRelease"
            for one in asked.values["InterfaceRefs"]
        ]

    def activation(self) -> ActivationReply:
        own = DualStringArray(
            (
                StringBinding(15, "SRV[\\pipe\\x]"),
                StringBinding(TCP, f"NETBIOS-NAME[{self.exporter_port}]"),
                StringBinding(TCP, "192.0.2.1[1]"),
            ),
            (SecurityBinding(10, ""),),
        )
        return ActivationReply(
            (interfaces.LEVEL1_LOGIN.iid,),
            (0,),
            (self.reference(interfaces.LEVEL1_LOGIN),),
            self.oxid,
            self.bindings or own,
            bytes(range(16)),
            OUR_VERSION,
            6,
        )

    # Sockets

    def _listen(self) -> int:
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets.append(listener)
        self._start(self._accept, listener)
        return int(listener.getsockname()[1])

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._sockets.append(connection)
                with self._lock:
                    self.connections += 1
                    self.open_connections += 1
                    number = self.connections
                self._start(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            with suppress(OSError, EOFError):
                _Connection(self, connection, number).run()
        finally:
            connection.close()
            with self._lock:
                self.open_connections -= 1

    def answer(self, asked: Asked) -> Replied:
        self.asked.append(asked)
        return self.answers[asked.method](asked)


class _Connection:
    def __init__(self, peer: Peer, connection: socket.socket, number: int) -> None:
        self.peer = peer
        self.socket = connection
        self.number = number
        self.contexts: dict[int, bytes] = {}
        self.security: Any = None
        self.context: Any = None
        self.is_refused = False
        self.assembly = Assembly(LIMIT)

    def run(self) -> None:
        while True:
            head = self._exactly(HEADER_SIZE)
            data = head + self._exactly(Header.read(head, 0xFFFF).size - HEADER_SIZE)
            packet = Packet.read(data)
            instead = self.peer.on_packet(packet, self)
            if instead is not None:
                self.socket.sendall(instead)
                continue
            self._take(data, packet)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def send(self, packet: bytes) -> None:
        self.socket.sendall(self.peer.tamper(packet))

    def _take(self, data: bytes, packet: Packet) -> None:
        if packet.type in (PacketType.BIND, PacketType.ALTER_CONTEXT):
            self._bind(packet)
        elif packet.type is PacketType.AUTH3:
            self._finish(packet)
        else:
            self._request(data)

    def _bind(self, packet: Packet) -> None:
        bind = Bind.read(packet.body)
        is_first = packet.type is PacketType.BIND
        if not is_first:
            self.peer.alters.append(packet.verifier is not None)
        if not is_first and packet.verifier is None and not self.peer.adds_interfaces:
            self.send(write_fault(packet.call_id, 0, 0x1C00000B, was_executed=False))
            return
        results = []
        for offer in bind.offers:
            is_known = offer.interface.id in interfaces.INTERFACES
            outcome = Outcome.ACCEPTED if is_known else Outcome.PROVIDER_REJECTED
            self.contexts[offer.context_id] = offer.interface.id
            results.append(ContextResult(outcome, 0 if is_known else 1, binding.NDR))
        verifier = self._logged_on(packet.verifier, bind) if packet.verifier else None
        if packet.verifier and verifier is None:
            self.send(Packet(PacketType.BIND_NAK, packet.call_id, BindNak(9).body()).packed())
            return
        flags = PacketFlags.WHOLE
        if is_first and self.peer.signs_headers:
            flags |= PacketFlags.HEADER_SIGN
        kind = PacketType.BIND_ACK if is_first else PacketType.ALTER_CONTEXT_RESPONSE
        ack = BindAck(
            tuple(results), bind.group or 0x77, "135", self.peer.largest, self.peer.largest
        )
        if is_first:
            self.peer.groups.append(bind.group)
        self.send(Packet(kind, packet.call_id, ack.body(), flags, verifier).packed())

    def _logged_on(self, found: Verifier, bind: Bind) -> Verifier | None:
        if self.security is None:
            self.peer.binds.append((found.service, found.level))
            self.security = _acceptor(self.peer, found.service, found.level)
        try:
            token = self.security.accept(found.token)
        except Exception:  # noqa: BLE001 - whatever the libraries raise is a refusal
            return None
        if self.security.complete:
            self.peer.logons += 1
        return found._replace(token=token or b"\0", padding=0)

    def _finish(self, packet: Packet) -> None:
        assert packet.verifier is not None
        try:
            self.security.accept(packet.verifier.token)
            self.peer.logons += 1
        except Exception:  # noqa: BLE001 - whatever the libraries raise is a refusal
            self.is_refused = True

    def _request(self, data: bytes) -> None:
        if self.is_refused:
            call_id = Header.read(data, len(data)).call_id
            self.send(write_fault(call_id, 0, ACCESS_DENIED, was_executed=False))
            return
        whole = self.assembly.add(read_fragment(data, self.security))
        if whole is None:
            return
        try:
            stub = self._answer(whole)
        except Fault as fault:
            self.send(write_fault(whole.call_id, whole.context_id, fault.status))
            return
        reply = Call(whole.call_id, whole.context_id, stub)
        for packet in write_call(reply, self.peer.largest, self.security):
            self.send(packet)

    def _answer(self, call: Call) -> bytes:
        interface = interfaces.INTERFACES[self.contexts[call.context_id]]
        method = interface.methods[call.opnum or 0]
        _, values = method.read_request(call.stub)
        asked = Asked(interface.name, method.name, values, call.object, self.number)
        replied = self.peer.answer(asked)
        return method.reply(replied.hresult, replied.that, **replied.values)


def _acceptor(peer: Peer, service: int, level: int) -> Any:
    if service == AuthService.NTLM:
        return _NtlmAcceptor(level, peer)
    from tests.wmidcom.rpc.kerberos_peer import KerberosAcceptor  # noqa: PLC0415 - needs the extra

    return KerberosAcceptor(peer.keytab or "", service, level, peer)


class _NtlmAcceptor(NtlmSecurity):
    def __init__(self, level: int, peer: Peer) -> None:
        self.level = level
        self.signs_headers = peer.signs_headers
        self._context = spnego.server(
            protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm,
            context_req=spnego.ContextReq.default | spnego.ContextReq.dce_style,
        )  # fmt: skip

    def accept(self, token: bytes) -> bytes | None:
        answer: bytes | None = self._context.step(token)
        return answer


def _ANSWERS(peer: Peer) -> Iterator[tuple[str, Answer]]:  # noqa: N802 - a table
    def activated(asked: Asked) -> Replied:
        ActivationRequest.read(asked.values["pActProperties"])
        return Replied(values={"ppActProperties": peer.activation().packed()})

    def logged_in(asked: Asked) -> Replied:
        if "missing" in asked.values["wszNetworkResource"]:
            return Replied(0x8004100E)
        return Replied(values={"ppNamespace": peer.reference(interfaces.SERVICES)})

    def enumerating(_: Asked) -> Replied:
        return Replied(values={"ppEnum": peer.reference(interfaces.ENUMERATOR)})

    def next_ones(asked: Asked) -> Replied:
        count = asked.values["uCount"]
        some, peer.objects = peer.objects[:count], peer.objects[count:]
        values = {"apObjects": Interfaces(count, some), "puReturned": len(some)}
        return Replied(0 if len(some) == count else 1, values)

    def nothing(_: Asked) -> Replied:
        return Replied()

    yield "RemoteCreateInstance", activated
    yield "NTLMLogin", logged_in
    for name in ("ExecQuery", "ExecNotificationQuery", "CreateInstanceEnum", "CreateClassEnum"):
        yield name, enumerating
    yield "Next", next_ones
    for name in ("RemRelease", "DeleteInstance", "SimplePing", "PutInstance"):
        yield name, nothing
    yield "ComplexPing", lambda asked: Replied(values={"pSetId": 99})
