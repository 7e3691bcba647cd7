"""Threads for what runs behind the caller's back: callbacks, and the waiting of coroutines.

An application takes any `concurrent.futures.Executor` instead. Its own has daemon threads: those of
`ThreadPoolExecutor` keep the interpreter from ending, so a program that leaves a subscription open
would hang at its last line. They end when there is nothing to do, so nobody must close them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition, ExceptHookArgs, Lock, Thread, current_thread, excepthook
from typing import Protocol, TypeAlias

from mi.errors import InvalidParameter

__all__ = ["DEFAULT_LIMIT", "LINGER", "Executor", "Work", "Workers", "send"]

DEFAULT_LIMIT = 32
"""Threads of an application that was given no executor; asyncio has no more for its own."""

LINGER = 1.0
"""Seconds after which a thread that has nothing to do ends; making one costs more than all else."""

Work: TypeAlias = Callable[[], object]


class Executor(Protocol):
    """What the library needs of an executor; those of `concurrent.futures` have it."""

    def submit(self, work: Work, /) -> object:
        """Call `work` in another thread, as soon as there is one.

        Raises:
            RuntimeError: no more work is taken.
        """
        ...


class Workers:
    """At most `limit` daemon threads; more work waits for its turn, first come, first served."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._waiting: deque[Work] = deque()
        self._changed = Condition(Lock())
        self._count = 0  # threads
        self._idle = 0  # those of them that wait for work, also if it is on its way to them

    def submit(self, work: Work, /) -> None:
        """Call `work` in another thread; what it raises is told as for any thread.

        Raises:
            RuntimeError: the system gives no thread.
        """
        with self._changed:
            self._waiting.append(work)
            if self._idle >= len(self._waiting):
                self._changed.notify()
                return
            if self._count >= self._limit:
                return
            self._count += 1
        try:
            Thread(target=self._run, name="mi-worker", daemon=True).start()
        except RuntimeError:
            if not self._is_done_by_another(work):
                raise

    def _is_done_by_another(self, work: Work) -> bool:
        with self._changed:
            self._count -= 1
            if self._count == 0:
                self._waiting.remove(work)
            return self._count > 0

    def _run(self) -> None:
        while (work := self._next()) is not None:
            _do(work)
            del work  # whoever waits for more must not keep alive what is done

    def _next(self) -> Work | None:
        with self._changed:
            if not self._waiting:
                self._idle += 1
                self._changed.wait_for(lambda: self._waiting, LINGER)
                self._idle -= 1
            if self._waiting:
                return self._waiting.popleft()
            self._count -= 1
            return None


def _do(work: Work) -> None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - it must not end the work of others
        told = type(error), error, error.__traceback__, current_thread()
        excepthook(ExceptHookArgs(told))


def send(executor: Executor, work: Work) -> None:
    """Let a thread of `executor` do `work`.

    Raises:
        InvalidParameter: it takes none any more.
    """
    try:
        executor.submit(work)
    except RuntimeError as error:
        raise InvalidParameter(f"the executor takes no work: {error}") from error
