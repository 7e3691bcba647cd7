"""Threads for what runs behind the caller's back: callbacks, and the waiting of coroutines.

An application takes any `concurrent.futures.Executor` instead. Its own has daemon threads: those of
`ThreadPoolExecutor` keep the interpreter from ending, so a program that leaves a subscription open
would hang at its last line. They end as soon as there is nothing to do, so nobody must close them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import ExceptHookArgs, Lock, Thread, current_thread, excepthook
from typing import Protocol, TypeAlias

from mi.errors import InvalidParameter

__all__ = ["DEFAULT_LIMIT", "Executor", "Work", "Workers", "send"]

DEFAULT_LIMIT = 32
"""Threads of an application that was given no executor; asyncio has no more for its own."""

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
        self._lock = Lock()
        self._waiting: deque[Work] = deque()
        self._count = 0

    def submit(self, work: Work, /) -> None:
        """Call `work` in another thread; what it raises is told as for any thread.

        Raises:
            RuntimeError: the system gives no more threads.
        """
        with self._lock:
            if self._count >= self._limit:
                self._waiting.append(work)
                return
            self._count += 1
        try:
            Thread(target=self._run, args=(work,), name="mi-worker", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._count -= 1
            raise

    def _run(self, work: Work | None) -> None:
        while work is not None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - it must not end the work of others
                told = type(error), error, error.__traceback__, current_thread()
                excepthook(ExceptHookArgs(told))
            work = self._next()

    def _next(self) -> Work | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._count -= 1
            return None


def send(executor: Executor, work: Work) -> None:
    """Let a thread of `executor` do `work`.

    Raises:
        InvalidParameter: it takes none any more.
    """
    try:
        executor.submit(work)
    except RuntimeError as error:
        raise InvalidParameter(f"the executor takes no work: {error}") from error
