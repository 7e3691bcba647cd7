"""The thread that a connection calls COM in, one call after the other.

Whoever wants something waits for it no longer than it may, and no longer than it is wanted. A call
that is under way cannot be ended from outside: it is left to itself, its result is given back when
it comes, and a thread that takes its place does what others wait for. All threads are of one
apartment, so that an interface can be used in any of them; the last stays until the end, since
without it the interfaces would be gone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Event, Lock, Thread, current_thread
from typing import Any, Final, Generic, TypeVar

from mi.control import Expiry
from mi.errors import InvalidParameter, MIError
from mi.results import ErrorCategory
from protocols.wmidcom.com.system import System
from protocols.wmidcom.services import Bounds, WbemError

__all__ = ["Worker"]

T = TypeVar("T")

# Seconds. Windows brings Ctrl-C to no thread that waits for a lock; and a signal's handler that
# cancels may run in the thread that waits, where it must not need a lock to tell it so.
_PATIENCE: Final = 0.05


def _keep(_result: Any) -> None:
    return None


class _Job(Generic[T]):
    """Something to be done, and what came of it."""

    def __init__(self, work: Callable[[], T], discard: Callable[[T], object]) -> None:
        self._work = work
        self._give_back = discard
        self._lock = Lock()
        self._result: list[T] = []
        self._error: BaseException | None = None
        self.is_left = False
        self.is_begun = False
        self.is_done = False
        self.changed = Event()

    def run(self, hindrance: WbemError | None) -> None:
        """Do it, unless nobody wants it any more, or there is a hindrance."""
        with self._lock:
            if self.is_left:
                return
            self.is_begun = True
        if hindrance is not None:
            self._end([], WbemError(hindrance.hresult))
            return
        try:
            result = self._work()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._end([], error)
        else:
            self._end([result], None)

    def _end(self, result: list[T], error: BaseException | None) -> None:
        with self._lock:
            self.is_done = True
            if not self.is_left:
                self._result, self._error = result, error
        self.changed.set()
        if self.is_left:
            for one in result:
                self._give_back(one)

    def leave(self) -> bool:
        """Want it no more; return whether it was done before."""
        with self._lock:
            self.is_left = not self.is_done
            return self.is_done

    def discard(self) -> None:
        """Give back what it returned."""
        for one in self._result:
            self._give_back(one)

    def result(self) -> T:
        """Return what it returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result[0]


class Worker:
    """Does what it is given in a thread that may use COM; any thread may give it something."""

    def __init__(self, system: System) -> None:
        """Make a worker, whose thread begins with the first work."""
        self._system = system
        self._changed = Condition(Lock())
        self._waiting: deque[_Job[Any]] = deque()
        self._threads: set[Thread] = set()
        self._serving = 0  # threads that are in no call that was left to itself
        self._is_closed = False

    def call(
        self,
        work: Callable[[], T],
        bounds: Bounds,
        phase: str,
        *,
        discard: Callable[[T], object] = _keep,
    ) -> T:
        """Return what `work` returns, once it has been done.

        Args:
            work: what to do.
            bounds: ends the wait for it.
            phase: what is waited for, for the message.
            discard: gives back, in that thread, a result that nobody wants any more.

        Raises:
            MIError: the wait is over, the worker is closed, or the system gives no thread; else
                what `work` raises.
        """
        bounds.check(phase)
        job = _Job(work, discard)
        try:
            self._submit(job)
            _wait(job, bounds)
        except BaseException:  # Ctrl-C, most likely
            if self._leave(job):
                self.post(job.discard)
            raise
        if self._leave(job):
            return job.result()
        raise bounds.cancel.error() if bounds.cancel.cancelled else bounds.expiry.error(phase)

    def post(self, work: Callable[[], object]) -> None:
        """Have `work` done when its turn comes; after the end it is not done."""
        job = _Job(work, _keep)
        with self._changed:
            if not self._is_closed:
                self._waiting.append(job)
                self._try_to_serve()

    def close(self, expiry: Expiry) -> None:
        """Do what was given before, and end; twice is allowed."""
        with self._changed:
            self._is_closed = True
            threads = [*self._threads]
            self._changed.notify_all()
        for thread in threads:
            thread.join(expiry.remaining())

    # The side of the caller

    def _submit(self, job: _Job[Any]) -> None:
        with self._changed:
            if self._is_closed:
                raise InvalidParameter("the session is closed")
            self._serve()
            self._waiting.append(job)

    def _serve(self) -> None:
        """Have a thread that does the work; the lock is held."""
        if self._serving:
            self._changed.notify()
            return
        thread = Thread(target=self._run, name="mi-wmi", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise MIError(
                "the system gives no thread", category=ErrorCategory.RESOURCE_UNAVAILABLE
            ) from error
        self._threads.add(thread)
        self._serving += 1

    def _try_to_serve(self) -> None:
        """Have a thread if the system gives one; else whoever comes next does the work."""
        with suppress(MIError):
            self._serve()

    def _leave(self, job: _Job[Any]) -> bool:
        """Want a job no more, and return whether it was done; its thread is replaced if not."""
        with self._changed:
            if job.leave():
                return True
            if job.is_begun:
                self._serving -= 1
                if self._waiting:
                    self._try_to_serve()
            return False

    # The side of the thread

    def _run(self) -> None:
        try:
            self._system.enter()
        except WbemError as error:
            self._work(error)
        else:
            self._work(None)
            self._system.leave()
        with self._changed:
            self._threads.discard(current_thread())

    def _work(self, hindrance: WbemError | None) -> None:
        while (job := self._next()) is not None:
            job.run(hindrance)
            if job.is_left and job.is_begun and not self._is_needed():
                return
            del job  # whoever waits for more must not keep alive what is done

    def _next(self) -> _Job[Any] | None:
        with self._changed:
            while not self._waiting:
                if self._is_closed:
                    return None
                self._changed.wait()
            return self._waiting.popleft()

    def _is_needed(self) -> bool:
        """Return whether a thread that was left to itself is to go on, for lack of another."""
        with self._changed:
            if self._serving:
                return False
            self._serving += 1
            return True


def _wait(job: _Job[Any], bounds: Bounds) -> None:
    while not job.is_done and not bounds.cancel.cancelled:
        remaining = bounds.expiry.remaining()
        if remaining == 0.0:
            return
        job.changed.wait(_PATIENCE if remaining is None else min(remaining, _PATIENCE))
