"""Delivery: an operation that hands its results to a callback, instead of being read.

One thread of the application's executor at a time fetches and calls back, from the first result to
the final one. Where results are acknowledged by hand it goes once it has delivered one, and the
acknowledgement brings another: a result that nobody deals with keeps no thread.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Event, Lock, get_ident
from typing import Generic, TypeVar

from mi.callbacks import OperationResult, call_back, log_failure
from mi.control import Expiry
from mi.errors import InvalidParameter, MIError
from mi.execution import Execution
from mi.operation import Operation

__all__ = ["Delivery"]

ResultT = TypeVar("ResultT")


class _Acknowledgement:
    """Lets the next result come, once, from any thread."""

    def __init__(self) -> None:
        self.is_given = False
        self._lock = Lock()
        self._resume: Callable[[], None] | None = None

    def __call__(self) -> None:
        """Acknowledge the result (MI_Operation_ResultAcknowledge); again, do nothing."""
        with self._lock:
            is_first, self.is_given = not self.is_given, True
        if is_first and self._resume is not None:
            self._resume()

    def is_awaited_by(self, resume: Callable[[], None]) -> bool:
        """Return whether `resume` will be called; False where the acknowledgement is there."""
        with self._lock:
            if not self.is_given:
                self._resume = resume
            return not self.is_given


class Delivery(Generic[ResultT]):
    """The results of one operation on their way to its callback."""

    def __init__(
        self,
        operation: Operation[ResultT],
        execution: Execution[ResultT],
        callback: Callable[[OperationResult[ResultT]], None],
        *,
        is_manual: bool,
    ) -> None:
        """Prepare it; `is_manual` is whether the caller acknowledges results."""
        self._operation = operation
        self._execution = execution
        self._callback = callback
        self._is_manual = is_manual
        # The result of a unary call waits for its end, so that it is the final one.
        self._kept = 1 if execution.call.unary else 0
        self._thread = 0  # the identity of the thread that delivers, 0 for none
        self._is_idle = Event()  # set while nobody delivers or will without the caller

    def begin(self, refusal: MIError | None = None) -> None:
        """Have a thread deliver; where that cannot be, deliver the error in this one.

        Args:
            refusal: what keeps the operation from starting, if anything does.
        """
        try:
            if refusal is None:
                self._execution.fellows.enter(self)
        except InvalidParameter as error:
            refusal = error
        if refusal is None:
            self._send()
        else:
            self._refuse(refusal)

    # What a session needs of an operation

    def interrupt(self, reason: str) -> None:
        """Make the thread that delivers leave its fetching; do not wait for it."""
        self._execution.interrupt(reason)

    def hand_over(self, expiry: Expiry) -> None:
        """Hand what is open to the channel; the final result will say that it was cancelled."""
        self._execution.hand_over(expiry)

    def join(self, expiry: Expiry) -> None:
        """Wait for the final result's callback, unless the caller has yet to acknowledge one."""
        if self._thread != get_ident():
            self._is_idle.wait(expiry.remaining())

    # Delivering

    def _send(self) -> None:
        self._is_idle.clear()
        try:
            self._execution.fellows.submit(self._run)
        except InvalidParameter as error:
            self._refuse(error)

    def _refuse(self, error: MIError) -> None:
        self._execution.fail(error)
        self._run()

    def _run(self) -> None:
        while True:
            self._thread = get_ident()
            awaited = self._deliver()
            self._thread = 0
            self._is_idle.set()
            if awaited is None or awaited.is_awaited_by(self._send):
                return
            self._is_idle.clear()

    def _deliver(self) -> _Acknowledgement | None:
        """Deliver until the final result, or until one has yet to be acknowledged: return that."""
        while True:
            acknowledgement = _Acknowledgement() if self._is_manual else None
            result = self._next(acknowledgement)
            is_dealt_with = self._call(result)
            if not result.more_results:
                self._execution.fellows.leave(self)
                return None
            # A callback that failed acknowledges nothing more.
            if acknowledgement is not None and is_dealt_with and not acknowledgement.is_given:
                return acknowledgement

    def _call(self, result: OperationResult[ResultT]) -> bool:
        try:
            return call_back(self._callback, result)
        except SystemExit as error:  # the thread is not the caller's to end
            log_failure(error)
            return False

    def _next(self, acknowledgement: _Acknowledgement | None) -> OperationResult[ResultT]:
        value, more, failure = None, False, None
        try:
            value, more = self._fetched()
        except MIError as error:
            failure = error.with_traceback(None)
        except BaseException as error:  # noqa: BLE001 - a mistake in a handler ends it as well
            failure = self._execution.located(MIError(f"{type(error).__name__}: {error}"))
            failure.__cause__ = error
        return OperationResult(self._operation, value, more, failure, acknowledgement)

    def _fetched(self) -> tuple[ResultT | None, bool]:
        """Return the next result, and whether more come."""
        execution = self._execution
        while len(execution.ready) > self._kept or execution.fetch():
            if len(execution.ready) > self._kept:
                with suppress(IndexError):  # a cancel may just have emptied it
                    return execution.ready.popleft(), True
        if not self._kept:
            return None, False
        return execution.ready[0] if execution.ready else execution.missing(), False
