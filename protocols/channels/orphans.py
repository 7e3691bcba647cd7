"""Operations that their caller dropped: what they have open is released before the next exchange.

A finalizer may drop one in any thread at any moment, so to take one over takes no lock and sends
nothing.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from mi.control import CancelToken, Expiry
from mi.errors import MIError

__all__ = ["Orphans"]

R = TypeVar("R")


class Orphans(Generic[R]):
    """The runs of one channel that nobody else releases.

    Args:
        logger: told what could not be released.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._runs: deque[R] = deque()

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[R]:
        """Return those that are here now."""
        return iter(list(self._runs))

    def adopt(self, run: R) -> None:
        """Take over a run: no lock, nothing sent, in any thread."""
        self._runs.append(run)

    def release(
        self, part_with: Callable[[R, Expiry], None], expiry: Expiry, cancel: CancelToken
    ) -> None:
        """Part with each, for no longer than the caller wants to wait.

        One that cannot be parted with is given up, and the server ends it in its own time.

        Args:
            part_with: releases what a run has open, by a time.
            expiry: of the caller, who wants something else.
            cancel: his.

        Raises:
            MIError: his time was over, or he has cancelled.
        """
        for _ in range(len(self._runs)):
            try:
                run = self._runs.popleft()
            except IndexError:
                return  # another thread has it
            grace = Expiry.of_grace()
            try:
                part_with(run, expiry if expiry.at <= grace.at else grace)
            except BaseException as error:
                if not isinstance(error, MIError) or cancel.cancelled or expiry.remaining() == 0:
                    self._runs.append(run)
                    raise
                self._logger.warning("a dropped operation could not be released: %s", error)
