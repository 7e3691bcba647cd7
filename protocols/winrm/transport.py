"""The lines to one destination, of which there is one, lent to one exchange at a time.

Whoever waits for the line gets it in the order of coming, within his own time: an operation with a
thousand pages takes its place again for each of them, so a short one is never left behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from protocols.winrm.bounds import Bell, Bounds, Phase
from protocols.winrm.endpoint import Address
from protocols.winrm.line import Line

__all__ = ["Transport"]


class Transport:
    """What a session's operations share: one connection and what became of the credentials.

    Nothing is connected before the first exchange.
    """

    def __init__(
        self, address: Address, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> None:
        self._line = Line(address, options, callbacks)
        self._lock = Lock()
        self._is_lent = False
        self._is_closed = False
        self._queue: deque[Bell] = deque()

    @contextmanager
    def lease(self, expiry: Expiry, cancel: CancelToken) -> Iterator[Line]:
        """Lend the line.

        Raises:
            OperationTimeout: it was not free before `expiry`.
            OperationCancelled: `cancel` came first.
            InvalidParameter: the transport is closed.
        """
        self._take(expiry, cancel)
        try:
            yield self._line
        finally:
            self._give_back()

    def close(self, expiry: Expiry) -> None:
        """Close the connection; an exchange that does not end by `expiry` is cut off."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            for waiting in self._queue:
                waiting.ring()
            turn = self._join(self._queue.appendleft)
        if turn is None or turn.wait(expiry.remaining()):
            self._line.discard()
        else:
            self._line.abort()

    def _take(self, expiry: Expiry, cancel: CancelToken) -> None:
        with self._lock:
            self._check_open()
            turn = self._join(self._queue.append)
        if turn is None:
            return
        try:
            with Bounds(expiry, cancel, 0) as bounds:
                bounds.enter(Phase.QUEUING)
                bounds.interrupt_by(turn.ring)
                while not self._has(turn):
                    turn.wait(bounds.wait())
        except BaseException:
            self._leave(turn)
            raise

    def _join(self, join: Callable[[Bell], None]) -> Bell | None:
        """Take the line if it is free, else join the queue for it."""
        if not self._is_lent:
            self._is_lent = True
            return None
        turn = Bell()
        join(turn)
        return turn

    def _has(self, turn: Bell) -> bool:
        with self._lock:
            self._check_open()
            return turn not in self._queue

    def _leave(self, turn: Bell) -> None:
        with self._lock:
            if turn in self._queue:
                self._queue.remove(turn)
                return
        self._give_back()

    def _give_back(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().ring()
            else:
                self._is_lent = False

    def _check_open(self) -> None:
        if self._is_closed:
            raise InvalidParameter("the session is closed")
