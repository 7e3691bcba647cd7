"""A connection to a WinRM service, or to a proxy on the way: what TLS adds to its socket."""

from __future__ import annotations

import ssl
from typing import cast

from mi.errors import MIError
from protocols.network.bounds import Bounds, Phase
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket, advised
from protocols.network.sockets import reach as reach_place
from protocols.network.tls import TlsSocket
from protocols.winrm.certificates import handshake_error
from protocols.winrm.endpoint import Address

__all__ = ["reach", "secure"]


class _TlsSocket(BoundedSocket, TlsSocket):
    """The same above TLS; the deadlines of `ssl` span whole records, so a drip ends there too."""


def reach(place: Place, bounds: Bounds, *, is_proxy: bool = False) -> BoundedSocket:
    """Return a new connection to a service, or to a proxy.

    Raises:
        ConnectionFailed: it cannot be reached.
        OperationTimeout: the time was over first.
        OperationCancelled: the operation was cancelled.
    """
    if is_proxy:
        return reach_place(place, bounds, what="the proxy ", advice=_advice_on_proxies)
    return reach_place(place, bounds, advice=_advice)


def _advice(failure: OSError) -> str:
    if isinstance(failure, ConnectionRefusedError):
        return "Check that WinRM runs there (winrm quickconfig), the port and the transport."
    return advised(failure)


def _advice_on_proxies(_: OSError) -> str:
    return "Check the address of the proxy, and whether one is needed."


def secure(
    connection: BoundedSocket, address: Address, bounds: Bounds, context: ssl.SSLContext
) -> BoundedSocket:
    """Return `connection` under TLS; it is closed where that cannot be had.

    Raises:
        ConnectionFailed: the handshake failed.
        CertificateRejected: TLS does not believe that it is who it should be.
        OperationTimeout: the time was over first.
        OperationCancelled: the operation was cancelled.
    """
    bounds.enter(Phase.SECURING)
    context.sslsocket_class = _TlsSocket
    secured = connection
    try:
        secured = context.wrap_socket(  # type: ignore[assignment]  # as sslsocket_class says
            connection, server_hostname=address.certificate_name, do_handshake_on_connect=False
        )
        secured.bounds = bounds
        secured.is_tcp = connection.is_tcp
        bounds.interrupt_by(secured.interrupt)
        _shake_hands(cast("_TlsSocket", secured), bounds)
        secured.certificate = cast("_TlsSocket", secured).getpeercert(binary_form=True) or b""
    except BaseException as error:
        secured.close()
        if isinstance(error, MIError) or not isinstance(error, OSError):
            raise
        bounds.wait()  # a cancel that shut it down is no failure of TLS
        raise handshake_error(error, address) from error
    return secured


def _shake_hands(secured: _TlsSocket, bounds: Bounds) -> None:
    while True:
        secured.settimeout(bounds.wait())
        try:
            secured.do_handshake()
        except TimeoutError:
            continue
        return
