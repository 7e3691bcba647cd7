r"""MOF as tokens: names, aliases, numbers, strings, punctuation (DSP0004 annex A).

Numbers are decimal, octal (`017`), hexadecimal (`0x1F`) or binary (`101b`). Strings that follow one
another are one. `\xD83D\xDE00` is one character, as it is in UTF-16.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

__all__ = ["Source", "Token", "Unreadable", "position", "reading", "tokens"]


_LONGEST_REASON = 200  # names in it are as long as the text likes


class Source(NamedTuple):
    """A text and, if it was included by another, its name."""

    text: str
    name: str | None = None


class Unreadable(Exception):
    """Says where a text cannot be read, by its offset, and why; `source` is told on the way up."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
        self.source: Source | None = None


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Tell an `Unreadable` which text it is about, unless it knows."""
    try:
        yield
    except Unreadable as error:
        error.source = error.source or source
        raise


class Token(NamedTuple):
    """One token: what it is, what it says, and where it begins.

    `kind` is one of name, alias, pragma, string, char16, integer, real, end, or the character
    itself for punctuation. `value` is the text of a name, the value of anything else.
    """

    kind: str
    value: Any
    offset: int


_TOKEN = re.compile(
    r"""
      (?P<blank>   [\s\ufeff]+ | //[^\r\n]* | /\*.*?\*/ )
    | (?P<pragma>  \#[Pp][Rr][Aa][Gg][Mm][Aa]\b )
    | (?P<name>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<alias>   \$[A-Za-z_][A-Za-z0-9_]* )
    | (?P<real>    [+-]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?
                 | [+-]?[0-9]+[eE][+-]?[0-9]+ )
    | (?P<integer> [+-]?(?:0[xX][0-9a-fA-F]+|[01]+[bB]|[0-9]+) )
    | (?P<string>  "(?:[^"\\\r\n]|\\.)*+" )
    | (?P<char16>  '(?:[^'\\\r\n]|\\[^'xX\r\n]|\\'|\\[xX][0-9a-fA-F]{1,4})' )
    | (?P<mark>    [][(){},;:=] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:[xX](?P<code>[0-9a-fA-F]{1,4})|(?P<letter>.))", re.DOTALL)
_LETTERS = {
    "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\",
}  # fmt: skip
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_INTEGER = 80  # 64 binary digits, and then some
_UNCLOSED = {'"': "a string is not closed", "'": "a character is not closed"}


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column of an offset."""
    line_start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - line_start + 1


def tokens(text: str) -> Iterator[Token]:
    """Return the tokens of a text, and an `end`.

    Raises:
        Unreadable: something in it is no token.
    """
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            raise Unreadable(offset, _UNCLOSED.get(text[offset], "this is not MOF"))
        if match.lastgroup != "blank":
            yield _token(match)
        offset = match.end()
    yield Token("end", None, len(text))


def _token(match: re.Match[str]) -> Token:
    kind, text, offset = match.lastgroup or "", match[0], match.start()
    if kind == "mark":
        return Token(text, text, offset)
    read = _READERS.get(kind)
    return Token(kind, text if read is None else read(text, offset), offset)


def _integer(text: str, offset: int) -> int:
    digits = text.lstrip("+-").lower()
    try:
        if len(digits) > _LONGEST_INTEGER:
            raise Unreadable(offset, "the number is too long")
        number = _magnitude(digits)
    except ValueError:
        raise Unreadable(offset, f"{text} is not an octal number") from None
    return -number if text.startswith("-") else number


def _magnitude(digits: str) -> int:
    if digits.startswith("0x"):
        return int(digits, 16)
    if digits.endswith("b"):
        return int(digits[:-1], 2)
    return int(digits, 8 if digits.startswith("0") else 10)


def _real(text: str, _offset: int) -> float:
    return float(text)


def _string(text: str, offset: int) -> str:
    def unescaped(match: re.Match[str]) -> str:
        if match["code"]:
            return chr(int(match["code"], 16))
        letter = _LETTERS.get(match["letter"])
        if letter is None:
            raise Unreadable(offset + 1 + match.start(), "this is not an escape of MOF")
        return letter

    value = _ESCAPE.sub(unescaped, text[1:-1])
    return _joined(value) if _SURROGATES.search(value) else value


def _joined(text: str) -> str:
    """Return `text` with each pair of surrogates as the character that it means."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


_READERS = {"integer": _integer, "real": _real, "string": _string, "char16": _string}
