"""Ids of messages and operations, as Windows' own client writes them."""

from __future__ import annotations

from os import urandom
from typing import Final

__all__ = ["new_id"]

_VARIANT: Final = "89AB"  # of a UUID, in the two bits that are not left to chance (RFC 9562 4.1)


def new_id() -> str:
    """Return an id that nobody has used: a UUID of chance (RFC 9562 5.4).

    The standard library makes an object of one first, which takes as long as to write a request.
    """
    digits = urandom(16).hex().upper()
    variant = _VARIANT[int(digits[16], 16) % 4]
    return (
        f"uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
    )
