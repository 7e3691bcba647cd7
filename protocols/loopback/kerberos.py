"""Kerberos as the platform itself accepts it, with the keys of a keytab.

It is loaded where an endpoint has a keytab, and needs the libraries of the extra `kerberos`.
"""

from __future__ import annotations

from typing import Any, cast

import gssapi
from gssapi import raw

from protocols.loopback.security import NotAccepted
from protocols.wsman import framing

__all__ = ["KerberosContext"]

_MECHANISMS = [
    gssapi.OID.from_int_seq("1.2.840.113554.1.2.2"),  # Kerberos (RFC 4121 1)
    gssapi.OID.from_int_seq("1.3.6.1.5.5.2"),  # SPNEGO (RFC 4178 3)
]


class KerberosContext:
    """The acceptor's end of a context."""

    def __init__(self, keytab: str, binding: bytes | None, protocol: str = framing.SPNEGO) -> None:
        """Wait for a ticket.

        Args:
            keytab: the file with the services' keys.
            binding: what the client has to bind its logon to, or None.
            protocol: what sealing is called.
        """
        self.protocol = protocol
        self._is_bound = binding is not None
        bindings = raw.ChannelBindings(application_data=binding) if binding else None
        credential = gssapi.Credentials(
            usage="accept", mechs=_MECHANISMS, store={b"keytab": keytab.encode()}
        )
        self._context = gssapi.SecurityContext(
            creds=credential, usage="accept", channel_bindings=bindings
        )
        cast("Any", self._context).__DEFER_STEP_ERRORS__ = False  # they are wanted at once

    @property
    def complete(self) -> bool:
        """Whether the client is known."""
        return bool(self._context.complete)

    @property
    def principal(self) -> str:
        """Who the client is."""
        return str(self._context.initiator_name)

    @property
    def delegated(self) -> str | None:
        """Whose ticket the client gave away."""
        given = self._context.delegated_creds
        return None if given is None else str(given.name)

    def step(self, token: bytes) -> bytes | None:
        """Take in a token and return the answer, if there is one."""
        try:
            answer = cast("bytes | None", self._context.step(token))
        except raw.GSSError as error:
            raise NotAccepted(getattr(error, "token", None)) from None
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
