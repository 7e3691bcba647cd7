"""How large replies may be: what the server is asked to keep to, and what is read at all."""

from __future__ import annotations

from typing import Final

from mi.options import DestinationOptions

__all__ = ["KILOBYTE", "envelope_size", "largest_reply"]

KILOBYTE: Final = 1024
"""Bytes in what MI counts as one."""

_DEFAULT: Final = 500  # KB, Windows' own limit since WinRM 3
_FRAME: Final = 64 * KILOBYTE  # what sealing adds, and more


def envelope_size(options: DestinationOptions) -> int:
    """Return the bytes that the server is asked to keep to (w:MaxEnvelopeSize)."""
    return KILOBYTE * (options.max_envelope_size or _DEFAULT)


def largest_reply(options: DestinationOptions) -> int:
    """Return the bytes that a reply may have.

    It is more than what was asked for, since servers count characters, and other things.
    """
    return 4 * envelope_size(options) + _FRAME
