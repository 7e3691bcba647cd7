"""Where a destination is: its name and its options as the address of a service.

Nothing is looked up here. An address is text that was checked, so that a wrong one is refused when
the session is made and not by the network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from urllib.parse import quote

from mi.errors import InvalidParameter
from mi.options import DestinationOptions

__all__ = ["Address", "host_of"]

_THIS_MACHINE = "localhost"
_DEFAULT_PREFIX = "/wsman"
_PORTS = {"HTTP": 5985, "HTTPS": 5986}  # WinRM 2.0 and newer
_LONGEST_NAME = 253  # RFC 1035 2.3.4, without the dot of the root
# Underscores are no host names' by RFC 952, but NetBIOS names have them.
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_WITH_PORT = re.compile(r"(?P<host>[^:/]+|\[[^]]*\]):\d+")
_PATH_CHARACTERS = "/%?&=:@!$'()*+,;~#"


@dataclass(frozen=True, slots=True)
class Address:
    """A WS-Management service.

    Attributes:
        scheme: `http` or `https`.
        host: a name in its ASCII form, or an address; an IPv6 address has no brackets and may have
            a zone id, `fe80::1%eth0`.
        port: the TCP port.
        path: the path of the service, with a query if it was given one.
        tls_name: what TLS calls the server, if that is not `host`.
    """

    scheme: str
    host: str
    port: int
    path: str
    tls_name: str | None = None

    @classmethod
    def of(cls, destination: str | None, options: DestinationOptions) -> Address:
        """Return the address of `destination`; None is this machine.

        Raises:
            InvalidParameter: it is no host name and no address; the advice says what to do with a
                port or a URL.
        """
        transport = options.transport or "HTTP"
        return cls(
            transport.lower(),
            _THIS_MACHINE if destination is None else host_of(destination),
            options.destination_port or _PORTS[transport],
            quote(options.http_url_prefix or _DEFAULT_PREFIX, safe=_PATH_CHARACTERS),
            options.tls_server_name and host_of(options.tls_server_name),
        )

    @property
    def is_tls(self) -> bool:
        """Whether everything goes through TLS."""
        return self.scheme == "https"

    @property
    def server_name(self) -> str:
        """What others call the host: no zone id, no dot of the root.

        A zone id means something on this machine alone, so it is not sent (RFC 6874 4).
        """
        return self.host.partition("%")[0].rstrip(".")

    @property
    def certificate_name(self) -> str:
        """The name that a certificate must have."""
        return (self.tls_name or self.host).partition("%")[0].rstrip(".")

    @property
    def authority(self) -> str:
        """Host and port as URLs and the Host header write them."""
        name = self.server_name
        return f"[{name}]:{self.port}" if ":" in name else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        """The URL of the service, as requests name it in a:To."""
        return f"{self.scheme}://{self.authority}{self.path}"


def host_of(destination: str) -> str:
    """Return a host as it is looked up: a name in ASCII, an address without brackets.

    Raises:
        InvalidParameter: it is no host name and no address.
    """
    is_bracketed = destination.startswith("[") and destination.endswith("]")
    if is_bracketed or ":" in destination:
        return _ipv6(destination[1:-1] if is_bracketed else destination, destination)
    name = _ascii(destination)
    if len(name.rstrip(".")) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise _invalid(destination)
    return name


def _ipv6(text: str, destination: str) -> str:
    try:
        IPv6Address(text)
    except AddressValueError:
        raise _invalid(destination) from None
    return text


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        raise _invalid(name) from None


def _invalid(destination: str) -> InvalidParameter:
    advice = "Give a host name, an IPv4 or an IPv6 address."
    if "://" in destination:
        advice = "Give the host alone; transport=, destination_port= and http_url_prefix= say more."
    elif _WITH_PORT.fullmatch(destination):
        advice = "Give the port as destination_port=."
    return InvalidParameter(f"{destination!r} is not the name or address of a host", advice=advice)
