"""The events of an endpoint: its event log, who subscribed to what, and how the two meet."""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakSet

from protocols.loopback.event_log import EventLog
from protocols.loopback.feeds import WmiFeed
from protocols.loopback.repository import Change, Repository
from protocols.loopback.subscriptions import Subscriptions

__all__ = ["Events"]


class Events:
    """What an endpoint knows of events; any thread may use it.

    Attributes:
        subscriptions: those that stand.
        lifetime: seconds that a subscription stands which asks for no end, or None.
    """

    def __init__(
        self, repository: Repository, *, idle_limit: float = 240.0, lifetime: float | None = None
    ) -> None:
        """Make it; nothing is read or watched before somebody asks.

        Args:
            repository: whose events they are.
            idle_limit: seconds for which a subscription is kept that nobody pulls.
            lifetime: seconds that one stands which asks for no end, or None.
        """
        self._repository = repository
        self._lock = threading.Lock()
        self._log: EventLog | None = None
        self._feeds: WeakSet[WmiFeed[Any]] = (
            WeakSet()
        )  # a subscription that is forgotten drops its own
        self._is_watching = False
        self.subscriptions = Subscriptions(idle_limit)
        self.lifetime = lifetime

    @property
    def log(self) -> EventLog:
        """The event log."""
        with self._lock:
            if self._log is None:
                self._log = EventLog.of_repository(self._repository)
                self._log.watch(self.subscriptions.notify)
            return self._log

    def add(self, feed: WmiFeed[Any]) -> None:
        """Tell a feed what changes in the repository from now on."""
        with self._lock:
            self._feeds.add(feed)
            if not self._is_watching:
                self._is_watching = True
                self._repository.watch(self._changed)

    def _changed(self, change: Change) -> None:
        with self._lock:
            feeds = list(self._feeds)
        told = [feed.tell(change) for feed in feeds]
        if any(told):
            self.subscriptions.notify()
