"""What the tests of the transport share."""

from collections.abc import Callable, Iterator

import pytest

from protocols.dcom.packets import PacketType
from tests.kdc import kdc, realm
from tests.wmidcom.rpc.peer import Peer

__all__ = ["kdc", "realm"]


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as running:
        yield running


@pytest.fixture
def tampered() -> Callable[[Peer, int], None]:
    """What changes one byte of each response from now on."""

    def begin(peer: Peer, where: int) -> None:
        def changed(packet: bytes) -> bytes:
            if packet[2] != PacketType.RESPONSE:
                return packet
            return packet[:where] + bytes([packet[where] ^ 0xFF]) + packet[where + 1 :]

        peer.tamper = changed

    return begin
