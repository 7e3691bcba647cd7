"""Connections to one service: the way there, then TLS and all that it must prove.

The lines of a session share a connector, and with it what became of the proxy's credentials. A
dialer, if the caller brought one, makes the socket to whatever is first on the way.
"""

from __future__ import annotations

import socket
import ssl
from functools import partial
from threading import Lock
from typing import Any

from mi.credentials import CertificateFiles
from mi.errors import ConnectionFailed, MIError, TypeMismatch
from mi.network_options import Dialer
from mi.options import DestinationOptions
from protocols.winrm.bounds import Bounds, Phase
from protocols.winrm.certificates import check_fingerprint, tls_context
from protocols.winrm.connection import BoundedSocket, reach, secure
from protocols.winrm.endpoint import Address
from protocols.winrm.errands import Errand
from protocols.winrm.proxies import Proxy, system_proxy
from protocols.winrm.route import Place, Route
from protocols.winrm.trust import Trust

__all__ = ["Connector"]


class Connector:
    """Makes connections to a service, from any thread."""

    def __init__(self, address: Address, options: DestinationOptions) -> None:
        """Know the way; nothing is read or looked up yet.

        Raises:
            InvalidParameter: the options contradict one another.
            NotSupported: a kind of proxy, or of its settings, is not known here.
        """
        self._address = address
        self._options = options
        self._route = Route.of(address, options)
        self._trust = Trust.of(options)
        self._contexts: dict[CertificateFiles | None, ssl.SSLContext] = {}
        self._lock = Lock()
        self._asks_system = self._route.asks_system
        self._proxy: Proxy | None = None
        if self._route.proxy is not None:
            self._proxy = Proxy(self._route.proxy, options.proxy_credentials or ())

    def connect(self, bounds: Bounds, certificate: CertificateFiles | None = None) -> BoundedSocket:
        """Return a new connection, under TLS where the service is.

        Args:
            bounds: what bounds all of it.
            certificate: the client certificate to show, or None.

        Raises:
            ConnectionFailed: it cannot be reached.
            CertificateRejected: TLS does not believe that it is who it should be.
            AuthenticationFailed: a proxy does not let us pass.
            InvalidParameter: a file of certificates cannot be read.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        context = self._context(certificate)
        connection = self.reach(bounds)
        if context is None:
            return connection
        secured = secure(connection, self._address, bounds, context)
        try:
            self._check(secured)
        except BaseException:
            secured.end()
            raise
        return secured

    def _context(self, certificate: CertificateFiles | None) -> ssl.SSLContext | None:
        if not self._address.is_tls:
            return None
        with self._lock:
            if certificate not in self._contexts:
                self._contexts[certificate] = tls_context(self._options, certificate)
            return self._contexts[certificate]

    def _check(self, secured: BoundedSocket) -> None:
        """Check what OpenSSL cannot, or not alone."""
        trust = self._trust
        der = secured.certificate
        if trust.fingerprint is not None:
            check_fingerprint(der, self._address, trust.fingerprint)
        if trust.name and not trust.issuer:
            from protocols.winrm.identity import check_name  # noqa: PLC0415 - loads cryptography

            check_name(der, self._address)

    # The way

    def reach(self, bounds: Bounds) -> BoundedSocket:
        """Return a new connection to the service, without TLS.

        Raises:
            MIError: as for `connect`.
        """
        target, proxy = self._route.target, self._chosen_proxy(bounds)
        if proxy is None:
            return self._dial(target, bounds)
        return proxy.tunnel(target, partial(self._dial, proxy.place, bounds, is_proxy=True), bounds)

    def _chosen_proxy(self, bounds: Bounds) -> Proxy | None:
        """Return the proxy that there is on the way; the system is asked once."""
        if self._asks_system:
            found = system_proxy(self._route.target, self._address.scheme, bounds)
            with self._lock:
                if self._asks_system:
                    self._proxy = self._proxy_with_credentials(found)
                    self._asks_system = False
        return self._proxy

    def _proxy_with_credentials(self, found: Proxy | None) -> Proxy | None:
        given = self._options.proxy_credentials
        return found if found is None or given is None else Proxy(found.place, given)

    def _dial(self, place: Place, bounds: Bounds, *, is_proxy: bool = False) -> BoundedSocket:
        if self._route.dialer is None:
            return reach(place, bounds, is_proxy=is_proxy)
        return _brought(self._route.dialer, place, bounds)


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


def _brought(dialer: Dialer, place: Place, bounds: Bounds) -> BoundedSocket:
    """Return what the dialer brings, in a thread of its own, since it may not heed its time."""
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
