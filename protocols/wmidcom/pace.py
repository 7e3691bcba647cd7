"""How many objects to ask for at once, and how long to let the server wait for them.

`Next` returns when it has as many objects as it was asked for, or when its time is over
(MS-WMI 3.1.4.4.2). A second is as long as that may be: a cancel, a time limit and the other
threads of the session get their turn in between.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

__all__ = ["LONGEST_WAIT", "Eager", "Growing", "Pace", "Portion"]

LONGEST_WAIT: Final = 1.0
"""Seconds that the server may wait for objects in one call."""

_FIRST: Final = 16
_MOST: Final = 256
_MOST_BYTES: Final = 4 * 1024 * 1024  # of one portion; objects have 2 to 20 KB, and a few far more


class Portion(NamedTuple):
    """What to ask for: how many objects, and how many seconds to wait for them."""

    size: int
    wait: float


class Pace(Protocol):
    """How one enumeration is read."""

    def portion(self) -> Portion:
        """Return what to ask for next."""
        ...

    def took(self, count: int, size: int) -> None:
        """Take note of how many objects came, and of how many bytes, or 0 where that is unknown."""
        ...


class Growing:
    """For what is there already: the first objects soon, the others in ever larger portions.

    A provider that makes them slowly is asked for no more than it had ready the last time, so that
    what is ready does not wait for what is not.
    """

    def __init__(self, most: int | None = None) -> None:
        """Begin small.

        Args:
            most: what the caller allows at once, if he says so.
        """
        self._most = min(_MOST, most or _MOST)
        self._count = min(_FIRST, self._most)

    def portion(self) -> Portion:
        """Return what to ask for next."""
        return Portion(self._count, LONGEST_WAIT)

    def took(self, count: int, size: int) -> None:
        """Ask for twice as many after a full portion, else for as many as came."""
        most = self._most if not size else min(self._most, _MOST_BYTES * count // size)
        wanted = self._count * 2 if count >= self._count else count
        self._count = max(1, min(most, wanted))


class Eager:
    """For what is yet to happen: wait for one, then take all that came with it."""

    def __init__(self, most: int | None = None) -> None:
        """Begin by waiting.

        Args:
            most: what the caller allows at once, if he says so.
        """
        self._most = min(_MOST, most or _MOST)
        self._is_waiting = True

    def portion(self) -> Portion:
        """Return what to ask for next."""
        return Portion(1, LONGEST_WAIT) if self._is_waiting else Portion(self._most, 0.0)

    def took(self, count: int, size: int) -> None:
        """Wait again once nothing more is there."""
        del size
        self._is_waiting = count == 0
