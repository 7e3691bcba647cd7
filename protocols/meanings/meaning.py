"""What one number means to MI, and the rows that say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from mi.results import CATEGORY_OF_RESULT, ErrorCategory, Result

__all__ = ["Meaning", "Row", "by_number", "found_in"]

_WIN32_FACILITY: Final = 0x8007
_SHORT: Final = 0xFFFF

Row = tuple[int, str, Result, ErrorCategory | None, str]
"""(number, name, result, category, advice); without a category it has that of its result."""


class Meaning(NamedTuple):
    """What one number means.

    Attributes:
        number: unsigned, 32 bits.
        name: Windows' name for it.
        result: MI's result.
        category: MI's category.
        advice: one sentence on what to do about it, with the placeholders of
            `Circumstances.words`.
    """

    number: int
    name: str
    result: Result
    category: ErrorCategory
    advice: str


def by_number(rows: Iterable[Row], first: int = 0) -> dict[int, Meaning]:
    """Return the meanings that rows say.

    Args:
        rows: of one table.
        first: what their numbers are counted from.
    """
    meanings: dict[int, Meaning] = {}
    for number, name, result, category, advice in rows:
        known = CATEGORY_OF_RESULT[result] if category is None else category
        meanings[first + number] = Meaning(first + number, name, result, known, advice)
    return meanings


def found_in(meanings: Mapping[int, Meaning], number: int) -> Meaning | None:
    """Return the meaning of a number, or None; an error of the system may come as an HRESULT of it.

    That is HRESULT_FROM_WIN32 (MS-ERREF 2.1).
    """
    found = meanings.get(number)
    if found is None and number >> 16 == _WIN32_FACILITY:
        return meanings.get(number & _SHORT)
    return found
