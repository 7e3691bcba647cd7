"""Class declarations on their way: each is fetched by one operation, and the others wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mi.control import CancelToken, Expiry
from protocols.network.turns import Turns

__all__ = ["Fetches"]


class Fetches:
    """Those of one channel."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, str], Turns] = {}

    @contextmanager
    def only(
        self, namespace: str, class_name: str, expiry: Expiry, cancel: CancelToken
    ) -> Iterator[None]:
        """Let nobody else fetch this class meanwhile; whoever had to wait looks for it first.

        Raises:
            OperationTimeout: somebody else did, until `expiry`.
            OperationCancelled: `cancel` came first.
        """
        turns = self._turns.setdefault((namespace.lower(), class_name.lower()), Turns())
        turns.take(expiry, cancel)
        try:
            yield
        finally:
            turns.give_back()
