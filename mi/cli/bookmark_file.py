"""The file in which the command line keeps how far it has read a log."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

__all__ = ["BookmarkFile"]


class BookmarkFile:
    """A bookmark on disk; the file holds the whole old one or the whole new one at any moment."""

    def __init__(self, path: str) -> None:
        """Make it; nothing is read or written yet."""
        self._path = Path(os.path.realpath(path))  # so that a link stays one
        self._kept: str | None = None

    def read(self) -> str | None:
        """Return what was kept, or None where there is nothing yet.

        Raises:
            click.BadParameter: the file cannot be read.
        """
        try:
            self._kept = self._path.read_text("utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(error) from error
        return self._kept

    def save(self, bookmark: str | None) -> None:
        """Keep a bookmark, unless there is none or it is kept already.

        Raises:
            click.BadParameter: the file cannot be written.
        """
        if bookmark is None or bookmark == self._kept:
            return
        try:
            self._replace(bookmark)
        except OSError as error:
            raise _unusable(error) from error
        self._kept = bookmark

    def _replace(self, bookmark: str) -> None:
        # Beside it, for only within one file system does one name take the place of another.
        number, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(f"{bookmark}\n")
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _unusable(error: Exception) -> click.BadParameter:
    return click.BadParameter(str(error), param_hint="--bookmark")
