"""A Kerberos context with one service: its tokens, and what it seals (RFC 4121, RFC 4178).

pyspnego makes such contexts too, but lets the Kerberos library make the service's name of the
host's, and MIT's asks DNS for it, forwards and backwards, unless the machine is told not to. So the
library is asked here, through python-gssapi, which pyspnego's extra brings, for the name as it is.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, Final, cast

import gssapi
from gssapi import raw

__all__ = ["LONGEST_PADDING", "ServiceContext"]

LONGEST_PADDING = 8
"""Bytes that old ciphers add to a message (RFC 4757 7.3, RFC 1964 1.2.2.3); AES adds none."""

_BINDING_TYPE: Final = b"tls-server-end-point:"  # RFC 5929 4
_FLAGS: Final = (
    gssapi.RequirementFlag.mutual_authentication,
    gssapi.RequirementFlag.replay_detection,
    gssapi.RequirementFlag.out_of_sequence_detection,
    gssapi.RequirementFlag.confidentiality,
    gssapi.RequirementFlag.integrity,
)


class ServiceContext:
    """The client's end of a context."""

    def __init__(
        self,
        service: str,
        credential: gssapi.Credentials,
        mechanism: gssapi.OID,
        *,
        binding: bytes | None = None,
        delegation: bool = False,
    ) -> None:
        """Make a context that has said nothing yet.

        Args:
            service: its name, with or without its realm.
            credential: who we are.
            mechanism: Kerberos, bare or inside SPNEGO.
            binding: the hash of the server's certificate, or None.
            delegation: whether the service is to act for us towards others.
        """
        # An empty realm is one that is not known: the KDC is asked for it (RFC 6806 8).
        name = service if "@" in service else f"{service}@"
        flags = [*_FLAGS, *([gssapi.RequirementFlag.delegate_to_peer] if delegation else [])]
        bindings = binding and raw.ChannelBindings(application_data=_BINDING_TYPE + binding)
        self._context = gssapi.SecurityContext(
            name=gssapi.Name(name, gssapi.NameType.kerberos_principal),
            creds=credential,
            mech=mechanism,
            flags=reduce(or_, flags),
            channel_bindings=bindings or None,
            usage="initiate",
        )
        cast("Any", self._context).__DEFER_STEP_ERRORS__ = False  # they are wanted at once

    @property
    def complete(self) -> bool:
        """Whether both sides have proved who they are."""
        return bool(self._context.complete)

    @property
    def is_delegated(self) -> bool:
        """Whether the service got what it needs to act for us."""
        return gssapi.RequirementFlag.delegate_to_peer in self._context.actual_flags

    def step(self, token: bytes | None = None) -> bytes | None:
        """Take in the service's token, if it sent one, and return ours, if one is due."""
        return cast("bytes | None", self._context.step(token))

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the sealed message, with its padding, and its header."""
        buffers = raw.IOV(
            raw.IOVBufferType.header, message, raw.IOVBufferType.padding, std_layout=False
        )
        raw.wrap_iov(self._context, buffers, confidential=True)
        header, sealed, padding = (buffer.value or b"" for buffer in buffers)
        return sealed + padding if padding else sealed, header

    def token_of(self, message: bytes) -> bytes:
        """Return the sealed message as one token."""
        token: bytes = raw.wrap(self._context, message, confidential=True).message
        return token

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        """Return the message.

        The header and what is sealed are one token (RFC 4121 4.2.6.2). Windows cuts it where its
        parts begin, OMI anywhere.
        """
        plain: bytes = raw.unwrap(self._context, signature + message).message
        return plain
