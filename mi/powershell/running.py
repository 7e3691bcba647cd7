"""A script that runs: its records as they come, and its end."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mi.closing import AsyncClosing
from mi.errors import InvalidParameter, MIError, OperationTimeout
from mi.powershell.records import Record
from mi.powershell.result import PowerShellResult
from mi.powershell.script import DisconnectedScript
from mi.powershell.script_calls import ScriptCalls

if TYPE_CHECKING:
    from mi.workers import Work

__all__ = ["OPERATION", "RunningScript", "ScriptRun"]

ValueT = TypeVar("ValueT")

OPERATION = "PowerShell"
"""What errors call it."""


class ScriptRun(Protocol):
    """One script, run in one way; used by one thread at a time, but for `stop`."""

    @property
    def exit_code(self) -> int | None:
        """The exit code, once it has ended, or None."""
        ...

    @property
    def was_stopped(self) -> bool:
        """Whether it was stopped before it was through."""
        ...

    @property
    def is_begun(self) -> bool:
        """Whether it may have done something on the far side."""
        ...

    def next_records(self) -> list[Record] | None:
        """Wait for and return what comes next; None is the end."""
        ...

    def stop(self) -> None:
        """Let the script end, from any thread; what it wrote before still comes."""
        ...

    def close(self) -> None:
        """End it at once, if it has not ended."""
        ...

    def disconnect(self) -> DisconnectedScript:
        """Leave it to itself; return what names it."""
        ...


class RunningScript(AsyncClosing, Iterator[Record], AsyncIterator[Record]):
    """A script on the far side: iterate its records, or ask for the `result`.

    It starts on first use. Leaving its `with` block ends it. In a coroutine, `async for`, `await`
    for the result and `async with` do the same; cancelling the task ends the script. One thread or
    task reads it; `stop`, `cancel` and `close` are for any.

    Every use raises `MIError`: what the server, the connection or the time limit made of it,
    `OperationCancelled` once it was cancelled, `InvalidParameter` once it was closed.
    """

    def __init__(
        self,
        run: ScriptRun,
        calls: ScriptCalls,
        host: str | None,
        submit: Callable[[Work], object],
        on_record: Callable[[Record], object] | None = None,
    ) -> None:
        self._run = run
        self._calls = calls
        self._host = host
        self._submit = submit
        self._on_record = on_record
        self._ready: deque[Record] = deque()
        self._is_over = False
        self._is_closed = False
        self._failure: MIError | None = None

    # Records

    def __next__(self) -> Record:
        while not self._ready:
            if not self._fetch():
                raise StopIteration
        return self._ready.popleft()

    def result(self) -> PowerShellResult:
        """Wait for the end; return the result, of those records that were not yet iterated."""
        while self._fetch():
            pass
        records, self._ready = self._ready, deque()
        return PowerShellResult.of(
            records, exit_code=self._run.exit_code, was_stopped=self._run.was_stopped
        )

    @property
    def exit_code(self) -> int | None:
        """The exit code, once it has ended; None where there is none, or not yet."""
        return self._run.exit_code

    @property
    def was_stopped(self) -> bool:
        """Whether it was stopped before it was through."""
        return self._run.was_stopped

    def _fetch(self) -> bool:
        """Wait for more records; False is the end."""
        self._refuse_if_closed()
        if self._failure is not None:
            raise self._failure.with_traceback(None)
        if self._is_over:
            return False
        try:
            return self._take(self._run.next_records())
        except OperationTimeout as error:
            # What took too long was one of several operations, and its time what was left.
            expired = self._calls.expired() or error
            expired.outcome_unknown = error.outcome_unknown
            raise self._fail(expired) from error
        except MIError as error:
            self._fail(error)
            raise
        except BaseException:  # Ctrl-C, or what a callback raised: nothing may go on over there
            self._is_closed = True
            self._end()
            raise

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise InvalidParameter("the script is closed").located(self._host, OPERATION)

    def _fail(self, error: MIError) -> MIError:
        error.outcome_unknown = error.outcome_unknown or self._run.is_begun
        self._failure = error.located(self._host, OPERATION)
        self._end()
        return error

    def _take(self, records: list[Record] | None) -> bool:
        if records is None:
            self._is_over = True
            self._end()
            return False
        if self._on_record is not None:
            for record in records:
                self._on_record(record)
        self._ready.extend(records)
        return True

    # In coroutines

    async def __anext__(self) -> Record:
        while not self._ready:
            if not await self._in_thread(self._fetch):
                raise StopAsyncIteration
        return self._ready.popleft()

    def __await__(self) -> Generator[Any, None, PowerShellResult]:
        return self._in_thread(self.result).__await__()

    async def _in_thread(self, work: Callable[[], ValueT]) -> ValueT:
        from mi.coroutines import awaited  # noqa: PLC0415 - it loads asyncio

        return await awaited(self._submit, work, self._calls.cancel, self.close)

    # Its end

    def stop(self) -> None:
        """Let the script end, as Ctrl-C does, from any thread.

        What it wrote before still comes, and then its end; its runspace stays as it is.
        """
        self._run.stop()

    def disconnect(self) -> DisconnectedScript:
        """Leave a detachable script to itself, and close this; it runs on (WinRM 3).

        `Session.resume_powershell` goes on with it, in this process or another one. Records that
        have come and were not taken are lost; the server keeps what is written from now on.

        Raises:
            InvalidParameter: it is not detachable, has not begun, or has ended.
            NotSupported: it runs in a process, or the server cannot do that.
        """
        self._refuse_if_closed()
        try:
            left = self._run.disconnect()
        except MIError as error:
            error.located(self._host, OPERATION)
            raise
        self.close()
        return left

    def cancel(self) -> None:
        """End the script at once, from any thread: whoever waits gets `OperationCancelled`."""
        self._calls.cancel()

    def close(self) -> None:
        """End the script, if it has not ended, and forget its records. Twice is allowed."""
        self._is_closed = True
        self._end()
        self._ready.clear()

    def _end(self) -> None:
        try:
            self._run.close()
        finally:
            self._calls.close()

    async def _aclose(self) -> None:
        from mi.coroutines import ended  # noqa: PLC0415 - it loads asyncio

        if self._is_over:  # there is nothing to wait for
            self.close()
            return
        self._calls.cancel()
        await ended(self._submit, self.close, self._calls.cancel)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "ended" if self._is_over else "running"
        return f"<{type(self).__name__} on {self._host or 'this machine'}, {state}>"
