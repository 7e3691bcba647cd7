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
from typing import Final, NamedTuple

from mi.errors import InvalidParameter, NotSupported
from mi.network_options import Dialer
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address, host_of

__all__ = ["Place", "Route", "proxy_at"]

_PROXY_PORT: Final = 80  # of a URL that names none (RFC 9110 4.2.1)
_HIGHEST_PORT: Final = 65535
_PLACE: Final = re.compile(r"(?P<host>\[[^]]*\]|[^:]*)(?::(?P<port>[0-9]{1,5}))?")
_URL: Final = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<place>[^/?#]*)/?")
_PROXY_ADVICE: Final = "Give http://host:port; dialer= brings a socket through anything else."


class Place(NamedTuple):
    """A TCP port of a host.

    Attributes:
        host: a name, or an address without brackets, which may have a zone id.
        port: the port.
    """

    host: str
    port: int

    @classmethod
    def parse(cls, text: str, port: int) -> Place:
        """Return the place that `text` names: `host`, `host:port`, `[address]:port` or an address.

        Raises:
            InvalidParameter: it names none.
        """
        found = _PLACE.fullmatch(text)
        if found is None:  # more than one colon: an IPv6 address as it is
            return cls(host_of(text), port)
        given = port if found["port"] is None else int(found["port"])
        if not 1 <= given <= _HIGHEST_PORT:
            raise InvalidParameter(f"a port is 1 to {_HIGHEST_PORT}, not {given}")
        return cls(host_of(found["host"]), given)

    @property
    def authority(self) -> str:
        """Host and port, as a proxy is asked for them; a zone id means nothing to others."""
        name = self.host.partition("%")[0]
        return f"[{name}]:{self.port}" if ":" in name else f"{name}:{self.port}"


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
            target = _named(f"connect_to={options.connect_to!r}", options.connect_to, address.port)
        return cls(target, _proxy(options), _asks_system(options), options.dialer)

    @property
    def first(self) -> Place:
        """What the socket connects to, unless the system names a proxy."""
        return self.proxy or self.target


def _named(what: str, text: str, port: int) -> Place:
    try:
        return Place.parse(text, port)
    except InvalidParameter as error:
        raise InvalidParameter(f"{what}: {error.message}", advice=error.advice) from None


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
    return _named(what, found["place"], _PROXY_PORT)


def _asks_system(options: DestinationOptions) -> bool:
    kind = options.proxy_type or "None"
    if kind == "WinHTTP" or (kind == "IE" and sys.platform != "win32"):
        raise NotSupported(
            f"proxy_type={kind!r} is not in this release here",
            advice="Name the proxy by proxy=, or let proxy_type='Auto' look into the environment.",
        )
    return kind != "None"
