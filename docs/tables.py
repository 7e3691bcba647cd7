"""Writes the tables of the documentation that are the code's own: `python docs/tables.py`.

A table stands behind a comment with its name. The suite checks that each is as it would be written.
"""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

_FOLDER = Path(__file__).parent
sys.path.insert(0, str(_FOLDER.parent))

from mi.calls import EnumerateClasses  # noqa: E402 - behind the path
from protocols.meanings.circumstances import NOWHERE, Circumstances  # noqa: E402
from protocols.meanings.meaning import Meaning  # noqa: E402
from protocols.meanings.numbers import MEANINGS  # noqa: E402
from protocols.wmidcom.hresults import DCOM_ROWS, meaning_of  # noqa: E402
from protocols.wsman.denials import DENIALS  # noqa: E402
from protocols.wsman.dialects import DIALECTS, Dialect  # noqa: E402
from protocols.wsman.forms import Datetimes, Forms  # noqa: E402

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
            (_meaning(row) for row in sorted(MEANINGS.values()) if numbers(row.number)),
        )

    return table


def _dcom() -> str:
    rows = sorted(filter(None, (meaning_of(number) for number, *_ in DCOM_ROWS)))
    return _table(
        ("number", "name", "`Result`", "`ErrorCategory`", "what to do"),
        map(_meaning, rows),
    )


def _meaning(row: Meaning) -> tuple[str, ...]:
    sentence = row.advice.format_map(NOWHERE.words)
    return _number(row), f"`{row.name}`", row.result.name, row.category.name, sentence


# What each kind of server is like: a row for each trait, and what stands behind the row.


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _names_of_classes(dialect: Dialect) -> str:
    if dialect.names_by_query:
        return "by a query"
    return _yes(dialect.has_schema and EnumerateClasses not in dialect.lacks)


def _lacks(dialect: Dialect) -> str:
    return ", ".join(sorted(f"`{call.__name__}`" for call in dialect.lacks)) or "nothing"


def _largest_page(dialect: Dialect) -> str:
    return "as asked" if dialect.largest_page > 0xFFFF else str(dialect.largest_page)  # noqa: PLR2004 - more than anybody has


_FAMILIES = {"DMTF": "DMTF's", "MICROSOFT": "WMI's", "VENDOR": "the vendor's"}
_TRAITS: tuple[tuple[str, Callable[[Dialect], str], str], ...] = (
    ("resource URIs", lambda one: _FAMILIES[one.family.name],
     "MS-WSMV 2.2.4, DSP0227 5.2; recorded"),
    ("class declarations", lambda one: _yes(one.has_schema),
     "MS-WSMV 3.1.4.2; recorded: Windows, OMI"),
    ("names of classes", _names_of_classes, "MS-WSMV 3.1.4.8; WMI's schema queries; OMI, live"),
    ("null arrays told from empty ones", lambda one: _yes(one.precise_arrays),
     "recorded: Windows' own client"),
    ("objects come with their references", lambda one: _yes(one.sends_references),
     "recorded: Openwsman; DSP0226 8.7"),
    ("a modify sends", lambda one: "what was set" if one.puts_changes else "the whole",
     "recorded: Windows' own client, AMT; OMI and Openwsman, live"),
    ("results of a page", _largest_page, "recorded: AMT, Openwsman"),
    ("options reach the provider", lambda one: _yes(one.has_contexts), "MS-WSMV 3.1.4.1.10"),
    ("providers say and ask", lambda one: _yes(one.has_dialogues), "MS-WSMV 3.1.4.1.30"),
    ("refused before it is sent", _lacks, "MS-WSMV 7; OMI, live"),
)  # fmt: skip


def _kinds() -> str:
    return _table(
        ("trait", *(f"`{kind.name}`" for kind in DIALECTS), "what stands behind it"),
        (
            (name, *(told(dialect) for dialect in DIALECTS.values()), evidence)
            for name, told, evidence in _TRAITS
        ),
    )


_DATETIMES = {
    Datetimes.WRAPPED: "`cim:Datetime`, `cim:Interval`",
    Datetimes.BARE: "ISO 8601",
    Datetimes.DMTF: "DMTF's 25 characters",
}
_VALUES: tuple[tuple[str, Callable[[Forms], str]], ...] = (
    ("datetime", lambda one: _DATETIMES[one.datetimes]),
    ("datetime that is a key", lambda one: "ISO 8601" if one.iso_keys else "DMTF's 25 characters"),
    ("char16", lambda one: "its number" if one.numbered_chars else "the character"),
    ("null", lambda one: "`xsi:nil`" if one.nulls else "left out"),
    ("null array", lambda one: "`xsi:nil`" if one.null_arrays else "left out"),
    ("empty array", lambda _: "left out"),
    ("type of a property", lambda one: "stated" if one.types else "not stated"),
    ("reference", lambda _: "the parts of an EPR"),
    ("uint8 array", lambda _: "repeated elements"),
    ("embedded instance", lambda _: "its class by `xsi:type`"),
)


def _value_forms() -> str:
    return _table(
        ("value", *(f"`{kind.name}`" for kind in DIALECTS)),
        ((name, *(told(dialect.forms) for dialect in DIALECTS.values())) for name, told in _VALUES),
    )


def _number(row: Meaning) -> str:
    if row.number <= 0xFFFF:  # noqa: PLR2004 - errors of the system are decimal everywhere
        return str(row.number)
    return f"{row.number} 0x{row.number:08X}"


_TABLES = {
    "kinds": _kinds,
    "forms": _value_forms,
    "denials": _denials,
    "sizes": _sizes,
    "wsman": _faults(_WSMAN.__contains__),
    "wmi": _faults(_WMI.__contains__),
    "dcom": _dcom,
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
