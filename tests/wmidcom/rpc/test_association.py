"""One logged-on connection: a security of no value, so that each step can go wrong."""

import os
import socket
from collections.abc import Iterator

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import AuthenticationFailed, OperationTimeout, ProtocolError
from protocols.dcom.binding import BindAck, ContextResult, Outcome
from protocols.dcom.fragments import Call, write_call, write_fault
from protocols.dcom.packets import Packet, PacketFlags, PacketType, Verifier
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket
from protocols.security.rejection import Rejected
from protocols.wmidcom.rpc.association import Association, ContextRefused, RpcFault

IID = bytes(range(16))
ACK = BindAck((ContextResult(),), 0x55, "135", 1432, 1432)
TOKEN = Verifier(16, 6, b"token")


class Nothing:
    """A security that says one token after the other and protects nothing."""

    service = 16
    level = 6
    context_id = 0
    token_size = 4

    def __init__(self, *tokens: bytes | None, is_answered: bool = True) -> None:
        self.tokens = [b"first", *tokens]
        self.taken: list[bytes | None] = []
        self.is_answered = is_answered
        self.signs_headers = False

    @property
    def complete(self) -> bool:
        return not self.tokens

    def step(self, token: bytes | None = None) -> bytes | None:
        self.taken.append(token)
        return self.tokens.pop(0)

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        return body, b"good"

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        assert token == b"good"
        return body


@pytest.fixture
def bounds() -> Iterator[Bounds]:
    with Bounds(Expiry.after(5, "timeout"), CancelToken(), 1_000_000) as one:
        yield one


@pytest.fixture
def pair(bounds: Bounds) -> Iterator[tuple[BoundedSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with theirs:
        bounded = BoundedSocket(ours.family, ours.type, ours.proto, fileno=ours.detach())
        bounded.is_tcp = False
        bounded.bounds = bounds
        yield bounded, theirs
        bounded.end()


Pair = tuple[BoundedSocket, socket.socket]


def association(pair: Pair, security: Nothing, *answers: Packet | bytes) -> Association:
    """Return an association whose other end has said already what it is going to say."""
    for one in answers:
        pair[1].sendall(one if isinstance(one, bytes) else one.packed())
    return Association(pair[0], security, "server01:135")


def ack(verifier: Verifier | None = TOKEN, answer: BindAck = ACK, flags: int = 3) -> Packet:
    return Packet(PacketType.BIND_ACK, 1, answer.body(), PacketFlags(flags), verifier)


def sent(pair: Pair) -> list[Packet]:
    pair[1].settimeout(0)
    data, packets = pair[1].recv(100_000), []
    while data:
        size = int.from_bytes(data[8:10], "little")
        packets.append(Packet.read(data[:size]))
        data = data[size:]
    return packets


def test_a_third_token_is_an_alter_context(pair: Pair) -> None:
    last = Packet(PacketType.ALTER_CONTEXT_RESPONSE, 1, ACK.body(), verifier=TOKEN)
    security = Nothing(b"third", b"")
    made = association(pair, security, ack(flags=7), last)
    made.bind(IID, 0)
    first, third = sent(pair)
    assert (first.type, first.verifier.token) == (PacketType.BIND, b"first")  # type: ignore[union-attr]
    assert (third.type, third.verifier.token) == (PacketType.ALTER_CONTEXT, b"third")  # type: ignore[union-attr]
    assert security.taken == [None, b"token", b"token"]
    assert security.signs_headers
    assert made.group == 0x55
    assert made.is_proven


def test_without_a_third_token_two_are_enough(pair: Pair) -> None:
    association(pair, Nothing(None), ack()).bind(IID, 0)
    assert len(sent(pair)) == 1


def test_the_last_answer_may_have_no_token(pair: Pair) -> None:
    last = Packet(PacketType.ALTER_CONTEXT_RESPONSE, 1, ACK.body())
    association(pair, Nothing(b"third"), ack(), last).bind(IID, 0)


def test_a_logon_that_does_not_end_is_none(pair: Pair) -> None:
    made = association(pair, Nothing(None, b"more"), ack())
    with pytest.raises(AuthenticationFailed, match="does not prove who it is"):
        made.bind(IID, 0)


def test_a_third_token_that_is_refused_is_a_refusal(pair: Pair) -> None:
    made = association(pair, Nothing(b"third", b""), ack(), write_fault(1, 0, 5))
    with pytest.raises(Rejected) as caught:
        made.bind(IID, 0)
    assert caught.value.is_refusal
    assert "does not accept the logon (fault 5)" in caught.value.error.message


@pytest.mark.parametrize(
    ("answer", "is_answered", "is_refusal", "may_pass"),
    [
        (Packet(PacketType.BIND_NAK, 1, b"\x08\0\0\0"), True, False, False),
        (Packet(PacketType.BIND_NAK, 1, b"\x09\0\0\0"), True, True, False),
        (Packet(PacketType.BIND_NAK, 1, b"\x09\0\0\0"), False, False, True),
        (write_fault(1, 0, 5), True, True, False),
        (write_fault(1, 0, 0x1C010014), True, False, True),
    ],
)
def test_a_bind_that_is_refused_says_what_was_refused(
    pair: Pair, answer: Packet | bytes, *, is_answered: bool, is_refusal: bool, may_pass: bool
) -> None:
    made = association(pair, Nothing(is_answered=is_answered), answer)
    with pytest.raises(Rejected) as caught:
        made.bind(IID, 0)
    assert (caught.value.is_refusal, caught.value.may_pass) == (is_refusal, may_pass)


@pytest.mark.parametrize("results", [(), (ContextResult(Outcome.PROVIDER_REJECTED, 1),)])
def test_an_interface_may_be_refused(pair: Pair, results: tuple[ContextResult, ...]) -> None:
    made = association(pair, Nothing(None), ack(answer=BindAck(results)))
    with pytest.raises(ContextRefused):
        made.bind(IID, 0)


def bound(pair: Pair, bounds: Bounds, *answers: Packet | bytes) -> Association:
    security = Nothing(None)
    made = association(pair, security, ack(), *answers)
    made.attend(bounds)
    made.bind(IID, 0)
    return made


def reply(call_id: int, stub: bytes = b"stub", opnum: int | None = None) -> bytes:
    return b"".join(write_call(Call(call_id, 0, stub, opnum), 1432, Nothing()))


def test_a_call_is_answered(pair: Pair, bounds: Bounds) -> None:
    made = bound(pair, bounds, reply(2, b"x" * 4000), reply(3, b"y"))
    assert made.call(IID, 4, b"stub", None, bounds) == b"x" * 4000
    assert made.call(IID, 4, b"stub", None, bounds) == b"y"
    assert not made.is_stale


def test_packets_are_no_larger_than_the_server_takes(pair: Pair, bounds: Bounds) -> None:
    made = bound(pair, bounds, reply(2))
    sent(pair)
    made.call(IID, 4, bytes(5000), None, bounds)
    assert [len(packet.packed()) <= 1432 for packet in sent(pair)] == [True] * 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(9), "call 9 is answered instead of call 2"),
        (reply(2, opnum=4), "a request comes where a reply was expected"),
        (write_fault(9, 0, 5), "call 9 is answered"),
    ],
)
def test_an_answer_to_something_else_is_told(
    pair: Pair, bounds: Bounds, answer: bytes, words: str
) -> None:
    made = bound(pair, bounds, answer)
    with pytest.raises(ProtocolError, match=words):
        made.call(IID, 4, b"stub", None, bounds)


def test_a_fault_is_told(pair: Pair, bounds: Bounds) -> None:
    made = bound(pair, bounds, write_fault(2, 0, 7))
    with pytest.raises(RpcFault, match="0x00000007") as caught:
        made.call(IID, 4, b"stub", None, bounds)
    assert caught.value.is_whole


def test_another_interface_may_be_refused_in_three_ways(pair: Pair, bounds: Bounds) -> None:
    refused = BindAck((ContextResult(Outcome.PROVIDER_REJECTED, 1),))
    answers = (
        Packet(PacketType.ALTER_CONTEXT_RESPONSE, 2, refused.body()),
        write_fault(3, 0, 0x1C00000B),
        Packet(PacketType.BIND_NAK, 4, b"\0\0\0\0"),
    )
    made = bound(pair, bounds, *answers)
    for _ in answers:
        with pytest.raises(ContextRefused):
            made.call(bytes(16), 4, b"stub", None, bounds)


def test_sending_ends_on_time(pair: Pair, bounds: Bounds) -> None:
    made = bound(pair, bounds)
    with Bounds(Expiry.after(0.1, "timeout"), CancelToken(), 1_000_000) as short:
        made.attend(short)
        with pytest.raises(OperationTimeout, match="while sending the request"):
            made.call(IID, 4, bytes(10_000_000), None, short)


def test_another_process_keeps_the_connection(pair: Pair, bounds: Bounds) -> None:
    made = bound(pair, bounds)
    kept = socket.socket(fileno=os.dup(pair[0].fileno()))
    made.leave()
    kept.sendall(b"still there")
    kept.close()
