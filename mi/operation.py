"""Operations: calls that were made, whose results are fetched as they are asked for.

The same operation is read by a thread or by a task of asyncio; one that has a result callback
delivers by itself instead. What happens behind is in `mi.execution` and `mi.delivery`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mi.closing import AsyncClosing
from mi.control import Expiry
from mi.errors import InvalidParameter
from mi.execution import Execution

if TYPE_CHECKING:
    from mi.session import Session

__all__ = ["Operation"]

ResultT = TypeVar("ResultT")
ValueT = TypeVar("ValueT")

_BREATH: Final = 256  # results after which a task lets others run


class Operation(AsyncClosing, Iterator[ResultT], AsyncIterator[ResultT]):
    """A call under way (MI_Operation): iterate it, or ask for `all` or for the one `result`.

    It starts on first use. An error comes after the results that came before it, and again
    whenever more is asked for. Leaving its `with` block closes it. An operation that is dropped
    half-way is released on the server with the session's next exchange, or when that closes.

    In a coroutine, `async for`, `await` for the one result and `async with` do the same: a thread
    of the application's executor waits, and the event loop goes on. Cancelling the task cancels
    the operation, and what is open on the server is released before the task ends, in at most 5 s.

    One that `Session.run` was given a result callback for starts at once and cannot be read.

    Every use raises `MIError`: what the server, the connection or the time limits made of it,
    `OperationCancelled` once it was cancelled, `InvalidParameter` once it or its session was
    closed.
    """

    def __init__(
        self, execution: Execution[ResultT], session: Session, *, is_read: bool = True
    ) -> None:
        self._execution = execution
        # What its callback is to be given, nobody reads.
        self._ready: deque[ResultT] = execution.ready if is_read else deque()
        self._session = session
        self._is_read = is_read

    @property
    def session(self) -> Session:
        """The session that it belongs to (MI_Operation_GetSession).

        Raises:
            InvalidParameter: the operation is closed.
        """
        self._refuse_if_closed()
        return self._session

    # Results

    def __next__(self) -> ResultT:
        while True:
            try:
                return self._ready.popleft()
            except IndexError:
                pass
            if not self._fetch():  # out there, so that its error comes without this one
                raise StopIteration

    def all(self) -> list[ResultT]:
        """Fetch everything first, then return what was not yet taken, as a list.

        Where that fails, iterating still gives the results that came before the error.
        """
        while self._fetch():
            pass
        results = list(self._ready)
        self._ready.clear()
        return results

    def batch(self) -> list[ResultT]:
        """Return what has come and was not yet taken, once that is something; none is the end."""
        while not self._ready and self._fetch():
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
        self._execution.is_start_wanted = False
        ready = self._ready
        while len(ready) <= 1 and self._fetch():
            pass
        if len(ready) > 1:
            raise self._execution.located(
                InvalidParameter("there is more than one result", advice="Iterate, or use all().")
            )
        if ready:
            return ready[0]
        return self._execution.missing()

    async def __anext__(self) -> ResultT:
        while True:
            try:
                result = self._ready.popleft()
            except IndexError:
                pass
            else:
                if len(self._ready) % _BREATH == _BREATH - 1:
                    await _breathe()
                return result
            if not await self._in_thread(self._fetch):
                raise StopAsyncIteration

    def __await__(self) -> Generator[Any, None, ResultT]:
        return self._in_thread(self.result).__await__()

    def _fetch(self) -> bool:
        self._refuse_if_closed()
        if not self._is_read:
            raise self._execution.located(
                InvalidParameter(
                    "an operation with a result callback delivers by itself",
                    advice="Read it in the callback, or run it without one.",
                )
            )
        return self._execution.fetch()

    async def _in_thread(self, work: Callable[[], ValueT]) -> ValueT:
        from mi.coroutines import fetched  # noqa: PLC0415 - it loads asyncio

        return await fetched(self._execution, work)

    # Ends

    def cancel(self) -> None:
        """Stop the operation, from any thread (MI_Operation_Cancel); after its end, do nothing.

        A call that waits for a result ends at once with `OperationCancelled`, and so does every
        later one; so does the final result of an operation with a result callback. What is open on
        the server is released before this returns, in at most 5 s.

        Raises:
            InvalidParameter: the operation is closed.
        """
        self._refuse_if_closed()
        self._execution.cancel()

    def close(self) -> None:
        """Stop the operation, from any thread, and forget its results (MI_Operation_Close).

        What is open on the server is released before this returns, in at most 5 s. Closing again
        does nothing. One with a result callback still delivers its final result.
        """
        self._execution.close()

    def leave(self) -> None:
        """Close it as `close` does, where nobody is to wait for what is released on the server.

        That is done soon after, behind the caller's back, if the protocol's handler can do so.
        """
        self._execution.leave()

    async def _aclose(self) -> None:
        from mi.coroutines import ended  # noqa: PLC0415 - it loads asyncio

        execution = self._execution
        if execution.is_over and not execution.is_started:
            self.close()  # there is nothing to wait for
            return
        execution.interrupt("the operation was closed")
        abandon = partial(execution.close, Expiry.at_once(), is_released=False)
        await ended(execution.fellows.submit, execution.close, abandon)

    def __repr__(self) -> str:
        execution = self._execution
        host = execution.fellows.host or "this machine"
        return f"<{type(self).__name__} {execution.call.operation} on {host}, {execution.standing}>"

    def _refuse_if_closed(self) -> None:
        if self._execution.is_closed:
            raise self._execution.located(InvalidParameter("the operation is closed"))


async def _breathe() -> None:
    from asyncio import sleep  # noqa: PLC0415 - who comes here has loaded it

    await sleep(0)
