"""What logs an association on, and seals what goes over it (MS-RPCE 2.2.1.1.7, 3.3.1.5.2).

A server says whether it protects the headers of packets, too, as Windows has done since 2003. With
Kerberos, headers and trailers are left out of the proof where one does not; NTLM's proof is one of
the whole packet in any case.
"""

from __future__ import annotations

import struct
from typing import Any, Final, NoReturn, Protocol

import spnego
from spnego.exceptions import SpnegoError
from spnego.iov import BufferType

from mi.credentials import Credentials, UserName
from mi.errors import AuthenticationFailed, ProtocolError
from protocols.dcom.fragments import Protection
from protocols.dcom.packets import AuthLevel, AuthService
from protocols.security.discretion import discreet
from protocols.security.ntlm_challenge import flags_of, is_challenge, offers_sealing
from protocols.security.user_names import windows_name

__all__ = ["CONTEXT_ID", "MALFORMED", "NtlmSecurity", "Security", "wrong_proof"]

CONTEXT_ID: Final = 1
"""How the one context of an association is called there; any number will do."""

_NTLM_TOKEN: Final = 16  # bytes of a signature, MS-NLMP 2.2.2.9
MALFORMED: Final = (SpnegoError, struct.error, ValueError, IndexError, KeyError, TypeError)
"""What pyspnego raises for tokens and messages that are none."""


class Security(Protection, Protocol):
    """The security context of one association: first it logs on, then it protects.

    Attributes:
        is_answered: whether the server answers the last token, so that a logon is known to have
            worked; else the first call shows it.
        signs_headers: whether both sides protect the headers of packets; NTLM does anyway.
    """

    signs_headers: bool

    @property
    def is_answered(self) -> bool: ...  # noqa: D102 - above

    @property
    def complete(self) -> bool:
        """Whether there are no more tokens to send."""
        ...

    def step(self, token: bytes | None = None) -> bytes | None:
        """Take in the server's token, if it sent one, and return ours, if one is due.

        Raises:
            Rejected: it means that the server refuses.
            AuthenticationFailed: it offers less than it must.
            ProtocolError: it is no token.
        """
        ...


class NtlmSecurity:
    """NTLM, by pyspnego's own code (MS-NLMP)."""

    service = AuthService.NTLM
    context_id = CONTEXT_ID
    is_answered = False
    token_size = _NTLM_TOKEN

    def __init__(self, credentials: Credentials, user: UserName, host: str, level: int) -> None:
        """Make a context that has said nothing yet.

        Args:
            credentials: with a password.
            user: whose they are.
            host: the server's name, which goes into the proof of the password.
            level: how much to protect.
        """
        self.level = level
        self.signs_headers = False
        self._context: Any = spnego.client(
            windows_name(user),
            credentials.reveal(),
            hostname=host,
            service="host",
            protocol="ntlm",
            options=spnego.NegotiateOptions.use_ntlm,
            context_req=spnego.ContextReq.default | spnego.ContextReq.dce_style,
        )

    def __reduce__(self) -> NoReturn:
        # pyspnego's own context would write down the password, and the keys once there are any.
        raise TypeError("a security context does not pickle: it holds keys")

    @property
    def complete(self) -> bool:
        """Whether there are no more tokens to send."""
        return bool(self._context.complete)

    def step(self, token: bytes | None = None) -> bytes | None:
        """Take in the server's challenge, if it sent one, and return our token."""
        if token is not None:
            _check_challenge(token)
        try:
            with discreet():
                answer: bytes | None = self._context.step(token)
        except MALFORMED as error:
            failure = error
        else:
            return answer
        raise ProtocolError(
            f"the NTLM challenge cannot be answered: {type(failure).__name__}"
        ) from failure

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof."""
        if self.level == AuthLevel.INTEGRITY:
            return body, self._context.sign(head + body + trailer)
        buffers: list[Any] = [
            (BufferType.sign_only, head),
            body,
            (BufferType.sign_only, trailer),
            BufferType.header,
        ]
        _, sealed, _, token = self._context.wrap_iov(buffers).buffers
        return sealed.data or b"", token.data or b""

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds."""
        try:
            if self.level == AuthLevel.INTEGRITY:
                self._context.verify(head + body + trailer, token)
                return body
            return self._unsealed(head, body, trailer, token)
        except MALFORMED as error:
            failure = error
        raise wrong_proof() from failure

    def _unsealed(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        buffers: list[Any] = [
            (BufferType.sign_only, head),
            body,
            (BufferType.sign_only, trailer),
            (BufferType.header, token),
        ]
        return self._context.unwrap_iov(buffers).buffers[1].data or b""


def _check_challenge(token: bytes) -> None:
    if not is_challenge(token):
        raise ProtocolError("the server answers NTLM with something else")
    if not offers_sealing(token):
        raise AuthenticationFailed(
            "the server does not offer to seal messages as it should"
            f" (NTLM flags 0x{flags_of(token):08x})",
            advice="Look for what is in between, or use Kerberos.",
        )


def wrong_proof() -> ProtocolError:
    """Return the error for a packet whose proof does not hold."""
    return ProtocolError(
        "the signature of the reply is wrong: it was changed on its way, or is not from the server"
        " that was logged on to"
    )
