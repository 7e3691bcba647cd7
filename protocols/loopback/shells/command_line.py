"""The language of `cmd /c`: what a line says is to be run, in which order, with which streams.

As much of it as command lines over WinRM use: `%NAME%`, quotes, `^`, `&`, `&&`, `||`, `|`, and
`>`, `>>`, `<`, `2>`, `2>&1`. No blocks, no `if`, no `for`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from protocols.loopback.shells.invocation import Environment

__all__ = ["Redirection", "Step", "arguments_of", "expand", "parse"]

_VARIABLE: Final = re.compile(r"%([^%\s]+)%")
_JOINTS: Final = ("&&", "||", "&", "|")
_REDIRECTION: Final = re.compile(r"(?P<number>(?<![^\s])[12])?(?P<sign>>>|>|<)")
_DUPLICATE: Final = re.compile(r"&([12])")


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where a stream goes: `stream` 0 is the input; a target of `&1` is what stream 1 has."""

    stream: int
    target: str
    is_appending: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a line.

    Attributes:
        text: the command with what follows.
        joint: what joins it to the one before: `&`, `&&`, `||`, `|`, or nothing.
        redirections: in order.
    """

    text: str
    joint: str = ""
    redirections: tuple[Redirection, ...] = ()


def expand(line: str, environment: Environment) -> str:
    """Return a line with its variables replaced; those that are not there stay."""
    return _VARIABLE.sub(lambda found: environment.get(found[1], found[0]), line)


def parse(line: str) -> list[Step]:
    """Return the commands of a line, in order."""
    return [step for step in map(_redirected, _steps(line)) if step.text]


def _steps(line: str) -> Iterator[Step]:
    text, joint, place, is_quoted = "", "", 0, False
    while place < len(line):
        sign = line[place]
        found = None if is_quoted else _joint(line, place)
        if found is not None and not (found == "&" and text.endswith((">", "<"))):
            yield Step(text.strip(), joint)
            text, joint, place = "", found, place + len(found)
            continue
        if sign == '"':
            is_quoted = not is_quoted
        if sign == "^" and not is_quoted and place + 1 < len(line):
            text, place = text + _escaped(line[place + 1]), place + 2
            continue
        text, place = text + sign, place + 1
    yield Step(text.strip(), joint)


# Signs that `^` took their meaning from are kept out of it until the redirections are read.
_PRIVATE: Final = {sign: chr(0xE000 + ord(sign)) for sign in '<>&|^"'}
_PUBLIC: Final = str.maketrans({private: sign for sign, private in _PRIVATE.items()})


def _escaped(sign: str) -> str:
    return _PRIVATE.get(sign, sign)


def _joint(line: str, place: int) -> str | None:
    return next((joint for joint in _JOINTS if line.startswith(joint, place)), None)


def _redirected(step: Step) -> Step:
    text, place, is_quoted = "", 0, False
    redirections: list[Redirection] = []
    while place < len(step.text):
        found = None if is_quoted else _REDIRECTION.match(step.text, place)
        if found is None:
            is_quoted ^= step.text[place] == '"'
            text, place = text + step.text[place], place + 1
            continue
        target, place = _target(step.text, found.end())
        stream = 0 if found["sign"] == "<" else int(found["number"] or 1)
        redirections.append(Redirection(stream, target, found["sign"] == ">>"))
    plain = text.strip().translate(_PUBLIC)
    return replace(step, text=plain, redirections=tuple(redirections))


def _target(text: str, place: int) -> tuple[str, int]:
    duplicate = _DUPLICATE.match(text, place)
    if duplicate is not None:
        return duplicate[0], duplicate.end()
    rest = text[place:].lstrip()
    start = len(text) - len(rest)
    if rest.startswith('"'):
        end = rest.find('"', 1)
        end = len(rest) if end < 0 else end + 1
    else:
        end = next((at for at, sign in enumerate(rest) if sign in " \t<>"), len(rest))
    return rest[:end].strip('"').translate(_PUBLIC), start + end


def arguments_of(tail: str) -> tuple[str, ...]:
    r"""Split the arguments of a program as Windows' programs do (CommandLineToArgvW).

    Backslashes before a quote are halved, an odd one takes the quote's meaning from it; two quotes
    inside quotes are one.
    """
    arguments: list[str] = []
    current: str | None = None
    place, is_quoted = 0, False
    while place < len(tail):
        sign = tail[place]
        if sign in " \t" and not is_quoted:
            if current is not None:
                arguments.append(current)
            current, place = None, place + 1
            continue
        current = current or ""
        slashes = len(tail) - place - len(tail[place:].lstrip("\\"))
        if slashes and tail[place + slashes : place + slashes + 1] == '"':
            current += "\\" * (slashes // 2) + ('"' if slashes % 2 else "")
            place += slashes + slashes % 2
        elif slashes:
            current, place = current + "\\" * slashes, place + slashes
        elif sign == '"':
            if is_quoted and tail[place + 1 : place + 2] == '"':
                current, place = current + '"', place + 1
            else:
                is_quoted = not is_quoted
            place += 1
        else:
            current, place = current + sign, place + 1
    return (*arguments, current) if current is not None else tuple(arguments)
