r"""Credentials: who we are, and by which scheme we may say so.

A password is never in a repr, a log or an error, reads back as `******`, and does not pickle.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["Credentials", "CredentialsSource", "Scheme", "UserName"]

_MASK = "******"


class Scheme(StrEnum):
    """How to authenticate (MI_AUTH_TYPE_*); each member's value is MI's own text for it."""

    DEFAULT = "Default"
    NONE = "None"
    DIGEST = "Digest"
    NEGOTIATE = "NegoWithCreds"
    IMPERSONATED_NEGOTIATE = "NegoNoCreds"
    BASIC = "Basic"
    KERBEROS = "Kerberos"
    NTLM_DOMAIN = "Ntlmdomain"
    CRED_SSP = "CredSSP"
    CLIENT_CERTIFICATE = "ClientCerts"
    ISSUER_CERTIFICATE = "IssuerCert"

    @classmethod
    def _missing_(cls, value: object) -> Scheme | None:
        """Accept the text of either column of MI's table, and the member's name, without case."""
        if not isinstance(value, str):
            return None
        wanted = value.replace("_", "").lower()
        return next(
            (
                scheme
                for scheme in cls
                if wanted in (scheme.value.lower(), scheme.name.replace("_", "").lower())
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class UserName:
    r"""A user's name taken apart: `DOMAIN\user`, `user@realm`, `.\user`, `user`.

    Attributes:
        user: the bare name; for `user@realm` the whole text, which is a name of its own kind.
        domain: the domain, `.` for a local account of the target, or None.
    """

    user: str
    domain: str | None = None

    @classmethod
    def parse(cls, text: str, domain: str | None = None) -> UserName:
        """Return the parts of `text`.

        Raises:
            InvalidParameter: it is empty, or names a domain although one is given apart.
        """
        given, separator, user = text.partition("\\")
        if not separator:
            given, user = "", text
        if not user or (separator and not given):
            raise InvalidParameter("the user name is empty")
        if given and domain and given.lower() != domain.lower():
            raise InvalidParameter(f"the user name says domain {given!r}, domain= says {domain!r}")
        return cls(user, given or domain)


def _scheme(scheme: Scheme | str) -> Scheme:
    try:
        return Scheme(scheme)
    except ValueError:
        names = ", ".join(scheme.name for scheme in Scheme)
        raise InvalidParameter(
            f"{scheme!r} is no authentication scheme; there are {names}"
        ) from None


class Credentials:
    """A user and password, or the current user, and the scheme to use (MI_UserCredentials).

    Make one with `password`, `current_user` or `prompt`.
    """

    __slots__ = ("_password", "scheme", "user")

    def __init__(self, scheme: Scheme, user: UserName | None, password: str | None) -> None:
        self.scheme = scheme
        self.user = user
        self._password = password

    @classmethod
    def password(
        cls,
        user: str,
        password: str,
        domain: str | None = None,
        scheme: Scheme | str = Scheme.NEGOTIATE,
    ) -> Credentials:
        r"""Return the credentials of a user with a password.

        Args:
            user: `DOMAIN\user`, `user@realm`, `.\user` (a local account of the target) or `user`.
            password: may be empty only if it is meant to be.
            domain: the domain, where the user name does not say it.
            scheme: a `Scheme`, or the text of one.

        Raises:
            InvalidParameter: an empty user name, two domains, an unknown scheme.
            TypeMismatch: user or password is not a string.
        """
        if not isinstance(user, str) or not isinstance(password, str):
            raise TypeMismatch("user and password are strings")
        return cls(_scheme(scheme), UserName.parse(user, domain), password)

    @classmethod
    def current_user(cls, scheme: Scheme | str = Scheme.IMPERSONATED_NEGOTIATE) -> Credentials:
        """Return the credentials of whoever runs this process, where the platform has any."""
        return cls(_scheme(scheme), None, None)

    @classmethod
    def prompt(
        cls, user: str, domain: str | None = None, scheme: Scheme | str = Scheme.NEGOTIATE
    ) -> Credentials:
        """Ask for the password on the terminal, now, without echo."""
        UserName.parse(user, domain)
        return cls.password(user, getpass.getpass(f"Password for {user}: "), domain, scheme)

    def reveal(self) -> str:
        """Return the password itself, for whoever authenticates with it.

        Raises:
            InvalidParameter: there is none.
        """
        if self._password is None:
            raise InvalidParameter("these credentials have no password")
        return self._password

    def __repr__(self) -> str:
        user = "current user" if self.user is None else repr(_user_text(self.user))
        secret = "" if self._password is None else f", {_MASK!r}"
        return f"<Credentials {self.scheme.name} {user}{secret}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return (self.scheme, self.user, self._password) == (
            other.scheme,
            other.user,
            other._password,
        )

    def __hash__(self) -> int:
        return hash((self.scheme, self.user))

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials do not pickle: they hold a secret")

    def __copy__(self) -> Credentials:
        return self

    def __deepcopy__(self, memo: Any) -> Credentials:
        return self


def _user_text(user: UserName) -> str:
    return f"{user.domain}\\{user.user}" if user.domain else user.user


CredentialsSource = Credentials | Callable[[], Credentials]
"""Credentials, or a callable that is asked for them once, when they are first needed."""
