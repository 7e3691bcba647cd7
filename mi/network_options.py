"""What the options of the way to a host may be: proxies, dialers, what TLS must prove."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from mi.errors import InvalidParameter, TypeMismatch

if TYPE_CHECKING:
    import socket

__all__ = ["TLS_VERSIONS", "Dialer", "dialer", "fingerprint", "proxy_url"]

Dialer = Callable[[str, int, float | None], "socket.socket"]
"""Returns a connected stream socket to a host and a port, within so many seconds if not None.

It is called once for each new connection, in a thread of its own, which is left behind when the
time is over; a socket that comes later is closed. The library owns what is returned, and TLS and
authentication go through it as through a connection of its own. It must be a plain
`socket.socket`, of any family: one under TLS cannot be taken over. An `OSError` is a failed
connection.
"""

TLS_VERSIONS: Final = ("1.0", "1.2", "1.3")
"""What `minimum_tls_version` may be; 1.0 lets 1.1 in, too."""

_SHA256_DIGITS: Final = 64
_SEPARATORS: Final = re.compile(r"[:\s-]")
_HEX: Final = re.compile(r"[0-9a-f]+")


def dialer(value: Dialer, what: str) -> Dialer:
    """Return a dialer.

    Raises:
        TypeMismatch: it cannot be called.
    """
    if not callable(value):
        raise TypeMismatch(f"{what} is called with host, port and time, and {value!r} cannot be")
    return value


def fingerprint(value: str, what: str) -> str:
    """Return the SHA-256 fingerprint of a certificate as 64 small hexadecimal digits.

    Raises:
        TypeMismatch: it is not a string.
        InvalidParameter: it is no SHA-256.
    """
    if not isinstance(value, str):
        raise TypeMismatch(f"{what} is a string, not {value!r}")
    digits = _SEPARATORS.sub("", value.strip().lower()).removeprefix("sha256")
    if len(digits) != _SHA256_DIGITS or not _HEX.fullmatch(digits):
        raise InvalidParameter(
            f"{what} is the 64 hexadecimal digits of a SHA-256, not {value!r}",
            advice="openssl x509 -noout -fingerprint -sha256 says it; Windows' thumbprint is SHA-1"
            " and will not do.",
        )
    return digits


def proxy_url(value: str, what: str) -> str:
    """Return the URL of a proxy, whose host and port are the handler's to understand.

    Raises:
        TypeMismatch: it is not a string.
        InvalidParameter: it is empty, or holds a user name, for then it may hold a password, too.
    """
    if not isinstance(value, str):
        raise TypeMismatch(f"{what} is a string, not {type(value).__name__}")
    if "@" in value:
        raise InvalidParameter(
            f"{what} may not hold a user name and a password: it is shown where options are",
            advice="Give them as proxy_credentials=.",
        )
    if not value.strip() or not value.isprintable():
        raise InvalidParameter(f"{what} may not be empty or hold control characters: {value!r}")
    return value
