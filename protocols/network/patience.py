"""Asking again, a little later, a server that has too much to do just now.

Which answers say so is the protocol's to know; they say that the request was not begun, so it may
be asked again, as long as the caller's time allows. Each wait is twice the one before, and then a
part of that by chance, so that those who were sent away together do not come back together.
"""

from __future__ import annotations

from random import uniform
from typing import Final

from mi.control import CancelToken, Expiry
from protocols.network.bounds import Bell, Bounds, Phase

__all__ = ["Patience"]

_FIRST: Final = 0.25  # seconds
_MOST_WAITS: Final = 5  # eight seconds in all, where the caller has more: then it is no peak


class Patience:
    """What one request has left of it.

    Args:
        expiry: when the caller's time is over.
        cancel: what ends a wait before.
    """

    __slots__ = ("_cancel", "_expiry", "_next", "_waits")

    def __init__(self, expiry: Expiry, cancel: CancelToken) -> None:
        self._expiry = expiry
        self._cancel = cancel
        self._waits = 0
        self._next = _FIRST

    @property
    def is_left(self) -> bool:
        """Whether there is time to wait once more, and it was not done too often."""
        if self._waits == _MOST_WAITS:
            return False
        remaining = self._expiry.remaining()
        return remaining is None or remaining > self._next

    def wait(self) -> float:
        """Wait, and return for how many seconds.

        Raises:
            OperationCancelled: the operation was cancelled meanwhile.
        """
        wait = uniform(self._next / 2, self._next)  # noqa: S311 - no secret
        self._waits += 1
        self._next *= 2
        end = Expiry.after(wait, "wait")
        bell = Bell()
        with Bounds(self._expiry, self._cancel, 0) as bounds:
            bounds.enter(Phase.YIELDING)
            bounds.interrupt_by(bell.ring)
            while (left := end.remaining() or 0.0) > 0:
                bell.wait(min(left, bounds.wait()))
        return wait
