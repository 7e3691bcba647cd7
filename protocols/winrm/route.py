"""The way to a service: what the socket connects to, where that is not the destination itself.

A destination stays the name of the server whatever the way: for TLS, for Kerberos and in messages.
What `connect_to` names is where it can be reached; a proxy, if there is one, is asked for that
place by CONNECT, over HTTP too, since the authentication of connections does not survive a proxy
that understands what it passes on. A dialer brings the socket to whatever comes first on the way.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Final

from mi.errors import InvalidParameter, NotSupported
from mi.network_options import Dialer
from mi.options import DestinationOptions
from protocols.network.places import Place, named
from protocols.winrm.endpoint import Address

__all__ = ["Route", "proxy_at"]

_PROXY_PORT: Final = 80  # of a URL that names none (RFC 9110 4.2.1)
_URL: Final = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<place>[^/?#]*)/?")
_PROXY_ADVICE: Final = "Give http://host:port; dialer= brings a socket through anything else."


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a service.

    Attributes:
        target: what is to be reached at last.
        proxy: the proxy that the options name, or None.
        asks_system: whether the environment, or the system, may name one.
        dialer: what brings the socket, or None.
    """

    target: Place
    proxy: Place | None = None
    asks_system: bool = False
    dialer: Dialer | None = None

    @classmethod
    def of(cls, address: Address, options: DestinationOptions) -> Route:
        """Return the way that the options say.

        Raises:
            InvalidParameter: `connect_to` or `proxy` names no place, or they contradict another.
            NotSupported: this kind of proxy, or of its settings, is not known here.
        """
        target = Place(address.host, address.port)
        if options.connect_to is not None:
            target = named(f"connect_to={options.connect_to!r}", options.connect_to, address.port)
        return cls(target, _proxy(options), _asks_system(options), options.dialer)

    @property
    def first(self) -> Place:
        """What the socket connects to, unless the system names a proxy."""
        return self.proxy or self.target


def _proxy(options: DestinationOptions) -> Place | None:
    if options.proxy is None:
        return None
    if options.proxy_type is not None:
        raise InvalidParameter(
            "proxy= names a proxy, and proxy_type= says to look elsewhere",
            advice="Give one of the two.",
        )
    return proxy_at(options.proxy, f"proxy={options.proxy!r}")


def proxy_at(url: str, what: str) -> Place:
    """Return where the proxy of a URL listens; it may lack the scheme.

    Args:
        url: without a user name.
        what: how errors call it.

    Raises:
        InvalidParameter: it names no proxy.
        NotSupported: it names one that is not reached over plain HTTP.
    """
    found = _URL.fullmatch(url)
    if found is None or not found["place"]:
        raise InvalidParameter(f"{what} names no proxy", advice=_PROXY_ADVICE)
    if (found["scheme"] or "http").lower() != "http":
        raise NotSupported(
            f"{what}: proxies of the kind {found['scheme']} are not in this release",
            advice=_PROXY_ADVICE,
        )
    return named(what, found["place"], _PROXY_PORT)


def _asks_system(options: DestinationOptions) -> bool:
    kind = options.proxy_type or "None"
    if kind == "WinHTTP" or (kind == "IE" and sys.platform != "win32"):
        raise NotSupported(
            f"proxy_type={kind!r} is not in this release here",
            advice="Name the proxy by proxy=, or let proxy_type='Auto' look into the environment.",
        )
    return kind != "None"
