"""The parts of one file that lanes take in order, and are done with in any order."""

from __future__ import annotations

from threading import Condition
from typing import Final, NamedTuple

__all__ = ["WINDOW", "Part", "Ranges"]

WINDOW: Final = 32 << 20
"""Bytes in which something may be missing: of what was written of a file by several lanes, all but
so much of the end is there without a hole."""


class Part(NamedTuple):
    """A part of a file: where it begins, and the bytes that it has."""

    begin: int
    size: int


class Ranges:
    """What is left to be copied of a file; any thread may use it.

    A part is given only if it ends within `WINDOW` bytes of what is done from the begin on. Who has
    to wait for that must have nothing under way, for it may be what others wait for.
    """

    def __init__(self, begin: int, end: int) -> None:
        """Give all from `begin` to `end`."""
        self._changed = Condition()
        self._next, self._end = begin, end
        self._under_way: dict[int, Part] = {}  # by their begins, which rise
        self._failure: BaseException | None = None

    @property
    def done(self) -> int:
        """How much is done from the begin on, without a hole."""
        with self._changed:
            return self._done()

    @property
    def is_taken(self) -> bool:
        """Whether there is nothing left to be taken."""
        return self._next == self._end

    def take(self, most: int) -> Part | None:
        """Return the next part, or None if there is none now.

        Args:
            most: bytes that it may have.

        Raises:
            BaseException: what another lane has failed by.
        """
        with self._changed:
            self._check()
            if self.is_taken or not self._has_room(most):
                return None
            part = Part(self._next, min(most, self._end - self._next))
            self._under_way[part.begin] = part
            self._next += part.size
            if self.is_taken:
                self._changed.notify_all()
            return part

    def wait(self, most: int) -> None:
        """Wait until `take` may give a part, or none is left.

        Raises:
            BaseException: what another lane has failed by.
        """
        with self._changed:
            while self._failure is None and not (self.is_taken or self._has_room(most)):
                self._changed.wait()
            self._check()

    def finish(self, parts: list[Part]) -> None:
        """Take note that these are done; the list is empty then."""
        with self._changed:
            for part in parts:
                del self._under_way[part.begin]
            parts.clear()
            self._changed.notify_all()

    def fail(self, error: BaseException) -> None:
        """Let all end by this error; the first counts."""
        with self._changed:
            self._failure = self._failure or error
            self._changed.notify_all()

    def check(self) -> None:
        """Do nothing while no lane has failed.

        Raises:
            BaseException: what one has failed by.
        """
        with self._changed:
            self._check()

    # With the lock

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _done(self) -> int:
        return next(iter(self._under_way), self._next)

    def _has_room(self, most: int) -> bool:
        end = min(self._next + most, self._end)
        return not self._under_way or end - self._done() <= WINDOW
