"""Turns: whoever waits for something that others use gets it in the order of coming, in his time.

An operation with a thousand pages takes its place again for each of them, so a short one is never
left behind; and a thread that is cancelled, or whose time is over, leaves the queue at once.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from threading import Lock

from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter
from protocols.network.bounds import Bell, Bounds, Phase

__all__ = ["Turns"]


class _Turn(Bell):
    """The place of one in the queue; it rings when there is news."""

    __slots__ = ("is_given",)

    def __init__(self) -> None:
        super().__init__()
        self.is_given = False


class Turns:
    """So many at a time.

    Args:
        count: how many have a turn at once.
    """

    def __init__(self, count: int = 1) -> None:
        self._count = self._free = count
        self._lock = Lock()
        self._queue: deque[_Turn] = deque()
        self._is_closed = False
        self._all_back = Bell()

    def take(self, expiry: Expiry, cancel: CancelToken, *, is_urgent: bool = False) -> None:
        """Take a turn, which must be given back.

        Args:
            expiry: when waiting for it ends.
            cancel: what ends that before.
            is_urgent: whether it goes before all that wait.

        Raises:
            OperationTimeout: there was none before `expiry`.
            OperationCancelled: `cancel` came first.
            InvalidParameter: there are none any more.
        """
        turn = self._claim(is_urgent=is_urgent)
        if turn is not None:
            try:
                with Bounds(expiry, cancel, 0) as bounds:
                    self._wait(turn, bounds)
            except BaseException:
                self._leave(turn)
                raise

    def take_within(self, bounds: Bounds) -> None:
        """Take a turn as part of something that is bounded already; else as `take`."""
        turn = self._claim()
        if turn is not None:
            try:
                self._wait(turn, bounds)
            except BaseException:
                self._leave(turn)
                raise

    def give_back(self) -> None:
        """Let the next one have the turn."""
        with self._lock:
            if self._queue:
                turn = self._queue.popleft()
                turn.is_given = True
                turn.ring()
                return
            self._free += 1
            if self._is_closed and self._free == self._count:
                self._all_back.ring()

    def close(self) -> None:
        """Send all that wait away; from now on there are no turns."""
        with self._lock:
            self._is_closed = True
            waiting = list(self._queue)
            self._queue.clear()
            if self._free == self._count:
                self._all_back.ring()
        for turn in waiting:
            turn.ring()

    def wait_for_all(self, expiry: Expiry) -> None:
        """Wait until all turns are back, once it is closed, but no longer than `expiry`."""
        self._all_back.wait(expiry.remaining())

    def _claim(self, *, is_urgent: bool = False) -> _Turn | None:
        """Take a turn that is free, else join the queue."""
        with self._lock:
            self._check_open()
            if self._free:
                self._free -= 1
                return None
            turn = _Turn()
            if is_urgent:
                self._queue.appendleft(turn)
            else:
                self._queue.append(turn)
            return turn

    def _wait(self, turn: _Turn, bounds: Bounds) -> None:
        bounds.enter(Phase.QUEUING)
        bounds.interrupt_by(turn.ring)
        while not turn.is_given:
            self._check_open()
            turn.wait(bounds.wait())

    def _leave(self, turn: _Turn) -> None:
        """Leave the queue, or give back the turn that came in the meantime."""
        with self._lock:
            if not turn.is_given:
                with suppress(ValueError):  # closing took it out
                    self._queue.remove(turn)
                return
        self.give_back()

    def _check_open(self) -> None:
        if self._is_closed:
            raise InvalidParameter("the session is closed")
