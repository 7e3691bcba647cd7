"""Enumerators: objects that are taken in portions (IEnumWbemClassObject, MS-WMI 3.1.4.4)."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from protocols.loopback.wmi.failures import Failure, failure

__all__ = ["S_FALSE", "S_OK", "TIMED_OUT", "Enumerator", "Portion", "Waiting"]

S_OK: Final = 0
S_FALSE: Final = 1
"""WBEM_S_FALSE: there are no more than these."""
TIMED_OUT: Final = 0x00040004
"""WBEM_S_TIMEDOUT: there may be more, later."""

_FORWARD_ONLY: Final = 0x20
_MILLISECOND: Final = 0.001


class Portion(NamedTuple):
    """What comes of a Next.

    Attributes:
        hresult: `S_OK` where it is as many as were asked for, `S_FALSE` at the end, `TIMED_OUT`.
        objects: as they are sent.
    """

    hresult: int
    objects: list[bytes]


class Enumerator:
    """One enumerator; the calls on it come one after the other."""

    def __init__(self, objects: Iterable[bytes] | Waiting, flags: int) -> None:
        """Make an enumerator.

        Args:
            objects: what it enumerates; they are made as they are taken.
            flags: of the call: one that is forward-only cannot be reset or cloned.
        """
        self._is_forward_only = bool(flags & _FORWARD_ONLY)
        self._kept: list[bytes] = []
        self._place = 0
        self._failure: Failure | None = None
        self._waiting = objects if isinstance(objects, Waiting) else None
        self._rest: Iterator[bytes] = iter(()) if isinstance(objects, Waiting) else iter(objects)

    def next(self, count: int, timeout: int) -> Portion:
        """Return the next objects (Next).

        Args:
            count: how many at most.
            timeout: milliseconds to wait for them; -1 is for ever.

        Raises:
            Failure: the next one cannot be had.
        """
        if not count:
            raise failure("WBEM_E_INVALID_PARAMETER", "Next")
        until = None if timeout < 0 else time.monotonic() + timeout * _MILLISECOND
        if self._waiting is not None:
            return self._waiting.take(count, until)
        taken = self._taken(count)
        if self._failure is not None and not taken:
            raise self._failure
        if self._failure is not None:  # which comes next
            return Portion(TIMED_OUT, taken)
        return Portion(S_OK if len(taken) == count else S_FALSE, taken)

    def _taken(self, count: int) -> list[bytes]:
        """Return the next objects, up to one that fails."""
        taken = self._kept[self._place : self._place + count]
        try:
            while len(taken) < count and (one := next(self._rest, None)) is not None:
                taken.append(one)
                if not self._is_forward_only:
                    self._kept.append(one)
        except Failure as failed:
            self._failure = failed
        self._place += 0 if self._is_forward_only else len(taken)
        return taken

    def skip(self, count: int, timeout: int) -> int:
        """Pass over objects (Skip), and say whether there were as many."""
        return self.next(count, timeout).hresult

    def reset(self) -> None:
        """Begin anew (Reset).

        Raises:
            Failure: it is forward-only.
        """
        if self._is_forward_only or self._waiting is not None:
            raise failure("WBEM_E_INVALID_OPERATION", "Reset")
        self._place = 0

    def clone(self) -> Enumerator:
        """Return one that is in the same place (Clone).

        Raises:
            Failure: it is forward-only.
        """
        if self._is_forward_only or self._waiting is not None:
            raise failure("WBEM_E_INVALID_OPERATION", "Clone")
        self._kept += self._rest
        twin = Enumerator(self._kept[:], 0)
        twin._kept, twin._rest, twin._place = self._kept[:], iter(()), self._place
        return twin

    def close(self) -> None:
        """Let whoever waits go."""
        if self._waiting is not None:
            self._waiting.close()


class Waiting:
    """Objects that come with time; any thread may add one."""

    def __init__(self, source: object = None) -> None:
        """Wait for objects.

        Args:
            source: what adds them, which is to live as long as this.
        """
        self._condition = threading.Condition()
        self._objects: deque[bytes] = deque()
        self._source = source
        self._is_closed = False

    def add(self, one: bytes) -> None:
        """Add an object, for whoever waits or will."""
        with self._condition:
            self._objects.append(one)
            self._condition.notify_all()

    def take(self, most: int, until: float | None) -> Portion:
        """Return up to `most` objects; wait for as many, but no longer than `until`."""
        with self._condition:
            while len(self._objects) < most and not self._is_closed:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._condition.wait(left)
            taken = [self._objects.popleft() for _ in range(min(most, len(self._objects)))]
        if len(taken) == most:
            return Portion(S_OK, taken)
        if self._is_closed and not taken:
            raise Failure(_CANCELLED)
        return Portion(TIMED_OUT, taken)

    def close(self) -> None:
        """Let whoever waits go, and add no more."""
        with self._condition:
            self._is_closed = True
            self._source = None
            self._condition.notify_all()


_CANCELLED: Final = 0x80041032  # WBEM_E_CALL_CANCELLED
