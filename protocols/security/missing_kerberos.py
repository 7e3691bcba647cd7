"""Kerberos where its libraries are not installed: they come with an extra, and need a compiler."""

from __future__ import annotations

from typing import Final

from mi.errors import NotSupported

__all__ = ["INSTALL", "not_installed"]

INSTALL: Final = "Run: pip install 'management-infrastructure[kerberos]'"
"""What to do about it."""


def not_installed(error: ImportError) -> NotSupported:
    """Return the error for who asks for Kerberos then."""
    return NotSupported(f"Kerberos needs libraries that are not installed: {error}", advice=INSTALL)
