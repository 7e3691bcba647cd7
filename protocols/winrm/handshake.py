"""What a way to log on is, and what it may ask of the connection that it logs on."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol, TypeVar

from mi.credentials import CertificateFiles, Scheme, UserName
from mi.errors import ProtocolError
from protocols.network.errands import Errand
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal

__all__ = ["ConnectionMethod", "Method", "Wire", "carried_token", "token_in"]

T = TypeVar("T")


class Wire(Protocol):
    """The connection that is being logged on.

    Attributes:
        binding: the hash of the server's certificate (RFC 5929), or None.
        is_sealing: whether messages are to be sealed.
        is_sent: whether the last request that was posted may have reached the server.
    """

    @property
    def binding(self) -> bytes | None: ...  # noqa: D102 - above

    @property
    def is_sealing(self) -> bool: ...  # noqa: D102 - above

    @property
    def is_sent(self) -> bool: ...  # noqa: D102 - above

    def post(self, authorization: str | None) -> Answer:
        """Send an empty POST with this Authorization header.

        Raises:
            ConnectionFailed: the connection was lost.
            MIError: it could not be done.
        """
        ...

    def finish(self, authorization: str, seal: Seal | None = None) -> Answer:
        """Send what should end the logon; the request that waits for it may go along.

        Args:
            authorization: the header.
            seal: what the request can be sealed with, if that is known by now.

        Raises:
            ConnectionFailed: the connection was lost.
            MIError: it could not be done.
        """
        ...

    def run(self, errand: Errand[T]) -> T:
        """Return what comes of an errand, if that is within the caller's time."""
        ...

    def tell(self, text: str) -> None:
        """Tell whoever listens to the session."""
        ...


class Method(Protocol):
    """One way to log on with one credential.

    Attributes:
        user: who logs on; None if the credential does not say.
        certificate: the client certificate for TLS, or None.
        logs_on: whether it is the connection that is logged on, by a handshake.
        scheme: what the server sees of it in the end, which may be less than was asked for.
    """

    @property
    def scheme(self) -> Scheme: ...  # noqa: D102 - above

    @property
    def user(self) -> UserName | None: ...  # noqa: D102 - above

    @property
    def certificate(self) -> CertificateFiles | None: ...  # noqa: D102 - above

    @property
    def logs_on(self) -> bool: ...  # noqa: D102 - above

    def log_on(self, wire: Wire) -> Seal | None:
        """Log on, and return the means to seal if messages are to be sealed.

        Raises:
            Rejected: the server refuses the credential or the scheme, or we do.
            MIError: it could not be done.
        """
        ...

    def authorization(self) -> str | None:
        """Return the header for the next request, if each has one."""
        ...

    def unauthorized(self, answer: Answer, sent: str | None) -> Rejected | None:
        """Return what a 401 means to a request with this header; None is: send it again."""
        ...


class ConnectionMethod:
    """What the methods have in common that log a connection on."""

    certificate = None
    logs_on = True

    def authorization(self) -> None:
        """Return None: requests say no more."""

    def unauthorized(self, answer: Answer, sent: str | None) -> None:
        """Return None: a connection whose logon is forgotten is logged on anew."""


def carried_token(scheme: str, token: bytes | None) -> str:
    """Return the Authorization header that carries a token (RFC 4559 4.2)."""
    return f"{scheme} {b64encode(token or b'').decode()}"


def token_in(answer: Answer, scheme: str) -> bytes | None:
    """Return the token of this scheme that a server sends, or None if there is none.

    Raises:
        ProtocolError: it is not base64.
    """
    found = _token_of(scheme).search(_offers(answer.headers))
    if found is None:
        return None
    try:
        return b64decode(found[1], validate=True)
    except Base64Error:
        raise ProtocolError(f"the server's {scheme} token is garbled") from None


@lru_cache(maxsize=8)
def _token_of(scheme: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|,)\s*{scheme}\s+([A-Za-z0-9+/]+=*)\s*(?:,|$)", re.IGNORECASE)


def _offers(headers: Mapping[str, str]) -> str:
    return headers.get("WWW-Authenticate", "")
