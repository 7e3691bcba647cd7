"""The lines to one destination, lent to one exchange at a time each.

There is no line before somebody asks for one, and no more than the destination's options allow;
then one waits for the next that comes back. An exchange that holds a line while the caller answers
a prompt may not hold the last one: the answer takes another.

An exchange that waits for something to happen on the server, as that for a command's output does,
is kept apart from the others, which would have no line if a few commands are silent. Where the
options say how many lines there may be, it is one that may not hold the last of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from threading import Lock
from types import TracebackType

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from protocols.network.turns import Turns
from protocols.winrm.admission import Admission
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.line import Line

__all__ = ["DEFAULT_CONNECTIONS", "Lease", "Transport"]

DEFAULT_CONNECTIONS = 4
"""Connections of a session at most, unless its options say otherwise."""

_DEFAULT_POLLS = 16


class Lease:
    """A line for one exchange."""

    __slots__ = ("_cancel", "_expiry", "_is_urgent", "_line", "_transport", "_turns")

    def __init__(
        self,
        transport: Transport,
        expiry: Expiry,
        cancel: CancelToken,
        turns: tuple[Turns, ...],
        *,
        is_urgent: bool,
    ) -> None:
        self._transport = transport
        self._expiry = expiry
        self._cancel = cancel
        self._turns = turns
        self._is_urgent = is_urgent
        self._line: Line | None = None

    def __enter__(self) -> Line:
        self._line = self._transport.lend(
            self._expiry, self._cancel, self._turns, is_urgent=self._is_urgent
        )
        return self._line

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Give the line back; again, do nothing."""
        line, self._line = self._line, None
        if line is not None:
            self._transport.take_back(line, self._turns)


class Transport:
    """What a session's operations share: the connections and what became of the credentials.

    Nothing is connected before the first exchange.
    """

    def __init__(
        self, address: Address, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> None:
        self._address = address
        self._options = options
        self._callbacks = callbacks
        self._most = options.max_connections or DEFAULT_CONNECTIONS
        self._admission = Admission(options, address)
        self._is_closed = False
        self._begin_life()

    def _begin_life(self) -> None:
        self._connector = Connector(self._address, self._options)
        self._lock = Lock()
        self._turns = Turns(self._most)
        self._long_turns = Turns(self._most - 1)
        self._polls = Turns(_DEFAULT_POLLS)
        self._lines: list[Line] = []
        self._idle: deque[Line] = deque()

    def lease(
        self,
        expiry: Expiry,
        cancel: CancelToken,
        *,
        is_long: bool = False,
        is_urgent: bool = False,
        is_poll: bool = False,
    ) -> Lease:
        """Return the lease of a line, which begins when it is entered.

        Args:
            expiry: when waiting for a line ends.
            cancel: what ends that before.
            is_long: whether the line will be held while somebody waits for another one.
            is_urgent: whether that is what it is for, so that it goes before others.
            is_poll: whether it is for waiting for something to happen.

        Raises:
            InvalidParameter: there is one line, and this would need two.

        Raises, when it is entered:
            OperationTimeout: there was no line before `expiry`.
            OperationCancelled: `cancel` came first.
            InvalidParameter: the transport is closed.
        """
        turns = self._turns_of_poll() if is_poll else (self._turns,)
        if is_long:
            self._check_two()
            turns = (self._long_turns, self._turns)
        return Lease(self, expiry, cancel, turns, is_urgent=is_urgent)

    def _turns_of_poll(self) -> tuple[Turns, ...]:
        if self._options.max_connections is None:
            return (self._polls,)
        return (self._turns,) if self._most == 1 else (self._long_turns, self._turns)

    @property
    def method(self) -> Method | None:
        """The way in which connections log on; None before the first."""
        return self._admission.method

    def lend(
        self, expiry: Expiry, cancel: CancelToken, turns: tuple[Turns, ...], *, is_urgent: bool
    ) -> Line:
        """Return a line, for which these turns are taken; it must be taken back."""
        taken: list[Turns] = []
        try:
            for turn in turns:
                turn.take(expiry, cancel, is_urgent=is_urgent)
                taken.append(turn)
            return self._idle_line()
        except BaseException:  # Ctrl-C above all: a turn that is lost would be missed for ever
            _give_back(taken)
            raise

    def take_back(self, line: Line, turns: tuple[Turns, ...]) -> None:
        """Let others have the line."""
        # The one that was used last is lent first, so that others may grow old and be closed.
        (self._idle.append if line.is_open else self._idle.appendleft)(line)
        _give_back(turns)

    def close(self, expiry: Expiry) -> None:
        """Close the connections; an exchange that does not end by `expiry` is cut off."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        all_turns = (self._long_turns, self._polls, self._turns)
        for turns in all_turns:
            turns.close()
        for turns in all_turns:
            turns.wait_for_all(expiry)
        for line in self._lines:
            if line in self._idle:
                line.discard()
            else:
                line.abort()

    def after_fork(self) -> None:
        """Begin anew in a child process, without a word to the server: the parent goes on."""
        for line in self._lines:
            line.abandon()
        self._admission.after_fork()
        self._begin_life()

    def _check_two(self) -> None:
        if self._most == 1:
            raise InvalidParameter(
                "callbacks for messages, progress, errors and prompts take a second connection",
                advice="Set max_connections= to 2 or more.",
            )

    def _idle_line(self) -> Line:
        try:
            return self._idle.pop()
        except IndexError:
            line = Line(
                self._address, self._options, self._callbacks, self._admission, self._connector
            )
            self._lines.append(line)
            return line


def _give_back(taken: Iterable[Turns]) -> None:
    for turns in taken:
        turns.give_back()
