"""What bounds a wait: the caller's time and his cancel, in every phase of an exchange."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from threading import Lock
from time import monotonic
from types import TracebackType
from typing import Self

from mi.control import CancelToken, Expiry
from mi.errors import ProtocolError

__all__ = ["Bell", "Bounds", "Phase"]

# Shutting a socket down does not wake a blocked call on every platform (Windows), and there no
# signal does either: Ctrl-C and a cancel are looked for at least this often.
_LONGEST_WAIT = 0.5


class Phase(StrEnum):
    """What an exchange is doing, for the message of a time-out."""

    LOOKING_UP = "looking the name up"
    CONNECTING = "connecting"
    TUNNELLING = "asking the proxy"
    SECURING = "in the TLS handshake"
    AUTHENTICATING = "authenticating"
    SENDING = "sending the request"
    WAITING = "waiting for the reply"
    READING = "reading the reply"
    QUEUING = "waiting for a free connection"
    YIELDING = "waiting for a server that has too much to do"
    RELEASING = "releasing"


# A service of another kind waits for its own client to speak: more time brings nothing.
_ANOTHER = "If it never answers, the port may be another service's: check destination_port=."
_OTHERWISE = {Phase.SECURING: _ANOTHER, Phase.AUTHENTICATING: _ANOTHER}


class Bounds:
    """What bounds one exchange, and how far it got.

    Attributes:
        phase: what it is doing.
        is_sent: whether the server may have seen anything of the request.
        is_cut: whether it cannot have seen all of it: the rest could not be sent any more.
        received: bytes of the reply that came.
    """

    __slots__ = (
        "_cancel", "_expiry", "_held", "_most", "_wake", "is_cut", "is_sent", "phase", "received",
    )  # fmt: skip

    def __init__(self, expiry: Expiry, cancel: CancelToken, most: int) -> None:
        self._expiry = expiry
        self._cancel = cancel
        self._most = most
        self._wake: Callable[[], None] | None = None
        self._held = Phase.RELEASING if expiry.limit == "grace" else None
        self.phase = self._held or Phase.CONNECTING
        self.is_sent = self.is_cut = False
        self.received = 0

    def __enter__(self) -> Self:
        if self._cancel.cancelled:
            raise self._cancel.error()
        self._cancel.watch(self.interrupt)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._cancel.unwatch(self.interrupt)

    def begin(self) -> None:
        """Begin to send the request, for the first time or again."""
        self.is_sent = self.is_cut = False
        self.received = 0

    def enter(self, phase: Phase) -> None:
        """Say what happens now, unless that is part of something larger."""
        self.phase = self._held or phase

    def hold(self, phase: Phase | None) -> None:
        """Say what everything is part of from now on; None is nothing larger."""
        if self._expiry.limit != "grace":
            self._held = phase

    @contextmanager
    def tunnelling(self) -> Iterator[None]:
        """Talk to a proxy: nothing of the request is sent yet, whatever passes."""
        held = self._held
        self.hold(Phase.TUNNELLING)
        try:
            yield
        finally:
            self._held = held
            self.begin()

    def interrupt_by(self, wake: Callable[[], None]) -> None:
        """Call `wake`, from another thread, when whoever waits now must stop waiting."""
        self._wake = wake

    def interrupt(self) -> None:
        """Wake whoever waits now, from another thread."""
        if self._wake is not None:
            self._wake()

    def wait(self) -> float:
        """Return how many seconds to wait at most before asking again.

        Raises:
            OperationTimeout: the time is over.
            OperationCancelled: the operation was cancelled.
        """
        if self._cancel.cancelled:
            raise self._cancel.error()
        remaining = self._expiry.at - monotonic()
        if remaining <= 0:
            raise self._expiry.error(self.phase, _OTHERWISE.get(self.phase))
        return min(remaining, _LONGEST_WAIT)

    def remaining(self) -> float | None:
        """Return the seconds that are left, or None if there is no end."""
        return self._expiry.remaining()

    def share(self, parts: int) -> float | None:
        """Return when the first of `parts` equal parts of the time is over; None is at its end."""
        remaining = self._expiry.remaining()
        return None if remaining is None or parts == 1 else monotonic() + remaining / parts

    def arrived(self, count: int) -> None:
        """Count bytes that came; headers without end are bytes too.

        Raises:
            ProtocolError: they are more than any reply may have.
        """
        self.received += count
        if self.received > self._most:
            raise ProtocolError(f"the reply does not end: {self.received} bytes came")


class Bell:
    """Wakes one waiting thread; unlike an `Event` it may be rung in a signal handler."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = Lock()
        self._lock.acquire()

    def ring(self) -> None:
        """Wake whoever waits, or comes to wait next."""
        with suppress(RuntimeError):  # it was rung already
            self._lock.release()

    def wait(self, seconds: float | None) -> bool:
        """Return whether it was rung, at the latest after so many seconds; None is no limit."""
        return self._lock.acquire(timeout=-1 if seconds is None else seconds)
