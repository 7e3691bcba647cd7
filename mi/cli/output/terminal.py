"""What people see beside the data: warnings, errors, and a live count where a terminal shows it."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, Self, TextIO

from mi.closing import Closing

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["LiveCount", "complain", "visible"]

_SECONDS_BETWEEN_COUNTS = 0.1  # an eye sees no more, and a terminal is slow

# A server's text may hold what a terminal obeys (ESC), what tears a table (line breaks), and what
# turns the rest of a line around (the bidirectional controls of Unicode): all are shown as escapes.
_ESCAPES = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))
} | {
    code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
} | {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}  # fmt: skip


def visible(text: str) -> str:
    """Return `text` with every character that a terminal would obey as an escape."""
    return text.translate(_ESCAPES)


def complain(text: str) -> None:
    """Say something on standard error, where no data is."""
    sys.stderr.write(f"mi: {visible(text)}\n")
    sys.stderr.flush()


class LiveCount(Closing):
    """How many results have come, told while they come; silent unless standard error is a terminal.

    Silent too where standard output is one that prints as it goes, for the two would mix.

    Attributes:
        total: how many.
    """

    def __init__(self, *, prints_at_once: bool) -> None:
        self._is_shown = sys.stderr.isatty() and not (prints_at_once and sys.stdout.isatty())
        self._status: Status | None = None
        self.total = 0
        self._next = 0.0

    def __enter__(self) -> Self:
        if self._is_shown:
            self._status = _status(sys.stderr)
            self._status.start()
        return self

    def close(self) -> None:
        """Take the count off the terminal."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def add(self) -> None:
        """Count one more."""
        self.total += 1
        if self._status is not None and monotonic() >= self._next:
            self._next = monotonic() + _SECONDS_BETWEEN_COUNTS
            self._status.update(f"{self.total:,} received")


def _status(stream: TextIO) -> Status:
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal to draw on

    return Console(file=stream).status("asking")
