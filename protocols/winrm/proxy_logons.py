"""Saying who we are to a proxy: by Basic, Digest or NTLM, whichever of them it offers."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from mi.credentials import Credentials, Scheme, UserName
from mi.errors import NotSupported, ProtocolError
from protocols.security.user_names import plain_name, windows_name

__all__ = ["ProxyLogon", "SpokenScheme", "spoken"]


class ProxyLogon(Protocol):
    """One user's logon to a proxy, on one connection or, without a handshake, on any."""

    @property
    def holds_connection(self) -> bool:
        """Whether all of its headers go over the same connection."""
        ...

    def first(self, offers: str, authority: str) -> str:
        """Return the header that begins it.

        Args:
            offers: the proxy's challenges.
            authority: what the proxy is asked for.

        Raises:
            ProtocolError: the challenge cannot be answered.
        """
        ...

    def next(self, offers: str) -> str | None:
        """Return the header that answers a further challenge; None is: we were refused.

        Raises:
            ProtocolError: the challenge cannot be answered.
        """
        ...


class _Basic:
    """User and password, for whoever can read it (RFC 7617)."""

    holds_connection = False

    def __init__(self, user: UserName, password: str, _: str) -> None:
        name = plain_name(user)
        if ":" in name:
            raise NotSupported("Basic cannot carry a user name with a colon")
        self._header = f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"

    def first(self, offers: str, authority: str) -> str:  # noqa: ARG002 - as ProxyLogon
        return self._header

    def next(self, offers: str) -> None:
        """Return None: there is nothing else to say."""


class _Digest:
    """An answer to a challenge (RFC 7616)."""

    holds_connection = False

    def __init__(self, user: UserName, password: str, _: str) -> None:
        from protocols.winrm.digest import DigestAnswers  # noqa: PLC0415 - few need it

        self._answers = DigestAnswers(plain_name(user), password)
        self._authority = ""
        self._is_renewed = False

    def first(self, offers: str, authority: str) -> str:
        self._authority = authority
        return self._answers.header(offers, "CONNECT", authority)

    def next(self, offers: str) -> str | None:
        if self._is_renewed or not self._answers.is_stale(offers):
            return None
        self._is_renewed = True
        return self._answers.header(offers, "CONNECT", self._authority)


class _Ntlm:
    """NTLM's three messages (MS-NLMP, RFC 4559), under whichever name the proxy knows it by."""

    holds_connection = True

    def __init__(self, user: UserName, password: str, name: str) -> None:
        import spnego  # noqa: PLC0415 - it takes long to load

        if not password:
            raise NotSupported("NTLM needs a password that is not empty")
        self._name = name
        self._context = spnego.client(
            windows_name(user),
            password,
            protocol="ntlm",
            options=spnego.NegotiateOptions.use_ntlm,
        )

    def first(self, offers: str, authority: str) -> str:  # noqa: ARG002 - as ProxyLogon
        return self._carried(self._context.step())

    def next(self, offers: str) -> str | None:
        token = _token(self._name, offers)
        if self._context.complete or token is None:
            return None
        try:
            return self._carried(self._context.step(token))
        except Exception as error:  # noqa: BLE001 - pyspnego and below document none
            failure = type(error).__name__
        raise ProtocolError(f"the proxy's NTLM challenge cannot be answered: {failure}")

    def _carried(self, token: bytes | None) -> str:
        return f"{self._name} {b64encode(token or b'').decode()}"


def _token(scheme: str, offers: str) -> bytes | None:
    found = re.search(rf"(?:^|,)\s*{scheme}\s+([A-Za-z0-9+/]+=*)\s*(?:,|$)", offers, re.IGNORECASE)
    try:
        return b64decode(found[1], validate=True) if found else None
    except Base64Error:
        return None


class SpokenScheme(NamedTuple):
    """A scheme as proxies know it.

    Attributes:
        names: what they may call it, the best one first.
        begin: makes the logon of a user with a password, under such a name.
    """

    names: tuple[str, ...]
    begin: Callable[[UserName, str, str], ProxyLogon]

    def offered(self, schemes: list[str]) -> str | None:
        """Return the best of its names that a proxy offers."""
        there = {scheme.lower() for scheme in schemes}
        return next((name for name in self.names if name.lower() in there), None)


_NTLM: Final = SpokenScheme(("NTLM", "Negotiate"), _Ntlm)
_SPOKEN: Final = {
    Scheme.BASIC: SpokenScheme(("Basic",), _Basic),
    Scheme.DIGEST: SpokenScheme(("Digest",), _Digest),
    Scheme.DEFAULT: _NTLM,
    Scheme.NEGOTIATE: _NTLM,
    Scheme.NTLM_DOMAIN: _NTLM,
}


def spoken(credentials: Credentials) -> SpokenScheme:
    """Return the scheme of credentials for a proxy.

    Raises:
        NotSupported: proxies do not speak it here, or there is no user with a password.
    """
    scheme = _SPOKEN.get(credentials.scheme)
    if scheme is None or credentials.user is None or not credentials.has_password:
        names = ", ".join(one.name for one in _SPOKEN)
        raise NotSupported(
            f"{credentials!r} cannot be used with a proxy",
            advice=f"Pass a user and a password with one of the schemes {names}.",
        )
    return scheme
