"""Where a destination is: its name and its options as the address of a service.

Nothing is looked up here. An address is text that was checked, so that a wrong one is refused when
the session is made and not by the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from mi.options import DestinationOptions
from protocols.network.places import host_of

__all__ = ["Address"]

_THIS_MACHINE = "localhost"
_DEFAULT_PREFIX = "/wsman"
_PORTS = {"HTTP": 5985, "HTTPS": 5986}  # WinRM 2.0 and newer
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
