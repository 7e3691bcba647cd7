"""Output of commands as text: which encoding a code page is, and pieces that split characters.

What cannot be decoded becomes U+FFFD: a program that writes what it likes is no reason to fail.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["UTF_8", "Lines", "Text", "check_encoding", "encoding_of"]

UTF_8: Final = 65001
"""The code page that is UTF-8."""

# Those of Windows' code pages that Python knows by another name than `cp` and the number.
_NAMES: Final = {
    1200: "utf-16-le",
    1201: "utf-16-be",
    10000: "mac-roman",
    12000: "utf-32-le",
    12001: "utf-32-be",
    20127: "ascii",
    20866: "koi8-r",
    21866: "koi8-u",
    **{28590 + part: f"iso8859-{part}" for part in (*range(1, 10), 13, 15)},
    51932: "euc-jp",
    51949: "euc-kr",
    54936: "gb18030",
    UTF_8: "utf-8",
}


def encoding_of(codepage: int) -> str:
    """Return the name of the encoding that a code page of Windows is.

    Raises:
        InvalidParameter: Python has none for it.
        TypeMismatch: it is no number.
    """
    if not isinstance(codepage, int):
        raise TypeMismatch(f"a code page is a number, not {codepage!r}")
    return check_encoding(_NAMES.get(codepage, f"cp{codepage}"))


def check_encoding(name: str) -> str:
    """Return the name of an encoding of text.

    Raises:
        InvalidParameter: Python does not know it.
        TypeMismatch: it is no string.
    """
    if not isinstance(name, str):
        raise TypeMismatch(f"an encoding is the name of one, not {name!r}")
    try:
        "".encode(name)  # codecs that are none of text refuse that
        codecs.getincrementaldecoder(name)
    except LookupError as error:
        raise InvalidParameter(
            f"the encoding {name} is not known here",
            advice="Name one of Python's encodings, or take the output as bytes.",
        ) from error
    return name


class Text:
    """The text of one stream, as its pieces come."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")

    def feed(self, data: bytes, *, is_end: bool = False) -> str:
        """Return the text of a piece, down to the last whole character."""
        return self._decoder.decode(data, is_end)


class Lines:
    """The lines of one stream, as its pieces come, without what ends them.

    A line ends with LF, which a CR may precede.
    """

    def __init__(self, encoding: str) -> None:
        self._text = Text(encoding)
        self._parts: list[str] = []  # of a line that has not ended

    def feed(self, data: bytes, *, is_end: bool = False) -> Iterator[str]:
        """Yield the lines that have ended; at the end, what is left."""
        *ended, rest = self._text.feed(data, is_end=is_end).split("\n")
        for line in ended:
            self._parts.append(line)
            yield self._taken().removesuffix("\r")
        if rest:
            self._parts.append(rest)
        if is_end and self._parts:
            yield self._taken()

    def _taken(self) -> str:
        line = "".join(self._parts)
        self._parts.clear()
        return line
