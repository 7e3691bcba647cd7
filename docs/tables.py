"""Writes the tables of the documentation that are the code's own: `python docs/tables.py`.

A table stands behind a comment with its name. The suite checks that each is as it would be written.
"""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

_FOLDER = Path(__file__).parent
sys.path.insert(0, str(_FOLDER.parent))

from protocols.wsman.circumstances import NOWHERE, Circumstances  # noqa: E402 - behind the path
from protocols.wsman.denials import DENIALS  # noqa: E402
from protocols.wsman.fault_codes import MEANINGS, Meaning  # noqa: E402

_TABLE = re.compile(r"(<!-- table: (\w+) -->\n\n).*?(?=\n\n|\Z)", re.DOTALL)
_WSMAN = range(0x80338000, 0x80340000)
_WMI = range(0x80041000, 0x80042000)
# Whom the examples are about.
_EXAMPLE = Circumstances(
    "Win32_Process", "Win32_Process", "root/cimv2", "Create", user=r"CONTOSO\ops",
    max_envelope_size=500,
)  # fmt: skip
_SIZES = (
    "MAX_ENVELOPE_SIZE_EXCEEDED",
    "SERVER_ENVELOPE_LIMIT",
    "ENVELOPE_TOO_LARGE",
    "MAX_ENVELOPE_SIZE",
    "MIN_ENVELOPE_SIZE",
    "UNREPORTABLE_SUCCESS",
    "INVALID_CHARACTERS_IN_RESPONSE",
)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(heads)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _denials() -> str:
    return _table(
        ("cause", "told by", "what to do, for example"),
        ((row.cause, row.sign, row.advice.format_map(_EXAMPLE.words)) for row in DENIALS),
    )


def _sizes() -> str:
    by_name = {meaning.name: meaning for meaning in MEANINGS.values()}
    return _table(
        ("number", "name", "what to do, for example"),
        (
            (_number(row), f"`{row.name}`", row.advice.format_map(_EXAMPLE.words))
            for row in map(by_name.__getitem__, _SIZES)
        ),
    )


def _faults(numbers: Callable[[int], bool]) -> Callable[[], str]:
    def table() -> str:
        return _table(
            ("number", "name", "`Result`", "`ErrorCategory`", "what to do"),
            (
                (
                    _number(row),
                    f"`{row.name}`",
                    row.result.name,
                    row.category.name,
                    row.advice.format_map(NOWHERE.words),
                )
                for row in sorted(MEANINGS.values())
                if numbers(row.number)
            ),
        )

    return table


def _number(row: Meaning) -> str:
    if row.number <= 0xFFFF:  # noqa: PLR2004 - errors of the system are decimal everywhere
        return str(row.number)
    return f"{row.number} 0x{row.number:08X}"


_TABLES = {
    "denials": _denials,
    "sizes": _sizes,
    "wsman": _faults(_WSMAN.__contains__),
    "wmi": _faults(_WMI.__contains__),
    "system": _faults(lambda number: number not in _WSMAN and number not in _WMI),
}


def written(page: str) -> str:
    """Return a page with its tables as they should be."""
    return _TABLE.sub(lambda found: found[1] + _TABLES[found[2]](), page)


def pages() -> Iterable[Path]:
    """Return the pages that have such tables."""
    return (
        page for page in sorted(_FOLDER.rglob("*.md")) if _TABLE.search(page.read_text("utf-8"))
    )


if __name__ == "__main__":
    for each in pages():
        each.write_text(written(each.read_text("utf-8")), "utf-8")
