"""Connections to one service: the way there, then TLS and all that it must prove.

The lines of a session share a connector, and with it what became of the proxy's credentials. A
dialer, if the caller brought one, makes the socket to whatever is first on the way.
"""

from __future__ import annotations

import ssl
from functools import partial
from threading import Lock

from mi.credentials import CertificateFiles
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.network.dialling import brought
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket
from protocols.winrm.certificates import check_fingerprint, tls_context
from protocols.winrm.connection import reach, secure
from protocols.winrm.endpoint import Address
from protocols.winrm.proxies import Proxy, system_proxy
from protocols.winrm.route import Route
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
        return brought(self._route.dialer, place, bounds)
