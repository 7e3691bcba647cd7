"""Logging a connection on with Kerberos (RFC 4559, MS-KILE).

The tokens are SPNEGO's under the name of Negotiate, as RFC 4559 has it. A server that offers
Kerberos under its own name alone gets them bare.

This is loaded where the libraries of the extra `kerberos` are there.
"""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

import gssapi
import krb5

from mi.credentials import Credentials, Scheme
from mi.errors import AuthenticationFailed, NotSupported
from mi.options import DestinationOptions
from protocols.network.errands import Errand
from protocols.security.kerberos_failures import kerberos_failure
from protocols.security.rejection import Rejected
from protocols.security.service_context import LONGEST_PADDING, ServiceContext
from protocols.security.tickets import KERBEROS, SPNEGO, Tickets, default_realm
from protocols.security.user_names import principal_of
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import ConnectionMethod, Wire, carried_token, token_in
from protocols.winrm.rejection import is_offered, not_offered
from protocols.winrm.service_names import service_name
from protocols.winrm.status import UNAUTHORIZED, status_error
from protocols.wsman import framing

__all__ = ["Kerberos"]

_FAILURES = (krb5.Krb5Error, gssapi.raw.GSSError)
_SUCCESS = range(200, 300)


class _Way(NamedTuple):
    """A name for the scheme in headers, what its tokens are, and what sealing is called then."""

    scheme: str
    mechanism: gssapi.OID
    protocol: str


_WAYS: Final = (
    _Way("Negotiate", SPNEGO, framing.SPNEGO),
    _Way("Kerberos", KERBEROS, framing.KERBEROS),
)


class Kerberos(ConnectionMethod):
    """One user's Kerberos logon to one service."""

    scheme = Scheme.KERBEROS

    def __init__(
        self, credentials: Credentials, address: Address, options: DestinationOptions
    ) -> None:
        """Know who logs on to what; nothing is asked of anybody yet.

        Raises:
            NotSupported: Kerberos cannot have a name for the server, or for the user.
        """
        self.user = credentials.user
        self._address = address
        self._service = _service(address, options)
        name = None if self.user is None else principal_of(credentials, default_realm())
        self._who = name or "the current user"
        self._delegation = options.delegation is True
        self._tickets = Tickets(credentials, name, forwardable=self._delegation)
        self._errand: Errand[gssapi.Credentials] | None = None
        self._ways = list(_WAYS)

    def log_on(self, wire: Wire) -> Seal | None:
        """Show a ticket, let the server prove itself; return the means to seal if that is wanted.

        Raises:
            Rejected: there is no ticket, or the server refuses it, or takes no Kerberos.
            AuthenticationFailed: the server does not prove who it is.
            MIError: it could not be done.
        """
        return self.log_on_with(self.credential(wire), wire)

    def log_on_with(self, credential: gssapi.Credentials, wire: Wire) -> Seal | None:
        """Do the same with what `credential` returned."""
        while True:
            way = self._ways[0]
            context = self.context(credential, way.mechanism, wire.binding)
            answer = self._exchange(wire, context, way.scheme)
            if answer.status != UNAUTHORIZED:
                return self._seal(wire, context, answer, way.protocol)
            if is_offered(way.scheme, answer):
                raise self._refused()
            if not (self._ways[1:] and is_offered(self._ways[1].scheme, answer)):
                raise not_offered("Kerberos", answer, self._address)
            del self._ways[0]

    def credential(self, wire: Wire) -> gssapi.Credentials:
        """Return what contexts are made with, once a ticket for the service is there.

        Raises:
            Rejected: there is none.
        """
        if self._errand is None:
            self._errand = Errand(self._ask, "mi-kerberos")
        # If the time is over first, it goes on, and whoever comes next waits for it: two at once
        # would be two attempts with one password.
        errand = self._errand
        try:
            credential = wire.run(errand)
        except _FAILURES as error:
            self._errand = None
            raise kerberos_failure(error, self._who, self._service) from error
        self._errand = None
        return credential

    def inner_context(self, wire: Wire) -> ServiceContext:
        """Return a new context for a protocol that carries its tokens itself.

        Raises:
            Rejected: there is no ticket.
        """
        return self.context(self.credential(wire), SPNEGO, None)

    def context(
        self, credential: gssapi.Credentials, mechanism: gssapi.OID, binding: bytes | None
    ) -> ServiceContext:
        """Return a new context with the service."""
        return ServiceContext(
            self._service, credential, mechanism, binding=binding, delegation=self._delegation
        )

    def _ask(self) -> gssapi.Credentials:
        credential = self._tickets.credential()
        # SPNEGO would hide the numbers of errors, so the ticket for the service is got before.
        ServiceContext(self._service, credential, KERBEROS).step()
        return credential

    def _exchange(self, wire: Wire, context: ServiceContext, scheme: str) -> Answer:
        """Exchange tokens until the server lets us in, or does not.

        They travel alone: OMI was seen to crash on a request that came along with one.
        """
        # With delegation this asks the KDC for one more ticket.
        token = wire.run(Errand(partial(self._step, context), "mi-kerberos"))
        while True:
            answer = wire.post(carried_token(scheme, token))
            reply = token_in(answer, scheme)
            token = self._step(context, reply) if reply else None
            if answer.status != UNAUTHORIZED or token is None:
                return answer

    def _step(self, context: ServiceContext, reply: bytes | None = None) -> bytes | None:
        try:
            return context.step(reply)
        except _FAILURES as error:
            failure = error
        raise kerberos_failure(
            failure, self._who, self._service, is_of_server=reply is not None
        ) from failure

    def _seal(
        self, wire: Wire, context: ServiceContext, answer: Answer, protocol: str
    ) -> Seal | None:
        if context.complete:
            if self._delegation and not context.is_delegated:
                wire.tell(
                    f"{self._service} may not act for {self._who} towards others: the ticket is"
                    " not forwardable (kinit -f)"
                )
            return Seal(context, protocol, LONGEST_PADDING) if wire.is_sealing else None
        if answer.status not in _SUCCESS:
            raise status_error(answer, self._address, is_sealed=False)
        raise AuthenticationFailed(
            f"{self._address.authority} does not prove that it is {self._service}",
            advice="Nothing is sent to a server that may be another: look for what is in between.",
        )

    def _refused(self) -> Rejected:
        return Rejected(
            AuthenticationFailed(
                f"{self._address.authority} does not accept the Kerberos ticket of {self._who} for"
                f" {self._service}",
                advice=f"Check that {self._service} is a name of that machine's own account"
                f" (setspn -Q {self._service}), that its clock is right, and that the user may log"
                " on there.",
            ),
            is_refusal=True,
        )


def _service(address: Address, options: DestinationOptions) -> str:
    service = service_name(address, options)
    if service is None:
        raise NotSupported(
            f"Kerberos knows servers by their names, and {address.server_name} is an address",
            advice="Give the server's name as the destination, or its Kerberos name as"
            " service_principal=; or use another scheme.",
        )
    return service
