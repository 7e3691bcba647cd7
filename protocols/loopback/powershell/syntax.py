"""As much of PowerShell's syntax as the endpoint reads: statements, pipelines, literals, blocks.

No operators, no members, no control flow: a script that needs those belongs into the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

__all__ = ["Kind", "Token", "pipelines", "statements", "tokens"]


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    TEXT = auto()
    EXPANDED = auto()
    VARIABLE = auto()
    BLOCK = auto()
    PARENTHESIS = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        kind: what it is.
        text: of a text what it says, of a block or a parenthesis what is in it.
        is_glued: whether nothing separates it from the token before.
    """

    kind: Kind
    text: str
    is_glued: bool = False


_BLANK: Final = re.compile(r"[ \t]+|`\r?\n|#[^\n]*")
_END: Final = re.compile(r"[;\r\n]+")
_VARIABLE: Final = re.compile(r"\$(?:\{([^}]+)\}|([\w:]+|[?$^]))")
_SIGN: Final = re.compile(r"[|,=&]")
_WORD: Final = re.compile(r"[^\s;|,={}()'\"&]+(?:=[^\s;|,{}()'\"&]*)?")
_HERE: Final = re.compile(r"@(['\"])[ \t]*\r?\n(.*?)\r?\n\1@", re.DOTALL)
_QUOTED: Final = {
    "'": re.compile(r"'((?:[^']|'')*+)'"),
    '"': re.compile(r'"((?:[^"`]|""|`.)*+)"', re.DOTALL),
}
_CLOSING: Final = {"{": "}", "(": ")"}
_KINDS: Final = {"{": Kind.BLOCK, "(": Kind.PARENTHESIS}


def tokens(script: str) -> Iterator[Token]:
    """Return the tokens of a script; what is not closed ends with it."""
    place, is_glued = 0, False
    while place < len(script):
        blank = _BLANK.match(script, place)
        if blank is not None:
            place, is_glued = blank.end(), False
            continue
        kind, text, place = _token(script, place)
        yield Token(kind, text, is_glued)
        is_glued = True


def _token(script: str, place: int) -> tuple[Kind, str, int]:
    here = _HERE.match(script, place)
    if here is not None:
        return (Kind.TEXT if here[1] == "'" else Kind.EXPANDED), here[2], here.end()
    sign = script[place]
    if sign in "'\"":
        return _quoted(script, place)
    start = place + 1 if script.startswith(("@(", "@{", "$("), place) else place
    if script[start] in _CLOSING:
        end = _closed(script, start)
        return _KINDS[script[start]], script[start + 1 : end - 1], end
    for kind, pattern in (
        (Kind.END, _END),
        (Kind.SIGN, _SIGN),
        (Kind.VARIABLE, _VARIABLE),
        (Kind.WORD, _WORD),
    ):
        found = pattern.match(script, place)
        if found is not None:
            text = next((group for group in found.groups() if group), found[0])
            return kind, text, found.end()
    return Kind.SIGN, sign, place + 1


def _quoted(script: str, place: int) -> tuple[Kind, str, int]:
    """Return the text in quotes, where two of them are one; what is not closed is no more."""
    quote = script[place]
    found = _QUOTED[quote].match(script, place)
    if found is None:
        return Kind.TEXT, script[place + 1 :], len(script)
    text = found[1].replace(quote * 2, quote)
    return (Kind.TEXT if quote == "'" else Kind.EXPANDED), text, found.end()


def _closed(script: str, place: int) -> int:
    """Return the place behind the bracket that closes the one at a place."""
    depth = 0
    while place < len(script):
        sign = script[place]
        if sign in "'\"":
            _, _, place = _quoted(script, place)
            continue
        depth += (sign in _CLOSING) - (sign in _CLOSING.values())
        place += 1
        if depth == 0:
            break
    return place


def statements(script: str) -> Iterator[list[Token]]:
    """Return the tokens of each statement that has any."""
    yield from _split(tokens(script), Kind.END, "")


def pipelines(statement: list[Token]) -> list[list[Token]]:
    """Return the tokens of each command of a statement."""
    return list(_split(iter(statement), Kind.SIGN, "|"))


def _split(all_tokens: Iterator[Token], kind: Kind, text: str) -> Iterator[list[Token]]:
    current: list[Token] = []
    for token in all_tokens:
        if token.kind is not kind or (text and token.text != text):
            current.append(token)
            continue
        if current:
            yield current
        current = []
    if current:
        yield current
