"""Calls that COM answers later, so that the thread is free for others meanwhile.

A call with WBEM_FLAG_RETURN_IMMEDIATELY returns at once, with an IWbemCallResult that is asked from
time to time. Wine 8 has none of that and answers in the call itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from ctypes import byref, c_int32, c_void_p
from typing import Any, Final, Generic, TypeVar

from protocols.wmidcom.com.interfaces import CallResult
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.system import System, succeeded
from protocols.wmidcom.services import WbemError

__all__ = [
    "SLICE",
    "TIMED_OUT",
    "Answer",
    "Call",
    "nothing_of",
    "object_of",
    "path_of",
]

T = TypeVar("T")

SLICE: Final = 0.05
"""Seconds that the thread waits for one call at a stretch, while others may want it, too."""

TIMED_OUT: Final = 0x40004
"""WBEM_S_TIMEDOUT: there is no answer yet."""

_MILLISECOND: Final = 0.001


class Answer:
    """What a call has put where it was told to: an object, and what is asked for its outcome."""

    def __init__(self, system: System) -> None:
        """Make room for it.

        Args:
            system: where the call is made.
        """
        self._system = system
        self._found = c_void_p()
        self._result = c_void_p()
        self.object_place = byref(self._found)
        self.result_place = byref(self._result)

    def result(self) -> CallResult | None:
        """Return what is asked for the outcome, if it is not here yet."""
        return CallResult(self._system, self._result.value) if self._result.value else None

    def found(self) -> WbemObject | None:
        """Return the object that came at once, if it did."""
        return WbemObject(self._system, self._found.value) if self._found.value else None


class Call(Generic[T]):
    """A call under way. All but making it and `outcome` is for the threads that use COM.

    Attributes:
        is_begun: whether it was made, or was about to be.
    """

    def __init__(
        self,
        system: System,
        begin: Callable[[Answer], object],
        take: Callable[[CallResult], Any],
        finish: Callable[[Any], T],
    ) -> None:
        """Make a call that has not begun.

        Args:
            system: where it is made.
            begin: makes it.
            take: takes the outcome from what is asked for it, once there is one.
            finish: makes the result of the outcome, or of the object that came at once.
        """
        self._system = system
        self._begin = begin
        self._take = take
        self._finish = finish
        self._pending: CallResult | None = None
        self._outcomes: list[T] = []
        self.is_begun = False

    def step(self) -> bool:
        """Begin, or go on; wait a little, and return whether it is over.

        Raises:
            WbemError: it failed.
        """
        if self._pending is None:
            answer = Answer(self._system)
            self.is_begun = True
            self._begin(answer)
            self._pending = answer.result()
            if self._pending is None:
                self._outcomes.append(self._finish(answer.found()))
                return True
        with self._pending.shared() as pending:
            status = _status(pending)
            if status is None:
                return False
            if status < 0:
                with suppress(WbemError):  # it fails with the same number, and says more of it
                    self._take(pending)
                succeeded(status)
            self._outcomes.append(self._finish(self._take(pending)))
        return True

    def outcome(self) -> T:
        """Return the result of a call that is over."""
        return self._outcomes[0]

    def release(self) -> None:
        """Let go of what is asked for the outcome."""
        if self._pending is not None:
            self._pending.release()


def _status(pending: CallResult) -> int | None:
    """Return how a call ended, as an HRESULT; None while it is under way."""
    status = c_int32()
    milliseconds = int(SLICE / _MILLISECOND)
    if pending.call(CallResult.GET_CALL_STATUS, milliseconds, byref(status)) == TIMED_OUT:
        return None
    return status.value


def object_of(pending: CallResult) -> WbemObject | None:
    """Return the object that a call ended with, if it did."""
    address = pending.take_address(CallResult.GET_RESULT_OBJECT, 0)
    return WbemObject(pending.system, address) if address else None


def path_of(pending: CallResult) -> str | None:
    """Return the path of the object that a call has written, if it says so."""
    try:
        return pending.take_text(CallResult.GET_RESULT_STRING, 0) or None
    except WbemError:
        return None


def nothing_of(_pending: CallResult) -> None:
    """Return nothing: it is enough that the call has succeeded."""
