"""Where the events of a subscription come from: the event log, or what happens in the repository.

A feed is asked for what is there now, and says how far that goes. It never waits.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from lxml import etree

from mi.errors import InvalidQuery, MIError, ProtocolError
from mi.instance import Instance
from mi.serial import document
from protocols.loopback import wql
from protocols.loopback.event_log import EventLog
from protocols.loopback.event_queries import EventQuery
from protocols.loopback.instances import new_instance
from protocols.loopback.refusals import refuse
from protocols.loopback.repository import Change, Repository

__all__ = ["Feed", "LogFeed", "WmiFeed", "read_bookmark"]

Written = TypeVar("Written", str, bytes)

_LARGEST_BOOKMARK: Final = 100_000
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)  # FILETIME's


class Feed(Protocol):
    """The events of one subscription."""

    def take(self, most: int, characters: int) -> list[str]:
        """Return the next events as markup, so many and so long at most; often none.

        Raises:
            Refusal: the next event alone is longer than that; it stays the next.
        """
        ...

    @property
    def bookmark(self) -> str:
        """How far the events go that were taken, or "" where nobody could go on from there."""
        ...


def _fitting(items: deque[Written], most: int, characters: int) -> list[Written]:
    taken: list[Written] = []
    while items and len(taken) < most and len(items[0]) <= characters:
        taken.append(items.popleft())
        characters -= len(taken[-1])
    if items and most and not taken:
        raise refuse("MAX_ENVELOPE_SIZE_EXCEEDED")
    return taken


class LogFeed:
    """Events of the event log, from some record of each channel on."""

    def __init__(
        self, query: EventQuery, log: EventLog, behind: Mapping[str, int], *, is_rendered: bool
    ) -> None:
        """Make the feed.

        Args:
            query: which events.
            log: where they are.
            behind: the number of the record in each channel behind which to begin, or none to
                begin with what is written from now on.
            is_rendered: whether events come with their texts.
        """
        self._query = query
        self._log = log
        self._is_rendered = is_rendered
        self._read = {name: behind.get(name, log.last(name)) for name in query.channels}
        self._told = dict(self._read)
        self._current = ""

    def take(self, most: int, characters: int) -> list[str]:
        """Return the next events, in the order in which they were written."""
        found = sorted(
            (
                record
                for name, number in self._read.items()
                for record in self._log.after(name, number)
            ),
            key=lambda record: record.order,
        )
        taken: list[str] = []
        for record in found:
            if self._query.selects(record):
                event = record.event(is_rendered=self._is_rendered)
                characters -= len(event)
                if characters < 0 and not taken:
                    raise refuse("MAX_ENVELOPE_SIZE_EXCEEDED")
                if characters < 0 or len(taken) == most:
                    break
                taken.append(event)
                self._told[record.channel], self._current = record.number, record.channel
            self._read[record.channel] = record.number
        return taken

    @property
    def bookmark(self) -> str:
        """The number of the last record of each channel, as Windows writes it."""
        root = etree.Element("BookmarkList")
        for name, number in self._told.items():
            one = etree.SubElement(root, "Bookmark", Channel=name, RecordId=str(number))
            if name == self._current:
                one.set("IsCurrent", "true")
        return etree.tostring(root, encoding="unicode")


def read_bookmark(bookmark: str, query: EventQuery, log: EventLog) -> dict[str, int]:
    """Return the number behind which to begin, for each channel of a query that a bookmark has.

    Raises:
        Refusal: it is no bookmark, or what came next is not there any more.
    """
    try:
        root = document.parse(bookmark.encode(), limit=_LARGEST_BOOKMARK).root
        numbers = {one.get("Channel", "").lower(): int(one.get("RecordId", "")) for one in root}
    except (ProtocolError, ValueError) as error:
        raise refuse("INVALID_BOOKMARK", str(error)) from error
    behind = {name: numbers[name.lower()] for name in query.channels if name.lower() in numbers}
    for name, number in behind.items():
        if not log.first(name) - 1 <= number <= log.last(name):
            raise refuse("BOOKMARK_EXPIRED")
    return behind


class WmiFeed(Generic[Written]):
    """What happens to the instances of a repository from now on, as markup or as octets."""

    def __init__(
        self, text: str, namespace: str, repository: Repository, write: Callable[..., Written]
    ) -> None:
        """Make the feed of an event query.

        Args:
            text: the query.
            namespace: where it is about things.
            repository: whose changes they are; `tell` is to be told of them.
            write: writes an event instance, or a fragment of one.

        Raises:
            InvalidClass, InvalidNamespace: there is no such class of events.
            InvalidQuery: it is no event query.
        """
        self._repository = repository
        self._namespace = namespace
        self._query = query = wql.parse_event_query(text)
        self._class = repository.find_class(namespace, query.class_name)
        if not self._class.is_a("__Event"):
            raise InvalidQuery(f"{query.class_name} is no class of events")
        if self._class.is_a("__InstanceOperationEvent") and query.within is None:
            raise InvalidQuery("nobody tells of changes of instances, so the query needs WITHIN")
        self._selected = query.selected(self._class)
        self._test = query.predicate(self._class, self._is_a)
        self._write: Callable[..., Written] = write
        self._items: deque[Written] = deque()
        self._lock = threading.Lock()

    def _is_a(self, class_name: str, ancestor: str) -> bool:
        return self._repository.find_class(self._namespace, class_name).is_a(ancestor)

    def tell(self, change: Change) -> bool:
        """Take note of a change; return whether it is one that is wanted."""
        event = self._event(change)
        try:
            is_wanted = event is not None and self._test(event)
        except MIError:  # it compares what cannot be compared
            is_wanted = False
        if event is None or not is_wanted:
            return False
        with self._lock:
            self._items.append(self._write(event, self._selected))
        return True

    def _event(self, change: Change) -> Instance | None:
        target = change.now or change.before
        if target is None or (target.namespace or "").lower() != self._namespace.lower():
            return None
        class_ = self._repository.find_class(self._namespace, _event_class(change))
        if not class_.is_a(self._class.name):
            return None
        values: dict[str, Any] = {"TargetInstance": target, "TIME_CREATED": _file_time()}
        if change.now is not None and change.before is not None:
            values["PreviousInstance"] = change.before
        return new_instance(class_, values)

    def take(self, most: int, characters: int) -> list[Written]:
        """Return the next events, in the order in which they happened."""
        with self._lock:
            return _fitting(self._items, most, characters)

    @property
    def bookmark(self) -> str:
        """Nothing: what is not read while the subscription stands is gone."""
        return ""


def _event_class(change: Change) -> str:
    if change.before is None:
        return "__InstanceCreationEvent"
    return "__InstanceDeletionEvent" if change.now is None else "__InstanceModificationEvent"


def _file_time() -> int:
    return int((datetime.now(UTC) - _EPOCH).total_seconds() * 10_000_000)
