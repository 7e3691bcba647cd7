"""A bar that shows how far a copy is, where there is a terminal to draw it on."""

from __future__ import annotations

import ntpath
import os
import sys
from typing import TYPE_CHECKING, Final, Self

from mi.cli.output.terminal import visible
from mi.closing import Closing
from mi.files.result import CopyProgress

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["CopyBar"]

_NAME_WIDTH: Final = 20  # so that 80 columns have room for all that follows it


class CopyBar(Closing):
    """A bar with the rate and the time that is left, on standard error if that is a terminal."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            self._progress = _progress()
            self._progress.start()
        return self

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def at(self, told: CopyProgress) -> None:
        """Show this."""
        if self._progress is None:
            return
        name = visible(ntpath.basename(told.source.replace(os.sep, "\\")))
        if self._task is None:
            self._task = self._progress.add_task(name, total=told.total_size, count="")
        self._progress.update(
            self._task,
            description=name,
            completed=told.total_done,
            count=f"{told.files_done}/{told.files}",
        )


def _progress() -> Progress:
    from rich.console import Console  # noqa: PLC0415 - only where there is a terminal to draw on
    from rich.progress import (  # noqa: PLC0415 - likewise
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.table import Column  # noqa: PLC0415 - likewise

    name = Column(no_wrap=True, overflow="ellipsis", max_width=_NAME_WIDTH)
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=name),
        BarColumn(),
        TextColumn("{task.fields[count]}", markup=False),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
