"""A requests adapter with one connection, made by us, to one service.

NTLM and Kerberos authenticate a connection, and sealed bodies are understood on that connection
alone, so the pool may never open another one by itself, follow a redirect or look for a proxy.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from queue import Empty, Full, LifoQueue
from typing import Any, Final

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.response import BaseHTTPResponse

from mi.errors import ProtocolError
from protocols.winrm.endpoint import Address
from protocols.winrm.http_reply import HttpReply

__all__ = ["Answer", "PinnedAdapter", "read_body", "read_chunks"]

# More would be one huge allocation on the word of a server that names a huge chunk.
_LARGEST_READ = 16 * 1024 * 1024
# To copy more than this costs more than to wake the other end twice.
_LARGEST_JOINED: Final = 64 * 1024

_TARGET: Final = re.compile(r"[A-Z]+ [!-~]+ HTTP/1\.1\Z")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~\x80-\xff]*\Z")  # RFC 9110 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, read to its end, or as far as its body.

    Attributes:
        status: the HTTP status.
        headers: by name without case; several of one name are joined by commas.
        body: as it came.
        reason: the phrase after the status.
        chunks: what is still to be read of the body, chunk by chunk; None where it was read.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    reason: str
    chunks: Iterator[bytes] | None = field(default=None, repr=False)


class _PinnedConnection(HTTPConnection):
    """urllib3's connection over a socket that it is given, which sends and reads in its own way.

    A request goes out as one piece where it is not large: the other end then wakes once for it.
    """

    def __init__(self, host: str, port: int | None = None, *, dial: Any, **others: Any) -> None:
        super().__init__(host, port, **others)
        self._dial: Callable[[], socket.socket] = dial

    def connect(self) -> None:
        self.sock = self._dial()

    @property
    def is_connected(self) -> bool:
        # Whoever sends looked already; a connection may not be replaced behind his back.
        return self.sock is not None

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> None:
        """Send a request, whose headers say all that there is to say.

        Raises:
            ValueError: its method, path or headers would be more than they should.
        """
        head = _written(method, url, headers or {})
        if self.sock is None:
            self.connect()
        connection: Any = self.sock
        if not body:
            connection.sendall(head)
        elif len(body) <= _LARGEST_JOINED:
            connection.sendall(head + body)
        else:
            connection.sendall(head)
            connection.sendall(body)

    def getresponse(self) -> HttpReply:  # type: ignore[override]  # it has what is used of urllib3's
        """Return the reply, whose head was read."""
        reply = HttpReply(self.sock)
        if reply.closes:
            self.close()  # the reply has a file of it, so that its body can be read
        return reply


def _written(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request; no part of it may end a line, or a part of one."""
    lines = [f"{method} {url} HTTP/1.1"]
    if not _TARGET.match(lines[0]):
        raise ValueError(f"no request can be made for the path {url!r}")
    for name, value in headers.items():
        line = f"{name}: {value}"
        if not _HEADER.match(line):
            raise ValueError(f"the value of the header {name!r} has characters that none may have")
        lines.append(line)
    return "\r\n".join((*lines, "\r\n")).encode("latin-1")


class _Place(LifoQueue[Any]):
    """Where the one connection is between two exchanges.

    The queue that urllib3 would use has a lock, and a Ctrl-C in the wrong moment leaves it locked
    for ever. A line is used by one exchange at a time, so there is nothing to lock.
    """

    def __init__(self, size: int) -> None:  # not the queue's own, which makes the lock
        self._size = size
        self._kept: list[Any] = []

    def put(self, item: Any, *_: Any, **__: Any) -> None:
        if len(self._kept) == self._size:
            raise Full
        self._kept.append(item)

    def get(self, *_: Any, **__: Any) -> Any:
        if not self._kept:
            raise Empty
        return self._kept.pop()

    def qsize(self) -> int:
        return len(self._kept)


class _PinnedPool(HTTPConnectionPool):
    """A pool of one connection."""

    ConnectionCls = _PinnedConnection
    QueueCls: Any = _Place


class PinnedAdapter(HTTPAdapter):
    """Sends prepared requests on one connection.

    Args:
        address: where.
        dial: called for a socket when a request finds no open connection.
    """

    def __init__(self, address: Address, dial: Callable[[], socket.socket]) -> None:
        super().__init__()
        self._address = address
        self._dial = dial
        self._pool = self._new_pool()

    def drop(self) -> None:
        """Close the connection; the next request dials."""
        self._pool.close()
        self._pool = self._new_pool()

    def _new_pool(self) -> _PinnedPool:
        address = self._address
        return _PinnedPool(address.server_name, address.port, maxsize=1, dial=self._dial)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        """Return the pool, whatever the request's URL says: TLS is the dialer's business."""
        return self._pool

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Verify nothing here: the dialer did."""

    def build_response(self, req: PreparedRequest, resp: BaseHTTPResponse) -> Response:
        """Return the reply without requests' cookies and copied headers, which nobody reads."""
        response = Response()
        response.status_code = resp.status
        response.raw = resp
        response.request = req
        return response

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:  # noqa: ARG002 - requests'
        """Return the path: there is no proxy."""
        return self._address.path


def read_body(raw: HTTPResponse | HttpReply, most: int) -> bytes:
    """Return the body of a reply, which may have `most` bytes.

    Raises:
        ProtocolError: it is larger, or encoded in a way that we did not ask for.
    """
    _check_encoding(raw)
    if (raw.length_remaining or 0) > most:
        raise _too_large(most)
    pieces: list[bytes] = []
    left = most + 1
    while left and not raw.closed:
        pieces.append(raw.read(min(left, _LARGEST_READ), decode_content=False))
        left -= len(pieces[-1])
    if not left:
        raise _too_large(most)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_chunks(raw: HTTPResponse | HttpReply, most: int) -> Iterator[bytes] | None:
    """Return the chunks of a body, each as the server sent it; None where it is not in chunks.

    Raises:
        ProtocolError: a chunk has more than `most` bytes, or is encoded in another way as well.
    """
    if not raw.chunked:
        return None
    _check_encoding(raw)
    return _chunks(raw, most)


def _chunks(raw: HTTPResponse | HttpReply, most: int) -> Iterator[bytes]:
    # urllib3 gives as much of a chunk as is asked for, and never more than one.
    for chunk in raw.read_chunked(most + 1, decode_content=False):
        if len(chunk) > most:
            raise _too_large(most)
        yield chunk


def _check_encoding(raw: HTTPResponse | HttpReply) -> None:
    for header, allowed in (("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked")):
        if raw.headers.get(header, allowed).strip().lower() != allowed:
            raise ProtocolError(f"the reply has a {header} that was not asked for")


def _too_large(most: int) -> ProtocolError:
    return ProtocolError(
        f"the reply is larger than the {most} bytes that it may have",
        advice="Raise this client's limit, max_envelope_size=, of which a reply may have four times"
        " as much, if the server is right.",
    )
