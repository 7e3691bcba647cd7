"""GUIDs as the wire has them: sixteen bytes, of which the first three numbers are little-endian.

They are made elsewhere, since the wire has no random source.
"""

from __future__ import annotations

import re
from typing import Final

from mi.errors import InvalidParameter

__all__ = ["NULL", "guid", "text_of"]

NULL: Final = bytes(16)
"""The GUID of nothing."""

_TEXT: Final = re.compile(
    r"\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?", re.IGNORECASE
)


def guid(text: str) -> bytes:
    """Return the bytes of a GUID.

    Args:
        text: `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}`, with or without braces.

    Raises:
        InvalidParameter: it is none.
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        raise InvalidParameter(f"{text!r} is no GUID")
    first, second, third, *rest = (bytes.fromhex(part) for part in found.groups())
    return first[::-1] + second[::-1] + third[::-1] + b"".join(rest)


def text_of(data: bytes) -> str:
    """Return a GUID as text in small letters, without braces."""
    parts = (data[3::-1], data[5:3:-1], data[7:5:-1], data[8:10], data[10:16])
    return "-".join(part.hex() for part in parts)
