"""The connection of a line, as HTTP sees it: dialled when needed, never replaced by itself."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from http.client import IncompleteRead
from typing import Any, Final, TypeVar

from requests import Request
from urllib3 import Timeout

from mi.control import CancelToken, Expiry
from mi.credentials import CertificateFiles
from mi.errors import ConnectionFailed, MIError, ProtocolError
from mi.version import __version__
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket
from protocols.winrm.adapter import Answer, PinnedAdapter, read_body, read_chunks
from protocols.winrm.certificates import handshake_error
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.status import shortened

__all__ = ["Link"]

T = TypeVar("T")

_SOAP: Final = "application/soap+xml;charset=UTF-8"
_NONE: Final[Any] = Timeout()  # each wait of the socket has its own
_LOST: Final = (OSError, IncompleteRead)


class Link:
    """At most one connection.

    Attributes:
        bounds: what bounds the exchange that it serves.
        sent: bytes of bodies that were sent; whoever reads it sets it back.
        received: bytes of bodies that came.
        certificate: the client certificate to show when it is dialled, or None.
    """

    def __init__(self, address: Address, connector: Connector) -> None:
        """Have no connection yet.

        Args:
            address: where.
            connector: makes connections to it.
        """
        self._address = address
        self._connector = connector
        self._adapter = PinnedAdapter(address, self._hand_over)
        self._request = Request("POST", address.url).prepare()
        self._socket: BoundedSocket | None = None
        self._is_handed_over = False
        self.bounds = Bounds(Expiry(), CancelToken(), 0)
        self.certificate: CertificateFiles | None = None
        self.sent = self.received = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._socket is not None

    @property
    def is_stale(self) -> bool:
        """Whether the connection is of no use any more."""
        return self._socket is not None and self._socket.is_stale

    @property
    def binding(self) -> bytes | None:
        """What a logon is bound to: the hash of the server's certificate, or None."""
        if self._socket is None or not self._address.is_tls:
            return None
        from protocols.winrm.identity import server_end_point  # noqa: PLC0415 - loads cryptography

        return server_end_point(self._socket.certificate)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the server's certificate, or of nothing."""
        return sha256(b"" if self._socket is None else self._socket.certificate).hexdigest()

    def attend(self) -> None:
        """Let the connection serve the exchange that `bounds` bounds."""
        if self._socket is not None:
            self._socket.bounds = self.bounds
            self.bounds.interrupt_by(self._socket.interrupt)

    def open(self) -> None:
        """Dial now.

        Raises:
            ConnectionFailed: it cannot be reached.
            CertificateRejected: TLS does not believe that it is who it should be.
            InvalidParameter: a file of certificates cannot be read.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        self._socket = self._dial()

    def abandon(self) -> None:
        """Forget the connection and leave it open: another process, forked, has it too."""
        if self._socket is not None:
            self._socket.leave()
        self._socket = None

    def discard(self) -> None:
        """Close the connection, if there is one; the next request dials."""
        if self._socket is not None:
            self._socket.end()
        self._adapter.drop()
        self._socket = None
        self._is_handed_over = False

    def new_headers(self) -> dict[str, str]:
        """Return the headers of a request that is neither sealed nor authorized."""
        return {
            "Host": self._address.authority,
            "User-Agent": f"management-infrastructure/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "Keep-Alive",
            "Content-Type": _SOAP,
        }

    def post(
        self, body: bytes, headers: dict[str, str], most: int, *, is_streamed: bool = False
    ) -> Answer:
        """Send a request and return the reply, whose body may have `most` bytes.

        Args:
            body: of the request.
            headers: of the request; its length is added.
            most: bytes of the reply's body, or of a chunk that is left to be read.
            is_streamed: whether a body in chunks is left to be read, by `next_chunk`.

        Raises:
            ConnectionFailed: no connection, or it was lost.
            ProtocolError: the reply is none, or is larger.
            MIError: as `open`.
        """
        self.bounds.begin()
        headers["Content-Length"] = str(len(body))
        self._request.headers = headers  # type: ignore[assignment]  # a dict is copied faster
        self._request.body = body or None
        self.sent += len(body)
        return self._translated(partial(self._exchange, most, is_streamed=is_streamed))

    def next_chunk(self, answer: Answer) -> bytes | None:
        """Return the next chunk of a body that was left to be read; None is its end.

        Raises:
            ConnectionFailed: the connection was lost.
            ProtocolError: the chunk is none, or is larger than allowed.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        chunks: Iterator[bytes] = answer.chunks or iter(())
        chunk = self._translated(lambda: next(chunks, None))
        self.received += len(chunk or b"")
        return chunk

    def _exchange(self, most: int, *, is_streamed: bool) -> Answer:
        raw = self._adapter.send(self._request, stream=True, timeout=_NONE).raw
        is_streamed = is_streamed and raw.status == HTTPStatus.OK
        chunks = read_chunks(raw, most) if is_streamed else None
        body = read_body(raw, most) if chunks is None else b""
        self.received += len(body)
        return Answer(raw.status, raw.headers, body, raw.reason or "", chunks)

    def _translated(self, step: Callable[[], T]) -> T:
        """Return what comes of a step; whatever libraries may raise becomes an error of ours."""
        try:
            return step()
        except MIError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever requests, urllib3 and below may raise
            # Outside of the block: requests' errors hold the request, and that the credentials.
            cause = _innermost(error)
        if isinstance(cause, MIError):
            raise cause
        raise self._transport_error(cause) from cause

    def _transport_error(self, cause: BaseException) -> MIError:
        if isinstance(cause, ssl.SSLError) and "ALERT" in str(cause.reason):
            # Since TLS 1.3 a server looks at the client's certificate when the client is through.
            return handshake_error(cause, self._address)
        what = shortened(f"{type(cause).__name__}: {cause}")
        if isinstance(cause, _LOST):
            return ConnectionFailed(
                f"the connection to {self._address.authority} was lost while"
                f" {self.bounds.phase}: {what}",
                advice="Check the network, and whether the service was restarted.",
            )
        return ProtocolError(f"{self._address.authority} does not answer as HTTP should: {what}")

    def _hand_over(self) -> BoundedSocket:
        """Give urllib3 the connection: the one that is there, and never a second one."""
        if self._is_handed_over:
            raise ConnectionFailed(
                f"{self._address.authority} closed the connection that was being logged on",
                advice="This scheme needs connections that stay open; look for a proxy in between.",
            )
        if self._socket is None:
            self._socket = self._dial()
        self._is_handed_over = True
        return self._socket

    def _dial(self) -> BoundedSocket:
        return self._connector.connect(self.bounds, self.certificate)


def _innermost(error: BaseException) -> BaseException:
    """Return what requests' and urllib3's errors wrap; their context may be anybody's."""
    while not isinstance(error, MIError):
        wrapped = (error.__cause__, getattr(error, "reason", None), *error.args)
        inner = next((one for one in wrapped if isinstance(one, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error
