"""Packets out of whatever pieces they come in."""

import socket
import threading
from collections.abc import Iterator

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, OperationTimeout, ProtocolError
from protocols.dcom.packets import Packet, PacketType
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket
from protocols.wmidcom.rpc.packet_stream import PacketStream

PACKETS = [Packet(PacketType.RESPONSE, number, b"x" * number).packed() for number in range(5)]


@pytest.fixture
def ends() -> Iterator[tuple[PacketStream, socket.socket]]:
    ours, theirs = socket.socketpair()
    bounded = BoundedSocket(ours.family, ours.type, ours.proto, fileno=ours.detach())
    bounded.is_tcp = False
    with theirs, Bounds(Expiry.after(2, "timeout"), CancelToken(), 10_000) as bounds:
        bounded.bounds = bounds
        yield PacketStream(bounded, "server01:135"), theirs
        bounded.end()


Ends = tuple[PacketStream, socket.socket]


def test_several_packets_may_come_at_once(ends: Ends) -> None:
    ends[1].sendall(b"".join(PACKETS))
    assert [ends[0].receive() for _ in PACKETS] == PACKETS


def test_a_packet_may_come_byte_by_byte(ends: Ends) -> None:
    def drip() -> None:
        for byte in PACKETS[4]:
            ends[1].sendall(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    assert ends[0].receive() == PACKETS[4]
    thread.join(30)


def test_an_end_in_the_midst_is_told(ends: Ends) -> None:
    ends[1].sendall(PACKETS[4][:-1])
    ends[1].close()
    with pytest.raises(ConnectionFailed, match="server01:135 was lost while reading the reply"):
        ends[0].receive()


def test_a_server_that_shuts_a_connection_down_is_about_to_close_it(ends: Ends) -> None:
    ends[1].sendall(Packet(PacketType.SHUTDOWN, 0, b"").packed())
    with pytest.raises(ConnectionFailed, match=r"was lost .*: the server shuts it down"):
        ends[0].receive()


def test_what_is_no_packet_is_told(ends: Ends) -> None:
    ends[1].sendall(b"220 mail.example.com ESMTP\r\n")
    with pytest.raises(ProtocolError, match="this is no RPC"):
        ends[0].receive()


def test_time_that_is_over_is_no_lost_connection(ends: Ends) -> None:
    with pytest.raises(OperationTimeout, match="while waiting for the reply"):
        ends[0].receive()
    with pytest.raises(OperationTimeout, match="while sending the request"):
        ends[0].send(b"x")
