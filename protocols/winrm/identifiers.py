"""Ids of messages and operations, as Windows' own client writes them."""

from __future__ import annotations

from uuid import uuid4

__all__ = ["new_id"]


def new_id() -> str:
    """Return an id that nobody has used."""
    return f"uuid:{str(uuid4()).upper()}"
