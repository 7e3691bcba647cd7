"""A requests adapter with one connection, made by us, to one service.

NTLM and Kerberos authenticate a connection, and sealed bodies are understood on that connection
alone, so the pool may never open another one by itself, follow a redirect or look for a proxy.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final
from weakref import finalize

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError as NoHttp

from mi.errors import ProtocolError
from protocols.winrm.endpoint import Address
from protocols.winrm.http_reply import HttpReply

__all__ = ["Answer", "PinnedAdapter", "read_body", "read_chunks"]

# More would be one huge allocation on the word of a server that names a huge chunk.
_LARGEST_READ = 16 * 1024 * 1024
# To copy more than this costs more than to wake the other end twice.
_LARGEST_JOINED: Final = 64 * 1024

_REQUEST_LINE: Final = re.compile(r"[A-Z]+ [!-~]+ HTTP/1\.1\r\n\Z")
# RFC 9110 5.6.2 and 5.5.
_FIELDS: Final = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~\x80-\xff]*\r\n)*\Z")


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


class _Connection:
    """One connection, which stands where requests looks for a pool of urllib3's.

    A pool would count, lock, retry and dial by itself, none of which may happen here. A request
    goes out as one piece where it is not large, so that the other end wakes once for it.
    """

    def __init__(self, dial: Callable[[], socket.socket]) -> None:
        self._dial = dial
        self._open: list[socket.socket] = []  # one at most
        self._reply: HttpReply | None = None
        self._asked: tuple[str, str, Mapping[str, str]] | None = None
        self._head = b""
        finalize(self, _close, self._open)  # whoever forgets it has no other way

    def urlopen(
        self,
        *,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        **_: Any,
    ) -> HttpReply:
        """Send a request, whose headers say all that there is to say, and read the reply's head.

        Raises:
            ValueError: the method, the path or a header would be more than it should.
            ProtocolError: urllib3's: the reply is none.
            OSError: the connection was lost.
        """
        head = self._head_of(method, url, headers)
        if self._reply is not None and not self._reply.closed:
            self.close()  # what is left of it would be taken for the next one
        try:
            self._reply = self._exchanged(head, body or b"")
        except BaseException as error:
            self.close()
            if isinstance(error, HTTPException) and not isinstance(error, OSError):
                raise NoHttp("Connection aborted.", error) from error
            raise
        return self._reply

    def _head_of(self, method: str, url: str, headers: Mapping[str, str]) -> bytes:
        """Return the head of a request, which often is that of the one before."""
        asked = method, url, headers
        if asked != self._asked:
            self._head = _written(*asked)
            self._asked = method, url, dict(headers)
        return self._head

    def _exchanged(self, head: bytes, body: bytes) -> HttpReply:
        if not self._open:
            self._open.append(self._dial())
        connection = self._open[0]
        # Whoever closed the connection instead of reading all of it may have answered before.
        with suppress(BrokenPipeError, ConnectionResetError):
            if len(body) <= _LARGEST_JOINED:
                connection.sendall(head + body)
            else:
                connection.sendall(head)
                connection.sendall(body)
        reply = HttpReply(connection)
        if reply.closes:
            self.close()  # the reply has a file of it, so that its body can be read
        return reply

    def close(self) -> None:
        """Close it; the next request dials."""
        _close(self._open)
        self._reply = None


def _close(sockets: list[socket.socket]) -> None:
    while sockets:
        sockets.pop().close()


def _written(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request; no part of it may end a line, or a part of one."""
    line = f"{method} {url} HTTP/1.1\r\n"
    if not _REQUEST_LINE.match(line):
        raise ValueError(f"no request can be made for the path {url!r}")
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if fields.count("\n") != len(headers) or not _FIELDS.match(fields):
        raise ValueError("the headers of the request have characters that none may have")
    return f"{line}{fields}\r\n".encode("latin-1")


class _Bare(Response):
    """A response that has what is read of it; requests' own makes a jar for cookies besides."""

    def __init__(self, request: PreparedRequest, raw: Any) -> None:  # not requests' own
        self.status_code = raw.status
        self.raw, self.headers = raw, raw.headers
        self.request = request


class PinnedAdapter(HTTPAdapter):
    """Sends prepared requests on one connection.

    Args:
        address: where.
        dial: called for a socket when a request finds no open connection.
    """

    def __init__(self, address: Address, dial: Callable[[], socket.socket]) -> None:
        super().__init__()
        self._address = address
        self._connection = _Connection(dial)

    def drop(self) -> None:
        """Close the connection; the next request dials."""
        self._connection.close()

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> Any:
        """Return the connection, whatever the request's URL says: TLS is the dialer's business."""
        return self._connection

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Verify nothing here: the dialer did."""

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return the reply without requests' cookies and copied headers, which nobody reads."""
        return _Bare(req, resp)

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
