"""Replies of several envelopes: chunks over a real line, in the clear and sealed."""

import threading

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import (
    ConnectionFailed,
    MIError,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from protocols.loopback.users import User
from protocols.winrm.line import Line
from protocols.winrm.replies import Replies
from protocols.wsman import framing
from tests.winrm.scripted import SOAP, Peer, Script, ScriptedServer, SealingPeer

BASIC = Credentials.password("ops", "secret", scheme="Basic")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def line_to(server: ScriptedServer, **options: object) -> Line:
    given = {"credentials": BASIC, "packet_privacy": False, **options}
    return Line(server.address, server.options(**given), SessionCallbacks())


def soon(seconds: float = 5.0) -> Expiry:
    return Expiry.after(seconds, "timeout")


def converse(line: Line) -> Replies:
    return line.converse(b"<request/>", soon(), CancelToken())


def following(replies: Replies, seconds: float = 5.0) -> bytes | None:
    return replies.next(soon(seconds), CancelToken())


def sends(*pieces: bytes, content_type: bytes = SOAP.encode()) -> Script:
    """Answer one request with a chunked reply in these pieces, then go on as an echo."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(HEAD % content_type)
        for piece in pieces:
            peer.send(piece)
        while True:
            peer.reply(body=peer.request().body)

    return script


def test_each_chunk_is_an_envelope_and_comes_when_it_is_there() -> None:
    is_taken = threading.Event()

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(HEAD % SOAP.encode() + chunk(b"<one/>"))
        is_taken.wait(5)
        peer.send(chunk(b"<two/>") + END)
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        replies = converse(line_to(server))
        assert following(replies) == b"<one/>"
        is_taken.set()
        assert following(replies) == b"<two/>"
        assert following(replies) is None
        assert following(replies) is None
        replies.close()


def test_a_line_serves_on_once_the_reply_is_at_its_end() -> None:
    with ScriptedServer(sends(chunk(b"<one/>"), END)) as server:
        line = line_to(server)
        replies = converse(line)
        assert [following(replies), following(replies)] == [b"<one/>", None]
        replies.close()
        assert next(line.exchange(b"<r/>", soon(), CancelToken(), repeatable=True)) == b"<r/>"
        assert server.connections == 1


def test_a_reply_in_one_piece_is_one_envelope() -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.reply(body=b"<reply/>")
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        replies = converse(line_to(server))
        assert [following(replies), following(replies)] == [b"<reply/>", None]


def test_a_fault_is_read_whole_even_if_it_comes_in_chunks() -> None:
    def script(peer: Peer) -> None:
        peer.request()
        head = (HEAD % SOAP.encode()).replace(b"200 OK", b"500 Error")
        peer.send(head + chunk(b"<s:Fault>") + chunk(b"</s:Fault>") + END)
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        replies = converse(line_to(server))
        assert [following(replies), following(replies)] == [b"<s:Fault></s:Fault>", None]


def test_a_reply_in_one_piece_that_is_none_is_an_error() -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.reply(500)
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        line = line_to(server)
        replies = converse(line)
        with pytest.raises(MIError, match="HTTP status 500") as caught:
            following(replies)
        assert caught.value.outcome_unknown
        assert not line.is_open


def test_closing_before_the_end_closes_the_connection() -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(HEAD % SOAP.encode() + chunk(b"<one/>"))
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        line = line_to(server)
        replies = converse(line)
        assert following(replies) == b"<one/>"
        replies.close()
        assert not line.is_open
        assert following(replies) is None
        assert server.ends.acquire(timeout=5)


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((b"5\r\n<o",), ConnectionFailed),
        ((b"many\r\n",), ConnectionFailed),
        ((chunk(b"<one/>")[:-2] + b"xx",), ProtocolError),
        ((chunk(b"x" * 3_000_000),), ProtocolError),
    ],
)
def test_a_chunk_that_is_none_ends_it(pieces: tuple[bytes, ...], kind: type[MIError]) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(HEAD % SOAP.encode() + b"".join(pieces))

    def read_all(replies: Replies) -> None:
        while following(replies) is not None:
            pass

    with ScriptedServer(script) as server:
        line = line_to(server)
        replies = converse(line)
        with pytest.raises(kind):
            read_all(replies)
        assert not line.is_open
        assert following(replies) is None


def test_chunks_that_are_compressed_are_refused() -> None:
    with ScriptedServer(sends(content_type=b"x\r\nContent-Encoding: gzip")) as server:
        line = line_to(server)
        with pytest.raises(ProtocolError, match="Content-Encoding that was not asked for"):
            converse(line)
        assert not line.is_open


def test_waiting_for_the_next_one_ends_on_time() -> None:
    with ScriptedServer(sends(chunk(b"<one/>"))) as server:
        line = line_to(server)
        replies = converse(line)
        following(replies)
        with pytest.raises(OperationTimeout, match="waiting for the reply"):
            following(replies, 0.1)
        assert not line.is_open


def test_waiting_for_the_rest_of_one_ends_on_time() -> None:
    with ScriptedServer(sends(chunk(b"<one/>"), b"10\r\n<two")) as server:
        replies = converse(line_to(server))
        following(replies)
        with pytest.raises(OperationTimeout, match=r"(reading|waiting for) the reply"):
            following(replies, 0.1)


def test_a_cancel_ends_the_waiting() -> None:
    with ScriptedServer(sends(chunk(b"<one/>"))) as server:
        token = CancelToken()
        line = line_to(server)
        replies = line.converse(b"<request/>", soon(), token)
        replies.next(soon(), token)
        threading.Timer(0.05, token.cancel).start()
        with pytest.raises(OperationCancelled):
            replies.next(soon(), token)


# Sealed


def test_each_chunk_is_sealed_by_itself_and_in_order(user: User) -> None:
    def script(peer: Peer) -> None:
        sealing = SealingPeer(peer).log_on()
        sealing.request()
        peer.send(HEAD % framing.content_type(framing.SPNEGO).encode())
        for envelope in (b"<one/>", b"<two/>"):
            peer.send(chunk(sealing.sealed(envelope)))
        peer.send(END)
        sealing.serve()

    with ScriptedServer(script) as server:
        credentials = Credentials.password(user.name, user.password, scheme="NtlmDomain")
        line = line_to(server, credentials=credentials, packet_privacy=None)
        replies = converse(line)
        assert [following(replies) for _ in range(3)] == [b"<one/>", b"<two/>", None]
        reply = next(line.exchange(b"<r/>", soon(), CancelToken(), repeatable=True))
        assert reply == b"<reply><r/></reply>"
        line.discard()


def test_a_chunk_in_the_clear_is_not_believed_where_chunks_are_sealed(user: User) -> None:
    def script(peer: Peer) -> None:
        SealingPeer(peer).log_on().request()
        peer.send(HEAD % framing.content_type(framing.SPNEGO).encode() + chunk(b"<one/>"))
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        credentials = Credentials.password(user.name, user.password, scheme="NtlmDomain")
        line = line_to(server, credentials=credentials, packet_privacy=None)
        replies = converse(line)
        with pytest.raises(ProtocolError):
            following(replies)
        assert not line.is_open


# One way


@pytest.mark.parametrize("status", [200, 202])
def test_a_one_way_message_is_answered_by_nothing(status: int) -> None:
    def script(peer: Peer) -> None:
        peer.request()
        peer.reply(status)
        peer.request()
        peer.reply(body=b"<fault/>")
        peer.wait_for_end()

    with ScriptedServer(script) as server:
        line = line_to(server)
        for expected in ([], [b"<fault/>"]):
            given = line.exchange(
                b"<end/>", soon(), CancelToken(), repeatable=False, is_one_way=True
            )
            assert list(given) == expected
        line.discard()
