"""A reply as it is read from a connection: its head at once, its body when it is asked for.

It reads as one of urllib3's responses does, of which it has what is used. Those consist of three
layers, each of which parses the headers again; this is one, and takes no chunk whose size or end is
written in a way of its own.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead, LineTooLong
from typing import Final

from protocols.winrm.head import read_head

__all__ = ["HttpReply"]

_LONGEST_LINE: Final = 65536
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n\Z")
_EMPTY: Final = (b"\r\n", b"\n", b"")


class HttpReply:
    """The reply to one request.

    Attributes:
        status: the HTTP status.
        reason: the phrase after it.
        headers: by name without case.
        closes: whether the connection ends with it.
        chunked: whether its body comes in chunks.
        length_remaining: bytes of the body that are not read yet; None where nobody knows.
        closed: whether the body was read to its end.
    """

    def __init__(self, connection: socket.socket) -> None:
        """Read the head.

        Raises:
            HTTPException: there is none, or it is not to be understood.
            OSError: the connection was lost.
        """
        self._stream = connection.makefile("rb")
        try:
            head = read_head(self._stream)
        except BaseException:
            self._stream.close()
            raise
        self.status, self.reason, self.headers = head.status, head.reason, head.headers
        self.closes, self.chunked = head.closes, head.is_chunked
        self.length_remaining = head.length
        self._chunk_left = 0
        self.closed = False

    def read(self, amt: int, decode_content: bool = False) -> bytes:  # noqa: ARG002 - urllib3's
        """Return so many bytes of the body, or what is left of it; it is never decoded.

        Raises:
            HTTPException: there is less than was announced, or a chunk is none.
            OSError: the connection was lost.
        """
        if self.closed:
            return b""
        if self.chunked:
            return self._of_chunks(amt)
        if self.length_remaining is None:
            data = self._stream.read(amt)
            if len(data) < amt:
                self._finish()
            return data
        data = self._exactly(min(amt, self.length_remaining))
        self.length_remaining -= len(data)
        if not self.length_remaining:
            self._finish()
        return data

    def read_chunked(self, amt: int, decode_content: bool = False) -> Iterator[bytes]:  # noqa: ARG002 - urllib3's
        """Yield chunk by chunk, and of a larger one as many bytes as were asked for.

        Raises:
            HTTPException: as `read`.
            OSError: the connection was lost.
        """
        while not self.closed:
            data = self._of_chunk(amt)
            if data:
                yield data

    def _of_chunks(self, amt: int) -> bytes:
        pieces: list[bytes] = []
        while amt and not self.closed:
            pieces.append(self._of_chunk(amt))
            amt -= len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _of_chunk(self, amt: int) -> bytes:
        """Return what is left of the chunk, or of the next, as far as asked for; b"" ends all."""
        self._chunk_left = self._chunk_left or self._next_size()
        if not self._chunk_left:
            self._skip_trailers()
            return b""
        data = self._exactly(min(amt, self._chunk_left))
        self._chunk_left -= len(data)
        if not self._chunk_left and self._exactly(2) != b"\r\n":
            raise HTTPException("a chunk of the reply does not end where it should")
        return data

    def _next_size(self) -> int:
        line = self._line("chunk size")
        found = _CHUNK.match(line)
        if found is None:  # as http.client has it: what follows is lost, whatever it was
            raise IncompleteRead(b"")
        return int(found[1], 16)

    def _skip_trailers(self) -> None:
        while self._line("trailer line") not in _EMPTY:
            pass
        self._finish()

    def _line(self, what: str) -> bytes:
        line = self._stream.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE:
            raise LineTooLong(what)
        return line

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise IncompleteRead(data, count - len(data))
        return data

    def _finish(self) -> None:
        self.closed = True
        self._stream.close()
