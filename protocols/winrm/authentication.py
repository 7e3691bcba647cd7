r"""Saying who we are: the schemes of this release, and what became of each credential.

One wrong password must never lock an account. So a refusal is remembered for as long as the session
lives, a user who was refused is not tried in another way, and a logon is never repeated by itself:
there is one connection, it logs on before it does anything else, and if it is lost in the midst of
that, the operation fails.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Final

from mi.credentials import Credentials, CredentialsSource, Scheme, UserName
from mi.errors import AuthenticationFailed, MIError, NotSupported
from mi.options import DestinationOptions
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.kerberos_extra import new_kerberos
from protocols.winrm.negotiation import Negotiate
from protocols.winrm.plain import Anonymous, Basic, ClientCertificate
from protocols.winrm.rejection import Rejected, may_be_same

__all__ = ["Logon", "asked"]

_NewMethod = Callable[[Credentials, Address, DestinationOptions], Method]


def _ntlm(credentials: Credentials, address: Address, _: DestinationOptions) -> Method:
    from protocols.winrm.ntlm import Ntlm  # noqa: PLC0415 - it takes long to load

    return Ntlm(credentials, address)


def _credssp(credentials: Credentials, address: Address, options: DestinationOptions) -> Method:
    from protocols.winrm.credssp import CredSsp  # noqa: PLC0415 - it takes long to load

    return CredSsp(credentials, address, options)


def _digest(credentials: Credentials, address: Address, _: DestinationOptions) -> Method:
    from protocols.winrm.digest_logon import Digest  # noqa: PLC0415 - few need it

    return Digest(credentials, address)


def _basic(credentials: Credentials, address: Address, _: DestinationOptions) -> Method:
    return Basic(credentials, address)


def _certificate(credentials: Credentials, address: Address, _: DestinationOptions) -> Method:
    return ClientCertificate(credentials, address)


def _anonymous(_: Credentials, address: Address, __: DestinationOptions) -> Method:
    return Anonymous(address)


_METHODS: Final[dict[Scheme, _NewMethod]] = {
    Scheme.DEFAULT: Negotiate,
    Scheme.NEGOTIATE: Negotiate,
    Scheme.IMPERSONATED_NEGOTIATE: Negotiate,
    Scheme.KERBEROS: new_kerberos,
    Scheme.NTLM_DOMAIN: _ntlm,
    Scheme.CRED_SSP: _credssp,
    Scheme.DIGEST: _digest,
    Scheme.BASIC: _basic,
    Scheme.CLIENT_CERTIFICATE: _certificate,
    Scheme.NONE: _anonymous,
}


class Logon:
    """The credentials of a session in their order, and what became of each.

    The next one is tried only if the scheme of the one before is not to be had, or if it is of
    another user.
    """

    def __init__(self, options: DestinationOptions, address: Address) -> None:
        self._sources = list(options.credentials or (Credentials.current_user(),))
        self._is_told_who = options.credentials is not None
        self._options = options
        self._address = address
        self._method: Method | None = None
        self._refused: list[UserName] = []
        self._failure: MIError | None = None

    def method(self) -> Method:
        """Return the way to log on, always the same one until it is rejected.

        Raises:
            AuthenticationFailed: the server refused what there is; nothing is sent any more.
            NotSupported: nothing of what there is can be used here.
        """
        while self._method is None:
            if not self._sources:
                raise self._nothing_left()
            try:
                self._method = self._made(asked(self._sources[0]))
            except NotSupported as error:
                self._failure = self._failure or error
            del self._sources[0]
        return self._method

    def reject(self, rejection: Rejected) -> None:
        """Remember what became of the present method; `method` goes on from there.

        Raises:
            MIError: it is all that there is, and may work another time.
        """
        if rejection.may_pass and not self._sources:
            raise self._told(rejection.error)
        user = None if self._method is None else self._method.user
        if rejection.is_refusal and user is not None:
            self._refused.append(user)
        if rejection.is_refusal or not self._refused:
            self._failure = rejection.error
        self._method = None

    def _made(self, credentials: Credentials) -> Method | None:
        """Return the way to log on, or None where that could repeat a refusal."""
        user, scheme = credentials.user, credentials.scheme
        if scheme not in _METHODS:
            raise NotSupported(f"the scheme {scheme.name} does not work over WINRM")
        if user is not None and any(may_be_same(user, one) for one in self._refused):
            return None
        return _METHODS[scheme](credentials, self._address, self._options)

    def _nothing_left(self) -> MIError:
        return self._told(self._failure or NotSupported("no credentials can be used"))

    def _told(self, error: MIError) -> MIError:
        """Return an error for one more caller, who may have forgotten to say who he is."""
        told = copy(error)
        if not self._is_told_who:
            told.message = (
                "no credentials were given, and to log on as the current user does not work:"
                f" {error.message}"
            )
            told.advice = (
                f"Pass credentials=mi.Credentials.password(user, password). {error.advice}"
            )
        return told


def asked(source: CredentialsSource) -> Credentials:
    """Return the credentials that are given, or what the callable returns that is given instead.

    Raises:
        AuthenticationFailed: the callable failed.
        MIError: it raised this, or returned something else.
    """
    if isinstance(source, Credentials):
        return source
    try:
        return source()
    except MIError:
        raise
    except Exception as error:
        # Its text is not ours to repeat: it may hold what was typed.
        raise AuthenticationFailed(
            f"the callable that should return the credentials failed: {type(error).__name__}"
        ) from error
