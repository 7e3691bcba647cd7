"""How a connection learns who is at its other end: NTLM, bare or inside SPNEGO, and Basic.

NTLM authenticates the connection, and what it agrees on seals the bodies of that connection alone;
Basic stands in every request. A refused logon is counted once, and ends what was begun.
"""

from __future__ import annotations

import base64
import hmac
import struct
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import NegotiateOptions, SpnegoError

from protocols.loopback.users import User

__all__ = ["Acceptor", "Outcome", "Policy", "Verdict"]

# What pyspnego raises for tokens that are no tokens.
_MALFORMED = (SpnegoError, struct.error, ValueError, IndexError, KeyError, TypeError)


class Verdict(Enum):
    """What comes of a request's Authorization header."""

    ACCEPTED = "the user is known"
    CONTINUE = "the client has to send another token"
    REFUSED = "the logon failed"
    ANONYMOUS = "nobody was named"


class Outcome(NamedTuple):
    """A verdict, and the token that goes back with it, if there is one."""

    verdict: Verdict
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom an endpoint accepts, and how.

    Attributes:
        user: the only user.
        schemes: the schemes that are offered, in this order.
        channel_binding: what an NTLM logon has to be bound to, or None to not look at that.
    """

    user: User
    schemes: tuple[str, ...] = ("Negotiate", "Basic")
    channel_binding: bytes | None = None

    @property
    def challenges(self) -> list[tuple[str, str]]:
        """The headers of a 401, one for each scheme, as Windows sends them."""
        realm = {"Basic": 'Basic realm="WSMAN"'}
        return [("WWW-Authenticate", realm.get(scheme, scheme)) for scheme in self.schemes]


class Acceptor:
    """The authentication of one connection."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._context: spnego.ContextProxy | None = None
        self.is_authenticated = False
        self.logons = 0
        self.refused = 0

    @property
    def can_seal(self) -> bool:
        """Whether the connection has keys to seal bodies with."""
        return self.is_authenticated and self._context is not None

    def authenticate(self, header: str | None) -> Outcome:
        """Take in an Authorization header; without one, the connection stays what it is."""
        if header is None:
            known = self.is_authenticated and self._context is not None
            return Outcome(Verdict.ACCEPTED if known else Verdict.ANONYMOUS)
        scheme, _, value = header.partition(" ")
        if not value.strip():
            return Outcome(Verdict.ANONYMOUS)
        for offered in self._policy.schemes:
            if offered.lower() == scheme.lower():
                step = self._basic if offered == "Basic" else self._negotiate
                return self._counted(step(value.strip()))
        return Outcome(Verdict.ANONYMOUS)

    def _counted(self, outcome: Outcome) -> Outcome:
        if outcome.verdict is Verdict.REFUSED:
            self.refused += 1
            self.is_authenticated, self._context = False, None
        elif outcome.verdict is Verdict.ACCEPTED and not self.is_authenticated:
            self.logons += 1
            self.is_authenticated = True
        return outcome

    def _basic(self, value: str) -> Outcome:
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return Outcome(Verdict.REFUSED)
        user = self._policy.user
        is_right = hmac.compare_digest(password.encode(), user.password.encode())
        return Outcome(Verdict.ACCEPTED if is_right and user.is_named(name) else Verdict.REFUSED)

    def _negotiate(self, value: str) -> Outcome:
        try:
            token = base64.b64decode(value, validate=True)
            if self.is_authenticated or self._context is None:  # a first token begins anew
                self.is_authenticated, self._context = False, self._new_context(token)
            context = self._context
            answer = context.step(token)
        except _MALFORMED:
            return Outcome(Verdict.REFUSED)
        text = base64.b64encode(answer).decode() if answer else None
        if not context.complete:
            return Outcome(Verdict.CONTINUE, text)
        known = self._policy.user.is_named(context.client_principal or "")
        return Outcome(Verdict.ACCEPTED, text) if known else Outcome(Verdict.REFUSED)

    def _new_context(self, token: bytes) -> spnego.ContextProxy:
        # pyspnego's own code is asked for, whatever GSSAPI mechanisms the machine has.
        is_bare = token.startswith(b"NTLMSSP\0")
        binding = self._policy.channel_binding
        return spnego.server(
            protocol="ntlm" if is_bare else "negotiate",
            options=NegotiateOptions.use_ntlm if is_bare else NegotiateOptions.use_negotiate,
            channel_bindings=None
            if binding is None
            else GssChannelBindings(application_data=binding),
        )

    def unseal(self, header: bytes, sealed: bytes) -> bytes | None:
        """Return what a client sealed, or None if it was not sealed for this connection."""
        if self._context is None:
            return None
        try:
            return self._context.unwrap_winrm(header, sealed)
        except _MALFORMED:
            return None

    def seal(self, plain: bytes) -> tuple[bytes, bytes]:
        """Return the header and the sealed bytes for the client of this connection."""
        if self._context is None:
            raise ValueError("the connection has no keys to seal with")
        wrapped = self._context.wrap_winrm(plain)
        return wrapped.header, wrapped.data
