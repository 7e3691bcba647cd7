"""A Kerberos context with one service: its tokens, and what it seals (RFC 4121, RFC 4178).

pyspnego makes such contexts too, but lets the Kerberos library make the service's name of the
host's, and MIT's asks DNS for it, forwards and backwards, unless the machine is told not to. So the
library is asked here, through python-gssapi, which pyspnego's extra brings, for the name as it is.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, Final, NoReturn, cast

import gssapi
from gssapi import raw

__all__ = ["LONGEST_PADDING", "ServiceContext"]

LONGEST_PADDING = 8
"""Bytes that old ciphers add to a message (RFC 4757 7.3, RFC 1964 1.2.2.3); AES adds none."""

_DEFECTIVE_TOKEN: Final = 9 << 16  # GSS_S_DEFECTIVE_TOKEN (RFC 2744 3.9.1)
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

    def __init__(  # noqa: PLR0913 - one for each thing that a logon may be told
        self,
        service: str,
        credential: gssapi.Credentials,
        mechanism: gssapi.OID,
        *,
        binding: bytes | None = None,
        delegation: bool = False,
        is_dce: bool = False,
    ) -> None:
        """Make a context that has said nothing yet.

        Args:
            service: its name, with or without its realm.
            credential: who we are.
            mechanism: Kerberos, bare or inside SPNEGO.
            binding: the hash of the server's certificate, or None.
            delegation: whether the service is to act for us towards others.
            is_dce: whether it is for RPC, which has one more token (DCE style, MS-KILE 3.4.5.6).
        """
        # An empty realm is one that is not known: the KDC is asked for it (RFC 6806 8).
        name = service if "@" in service else f"{service}@"
        flags = [*_FLAGS]
        if delegation:
            flags.append(gssapi.RequirementFlag.delegate_to_peer)
        if is_dce:
            flags.append(gssapi.RequirementFlag.dce_style)
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

    def __reduce__(self) -> NoReturn:
        # GSS-API's own would write the keys down, and leave nothing here to seal with.
        raise TypeError("a security context does not pickle: it holds keys")

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

    # For RPC, where what is sealed may stand between parts that are protected as they are

    @property
    def token_size(self) -> int:
        """Bytes of the token that `wrap_between` makes."""
        buffers = raw.IOV(raw.IOVBufferType.header, b"", std_layout=False)
        raw.wrap_iov_length(self._context, buffers, confidential=True)
        return len(buffers[0].value or b"")

    def wrap_between(self, before: bytes, message: bytes, after: bytes) -> tuple[bytes, bytes]:
        """Return the sealed message and the token that proves all three parts."""
        buffers = raw.IOV(
            *self._parts(before, message, after), raw.IOVBufferType.header, std_layout=False
        )
        raw.wrap_iov(self._context, buffers, confidential=True)
        found = {buffer.type: buffer.value or b"" for buffer in buffers}
        return found[raw.IOVBufferType.data], found[raw.IOVBufferType.header]

    def unwrap_between(self, before: bytes, sealed: bytes, after: bytes, token: bytes) -> bytes:
        """Return the message that was sealed between two parts."""
        header = (raw.IOVBufferType.header, False, token)
        buffers = raw.IOV(*self._parts(before, sealed, after), header, std_layout=False)
        if not raw.unwrap_iov(self._context, buffers).encrypted:
            raise raw.GSSError(_DEFECTIVE_TOKEN, 0)
        return next(
            buffer.value or b"" for buffer in buffers if buffer.type is raw.IOVBufferType.data
        )

    @property
    def signature_size(self) -> int:
        """Bytes of the token that `sign` makes, which must not be made to find out."""
        buffers = raw.IOV(b"", raw.IOVBufferType.mic_token, std_layout=False)
        raw.get_mic_iov_length(self._context, buffers)
        return len(buffers[1].value or b"")

    def sign(self, message: bytes) -> bytes:
        """Return the token that proves a message."""
        token: bytes = raw.get_mic(self._context, message)
        return token

    def verify(self, message: bytes, token: bytes) -> None:
        """Check the token that proves a message."""
        raw.verify_mic(self._context, message, token)

    @staticmethod
    def _parts(before: bytes, message: bytes, after: bytes) -> list[tuple[Any, bool, bytes]]:
        parts = [
            (raw.IOVBufferType.sign_only, False, before),
            (raw.IOVBufferType.data, False, message),
            (raw.IOVBufferType.sign_only, False, after),
        ]
        return [part for part in parts if part[2] or part[0] is raw.IOVBufferType.data]

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
