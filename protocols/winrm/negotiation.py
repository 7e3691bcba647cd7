"""Negotiate: Kerberos where there is a ticket for the server, NTLM where there is none.

The two sides could agree upon one of them by SPNEGO. But a client that would offer both has asked
for its ticket by then, and knows which it is; so it offers that one alone.
"""

from __future__ import annotations

from mi.credentials import Credentials, Scheme
from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.security.rejection import Rejected
from protocols.winrm.encryption import Seal
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import ConnectionMethod, Method, Wire
from protocols.winrm.kerberos_extra import new_kerberos

__all__ = ["Negotiate"]


class Negotiate(ConnectionMethod):
    """One user's logon, by whichever of the two works.

    It stays with NTLM once Kerberos did not work: to ask again would cost each connection the time
    in which no server of the realm answers.
    """

    def __init__(
        self, credentials: Credentials, address: Address, options: DestinationOptions
    ) -> None:
        """Know who logs on; nothing is asked of anybody yet.

        Raises:
            NotSupported: neither can be used.
        """
        self.user = credentials.user
        self._credentials = credentials
        self._address = address
        self._ntlm: Method | None = None
        self._why_not = ""  # there is no ticket, where one was asked for
        try:
            self._kerberos = new_kerberos(credentials, address, options)
        except NotSupported:
            if not credentials.has_password:
                raise
            self._ntlm = self._new_ntlm()

    @property
    def scheme(self) -> Scheme:
        """The one of the two that works, as far as that is known."""
        return Scheme.KERBEROS if self._ntlm is None else Scheme.NTLM_DOMAIN

    def log_on(self, wire: Wire) -> Seal | None:
        """Log on with a ticket, or by NTLM if there is none.

        Raises:
            Rejected: the KDC or the server refuses the user, or the server takes neither.
            MIError: it could not be done.
        """
        if self._ntlm is None:
            try:
                credential = self._kerberos.credential(wire)
            except Rejected as rejection:
                # A secret that the KDC refused counts there, and would count once more as NTLM's.
                if rejection.is_refusal or not self._credentials.has_password:
                    raise
                self._ntlm = self._new_ntlm()
                self._why_not = rejection.error.message
                wire.tell(f"NTLM is used, since Kerberos cannot be: {self._why_not}")
            else:
                return self._kerberos.log_on_with(credential, wire)
        try:
            return self._ntlm.log_on(wire)
        except Rejected as rejection:
            if self._why_not:
                rejection.error.advice = (
                    f"{rejection.error.advice} NTLM was tried: {self._why_not}."
                )
            raise

    def _new_ntlm(self) -> Method:
        from protocols.winrm.ntlm import Ntlm  # noqa: PLC0415 - takes long to load

        return Ntlm(self._credentials, self._address)
