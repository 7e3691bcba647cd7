"""Kerberos for associations, bare or inside SPNEGO (MS-KILE, RFC 4121, RFC 4178).

RPC has a token more than others, so that each side knows that the other knows (DCE style): two
requests, of which the second one is an alter_context.

This is loaded where the libraries of the extra `kerberos` are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import gssapi
import krb5

from mi.credentials import Credentials, Scheme
from protocols.dcom.packets import AuthLevel, AuthService
from protocols.network.bounds import Bounds
from protocols.network.errands import Errand
from protocols.security.kerberos_failures import kerberos_failure
from protocols.security.service_context import ServiceContext
from protocols.security.tickets import KERBEROS, SPNEGO, Tickets, default_realm
from protocols.security.user_names import principal_of
from protocols.wmidcom.rpc.security import CONTEXT_ID, wrong_proof
from protocols.wmidcom.rpc.spn import service_name
from protocols.wmidcom.rpc.ways import Way

__all__ = ["Kerberos", "KerberosSecurity", "Sides"]

_FAILURES: Final = (krb5.Krb5Error, gssapi.raw.GSSError)
_MECHANISMS: Final = {AuthService.KERBEROS: KERBEROS, AuthService.NEGOTIATE: SPNEGO}


class Sides(NamedTuple):
    """Who logs on to what, as messages say it."""

    user: str
    service: str


class KerberosSecurity:
    """The security context of one association."""

    context_id = CONTEXT_ID
    is_answered = True

    def __init__(
        self,
        context: ServiceContext,
        service: int,
        level: int,
        sides: Sides,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        """Wrap a context that has said nothing yet.

        Args:
            context: of the Kerberos library.
            service: bare, or inside SPNEGO.
            level: how much to protect.
            sides: who logs on to what, for messages.
            warn: is told where the server may not act for the user towards others, if it should.
        """
        self.service = service
        self.level = level
        self.signs_headers = False
        self._context = context
        self._sides = sides
        self._warn = warn
        self._token_size: int | None = None

    @property
    def complete(self) -> bool:
        """Whether there are no more tokens to send."""
        return self._context.complete

    @property
    def token_size(self) -> int:
        """Bytes of a proof."""
        if self._token_size is None:
            is_signing = self.level == AuthLevel.INTEGRITY
            context = self._context
            self._token_size = context.signature_size if is_signing else context.token_size
        return self._token_size

    def step(self, token: bytes | None = None) -> bytes | None:
        """Take in the server's token, if it sent one, and return ours, if one is due."""
        try:
            answer = self._context.step(token)
        except _FAILURES as error:
            failure = error
        else:
            self._check_delegation()
            return answer
        raise kerberos_failure(failure, *self._sides, is_of_server=token is not None) from failure

    def _check_delegation(self) -> None:
        if self._warn is not None and self.complete and not self._context.is_delegated:
            self._warn(
                f"{self._sides.service} may not act for {self._sides.user} towards others: the"
                " ticket is not forwardable (kinit -f)"
            )

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof."""
        before, after = (head, trailer) if self.signs_headers else (b"", b"")
        if self.level == AuthLevel.INTEGRITY:
            return body, self._context.sign(before + body + after)
        return self._context.wrap_between(before, body, after)

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds."""
        before, after = (head, trailer) if self.signs_headers else (b"", b"")
        try:
            if self.level == AuthLevel.INTEGRITY:
                self._context.verify(before + body + after, token)
                return body
            return self._context.unwrap_between(before, body, after, token)
        except _FAILURES as error:
            failure = error
        raise wrong_proof() from failure


class Kerberos:
    """One user's Kerberos logon to one server.

    Attributes:
        user: who logs on; None is the current user.
        scheme: Kerberos.
    """

    scheme = Scheme.KERBEROS

    def __init__(
        self, credentials: Credentials, way: Way, service: int = AuthService.KERBEROS
    ) -> None:
        """Know who logs on to what; nothing is asked of anybody yet.

        Raises:
            NotSupported: Kerberos cannot have a name for the server, or for the user.
        """
        self.user = credentials.user
        self._service = service
        self._level = way.level
        self._tell = way.tell
        self._to = service_name(way.target, way.options)
        name = None if self.user is None else principal_of(credentials, default_realm())
        self._sides = Sides(name or "the current user", self._to)
        self._delegation = way.options.delegation is True
        self._tickets = Tickets(credentials, name, forwardable=self._delegation)
        self._errand: Errand[gssapi.Credentials] | None = None

    def security(self, bounds: Bounds) -> KerberosSecurity:
        """Return a new security context.

        Raises:
            Rejected: there is no ticket.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        return self.security_with(self.credential(bounds))

    def security_with(self, credential: gssapi.Credentials) -> KerberosSecurity:
        """Do the same with what `credential` returned."""
        context = ServiceContext(
            self._to,
            credential,
            _MECHANISMS[AuthService(self._service)],
            delegation=self._delegation,
            is_dce=True,
        )
        warn = self._tell if self._delegation else None
        return KerberosSecurity(context, self._service, self._level, self._sides, warn)

    def credential(self, bounds: Bounds) -> gssapi.Credentials:
        """Return what contexts are made with, once a ticket for the server is there.

        Raises:
            Rejected: there is none.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
        """
        if self._errand is None:
            self._errand = Errand(self._ask, "mi-kerberos")
        # If the time is over first, it goes on, and whoever comes next waits for it: two at once
        # would be two attempts with one password.
        errand = self._errand
        try:
            credential = errand.result(bounds)
        except _FAILURES as error:
            self._errand = None
            raise kerberos_failure(error, *self._sides) from error
        self._errand = None
        return credential

    def _ask(self) -> gssapi.Credentials:
        credential = self._tickets.credential()
        # SPNEGO would hide the numbers of errors, so the ticket for the server is got before.
        ServiceContext(self._to, credential, KERBEROS).step()
        return credential
