"""How long a subscription lives that nobody asked to end, and when to ask for more."""

from __future__ import annotations

from datetime import timedelta

from protocols.wsman.eventing import Expiration

__all__ = ["Lifetime"]


class Lifetime:
    """The time that a server gives a subscription, counted in Pulls, for there is no clock here.

    No Pull takes longer than the server was told it may, so that many of them tell when half of
    the time may be over. The time that the caller takes between them is not seen.

    Attributes:
        granted: the time that the server gave last, or None if it does not end, or at a moment of
            which nobody here knows how near it is.
    """

    def __init__(self, longest_wait: float) -> None:
        """Begin without an end.

        Args:
            longest_wait: seconds that one Pull may take.
        """
        self._longest_wait = longest_wait
        self._left = 0
        self.granted: timedelta | None = None

    def grant(self, expires: Expiration | None) -> None:
        """Take note of the end that the server gives, from now on; None is no end."""
        self.granted = expires if isinstance(expires, timedelta) else None
        if self.granted is not None:
            self._left = max(1, int(self.granted.total_seconds() / 2 / self._longest_wait))

    def is_due(self) -> bool:
        """Return whether to ask for more time, now that another Pull is over."""
        if self.granted is None:
            return False
        self._left -= 1
        return self._left <= 0
