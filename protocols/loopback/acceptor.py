"""How a connection learns who is at its other end, by each of the schemes.

Those that take tokens authenticate the connection, and what they agree on seals the bodies of that
connection alone; the others stand in every request. A refused logon is counted once, and ends what
was begun.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from mi.errors import ProtocolError
from protocols.loopback.digest import DigestRealm
from protocols.loopback.security import (
    NotAccepted,
    PyspnegoContext,
    SecurityContext,
    is_kerberos,
    is_ntlm,
)
from protocols.loopback.users import User
from protocols.wsman import framing

__all__ = ["Acceptor", "Outcome", "Policy", "Verdict"]

# What stands for the client's certificate in the header (DSP0226 C.3.4); it is never offered.
_MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_CERTIFICATE = "Certificate"
# Bytes of padding that a part may count: old ciphers of Kerberos have some (RFC 4757 7.3).
_LONGEST_PADDING = {framing.SPNEGO: 8, framing.KERBEROS: 8, framing.CREDSSP: 0}


class Verdict(Enum):
    """What comes of a request's Authorization header."""

    ACCEPTED = "the user is known"
    CONTINUE = "the client has to send another token"
    REFUSED = "the logon failed"
    ANONYMOUS = "nobody was named"


class Outcome(NamedTuple):
    """What comes of a header.

    Attributes:
        verdict: whether the client is known.
        challenge: what goes back about it in WWW-Authenticate, if anything does.
        delegated: as whom the endpoint could log on elsewhere now, if the client let it.
    """

    verdict: Verdict
    challenge: str | None = None
    delegated: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom an endpoint accepts, and how.

    Attributes:
        user: the only user.
        schemes: the schemes that are offered, in this order; `Certificate` is, but is not told.
        channel_binding: what a logon has to be bound to, or None to not look at that.
        keytab: the file with the endpoint's Kerberos keys, or None where it has none.
        principal: the only user by Kerberos' name.
        certificate: the certificate that stands for the user, in DER form.
        digest: the nonces for Digest.
    """

    user: User
    schemes: tuple[str, ...] = ("Negotiate", "Basic")
    channel_binding: bytes | None = None
    keytab: str | None = None
    principal: str | None = None
    certificate: bytes | None = None
    digest: DigestRealm | None = None

    @property
    def challenges(self) -> list[tuple[str, str]]:
        """The headers of a 401, one for each scheme, as Windows sends them."""
        told = [scheme for scheme in self.schemes if scheme != _CERTIFICATE]
        return [("WWW-Authenticate", self._challenge(scheme)) for scheme in told]

    def _challenge(self, scheme: str) -> str:
        if scheme == "Digest" and self.digest is not None:
            return self.digest.challenge()
        return 'Basic realm="WSMAN"' if scheme == "Basic" else scheme


class Acceptor:
    """The authentication of one connection."""

    def __init__(self, policy: Policy, certificate: bytes | None = None) -> None:
        """Know nobody yet.

        Args:
            policy: whom to accept.
            certificate: what TLS knows of the client, in DER form.
        """
        self._policy = policy
        self._certificate = certificate
        self._context: SecurityContext | None = None
        self.is_authenticated = False
        self.logons = 0
        self.refused = 0

    @property
    def can_seal(self) -> bool:
        """Whether the connection has keys to seal bodies with."""
        return self.is_authenticated and self._context is not None

    def is_handshake(self, header: str | None) -> bool:
        """Whether an Authorization header brings the token of a scheme that takes several."""
        scheme = (header or "").partition(" ")[0]
        return any(scheme.lower() == name.lower() for name in _CONTEXTS)

    def authenticate(self, header: str | None, path: str = "") -> Outcome:
        """Take in an Authorization header; without one, the connection stays what it is.

        Args:
            header: its value.
            path: the path of the request.
        """
        if header is None:
            known = self.is_authenticated and self._context is not None
            return Outcome(Verdict.ACCEPTED if known else Verdict.ANONYMOUS)
        if header == _MUTUAL and _CERTIFICATE in self._policy.schemes:
            return self._counted(self._mutual())
        scheme, _, value = header.partition(" ")
        if not value.strip():
            return Outcome(Verdict.ANONYMOUS)
        for offered in self._policy.schemes:
            if offered.lower() == scheme.lower():
                return self._counted(self._step(offered, value.strip(), path))
        return Outcome(Verdict.ANONYMOUS)

    def _step(self, scheme: str, value: str, path: str) -> Outcome:
        if scheme in _CONTEXTS:
            return self._take_token(scheme, value)
        return self._digest(value, path) if scheme == "Digest" else self._basic(value)

    def _counted(self, outcome: Outcome) -> Outcome:
        if outcome.verdict is Verdict.REFUSED:
            self.refused += 1
            self.is_authenticated, self._context = False, None
        elif outcome.verdict is Verdict.ACCEPTED and not self.is_authenticated:
            self.logons += 1
            self.is_authenticated = True
        return outcome

    def _mutual(self) -> Outcome:
        is_known = self._certificate is not None and self._certificate == self._policy.certificate
        return Outcome(Verdict.ACCEPTED if is_known else Verdict.REFUSED)

    def _basic(self, value: str) -> Outcome:
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return Outcome(Verdict.REFUSED)
        user = self._policy.user
        is_right = hmac.compare_digest(password.encode(), user.password.encode())
        return Outcome(Verdict.ACCEPTED if is_right and user.is_named(name) else Verdict.REFUSED)

    def _digest(self, value: str, path: str) -> Outcome:
        realm = self._policy.digest
        if realm is None or not realm.is_right(value, path):
            return Outcome(Verdict.REFUSED)
        if not realm.is_fresh(value):
            return Outcome(Verdict.CONTINUE, realm.challenge(is_stale=True))
        return Outcome(Verdict.ACCEPTED)

    def _take_token(self, scheme: str, value: str) -> Outcome:
        try:
            token = base64.b64decode(value, validate=True)
            if self.is_authenticated or self._context is None:  # a first token begins anew
                self.is_authenticated = False
                self._context = _CONTEXTS[scheme](self._policy, token)
            context = self._context
            answer = context.step(token)
        except NotAccepted as refusal:
            return Outcome(Verdict.REFUSED, _carried(scheme, refusal.token))
        except ValueError:
            return Outcome(Verdict.REFUSED)
        if not context.complete:
            return Outcome(Verdict.CONTINUE, _carried(scheme, answer or b""))
        if not self._is_named(context.principal):
            return Outcome(Verdict.REFUSED)
        return Outcome(Verdict.ACCEPTED, _carried(scheme, answer), context.delegated)

    def _is_named(self, principal: str) -> bool:
        policy = self._policy
        return principal == policy.principal or policy.user.is_named(principal)

    # Sealing

    def unseal(self, content_type: str, body: bytes) -> bytes | None:
        """Return what a client sealed, or None if it was not sealed for this connection."""
        context = self._context
        if context is None:
            return None
        try:
            parts = framing.split(content_type, body)
            is_one = len(parts) == 1 or context.protocol == framing.CREDSSP
            if not is_one or any(part.protocol != context.protocol for part in parts):
                return None
            plain = [context.unwrap(part.header, part.sealed) for part in parts]
        except (ProtocolError, NotAccepted):
            return None
        return b"".join(plain) if all(map(_is_whole, parts, plain)) else None

    def seal(self, plain: bytes) -> tuple[str, bytes]:
        """Return the Content-Type and the sealed body for the client of this connection."""
        context = self._context
        if context is None:
            raise ValueError("the connection has no keys to seal with")
        is_divided = context.protocol == framing.CREDSSP
        size = framing.LARGEST_PART if is_divided else max(len(plain), 1)
        parts = []
        for start in range(0, max(len(plain), 1), size):
            piece = plain[start : start + size]
            header, sealed = context.wrap(piece)
            # A cipher that pads counts its padding; TLS says itself how long its records are.
            parts.append((header, sealed, len(piece) if is_divided else len(sealed)))
        content_type = framing.content_type(context.protocol, parts=len(parts))
        return content_type, framing.frame(context.protocol, parts)


def _is_whole(part: framing.SealedPart, plain: bytes) -> bool:
    """Whether a part has the length that it claims, padding included."""
    return 0 <= part.length - len(plain) <= _LONGEST_PADDING[part.protocol]


def _carried(scheme: str, token: bytes | None) -> str | None:
    return None if token is None else f"{scheme} {base64.b64encode(token).decode()}".rstrip()


def _negotiate(policy: Policy, token: bytes) -> SecurityContext:
    if is_ntlm(token):
        return PyspnegoContext("ntlm", policy.channel_binding)
    if policy.keytab is not None and is_kerberos(token):
        return _kerberos_context(policy, framing.SPNEGO)
    return PyspnegoContext("negotiate", policy.channel_binding)


def _kerberos(policy: Policy, _: bytes) -> SecurityContext:
    return _kerberos_context(policy, framing.KERBEROS)


def _kerberos_context(policy: Policy, protocol: str) -> SecurityContext:
    if policy.keytab is None:
        raise NotAccepted
    from protocols.loopback.kerberos import KerberosContext  # noqa: PLC0415 - an extra's libraries

    return KerberosContext(policy.keytab, policy.channel_binding, protocol)


def _credssp(_: Policy, __: bytes) -> SecurityContext:
    return PyspnegoContext("credssp")


_CONTEXTS: dict[str, Callable[[Policy, bytes], SecurityContext]] = {
    "Negotiate": _negotiate,
    "Kerberos": _kerberos,
    "CredSSP": _credssp,
}
