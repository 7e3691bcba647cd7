"""The operations that a session has open, and what becomes of them when it closes."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Protocol
from weakref import ref

from mi.callbacks import is_in_callback
from mi.control import Expiry
from mi.errors import InvalidParameter, MIError
from mi.handler import Channel
from mi.workers import Executor, Work, send

__all__ = ["OpenOperations", "Stoppable"]


class Stoppable(Protocol):
    """What a session needs of an operation."""

    def interrupt(self, reason: str) -> None:
        """Make whoever fetches leave; do not wait for it."""
        ...

    def hand_over(self, expiry: Expiry) -> None:
        """Hand what is open to the channel, once whoever fetches has left or `expiry` passed."""
        ...

    def join(self, expiry: Expiry) -> None:
        """Wait until the last callback has returned, or `expiry` passed."""
        ...


class OpenOperations:
    """The operations of a session that were started and have not ended, and how they end with it.

    Attributes:
        channel: the handler's line, which they share.
        host: the destination, for errors; None is this machine.
        is_closed: whether no operation may start any more.
    """

    def __init__(
        self,
        channel: Channel,
        host: str | None,
        executor: Executor,
        closed: Callable[[OpenOperations], None],
    ) -> None:
        """Count the operations of `channel`; `closed` is called once all of it is closed."""
        self.channel = channel
        self.host = host
        self.is_closed = False
        self._executor = executor
        # No lock: a finalizer removes its operation, and each of these steps on a dict is atomic.
        self._open: dict[int, ref[Stoppable]] = {}
        self._closed = closed
        self._closing = Lock()

    def submit(self, work: Work) -> None:
        """Let a thread of the application's executor do `work`.

        Raises:
            InvalidParameter: the executor takes none any more.
        """
        send(self._executor, work)

    def enter(self, operation: Stoppable) -> None:
        """Count `operation` in.

        Raises:
            InvalidParameter: the session is closed.
        """
        # Counted in before the look at is_closed, as cancel sets it before it looks at the dict:
        # one of the two sees the other.
        self._open[id(operation)] = ref(operation)
        if self.is_closed:
            self.leave(operation)
            raise InvalidParameter("the session is closed")

    def leave(self, operation: Stoppable) -> None:
        """Count `operation` out; one that was never in is no error."""
        self._open.pop(id(operation), None)

    def cancel(self) -> None:
        """Let no operation start any more and tell those that are open to stop; do not wait."""
        self.is_closed = True
        for operation in self._alive():
            operation.interrupt("the session was closed")

    def close(self, expiry: Expiry) -> None:
        """Cancel, hand what is open to the channel, and close that; twice does nothing."""
        self.cancel()
        if not self._closing.acquire(blocking=False):
            return
        try:
            for operation in self._alive():
                operation.hand_over(expiry)
            self._close_channel(expiry)
            self._join(expiry)
        except BaseException:  # Ctrl-C: it may be closed once more
            self._closing.release()
            raise
        self._closed(self)

    def _close_channel(self, expiry: Expiry) -> None:
        try:
            self.channel.close(expiry)
        except MIError as error:
            self.note(error.located(self.host, "Close"))

    def note(self, error: MIError) -> None:
        """Log an error of releasing or closing, which is nobody's result."""
        import logging  # noqa: PLC0415 - a tenth of the time of `import mi`, for a rare event

        logging.getLogger("mi.session").warning("not released on the server: %s", error)

    def _join(self, expiry: Expiry) -> None:
        # A callback may be what closes: its own end cannot be waited for, nor that of another that
        # may wait for it.
        if not is_in_callback():
            for operation in self._alive():
                operation.join(expiry)

    def _alive(self) -> list[Stoppable]:
        found = (operation() for operation in self._open.copy().values())
        return [operation for operation in found if operation is not None]
