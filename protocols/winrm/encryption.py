"""Sealing messages with what a logon left, and framing what is sealed (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

from typing import Final, Protocol

from mi.errors import ProtocolError
from protocols.winrm.adapter import Answer
from protocols.wsman import framing

__all__ = ["Sealing", "SessionSecurity"]

_UTF8: Final = "utf-8"


class SessionSecurity(Protocol):
    """What a logon leaves: the means to seal messages on its connection."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the sealed message and its signature."""
        ...

    def unwrap(self, message: bytes, signature: bytes) -> bytes:
        """Return the message, once its signature is checked."""
        ...


class Sealing:
    """The seal of one connection.

    Both directions count their messages, so each must be sealed and unsealed once and in order; a
    connection on which one was lost is of no use any more.

    Attributes:
        content_type: of what is sealed.
    """

    content_type = framing.content_type(framing.SPNEGO)

    def __init__(self, security: SessionSecurity, *, has_tabs: bool) -> None:
        """Seal with `security`; `has_tabs` is what the server wants of part headers."""
        self._security = security
        self._has_tabs = has_tabs

    def seal(self, envelope: bytes) -> bytes:
        """Return the body that carries `envelope`.

        Raises:
            ProtocolError: the security context cannot do it.
        """
        try:
            sealed, signature = self._security.wrap(envelope)
        except Exception as error:  # noqa: BLE001 - pyspnego and cryptography document none
            failure = error
        else:
            part = (signature, sealed, len(envelope))
            return framing.frame(framing.SPNEGO, [part], has_tabs=self._has_tabs)
        raise ProtocolError(
            f"the message cannot be sealed: {type(failure).__name__}: {failure}"
        ) from failure

    def unseal(self, answer: Answer) -> bytes:
        """Return the envelope that a sealed reply carries.

        Raises:
            ProtocolError: its framing, its length or its signature is wrong.
        """
        parts = framing.split(answer.headers.get("Content-Type", ""), answer.body)
        if len(parts) != 1 or parts[0].protocol.lower() != framing.SPNEGO.lower():
            raise ProtocolError("the reply is not sealed in the way that was agreed upon")
        envelope = self._unwrapped(parts[0])
        if len(envelope) != parts[0].length:
            raise ProtocolError(
                f"the sealed reply has {len(envelope)} bytes instead of {parts[0].length}"
            )
        # OMI fills its messages up with zeros to a multiple of 16 bytes. In UTF-16 the last
        # character has a zero of its own.
        return envelope.rstrip(b"\0") if parts[0].charset.lower() == _UTF8 else envelope

    def _unwrapped(self, part: framing.SealedPart) -> bytes:
        try:
            return self._security.unwrap(part.sealed, part.header)
        except Exception as error:  # noqa: BLE001 - pyspnego and cryptography document none
            failure = error
        raise ProtocolError(
            "the signature of the reply is wrong: it was changed on its way, or is not from the"
            " server that was logged on to"
        ) from failure
