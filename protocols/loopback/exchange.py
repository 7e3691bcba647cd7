"""HTTP messages as an endpoint reads and writes them, and the record of what was exchanged.

Only what WS-Management needs: POST with a Content-Length, and replies with one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from protocols.wsman import framing

__all__ = ["BadRequest", "Exchange", "HttpReply", "HttpRequest", "read_request"]

SOAP_XML = "application/soap+xml;charset=UTF-8"
_SERVER = "management-infrastructure loopback endpoint, for tests"
_FRAMING = ("content-length", "transfer-encoding")  # what says where a body ends
_LONGEST_HEAD = 65_536


class BadRequest(Exception):
    """A request that HTTP itself refuses; it carries the status to answer with."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: its first line, its headers by lower-case name, its body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    size: int

    @property
    def content_type(self) -> str:
        """The Content-Type as it was sent; its parameters are case-sensitive."""
        return self.headers.get("content-type", "")

    @property
    def is_last(self) -> bool:
        """Whether the client wants the connection closed after the reply (RFC 9112 9.6)."""
        return self.headers.get("connection", "").lower() == "close"

    @property
    def is_sealed(self) -> bool:
        """Whether the body is sealed."""
        return framing.is_sealed(self.content_type)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A reply to be sent: what `headers` holds is sent as it is, a missing Content-Length added."""

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    closes: bool = False

    def with_headers(self, *headers: tuple[str, str]) -> HttpReply:
        """Return the reply with further headers."""
        return replace(self, headers=(*self.headers, *headers))

    @property
    def head(self) -> bytes:
        """Everything before the body."""
        known = {status.value: status.phrase for status in HTTPStatus}
        lines = [("Server", _SERVER), *self.headers]
        if self.content_type:
            lines.insert(0, ("Content-Type", self.content_type))
        if not any(name.lower() in _FRAMING for name, _ in lines):
            lines.append(("Content-Length", str(len(self.body))))
        if self.closes:
            lines.append(("Connection", "close"))
        first = f"HTTP/1.1 {self.status} {known.get(self.status, '')}\r\n"
        text = first + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
        return text.encode("latin-1")


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an endpoint was asked once, and what it answered.

    Attributes:
        action: the action URI, or `Identify`.
        resource_uri: the resource URI.
        request_bytes: the envelope that came, unsealed.
        reply_bytes: the envelope that went back, before it was sealed.
        status: the HTTP status.
        is_sealed: whether the bodies were sealed.
        connection: the number of the connection, from 1.
    """

    action: str
    resource_uri: str
    request_bytes: bytes = field(repr=False)
    reply_bytes: bytes = field(repr=False)
    status: int
    is_sealed: bool
    connection: int

    @property
    def name(self) -> str:
        """The last part of the action: `Enumerate`, `Pull`, `Get` …."""
        return self.action.rpartition("/")[2]


def read_request(
    receive: Callable[[], bytes], pending: bytearray, limit: int
) -> HttpRequest | None:
    """Read one request; None is the end of the connection.

    Args:
        receive: returns what the client sent next, or nothing at the end.
        pending: what was received already; what belongs to a later request is left in it.
        limit: bytes that a body may have.

    Raises:
        BadRequest: it is no request that can be answered, or a body that is too large.
    """
    end = pending.find(b"\r\n\r\n")
    while end < 0:
        if len(pending) > _LONGEST_HEAD:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        more = receive()
        if not more:
            return None
        pending += more
        end = pending.find(b"\r\n\r\n")
    head = bytes(pending[:end]).decode("latin-1")
    method, path, headers = _head(head)
    start, length = end + 4, _length(headers, limit)
    while len(pending) < start + length:
        more = receive()
        if not more:
            return None
        pending += more
    body = bytes(pending[start : start + length])
    del pending[: start + length]
    return HttpRequest(method, path, headers, body, start + length)


def _head(text: str) -> tuple[str, str, dict[str, str]]:
    first, *lines = text.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 - RFC 9112, 3
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(HTTPStatus.BAD_REQUEST)
        headers[name.lower()] = value.strip()
    return words[0], words[1], headers


def _length(headers: Mapping[str, str], limit: int) -> int:
    if "transfer-encoding" in headers:
        raise BadRequest(HTTPStatus.LENGTH_REQUIRED)
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    if int(text[:20]) > limit:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(text)
