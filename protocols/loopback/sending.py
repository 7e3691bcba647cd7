"""How replies go out: whole, in chunks as their parts come, or disturbed on purpose."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from protocols.loopback.disturbances import Cut, Drip, Replace, Stall
from protocols.loopback.exchange import HttpReply
from protocols.loopback.peer import ClientGone, Peer
from protocols.loopback.surroundings import Surroundings

__all__ = ["Said", "Sender"]

_LAST_CHUNK: Final = b"0\r\n\r\n"


class Said(NamedTuple):
    """What a request is answered.

    Attributes:
        reply: the reply.
        action: the action whose disturbances it may suffer.
        has_envelope: whether it has an envelope, whose disturbances it has suffered already.
        is_sent: whether it went out in chunks.
    """

    reply: HttpReply
    action: str = ""
    has_envelope: bool = False
    is_sent: bool = False


class Sender:
    """Sends the replies of one connection.

    Attributes:
        is_chunked: whether a reply in chunks has begun.
    """

    def __init__(self, peer: Peer, around: Surroundings) -> None:
        self._peer = peer
        self._around = around
        self.is_chunked = False

    def chunk(self, content_type: str, body: bytes) -> None:
        """Send a part of a reply, which begins with the first."""
        head = b""
        if not self.is_chunked:
            self.is_chunked = True
            headers = (("Transfer-Encoding", "chunked"),)
            head = HttpReply(HTTPStatus.OK, b"", content_type, headers).head
        self._transmit(head + b"%x\r\n%b\r\n" % (len(body), body))

    def end_chunks(self) -> None:
        """Say that the reply in chunks is over."""
        self.is_chunked = False
        self._transmit(_LAST_CHUNK)

    def send(self, said: Said) -> None:
        """Send a reply, as what was to go wrong with it lets it.

        Raises:
            ClientGone: the client did not wait for it, or was to get no more of it.
        """
        if said.is_sent:
            return
        reply, action, disturbances = said.reply, said.action, self._around.disturbances
        if not said.has_envelope:
            for one in disturbances.take(Replace, action):
                reply = one.reshaped(reply)
        data, head = reply.head + reply.body, len(reply.head)
        for cut in disturbances.take(Cut, action):
            self._peer.send(data[: cut.after_bytes])
            raise ClientGone
        for piece, pause in _paced(
            data,
            head,
            disturbances.take(Stall, action, ("headers", "body")),
            disturbances.take(Drip, action),
        ):
            self._transmit(piece)
            if pause is not None:
                self._peer.wait(*pause)

    def _transmit(self, data: bytes) -> None:
        # Counted first: whoever has read the reply may ask for the count.
        self._around.traffic.add(bytes_sent=len(data))
        self._peer.send(data)


_Pause = tuple[float | None, threading.Event | None]


def _paced(
    data: bytes, head: int, stalls: Sequence[Stall], drips: Sequence[Drip]
) -> Iterator[tuple[bytes, _Pause | None]]:
    """Return the pieces of a reply, and how long to wait after each."""
    if stalls:
        stall = stalls[0]
        place = head // 2 if stall.where == "headers" else head + (len(data) - head) // 2
        yield data[:place], (stall.seconds, stall.until)
        yield data[place:], None
    elif drips:
        drip = drips[0]
        start = 0 if drip.where == "headers" else head
        yield data[:start], None
        for place in range(start, len(data), drip.size):
            yield data[place : place + drip.size], (drip.interval, None)
    else:
        yield data, None
