"""The contract between the library and a protocol handler.

A handler opens channels; a channel starts runs; a run is asked for batches of events until there
are no more. Nothing touches the network before the first batch is asked for. A handler supports a
call by having a row for it, and answers `NotSupported` otherwise; a complete fake is a screenful.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mi.callbacks import SessionCallbacks
from mi.calls import Call
from mi.control import Control, Expiry
from mi.options import DestinationOptions

__all__ = ["Channel", "Event", "Item", "ProtocolHandler", "Run"]


@dataclass(slots=True)
class Item:
    """One result of the operation: an `Instance`, a `Class`, or None where MI allows it."""

    value: Any


Event = Item
"""Whatever a run may deliver."""


class Run(Protocol):
    """One operation under way."""

    def next_batch(self) -> list[Event] | None:
        """Wait for and return what comes next; None is the end, an `MIError` the failed end.

        A batch may be empty. The wait is bounded by the run's control, and a cancel ends it.
        """
        ...

    def close(self) -> None:
        """Release what is open on the server, within the grace time; twice is allowed.

        Never called while another thread is in `next_batch`.
        """
        ...

    def drop(self) -> None:
        """Hand what is open to the channel, which releases it later. Sends nothing, locks nothing.

        Called by a finalizer, so it may run in any thread at any moment.
        """
        ...


class Channel(Protocol):
    """A handler's line to one destination."""

    def start(self, call: Call[Any], control: Control) -> Run:
        """Return the run of `call`, which has sent nothing yet.

        Raises:
            NotSupported: the handler has no row for this kind of call.
        """
        ...

    def close(self, expiry: Expiry) -> None:
        """Release what dropped runs left open, and the connections; twice is allowed."""
        ...


class ProtocolHandler(Protocol):
    """Makes channels."""

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> Channel:
        """Return a channel to `destination` without touching the network.

        Args:
            destination: a host name or address, or None for this machine.
            options: a copy that nobody else changes.
            callbacks: told what happens outside any operation.

        Raises:
            NotSupported: something that the handler needs is not installed.
            InvalidParameter: an option has a value that this handler cannot use.
        """
        ...
