"""The client's end of one TCP connection: whether it is still there, and what is sent to it."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time

from protocols.network.tls import TlsSocket

__all__ = ["ClientGone", "Peer"]

_PIECE = 65_536
_GLANCE = 0.02  # seconds between two looks at whether a wait is over or the client gone
# Linux tells of the end of a connection even where something before it was not read yet.
_HANG_UP: int | None = getattr(select, "POLLRDHUP", None)
_LAST_WORD = 0.1  # seconds in which a reset may follow the end of a connection


class ClientGone(Exception):
    """Nobody waits for the reply any more."""


class Peer:
    """A connected socket; one thread uses it, any thread may close it."""

    def __init__(self, raw: socket.socket, closing: threading.Event) -> None:
        """Take over the socket.

        Args:
            raw: the socket as it was accepted.
            closing: set when the endpoint ends, which ends every wait.
        """
        with contextlib.suppress(OSError):  # some platforms refuse it where the client is gone
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = raw
        self._closing = closing
        self._is_interrupted = False

    def secure(self, context: ssl.SSLContext) -> None:
        """Do the TLS handshake.

        Raises:
            ClientGone: the connection was ended from another thread.
            OSError: there is no agreement, or the client is gone.
        """
        context.sslsocket_class = TlsSocket
        wrapped = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = wrapped  # before the handshake, so that it can be closed during it
        if self._is_interrupted:  # maybe just now, when neither socket was there to be ended
            raise ClientGone
        wrapped.do_handshake()

    @property
    def certificate(self) -> bytes | None:
        """What the client showed of itself under TLS, in DER form."""
        if not isinstance(self._socket, ssl.SSLSocket):
            return None
        return self._socket.getpeercert(binary_form=True)

    def receive(self) -> bytes:
        """Return what the client sent next, or nothing at the end."""
        return b"" if self._is_at_end_below_tls() else self._socket.recv(_PIECE)

    def _is_at_end_below_tls(self) -> bool:
        """Wait for something under TLS, and return whether it is the end of the connection.

        TLS answers an end without notice with an alert, and that draws a reset from a client that
        is gone, so that `left_unread` could not tell what the client had read before.
        """
        if not isinstance(self._socket, ssl.SSLSocket) or self._socket.pending():
            return False
        return not socket.socket.recv(self._socket, 1, socket.MSG_PEEK)

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self._socket.sendall(data)

    def wait(self, seconds: float | None, until: threading.Event | None = None) -> None:
        """Wait for so many seconds, or for ever, or until something is set.

        Raises:
            ClientGone: the client closed the connection, or the endpoint ended.
        """
        end = None if seconds is None else time.monotonic() + seconds
        over = threading.Event() if until is None else until
        while True:
            left = _GLANCE if end is None else min(_GLANCE, end - time.monotonic())
            if left <= 0 or over.wait(left):
                return
            if self._closing.is_set() or not self.is_connected():
                raise ClientGone

    def is_connected(self) -> bool:
        """Whether the client has not closed the connection; nothing is read from it."""
        try:
            if _HANG_UP is not None:
                return not self._has_hung_up(_HANG_UP)
            readable, _, _ = select.select([self._socket], [], [], 0)
            # Under TLS too it is the TCP connection that counts, so the TLS layer is passed by.
            return not readable or bool(socket.socket.recv(self._socket, 1, socket.MSG_PEEK))
        except (OSError, ValueError):
            return False

    def _has_hung_up(self, event: int) -> bool:
        poll = select.poll()
        poll.register(self._socket, event)
        return bool(poll.poll(0))

    def left_unread(self) -> bool:
        """Whether the client, which has closed the connection, did not read all that was sent.

        TCP tells by a reset, which comes after the end (RFC 9293 3.6.1).
        """
        end = time.monotonic() + _LAST_WORD
        while not self._closing.is_set() and time.monotonic() < end:
            if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                return True
            time.sleep(_GLANCE)
        return False

    def interrupt(self) -> None:
        """End the connection from any thread; whoever reads or writes is woken."""
        self._is_interrupted = True
        try:
            # Not SSLSocket's own, which first forgets the TLS state that another thread uses.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return  # the client was faster

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()
