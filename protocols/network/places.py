"""Where something listens: a host and a TCP port, as text that was checked and not looked up."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final, NamedTuple

from mi.errors import InvalidParameter

__all__ = ["Place", "host_of", "named"]

_HIGHEST_PORT: Final = 65535
_PLACE: Final = re.compile(r"(?P<host>\[[^]]*\]|[^:]*)(?::(?P<port>[0-9]{1,5}))?")
_LONGEST_NAME = 253  # RFC 1035 2.3.4, without the dot of the root
# Underscores are no host names' by RFC 952, but NetBIOS names have them.
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_WITH_PORT = re.compile(r"(?P<host>[^:/]+|\[[^]]*\]):\d+")


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


def named(what: str, text: str, port: int) -> Place:
    """Return the place that an option names.

    Args:
        what: how errors call the option.
        text: as for `Place.parse`.
        port: where the text names none.

    Raises:
        InvalidParameter: it names no place.
    """
    try:
        return Place.parse(text, port)
    except InvalidParameter as error:
        raise InvalidParameter(f"{what}: {error.message}", advice=error.advice) from None


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
