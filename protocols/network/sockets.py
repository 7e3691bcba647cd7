"""A connection of our own: every wait in it ends at the caller's time, or when he cancels.

The time-outs of libraries count from one received byte to the next, so a server that drips outlives
them. Here the socket itself knows the end of the exchange that it serves: each call waits for what
is left of it, and a cancel shuts the socket down from the other thread. Names are looked up in a
thread that is left behind when the time is over, since nothing can interrupt the resolver.
"""

from __future__ import annotations

import errno
import os
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

from urllib3.util.wait import wait_for_read, wait_for_write

from mi.errors import ConnectionFailed, MIError
from protocols.network.bounds import Bounds, Phase
from protocols.network.errands import Errand
from protocols.network.places import Place

__all__ = ["BoundedSocket", "Targets", "advised", "look_up", "reach"]

_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
# A subscription may wait for ever, so a host that vanished without a word has to be noticed: two
# minutes after the last packet, by the names that this platform has.
_KEEP_ALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}.items()
    if hasattr(socket, name)
}
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, errno.EINTR}

Targets = Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]]
"""What `socket.getaddrinfo` returns."""


class BoundedSocket(socket.socket):
    """A socket whose calls end when its bounds do.

    Attributes:
        bounds: what bounds the exchange that it serves.
        is_tcp: whether it is TCP's, or anything else that a dialer brought.
        certificate: that of the server (DER), which stays known when it is closed; b"" is none.
    """

    bounds: Bounds
    is_tcp = True
    certificate = b""

    @property
    def is_stale(self) -> bool:
        """Whether it is closed at either end, or something came that nobody asked for."""
        return self.fileno() == -1 or wait_for_read(self, 0.0)

    def interrupt(self) -> None:
        """Wake whoever waits for this socket, from any thread; it is of no use afterwards."""
        with suppress(OSError):
            # Not SSLSocket's, which would let a read go on below TLS.
            socket.socket.shutdown(self, socket.SHUT_RDWR)

    def end(self) -> None:
        """Close it now, whoever still holds a file of it."""
        self.interrupt()
        self.leave()

    def leave(self) -> None:
        """Close this process' end of it, and nobody else's."""
        descriptor = self.detach()
        if descriptor != -1:
            socket.close(descriptor)

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        """Receive what has come; all readers of a socket file end here."""
        bounds = self.bounds
        bounds.enter(Phase.READING if bounds.received else Phase.WAITING)
        while True:
            self._wait_at_most(bounds.wait())
            if _QUICK_ACK is not None and self.is_tcp:
                # OMI sends a reply in two parts and holds the second back until the first is
                # acknowledged: without this each reply costs a delayed ACK, 44 ms.
                self.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
            try:
                count = super().recv_into(buffer, nbytes or 0, flags)
            except TimeoutError:
                continue
            if not count:
                bounds.wait()  # a cancel that shut it down looks like the server's end
            bounds.arrived(count)
            return count

    def _wait_at_most(self, seconds: float) -> None:
        if self.gettimeout() != seconds:  # to set it is a call of the system
            self.settimeout(seconds)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all of `data`.

        Raises:
            OSError: the other end takes no more; it cannot have read all of the request.
        """
        bounds = self.bounds
        bounds.enter(Phase.SENDING)
        with memoryview(data) as view:
            sent = 0
            while sent < len(view):
                self._wait_at_most(bounds.wait())
                bounds.is_sent = True
                try:
                    sent += self.send(view[sent:], flags)
                except TimeoutError:
                    if self._is_answered():
                        bounds.is_cut = True
                        # urllib3 takes this for what it mostly is, and reads the reply.
                        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from None
                except OSError:
                    bounds.is_cut = True
                    raise

    def _is_answered(self) -> bool:
        """Whether there is a reply although the request was not read: a 401 to a large one.

        Under TLS, what has come may be no reply.
        """
        return not isinstance(self, ssl.SSLSocket) and wait_for_read(self, 0.0)

    def reach(self, where: Any, give_up_at: float | None) -> None:
        """Connect to a socket address.

        Raises:
            OSError: it cannot be reached, or not by `give_up_at`.
        """
        self.settimeout(0)
        code = self.connect_ex(where)
        while code in _UNDER_WAY:
            wait = self.bounds.wait()
            if give_up_at is not None:
                wait = min(wait, give_up_at - monotonic())
            if wait <= 0:
                raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
            if wait_for_write(self, wait):
                code = self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self.bounds.wait()  # a cancel that shut it down looks like success here
        if code:
            raise OSError(code, os.strerror(code))


def advised(failure: OSError) -> str:
    """Return what to do about a connection that failed."""
    if isinstance(failure, TimeoutError):
        return "Check the address, and that no firewall drops the connection."
    return "Check the address and the network."


def reach(
    place: Place,
    bounds: Bounds,
    *,
    what: str = "",
    advice: Callable[[OSError], str] = advised,
) -> BoundedSocket:
    """Return a new connection to `place`.

    Args:
        place: where something should listen.
        bounds: what bounds it.
        what: what is there, before its name in an error.
        advice: returns what to do about a failure.

    Raises:
        ConnectionFailed: it cannot be reached.
        OperationTimeout: the time was over first.
        OperationCancelled: the operation was cancelled.
    """
    targets = look_up(place, bounds)
    bounds.enter(Phase.CONNECTING)
    try:
        connection = _connect(targets, bounds)
    except MIError:
        raise
    except OSError as error:
        failure = error
    else:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEP_ALIVE.items():
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
        return connection
    raise ConnectionFailed(
        f"{what}{place.authority} cannot be reached: {failure.strerror or failure}",
        advice=advice(failure),
    ) from failure


def look_up(place: Place, bounds: Bounds) -> Targets:
    """Return where to connect to for `place`, in the order in which to try.

    Raises:
        ConnectionFailed: no address is known for the name.
        OperationTimeout: the time was over first.
        OperationCancelled: the operation was cancelled.
    """
    bounds.enter(Phase.LOOKING_UP)
    with suppress(OSError):  # it is a name, then
        return socket.getaddrinfo(*place, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    errand = Errand(partial(_resolve, place), "mi-look-up")
    try:
        return errand.result(bounds)
    except MIError:
        raise
    except OSError as error:
        failure = error
    raise ConnectionFailed(
        f"no address is known for the name {place.host!r}",
        advice="Check the name, or give an address instead.",
    ) from failure


def _resolve(place: Place) -> Targets:
    return socket.getaddrinfo(*place, type=socket.SOCK_STREAM)


def _connect(targets: Targets, bounds: Bounds) -> BoundedSocket:
    """Try one address after the other, each for its part of the time that is left."""
    failure = OSError()
    for tried, (family, kind, protocol, _, where) in enumerate(targets):
        connection = BoundedSocket(family, kind, protocol)
        connection.bounds = bounds
        bounds.interrupt_by(connection.interrupt)
        try:
            connection.reach(where, bounds.share(len(targets) - tried))
        except BaseException as error:
            connection.close()
            if isinstance(error, MIError) or not isinstance(error, OSError):
                raise
            failure = error
        else:
            return connection
    raise failure
