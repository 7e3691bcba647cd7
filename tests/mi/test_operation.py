"""Operations: when they start and what they give, to threads and to tasks."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mi.callbacks import OperationCallbacks
from mi.calls import GetInstance, QueryInstances, TestConnection
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    NotFound,
    NotSupported,
    OperationCancelled,
)
from mi.instance import Instance
from mi.operation import Operation
from mi.workers import Workers
from tests.mi.conftest import Fake, cancelled_in, run_coroutine
from tests.mi.fake_handler import Stall

_QUERY = "SELECT * FROM Win32_Service"


# Starting


def test_an_operation_starts_on_first_use(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert channel.runs == []
    next(operation)
    assert len(channel.runs) == 1


def test_an_operation_that_cannot_start_fails_at_its_first_use(fake: Fake) -> None:
    session, _ = fake(refusal=NotSupported("no row for it"))
    operation = session.query_instances(_QUERY)
    with pytest.raises(NotSupported, match="server01: QueryInstances: no row for it"):
        operation.all()


# Results


def test_iterating_gives_the_results_of_every_batch_in_order(fake: Fake) -> None:
    session, channel = fake(["a", "b"], [], ["c"])
    assert list(session.query_instances(_QUERY)) == ["a", "b", "c"]
    assert channel.runs[0].ends == ["close"]


def test_a_batch_is_fetched_when_it_is_asked_for_and_not_before(fake: Fake) -> None:
    session, channel = fake(["a", "b"], ["c"])
    operation = session.query_instances(_QUERY)
    next(operation)
    next(operation)
    assert channel.runs[0].asked == 1
    next(operation)
    assert channel.runs[0].asked == 2


def test_all_fetches_everything_first(fake: Fake) -> None:
    session, channel = fake(["a"], ["b", "c"])
    operation = session.query_instances(_QUERY)
    assert next(operation) == "a"
    assert operation.all() == ["b", "c"]
    assert channel.open_contexts == set()
    assert operation.all() == []


def test_an_error_comes_alone(fake: Fake) -> None:
    session, _ = fake(NotFound("gone"), NotFound("gone"))

    async def iterate() -> None:
        await anext(session.query_instances(_QUERY))

    for work in (lambda: next(session.query_instances(_QUERY)), lambda: run_coroutine(iterate())):
        with pytest.raises(NotFound) as caught:
            work()
        assert caught.value.__context__ is None


def test_an_iteration_that_ended_stays_ended(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert list(operation) == ["a"]
    assert list(operation) == []
    with pytest.raises(StopIteration):
        next(operation)
    assert channel.runs[0].asked == 2


def test_result_gives_the_one_result_and_gives_it_again(fake: Fake) -> None:
    session, _ = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert operation.result() == operation.result() == "a"


def test_result_refuses_to_choose_among_several_and_loses_none(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"], ["c"])
    operation = session.query_instances(_QUERY)
    for _ in range(2):
        with pytest.raises(InvalidParameter, match="QueryInstances: there is more than one"):
            operation.result()
    assert operation.all() == ["a", "b", "c"]


def test_no_result_where_there_must_be_one_is_not_found(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(NotFound, match="server01: QueryInstances: there is no result"):
        session.query_instances(_QUERY).result()


def test_a_call_that_may_do_without_gives_none(fake: Fake) -> None:
    session, _ = fake()
    assert session.run(TestConnection()).result() is None


# What it says of itself


def test_the_repr_says_what_where_and_how_far(fake: Fake) -> None:
    session, _ = fake(["a"], ConnectionFailed("it broke"))
    operation = session.query_instances(_QUERY)
    assert repr(operation) == "<Operation QueryInstances on server01, not started>"
    next(operation)
    assert repr(operation) == "<Operation QueryInstances on server01, running>"
    with pytest.raises(ConnectionFailed):
        next(operation)
    assert repr(operation) == "<Operation QueryInstances on server01, failed>"
    operation.close()
    assert repr(operation) == "<Operation QueryInstances on server01, closed>"


def test_the_repr_of_an_operation_on_this_machine(fake: Fake) -> None:
    session, _ = fake(["a"], destination=None)
    operation = session.run(QueryInstances(_QUERY))
    operation.all()
    assert repr(operation) == "<Operation QueryInstances on this machine, ended>"


def test_the_control_has_the_terms_of_the_call(fake: Fake) -> None:
    session, channel = fake(["a"])
    key = Instance("Win32_Service", {"Name": "Spooler"})
    session.run(GetInstance(key), timeout=7, deadline=3).result()
    used = channel.runs[0].control
    assert (used.unary, used.timeout, used.deadline.seconds) == (True, 7, 3)
    session.run(QueryInstances(_QUERY)).all()
    assert not channel.runs[1].control.unary


# Ends


def test_leaving_the_with_block_closes(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    with session.query_instances(_QUERY) as operation:
        assert next(operation) == "a"
        assert channel.open_contexts
    assert channel.runs[0].ends == ["close"]


def test_a_cancelled_operation_says_so_from_then_on(fake: Fake) -> None:
    session, channel = fake(["a", "b"], ["c"])
    operation = session.query_instances(_QUERY)
    next(operation)
    operation.cancel()
    with pytest.raises(OperationCancelled, match="the operation was cancelled"):
        next(operation)
    assert channel.runs[0].ends == ["close"]


def test_every_use_but_another_close_of_a_closed_operation_is_invalid_parameter(fake: Fake) -> None:
    session, _ = fake(["a", "b"], ["c"])
    operation = session.query_instances(_QUERY)
    next(operation)
    operation.close()
    operation.close()
    for use in (operation.all, operation.result, operation.cancel, lambda: next(operation)):
        with pytest.raises(InvalidParameter, match="QueryInstances: the operation is closed"):
            use()


def test_an_operation_with_a_result_callback_cannot_be_read(fake: Fake) -> None:
    session, _ = fake(["a"])
    callbacks = OperationCallbacks(instance_result=lambda result: None)
    operation = session.run(QueryInstances(_QUERY), callbacks=callbacks)
    with pytest.raises(InvalidParameter, match=r"delivers by itself\. Read it in the callback"):
        next(operation)

    async def main() -> None:
        await operation

    with pytest.raises(InvalidParameter, match="delivers by itself"):
        run_coroutine(main())


# In a coroutine


def test_async_for_gives_the_results_of_every_batch_in_order(fake: Fake) -> None:
    session, channel = fake(["a", "b"], [], ["c"])

    async def main() -> list[Any]:
        return [result async for result in session.query_instances(_QUERY)]

    assert run_coroutine(main()) == ["a", "b", "c"]
    assert channel.runs[0].ends == ["close"]


def test_async_for_gives_what_came_before_an_error_and_then_raises_it(fake: Fake) -> None:
    session, _ = fake(["a"], ConnectionFailed("it broke"))
    taken: list[Any] = []

    async def main() -> None:
        async for result in session.query_instances(_QUERY):
            taken.append(result)  # noqa: PERF401 - what was taken before the error is the point

    with pytest.raises(ConnectionFailed):
        run_coroutine(main())
    assert taken == ["a"]


def test_others_run_while_many_results_are_at_hand(fake: Fake) -> None:
    session, _ = fake(list(range(1000)))
    seen: list[int] = []

    async def count() -> None:
        while True:
            seen.append(1)
            await asyncio.sleep(0)

    async def main() -> None:
        operation = session.query_instances(_QUERY)
        await anext(operation)
        other = asyncio.ensure_future(count())
        assert len([result async for result in operation]) == 999
        other.cancel()

    run_coroutine(main())
    assert len(seen) >= 3


def test_await_gives_the_one_result_and_gives_it_again(fake: Fake) -> None:
    session, _ = fake(["a"])

    async def main() -> None:
        operation = session.run(TestConnection())
        assert await operation == await operation == "a"

    run_coroutine(main())


def test_leaving_the_async_with_block_closes_though_there_was_more(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])

    async def main() -> None:
        async with session.query_instances(_QUERY) as operation:
            async for _ in operation:
                break
            assert channel.open_contexts
        assert channel.runs[0].ends == ["close"]
        with pytest.raises(InvalidParameter, match="the operation is closed"):
            await anext(operation)

    run_coroutine(main())


def test_leaving_the_async_with_block_of_one_that_ended_needs_no_thread(fake: Fake) -> None:
    sent: list[Any] = []

    class Counting(Workers):
        def submit(self, work: Any, /) -> None:
            sent.append(work)
            super().submit(work)

    session, channel = fake(["a"], executor=Counting())

    async def main() -> None:
        async with session.query_instances(_QUERY) as operation:
            assert [result async for result in operation] == ["a"]
            fetches = len(sent)
        assert len(sent) == fetches

    run_coroutine(main())
    assert channel.runs[0].ends == ["close"]


def test_leaving_the_async_with_block_without_a_free_thread_leaves_the_release_to_the_channel(
    fake: Fake,
) -> None:
    executor = ThreadPoolExecutor(1)
    session, channel = fake(["a"], ["b"], executor=executor)

    async def main() -> None:
        async with session.query_instances(_QUERY) as operation:
            await anext(operation)
            executor.shutdown()
        assert channel.runs[0].ends == ["drop"]

    run_coroutine(main())


def test_cancelling_the_task_that_iterates_releases(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(["a"], stall)

    async def iterate() -> None:
        async for _ in session.query_instances(_QUERY, timeout=None):
            pass

    async def main() -> None:
        await cancelled_in(stall, iterate())
        assert channel.runs[0].ends == ["close"]

    run_coroutine(main())


def test_loops_of_several_threads_use_one_session_at_once(fake: Fake) -> None:
    session, _ = fake(*[[number] for number in range(20)])
    together = threading.Barrier(4)

    async def main() -> list[Any]:
        first = session.query_instances(_QUERY)
        taken = [await anext(first)]
        together.wait(10)
        return taken + [result async for result in first]

    outcomes: list[Any] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(run_coroutine(main()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert outcomes == [list(range(20))] * 4


def test_one_operation_is_read_by_several_tasks_and_each_result_comes_once(fake: Fake) -> None:
    session, _ = fake(*[[number] for number in range(50)])

    async def main() -> None:
        operation: Operation[Any] = session.query_instances(_QUERY)

        async def read() -> list[Any]:
            return [result async for result in operation]

        outcomes = await asyncio.gather(*(read() for _ in range(4)))
        assert sorted(number for outcome in outcomes for number in outcome) == list(range(50))

    run_coroutine(main())


# Where it belongs


def test_an_operation_knows_its_session_until_it_is_closed(fake: Fake) -> None:
    session, _ = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert operation.session is session
    operation.all()
    assert operation.session is session
    operation.close()
    with pytest.raises(InvalidParameter, match="the operation is closed"):
        _ = operation.session


def test_leaving_it_closes_it(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    operation = session.query_instances(_QUERY)
    next(operation)
    operation.leave()
    assert channel.runs[0].ends == ["close"]
    with pytest.raises(InvalidParameter):
        next(operation)
