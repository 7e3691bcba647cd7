"""What is asked of a running command from outside: Ctrl-C, and its end.

A command notices both where it waits: when it reads its input, writes its output or sleeps. All
of one command's waits share one condition, so that whatever happens wakes whoever waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["CONTROL_C_EXIT", "Attention", "CtrlC", "Terminated"]

CONTROL_C_EXIT: Final = 0xC000013A
"""The exit code of a program that Ctrl-C ends (STATUS_CONTROL_C_EXIT)."""

_GLANCE: Final = 0.02  # seconds between two looks at what no condition tells


class CtrlC(Exception):
    """The client pressed Ctrl-C; a command that catches it goes on, or ends as it likes."""


class Terminated(Exception):
    """The command is to end at once: by a signal, with its shell, or with the endpoint."""


class Attention:
    """What a command has to notice, and the condition on which all of its parts wait."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self._ctrl_c = 0
        self._is_terminated = False
        self._busy = 0  # threads of the command that run, and wait for nothing

    @property
    def is_busy(self) -> bool:
        """Whether the command is about to do something, rather than waiting, ended or not begun."""
        return self._busy > 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run, as the command, what stands in this block."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self.condition:
            self._busy += change
            self.condition.notify_all()

    @property
    def is_terminated(self) -> bool:
        """Whether the command is to end."""
        return self._is_terminated

    @property
    def is_asked(self) -> bool:
        """Whether the next wait will raise."""
        return self._is_terminated or self._ctrl_c > 0

    def ctrl_c(self) -> None:
        """Let the command's present or next wait raise CtrlC, once."""
        with self.condition:
            self._ctrl_c += 1
            self.condition.notify_all()

    def terminate(self) -> None:
        """Let the command's present and every later wait raise Terminated."""
        with self.condition:
            self._is_terminated = True
            self.condition.notify_all()

    def check(self) -> None:
        """Do nothing, unless something was asked.

        Raises:
            CtrlC, Terminated: it was.
        """
        with self.condition:
            if self._is_terminated:
                raise Terminated
            if self._ctrl_c:
                self._ctrl_c -= 1
                raise CtrlC

    def wait_for(self, is_so: Callable[[], bool], seconds: float | None = None) -> bool:
        """Wait, as the command, until something is so, or its time is over; return whether it is.

        Raises:
            CtrlC, Terminated: this was asked meanwhile.
        """
        with self.condition:
            if not (self.is_asked or is_so()):
                self._count(-1)
                self.condition.wait_for(lambda: self.is_asked or is_so(), seconds)
                self._count(1)
            self.check()
            return is_so()

    def watch(
        self, is_so: Callable[[], bool], seconds: float, is_connected: Callable[[], bool]
    ) -> bool:
        """Wait, for a client, until something is so; return whether it is.

        Args:
            is_so: what is waited for.
            seconds: for how long at most.
            is_connected: whether the client still waits, which ends the wait if not.
        """
        until = time.monotonic() + seconds
        with self.condition:
            while not is_so():
                left = until - time.monotonic()
                if left <= 0 or not is_connected():
                    return False
                self.condition.wait(min(_GLANCE, left))
            return True
