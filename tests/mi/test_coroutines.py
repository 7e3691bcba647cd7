"""Coroutines wait for threads: loops go on, cancels reach the server, nothing hangs."""

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

from mi import coroutines
from mi.control import GRACE
from mi.coroutines import Errand, awaited, ended, fetched
from mi.errors import ConnectionFailed, InvalidParameter, OperationCancelled
from mi.workers import Work, Workers
from tests.mi.conftest import Fake, cancelled_in, run_coroutine
from tests.mi.fake_handler import FakeRun, Stall

_QUERY = "SELECT * FROM Win32_Service"
_SOON = 10


class _Kept:
    """An executor whose threads all have something else to do: it keeps what it is given."""

    def __init__(self) -> None:
        self.work: list[Work] = []

    def submit(self, work: Work, /) -> None:
        self.work.append(work)


async def _blocked(stall: Stall) -> None:
    assert await asyncio.to_thread(stall.begun.wait, _SOON)


# Errands


def test_an_errand_brings_what_a_thread_returns_or_raises() -> None:
    async def main() -> None:
        errand = Errand(Workers().submit, threading.get_ident)
        await asyncio.wait((errand.outcome,))
        assert errand.result() != threading.get_ident()
        failing = Errand(Workers().submit, [].pop)
        await asyncio.wait((failing.outcome,))
        with pytest.raises(IndexError):
            failing.result()

    run_coroutine(main())


def test_an_errand_knows_the_context_of_who_sent_it() -> None:
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user")

    async def main() -> None:
        user.set("ops")
        errand = Errand(Workers().submit, user.get)
        await asyncio.wait((errand.outcome,))
        assert errand.result() == "ops"

    run_coroutine(main())


def test_an_errand_can_be_withdrawn_until_a_thread_has_begun() -> None:
    async def main() -> None:
        executor, done = _Kept(), []
        errand = Errand(executor.submit, lambda: done.append(1))
        assert errand.withdraw()
        executor.work[0]()
        assert done == []
        other = Errand(executor.submit, lambda: done.append(2))
        executor.work[1]()
        assert not other.withdraw()
        assert done == [2]

    run_coroutine(main())


def test_an_errand_that_outlives_its_loop_disturbs_nobody() -> None:
    executor = _Kept()

    async def main() -> None:
        Errand(executor.submit, lambda: None)

    run_coroutine(main())
    executor.work[0]()


# Fetching


def test_the_loop_goes_on_while_a_thread_waits(fake: Fake) -> None:
    may_go_on = threading.Event()
    session, _ = fake(lambda run: may_go_on.wait(_SOON) and ["a"])
    operation = session.query_instances(_QUERY)

    async def main() -> None:
        waiting = asyncio.ensure_future(fetched(operation._execution, operation.all))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiting.done()
        may_go_on.set()
        assert await waiting == ["a"]

    run_coroutine(main())


def test_an_error_reaches_who_waits(fake: Fake) -> None:
    session, _ = fake(ConnectionFailed("it broke"))
    operation = session.query_instances(_QUERY)
    with pytest.raises(ConnectionFailed, match="it broke"):
        run_coroutine(fetched(operation._execution, operation.all))


def test_an_executor_that_takes_no_work_reaches_who_waits(fake: Fake) -> None:
    executor = ThreadPoolExecutor(1)
    session, _ = fake(["a"], executor=executor)
    executor.shutdown()
    operation = session.query_instances(_QUERY)
    with pytest.raises(InvalidParameter, match="takes no work"):
        run_coroutine(fetched(operation._execution, operation.all))


def test_cancelling_a_task_cancels_its_operation_and_releases_it_before_the_task_ends(
    fake: Fake,
) -> None:
    stall = Stall()
    session, channel = fake(["a"], stall)
    operation = session.query_instances(_QUERY, timeout=None)

    async def main() -> None:
        await cancelled_in(stall, fetched(operation._execution, operation.all))
        assert channel.runs[0].ends == ["close"]

    run_coroutine(main())
    with pytest.raises(OperationCancelled, match="the task was cancelled"):
        operation.all()


def test_a_time_limit_of_asyncio_does_as_a_cancel_does(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)
    operation = session.query_instances(_QUERY, timeout=None)

    async def main() -> None:
        async with asyncio.timeout(0.05):
            await fetched(operation._execution, operation.all)

    with pytest.raises(TimeoutError):
        run_coroutine(main())
    assert channel.runs[0].ends == ["close"]


def test_a_task_that_is_cancelled_before_a_thread_has_begun_ends_at_once(fake: Fake) -> None:
    executor = _Kept()
    session, channel = fake(["a"], executor=executor)
    operation = session.query_instances(_QUERY)

    async def main() -> None:
        task = asyncio.ensure_future(fetched(operation._execution, operation.all))
        await asyncio.sleep(0)
        task.cancel()
        begun = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - begun < GRACE

    run_coroutine(main())
    for work in executor.work:
        work()
    assert channel.runs == []


def test_what_an_earlier_fetch_left_open_is_released_though_no_thread_is_free(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coroutines, "GRACE", 0.05)
    executor = _Kept()
    session, channel = fake(["a"], ["b"], executor=executor)
    operation = session.query_instances(_QUERY)
    assert next(operation) == "a"

    async def main() -> None:
        task = asyncio.ensure_future(fetched(operation._execution, operation.all))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_coroutine(main())
    assert channel.runs[0].ends == ["drop"]


def test_a_second_cancel_does_not_wait_for_the_release(fake: Fake) -> None:
    stall, may_release = Stall(), threading.Event()

    def start(run: FakeRun) -> Stall:
        run.on_close = lambda: may_release.wait(_SOON) and None
        return stall

    session, channel = fake(start)
    operation = session.query_instances(_QUERY, timeout=None)

    async def main() -> None:
        task = asyncio.ensure_future(fetched(operation._execution, operation.all))
        await _blocked(stall)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
        assert task.done()

    run_coroutine(main())
    may_release.set()
    session.close()
    assert channel.open_contexts == set()


# Closing


def _closing(
    submit: Callable[[Work], object], close: Work, told: list[str]
) -> Coroutine[Any, Any, None]:
    return ended(submit, close, lambda: told.append("otherwise"))


def test_a_thread_closes_and_its_error_is_raised() -> None:
    told: list[str] = []
    run_coroutine(_closing(Workers().submit, lambda: told.append("closed"), told))
    with pytest.raises(IndexError):
        run_coroutine(_closing(Workers().submit, [].pop, told))
    assert told == ["closed"]


def test_without_an_executor_it_closes_otherwise() -> None:
    def refuse(work: Work) -> None:
        raise InvalidParameter("the executor takes no work")

    told: list[str] = []
    run_coroutine(_closing(refuse, lambda: told.append("closed"), told))
    assert told == ["otherwise"]


def test_without_a_free_thread_it_closes_otherwise_after_the_grace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coroutines, "GRACE", 0.01)
    executor, told = _Kept(), list[str]()
    run_coroutine(_closing(executor.submit, lambda: told.append("closed"), told))
    executor.work[0]()
    assert told == ["otherwise"]


def test_a_close_that_has_begun_is_waited_for_even_by_a_task_that_is_cancelled() -> None:
    begun, may_end = threading.Event(), threading.Event()
    told: list[str] = []

    def close() -> None:
        begun.set()
        may_end.wait(_SOON)
        told.append("closed")

    async def main() -> None:
        task = asyncio.ensure_future(_closing(Workers().submit, close, told))
        assert await asyncio.to_thread(begun.wait, _SOON)
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        may_end.set()
        with suppress(asyncio.CancelledError):
            await task
        assert told == ["closed"]

    run_coroutine(main())


def test_a_close_that_takes_longer_than_the_grace_is_left_to_its_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coroutines, "GRACE", 0.01)
    may_end, told = threading.Event(), list[str]()
    run_coroutine(_closing(Workers().submit, lambda: may_end.wait(_SOON), told))
    may_end.set()
    assert told == []


# What is awaited without an operation


def test_what_a_thread_returns_is_awaited() -> None:
    async def main() -> int:
        return await awaited(Workers().submit, lambda: 5, list[int]().pop, list[int]().pop)

    assert run_coroutine(main()) == 5


def test_a_cancel_interrupts_the_thread_and_waits_until_all_is_closed() -> None:
    begun, freed = threading.Event(), threading.Event()
    told: list[str] = []

    def work() -> None:
        begun.set()
        freed.wait(_SOON)
        told.append("left")

    def close() -> None:
        told.append("closed")

    async def main() -> None:
        task = asyncio.ensure_future(awaited(Workers().submit, work, freed.set, close))
        assert await asyncio.to_thread(begun.wait, _SOON)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "closed" in told

    run_coroutine(main())
