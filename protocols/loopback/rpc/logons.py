"""The server's end of a logon over RPC, and of what is sealed after it (MS-RPCE 3.3.3.4).

NTLM, bare or inside SPNEGO, is pyspnego's. Kerberos is the platform's own acceptor, as for
WS-Management, so that a client that uses pyspnego shares no line with it.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import spnego
from spnego.iov import BufferType

from mi.errors import ProtocolError
from protocols.dcom.packets import AuthLevel, AuthService, Verifier
from protocols.loopback.acceptor import Policy
from protocols.loopback.security import (
    MALFORMED,
    Acceptance,
    PyspnegoAcceptor,
    is_kerberos,
    is_ntlm,
)

__all__ = ["LEVELS", "Logon", "PyspnegoLogon", "logon_of"]

LEVELS: Final = (AuthLevel.INTEGRITY, AuthLevel.PRIVACY)
"""What a client must protect at least: Windows takes no less since 2022 (KB5004442)."""

_REQUIRED: Final = (
    spnego.ContextReq.integrity | spnego.ContextReq.confidentiality | spnego.ContextReq.dce_style
)


class Logon(Acceptance, Protocol):
    """One logon on a connection: first it takes tokens, then it protects.

    Attributes:
        service: what it is on the wire.
        level: how much it protects.
        context_id: what the client calls it.
        signs_headers: whether both sides protect the headers of packets.
    """

    service: int
    level: int
    context_id: int
    signs_headers: bool

    @property
    def token_size(self) -> int:
        """Bytes of a proof."""
        ...

    def step(self, token: bytes) -> bytes:
        """Take in a token and return the answer.

        Raises:
            NotAccepted: it is refused.
        """
        ...

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof."""
        ...

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds.

        Raises:
            ProtocolError: it does not.
        """
        ...


class PyspnegoLogon(PyspnegoAcceptor):
    """A logon that protects packets as RPC does.

    NTLM proves headers and trailers whatever was agreed upon: what is read-only is a part of what
    it signs. Clients that offer nothing count on it, such as impacket.
    """

    def __init__(self, mechanism: str, verifier: Verifier) -> None:
        """Wait for the first token of `ntlm` or `negotiate`."""
        super().__init__(mechanism, context_req=_REQUIRED)
        self.service, self.level = verifier.service, verifier.level
        self.context_id = verifier.context_id
        self.signs_headers = False

    @property
    def token_size(self) -> int:
        """Bytes of a proof."""
        return int(self._context.query_message_sizes().header)

    def step(self, token: bytes) -> bytes:
        """Take in a token and return the answer."""
        return super().step(token) or b""

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof."""
        if self.level == AuthLevel.INTEGRITY:
            return body, self._context.sign(head + body + trailer)
        buffers = [*_between(head, body, trailer), BufferType.header]
        _, sealed, _, proof = self._context.wrap_iov(buffers).buffers
        return sealed.data or b"", proof.data or b""

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds."""
        try:
            if self.level == AuthLevel.INTEGRITY:
                self._context.verify(head + body + trailer, token)
                return body
            buffers = [*_between(head, body, trailer), (BufferType.header, token)]
            return self._context.unwrap_iov(buffers).buffers[1].data or b""
        except MALFORMED as error:
            raise ProtocolError("the signature of a request is wrong") from error


def _between(head: bytes, body: bytes, trailer: bytes) -> tuple[Any, ...]:
    """Return what is sealed, between what is only signed."""
    return (BufferType.sign_only, head), body, (BufferType.sign_only, trailer)


def logon_of(verifier: Verifier, policy: Policy) -> Logon | None:
    """Return the logon that a first token begins, or None where it is of no known kind.

    Args:
        verifier: with the first token.
        policy: whom to accept, and how.
    """
    if verifier.service == AuthService.NTLM:
        return PyspnegoLogon("ntlm", verifier) if is_ntlm(verifier.token) else None
    # A first token of RPC's Kerberos has no frame that names it (MS-KILE 3.4.5.6).
    is_ticket = verifier.service == AuthService.KERBEROS
    if policy.keytab is not None and (is_ticket or is_kerberos(verifier.token)):
        # Only here, so that an endpoint without a keytab does not need its libraries.
        from protocols.loopback.rpc.kerberos import KerberosLogon  # noqa: PLC0415

        return KerberosLogon(policy.keytab, verifier)
    return PyspnegoLogon("negotiate", verifier) if _is_negotiate(verifier) else None


def _is_negotiate(verifier: Verifier) -> bool:
    return verifier.service == AuthService.NEGOTIATE
