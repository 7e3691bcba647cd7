"""Forks: a child process has the channels of its parent, and must begin anew with each.

What was open is the parent's, and a lock may be held by a thread that the child does not have.
"""

from __future__ import annotations

import os
from typing import Final, Protocol
from weakref import WeakSet

__all__ = ["Outliving", "outlive"]


class Outliving(Protocol):
    """What is of use on both sides of a fork."""

    def after_fork(self) -> None:
        """Begin anew, in a child process."""
        ...


_OUTLIVING: Final[WeakSet[Outliving]] = WeakSet()


def outlive(one: Outliving) -> None:
    """Have `one` begin anew in each child process, for as long as it is used."""
    _OUTLIVING.add(one)


def _begin_anew() -> None:
    for one in _OUTLIVING:
        one.after_fork()


# Windows forks nothing, and does not have it.
getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_begin_anew)
