"""Sockets that a dialer of the caller's brings."""

from __future__ import annotations

import socket
import ssl
from functools import partial
from threading import Lock
from typing import Any

from mi.errors import ConnectionFailed, MIError, TypeMismatch
from mi.network_options import Dialer
from protocols.network.bounds import Bounds, Phase
from protocols.network.errands import Errand
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket

__all__ = ["brought"]


class _Delivery:
    """A socket that a dialer makes; it is closed if nobody waits for it any more."""

    def __init__(self, dialer: Dialer, place: Place, seconds: float | None) -> None:
        self._make = partial(dialer, place.host, place.port, seconds)
        self._lock = Lock()
        self._is_late = False
        self._made: list[socket.socket] = []

    def make(self) -> socket.socket:
        """Return what the dialer made."""
        made: Any = self._make()
        if not isinstance(made, socket.socket) or isinstance(made, ssl.SSLSocket):
            raise TypeMismatch(
                f"the dialer returned {type(made).__name__} instead of a plain socket.socket",
                advice="socket.socketpair() and a thread that copies can stand for anything else.",
            )
        given: socket.socket = made
        with self._lock:
            self._made.append(given)
        self._close_if_late()
        return given

    def refuse(self) -> None:
        """Close the socket, whether it is there or still to come."""
        self._is_late = True
        self._close_if_late()

    def _close_if_late(self) -> None:
        with self._lock:
            if self._is_late and self._made:
                self._made.pop().close()


def brought(dialer: Dialer, place: Place, bounds: Bounds) -> BoundedSocket:
    """Return what a dialer brings, in a thread of its own, since it may not heed its time.

    Raises:
        ConnectionFailed: it brought nothing.
        TypeMismatch: it brought something else.
        OperationTimeout: the time was over first.
        OperationCancelled: the operation was cancelled.
    """
    bounds.enter(Phase.CONNECTING)
    delivery = _Delivery(dialer, place, bounds.remaining())
    try:
        given = Errand(delivery.make, "mi-dialer").result(bounds)
    except MIError:
        delivery.refuse()
        raise
    except BaseException as error:
        delivery.refuse()
        if not isinstance(error, Exception):
            raise
        failure = error
    else:
        return _adopted(given, bounds)
    # The text of anything else is not ours to repeat: it may hold what the dialer logs on with.
    text = f": {failure}" if isinstance(failure, OSError) else ""
    raise ConnectionFailed(
        f"the dialer brought no connection to {place.authority}: {type(failure).__name__}{text}",
        advice="Look into what it dials through.",
    ) from failure


def _adopted(given: socket.socket, bounds: Bounds) -> BoundedSocket:
    """Return a socket of ours in the place of the caller's."""
    family, kind, protocol = given.family, given.type, given.proto
    connection = BoundedSocket(family, kind, protocol, fileno=given.detach())
    connection.bounds = bounds
    connection.is_tcp = family in (socket.AF_INET, socket.AF_INET6)
    if connection.is_tcp:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bounds.interrupt_by(connection.interrupt)
    return connection
