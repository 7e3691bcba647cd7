"""Markup as it is written: elements, and text that XML 1.0 can carry."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mi.errors import InvalidParameter

__all__ = ["FORBIDDEN", "element", "text"]

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What is not a Char of XML 1.0 (2.2), not even as a numeric reference."""

# CR would come back as LF, and in attributes tab and LF as spaces (XML 1.0 2.11, 3.3.3).
_ENTITIES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&apos;",
        "\r": "&#13;",
    }
)
_ATTRIBUTE_ENTITIES = _ENTITIES | str.maketrans({"\t": "&#9;", "\n": "&#10;"})


def text(value: str) -> str:
    """Return `value` as the content of an element.

    Raises:
        InvalidParameter: it holds a character that no XML 1.0 document can.
    """
    return _allowed(value).translate(_ENTITIES)


def element(name: str, attributes: Mapping[str, str | None], content: str = "") -> str:
    """Return an element with `content`, which is markup; attributes that are None are left out.

    Raises:
        InvalidParameter: an attribute holds a character that no XML 1.0 document can.
    """
    written = "".join(
        f' {attribute}="{_allowed(value).translate(_ATTRIBUTE_ENTITIES)}"'
        for attribute, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _allowed(value: str) -> str:
    found = FORBIDDEN.search(value)
    if found is not None:
        raise InvalidParameter(
            f"the character U+{ord(found[0]):04X} at position {found.start()} of a text of"
            f" {len(value)} characters cannot be written: XML 1.0 has no way to",
            advice="Take it out, or write MOF.",
        )
    return value
