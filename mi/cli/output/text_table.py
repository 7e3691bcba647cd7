"""A table for pipes and files: a line for each row, columns parted by two spaces, nothing cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

import mi
from mi.cli.output.columns import Shown
from mi.cli.output.declaration import tables
from mi.cli.output.terminal import visible
from mi.cli.output.values import text_form

__all__ = ["TextTable", "cells", "columns_of"]


def cells(shown: dict[str, Shown]) -> dict[str, str]:
    """Return the text of each value, on one line and without what a terminal would obey."""
    return {visible(name): visible(_cell(*value)) for name, value in shown.items()}


def _cell(value: object, cim_type: mi.CimType | None) -> str:
    """Return one value; a list of plain values by commas, which is what people read."""
    if isinstance(value, list) and not any(isinstance(item, mi.Instance) for item in value):
        return ", ".join(text_form(item, cim_type) for item in value)
    return text_form(value, cim_type)


def columns_of(wanted: Sequence[str], rows: Iterable[dict[str, str]]) -> list[str]:
    """Return the columns: those asked for, or all that any row has, in order of appearance."""
    return list(wanted) or list(dict.fromkeys(name for row in rows for name in row))


class TextTable:
    """Collects rows, for the widths are known with the last one, and writes them when closed.

    A lone instance is written as a line for each property.
    """

    def __init__(self, stream: TextIO, columns: Sequence[str], *, is_single: bool) -> None:
        self._stream = stream
        self._wanted = columns
        self._is_single = is_single
        self._rows: list[dict[str, str]] = []

    def instance(self, shown: dict[str, Shown]) -> None:
        """Take a row."""
        self._rows.append(cells(shown))

    def declaration(self, declared: mi.Class) -> None:
        """Write a class: its name, and tables of its properties, methods and value maps."""
        ancestor = f" : {declared.superclass}" if declared.superclass else ""
        self._stream.write(f"{visible(declared.name + ancestor)}\n")
        for header, rows in tables(declared):
            self._stream.write("\n")
            self._lines([header, *(tuple(map(visible, row)) for row in rows)])

    def close(self) -> None:
        """Write the table; nothing where there is no row."""
        columns = columns_of(self._wanted, self._rows)
        if self._is_single:
            for row in self._rows:
                self._lines([(name, row[name]) for name in columns if name in row])
        elif self._rows:
            self._lines([columns, *([row.get(name, "") for name in columns] for row in self._rows)])

    def _lines(self, rows: Sequence[Sequence[str]]) -> None:
        from rich.cells import cell_len  # noqa: PLC0415 - `mi --help` needs no rich

        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            line = "  ".join(
                text + " " * (width - cell_len(text))
                for text, width in zip(row, widths, strict=True)
            )
            self._stream.write(f"{line.rstrip()}\n")
