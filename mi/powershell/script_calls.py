"""The operations that one script takes, of which any thread may end all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import RLock
from typing import Any, NamedTuple, TypeVar

from mi.calls import Call
from mi.control import Expiry
from mi.errors import InvalidParameter, MIError, OperationCancelled, OperationTimeout
from mi.operation import Operation
from mi.option_checks import seconds

__all__ = ["Far", "ScriptCalls"]

ResultT = TypeVar("ResultT")


class Far(NamedTuple):
    """What scripts need of a session.

    Attributes:
        run: returns the operation of a call, as `Session.run` does.
        envelope_size: the bytes that an envelope may have.
    """

    run: Callable[..., Operation[Any]]
    envelope_size: int


class ScriptCalls:
    """Runs the calls of one script, within the time of the whole.

    Args:
        far: the session.
        timeout: seconds for the whole script, or None for ever.
    """

    def __init__(self, far: Far, timeout: float | timedelta | None = None) -> None:
        self.far = far
        self._seconds = None if timeout is None else seconds(timeout, "timeout")
        self._end = Expiry()
        self._is_begun = False
        self._lock = RLock()  # a signal handler may cancel in the thread that has it
        self._open: list[Operation[Any]] = []
        self._is_cancelled = False

    def run(self, call: Call[ResultT]) -> Operation[ResultT]:
        """Return the operation of `call`, which ends with the script's time.

        Raises:
            OperationCancelled: the script was cancelled.
            OperationTimeout: its time is over.
        """
        with self._lock:
            if self._is_cancelled:
                raise OperationCancelled("the script was cancelled")
            operation = self.far.run(call, deadline=self._remaining(), **self._endless(call))
            self._open.append(operation)
            return operation

    def expired(self) -> OperationTimeout | None:
        """Return the error of a script whose time is over, or None while it is not."""
        is_over = self._is_begun and self._end.remaining() == 0.0
        return self._end.error("the script was running") if is_over else None

    def _remaining(self) -> float | None:
        if not self._is_begun:
            self._is_begun = True
            self._end = Expiry.after(self._seconds, "timeout")
        error = self.expired()
        if error is not None:
            raise error
        return self._end.remaining()

    def _endless(self, call: Call[Any]) -> dict[str, Any]:
        # What waits for a script waits as long as that takes; what asks the server does not.
        return {"timeout": None} if call.endless else {}

    def do(self, call: Call[ResultT]) -> ResultT:
        """Run a call with one result, and return it."""
        operation = self.run(call)
        try:
            return operation.result()
        finally:
            self.end(operation)

    def keep(self, operation: Operation[Any]) -> None:
        """Let an operation stay open when the script has ended: it is for others, too."""
        with self._lock:
            if operation in self._open:
                self._open.remove(operation)

    def end(self, operation: Operation[Any]) -> None:
        """Close an operation of the script."""
        self.keep(operation)
        operation.close()

    def leave(self, operation: Operation[Any]) -> None:
        """Close one that has said all; what is open on the server is released a little later."""
        self.keep(operation)
        operation.leave()

    def cancel(self) -> None:
        """End the script from any thread: whoever waits for it leaves at once."""
        with self._lock:
            self._is_cancelled = True
            operations = list(self._open)
        for operation in operations:
            try:
                operation.cancel()
            except InvalidParameter:  # it was closed meanwhile
                continue

    def close(self) -> None:
        """Close what is open; the first error of that is raised once all are closed."""
        with self._lock:
            self._is_cancelled = True
            operations, self._open = self._open, []
        failure: MIError | None = None
        for operation in operations:
            try:
                operation.close()
            except MIError as error:
                failure = failure or error
        if failure is not None:
            raise failure
