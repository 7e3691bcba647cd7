"""A table for a terminal, or a record for each instance where that is too narrow.

A table is drawn if every column gets its name, and its values or, of text, at least 24 cells, on
one line; wider text is wrapped. Otherwise each instance is a record with a line for each property.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

import mi
from mi.cli.output.columns import Shown
from mi.cli.output.declaration import tables
from mi.cli.output.terminal import visible
from mi.cli.output.text_table import cells, columns_of

__all__ = ["TerminalTable"]

_LEAST_WIDTH = 24
_GAP = 2

_NUMBERS = frozenset(
    {mi.CimType.UINT8, mi.CimType.SINT8, mi.CimType.UINT16, mi.CimType.SINT16, mi.CimType.UINT32,
     mi.CimType.SINT32, mi.CimType.UINT64, mi.CimType.SINT64, mi.CimType.REAL32,
     mi.CimType.REAL64}
)  # fmt: skip
_UNBROKEN = _NUMBERS | {mi.CimType.BOOLEAN, mi.CimType.DATETIME}


class TerminalTable:
    """Collects rows and draws them when closed."""

    def __init__(self, stream: TextIO, columns: Sequence[str], *, is_single: bool) -> None:
        self._console = Console(file=stream, highlight=False, emoji=False, markup=False)
        self._wanted = columns
        self._is_single = is_single
        self._rows: list[dict[str, str]] = []
        self._types: dict[str, set[mi.CimType | None]] = {}

    def instance(self, shown: dict[str, Shown]) -> None:
        """Take a row."""
        self._rows.append(cells(shown))
        for name, value in shown.items():
            self._types.setdefault(visible(name), set()).add(value.type)

    def declaration(self, declared: mi.Class) -> None:
        """Draw a class: its name, and tables of its properties, methods and value maps."""
        ancestor = f" : {declared.superclass}" if declared.superclass else ""
        self._console.print(Text(visible(declared.name + ancestor), style="bold"))
        for header, rows in tables(declared):
            self._console.print()
            self._console.print(self._table(header, rows))

    def close(self) -> None:
        """Draw what was taken; nothing where there is no row."""
        columns = columns_of(self._wanted, self._rows)
        if not self._rows:
            return
        if self._is_single or not self._fits(columns):
            self._records(columns)
            return
        rows = ([row.get(name, "") for name in columns] for row in self._rows)
        self._console.print(self._table(columns, rows))

    def _fits(self, columns: Sequence[str]) -> bool:
        needed = sum(max(cell_len(name), self._least(name)) for name in columns)
        return needed + _GAP * len(columns) <= self._console.width

    def _least(self, name: str) -> int:
        longest = max(cell_len(row.get(name, "")) for row in self._rows)
        return longest if self._is_all(name, _UNBROKEN) else min(_LEAST_WIDTH, longest)

    def _is_all(self, name: str, types: frozenset[mi.CimType]) -> bool:
        """Return whether all values of a column are of `types`; a column of nothing is not."""
        found = self._types.get(name)
        return found is not None and found <= types

    def _table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for name in header:
            table.add_column(
                Text(name), overflow="fold", no_wrap=self._is_all(name, _UNBROKEN),
                justify="right" if self._is_all(name, _NUMBERS) else "left",
            )  # fmt: skip
        for row in rows:
            table.add_row(*(Text(visible(cell)) for cell in row))
        return table

    def _records(self, columns: Sequence[str]) -> None:
        for number, row in enumerate(self._rows):
            if number:
                self._console.print(Rule(style="dim"))
            record = Table(box=None, pad_edge=False, show_header=False)
            record.add_column(style="bold", no_wrap=True)
            record.add_column(overflow="fold")
            for name in columns:
                if name in row:
                    record.add_row(Text(name), Text(row[name]))
            self._console.print(record)
