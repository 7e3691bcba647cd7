"""What bounds a running operation: its time, and the means to stop it.

`timeout` is MI's: the whole of a unary call; of a call with many results the longest wait for the
next delivery, counted only while the library waits. `deadline` bounds the whole operation. A wait
begins with `Control.begin_wait`; the `Expiry` it returns says when that wait must end and why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

from mi.errors import OperationCancelled, OperationTimeout
from mi.options import OperationOptions
from mi.results import OperationFlags

__all__ = ["GRACE", "CancelToken", "Control", "Expiry"]

GRACE = 5.0
"""Seconds that releasing what is open on the server may take after an operation has ended."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """The moment at which a wait must end.

    Attributes:
        at: on the monotonic clock, in seconds; infinity for a wait without end.
        limit: the caller's word for it: `timeout`, `deadline` or `grace`.
        seconds: the value the caller gave, for the message.
    """

    at: float = math.inf
    limit: str = "timeout"
    seconds: float = math.inf

    @classmethod
    def after(cls, seconds: float | None, limit: str) -> Expiry:
        """Return the expiry `seconds` from now; None is never."""
        return cls() if seconds is None else cls(monotonic() + seconds, limit, seconds)

    def remaining(self) -> float | None:
        """Return the seconds left, 0.0 when none are, None when the wait has no end."""
        return None if self.at == math.inf else max(0.0, self.at - monotonic())

    def error(self, phase: str) -> OperationTimeout:
        """Return the error for a wait that ended in `phase`."""
        return OperationTimeout(
            f"the {self.limit} of {self.seconds:g} s passed while {phase}",
            advice=f"Raise {self.limit}= if the server needs longer.",
        )


class CancelToken:
    """Tells whoever works for an operation that it is to stop; any thread may cancel."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._reason: str | None = None
        self._watchers: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the operation is to stop."""
        return self._reason is not None

    def cancel(self, reason: str = "the operation was cancelled") -> None:
        """Stop the operation; only the first call counts."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` once when the operation is cancelled: now, if it has been."""
        with self._lock:
            if self._reason is None:
                self._watchers.append(watcher)
                return
        watcher()

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Forget `watcher`; one that was never known, or was called, is no error."""
        with self._lock:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

    def error(self) -> OperationCancelled:
        """Return the error that ends a cancelled operation."""
        return OperationCancelled(self._reason or "the operation was cancelled")


@dataclass(frozen=True, slots=True)
class Control:
    """How one operation is to be run: options, flags, time and the means to stop it.

    Attributes:
        options: the operation's options, copied when it was made.
        flags: MI's operation flags.
        unary: whether the call has one result, which `timeout` then bounds as a whole.
        timeout: seconds, or None for ever.
        deadline: the end of the whole operation.
        started: the end of a unary call by its `timeout`.
        cancel: stops the operation from any thread.
    """

    options: OperationOptions
    flags: OperationFlags = OperationFlags.DEFAULT
    unary: bool = True
    timeout: float | None = None
    deadline: Expiry = field(default_factory=Expiry)
    started: Expiry = field(default_factory=Expiry)
    cancel: CancelToken = field(default_factory=CancelToken)

    @classmethod
    def begin(  # noqa: PLR0913 - one argument for each keyword of a session's methods
        cls,
        options: OperationOptions,
        flags: OperationFlags = OperationFlags.DEFAULT,
        *,
        unary: bool = True,
        timeout: float | None = None,
        deadline: float | None = None,
    ) -> Control:
        """Return the control of an operation that starts now."""
        return cls(
            options,
            flags,
            unary,
            timeout,
            Expiry.after(deadline, "deadline"),
            Expiry.after(timeout if unary else None, "timeout"),
        )

    def begin_wait(self) -> Expiry:
        """Return when the wait that begins now must end: the earlier of time-out and deadline."""
        wait = self.started if self.unary else Expiry.after(self.timeout, "timeout")
        return min(wait, self.deadline, key=lambda expiry: expiry.at)
