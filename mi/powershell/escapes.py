"""The escapes of text in CLIXML (MS-PSRP 2.2.5.3.2): `_x000D_` is the UTF-16 unit 000D."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["unescape"]

_ESCAPES: Final = re.compile(r"(?:_x[0-9A-Fa-f]{4}_)+")


def unescape(text: str) -> str:
    """Return `text` with what its escapes stand for.

    Two that are the halves of a surrogate pair are one character; a half alone is U+FFFD, since no
    encoding of Python's could write it.
    """
    return _ESCAPES.sub(_spelled_out, text) if "_x" in text else text


def _spelled_out(match: re.Match[str]) -> str:
    units = match[0][2:-1].split("__x")
    return bytes.fromhex("".join(units)).decode("utf-16-be", "replace")
