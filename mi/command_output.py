"""What a command writes, on its way from the thread that receives it to whoever reads it.

It is received as it comes, also while nobody reads, up to a bound: then the thread waits, and with
it the server, and in the end the command, as it would at a full pipe. Only who asks for the end, or
for one stream alone, makes room for all that comes before.

In a flood, when replies are full and the next one is there at once, whoever waits is not woken for
each of them: to pass the processor to and fro takes a tenth of the time that decoding does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Lock, Thread
from typing import Final

from mi.control import Expiry
from mi.errors import InvalidParameter, MIError, NotFound
from mi.operation import Operation
from mi.shell_calls import CommandEnded, CommandEvent, Output

__all__ = ["CommandOutput"]

_MOST: Final = 4 << 20  # bytes that are kept while nobody reads
_FULL: Final = 256 << 10  # bytes of a reply that has no room for all that there is
_AT_ONCE: Final = 512 << 10  # bytes that are worth to be woken for in a flood
_LULL: Final = 0.01  # seconds after which it is none any more


class CommandOutput:
    """The output of one command; it is read by any thread, each piece by one.

    Attributes:
        is_expected_to_end: whether somebody has ended the command, so that its loss is its end.
    """

    def __init__(self, operation: Operation[CommandEvent]) -> None:
        """Receive the output of a command that was started, from the first question on."""
        self.is_expected_to_end = False
        self._operation = operation
        self._pieces: list[Output] = []
        self._size = 0
        self._changed = Condition(Lock())
        self._listeners: list[Callable[[], None]] = []
        self._thread: Thread | None = None
        self._is_closed = False
        self._is_over = False
        self._error: MIError | None = None
        self._exit_code: int | None = None
        self._wants_all = False
        self._is_flood = False

    # Whoever reads

    def take(self, stream: str | None = None) -> list[Output]:
        """Wait until pieces have come, of one stream or of any, and take them; none is the end.

        Raises:
            MIError: what became of the command.
        """
        with self._changed:
            self._begin()
            while not (pieces := self._found(stream)) and not self._is_over:
                self._make_room(stream)
                self._await()
            if not pieces:
                self._end()
            return pieces

    def take_now(self, stream: str | None = None) -> list[Output] | None:
        """Do as `take` does, but return None instead of waiting.

        Raises:
            MIError: what became of the command.
        """
        with self._changed:
            self._begin()
            pieces = self._found(stream)
            if not pieces and not self._is_over:
                self._make_room(stream)
                return None
            if not pieces:
                self._end()
            return pieces

    def wait(self, expiry: Expiry) -> int | None:
        """Wait for the end of the command, keep what it writes, and return its exit code.

        Raises:
            OperationTimeout: it had not ended by then; it goes on.
            MIError: what became of the command.
        """
        self.want_all()
        with self._changed:
            while not self._is_over:
                remaining = expiry.remaining()
                if remaining == 0:
                    raise expiry.error("waiting for the command to end")
                self._changed.wait(remaining)
            self._end()
            return self._exit_code

    def want_all(self) -> None:
        """Keep all that comes, from now on, however much it is."""
        with self._changed:
            self._begin()
            self._wants_all = True
            self._changed.notify_all()

    @property
    def is_over(self) -> bool:
        """Whether the command has ended, as far as is known here."""
        return self._is_over

    @property
    def exit_code(self) -> int | None:
        """The exit code, once the command has ended, where the server has said one."""
        return self._exit_code

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` in another thread whenever there is news; it returns at once."""
        with self._changed:
            self._listeners.append(listener)

    def forget(self, listener: Callable[[], None]) -> None:
        """Call `listener` no more."""
        with self._changed, suppress(ValueError):
            self._listeners.remove(listener)

    def close(self) -> None:
        """End the command, unless it has ended; what was not read is forgotten."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._operation.close()
        thread = self._thread
        if thread is not None:
            thread.join(Expiry.of_grace().remaining())
        with self._changed:
            self._pieces.clear()
            self._finish(self._closed_error())

    def _closed_error(self) -> MIError:
        return InvalidParameter("the command was closed")

    # With the lock

    def _begin(self) -> None:
        if self._thread is None and not self._is_over:
            self._thread = Thread(target=self._receive, name="mi-command", daemon=True)
            self._thread.start()

    def _found(self, stream: str | None) -> list[Output]:
        pieces = self._pieces
        if stream is None:
            found, self._pieces = pieces, []
        else:
            found = [piece for piece in pieces if piece.stream == stream]
            self._pieces = [piece for piece in pieces if piece.stream != stream]
        if found:
            self._size -= sum(len(piece.data) for piece in found)
            self._changed.notify_all()
        return found

    def _make_room(self, stream: str | None) -> None:
        """Let more come than is kept otherwise, for somebody waits for what is behind it."""
        if stream is not None and self._pieces:
            self._wants_all = True
            self._changed.notify_all()

    def _await(self) -> None:
        """Wait for news; in a flood there may be some that was not told."""
        if not self._changed.wait(_LULL if self._is_flood else None):
            self._is_flood = False

    def _end(self) -> None:
        if self._error is not None:
            raise self._error.with_traceback(None)

    def _finish(self, error: MIError | None = None) -> None:
        if not self._is_over:
            self._is_over, self._error = True, error
        self._tell()

    def _tell(self) -> None:
        self._changed.notify_all()
        for listener in self._listeners:
            listener()

    # The thread that receives

    def _receive(self) -> None:
        try:
            while not self._is_closed and (events := self._operation.batch()):
                self._put(events)
        except MIError as error:
            lost = isinstance(error, NotFound) and self.is_expected_to_end
            with self._changed:
                self._finish(None if lost else error)
        else:
            with self._changed:
                self._finish()

    def _put(self, events: list[CommandEvent]) -> None:
        """Keep what came in one reply, once there is room for it."""
        pieces = [event for event in events if isinstance(event, Output)]
        size = sum(len(piece.data) for piece in pieces)
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._pieces.extend(pieces)
            self._size += size
            if isinstance(events[-1], CommandEnded):
                self._exit_code = events[-1].exit_code
            goes_on = self._is_flood and size >= _FULL
            self._is_flood = size >= _FULL
            if not goes_on or self._size >= _AT_ONCE or self._listeners:
                self._tell()

    def _has_room(self) -> bool:
        return self._is_closed or self._wants_all or self._size < _MOST
