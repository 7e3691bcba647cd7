"""What the numbers of Windows mean to MI: the rows of their tables, by number and by name.

Any may come over any wire: WMI's providers may use WinRM, and the plug-ins of WinRM use COM.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mi.results import CATEGORY_OF_RESULT, Result
from protocols.meanings.meaning import Meaning, by_number, found_in
from protocols.meanings.system_rows import ERRNO_RESULTS, RESULT_ADVICE, SYSTEM_ROWS, WBEM_ROWS
from protocols.meanings.wsman_rows import WSMAN_ROWS

__all__ = [
    "MEANINGS",
    "NUMBERS",
    "meaning_of",
    "meaning_of_errno",
    "meaning_of_result",
    "native_type",
    "normalize",
]

_WSMAN: Final = 0x80338000
_WSMAN_FACILITY: Final = 0x8033
_POWERSHELL_FACILITY: Final = 0x8054
_UNSIGNED: Final = 0xFFFFFFFF
_SHORT: Final = 0xFFFF
_SHORT_WSMAN: Final = 0x8000

MEANINGS: Final[Mapping[int, Meaning]] = {
    **by_number(WSMAN_ROWS, _WSMAN),
    **by_number(SYSTEM_ROWS),
    **by_number(WBEM_ROWS),
}
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
    return Meaning(number, result.name, result, category, RESULT_ADVICE[result])


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
    known = found_in(MEANINGS, number)
    if known is None and number >> 16 == _POWERSHELL_FACILITY:
        return MEANINGS[NUMBERS["POWERSHELL_PLUGIN"]]
    return known


def native_type(number: int) -> str:
    """Return what kind of number it is, in the words of MSFT_WmiError.error_Type."""
    if number >> 16 == _WSMAN_FACILITY:
        return "WINRM"
    return "WIN32" if number <= _SHORT else "HRESULT"
