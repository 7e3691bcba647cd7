"""What the numbers in faults mean to MI: the rows of their tables, by number and by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from mi.results import CATEGORY_OF_RESULT, ErrorCategory, Result
from protocols.wsman.fault_rows import KEEPS_CONTEXT, WSMAN_ROWS
from protocols.wsman.system_rows import ERRNO_RESULTS, RESULT_ADVICE, SYSTEM_ROWS, WBEM_ROWS

__all__ = [
    "MEANINGS",
    "NUMBERS",
    "Meaning",
    "meaning_of",
    "meaning_of_errno",
    "meaning_of_result",
    "native_type",
    "normalize",
]


class Meaning(NamedTuple):
    """What one number means.

    Attributes:
        number: unsigned, 32 bits.
        name: Windows' name for it.
        result: MI's result.
        category: MI's category.
        advice: one sentence on what to do about it, with the placeholders of
            `Circumstances.words`.
        keeps_context: whether an enumeration that gets it lives on and can be pulled or released.
    """

    number: int
    name: str
    result: Result
    category: ErrorCategory
    advice: str
    keeps_context: bool


_WSMAN: Final = 0x80338000
_WSMAN_FACILITY: Final = 0x8033
_WIN32_FACILITY: Final = 0x8007
_POWERSHELL_FACILITY: Final = 0x8054
_UNSIGNED: Final = 0xFFFFFFFF
_SHORT: Final = 0xFFFF
_SHORT_WSMAN: Final = 0x8000


def _meanings() -> Iterable[Meaning]:
    for base, rows in ((_WSMAN, WSMAN_ROWS), (0, SYSTEM_ROWS), (0, WBEM_ROWS)):
        for number, name, result, category, advice in rows:
            known = CATEGORY_OF_RESULT[result] if category is None else category
            yield Meaning(base + number, name, result, known, advice, name in KEEPS_CONTEXT)


MEANINGS: Final[Mapping[int, Meaning]] = {meaning.number: meaning for meaning in _meanings()}
"""The row of each number."""

_RESULTS: Final = frozenset(Result) - {Result.OK}

NUMBERS: Final[Mapping[str, int]] = {row.name: number for number, row in MEANINGS.items()}
"""The number of each name."""


def meaning_of_result(number: int) -> Meaning | None:
    """Return what one of MI's own results means, which OMI and MSFT_WmiError name."""
    if number not in _RESULTS:
        return None
    result = Result(number)
    category = CATEGORY_OF_RESULT[result]
    return Meaning(
        number, result.name, result, category, RESULT_ADVICE[result], keeps_context=False
    )


def meaning_of_errno(number: int) -> Meaning | None:
    """Return what an error number of the C library means, which OMI's providers may answer with."""
    result = ERRNO_RESULTS.get(number)
    return None if result is None else meaning_of_result(int(result))


def normalize(number: int) -> int:
    """Return a fault's number as an unsigned one of 32 bits.

    Servers write it signed or unsigned, and stacks before WinRM 1.1 the low half alone: 32768
    instead of 0x80338000.
    """
    number &= _UNSIGNED
    return _WSMAN_FACILITY << 16 | number if _SHORT_WSMAN <= number <= _SHORT else number


def meaning_of(number: int) -> Meaning | None:
    """Return the row for a normalized number; a system error may also come as an HRESULT of it."""
    known = MEANINGS.get(number)
    if known is None and number >> 16 == _WIN32_FACILITY:
        return MEANINGS.get(number & _SHORT)
    if known is None and number >> 16 == _POWERSHELL_FACILITY:
        return MEANINGS[NUMBERS["POWERSHELL_PLUGIN"]]
    return known


def native_type(number: int) -> str:
    """Return what kind of number it is, in the words of MSFT_WmiError.error_Type."""
    if number >> 16 == _WSMAN_FACILITY:
        return "WINRM"
    return "WIN32" if number <= _SHORT else "HRESULT"
