"""Notification queries: what happens from now on, for whoever waits for it (MS-WMI 3.1.4.3.20)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mi.errors import MIError
from mi.instance import Instance
from protocols.loopback.events import Events
from protocols.loopback.feeds import WmiFeed
from protocols.loopback.repository import Change
from protocols.loopback.wmi.enumerators import Waiting
from protocols.loopback.wmi.failures import failure_of
from protocols.loopback.wmi.objects import Objects

__all__ = ["happening"]

_OPERATION: Final = "ExecNotificationQuery"
_ALL: Final = 1 << 30


class _Feed(WmiFeed[bytes]):
    """The events of one query; it lives as long as whoever waits for them."""

    def __init__(self, text: str, objects: Objects) -> None:
        self.waiting = Waiting(self)
        self._objects = objects
        super().__init__(text, objects.namespace, objects.repository, self._written)

    def _written(self, event: Instance, selected: Sequence[str] | None) -> bytes:
        if selected is None:
            return self._objects.written(event)
        (written,) = self._objects.projected([event], tuple(selected))
        return written

    def tell(self, change: Change) -> bool:
        """Take note of a change; return whether it is one that is wanted."""
        is_wanted = super().tell(change)
        for one in self.take(_ALL, _ALL):
            self.waiting.add(one)
        return is_wanted


def happening(objects: Objects, text: str, events: Events) -> Waiting:
    """Return the events that a query describes, from now on.

    Raises:
        Failure: it is no event query, or one of what is not there.
    """
    try:
        feed = _Feed(text, objects)
    except MIError as error:
        raise failure_of(error, _OPERATION, text) from error
    events.add(feed)
    return feed.waiting
