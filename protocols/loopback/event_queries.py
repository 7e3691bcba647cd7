"""Queries of the event log: a query list, and which records it selects.

    <QueryList><Query Path="System"><Select>*[System[Level=2]]</Select>
        <Suppress>*[System[EventID=7036]]</Suppress></Query></QueryList>

Windows evaluates a part of XPath 1.0 with two functions of its own (Windows Event Log, Consuming
Events); here lxml evaluates all of it, with the same two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from mi.errors import ProtocolError
from mi.serial import document
from protocols.loopback.event_log import EventLog, Record
from protocols.loopback.refusals import Refusal, refuse

__all__ = ["EventQuery"]

_LARGEST: Final = 100_000  # bytes of a query list
_ALL: Final = ("*", "Event")


def _milliseconds(_: Any, moment: Any, other: Any = None) -> float:
    """Return how far a moment is away from now, or from another (`timediff`)."""
    then = datetime.fromisoformat(_text(moment))
    now = datetime.now(UTC) if other is None else datetime.fromisoformat(_text(other))
    return abs((now - then).total_seconds()) * 1000


def _bits(_: Any, value: Any, mask: float) -> bool:
    """Return whether a number has any of some bits (`band`)."""
    text = _text(value)
    return bool(int(text, 16 if text.lower().startswith("0x") else 10) & int(mask))


def _text(value: Any) -> str:
    """Return what an argument says: nodes come as a list, of attributes or of elements."""
    found = value[0] if isinstance(value, list) else value
    return found.text or "" if isinstance(found, etree._Element) else str(found)  # noqa: SLF001 - its only name


_FUNCTIONS: Final[dict[tuple[None, str], Callable[..., Any]]] = {
    (None, "timediff"): _milliseconds,
    (None, "band"): _bits,
}


@dataclass(frozen=True, slots=True)
class _Rule:
    """A Select, or a Suppress, of one channel; no test is one for all events."""

    channel: str
    selects: bool
    test: etree.XPath | None

    def is_met(self, record: Record) -> bool:
        """Return whether an event of the channel is meant."""
        if self.test is None:
            return True
        try:
            return bool(self.test(record.tree()))
        except (etree.XPathEvalError, ValueError):  # it compares what cannot be compared
            return False


class EventQuery:
    """Which events of which channels a client wants."""

    def __init__(self, rules: Iterable[_Rule]) -> None:
        self._rules = tuple(rules)
        self.channels = tuple(dict.fromkeys(rule.channel for rule in self._rules))

    @classmethod
    def parse(cls, text: str, log: EventLog, *, skips_unknown: bool = False) -> EventQuery:
        """Return the query that the text of a query list is.

        Args:
            text: the query list.
            log: the log that it is for.
            skips_unknown: whether channels that are not there are passed over.

        Raises:
            Refusal: it is no query list, an XPath in it is none, or a channel is not there; where
                those are passed over, if none is.
        """
        try:
            root = document.parse(text.strip().encode(), limit=_LARGEST).root
        except ProtocolError as error:
            raise refuse("ERROR_EVT_INVALID_QUERY", error.message) from error
        rules, missing = [], []
        for query in root.iterchildren("Query"):
            for part in query.iterchildren("Select", "Suppress"):
                wanted = part.get("Path") or query.get("Path") or ""
                channel = log.name_of(wanted)
                if channel is None:
                    missing.append(wanted)
                else:
                    rules.append(_Rule(channel, part.tag == "Select", _test(part.text or "")))
        if missing and not (skips_unknown and rules):
            raise _no_channel(missing[0])
        if not rules:
            raise refuse("ERROR_EVT_INVALID_QUERY", "the query list selects nothing")
        return cls(rules)

    def selects(self, record: Record) -> bool:
        """Return whether an event is wanted."""
        own = [rule for rule in self._rules if rule.channel == record.channel]
        return any(rule.is_met(record) for rule in own if rule.selects) and not any(
            rule.is_met(record) for rule in own if not rule.selects
        )


def _test(expression: str) -> etree.XPath | None:
    expression = expression.strip()
    if expression in _ALL:
        return None
    try:
        return etree.XPath(expression, extensions=_FUNCTIONS)
    except etree.XPathSyntaxError as error:
        raise refuse("ERROR_EVT_INVALID_QUERY", f"{expression!r}: {error}") from error


def _no_channel(name: str) -> Refusal:
    return refuse("ERROR_EVT_CHANNEL_NOT_FOUND", f"there is no channel {name!r}")
