"""The outputs that `--output` names, and how a command prints to one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self, TextIO

import mi
from mi.cli.output.columns import Columns, Shown
from mi.cli.output.documents import CsvWriter, JsonLinesWriter, JsonWriter
from mi.cli.output.lines import LinesWriter
from mi.cli.output.terminal import LiveCount, complain
from mi.cli.output.text_table import TextTable

__all__ = ["EVENT_FORMATS", "FORMATS", "Output", "Writer"]


class Writer(Protocol):
    """One form of output."""

    def instance(self, shown: dict[str, Shown]) -> None:
        """Take one instance."""
        ...

    def declaration(self, declared: mi.Class) -> None:
        """Take a class."""
        ...

    def close(self) -> None:
        """Write what is left to write."""
        ...


def _table(stream: TextIO, columns: Sequence[str], *, is_single: bool) -> Writer:
    if not stream.isatty():
        return TextTable(stream, columns, is_single=is_single)
    from mi.cli.output.terminal_table import TerminalTable  # noqa: PLC0415 - imports rich

    return TerminalTable(stream, columns, is_single=is_single)


FORMATS: dict[str, Callable[..., Writer]] = {
    "table": _table,
    "json": JsonWriter,
    "jsonl": JsonLinesWriter,
    "csv": CsvWriter,
}
"""What makes each output, from a stream, the columns asked for and whether one result comes."""

EVENT_FORMATS: dict[str, Callable[..., Writer]] = {
    "lines": LinesWriter,
    **{name: make for name, make in FORMATS.items() if name != "table"},
}
"""The same for events, of which there is no last one: a table can be drawn only with that."""


class Output:
    """What a command prints, from the first result to the last; a context manager.

    What came before an error is printed whole, and well-formed, before the error is told. Where
    nothing came before it, nothing is printed. A table of nothing says so on a terminal's standard
    error.
    """

    def __init__(
        self,
        output_format: str,
        properties: Sequence[str] = (),
        *,
        is_single: bool = False,
        formats: Mapping[str, Callable[..., Writer]] = FORMATS,
    ) -> None:
        self._columns = Columns(properties)
        self._writer = formats[output_format](sys.stdout, self._columns.wanted, is_single=is_single)
        self._is_table = output_format == "table" and not is_single
        self._count = LiveCount(prints_at_once=not self._is_table)

    def __enter__(self) -> Self:
        self._count.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._count.close()
        if isinstance(error, BrokenPipeError):
            return
        if error is None or self._count.total:
            self._writer.close()
            sys.stdout.flush()
        if error is None and self._is_table and not self._count.total and sys.stderr.isatty():
            complain("nothing was found")
        for name in self._columns.never_seen:
            complain(f"warning: nothing that came has a property named {name}")

    def instance(self, instance: mi.Instance) -> None:
        """Print an instance."""
        self._writer.instance(self._columns.of(instance))
        self._count.add()

    def declaration(self, declared: mi.Class) -> None:
        """Print a class."""
        self._writer.declaration(declared)
