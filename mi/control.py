"""What bounds a running operation: its time, and the means to stop it.

`timeout` is MI's: the whole of a unary call; of a call with many results the longest wait for the
next delivery, be it a result or progress, counted only while the library waits. `deadline` bounds
the whole operation. A wait begins with `Control.begin_wait`; the `Expiry` it returns says when that
wait must end and why.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from time import monotonic
from typing import NamedTuple

from mi.callbacks import OperationCallbacks
from mi.errors import OperationCancelled, OperationTimeout
from mi.options import OperationOptions
from mi.results import OperationFlags

__all__ = ["GRACE", "CancelToken", "Control", "Expiry"]

GRACE = 5.0
"""Seconds that releasing what is open on the server may take after an operation has ended."""


class Expiry(NamedTuple):
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
        return _NEVER if seconds is None else cls(monotonic() + seconds, limit, seconds)

    @classmethod
    def of_grace(cls) -> Expiry:
        """Return the expiry of what may go on after an operation has ended."""
        return cls.after(GRACE, "grace")

    @classmethod
    def at_once(cls) -> Expiry:
        """Return the expiry of what may not wait at all."""
        return cls.after(0, "grace")

    def remaining(self) -> float | None:
        """Return the seconds left, 0.0 when none are, None when the wait has no end."""
        return None if self.at == math.inf else max(0.0, self.at - monotonic())

    def error(self, phase: str, otherwise: str | None = None) -> OperationTimeout:
        """Return the error for a wait that ended in `phase`, such as "waiting for the reply".

        `otherwise` is what to do where more time would not help, beside the advice to take it.
        """
        advice = _ADVICE.get(self.limit)
        if advice is not None and otherwise is not None:
            advice = f"{advice} {otherwise}"
        return OperationTimeout(
            f"the {self.limit} of {self.seconds:g} s passed while {phase}", advice=advice
        )


_NEVER = Expiry()
_ADVICE = {
    "timeout": "Raise timeout= if the server needs longer.",
    "deadline": "Raise deadline= if the server needs longer.",
}


class CancelToken:
    """Tells whoever works for an operation that it is to stop; any thread may cancel.

    Watchers run in the cancelling thread with the token locked, so once `unwatch` has returned
    its watcher does not run and never will: the connection that it would cut may then serve
    somebody else. A watcher is quick and raises nothing.
    """

    __slots__ = ("_lock", "_reason", "_watchers")

    def __init__(self) -> None:
        # A signal handler may cancel in the very thread that is in watch or unwatch.
        self._lock = RLock()
        self._reason: str | None = None
        self._watchers: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the operation is to stop."""
        return self._reason is not None

    def cancel(self, reason: str = "the operation was cancelled") -> None:
        """Stop the operation; only the first call counts."""
        with self._lock:
            if self._reason is None:
                self._reason = reason
                self._tell()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` once when the operation is cancelled: now, if it has been."""
        with self._lock:
            self._watchers.append(watcher)
            if self._reason is not None:
                self._tell()

    def unwatch(self, watcher: Callable[[], None]) -> None:
        """Forget `watcher`; one that was never known, or was called, is no error."""
        with self._lock, suppress(ValueError):
            self._watchers.remove(watcher)

    def error(self) -> OperationCancelled:
        """Return the error that ends a cancelled operation."""
        return OperationCancelled(self._reason or "the operation was cancelled")

    def _tell(self) -> None:
        while self._watchers:
            self._watchers.pop(0)()


class Control(NamedTuple):
    """How one operation is to be run: options, flags, time and the means to stop it.

    Attributes:
        options: the operation's options, a copy that nobody else changes.
        cancel: stops the operation from any thread.
        flags: MI's operation flags.
        unary: whether the call has one result, which `timeout` then bounds as a whole.
        timeout: seconds, or None for ever.
        deadline: the end of the whole operation.
        unary_end: the end of a unary call by its `timeout`.
        callbacks: what the caller wants to be told besides results; a handler asks the server for
            nothing else. None where there is nothing.
    """

    options: OperationOptions
    cancel: CancelToken
    flags: OperationFlags = OperationFlags.DEFAULT
    unary: bool = True
    timeout: float | None = None
    deadline: Expiry = _NEVER
    unary_end: Expiry = _NEVER
    callbacks: OperationCallbacks | None = None

    @classmethod
    def begin(  # noqa: PLR0913 - one argument for each keyword of a session's methods
        cls,
        options: OperationOptions,
        flags: OperationFlags = OperationFlags.DEFAULT,
        *,
        unary: bool = True,
        timeout: float | None = None,
        deadline: float | Expiry | None = None,
        cancel: CancelToken | None = None,
        callbacks: OperationCallbacks | None = None,
    ) -> Control:
        """Return the control of an operation that starts now."""
        return cls(
            options,
            cancel or CancelToken(),
            flags,
            unary,
            timeout,
            deadline if isinstance(deadline, Expiry) else Expiry.after(deadline, "deadline"),
            Expiry.after(timeout, "timeout") if unary else _NEVER,
            callbacks,
        )

    @property
    def end(self) -> Expiry:
        """The end of the whole operation, whatever it waits for."""
        return _earlier(self.unary_end, self.deadline)

    def begin_wait(self) -> Expiry:
        """Return when the wait that begins now must end: the earlier of time-out and deadline."""
        wait = self.unary_end if self.unary else Expiry.after(self.timeout, "timeout")
        return _earlier(wait, self.deadline)


def _earlier(one: Expiry, other: Expiry) -> Expiry:
    return one if one.at <= other.at else other
