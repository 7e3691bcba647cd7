r"""Credentials: who we are, and by which scheme we may say so.

A password is never in a repr, a log or an error, reads back as `******`, and does not pickle.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from threading import Lock
from typing import Any, NamedTuple, NoReturn

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["AskedOnce", "Credentials", "CredentialsSource", "Scheme", "UserName"]

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


# What each scheme can be used with (MI_UserCredentials). Certificates are no part of this release.
_WITH_PASSWORD = (
    Scheme.DEFAULT,
    Scheme.NEGOTIATE,
    Scheme.KERBEROS,
    Scheme.NTLM_DOMAIN,
    Scheme.CRED_SSP,
    Scheme.BASIC,
    Scheme.DIGEST,
)
_AS_CURRENT_USER = (
    Scheme.DEFAULT,
    Scheme.NONE,
    Scheme.IMPERSONATED_NEGOTIATE,
    Scheme.KERBEROS,
    Scheme.NTLM_DOMAIN,
    Scheme.CRED_SSP,
)


def _scheme(scheme: Scheme | str, allowed: tuple[Scheme, ...]) -> Scheme:
    names = ", ".join(one.name for one in allowed)
    try:
        chosen = Scheme(scheme)
    except ValueError:
        raise InvalidParameter(
            f"{scheme!r} is no authentication scheme; there are {names}"
        ) from None
    if chosen not in allowed:
        raise InvalidParameter(f"{chosen.name} does not work so; there are {names}")
    return chosen


class UserName(NamedTuple):
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
            InvalidParameter: it is empty, has two backslashes, or names another domain than
                `domain` does.
        """
        given, separator, user = text.rpartition("\\")
        if not user or (separator and not given):
            raise InvalidParameter("the user name is empty, or its domain is")
        if "\\" in given:
            raise InvalidParameter(f"the user name {text!r} has more than one domain")
        if given and domain and given.lower() != domain.lower():
            raise InvalidParameter(f"the user name says domain {given!r}, domain= says {domain!r}")
        return cls(user, given or domain or None)

    def __str__(self) -> str:
        return f"{self.domain}\\{self.user}" if self.domain else self.user


class Credentials:
    """A user and password, or the current user, and the scheme to use (MI_UserCredentials).

    Make one with `password`, `current_user` or `prompt`. It does not change.
    """

    __slots__ = ("_password", "_scheme", "_user")

    def __init__(self, scheme: Scheme, user: UserName | None, password: str | None) -> None:
        self._scheme = scheme
        self._user = user
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
            InvalidParameter: an empty user name, two domains, a scheme that is not known or does
                not take a password.
            TypeMismatch: user, password or domain is not a string.
        """
        given = (user, password) if domain is None else (user, password, domain)
        if not all(isinstance(one, str) for one in given):
            raise TypeMismatch("user, password and domain are strings")
        return cls(_scheme(scheme, _WITH_PASSWORD), UserName.parse(user, domain), password)

    @classmethod
    def current_user(cls, scheme: Scheme | str = Scheme.IMPERSONATED_NEGOTIATE) -> Credentials:
        """Return the credentials of whoever runs this process, where the platform has any.

        Raises:
            InvalidParameter: a scheme that is not known, or needs a password.
        """
        return cls(_scheme(scheme, _AS_CURRENT_USER), None, None)

    @classmethod
    def prompt(
        cls, user: str, domain: str | None = None, scheme: Scheme | str = Scheme.NEGOTIATE
    ) -> Credentials:
        """Ask for the password on the terminal, now, without echo.

        Raises:
            InvalidParameter: as for `password`, before the terminal is touched.
        """
        import getpass  # noqa: PLC0415 - it loads the terminal's modules, which few need

        cls.password(user, "", domain, scheme)
        return cls.password(user, getpass.getpass(f"Password for {user}: "), domain, scheme)

    @property
    def scheme(self) -> Scheme:
        """How to authenticate."""
        return self._scheme

    @property
    def user(self) -> UserName | None:
        """Who; None is the current user."""
        return self._user

    def reveal(self) -> str:
        """Return the password itself, for whoever authenticates with it.

        Raises:
            InvalidParameter: there is none.
        """
        if self._password is None:
            raise InvalidParameter("these credentials have no password")
        return self._password

    def __repr__(self) -> str:
        user = "current user" if self._user is None else repr(str(self._user))
        secret = "" if self._password is None else f", {_MASK!r}"
        return f"<Credentials {self._scheme.name} {user}{secret}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return (self._scheme, self._user, self._password) == (
            other._scheme,
            other._user,
            other._password,
        )

    def __hash__(self) -> int:
        return hash((self._scheme, self._user))

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials do not pickle: they hold a secret")

    def __copy__(self) -> Credentials:
        return self

    def __deepcopy__(self, memo: Any) -> Credentials:
        return self


CredentialsSource = Credentials | Callable[[], Credentials]
"""Credentials, or a callable that is asked for them once, when they are first needed."""


class AskedOnce:
    """A callable source of credentials that is asked once, by whichever thread needs it first.

    A session puts it in place of each callable that it was given.
    """

    def __init__(self, ask: Callable[[], Credentials]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._answer: Credentials | None = None

    def __call__(self) -> Credentials:
        """Return the credentials.

        Raises:
            TypeMismatch: the callable returned something else.
        """
        with self._lock:
            if self._answer is None:
                answer = self._ask()
                if not isinstance(answer, Credentials):
                    raise TypeMismatch("a callable given as credentials must return Credentials")
                self._answer = answer
            return self._answer
