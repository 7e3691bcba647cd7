"""What a DCOM server writes, and what a client of it does, and what reads either."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from mi.errors import MIError
from mi.results import CimType
from protocols.dcom.activation import ActivationReply, ActivationRequest
from protocols.dcom.binding import Bind, BindAck, BindNak, ContextResult, Offer, Syntax
from protocols.dcom.call_contexts import ContextProperty, read_context, write_context
from protocols.dcom.fragments import Assembly, Call, read_fragment, write_call, write_fault
from protocols.dcom.interfaces import ACTIVATOR, ENUMERATOR, INTERFACES, LEVEL1_LOGIN, SERVICES
from protocols.dcom.kinds import Interfaces, Release
from protocols.dcom.methods import Method
from protocols.dcom.objref import Standard, StandardReference, read_standard
from protocols.dcom.orpc import ERROR_EXTENSION, OUR_VERSION, Extension, OrpcThat, OrpcThis
from protocols.dcom.packets import Packet, PacketType, Verifier
from protocols.dcom.string_bindings import TCP, DualStringArray, SecurityBinding, StringBinding
from protocols.dcom.wbem_objects import object_in, object_reference

__all__ = [
    "TOKENS",
    "contexts",
    "packets",
    "read_call_context",
    "read_packets",
    "read_references",
    "read_stub",
    "references",
    "stubs",
]

TOKENS: Final = (
    b"\0\0\0\0", b"\1\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\2\0", b"\4\0\2\0",
    b"MEOW", b"\xff\xff", b"\7\0", b"\x01\x10\x08\x00\xcc\xcc\xcc\xcc", b"\5\0\2\3", b"\5\0\0\x83",
)  # fmt: skip

_LIMIT: Final = 100_000
_THIS: Final = OrpcThis(bytes(range(16)))
_BINDINGS: Final = DualStringArray(
    (StringBinding(15, "S[\\pipe\\x]"), StringBinding(TCP, "server01[49670]")),
    (SecurityBinding(10, ""), SecurityBinding(16, "host/server01")),
)
_STANDARD: Final = StandardReference(SERVICES.iid, Standard(1, 2, bytes(16)), _BINDINGS).packed()
_WORDS: Final[dict[str, Any]] = {
    "lFlags": 0x30, "pCtx": None, "strQueryLanguage": "WQL", "strQuery": "SELECT * FROM X",
    "strObjectPath": "X.A=1", "strMethodName": "Stop", "strSuperClass": "X", "strClass": "X",
    "pInst": object_reference(b"object"), "pObject": object_reference(b"object"),
    "pInParams": object_reference(b"object"), "ppObject": True, "ppCallResult": True,
    "ppOutParams": True, "wszNetworkResource": "//./root/cimv2", "wszPreferredLocale": "MS_409",
    "lTimeout": 1000, "uCount": 5, "nCount": 5, "reserved1": None, "reserved2": 0,
    "cInterfaceRefs": 1, "InterfaceRefs": [Release(bytes(16), 5)], "ripid": bytes(16), "cRefs": 1,
    "cIids": 1, "iids": [bytes(16)], "pSetId": 1, "SequenceNum": 1, "cAddToSet": 2,
    "cDelFromSet": 0, "AddToSet": (1, 2), "DelFromSet": (), "pUnkOuter": None,
}  # fmt: skip
_RESULTS: Final[dict[str, Any]] = {
    "ppObject": object_reference(b"object"), "ppOutParams": object_reference(b"object"),
    "ppEnum": _STANDARD, "ppNamespace": _STANDARD, "ppCallResult": _STANDARD,
    "apObjects": Interfaces(5, [object_reference(b"one"), object_reference(b"two")]),
    "puReturned": 2, "pstrResultString": "X.A=1", "ppdsaOrBindings": _BINDINGS,
    "pComVersion": OUR_VERSION, "pResults": [0],
}  # fmt: skip


def _activation() -> tuple[bytes, bytes]:
    wanted = ActivationRequest(bytes(16), (LEVEL1_LOGIN.iid,), OUR_VERSION)
    made = ActivationReply(wanted.iids, (0,), (_STANDARD,), 1, _BINDINGS, bytes(16), OUR_VERSION, 6)
    return wanted.packed(), made.packed()


# Packets


def read_packets(data: bytes) -> None:
    """Read packets one after the other, as both sides do."""
    assembly = Assembly(_LIMIT)
    while data:
        size = int.from_bytes(data[8:10], "little") or len(data)
        _read_packet(data[:size], assembly)
        data = data[size:]


def _read_packet(data: bytes, assembly: Assembly) -> None:
    packet = Packet.read(data)
    kind = _BODIES.get(packet.type)
    if kind is not None:
        kind(packet.body)
    else:
        assembly.add(read_fragment(data, None))


_BODIES: Final[dict[PacketType, Callable[[bytes], Any]]] = {
    PacketType.BIND: Bind.read,
    PacketType.ALTER_CONTEXT: Bind.read,
    PacketType.BIND_ACK: BindAck.read,
    PacketType.ALTER_CONTEXT_RESPONSE: BindAck.read,
    PacketType.BIND_NAK: BindNak.read,
}


@cache
def packets() -> list[bytes]:
    """Return what passes between the two sides."""
    bind = Bind((Offer(0, Syntax(ACTIVATOR.iid)), Offer(1, Syntax(ENUMERATOR.iid))), 7)
    ack = BindAck((ContextResult(), ContextResult(2, 1)), 7, "49670")
    verifier = Verifier(10, 6, b"NTLMSSP\0")
    call = Call(3, 0, bytes(range(100)), 4, bytes(16))
    return [
        Packet(PacketType.BIND, 1, bind.body(), verifier=verifier).packed(),
        Packet(PacketType.BIND_ACK, 1, ack.body(), verifier=verifier).packed(),
        Packet(PacketType.BIND_NAK, 1, BindNak(8).body()).packed(),
        b"".join(write_call(call, 120, None)),
        b"".join(write_call(Call(3, 0, bytes(50)), 64, None)) + write_fault(4, 0, 5),
    ]


# Stubs


def read_stub(data: bytes) -> None:
    """Read the stub of whichever method its first byte stands for, as a request and a reply."""
    method = _METHODS[data[0] % len(_METHODS)] if data else _METHODS[0]
    errors = []
    for read in (method.read_request, method.read_reply):
        try:
            read(data[1:])
        except MIError as error:
            errors.append(error)
    if len(errors) > 1:
        raise errors[0]


_METHODS: Final[list[Method]] = [
    method for interface in INTERFACES.values() for method in interface.methods.values()
]


@cache
def stubs() -> list[bytes]:
    """Return a request and a reply of each method."""
    wanted, made = _activation()
    words = _WORDS | {"pActProperties": wanted}
    results = _RESULTS | {"ppActProperties": made}
    that = OrpcThat((Extension(ERROR_EXTENSION, object_reference(b"why")),))
    found = []
    for number, method in enumerate(_METHODS):
        this = _THIS if method.is_object else None
        inputs = {name: words[name] for name in method.inputs}
        outputs = {name: results[name] for name in method.outputs if name in results}
        head = bytes([number])
        found += [head + method.request(this, **inputs), head + method.reply(1, **outputs)]
        found.append(head + method.reply(0x80041001, that))
    return found


# References


def read_references(data: bytes) -> None:
    """Read an OBJREF, as whatever it may be."""
    errors = []
    for read in (read_standard, object_in, ActivationReply.read, ActivationRequest.read):
        try:
            read(data)
        except MIError as error:
            errors.append(error)
    if len(errors) > 3:
        raise errors[0]


def references() -> list[bytes]:
    """Return one reference of each kind."""
    return [_STANDARD, object_reference(b"object"), *_activation()]


# Contexts


def read_call_context(data: bytes) -> None:
    """Read what a caller tells a provider."""
    read_context(data)


def contexts() -> list[bytes]:
    """Return a context with a value of most types."""
    values = (
        ContextProperty("__ProviderArchitecture", 64, CimType.SINT32),
        ContextProperty("__RequiredArchitecture", value=True, type=CimType.BOOLEAN),
        ContextProperty("Names", ["a", "bc"], CimType.STRING_ARRAY),
        ContextProperty("Nothing", None, CimType.STRING),
        ContextProperty("Real", 0.5, CimType.REAL64),
    )
    return [write_context(bytes(16), values), write_context(bytes(16), ())]
