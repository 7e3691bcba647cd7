"""What a server's NTLM challenge offers (MS-NLMP 2.2.1.2), whatever carries it.

What the server leaves out is left out by both sides, so a challenge without sealing would undo the
privacy that was asked for.
"""

from __future__ import annotations

from typing import Final

__all__ = ["flags_of", "is_challenge", "offers_sealing"]

_SIGNATURE: Final = b"NTLMSSP\x00"
_FLAGS: Final = slice(20, 24)
# Signing, sealing, extended session security, 128-bit keys (MS-NLMP 2.2.2.5).
_SEALING: Final = 0x00000010 | 0x00000020 | 0x00080000 | 0x20000000


def is_challenge(token: bytes) -> bool:
    """Whether a token is one of NTLM's at all."""
    return token.startswith(_SIGNATURE)


def flags_of(challenge: bytes) -> int:
    """Return the flags of a challenge, as a number."""
    return int.from_bytes(challenge[_FLAGS], "little")


def offers_sealing(challenge: bytes) -> bool:
    """Whether messages can be signed and sealed as they should."""
    return flags_of(challenge) & _SEALING == _SEALING
