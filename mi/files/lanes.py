"""Several files under way at once, each lane by a script and a connection of its own.

Two messages to one script may overtake one another, so each script is written to in turn; files
have nothing to do with one another, so several scripts hide the way to the host. A lane that the
host does not allow is done without.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from threading import Event, Lock, Thread
from typing import Final, Generic, TypeVar

from mi.errors import MIError, OperationCancelled
from mi.files.far_files import FarFiles

__all__ = ["Lanes", "lanes_for"]

JobT = TypeVar("JobT")

_WORTH: Final = 4 << 20  # bytes for which a lane is worth its start, about a second on the host
_FILES_WORTH: Final = 16  # and as many files, however small


def lanes_for(sizes: Sequence[int], most: int) -> int:
    """Return how many lanes are worth while for files of these sizes, at most `most`."""
    worth = 1 + sum(sizes) // _WORTH + len(sizes) // _FILES_WORTH
    return max(1, min(most, len(sizes), worth))


class Lanes(Generic[JobT]):
    """Does jobs, each with the next script that is free."""

    def __init__(self, first: FarFiles, new: Callable[[], FarFiles], stop: Event) -> None:
        """Do nothing yet.

        Args:
            first: the script that runs already; the caller's thread goes on with it.
            new: makes another one, which does not run yet.
            stop: set when all is to end.
        """
        self._first = first
        self._new = new
        self._stop = stop
        self._jobs: deque[JobT] = deque()
        self._opening: list[FarFiles] | None = []
        self._lock = Lock()
        self._failure: BaseException | None = None

    def run(self, jobs: Sequence[JobT], count: int, do: Callable[[FarFiles, JobT], None]) -> None:
        """Do all jobs.

        Args:
            jobs: in the order in which they begin.
            count: of lanes, at most.
            do: does one; what it raises first ends all, and is raised.

        Raises:
            OperationCancelled: all was to end before it was done.
        """
        self._jobs.extend(jobs)
        threads = [
            Thread(target=self._follow, args=(do,), name="mi-copy", daemon=True)
            for _ in range(count - 1)
        ]
        for thread in threads:
            thread.start()
        self._work(self._first, do)
        with self._lock:
            opening, self._opening = self._opening, None
        for far in opening or ():  # what the host has no room for is not wanted any more
            far.close()
        try:
            for thread in threads:
                thread.join()
        except BaseException:  # Ctrl-C
            self._stop.set()
            raise
        if self._failure is not None:
            raise self._failure
        if self._jobs:
            raise OperationCancelled("the copy was cancelled")

    def _follow(self, do: Callable[[FarFiles, JobT], None]) -> None:
        """Work in another lane, if there may be one."""
        far = self._new()
        if not self._note(lambda opening: opening.append(far)):
            return
        with ExitStack() as stack:
            try:
                stack.enter_context(far)
            except MIError:
                return
            if self._note(lambda opening: opening.remove(far)):
                self._work(far, do)

    def _note(self, change: Callable[[list[FarFiles]], None]) -> bool:
        """Change what is being opened; return whether that is wanted still."""
        with self._lock:
            if self._opening is None:
                return False
            change(self._opening)
            return True

    def _work(self, far: FarFiles, do: Callable[[FarFiles, JobT], None]) -> None:
        try:
            while not self._stop.is_set():
                try:
                    job = self._jobs.popleft()
                except IndexError:
                    return
                do(far, job)
        except BaseException as error:  # noqa: BLE001 - it is raised where all come together
            with self._lock:
                self._failure = self._failure or error
            self._stop.set()
