"""A line for each instance, written at once: for what comes while one looks on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import mi
from mi.cli.output.columns import Shown
from mi.cli.output.declaration import PROPERTY_COLUMNS, property_rows
from mi.cli.output.terminal import visible
from mi.cli.output.text_table import cells

__all__ = ["LinesWriter"]

_ABSENT = "-"  # so that the columns of a line can be counted


class LinesWriter:
    """The values of the columns asked for, parted by two spaces; else all by their names."""

    def __init__(self, stream: TextIO, columns: Sequence[str], *, is_single: bool) -> None:
        del is_single  # a line is a line
        self._stream = stream
        self._columns = columns

    def instance(self, shown: dict[str, Shown]) -> None:
        """Write a line; of an instance of which nothing was asked for, what is not null."""
        texts = cells(shown)
        if self._columns:
            parts = [texts.get(name) or _ABSENT for name in self._columns]
        else:
            parts = [f"{name}={text}" for name, text in texts.items() if text]
        self._stream.write(f"{'  '.join(parts)}\n")

    def declaration(self, declared: mi.Class) -> None:
        """Write a line for each property of a class."""
        for row in (PROPERTY_COLUMNS, *property_rows(declared)):
            self._stream.write(f"{'  '.join(visible(text) or _ABSENT for text in row)}\n")

    def close(self) -> None:
        """Do nothing: every line is whole."""
