"""Kerberos for RPC: who has logged on by a ticket, and what is sealed after (MS-KILE 3.4.5.6)."""

from __future__ import annotations

from typing import Any

from gssapi import raw

from mi.errors import ProtocolError
from protocols.dcom.packets import AuthLevel, Verifier
from protocols.loopback.tickets import TicketAcceptor

__all__ = ["KerberosLogon"]

_Part = tuple[Any, bool, bytes]


class KerberosLogon(TicketAcceptor):
    """A logon with a ticket, bare or inside SPNEGO; the client has one more token (DCE style)."""

    def __init__(self, keytab: str, verifier: Verifier) -> None:
        """Wait for a ticket.

        Args:
            keytab: the file with the services' keys.
            verifier: with the first token.
        """
        super().__init__(keytab)
        self.service, self.level = verifier.service, verifier.level
        self.context_id = verifier.context_id
        self.signs_headers = False

    @property
    def token_size(self) -> int:
        """Bytes of a proof."""
        if self.level == AuthLevel.INTEGRITY:
            buffers = raw.IOV(b"", raw.IOVBufferType.mic_token, std_layout=False)
            raw.get_mic_iov_length(self._context, buffers)
            return len(buffers[1].value or b"")
        buffers = raw.IOV(raw.IOVBufferType.header, b"", std_layout=False)
        raw.wrap_iov_length(self._context, buffers, confidential=True)
        return len(buffers[0].value or b"")

    def step(self, token: bytes) -> bytes:
        """Take in a token and return the answer."""
        return super().step(token) or b""

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        """Return the body as it is sent, and the proof."""
        if self.level == AuthLevel.INTEGRITY:
            return body, raw.get_mic(self._context, self._signed(head, body, trailer))
        parts = self._between(head, body, trailer)
        buffers = raw.IOV(*parts, raw.IOVBufferType.header, std_layout=False)
        raw.wrap_iov(self._context, buffers, confidential=True)
        found = {buffer.type: buffer.value or b"" for buffer in buffers}
        return found[raw.IOVBufferType.data], found[raw.IOVBufferType.header]

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        """Return the body as it was, once the proof holds."""
        try:
            if self.level == AuthLevel.INTEGRITY:
                raw.verify_mic(self._context, self._signed(head, body, trailer), token)
                return body
            header = (raw.IOVBufferType.header, False, token)
            buffers = raw.IOV(*self._between(head, body, trailer), header, std_layout=False)
            raw.unwrap_iov(self._context, buffers)
            found = {buffer.type: buffer.value or b"" for buffer in buffers}
            return found[raw.IOVBufferType.data]
        except raw.GSSError as error:
            raise ProtocolError("the signature of a request is wrong") from error

    def _between(self, head: bytes, body: bytes, trailer: bytes) -> list[_Part]:
        sealed = (raw.IOVBufferType.data, False, body)
        if not self.signs_headers:
            return [sealed]
        signed = raw.IOVBufferType.sign_only
        return [(signed, False, head), sealed, (signed, False, trailer)]

    def _signed(self, head: bytes, body: bytes, trailer: bytes) -> bytes:
        return head + body + trailer if self.signs_headers else body
