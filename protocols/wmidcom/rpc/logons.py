"""Saying who we are over DCOM: one way for each scheme of this release.

Negotiate is Kerberos where there is a ticket for the server, inside SPNEGO, and NTLM where there is
none. The two sides could agree upon one of them by SPNEGO; but a client that would offer both has
asked for its ticket by then, and knows which it is, so it offers that one alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from mi.callbacks import SessionCallbacks
from mi.credentials import Credentials, Scheme, UserName
from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.dcom.packets import AuthService
from protocols.network.bounds import Bounds
from protocols.security.admission import Admission
from protocols.security.logon import Logon
from protocols.security.missing_kerberos import not_installed
from protocols.security.rejection import Rejected
from protocols.security.user_names import user_with_password
from protocols.wmidcom.rpc.security import NtlmSecurity, Security
from protocols.wmidcom.rpc.target import Target
from protocols.wmidcom.rpc.ways import Way

if TYPE_CHECKING:
    from protocols.wmidcom.rpc.kerberos import Kerberos

__all__ = ["Method", "Negotiate", "Ntlm", "new_admission"]


class Method(Protocol):
    """One way to log on with one credential.

    Attributes:
        user: who logs on; None if the credential does not say.
        scheme: what the server sees of it.
    """

    @property
    def user(self) -> UserName | None: ...  # noqa: D102 - above

    @property
    def scheme(self) -> Scheme: ...  # noqa: D102 - above

    def security(self, bounds: Bounds) -> Security:
        """Return a new security context, which has said nothing yet.

        Raises:
            Rejected: there is nothing to log on with.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        ...


class Ntlm:
    """One user's NTLM logon."""

    scheme = Scheme.NTLM_DOMAIN

    def __init__(self, credentials: Credentials, way: Way) -> None:
        """Know who logs on.

        Raises:
            NotSupported: there is no user name or no password.
        """
        self.user = user_with_password(credentials)
        self._credentials = credentials  # and not the password, so that this does not pickle
        self._way = way

    def security(self, bounds: Bounds) -> NtlmSecurity:  # noqa: ARG002 - the contract's
        """Return a new security context."""
        way = self._way
        return NtlmSecurity(self._credentials, self.user, way.target.server_name, way.level)


class Negotiate:
    """One user's logon, by whichever of the two works.

    It stays with NTLM once Kerberos did not work: to ask again would cost each connection the time
    in which no server of the realm answers.
    """

    def __init__(self, credentials: Credentials, way: Way) -> None:
        """Know who logs on; nothing is asked of anybody yet.

        Raises:
            NotSupported: neither can be used.
        """
        self.user = credentials.user
        self._credentials = credentials
        self._way = way
        self._ntlm: Ntlm | None = None
        try:
            self._kerberos = _new_kerberos(credentials, way, AuthService.NEGOTIATE)
        except NotSupported:
            if not credentials.has_password:
                raise
            self._ntlm = Ntlm(credentials, way)

    @property
    def scheme(self) -> Scheme:
        """The one of the two that works, as far as that is known."""
        return Scheme.KERBEROS if self._ntlm is None else Scheme.NTLM_DOMAIN

    def security(self, bounds: Bounds) -> Security:
        """Return a new security context, of NTLM's if there is no ticket."""
        if self._ntlm is None:
            try:
                credential = self._kerberos.credential(bounds)
            except Rejected as rejection:
                # A secret that the KDC refused counts there, and would count once more as NTLM's.
                if rejection.is_refusal or not self._credentials.has_password:
                    raise
                self._ntlm = Ntlm(self._credentials, self._way)
                why = rejection.error.message
                self._way.tell(f"NTLM is used, since Kerberos cannot be: {why}")
            else:
                return self._kerberos.security_with(credential)
        return self._ntlm.security(bounds)


def _new_kerberos(
    credentials: Credentials, way: Way, service: int = AuthService.KERBEROS
) -> Kerberos:
    try:
        from protocols.wmidcom.rpc.kerberos import Kerberos  # noqa: PLC0415 - loads the libraries
    except ImportError as error:
        raise not_installed(error) from error
    return Kerberos(credentials, way, service)


def _kerberos(credentials: Credentials, way: Way) -> Method:
    if _has_only_sspi():
        return _new_sspi(credentials, way, AuthService.KERBEROS)
    return _new_kerberos(credentials, way)


def _negotiate(credentials: Credentials, way: Way) -> Method:
    """Return the way of Negotiate; a password goes by NTLM where Kerberos is not to be had."""
    if _has_only_sspi() and not credentials.has_password:
        return _new_sspi(credentials, way, AuthService.NEGOTIATE)
    return Negotiate(credentials, way)


def _has_only_sspi() -> bool:
    return sys.platform == "win32" and find_spec("gssapi") is None


def _new_sspi(credentials: Credentials, way: Way, service: int) -> Method:
    from protocols.wmidcom.rpc.sspi import Sspi  # noqa: PLC0415 - for Windows alone

    return Sspi(credentials, way, service)


_METHODS: Final[dict[Scheme, Callable[[Credentials, Way], Method]]] = {
    Scheme.DEFAULT: _negotiate,
    Scheme.NEGOTIATE: _negotiate,
    Scheme.IMPERSONATED_NEGOTIATE: _negotiate,
    Scheme.KERBEROS: _kerberos,
    Scheme.NTLM_DOMAIN: Ntlm,
}


def new_admission(
    target: Target, options: DestinationOptions, callbacks: SessionCallbacks
) -> Admission[Method]:
    """Return what knows the credentials of a session, for all its connections."""
    way = Way(target, options, callbacks)

    def new_method(credentials: Credentials) -> Method:
        made = _METHODS.get(credentials.scheme)
        if made is None:
            raise NotSupported(
                f"the scheme {credentials.scheme.name} does not work over WMIDCOM",
                advice="Use NEGOTIATE, KERBEROS or NTLM_DOMAIN; or protocol='WINRM', which has the"
                " others.",
            )
        return made(credentials, way)

    return Admission(Logon(options, new_method))
