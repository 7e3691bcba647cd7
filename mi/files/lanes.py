"""Several lanes to a host, each a script in a shell of its own, and what they have to do.

Each does the next job, that is a file; where there is none left, it helps with a large one that
another is at. A lane that the host does not allow is done without.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from threading import Condition, Event, Thread
from typing import Final, Protocol

from mi.errors import MIError, OperationCancelled
from mi.files.far_files import FarFiles

__all__ = ["LARGE", "Lanes", "Shared", "Sharing", "lanes_for"]

Job = Callable[[FarFiles], None]

LARGE: Final = 4 << 20
"""Bytes for which a lane is worth its start, about a second on the host."""
_OPENING: Final = 1.0  # seconds
_FILES_WORTH: Final = 16  # and as many files, however small


def lanes_for(sizes: Sequence[int], most: int) -> int:
    """Return how many lanes are worth while for files of these sizes, at most `most`."""
    worth = 1 + sum(sizes) // LARGE + len(sizes) // _FILES_WORTH
    return max(1, min(most, worth))


class Shared(Protocol):
    """A file that several lanes may be at."""

    def join(self, far: FarFiles) -> None:
        """Begin to help; by an `MIError` the lane is done without."""
        ...

    def work(self, far: FarFiles) -> None:
        """Help until nothing is left to be begun."""
        ...

    def fail(self, error: BaseException) -> None:
        """Let all lanes end that are at it."""
        ...


Sharing = Callable[[Shared, int], AbstractContextManager[None]]
"""As `Lanes.shared`."""


class _Help:
    """What lanes may help with, and how many do."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.helpers = 0


class Lanes:
    """Does jobs, each in the next lane that is free."""

    def __init__(
        self, first: FarFiles, new: Callable[[], FarFiles], stop: Event, most_of_one: int
    ) -> None:
        """Do nothing yet.

        Args:
            first: the script that runs already; the caller's thread goes on with it.
            new: makes another one, which does not run yet, unless all is to end.
            stop: set when all is to end.
            most_of_one: lanes that may be opened for one job that is shared.
        """
        self._first = first
        self._new = new
        self._stop = stop
        self._most_of_one = most_of_one
        self._jobs: deque[Job] = deque()
        self._under_way = 0  # jobs
        self._wanted: list[_Help] = []
        self._threads: list[Thread] = []
        self._opening: list[FarFiles] | None = []
        self._changed = Condition()
        self._failure: BaseException | None = None

    def run(self, jobs: Sequence[Job], count: int) -> None:
        """Do all jobs.

        Args:
            jobs: in the order in which they begin; what one raises first ends all, and is raised.
            count: of lanes to begin with, at most.

        Raises:
            OperationCancelled: all was to end before it was done.
        """
        self._jobs.extend(jobs)
        self._grow(min(count, len(jobs)))
        self._work(self._first)
        try:
            self._open_no_more()
            for thread in self._threads:
                thread.join()
        except BaseException:  # Ctrl-C
            self._stop.set()
            raise
        if self._failure is not None:
            raise self._failure
        if self._jobs:
            raise OperationCancelled("the copy was cancelled")

    def _open_no_more(self) -> None:
        with self._changed:
            # One whose shell is being made just now can be deleted only once it is there.
            self._changed.wait_for(lambda: not self._opening, _OPENING)
            opening, self._opening = self._opening, None
        for far in opening or ():  # what the host has no room for is not wanted any more
            far.close()

    @contextmanager
    def shared(self, shared: Shared, size: int) -> Iterator[None]:
        """Let lanes help that have nothing else to do, for the `with` block, which waits for them.

        Args:
            shared: what they help with.
            size: bytes of it that are left.
        """
        wanted = _Help(shared)
        self._grow(lanes_for([size], self._most_of_one))
        with self._changed:
            self._wanted.append(wanted)
            self._changed.notify_all()
        try:
            yield
        except BaseException as error:
            shared.fail(error)
            raise
        finally:
            try:
                self._await_helpers(wanted)
            except BaseException as error:  # Ctrl-C
                shared.fail(error)
                self._await_helpers(wanted)
                raise

    def _await_helpers(self, wanted: _Help) -> None:
        with self._changed:
            self._want_no_more(wanted)
            self._changed.wait_for(lambda: not wanted.helpers)

    def _grow(self, count: int) -> None:
        """Let there be so many lanes, if there may be, of which the caller's is one."""
        with self._changed:
            while self._opening is not None and len(self._threads) < count - 1:
                thread = Thread(target=self._follow, name="mi-copy", daemon=True)
                self._threads.append(thread)
                thread.start()

    def _follow(self) -> None:
        """Work in another lane, if there may be one."""
        try:
            far = self._new()
        except OperationCancelled:
            return
        with self._changed:
            if self._opening is None:
                return
            self._opening.append(far)
        with ExitStack() as stack:
            try:
                stack.enter_context(far)
            except MIError:
                return
            finally:
                is_wanted = self._is_open(far)
            if is_wanted:
                self._work(far)

    def _is_open(self, far: FarFiles) -> bool:
        """Take note that a lane is open, or will not be; return whether it is wanted still."""
        with self._changed:
            if self._opening is None:
                return False
            self._opening.remove(far)
            self._changed.notify_all()
            return True

    def _work(self, far: FarFiles) -> None:
        try:
            while (task := self._next()) is not None and task(far):
                continue
        except BaseException as error:  # noqa: BLE001 - it is raised where all come together
            with self._changed:
                self._failure = self._failure or error
            self._stop.set()

    def _next(self) -> Callable[[FarFiles], bool] | None:
        """Return what a lane has to do next, once there is something; None where all is done."""
        with self._changed:
            while not self._stop.is_set():
                if self._jobs:
                    self._under_way += 1
                    return partial(self._begin, self._jobs.popleft())
                if self._wanted:
                    self._wanted[0].helpers += 1
                    return partial(self._help, self._wanted[0])
                if not self._under_way:
                    return None
                self._changed.wait()
        return None

    def _begin(self, job: Job, far: FarFiles) -> bool:
        try:
            job(far)
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify_all()
        return True

    def _help(self, wanted: _Help, far: FarFiles) -> bool:
        """Help with a file; return whether the lane is of use."""
        try:
            try:
                wanted.shared.join(far)
            except MIError:
                return False
            try:
                wanted.shared.work(far)
            except BaseException as error:
                wanted.shared.fail(error)
                raise
            with self._changed:
                self._want_no_more(wanted)
            return True
        finally:
            with self._changed:
                wanted.helpers -= 1
                self._changed.notify_all()

    def _want_no_more(self, wanted: _Help) -> None:
        """Take note that there is nothing more to be begun."""
        if wanted in self._wanted:
            self._wanted.remove(wanted)
