"""Errors as powershell.exe prints them, turned back into records.

A process writes its errors as text, cut to the width of a console (80 columns where there is
none). The two lines with a plus sign are the same in every language; what is between them and the
message is the position (`At line:1 char:1` in English).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from mi.powershell.error_record import ErrorRecord

__all__ = ["error_records"]

_CATEGORY: Final = re.compile(r"\s{2,}\+ CategoryInfo\s*: (?P<text>.*)")
_ERROR_ID: Final = re.compile(r"\s{2,}\+ FullyQualifiedErrorId : (?P<text>.*)")
_INFO: Final = re.compile(
    r"(?P<category>\w+): \((?P<target_name>.*?)(?::(?P<target_type>[^:()]*))?\)"
    r" \[(?P<activity>[^\]]*)\](?:, (?P<reason>\S*))?"
)
_PLACE: Final = re.compile(
    r"[^:]*?(?P<script>[A-Za-z]:\\[^:]*|\\\\[^:]*)?:(?P<line>\d+) [^:]*:(?P<offset>\d+)\Z"
)
_SOURCE: Final = re.compile(r"\+ (?P<line>.*)")


def error_records(text: str) -> list[ErrorRecord]:
    """Return the errors in what a process wrote; a text without an error's form is one."""
    return [record for part in _parts(text.splitlines()) for record in _record(part)]


def _parts(lines: list[str]) -> Iterator[list[str]]:
    """Cut after each error identifier, which the last lines of an error hold."""
    part: list[str] = []
    is_ending = False
    for line in lines:
        if is_ending and not (line.startswith("   ") and line.strip()):
            yield part
            part, is_ending = [], False
        if line.strip() or part:
            part.append(line)
        is_ending = is_ending or _ERROR_ID.match(line) is not None
    yield part


def _record(lines: list[str]) -> Iterator[ErrorRecord]:
    if not "".join(lines).strip():
        return
    at_category = _first(_CATEGORY, lines)
    if at_category == len(lines):
        yield ErrorRecord("\n".join(lines).strip())
        return
    at_place = _first(_PLACE, lines[:at_category])
    at_id = _first(_ERROR_ID, lines)
    about = _category(lines[at_category:at_id])
    yield ErrorRecord(
        message=_message(lines[:at_place], about.get("activity") or about.get("target_name")),
        error_id=_joined(_ERROR_ID, lines[at_id:]) or None,
        **about,
        **_position(lines[at_place:at_category]),
    )


def _first(form: re.Pattern[str], lines: list[str]) -> int:
    """Return where the first line of a form is, or where it would be behind them all."""
    return next((i for i, line in enumerate(lines) if form.match(line)), len(lines))


def _category(lines: list[str]) -> dict[str, Any]:
    """Return what the line of the category says, by the names that a record has for it."""
    info = _INFO.match(_joined(_CATEGORY, lines))
    return {} if info is None else {name: text or None for name, text in info.groupdict().items()}


def _position(lines: list[str]) -> dict[str, Any]:
    """Return what the lines of the position say, by the names that a record has for it."""
    place = _PLACE.match(lines[0]) if lines else None
    if place is None:
        return {}
    return {
        "position": "\n".join(lines),
        "script_name": place["script"],
        "line_number": int(place["line"]),
        "line": _source(lines[1:]),
        "offset": int(place["offset"]),
    }


def _joined(label: re.Pattern[str], lines: list[str]) -> str:
    """Return what follows a label; what the console cut off stands in lines of its own.

    It cuts anywhere, and puts a space before the cut and three after it.
    """
    first = label.match(lines[0]) if lines else None
    if first is None:
        return ""
    text = str(first["text"])
    for line in lines[1:]:
        text = text.removesuffix(" ") + line.removeprefix("   ").rstrip("\n")
    return text.strip()


def _message(lines: list[str], invoked: str | None) -> str:
    """Return the message, without the name of what was invoked before it.

    A line that ends in a space goes on in the next: the console has cut between words.
    """
    text = "".join(line if line.endswith(" ") else f"{line}\n" for line in lines).strip()
    return text if invoked is None else text.removeprefix(f"{invoked} : ")


def _source(lines: list[str]) -> str | None:
    found = _SOURCE.match(lines[0]) if lines else None
    return None if found is None else found["line"]
