"""Kerberos for WS-Management: who has logged on by a ticket, and what is sealed after that."""

from __future__ import annotations

import gssapi
from gssapi import raw

from protocols.loopback.security import NotAccepted
from protocols.loopback.tickets import TicketAcceptor
from protocols.wsman import framing

__all__ = ["KerberosContext"]


class KerberosContext(TicketAcceptor):
    """The acceptor's end of a context."""

    def __init__(self, keytab: str, binding: bytes | None, protocol: str = framing.SPNEGO) -> None:
        """Wait for a ticket.

        Args:
            keytab: the file with the services' keys.
            binding: what the client has to bind its logon to, or None.
            protocol: what sealing is called.
        """
        super().__init__(keytab, binding)
        self.protocol = protocol
        self._is_bound = binding is not None

    @property
    def delegated(self) -> str | None:
        """Whose ticket the client gave away."""
        given = self._context.delegated_creds
        return None if given is None else str(given.name)

    def step(self, token: bytes) -> bytes | None:
        """Take in a token and return the answer, if there is one."""
        answer = super().step(token)
        if self.complete and self._is_bound and not self._has_binding():
            raise NotAccepted
        return answer

    def _has_binding(self) -> bool:
        # Without this look a client that binds nothing would do (RFC 4121 4.1.1.2).
        return gssapi.RequirementFlag.channel_bound in self._context.actual_flags

    def wrap(self, plain: bytes) -> tuple[bytes, bytes]:
        """Return the header and the sealed bytes, with their padding."""
        buffers = raw.IOV(
            raw.IOVBufferType.header, plain, raw.IOVBufferType.padding, std_layout=False
        )
        raw.wrap_iov(self._context, buffers, confidential=True)
        header, sealed, padding = (buffer.value or b"" for buffer in buffers)
        return header, sealed + padding

    def unwrap(self, header: bytes, sealed: bytes | memoryview) -> bytes:
        """Return what was sealed."""
        try:
            plain: bytes = raw.unwrap(self._context, header + sealed).message
        except raw.GSSError:
            raise NotAccepted from None
        return plain
