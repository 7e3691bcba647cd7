"""Text as XML 1.0 markup: escaped, and refused where XML cannot carry it.

Messages are raw UTF-8. A numeric reference is only used for what XML would change otherwise, a CR,
and in attributes a tab or line feed: OMI stores `&#233;` as the bare byte E9.
"""

from __future__ import annotations

import re
from typing import Final

from mi.errors import InvalidParameter
from mi.serial.markup import FORBIDDEN

__all__ = ["attribute", "text"]

_SPECIAL_IN_TEXT: Final = re.compile(f"[&<>\r]|{FORBIDDEN.pattern}")
_SPECIAL_IN_ATTRIBUTE: Final = re.compile(f'[&<>"\t\n\r]|{FORBIDDEN.pattern}')
_IN_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_IN_ATTRIBUTE: Final = _IN_TEXT | str.maketrans({'"': "&quot;", "\t": "&#9;", "\n": "&#10;"})


def text(value: str) -> str:
    """Return `value` as the content of an element.

    Raises:
        InvalidParameter: it holds a character that no XML 1.0 document can.
    """
    if _SPECIAL_IN_TEXT.search(value) is None:
        return value
    return _translated(value, _IN_TEXT)


def attribute(value: str) -> str:
    """Return `value` as the content of an attribute in double quotes.

    Raises:
        InvalidParameter: it holds a character that no XML 1.0 document can.
    """
    if _SPECIAL_IN_ATTRIBUTE.search(value) is None:
        return value
    return _translated(value, _IN_ATTRIBUTE)


def _translated(value: str, table: dict[int, str]) -> str:
    forbidden = FORBIDDEN.search(value)
    if forbidden is not None:
        raise InvalidParameter(
            f"the character U+{ord(forbidden[0]):04X} at position {forbidden.start()} of a text of"
            f" {len(value)} characters cannot be sent: XML 1.0 has no way to write it",
            advice="Take it out.",
        )
    return value.translate(table)
