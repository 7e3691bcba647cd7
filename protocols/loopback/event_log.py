"""The event log of the made-up machine: channels of records, each an event as Windows writes it.

It begins with what the repository's Win32_NTLogEvent instances tell, and whoever has the endpoint
may write to it. Records are numbered in each channel, and go on being so when it is cleared.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from mi.errors import InvalidClass, InvalidNamespace
from protocols.loopback.repository import Repository
from protocols.wsman import markup
from protocols.wsman.namespaces import WINDOWS_EVENT

__all__ = ["EventLog", "Record"]

_COMPUTER: Final = "WIN-LAB01"
_CHANNELS: Final = ("Application", "Security", "System", "Microsoft-Windows-WinRM/Operational")
_CLASSIC: Final = 0x80000000000000  # the keyword of events that are written in the classic way
_LEVELS: Final = {0: "Information", 1: "Critical", 2: "Error", 3: "Warning", 4: "Information"}
# Win32_NTLogEvent.EventType: the level of the event, and its further keyword.
_KINDS: Final = {
    1: (2, 0),
    2: (3, 0),
    3: (4, 0),
    4: (0, 0x8020000000000000),
    5: (0, 0x8010000000000000),
}
_KEYWORDS: Final = {
    0x8010000000000000: "Audit Failure",
    0x8020000000000000: "Audit Success",
    _CLASSIC: "Classic",
}
_SHORT: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Record:
    """One event.

    Attributes:
        channel: the channel, as it was first spelled.
        number: its number there.
        order: its place among the records of all channels.
        inside: the markup inside its Event element.
        rendering: the RenderingInfo element, for those who ask for it.
    """

    channel: str
    number: int
    order: int
    inside: str
    rendering: str

    def event(self, *, is_rendered: bool = False) -> str:
        """Return the Event element."""
        rendering = self.rendering if is_rendered else ""
        return f'<Event xmlns="{WINDOWS_EVENT}">{self.inside}{rendering}</Event>'

    def tree(self) -> etree._Element:
        """Return an element around the event, in no namespace, for an XPath to be evaluated at."""
        return etree.fromstring(f"<Log><Event>{self.inside}</Event></Log>")


class _Channel:
    """The records of a channel, and the number that comes next."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: list[Record] = []
        self.next = 1


class EventLog:
    """All channels; any thread may write and read."""

    def __init__(self, channels: Iterable[str] = _CHANNELS) -> None:
        """Make an empty log with some channels."""
        self._lock = threading.Lock()
        self._channels = {name.lower(): _Channel(name) for name in channels}
        self._watchers: list[Callable[[], None]] = []
        self._count = 0

    @classmethod
    def of_repository(cls, repository: Repository) -> EventLog:
        """Return a log with the events that a repository has as Win32_NTLogEvent."""
        log = cls()
        try:
            found = list(repository.instances("root/cimv2", "Win32_NTLogEvent"))
        except (InvalidClass, InvalidNamespace):
            return log
        for one in sorted(found, key=lambda one: (one["TimeGenerated"], one["RecordNumber"])):
            log._take_over(one)
        return log

    def _take_over(self, found: Mapping[str, Any]) -> None:
        """Write what a Win32_NTLogEvent tells, under its own number."""
        level, keyword = _KINDS[found["EventType"]]
        channel = self._channels.setdefault(found["Logfile"].lower(), _Channel(found["Logfile"]))
        channel.next = found["RecordNumber"]
        self.write(
            found["Logfile"],
            found["EventCode"],
            found["Message"],
            provider=found["SourceName"],
            level=level,
            data=found["InsertionStrings"] or (),
            keywords=keyword or _CLASSIC,
            qualifiers=found["EventIdentifier"] >> 16,
            binary=bytes(found["Data"] or ()),
            time=found["TimeGenerated"],
        )

    def write(  # noqa: PLR0913 - each is one thing to say about an event
        self,
        channel: str,
        event_id: int,
        message: str = "",
        *,
        provider: str = "Lab Agent",
        level: int = 4,
        data: Sequence[str] | Mapping[str, str] = (),
        keywords: int = _CLASSIC,
        qualifiers: int = 0,
        binary: bytes = b"",
        time: datetime | None = None,
    ) -> Record:
        """Write an event, and return its record.

        Args:
            channel: the channel; one that is not there yet is made.
            event_id: what kind of event it is to its provider.
            message: the text that is rendered for it.
            provider: who writes it.
            level: 1 critical, 2 error, 3 warning, 4 information, 0 always.
            data: its data, by name or in order.
            keywords: its keywords, as bits.
            qualifiers: the upper half of a classic event's identifier.
            binary: its bytes.
            time: when it happened; now if None.
        """
        moment = datetime.now(UTC) if time is None else time.astimezone(UTC)
        with self._lock:
            kept = self._channels.setdefault(channel.lower(), _Channel(channel))
            number, self._count = kept.next, self._count + 1
            system = (
                f'<Provider Name="{markup.attribute(provider)}"/>'
                f'<EventID Qualifiers="{qualifiers & _SHORT}">{event_id}</EventID>'
                f"<Version>0</Version><Level>{level}</Level><Task>0</Task><Opcode>0</Opcode>"
                f"<Keywords>0x{keywords:x}</Keywords>"
                f'<TimeCreated SystemTime="{moment:%Y-%m-%dT%H:%M:%S.%f}000Z"/>'
                f'<EventRecordID>{number}</EventRecordID><Correlation/><Execution ProcessID="0"'
                f' ThreadID="0"/><Channel>{markup.text(kept.name)}</Channel>'
                f"<Computer>{_COMPUTER}</Computer><Security/>"
            )
            inside = (
                f"<System>{system}</System><EventData>{_data(data)}{_binary(binary)}</EventData>"
            )
            rendering = _rendering(message, level, keywords, provider, kept.name)
            record = Record(kept.name, number, self._count, inside, rendering)
            kept.records.append(record)
            kept.next = number + 1
        for watcher in self._watchers:
            watcher()
        return record

    def clear(self, channel: str) -> None:
        """Take all records out of a channel."""
        with self._lock:
            self._channels[channel.lower()].records.clear()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call `watcher` after each event from now on, in the thread that writes it."""
        self._watchers.append(watcher)

    # Reading

    def name_of(self, channel: str) -> str | None:
        """Return how a channel is spelled, or None where there is no such channel."""
        found = self._channels.get(channel.lower())
        return None if found is None else found.name

    def last(self, channel: str) -> int:
        """Return the number of the newest record that a channel ever had, 0 for none."""
        with self._lock:
            return self._channels[channel.lower()].next - 1

    def first(self, channel: str) -> int:
        """Return the number of the oldest record that a channel has, or will have."""
        with self._lock:
            kept = self._channels[channel.lower()]
            return kept.records[0].number if kept.records else kept.next

    def after(self, channel: str, number: int) -> list[Record]:
        """Return the records of a channel behind one, in order."""
        with self._lock:
            records = self._channels[channel.lower()].records
            return [record for record in reversed(records) if record.number > number][::-1]


def _data(data: Sequence[str] | Mapping[str, str]) -> str:
    if isinstance(data, Mapping):
        return "".join(
            f'<Data Name="{markup.attribute(name)}">{markup.text(value)}</Data>'
            for name, value in data.items()
        )
    return "".join(f"<Data>{markup.text(value)}</Data>" for value in data)


def _binary(binary: bytes) -> str:
    return f"<Binary>{binary.hex().upper()}</Binary>" if binary else ""


def _rendering(message: str, level: int, keywords: int, provider: str, channel: str) -> str:
    words = "".join(
        f"<Keyword>{word}</Keyword>" for bits, word in _KEYWORDS.items() if keywords & bits == bits
    )
    return (
        f'<RenderingInfo Culture="en-US"><Message>{markup.text(message)}</Message>'
        f"<Level>{_LEVELS.get(level, '')}</Level><Task></Task><Opcode>Info</Opcode>"
        f"<Channel>{markup.text(channel)}</Channel><Provider>{markup.text(provider)}</Provider>"
        f"<Keywords>{words}</Keywords></RenderingInfo>"
    )
