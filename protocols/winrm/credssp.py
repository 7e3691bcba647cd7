"""CredSSP: the password itself goes to the server, which can then act for the user (MS-CSSP).

It travels in a TLS connection inside of the HTTP messages, once NTLM or Kerberos has proved that
the server at its other end is the one that holds the TLS key. pyspnego does that.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import spnego
from spnego.exceptions import BadBindingsError

from mi.credentials import Credentials, Scheme
from mi.errors import AuthenticationFailed, ConnectionFailed, MIError, NotSupported, ProtocolError
from mi.options import DestinationOptions
from protocols.security.rejection import Rejected, refused, unanswered
from protocols.security.user_names import windows_name
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import PyspnegoSecurity, Seal
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import ConnectionMethod, Wire, carried_token, token_in
from protocols.winrm.kerberos_extra import new_kerberos
from protocols.winrm.rejection import not_offered
from protocols.winrm.status import UNAUTHORIZED, status_error
from protocols.wsman import framing

if TYPE_CHECKING:
    from protocols.security.service_context import ServiceContext
    from protocols.winrm.kerberos import Kerberos

__all__ = ["CredSsp"]

_SCHEME: Final = "CredSSP"
# Older ones hand the password to whoever stands in between (CVE-2018-0886).
_LEAST_VERSION: Final = 5
_AFTER_PROOF: Final = ("Public key exchange", "Credential exchange")


class CredSsp(ConnectionMethod):
    """One user's CredSSP logon."""

    scheme = Scheme.CRED_SSP

    def __init__(
        self, credentials: Credentials, address: Address, options: DestinationOptions
    ) -> None:
        """Know who logs on; nothing is asked of anybody yet.

        Raises:
            NotSupported: there is no user name or no password to give away.
        """
        has_password = credentials.has_password and credentials.reveal()
        if credentials.user is None or not has_password:
            raise NotSupported(
                "CredSSP gives the server a password, and there is none",
                advice="Pass mi.Credentials.password(…), or use Kerberos with delegation=True.",
            )
        self.user = credentials.user
        self._name = windows_name(self.user)
        self._credentials = credentials  # and not the password, so that this does not pickle
        self._address = address
        self._is_accepted = False
        self._kerberos: Kerberos | None = None
        with suppress(NotSupported):  # NTLM will do
            self._kerberos = new_kerberos(credentials, address, options)

    def log_on(self, wire: Wire) -> Seal | None:
        """Prove who both sides are, and give the password away.

        Raises:
            Rejected: the server refuses the user, or takes no CredSSP.
            AuthenticationFailed: it is not the one that NTLM or Kerberos speak with.
            ConnectionFailed: the connection was lost.
            ProtocolError: it does not speak CredSSP as it should.
        """
        context = self._context(wire)
        try:
            answer = self._exchange(wire, context)
        except ConnectionFailed as error:
            if _has_proved(context) and wire.is_sent and not self._is_accepted:
                raise unanswered(self.user, self._address, error) from error
            raise
        except (MIError, Rejected):
            raise
        except BadBindingsError as error:
            raise AuthenticationFailed(
                f"{self._address.authority} has not the key that it should have: somebody stands"
                " in between",
                advice="Nothing was given away. Look for what terminates connections on the way.",
            ) from error
        except Exception as error:
            raise self._failure(context, error) from error
        if answer.status == UNAUTHORIZED:
            raise refused(self.user, self._address)
        self._is_accepted = True
        return Seal(PyspnegoSecurity(context), framing.CREDSSP) if wire.is_sealing else None

    def _exchange(self, wire: Wire, context: Any) -> Answer:
        reply: bytes | None = None
        while True:
            token = context.step(reply)
            header = carried_token(_SCHEME, token)
            if context.complete:
                return wire.post(header)  # who knows what servers do with a request in it
            answer = wire.post(header)
            if answer.status != UNAUTHORIZED:
                raise status_error(answer, self._address, is_sealed=False)
            reply = token_in(answer, _SCHEME)
            if not reply:
                raise self._no_token(context, answer)

    def _failure(self, context: Any, error: Exception) -> Rejected | MIError:
        # A server tells a refusal by an error of Windows', and an old one by what it sends instead;
        # of a user who was accepted before, that may as well be garbled.
        is_told = hasattr(getattr(error, "base_error", None), "winerror")
        if _has_proved(context) and (is_told or not self._is_accepted):
            return refused(self.user, self._address)
        return ProtocolError(
            f"the CredSSP handshake with {self._address.authority} failed:"
            f" {type(error).__name__}: {error}",
            advice="Windows needs CredSSP's update of May 2018 (CVE-2018-0886).",
        )

    def _no_token(self, context: Any, answer: Answer) -> Rejected:
        if _has_proved(context):
            return refused(self.user, self._address)
        return not_offered(_SCHEME, answer, self._address)

    def _context(self, wire: Wire) -> Any:
        return spnego.client(
            spnego.Password(self._name, self._credentials.reveal()),
            protocol="credssp",
            credssp_min_protocol=_LEAST_VERSION,
            credssp_negotiate_context=self._inner(wire),
        )

    def _inner(self, wire: Wire) -> Any:
        """Return what proves who both sides are: Kerberos, or NTLM where there is no ticket."""
        if self._kerberos is not None:
            try:
                return _Inner(self._kerberos.inner_context(wire))
            except Rejected as rejection:
                if rejection.is_refusal:
                    raise
                wire.tell(f"NTLM is used, since Kerberos cannot be: {rejection}")
                self._kerberos = None
        return spnego.client(
            self._name,
            self._credentials.reveal(),
            hostname=self._address.server_name,
            service="HTTP",
            protocol="ntlm",
            options=spnego.NegotiateOptions.use_ntlm,
        )


def _has_proved(context: Any) -> bool:
    """Whether the server has what it takes to refuse the password."""
    return context.get_extra_info("auth_stage") in _AFTER_PROOF


class _Data(NamedTuple):
    """What wrapping returns with pyspnego."""

    data: bytes


class _Inner:
    """A Kerberos context, with as much of pyspnego's form as its CredSSP looks at."""

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self.step = context.step

    @property
    def complete(self) -> bool:
        return self._context.complete

    def wrap(self, message: bytes) -> _Data:
        return _Data(self._context.token_of(message))

    def unwrap(self, token: bytes) -> _Data:
        return _Data(self._context.unwrap(token, b""))
