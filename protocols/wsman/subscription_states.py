"""What may happen to a subscription, and when: the table that `subscription` walks."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from protocols.wsman.fault import Fault

__all__ = ["NEXT", "Event", "State", "event_of"]


class State(Enum):
    """What is to be answered next."""

    SUBSCRIBING = auto()
    """The Subscribe is to be answered."""
    NEW = auto()
    """There is a subscription that has not given a page; a Pull is to be answered."""
    OPEN = auto()
    """The same, of one that has given pages."""
    RENEWING = auto()
    """The Renew is to be answered."""
    LEAVING = auto()
    """The Unsubscribe of a subscription whose connection broke is to be answered."""
    OVER = auto()
    """Nothing is to be sent."""


class Event(Enum):
    """What was answered."""

    ANSWER = auto()
    TIMED_OUT = auto()
    CLOSED = auto()
    """The server has closed or forgotten the subscription."""
    FAULT = auto()


NEXT: Final = {
    (State.SUBSCRIBING, Event.ANSWER): State.NEW,
    (State.SUBSCRIBING, Event.TIMED_OUT): State.OVER,
    (State.SUBSCRIBING, Event.CLOSED): State.OVER,
    (State.SUBSCRIBING, Event.FAULT): State.OVER,
    (State.NEW, Event.ANSWER): State.OPEN,
    (State.NEW, Event.TIMED_OUT): State.OPEN,
    (State.NEW, Event.CLOSED): State.OVER,
    (State.NEW, Event.FAULT): State.OVER,
    (State.OPEN, Event.ANSWER): State.OPEN,
    (State.OPEN, Event.TIMED_OUT): State.OPEN,
    (State.OPEN, Event.CLOSED): State.SUBSCRIBING,
    (State.OPEN, Event.FAULT): State.OVER,
    (State.RENEWING, Event.ANSWER): State.OPEN,
    (State.RENEWING, Event.TIMED_OUT): State.OPEN,
    (State.RENEWING, Event.CLOSED): State.SUBSCRIBING,
    (State.RENEWING, Event.FAULT): State.OPEN,
    (State.LEAVING, Event.ANSWER): State.SUBSCRIBING,
    (State.LEAVING, Event.TIMED_OUT): State.SUBSCRIBING,
    (State.LEAVING, Event.CLOSED): State.SUBSCRIBING,
    (State.LEAVING, Event.FAULT): State.SUBSCRIBING,
}
"""What comes after what.

From OPEN and RENEWING, CLOSED leads on only if that loses nothing; else the operation fails. A
fault that leads to OVER is the operation's error, any other is passed over.
"""


def event_of(fault: Fault) -> Event:
    """Return what a fault is to a subscription."""
    if fault.is_timeout:
        return Event.TIMED_OUT
    return Event.CLOSED if fault.ends_subscription else Event.FAULT
