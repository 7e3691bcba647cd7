"""The packets that come over a connection, cut where their headers say so."""

from __future__ import annotations

from typing import Final

from mi.errors import ConnectionFailed, MIError
from protocols.dcom.packets import HEADER_SIZE, LARGEST_FRAGMENT, Header, PacketType
from protocols.network.sockets import BoundedSocket

__all__ = ["PacketStream"]

_CHUNK: Final = 0x10000


class PacketStream:
    """Sends and receives whole packets, within the bounds of the socket."""

    def __init__(self, connection: BoundedSocket, authority: str) -> None:
        """Take a connection over.

        Args:
            connection: on which nothing was received yet.
            authority: of the other end, for messages.
        """
        self._connection = connection
        self._authority = authority
        self._buffer = bytearray()
        self._chunk = memoryview(bytearray(_CHUNK))

    def send(self, packet: bytes) -> None:
        """Send a packet.

        Raises:
            ConnectionFailed: the connection was lost.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        try:
            self._connection.sendall(packet)
        except MIError:  # a time-out of ours is an OSError, too
            raise
        except OSError as error:
            failure = error
        else:
            return
        raise self._lost(failure.strerror or str(failure)) from failure

    def receive(self) -> bytes:
        """Return the next packet.

        Raises:
            ConnectionFailed: the connection was lost, or the server is about to close it.
            ProtocolError: what comes is no packet.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        buffer = self._buffer
        while len(buffer) < HEADER_SIZE:
            self._fill()
        header = Header.read(bytes(buffer[:HEADER_SIZE]), LARGEST_FRAGMENT)
        if header.type is PacketType.SHUTDOWN:  # C706 12.6.4.11: close it, nothing follows
            raise self._lost("the server shuts it down")
        size = header.size
        while len(buffer) < size:
            self._fill()
        packet = bytes(memoryview(buffer)[:size])
        del buffer[:size]
        return packet

    def _fill(self) -> None:
        try:
            count = self._connection.recv_into(self._chunk)
        except MIError:
            raise
        except OSError as error:
            failure = error
        else:
            if not count:
                raise self._lost("the other end closed it")
            self._buffer += self._chunk[:count]
            return
        raise self._lost(failure.strerror or str(failure)) from failure

    def _lost(self, why: str) -> ConnectionFailed:
        return ConnectionFailed(
            f"the connection to {self._authority} was lost while"
            f" {self._connection.bounds.phase}: {why}",
            advice="Check the network, and whether the service was restarted.",
        )
