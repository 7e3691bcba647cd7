r"""Credentials: who we are, and by which scheme we may say so.

A password is never in a repr, a log or an error, reads back as `******`, and does not pickle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, NoReturn

from mi.errors import InvalidParameter, TypeMismatch

__all__ = [
    "CertificateFiles",
    "Credentials",
    "CredentialsSource",
    "Scheme",
    "UserName",
]

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


# What each scheme can be used with (MI_UserCredentials).
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
_WITH_KEYTAB = (Scheme.DEFAULT, Scheme.NEGOTIATE, Scheme.KERBEROS)


def _scheme(scheme: Scheme | str, allowed: tuple[Scheme, ...]) -> Scheme:
    names = ", ".join(one.name for one in allowed)
    try:
        chosen = Scheme(scheme)
    except ValueError:
        raise InvalidParameter(
            f"{scheme!r} is no authentication scheme; there are {names}"
        ) from None
    if chosen not in allowed:
        raise InvalidParameter(f"{chosen.name} is not for such credentials; there are {names}")
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
            InvalidParameter: it is empty, has two backslashes or a control character, or names
                another domain than `domain` does.
        """
        if any(character < " " or character == "\x7f" for character in f"{text}{domain or ''}"):
            raise InvalidParameter(f"the user name {text!r} has a control character")
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


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A client certificate, as files.

    Attributes:
        certificate: the PEM file of the certificate, with those that lead to its authority.
        key: the PEM file of its private key; None if that is in the same file.
        password: what the key is encrypted with, or None.
    """

    certificate: str
    key: str | None = None
    password: str | None = field(default=None, repr=False)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client certificate does not pickle: its key has a password")


class Credentials:
    """Who we are, by what we can prove it, and the scheme to use (MI_UserCredentials).

    Make one with `password`, `prompt`, `current_user`, `keytab` or `certificate`. It does not
    change.
    """

    __slots__ = ("_certificate", "_keytab", "_password", "_scheme", "_ticket_cache", "_user")

    def __init__(  # noqa: PLR0913 - one for each thing that can prove who we are
        self,
        scheme: Scheme,
        user: UserName | None = None,
        password: str | None = None,
        *,
        keytab: str | None = None,
        ticket_cache: str | None = None,
        certificate: CertificateFiles | None = None,
    ) -> None:
        self._scheme = scheme
        self._user = user
        self._password = password
        self._keytab = keytab
        self._ticket_cache = ticket_cache
        self._certificate = certificate

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
        _check_strings("user, password and domain are strings", user, password, maybe=(domain,))
        return cls(_scheme(scheme, _WITH_PASSWORD), UserName.parse(user, domain), password)

    @classmethod
    def current_user(
        cls,
        scheme: Scheme | str = Scheme.IMPERSONATED_NEGOTIATE,
        ticket_cache: str | None = None,
    ) -> Credentials:
        """Return the credentials of whoever runs this process, where the platform has any.

        On Windows that is who logged on; elsewhere whose Kerberos ticket is there (kinit).

        Args:
            scheme: a `Scheme`, or the text of one.
            ticket_cache: the Kerberos ticket cache to use instead of the default one, as
                `KRB5CCNAME` names it: `FILE:/var/krb5/1000`.

        Raises:
            InvalidParameter: a scheme that is not known, or needs a password.
            TypeMismatch: the ticket cache is not a string.
        """
        _check_strings("ticket_cache is a string", maybe=(ticket_cache,))
        return cls(_scheme(scheme, _AS_CURRENT_USER), ticket_cache=ticket_cache or None)

    @classmethod
    def keytab(
        cls,
        user: str,
        keytab_file: str,
        domain: str | None = None,
        scheme: Scheme | str = Scheme.KERBEROS,
    ) -> Credentials:
        r"""Return the credentials of a user whose Kerberos key is in a file, for services.

        Args:
            user: `user@realm`, `DOMAIN\user` or `user`.
            keytab_file: the keytab.
            domain: the domain, where the user name does not say it.
            scheme: a `Scheme`, or the text of one.

        Raises:
            InvalidParameter: an empty user name or file name, two domains, a scheme that is not
                known or takes no keytab.
            TypeMismatch: user, file or domain is not a string.
        """
        what = "user, keytab_file and domain are strings"
        _check_strings(what, user, keytab_file, maybe=(domain,))
        _check_named("keytab_file", keytab_file)
        allowed = _scheme(scheme, _WITH_KEYTAB)
        return cls(allowed, UserName.parse(user, domain), keytab=keytab_file)

    @classmethod
    def certificate(
        cls, cert_file: str, key_file: str | None = None, key_password: str | None = None
    ) -> Credentials:
        """Return the credentials of a client certificate, which the server maps to an account.

        Args:
            cert_file: the PEM file of the certificate.
            key_file: the PEM file of its private key; None if that is in the same file.
            key_password: what the key is encrypted with, or None.

        Raises:
            InvalidParameter: an empty file name.
            TypeMismatch: one of them is not a string.
        """
        what = "cert_file, key_file and key_password are strings"
        _check_strings(what, cert_file, maybe=(key_file, key_password))
        _check_named("cert_file", cert_file)
        files = CertificateFiles(cert_file, key_file or None, key_password)
        return cls(Scheme.CLIENT_CERTIFICATE, certificate=files)

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
        """Who; None is the current user, or whoever the certificate says."""
        return self._user

    @property
    def has_password(self) -> bool:
        """Whether `reveal` returns one."""
        return self._password is not None

    @property
    def keytab_file(self) -> str | None:
        """The file with the user's Kerberos key."""
        return self._keytab

    @property
    def ticket_cache(self) -> str | None:
        """The name of the current user's Kerberos ticket cache; None is the default one."""
        return self._ticket_cache

    @property
    def certificate_files(self) -> CertificateFiles | None:
        """The client certificate."""
        return self._certificate

    def reveal(self) -> str:
        """Return the password itself, for whoever authenticates with it.

        Raises:
            InvalidParameter: there is none.
        """
        if self._password is None:
            raise InvalidParameter("these credentials have no password")
        return self._password

    def __repr__(self) -> str:
        who = "current user" if self._user is None else repr(str(self._user))
        if self._certificate is not None:
            who = f"certificate {self._certificate.certificate!r}"
        secret = f", {_MASK!r}" if self.has_password else ""
        return f"<Credentials {self._scheme.name} {who}{secret}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash((self._scheme, self._user))

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials do not pickle: they hold a secret")

    def __copy__(self) -> Credentials:
        return self

    def __deepcopy__(self, memo: Any) -> Credentials:
        return self


def _check_strings(what: str, *given: str, maybe: tuple[str | None, ...] = ()) -> None:
    given += tuple(one for one in maybe if one is not None)
    if not all(isinstance(one, str) for one in given):
        raise TypeMismatch(what)


def _check_named(what: str, file: str) -> None:
    if not file:
        raise InvalidParameter(f"{what} is empty")


CredentialsSource = Credentials | Callable[[], Credentials]
"""Credentials, or a callable that is asked for them once, when they are first needed."""
