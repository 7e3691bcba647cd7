"""What is said to the server when nobody waits for it: the last word of operations that have ended.

A command that is done still has its place in the shell, until a Signal frees it. The caller has its
output and goes on, so that word is sent by a thread behind his back: not at once, since the shell
may be about to be deleted, which makes it needless, but a moment later. Nothing is lost by that:
what has not been said when the session closes, is said then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from threading import Condition, Lock, Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from protocols.winrm.run import Run

__all__ = ["Later"]

PAUSE: Final = 0.25
"""Seconds after which a shell that is to be deleted would have been."""

_MANY: Final = 8  # wait no longer: servers count what has not been freed
_MOST: Final = 32  # the thread cannot keep up


class Later:
    """Runs that have ended, and whose last word is to be said."""

    def __init__(self, say: Callable[[], None], pause: float | None = None) -> None:
        """Keep none yet.

        Args:
            say: says what is to be said, in a thread; it takes the runs out by `take`.
            pause: seconds to wait before that; else it is `PAUSE`.
        """
        self._say = say
        self._pause = PAUSE if pause is None else pause
        self._runs: deque[Run] = deque()
        self._changed = Condition(Lock())
        self._has_thread = False

    def add(self, run: Run) -> bool:
        """Keep a run, unless there are too many; return whether it is kept."""
        with self._changed:
            if len(self._runs) >= _MOST:
                return False
            self._runs.append(run)
            if self._has_thread:
                self._changed.notify()
                return True
            self._has_thread = True
        work = partial(copy_context().run, self._work)
        try:
            Thread(target=work, name="mi-winrm-later", daemon=True).start()
        except RuntimeError:  # no thread is to be had; it is said when the session closes
            self._has_thread = False
        return True

    def take(self) -> Run | None:
        """Take out the run that has been here for longest, or None."""
        try:
            return self._runs.popleft()
        except IndexError:
            return None

    def __len__(self) -> int:
        return len(self._runs)

    def _work(self) -> None:
        while self._is_wanted():
            self._say()

    def _is_wanted(self) -> bool:
        """Wait a moment; return whether there is something to say, and else let the thread end."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._runs) >= _MANY, self._pause)
            self._has_thread = bool(self._runs)
            return self._has_thread
