"""How files are copied, and who is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, RLock
from typing import Final, TypedDict

from mi.errors import OperationCancelled
from mi.files.result import CopiedFile, CopyProgress

__all__ = ["RECURSE", "CopyKeywords", "Manner", "Told"]

RECURSE: Final = "Folders are copied with recursive=True, or --recursive."
"""The advice to whom has named a folder and does not want one."""


class CopyKeywords(TypedDict, total=False):
    """The keywords of a copy.

    Attributes:
        recursive: whether folders are copied, with all that is in them; True by default. Else one
            is refused, and one that a pattern finds is left out.
        resume: whether what an earlier try has left is gone on with, and what this one leaves, if
            it fails, is kept for the next.
        times: whether the copies have the times of the last change of what they are of.
        follow_links: whether links in a folder are what they lead to; else they are left out.
        parallel: lanes, each a shell and a script in it, that there may be where there is enough to
            be copied; None, the default, is 4 for several files and 3 for the parts of one. There
            is one less than the session's `max_connections`, if that is given.
        progress: told how far it is, in a thread that copies, by one at a time; what it raises ends
            the copy.
        deadline: seconds or a timedelta that all of it may take; None, the default, is for ever.
    """

    recursive: bool
    resume: bool
    times: bool
    follow_links: bool
    parallel: int | None
    progress: Callable[[CopyProgress], object] | None
    deadline: float | timedelta | None


@dataclass(frozen=True, slots=True)
class Manner:
    """How files are copied.

    Attributes:
        recurses: as `CopyKeywords.recursive`.
        resumes: as `CopyKeywords.resume`.
        keeps_times: as `CopyKeywords.times`.
        follows_links: as `CopyKeywords.follow_links`.
        stop: set when the copy is to end.
    """

    recurses: bool = True
    resumes: bool = False
    keeps_times: bool = False
    follows_links: bool = False
    stop: Event = field(default_factory=Event)


class Told:
    """Keeps account of a copy, and tells of it.

    Attributes:
        sizes: of the files that there are.
        files: those that are done, by their targets.
    """

    def __init__(
        self,
        tell: Callable[[CopyProgress], object] | None,
        sizes: list[int],
        stop: Event,
    ) -> None:
        """Begin with nothing done.

        Args:
            tell: told how far it is, or None.
            sizes: of the files that there are.
            stop: set when the copy is to end.
        """
        self._tell = tell
        self.sizes = sizes
        self._count, self._total = len(sizes), sum(sizes)
        self._before = 0
        self._under_way: dict[str, int] = {}
        self._stop = stop
        self._turn = RLock()
        self.files: dict[str, CopiedFile] = {}

    def more(self, source: str, target: str, size: int, more: int) -> None:
        """Tell that so many bytes more of a file are there; any thread may.

        Args:
            source: the path of the file where it comes from.
            target: its path where it goes.
            size: bytes of it.
            more: bytes that have come.

        Raises:
            OperationCancelled: the copy is to end.
        """
        if self._stop.is_set():
            raise OperationCancelled("the copy was cancelled")
        with self._turn:
            done = self._under_way[target] = self._under_way.get(target, 0) + more
            if self._tell is not None:
                total = self._before + sum(self._under_way.values())
                count = len(self.files), self._count
                self._tell(CopyProgress(source, target, done, size, total, self._total, *count))

    def done(self, file: CopiedFile) -> None:
        """Take note of a file, and tell that it is there."""
        with self._turn:
            self.files[file.target] = file
            left = file.size - self._under_way.get(file.target, 0)
            self.more(file.source, file.target, file.size, left)
            self._before += self._under_way.pop(file.target)
