"""Operations: calls that were made, whose results are fetched as they are asked for.

Whoever works with the run of an operation holds its *turn*, a lock: one thread at a time fetches
or releases. Cancelling from elsewhere sets the cancel token, which makes the fetching thread leave
with `OperationCancelled` at once; the thread that cancelled then takes the turn and releases what
is open on the server, so neither waits for more than its own part. Where it cannot have the turn,
because it is that very thread (a callback, a signal handler) or the handler does not heed the
token, the fetching thread releases on its way out.

A finalizer may run in any thread at any moment, so it takes no lock and sends nothing: it hands
the run to the channel.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Lock, get_ident
from types import TracebackType
from typing import Self, TypeVar, cast

from mi.calls import Call
from mi.control import CancelToken, Control, Expiry
from mi.errors import InvalidParameter, MIError, NotFound
from mi.handler import Event, Run
from mi.open_operations import OpenOperations

__all__ = ["Operation"]

ResultT = TypeVar("ResultT")


class Operation(Iterator[ResultT]):
    """A call under way (MI_Operation): iterate it, or ask for `all` or for the one `result`.

    It starts on first use. An error comes after the results that came before it, and again
    whenever more is asked for. Leaving its `with` block closes it. An operation that is dropped
    half-way is released on the server with the session's next exchange, or when that closes.

    Every use raises `MIError`: what the server, the connection or the time limits made of it,
    `OperationCancelled` once it was cancelled, `InvalidParameter` once it or its session was
    closed.
    """

    _run: Run | None = None

    def __init__(
        self, fellows: OpenOperations, call: Call[ResultT], begin: Callable[..., Control]
    ) -> None:
        self._fellows = fellows
        self._call = call
        self._begin = begin  # Control.begin, given all but the cancel token
        self._cancel = CancelToken()
        self._ready: deque[ResultT] = deque()
        self._turn = Lock()
        self._fetching = 0  # the identity of the thread that fetches, 0 for none
        self._is_left = False  # whether the fetching thread is to release on its way out
        self._is_over = False
        self._is_closed = False
        self._error: MIError | None = None

    # Results

    def __next__(self) -> ResultT:
        while True:
            try:
                return self._ready.popleft()
            except IndexError:
                if not self._fetch():
                    raise StopIteration from None

    def all(self) -> list[ResultT]:
        """Fetch everything first, then return what was not yet taken, as a list.

        Where that fails, iterating still gives the results that came before the error.
        """
        while self._fetch():
            pass
        results = list(self._ready)
        self._ready.clear()
        return results

    def result(self) -> ResultT:
        """Fetch and return the one result; asked again, return it again.

        Raises:
            InvalidParameter: there is more than one; iterating gives them.
            NotFound: there is none, and the call is not one that may do without.
        """
        while len(self._ready) <= 1 and self._fetch():
            pass
        if len(self._ready) > 1:
            raise self._located(
                InvalidParameter("there is more than one result", advice="Iterate, or use all().")
            )
        if self._ready:
            return self._ready[0]
        if self._call.optional:
            return cast("ResultT", None)
        raise self._located(NotFound("there is no result"))

    # Ends

    def cancel(self) -> None:
        """Stop the operation, from any thread (MI_Operation_Cancel); after its end, do nothing.

        A call that waits for a result ends at once with `OperationCancelled`, and so does every
        later one. What is open on the server is released before this returns, in at most 5 s.

        Raises:
            InvalidParameter: the operation is closed.
        """
        if self._is_closed:
            raise self._located(InvalidParameter("the operation is closed"))
        if not self._is_over:
            self._stop("the operation was cancelled", Expiry.of_grace())

    def close(self) -> None:
        """Stop the operation, from any thread, and forget its results (MI_Operation_Close).

        What is open on the server is released before this returns, in at most 5 s. Closing again
        does nothing.
        """
        self._is_closed = True
        self._stop("the operation was closed", Expiry.of_grace())
        self._ready.clear()

    def interrupt(self) -> None:
        """Make whoever fetches leave, since the session closes; do not wait for it."""
        self._cancel.cancel("the session was closed")

    def hand_over(self, expiry: Expiry) -> None:
        """Stop the operation for a session that closes: the channel releases what is open."""
        self._stop("the session was closed", expiry, is_released=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        run = self._run
        if run is not None:
            self._fellows.leave(self)
            run.drop()

    def __repr__(self) -> str:
        host = self._fellows.host or "this machine"
        return f"<{type(self).__name__} {self._call.operation} on {host}, {self._standing()}>"

    def _standing(self) -> str:
        if self._is_closed:
            return "closed"
        if self._error is not None:
            return "failed"
        if self._is_over:
            return "ended"
        return "not started" if self._run is None else "running"

    # Fetching, with the turn

    def _fetch(self) -> bool:
        """Wait for the next batch and put it with what is ready; False means there is no more."""
        if self._fetching == get_ident():
            raise self._located(
                InvalidParameter("an operation cannot be read from a callback of its own")
            )
        try:
            with self._turn:
                self._fetching = get_ident()
                try:
                    return self._advance()
                finally:
                    self._fetching = 0
        finally:
            if self._is_left and self._turn.acquire(blocking=False):
                try:
                    self._let_go()
                finally:
                    self._turn.release()

    def _advance(self) -> bool:
        if self._is_closed:
            raise self._located(InvalidParameter("the operation is closed"))
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._is_over:
            return False
        try:
            return self._take_batch()
        except MIError as error:
            self._settle(error)
            if not self._cancel.cancelled:  # else who cancelled releases, and this thread may go
                self._let_go()
            raise
        except BaseException:  # Ctrl-C above all: nothing may stay open on the server
            self._is_closed = self._is_over = True
            self._let_go()
            raise

    def _take_batch(self) -> bool:
        batch = self._next_batch()
        if batch is None:
            self._is_over = True
            self._let_go()
            return False
        self._ready.extend([event.value for event in batch])
        return True

    def _next_batch(self) -> list[Event] | None:
        try:
            batch = None if self._cancel.cancelled else self._running().next_batch()
        except MIError as error:
            if not self._cancel.cancelled:
                raise
            # A handler may have seen no more than that its connection was cut.
            raise self._cancel.error() from error
        if self._cancel.cancelled:
            raise self._cancel.error()
        return batch

    def _running(self) -> Run:
        if self._run is None:
            self._fellows.enter(self)
            control = self._begin(cancel=self._cancel)
            self._run = self._fellows.channel.start(self._call, control)
        return self._run

    # Ending, with the turn

    def _stop(self, reason: str, expiry: Expiry, *, is_released: bool = True) -> None:
        self._cancel.cancel(reason)
        if self._take_turn(expiry):
            try:
                if not self._is_over:
                    self._settle(self._cancel.error())
                self._let_go(is_released=is_released)
            finally:
                self._turn.release()

    def _take_turn(self, expiry: Expiry) -> bool:
        """Wait for the turn; False leaves the release to the thread that has it."""
        is_taken = False
        try:
            if self._fetching != get_ident():
                is_taken = self._turn.acquire(timeout=expiry.remaining() or 0)
        finally:
            self._is_left = not is_taken
        # It looks at _is_left after it gave up the turn; this looks for the turn after it set
        # _is_left. So one of the two releases.
        return is_taken or self._turn.acquire(blocking=False)

    def _settle(self, error: MIError) -> None:
        self._error = self._located(error)
        self._is_over = True
        if self._cancel.cancelled:
            self._ready.clear()

    def _let_go(self, *, is_released: bool = True) -> None:
        """End the run: release what it has open, or hand that to the channel."""
        run, self._run = self._run, None
        try:
            if run is not None:
                self._end(run, is_released=is_released)
        finally:
            self._fellows.leave(self)

    def _end(self, run: Run, *, is_released: bool) -> None:
        if not is_released:
            run.drop()
            return
        try:
            run.close()
        except MIError as error:
            self._fellows.note(self._located(error))
        except BaseException:  # Ctrl-C while it was released: the channel may still do that
            run.drop()
            raise

    def _located(self, error: MIError) -> MIError:
        return error.located(self._fellows.host, self._call.operation)
