r"""Command lines of Windows: how arguments are quoted, so that a program gets what was meant.

A program of Windows gets one text and takes it apart itself, nearly always by the rules of
CommandLineToArgvW, which are those of Microsoft's C runtime: blanks separate, double quotes hold
together, `\"` is a double quote, and a backslash is itself unless a double quote follows.

A shell of WinRM hands the text to `cmd /c` first, which has rules of its own: it knows no `\"`, so
that each double quote opens or closes what is quoted, and outside of that `& | < > ^ ( )` are its
own; `%NAME%` is replaced anywhere. `argument` satisfies both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["LONGEST", "argument", "command_line", "join", "quote", "split"]

LONGEST: Final = 8191
"""Characters of a command line that cmd.exe takes."""

_PLAIN: Final = re.compile(r'[^\s"&|<>^()%!]+\Z')
_NEEDS_QUOTES: Final = re.compile(r'[\s"]')
# Backslashes count twice only in front of a double quote, be it the closing one.
_BEFORE_QUOTE: Final = re.compile(r'(\\*)"')
_AT_END: Final = re.compile(r"(\\+)\Z")
_OWN: Final = re.compile(r'[&|<>^()%!"]')
_LINE_ENDS: Final = re.compile(r"[\r\n\0]")
_BLANKS: Final = " \t"


def argument(text: str) -> str:
    r"""Return an argument as it goes to the command line of a shell.

    >>> print(argument("/all"), argument("two words"), argument("R&D"))
    /all "two words" "R&D"
    >>> print(argument('say "hi" & del x'))
    ^"say \^"hi\^" ^& del x^"

    Raises:
        InvalidParameter: it holds the end of a line, which would end the command line.
        TypeMismatch: it is no string.
    """
    _check(text)
    if _PLAIN.match(text):
        return text
    if '"' in text or "%" in text or "!" in text:
        # Quotes do not hold in cmd once there are some inside, and never against these; what has
        # a ^ before it is none of its own. It takes those away, and the program sees no difference.
        return _OWN.sub(r"^\g<0>", quote(text))
    return _quoted(text)


def command_line(
    command: str, arguments: Iterable[str] | str | None
) -> tuple[str, tuple[str, ...]]:
    """Return a command and its arguments as a shell is given them.

    Args:
        command: a program; without arguments, a command line as it stands.
        arguments: each is quoted; one text stands as it is.

    Raises:
        InvalidParameter: it is empty, or longer than cmd.exe takes, or holds the end of a line.
        TypeMismatch: something is no string.
    """
    if not isinstance(command, str):
        raise TypeMismatch(f"a command is a string, not {command!r}")
    if not command.strip():
        raise InvalidParameter("the command is empty")
    given: tuple[str, ...] = ()
    if arguments is None:
        name = command
    elif isinstance(arguments, str):
        name, given = argument(command), ((arguments,) if arguments else ())
    elif isinstance(arguments, Iterable):
        name, given = argument(command), tuple(map(argument, arguments))
    else:
        raise TypeMismatch(f"arguments are strings, or one string, not {arguments!r}")
    length = len(name) + sum(len(one) + 1 for one in given)
    if length > LONGEST:
        raise InvalidParameter(
            f"the command line has {length} characters, and cmd.exe takes {LONGEST}",
            advice="Send what is long to the command's stdin, or in a file.",
        )
    return name, given


def join(arguments: Iterable[str]) -> str:
    """Return arguments as one text, each as `argument` has it.

    Raises:
        InvalidParameter: one holds the end of a line.
        TypeMismatch: they are no strings.
    """
    if not isinstance(arguments, Iterable):
        raise TypeMismatch(f"arguments are strings, not {arguments!r}")
    return " ".join(map(argument, arguments))


def quote(text: str) -> str:
    r"""Return an argument for CommandLineToArgvW alone, where no cmd.exe comes before it.

    >>> print(quote("plain"), quote(""), quote("two words\\"), quote('a\\"b'))
    plain "" "two words\\" "a\\\"b"
    """
    _check(text)
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return _quoted(text)


def split(text: str) -> list[str]:
    r"""Return the arguments in a text, as CommandLineToArgvW takes those behind the program apart.

    >>> split(r'"a b" c\\"d e" "f\"g" h""i')
    ['a b', 'c\\d e', 'f"g', 'hi']

    Raises:
        TypeMismatch: it is no string.
    """
    if not isinstance(text, str):
        raise TypeMismatch(f"the text of a command line is a string, not {text!r}")
    arguments: list[str] = []
    position = 0
    while True:
        while position < len(text) and text[position] in _BLANKS:
            position += 1
        if position == len(text):
            return arguments
        found, position = _next(text, position)
        arguments.append(found)


def _next(text: str, position: int) -> tuple[str, int]:
    parts: list[str] = []
    is_quoted = False
    while position < len(text) and (is_quoted or text[position] not in _BLANKS):
        run = _BEFORE_QUOTE.match(text, position)
        if run is None:
            parts.append(text[position])
            position += 1
            continue
        slashes = len(run[1])
        parts.append("\\" * (slashes // 2))
        position = run.end()
        if slashes % 2:
            parts.append('"')
        elif is_quoted and text.startswith('"', position):
            # Two quotes in a quoted part are one; since 2008 the part goes on behind it.
            parts.append('"')
            position += 1
        else:
            is_quoted = not is_quoted
    return "".join(parts), position


def _quoted(text: str) -> str:
    inside = _BEFORE_QUOTE.sub(r'\1\1\\"', text)
    return '"' + _AT_END.sub(r"\1\1", inside) + '"'


def _check(text: str) -> None:
    if not isinstance(text, str):
        raise TypeMismatch(f"an argument is a string, not {text!r}")
    found = _LINE_ENDS.search(text)
    if found is not None:
        raise InvalidParameter(
            f"an argument holds the character U+{ord(found[0]):04X}, which ends a command line",
            advice="Send it to the command's stdin, or in a file.",
        )
