"""The execution of a call: how its run is used, what came of it, and how it ends.

Whoever works with the run holds the *turn*, a lock: one thread at a time fetches or releases.
Cancelling from elsewhere sets the cancel token, which makes the fetching thread leave with
`OperationCancelled` at once; the thread that cancelled then takes the turn and releases what is
open on the server, so neither waits for more than its own part. Where it cannot have the turn,
because it is that very thread (a credential callback, a signal handler) or the handler does not
heed the token, the fetching thread releases on its way out.

While callbacks run, nobody has the turn: who cancels never waits for the caller's code. Another
lock keeps a second thread from fetching meanwhile, so that what the server issued keeps its order.

A finalizer may run in any thread at any moment, so it takes no lock and sends nothing: it hands
the run to the channel.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock, get_ident
from typing import Final, Generic, TypeVar, cast

from mi.calls import Call
from mi.control import CancelToken, Control, Expiry
from mi.errors import InvalidParameter, MIError, NotFound
from mi.handler import Event, InteractiveRun, Item, Notice, Run, UnhurriedRun
from mi.interaction import Answer, Interaction
from mi.open_operations import OpenOperations
from mi.results import OperationFlags

__all__ = ["Execution"]

ResultT = TypeVar("ResultT")
ValueT = TypeVar("ValueT")

_REPORT_STARTED: Final = int(OperationFlags.REPORT_OPERATION_STARTED)


class Execution(Generic[ResultT]):
    """One call on its way, from any thread.

    Attributes:
        call: what is done.
        fellows: the operations of the same session.
        ready: results that arrived and were not taken, in their order.
        error: why it failed, where it did.
        is_over: whether nothing more can come.
        is_closed: whether whoever asked for it wants no more of it.
        is_start_wanted: whether its start is a result, where the flags say so.
    """

    __slots__ = (
        "__weakref__",
        "_begin",
        "_cancel",
        "_control",
        "_fetching",
        "_held",
        "_interaction",
        "_is_left",
        "_is_start_due",
        "_reading",
        "_run",
        "_turn",
        "call",
        "error",
        "fellows",
        "is_closed",
        "is_over",
        "is_start_wanted",
        "ready",
    )

    def __init__(
        self, fellows: OpenOperations, call: Call[ResultT], begin: Callable[..., Control]
    ) -> None:
        """Prepare `call`; `begin` is `Control.begin`, given all but the cancel token."""
        self._run: Run | None = None
        self.fellows = fellows
        self.call = call
        self.ready: deque[ResultT] = deque()
        self.error: MIError | None = None
        self.is_over = False
        self.is_closed = False
        self.is_start_wanted = True
        self._begin = begin
        self._control: Control | None = None
        self._cancel = CancelToken()
        self._turn = Lock()
        self._reading = Lock()
        self._fetching = 0  # the identity of the thread that fetches, 0 for none
        self._is_left = False  # whether the fetching thread is to release on its way out
        self._held: deque[Event] = deque()  # what arrived together with an earlier notice
        self._interaction: Interaction | None = None
        self._is_start_due = False

    @property
    def standing(self) -> str:
        """How far it is, in a word."""
        if self.is_closed:
            return "closed"
        if self.error is not None:
            return "failed"
        if self.is_over:
            return "ended"
        return "running" if self.is_started else "not started"

    @property
    def is_started(self) -> bool:
        """Whether something of it is open on the server, for all that is known."""
        return self._run is not None

    # Fetching

    def fetch(self) -> bool:
        """Wait for what comes next: results, now ready, or a callback's, told; False is the end.

        Raises:
            InvalidParameter: this thread is fetching already.
            MIError: what the server, the connection, the time limits or a cancel made of it; again
                whenever more is asked for.
        """
        thread = get_ident()
        if self._fetching == thread:
            raise self.located(
                InvalidParameter("an operation cannot be read from a callback of its own")
            )
        try:
            with self._reading:
                self._fetching = thread
                try:
                    taken = self._in_turn(self._take)
                    if taken is not True and taken is not False:
                        self._tell(taken)
                        return True
                    return taken
                finally:
                    self._fetching = 0
        finally:
            if self._is_left and self._turn.acquire(blocking=False):
                try:
                    self._let_go()
                finally:
                    self._turn.release()

    def _in_turn(self, step: Callable[[], ValueT]) -> ValueT:
        with self._turn:
            if self.error is not None:
                raise self.error.with_traceback(None)
            try:
                return step()
            except MIError as error:
                if self._cancel.cancelled:
                    # A handler may have seen no more than that its connection was cut. Who
                    # cancelled releases, and this thread may go.
                    raise self._settle(self._cancel.error()) from error
                self._settle(error)
                self._let_go()
                raise
            except BaseException:  # Ctrl-C above all: nothing may stay open on the server
                self.is_closed = self.is_over = True
                self._let_go()
                raise

    def _take(self) -> Notice | bool:
        """Make what comes next ready, or return what callbacks are to be told; False is the end."""
        if self._held:
            return self._take_held()
        if self.is_over:
            return False
        batch = self._next_batch()
        has_started = self._is_start_due
        if has_started:
            self._is_start_due = False
            self.ready.append(cast("ResultT", None))
        if batch is None:
            self.is_over = True
            self._let_go()
            return has_started
        values = [event.value for event in batch if type(event) is Item]
        if len(values) == len(batch):
            self.ready.extend(values)
            return True
        self._held.extend(batch)
        return self._take_held()

    def _take_held(self) -> Notice | bool:
        event = self._held.popleft()
        if not isinstance(event, Item):
            return event
        while isinstance(event, Item):
            self.ready.append(event.value)
            if not self._held:
                return True
            event = self._held.popleft()
        self._held.appendleft(event)  # told once those results are taken
        return True

    def _next_batch(self) -> list[Event] | None:
        run = self._run
        if run is None and not self._cancel.cancelled:
            run = self._start()
        batch = None if run is None or self._cancel.cancelled else run.next_batch()
        if self._cancel.cancelled:
            raise self._cancel.error()
        return batch

    def _start(self) -> Run:
        self.fellows.enter(self)
        control = self._control = self._begin(cancel=self._cancel)
        self._is_start_due = self.is_start_wanted and int(control.flags) & _REPORT_STARTED != 0
        self._run = run = self.fellows.channel.start(self.call, control)
        return run

    def missing(self) -> ResultT:
        """Return what stands for a result that did not come: None where the call allows it.

        Raises:
            NotFound: the call is one that has a result.
        """
        if self.call.optional:
            return cast("ResultT", None)
        raise self.located(NotFound("there is no result"))

    # Callbacks, without the turn

    def _tell(self, notice: Notice) -> None:
        try:
            answer = self._interact(notice)
        except BaseException as error:  # noqa: BLE001 - it ends the operation as a run's error does
            self._in_turn(partial(_fail, error))
        else:
            if answer is not None:
                self._in_turn(partial(self._answer, answer))

    def _interact(self, notice: Notice) -> Answer | None:
        if self._interaction is None:
            self._interaction = Interaction(cast("Control", self._control))
        return self._interaction.tell(notice)

    def _answer(self, answer: Answer) -> None:
        cast("InteractiveRun", self._run).answer(*answer)
        if self._cancel.cancelled:
            raise self._cancel.error()

    # Ending

    def cancel(self) -> None:
        """Stop it, unless it has ended, and release what is open on the server."""
        if not self.is_over:
            self._stop("the operation was cancelled", Expiry.of_grace())

    def close(self, expiry: Expiry | None = None, *, is_released: bool = True) -> None:
        """Stop it, release what is open on the server, and forget what came of it.

        Args:
            expiry: how long to wait for whoever fetches; else as long as the grace.
            is_released: False leaves the release to the channel.
        """
        self.is_closed = True
        end = Expiry.of_grace() if expiry is None else expiry
        self._stop("the operation was closed", end, is_released=is_released)
        self.ready.clear()

    def leave(self) -> None:
        """Close it, and let it release what is open on the server when nobody waits for that."""
        run = self._run
        if isinstance(run, UnhurriedRun):
            run.take_time()
        self.close()

    def fail(self, error: MIError) -> None:
        """Let `error` be what came of it; it was never started."""
        with suppress(MIError):
            self._in_turn(partial(_fail, error))

    def interrupt(self, reason: str) -> None:
        """Make whoever fetches leave; do not wait for it."""
        self._cancel.cancel(reason)

    def release(self) -> None:
        """Release what is open on the server of one that was interrupted."""
        self._stop("the operation was cancelled", Expiry.of_grace())

    def hand_over(self, expiry: Expiry) -> None:
        """Stop it for a session that closes: the channel releases what is open."""
        self._stop("the session was closed", expiry, is_released=False)

    def join(self, expiry: Expiry) -> None:
        """Do nothing: who reads it runs its callbacks, and is there until they have returned."""

    def __del__(self) -> None:
        run = getattr(self, "_run", None)
        if run is not None:
            self.fellows.leave(self)
            run.drop()

    # Ending, with the turn

    def _stop(self, reason: str, expiry: Expiry, *, is_released: bool = True) -> None:
        self._cancel.cancel(reason)
        if self._take_turn(expiry):
            try:
                if not self.is_over:
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

    def _settle(self, error: MIError) -> MIError:
        self.error = self.located(error)
        self.is_over = True
        if self._cancel.cancelled:
            self.ready.clear()
        self._held.clear()
        return error

    def _let_go(self, *, is_released: bool = True) -> None:
        """End the run: release what it has open, or hand that to the channel."""
        run = self._run
        try:
            if run is not None:
                self._end(run, is_released=is_released)
                self._run = None  # not before: after a Ctrl-C the finalizer still has it to drop
        finally:
            self.fellows.leave(self)

    def _end(self, run: Run, *, is_released: bool) -> None:
        if not is_released:
            run.drop()
            return
        try:
            run.close()
        except MIError as error:
            self.fellows.note(self.located(error))
        except BaseException:  # Ctrl-C while it was released: the channel may still do that
            self._run = None
            run.drop()
            raise

    def located(self, error: MIError) -> MIError:
        """Return `error`, which says where it happened."""
        return error.located(self.fellows.host, self.call.operation)


def _fail(error: BaseException) -> None:
    raise error
