"""What bounds a call: the caller's time and his cancel, at once or when the server has answered."""

from __future__ import annotations

from time import monotonic
from typing import Final

from mi.control import CancelToken, Expiry
from mi.errors import OperationCancelled, OperationTimeout
from protocols.network.bounds import Bounds
from protocols.wmidcom.rpc.association import LARGEST_REPLY

__all__ = ["Patient", "within"]

# Of one call; headers and proofs are bytes, too.
_MOST_RECEIVED: Final = LARGEST_REPLY + LARGEST_REPLY // 8
_SLACK: Final = 1.0  # seconds that an answer may take beyond what the server was told to wait
_GLANCE: Final = 0.5


def within(expiry: Expiry, cancel: CancelToken) -> Bounds:
    """Return what bounds calls."""
    return Bounds(expiry, cancel, _MOST_RECEIVED)


class Patient(Bounds):
    """What bounds a call that the server was told to answer soon.

    Nothing is cut while that is not overdue, for a connection that was cut costs another logon:
    whoever cancels, or has no more time, waits for the answer.
    """

    __slots__ = ("_due",)

    def __init__(self, expiry: Expiry, cancel: CancelToken, patience: float) -> None:
        super().__init__(expiry, cancel, _MOST_RECEIVED)
        self._due = monotonic() + patience + _SLACK

    def interrupt(self) -> None:
        """Do nothing: the answer comes by itself."""

    def wait(self) -> float:
        """Return how many seconds to wait at most before asking again."""
        try:
            return super().wait()
        except (OperationTimeout, OperationCancelled):
            left = self._due - monotonic()
            if left <= 0:
                raise
            return min(left, _GLANCE)
