"""The contract between the library and a protocol handler.

A handler opens channels; a channel starts runs; a run is asked for batches of events until there
are no more. Nothing touches the network before the first batch is asked for. A handler supports a
call by having a row for it, and answers `NotSupported` otherwise; a complete fake is a screenful.

The library sees to it that a run is used by one thread at a time, that exactly one of `close` and
`drop` is called on it at its end (both only where a close was interrupted), and that every error
says where it happened. It tells the caller what a run delivers besides results, in the order of the
batch, and brings the answers. A handler raises `MIError` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from mi.callbacks import SessionCallbacks
from mi.calls import Call
from mi.control import Control, Expiry
from mi.diagnosis import Finding
from mi.events import (
    Event,
    Item,
    Message,
    NonTerminatingError,
    Notice,
    Progress,
    Prompt,
    StreamedValue,
)
from mi.options import DestinationOptions
from mi.results import ResponseType

__all__ = [
    "Channel",
    "DiagnosingHandler",
    "Event",
    "InteractiveRun",
    "Item",
    "Message",
    "NonTerminatingError",
    "Notice",
    "Progress",
    "Prompt",
    "ProtocolHandler",
    "Run",
    "StreamedValue",
    "UnhurriedRun",
]


class Run(Protocol):
    """One operation under way."""

    def next_batch(self) -> list[Event] | None:
        """Wait for and return what comes next; None is the end, an `MIError` the failed end.

        A batch may be empty. The wait is bounded by `Control.begin_wait`, whose `Expiry` makes
        the error; a cancel, of which `Control.cancel` tells, ends it with that token's error.
        """
        ...

    def close(self) -> None:
        """Release what is open on the server, within the grace time.

        Called after every end, by whichever thread comes first, never while another is in
        `next_batch`; when the channel was closed before, there is nothing left to send.
        """
        ...

    def drop(self) -> None:
        """Hand what is open to the channel, which releases it later. Sends nothing, locks nothing.

        Called by a finalizer, so it may run in any thread at any moment, and when the channel is
        about to be closed.
        """
        ...


class InteractiveRun(Run, Protocol):
    """A run that delivers prompts; where a handler never does, its runs need not answer any."""

    def answer(self, prompt: Prompt, response: ResponseType) -> None:
        """Tell the server what was answered to `prompt`, which this run has delivered.

        Called between two batches, once for each prompt, of errors too, by the thread that fetches.
        It is bounded and ended as `next_batch` is.
        """
        ...


@runtime_checkable
class UnhurriedRun(Run, Protocol):
    """A run whose `close` need not be waited for, where a handler can do that."""

    def take_time(self) -> None:
        """Let the `close` that comes next return at once, and release what is open soon after."""
        ...


class Channel(Protocol):
    """A handler's line to one destination; its operations share it, from any thread."""

    def start(self, call: Call[Any], control: Control) -> Run:
        """Return the run of `call`, which has sent nothing yet.

        Args:
            call: what to do; its namespace is always set.
            control: how to do it.

        Raises:
            NotSupported: the handler has no row for this kind of call.
        """
        ...

    def close(self, expiry: Expiry) -> None:
        """Release what dropped runs left open, and the connections, until `expiry`.

        Twice is allowed, and so is a run that is still in `next_batch` since it did not heed its
        cancel: its connection goes too.
        """
        ...


class DiagnosingHandler(Protocol):
    """What a handler has, too, that can find out why a host cannot be reached."""

    def diagnose(
        self, destination: str | None, options: DestinationOptions, expiry: Expiry
    ) -> Iterable[Finding]:
        """Look at the way to `destination`, and return what is found as it is found.

        What fails is a finding, not an error. At most one logon is attempted, and no password is
        sent where somebody else could read it.

        Args:
            destination: a host name or address, or None for this machine.
            options: a copy that nobody else changes; callables among the credentials ask once.
            expiry: when all of it must be over; what was not looked at by then is skipped.

        Raises:
            InvalidParameter: an option has a value that this handler cannot use.
            NotSupported: something that the handler needs is not installed.
        """
        ...


class ProtocolHandler(Protocol):
    """Makes channels; an application makes one of each kind that it needs, without arguments."""

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> Channel:
        """Return a channel to `destination` without touching the network.

        Args:
            destination: a host name or address, or None for this machine.
            options: a copy that nobody else changes; callables among the credentials ask once.
            callbacks: told what happens outside any operation.

        Raises:
            NotSupported: something that the handler needs is not installed.
            InvalidParameter: an option has a value that this handler cannot use.
        """
        ...
