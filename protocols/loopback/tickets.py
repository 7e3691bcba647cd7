"""A logon by a ticket, as the platform's own Kerberos accepts it, with the keys of a keytab.

It is loaded where an endpoint has a keytab, and needs the libraries of the extra `kerberos`.
"""

from __future__ import annotations

from typing import Any, Final, cast

import gssapi
from gssapi import raw

from protocols.loopback.security import NotAccepted

__all__ = ["TicketAcceptor"]

_MECHANISMS: Final = [
    gssapi.OID.from_int_seq("1.2.840.113554.1.2.2"),  # Kerberos (RFC 4121 1)
    gssapi.OID.from_int_seq("1.3.6.1.5.5.2"),  # SPNEGO (RFC 4178 3)
]


class TicketAcceptor:
    """The acceptor's end of a logon, bare or inside SPNEGO."""

    def __init__(self, keytab: str, binding: bytes | None = None) -> None:
        """Wait for a ticket.

        Args:
            keytab: the file with the services' keys.
            binding: what the client has to bind its logon to, or None.
        """
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

    def step(self, token: bytes) -> bytes | None:
        """Take in a token and return the answer, if there is one.

        Raises:
            NotAccepted: it is refused, in Kerberos' own words.
        """
        try:
            return cast("bytes | None", self._context.step(token))
        except raw.GSSError as error:
            raise NotAccepted(getattr(error, "token", None)) from None
