"""Output for programs: JSON, JSON lines and CSV, written as results come."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from textwrap import indent
from typing import Any, TextIO

import mi
from mi.cli.output.columns import Shown
from mi.cli.output.declaration import PROPERTY_COLUMNS, declaration_form, property_rows
from mi.cli.output.terminal import complain
from mi.cli.output.values import json_form, text_form

__all__ = ["CsvWriter", "JsonLinesWriter", "JsonWriter"]


def _object(shown: dict[str, Shown]) -> dict[str, Any]:
    return {name: json_form(*value) for name, value in shown.items()}


def _dumps(form: Any, stream: TextIO, **layout: Any) -> str:
    """Return JSON that the stream can hold: escaped where it is not UTF-8."""
    is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(form, ensure_ascii=not is_utf8, **layout)


class JsonWriter:
    """One JSON document: an array, or a lone object where a command has one result."""

    def __init__(self, stream: TextIO, _columns: Sequence[str], *, is_single: bool) -> None:
        self._stream = stream
        self._before, self._between, self._after = (
            ("", "", "") if is_single else ("[\n", ",\n", "\n]")
        )
        self._is_empty = True

    def _write(self, form: Any) -> None:
        self._stream.write(self._before if self._is_empty else self._between)
        document = _dumps(form, self._stream, indent=2)
        self._stream.write(indent(document, "  ") if self._before else document)
        self._is_empty = False

    def instance(self, shown: dict[str, Shown]) -> None:
        """Write an object."""
        self._write(_object(shown))

    def declaration(self, declared: mi.Class) -> None:
        """Write a class as an object."""
        self._write(declaration_form(declared))

    def close(self) -> None:
        """End the document."""
        if self._is_empty:
            self._stream.write("[]\n" if self._before else "")
        else:
            self._stream.write(f"{self._after}\n")


class JsonLinesWriter:
    """A JSON object a line."""

    def __init__(self, stream: TextIO, _columns: Sequence[str], *, is_single: bool) -> None:
        del is_single  # a line is a line
        self._stream = stream

    def instance(self, shown: dict[str, Shown]) -> None:
        """Write a line."""
        self._stream.write(f"{_dumps(_object(shown), self._stream)}\n")

    def declaration(self, declared: mi.Class) -> None:
        """Write a class as a line."""
        self._stream.write(f"{_dumps(declaration_form(declared), self._stream)}\n")

    def close(self) -> None:
        """Do nothing: every line is whole."""


class CsvWriter:
    """Comma-separated values (RFC 4180, with the line ends of this machine), a header first.

    The header is the properties asked for, or those of the first instance.
    """

    def __init__(self, stream: TextIO, columns: Sequence[str], *, is_single: bool) -> None:
        del is_single  # a row is a row
        self._rows = csv.writer(stream, lineterminator="\n")
        self._columns = list(columns)
        self._is_begun = False
        self._lost: set[str] = set()

    def instance(self, shown: dict[str, Shown]) -> None:
        """Write a row."""
        if not self._is_begun:
            self._columns = self._columns or list(shown)
            self._begin()
        self._warn_of(shown.keys() - self._columns - self._lost)
        self._rows.writerow(
            [text_form(*shown[name]) if name in shown else "" for name in self._columns]
        )

    def _begin(self) -> None:
        self._rows.writerow(self._columns)
        self._is_begun = True

    def _warn_of(self, lost: set[str]) -> None:
        if lost:
            self._lost |= lost
            complain(
                f"warning: there is no column for {', '.join(sorted(lost))}, which the first "
                "instance lacks; name them with --properties, or use --output jsonl"
            )

    def declaration(self, declared: mi.Class) -> None:
        """Write a row for each property of a class."""
        self._rows.writerow(PROPERTY_COLUMNS)
        self._rows.writerows(property_rows(declared))
        self._is_begun = True

    def close(self) -> None:
        """Write the header, if its columns are known and no row came."""
        if self._columns and not self._is_begun:
            self._begin()
