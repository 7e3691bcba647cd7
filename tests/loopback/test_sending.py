"""A reply goes out whole, in chunks, or as what was to go wrong lets it."""

import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from protocols.loopback import Cut, Drip, Limits, Replace, Repository, Stall
from protocols.loopback.acceptor import Policy
from protocols.loopback.disturbances import Disturbance, Disturbances
from protocols.loopback.exchange import SOAP_XML, HttpReply
from protocols.loopback.peer import ClientGone, Peer
from protocols.loopback.sending import Said, Sender
from protocols.loopback.service import Service
from protocols.loopback.surroundings import Rules, Surroundings, Traffic
from protocols.loopback.users import User

REPLY = HttpReply(HTTPStatus.OK, b"0123456789", SOAP_XML)
WHOLE = REPLY.head + REPLY.body


class Ends:
    """What sends, and what its client has got."""

    def __init__(self) -> None:
        ours, self.client = socket.socketpair()
        self.client.settimeout(10)
        self.peer = Peer(ours, threading.Event())
        rules = Rules(Policy(User.random()))
        service = Service(Repository(), Limits(), "ops")
        self.around = Surroundings(service, rules, Traffic(), Disturbances())
        self.sender = Sender(self.peer, self.around)

    def disturb(self, *disturbances: Disturbance) -> None:
        for one in disturbances:
            self.around.disturbances.arm(one)

    def send(self, *, has_envelope: bool = False) -> None:
        self.sender.send(Said(REPLY, "Get", has_envelope=has_envelope))

    @property
    def got(self) -> bytes:
        """All that was sent; nothing can be sent after it."""
        self.peer.close()
        data = b""
        while piece := self.client.recv(65536):
            data += piece
        return data


@pytest.fixture
def ends() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.peer.close()
    made.client.close()


def test_a_reply_is_sent_and_counted(ends: Ends) -> None:
    ends.send()
    assert ends.around.traffic.bytes_sent == len(WHOLE)
    assert ends.got == WHOLE


def test_a_reply_may_come_in_chunks_and_is_not_sent_again(ends: Ends) -> None:
    for body in (b"one", b"another part"):
        ends.sender.chunk(SOAP_XML, body)
        assert ends.sender.is_chunked
    ends.sender.end_chunks()
    assert not ends.sender.is_chunked
    ends.sender.send(Said(REPLY, "Get", is_sent=True))
    head, _, chunks = ends.got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert chunks == b"3\r\none\r\nc\r\nanother part\r\n0\r\n\r\n"


@pytest.mark.parametrize("where", ["headers", "body"])
def test_it_drips_from_where_it_is_to(ends: Ends, where: str) -> None:
    ends.disturb(Drip("Get", interval=0.0, size=4, where=where))
    ends.send()
    assert ends.got == WHOLE


def test_a_drip_ends_with_its_client(ends: Ends) -> None:
    drip = Drip("Get", interval=60)
    ends.disturb(drip)
    threading.Timer(0.05, ends.client.shutdown, (socket.SHUT_RDWR,)).start()
    with pytest.raises(ClientGone):
        ends.send()
    assert drip.reached.is_set()


@pytest.mark.parametrize(
    ("where", "sent"), [("headers", len(REPLY.head) // 2), ("body", len(REPLY.head) + 5)]
)
def test_a_stall_within_it_comes_after_the_half(ends: Ends, where: str, sent: int) -> None:
    stall = Stall("Get", where)
    ends.disturb(stall)
    sending = threading.Thread(target=ends.send)
    sending.start()
    assert ends.client.recv(65536) == WHOLE[:sent]
    stall.until.set()
    sending.join(10)
    assert ends.got == WHOLE[sent:]


def test_it_can_be_cut(ends: Ends) -> None:
    ends.disturb(Cut("Get", 20))
    with pytest.raises(ClientGone):
        ends.send()
    assert ends.got == WHOLE[:20]


def test_one_without_an_envelope_can_be_another(ends: Ends) -> None:
    ends.disturb(Replace("Get", status=503))
    ends.send(has_envelope=True)
    ends.send()
    first, other = ends.got.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 ")
    assert other.startswith(b"503 ")
