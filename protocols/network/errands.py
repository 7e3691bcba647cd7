"""Work that nothing can interrupt: the resolver's, the Kerberos library's.

It is done in a thread, which is left behind when the caller's time is over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from threading import BoundedSemaphore, Thread
from typing import Generic, TypeVar

from protocols.network.bounds import Bell, Bounds

__all__ = ["Errand"]

T = TypeVar("T")

# More than this many hanging at once would exhaust the process.
_ERRANDS = BoundedSemaphore(16)


class Errand(Generic[T]):
    """One piece of work; whoever asks again for its result gets that of the same one."""

    def __init__(self, work: Callable[[], T], name: str) -> None:
        """Do nothing yet; `name` is what the thread will be called."""
        self._work = work
        self._name = name
        self._thread: Thread | None = None
        self._outcome: list[tuple[T | None, BaseException | None]] = []
        self._done = Bell()

    def result(self, bounds: Bounds) -> T:
        """Do the work, or go on waiting for it, and return what comes of it.

        Raises:
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled first.
            Exception: what the work raises.
        """
        if self._thread is None:
            places = _ERRANDS
            while not places.acquire(timeout=bounds.wait()):
                pass
            work = partial(copy_context().run, self._run, places)
            self._thread = Thread(target=work, name=self._name, daemon=True)
            self._thread.start()
        bounds.interrupt_by(self._done.ring)
        while not self._outcome:
            self._done.wait(bounds.wait())
        result, error = self._outcome[0]
        if error is not None:
            raise error
        return result  # type: ignore[return-value]  # None only where T has it

    def _run(self, places: BoundedSemaphore) -> None:
        try:
            self._outcome.append((self._work(), None))
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            self._outcome.append((None, error))
        finally:
            places.release()
            self._done.ring()
