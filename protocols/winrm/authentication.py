"""Saying who we are over WINRM: one way for each scheme of this release."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from mi.credentials import Credentials, Scheme
from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.security import logon
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.kerberos_extra import new_kerberos
from protocols.winrm.negotiation import Negotiate
from protocols.winrm.plain import Anonymous, Basic, ClientCertificate

__all__ = ["Logon"]

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


class Logon(logon.Logon[Method]):
    """The credentials of a session to a WinRM service."""

    def __init__(self, options: DestinationOptions, address: Address) -> None:
        super().__init__(options, partial(_method, address, options))


def _method(address: Address, options: DestinationOptions, credentials: Credentials) -> Method:
    new_method = _METHODS.get(credentials.scheme)
    if new_method is None:
        raise NotSupported(f"the scheme {credentials.scheme.name} does not work over WINRM")
    return new_method(credentials, address, options)
