"""The log of exchanges: one event for each request with its reply, for whoever listens to it.

The events are records of the logger `mi.winrm.exchange`, of level DEBUG. What they say is in their
text and, for programs, in fields of their own, whose names begin with `mi_` so that none is another
library's. They hold names, numbers and sizes: nothing that a message said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import Final, NamedTuple, Protocol

from protocols.wsman.envelope import Reply
from protocols.wsman.fault import Fault

__all__ = ["NOTHING", "Carrier", "Entry", "Traffic", "begin", "following"]

_logger = logging.getLogger("mi.winrm.exchange")
_IDENTIFY: Final = "Identify"
_UNHEARD: Final = nullcontext()


class Traffic(NamedTuple):
    """What one exchange took.

    Attributes:
        sent: bytes of bodies as they went over the network, sealed ones as they were sealed.
        received: bytes of bodies as they came.
        attempts: how many times the request was sent, or was about to be.
    """

    sent: int
    received: int
    attempts: int


NOTHING: Final = Traffic(0, 0, 0)


class Carrier(Protocol):
    """What an exchange goes over."""

    @property
    def traffic(self) -> Traffic:
        """What the exchange takes so far."""
        ...


class Entry:
    """An exchange that is going on and will be logged."""

    __slots__ = ("_action", "_host", "_started", "traffic")

    def __init__(self, action: str, host: str) -> None:
        self._action = action or _IDENTIFY
        self._host = host
        self._started = perf_counter()
        self.traffic = NOTHING

    def end(self, outcome: Reply | Fault | BaseException | None) -> None:
        """Log it, with what came of it; None is success without a message."""
        fault = _fault(outcome)
        fields = {
            "mi_action": self._action,
            "mi_host": self._host,
            "mi_bytes_sent": self.traffic.sent,
            "mi_bytes_received": self.traffic.received,
            "mi_milliseconds": round(1000 * (perf_counter() - self._started), 3),
            "mi_attempt": self.traffic.attempts,
            "mi_fault": fault,
        }
        _logger.debug(
            "%s: %s, %d bytes sent, %d received, %.1f ms, attempt %d%s",
            self._host,
            self._action.rpartition("/")[2],
            self.traffic.sent,
            self.traffic.received,
            fields["mi_milliseconds"],
            self.traffic.attempts,
            f", {fault}" if fault else "",
            extra=fields,
        )


def begin(action: str, host: str) -> Entry | None:
    """Return an entry for an exchange that begins, or None where nobody listens."""
    return Entry(action, host) if _logger.isEnabledFor(logging.DEBUG) else None


def following(action: str, host: str, carrier: Carrier) -> AbstractContextManager[Entry | None]:
    """Follow an exchange: where it fails, log it; else its entry is to be ended by who got it."""
    entry = begin(action, host)
    return _UNHEARD if entry is None else _followed(entry, carrier)


@contextmanager
def _followed(entry: Entry, carrier: Carrier) -> Iterator[Entry]:
    try:
        yield entry
    except BaseException as error:
        entry.traffic = carrier.traffic
        entry.end(error)
        raise
    entry.traffic = carrier.traffic


def _fault(outcome: Reply | Fault | BaseException | None) -> str | None:
    """Return what a failed exchange failed by: names and numbers, no text of the server's."""
    if isinstance(outcome, Fault):
        number = f" {outcome.wsman_codes[-1]}" if outcome.wsman_codes else ""
        return f"{outcome.subcode or outcome.code}{number}"
    return type(outcome).__name__ if isinstance(outcome, BaseException) else None
