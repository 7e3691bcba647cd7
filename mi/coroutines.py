"""Waiting in a coroutine for what a thread does. Imported where a coroutine needs it.

Nothing here outlives a call or belongs to an event loop, so any number of loops may use the same
session. A cancelled task does not leave before its operation is released, or 5 s have passed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, Generic, TypeVar

from mi.control import GRACE, Expiry
from mi.errors import InvalidParameter
from mi.execution import Execution
from mi.workers import Work

__all__ = ["Errand", "awaited", "ended", "fetched"]

ResultT = TypeVar("ResultT")


class Errand(Generic[ResultT]):
    """Work for a thread, whose outcome the event loop that sends it waits for.

    Attributes:
        outcome: done once the thread is; it never fails.
    """

    def __init__(self, submit: Callable[[Work], object], work: Callable[[], ResultT]) -> None:
        """Send a thread by `submit`; an error of that is raised."""
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._work = [work]  # whoever takes it out decides whether it is done
        self._failure: BaseException | None = None
        self.outcome: asyncio.Future[Any] = self._loop.create_future()
        submit(self)

    def __call__(self) -> None:
        """Do the work, in the thread."""
        try:
            work = self._work.pop()
        except IndexError:
            return
        value = None
        try:
            value = self._context.run(work)
        except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is asked for
            self._failure = error
        with suppress(RuntimeError):  # the loop was closed, so nobody waits any more
            self._loop.call_soon_threadsafe(self.outcome.set_result, value)

    def withdraw(self) -> bool:
        """Return whether no thread has begun; then none will."""
        try:
            self._work.pop()
        except IndexError:
            return False
        return True

    def result(self) -> ResultT:
        """Return what the work returned, or raise what it raised."""
        if self._failure is not None:
            raise self._failure
        result: ResultT = self.outcome.result()
        return result


async def fetched(execution: Execution[Any], work: Callable[[], ResultT]) -> ResultT:
    """Return what `work` returns, which waits for results of `execution` in another thread.

    A cancel of the task cancels the operation and waits until it is released.
    """
    submit = execution.fellows.submit
    errand = Errand(submit, work)
    try:
        await asyncio.wait((errand.outcome,))
    except asyncio.CancelledError:
        execution.interrupt("the task was cancelled")
        if not errand.withdraw() or execution.is_started:
            # The thread that fetched leaves, and the one that releases takes its turn.
            await ended(submit, execution.release, partial(execution.hand_over, Expiry.at_once()))
        raise
    return errand.result()


async def awaited(
    submit: Callable[[Work], object], work: Callable[[], ResultT], interrupt: Work, close: Work
) -> ResultT:
    """Return what `work` returns, done by another thread.

    A cancel of the task makes that thread leave by `interrupt`, which waits for nothing, and waits
    until `close` has released what is open, for at most 5 s.
    """
    errand = Errand(submit, work)
    try:
        await asyncio.wait((errand.outcome,))
    except asyncio.CancelledError:
        interrupt()
        errand.withdraw()
        await ended(submit, close, interrupt)
        raise
    return errand.result()


async def ended(submit: Callable[[Work], object], close: Work, otherwise: Work) -> None:
    """Have a thread do `close`, which takes at most 5 s, and wait for it.

    Where no thread is free for it in that time, do `otherwise`, which waits for nothing.
    """
    try:
        errand = Errand(submit, close)
    except InvalidParameter:  # the executor was shut down before what uses it was closed
        otherwise()
        return
    try:
        await asyncio.wait((errand.outcome,), timeout=GRACE)
    finally:
        await _finished(errand, otherwise)
    if errand.outcome.done():
        errand.result()


async def _finished(errand: Errand[object], otherwise: Work) -> None:
    if errand.withdraw():
        otherwise()
    elif not errand.outcome.done():
        await asyncio.wait((errand.outcome,), timeout=GRACE)
