"""Sealing messages with what a logon left, and framing what is sealed (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol

from mi.errors import ProtocolError
from protocols.winrm.adapter import Answer
from protocols.wsman import framing

__all__ = ["PyspnegoSecurity", "Seal", "Sealing", "SessionSecurity"]

_UTF8: Final = "utf-8"


class SessionSecurity(Protocol):
    """What seals and unseals; it has the form of requests-ntlm's."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the sealed message and its signature."""
        ...

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        """Return the message, once its signature is checked."""
        ...


class PyspnegoSecurity:
    """The means to seal that a context of pyspnego is."""

    def __init__(self, context: Any) -> None:
        """Seal with a context that is complete."""
        self._wrap = context.wrap_winrm
        self._unwrap = context.unwrap_winrm

    def __reduce__(self) -> NoReturn:
        raise TypeError("the means to seal do not pickle: they hold keys")

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the sealed message and its signature."""
        wrapped = self._wrap(message)
        return wrapped.data, wrapped.header

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        """Return the message, once its signature is checked."""
        plain: bytes = self._unwrap(signature, message)
        return plain


@dataclass(frozen=True, slots=True)
class Seal:
    """What a logon leaves: the means to seal messages on its connection.

    Attributes:
        security: what seals and unseals.
        protocol: how that is called in messages: one of the constants of `framing`.
        longest_padding: bytes that sealing may add to a message, which its length then counts:
            Kerberos does with old ciphers (RFC 4757 7.3).
    """

    security: SessionSecurity
    protocol: str = framing.SPNEGO
    longest_padding: int = 0


class Sealing:
    """The seal of one connection.

    Both directions count their messages, so each must be sealed and unsealed once and in order; a
    connection on which one was lost is of no use any more.
    """

    def __init__(self, seal: Seal, *, has_tabs: bool) -> None:
        """Seal with `seal`; `has_tabs` is what the server wants of part headers."""
        self._wrap = seal.security.wrap
        self._unwrap = seal.security.unwrap
        self._protocol = seal.protocol
        self._longest_padding = seal.longest_padding
        self._has_tabs = has_tabs
        # A TLS record holds so much and no more; the other protocols never divide a message.
        self._is_divided = seal.protocol == framing.CREDSSP

    def seal(self, envelope: bytes) -> tuple[str, bytes]:
        """Return the Content-Type and the body that carry `envelope`.

        Raises:
            ProtocolError: the security context cannot do it.
        """
        try:
            parts = [self._sealed(piece) for piece in self._pieces(envelope)]
        except Exception as error:  # noqa: BLE001 - pyspnego, gssapi and cryptography document none
            failure = error
        else:
            content_type = framing.content_type(self._protocol, parts=len(parts))
            return content_type, framing.frame(self._protocol, parts, has_tabs=self._has_tabs)
        raise ProtocolError(
            f"the message cannot be sealed: {type(failure).__name__}: {failure}"
        ) from failure

    def _pieces(self, envelope: bytes) -> list[bytes]:
        size = framing.LARGEST_PART
        if not self._is_divided or len(envelope) <= size:
            return [envelope]
        return [envelope[start : start + size] for start in range(0, len(envelope), size)]

    def _sealed(self, piece: bytes) -> tuple[bytes, bytes, int]:
        sealed, header = self._wrap(piece)
        return header, sealed, len(piece) if self._is_divided else len(sealed)

    def unseal(self, answer: Answer) -> bytes:
        """Return the envelope that a sealed reply carries.

        Raises:
            ProtocolError: its framing, its length or its signature is wrong.
        """
        parts = framing.split(answer.headers.get("Content-Type", ""), answer.body)
        protocol = self._protocol.lower()
        is_one = len(parts) == 1 or self._is_divided
        if not is_one or any(part.protocol.lower() != protocol for part in parts):
            raise ProtocolError("the reply is not sealed in the way that was agreed upon")
        envelope = b"".join(map(self._unsealed, parts))
        # OMI fills its messages up with zeros to a multiple of 16 bytes. In UTF-16 the last
        # character has a zero of its own.
        return envelope.rstrip(b"\0") if parts[-1].charset.lower() == _UTF8 else envelope

    def _unsealed(self, part: framing.SealedPart) -> bytes:
        try:
            message = self._unwrap(part.sealed, part.header)
        except Exception as error:  # noqa: BLE001 - pyspnego, gssapi and cryptography document none
            failure = error
        else:
            if not 0 <= part.length - len(message) <= self._longest_padding:
                raise ProtocolError(
                    f"the sealed reply has {len(message)} bytes instead of {part.length}"
                )
            return message
        raise ProtocolError(
            "the signature of the reply is wrong: it was changed on its way, or is not from the"
            " server that was logged on to"
        ) from failure
