"""Sealing with the keys that an NTLM logon leaves (MS-NLMP 3.4.3 to 3.4.5).

pyspnego, which logs on, could seal as well. But it looks up the flags of the logon several times
for every message, and that takes twice as long as all the sealing of a small one.
"""

from __future__ import annotations

import hmac
from hashlib import md5
from typing import Final, NoReturn

from cryptography.hazmat.primitives.ciphers import Cipher

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
except ImportError:  # before 43
    from cryptography.hazmat.primitives.ciphers.algorithms import ARC4

__all__ = ["NtlmSeal"]

_VERSION: Final = b"\1\0\0\0"
_NUMBERS: Final = 1 << 32
_CHECKSUM: Final = 8  # bytes


class NtlmSeal:
    """What seals and unseals on one connection, with extended session security and 128-bit keys."""

    def __init__(self, session_key: bytes, *, exchanges_keys: bool) -> None:
        """Begin with the first message of either direction.

        Args:
            session_key: the exported session key of the logon.
            exchanges_keys: whether that was exchanged (NTLMSSP_NEGOTIATE_KEY_EXCH).
        """
        self._sent = _Direction(session_key, b"client-to-server", exchanges_keys=exchanges_keys)
        self._received = _Direction(session_key, b"server-to-client", exchanges_keys=exchanges_keys)

    def __reduce__(self) -> NoReturn:
        raise TypeError("the means to seal do not pickle: they hold keys")

    def wrap(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the sealed message and its signature."""
        sealed = self._sent.cipher(message)
        return sealed, self._sent.signature(message)

    def unwrap(self, message: bytes | memoryview, signature: bytes) -> bytes:
        """Return the message, once its signature is checked.

        Raises:
            ValueError: it is wrong.
        """
        plain: bytes = self._received.cipher(message)
        if not hmac.compare_digest(self._received.signature(plain), signature):
            raise ValueError("it is not that of the message")
        return plain


class _Direction:
    """The keys of one direction, and the number of its next message (MS-NLMP 3.4.5.2, 3.4.5.3)."""

    def __init__(self, session_key: bytes, name: bytes, *, exchanges_keys: bool) -> None:
        def key(purpose: bytes) -> bytes:
            constant = b"session key to %s %s key magic constant\0" % (name, purpose)
            return md5(session_key + constant).digest()  # noqa: S324 - it is what NTLM has

        self._signing_key = key(b"signing")
        self._exchanges_keys = exchanges_keys
        self._number = 0
        cipher = ARC4(key(b"sealing"))  # noqa: S304 - likewise
        self.cipher = Cipher(cipher, mode=None).encryptor().update  # to decrypt is the same

    def signature(self, message: bytes) -> bytes:
        """Return the signature of the next message, which goes through the cipher before it."""
        number = self._number.to_bytes(4, "little")
        self._number = (self._number + 1) % _NUMBERS
        checksum = hmac.digest(self._signing_key, number + message, "md5")[:_CHECKSUM]
        if self._exchanges_keys:
            checksum = self.cipher(checksum)
        return _VERSION + checksum + number
