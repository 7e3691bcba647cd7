"""The endpoint's end of a logon that takes tokens, and of what is sealed after it.

NTLM, bare or inside SPNEGO, and CredSSP are pyspnego's. Kerberos, bare or inside SPNEGO, is the
platform's own acceptor, through python-gssapi, so that it shares no line with a client that uses
pyspnego.
"""

from __future__ import annotations

import struct
from typing import Any, Protocol, cast

import spnego
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import NegotiateOptions, SpnegoError

from protocols.wsman import framing

__all__ = [
    "MALFORMED",
    "Acceptance",
    "NotAccepted",
    "PyspnegoAcceptor",
    "PyspnegoContext",
    "SecurityContext",
    "is_kerberos",
    "is_ntlm",
]

MALFORMED = (SpnegoError, struct.error, ValueError, IndexError, KeyError, TypeError)
"""What pyspnego raises for what is no token, and for what was not sealed."""

_KERBEROS = bytes.fromhex("06092a864886f712010202")  # 1.2.840.113554.1.2.2 in DER
_MECHANISMS_END = 100  # bytes of a first token within which its mechanisms are named
_OPTIONS = {
    "ntlm": NegotiateOptions.use_ntlm,
    "negotiate": NegotiateOptions.use_negotiate,
    "credssp": NegotiateOptions.use_negotiate,
}


class NotAccepted(Exception):
    """A token is refused; it carries what is told to the client, if anything."""

    def __init__(self, token: bytes | None = None) -> None:
        super().__init__("the token is refused")
        self.token = token


class Acceptance(Protocol):
    """The acceptor's end of a logon."""

    @property
    def complete(self) -> bool:
        """Whether the client is known."""
        ...

    @property
    def principal(self) -> str:
        """Who the client is."""
        ...


class SecurityContext(Acceptance, Protocol):
    """The acceptor's end of a security context.

    Attributes:
        protocol: what sealing with it is called: a constant of `framing`.
    """

    protocol: str

    @property
    def delegated(self) -> str | None:
        """As whom the endpoint could log on elsewhere, if the client let it."""
        ...

    def step(self, token: bytes) -> bytes | None:
        """Take in a token and return the answer, if there is one.

        Raises:
            NotAccepted: it is refused.
        """
        ...

    def wrap(self, plain: bytes) -> tuple[bytes, bytes]:
        """Return the header and the sealed bytes."""
        ...

    def unwrap(self, header: bytes, sealed: bytes | memoryview) -> bytes:
        """Return what was sealed.

        Raises:
            NotAccepted: it was not sealed for this context.
        """
        ...


def is_ntlm(token: bytes) -> bool:
    """Whether a token is NTLM's without any wrapping."""
    return token.startswith(b"NTLMSSP\0")


def is_kerberos(token: bytes) -> bool:
    """Whether a first token is Kerberos', or is SPNEGO's and names it."""
    return _KERBEROS in token[:_MECHANISMS_END]


class PyspnegoAcceptor:
    """A logon by pyspnego's own code, whatever mechanisms the machine has besides."""

    def __init__(self, mechanism: str, **more: Any) -> None:
        """Wait for the first token of `ntlm`, `negotiate` or `credssp`; `more` is pyspnego's."""
        self._context: Any = spnego.server(protocol=mechanism, options=_OPTIONS[mechanism], **more)

    @property
    def complete(self) -> bool:
        """Whether the client is known."""
        return bool(self._context.complete)

    @property
    def principal(self) -> str:
        """Who the client is."""
        return self._context.client_principal or ""

    def step(self, token: bytes) -> bytes | None:
        """Take in a token and return the answer, if there is one.

        Raises:
            NotAccepted: it is refused.
        """
        try:
            return cast("bytes | None", self._context.step(token))
        except MALFORMED:
            raise NotAccepted from None


class PyspnegoContext(PyspnegoAcceptor):
    """A context that seals as WS-Management does."""

    def __init__(self, mechanism: str, binding: bytes | None = None) -> None:
        """Wait for the first token of `ntlm`, `negotiate` or `credssp`."""
        is_credssp = mechanism == "credssp"
        self.protocol = framing.CREDSSP if is_credssp else framing.SPNEGO
        bindings = None if binding is None else GssChannelBindings(application_data=binding)
        super().__init__(mechanism, channel_bindings=bindings)

    @property
    def delegated(self) -> str | None:
        """The user of the password that CredSSP brought."""
        credential: Any = self._context.get_extra_info("client_credential")
        if credential is None:
            return None
        return f"{credential.domain_name}\\{credential.username}".lstrip("\\")

    def step(self, token: bytes) -> bytes | None:
        """Take in a token and return the answer, if there is one."""
        answer = super().step(token)
        # CredSSP has a word for a refusal, and goes on to send it.
        if self._context.get_extra_info("auth_stage") == "Authentication failure":
            raise NotAccepted(answer)
        return answer

    def wrap(self, plain: bytes) -> tuple[bytes, bytes]:
        """Return the header and the sealed bytes."""
        wrapped = self._context.wrap_winrm(plain)
        return wrapped.header, wrapped.data

    def unwrap(self, header: bytes, sealed: bytes | memoryview) -> bytes:
        """Return what was sealed."""
        try:
            return cast("bytes", self._context.unwrap_winrm(header, bytes(sealed)))
        except MALFORMED:
            raise NotAccepted from None
