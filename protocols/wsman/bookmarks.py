"""Where each event of a delivery stands, when the server says only how far all of it goes.

A delivery has one bookmark, for its last event. A program that keeps it after the first of twenty
events, and is then ended, loses nineteen. The bookmark of Windows' event log is a list of channels
with the number of the record that was read last; from it and from the events' own numbers follows
where each event stands, and nothing else in it is touched. It is still the server's to say so: only
where the last event, reckoned so, stands exactly where the delivery's bookmark says, are the others
believed. Forwarded events fail that, for they carry the numbers of the machine they come from.

What cannot be reckoned stands where the last delivery ended: whoever goes on from there sees some
events twice, and none is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lxml import etree

from mi.errors import ProtocolError
from mi.indication import Indication
from mi.instance import Instance
from mi.serial import document
from protocols.wsman import soap
from protocols.wsman.deliveries import LONGEST_BOOKMARK, Delivery

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Position", "positions"]


class Position:
    """How far a subscription has got, and whether another one could go on there.

    Attributes:
        bookmark: where the last delivery ended, as markup; "" where no server has said.
        origin: where the subscription at hand began.
        is_exact: whether one that begins there loses nothing and repeats nothing.
    """

    def __init__(self, bookmark: str, *, is_exact: bool) -> None:
        """Begin at a bookmark, or at "", which is exact only where it is a fixed point too."""
        self.bookmark = self.origin = bookmark
        self.is_exact = is_exact

    def begin_anew(self) -> None:
        """Let another subscription begin here."""
        self.origin = self.bookmark

    def go_to(self, bookmark: str) -> None:
        """Take note of what the server tells without an event, if it does."""
        if bookmark:
            self.bookmark, self.is_exact = bookmark, True

    def go_past(self, events: Sequence[Instance], delivery: Delivery) -> list[Indication]:
        """Return the events of a delivery, or the first of them, each with where it stands."""
        is_whole = len(events) == len(delivery.items)
        after = delivery.bookmark if is_whole else ""
        found = positions(events, self.bookmark, after)
        self.bookmark, self.is_exact = after or self.bookmark, bool(after)
        return [
            Indication(event, bookmark or None, delivery.machine_id)
            for event, bookmark in zip(events, found, strict=True)
        ]


def positions(events: Sequence[Instance], before: str, after: str) -> list[str]:
    """Return the bookmark of each event of a delivery; "" where there is none.

    Args:
        events: the events, in order.
        before: the bookmark of the last delivery, "" where there was none.
        after: the bookmark of this one, "" where it has none.
    """
    if not events:
        return []
    if not after:
        return [before] * len(events)
    reckoned = _reckoned(events, before, after)
    return [*(reckoned or [before] * (len(events) - 1)), after]


def _reckoned(events: Sequence[Instance], before: str, after: str) -> list[str] | None:
    """Return the bookmarks of all events but the last, or None where they do not follow."""
    tree = _list(after)
    if tree is None:
        return None
    records = [(str(event.get("Channel")).lower(), event.get("EventRecordID")) for event in events]
    last = dict(records)
    ends = _records(tree)
    if any(ends.get(channel) != str(record) for channel, record in last.items()):
        return None
    known = {channel: end for channel, end in ends.items() if channel not in last}
    started = _records(_list(before)) if before else {}
    known.update((channel, started[channel]) for channel in last if channel in started)
    bookmarks = []
    for channel, record in records[:-1]:
        known[channel] = str(record)
        # A channel that is yet to come, and of which nothing is known, has no number to give.
        bookmarks.append(_written(tree, known, channel) if len(known) == len(ends) else before)
    return bookmarks


def _list(bookmark: str) -> _Element | None:
    """Return the list that a bookmark is, or None where it is something else."""
    try:
        root = document.parse(bookmark.encode(), limit=LONGEST_BOOKMARK).root
    except ProtocolError:
        return None
    channels = [one.get("Channel", "").lower() for one in root]
    is_list = soap.local_name(root) == "BookmarkList" and len(set(channels)) == len(root)
    return root if is_list else None


def _records(tree: _Element | None) -> Mapping[str, str]:
    return {one.get("Channel", "").lower(): one.get("RecordId", "") for one in _entries(tree)}


def _entries(tree: _Element | None) -> Sequence[_Element]:
    return [] if tree is None else list(tree)


def _written(tree: _Element, records: Mapping[str, str], current: str) -> str:
    for one in tree:
        channel = one.get("Channel", "").lower()
        one.set("RecordId", records[channel])
        if channel == current:
            one.set("IsCurrent", "true")  # as Windows marks the channel that was read last
        else:
            one.attrib.pop("IsCurrent", None)
    return etree.tostring(tree, encoding="unicode")
