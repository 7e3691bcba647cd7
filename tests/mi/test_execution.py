"""The execution of a call: its errors, and every way in which it ends, from every thread."""

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from mi import control
from mi.callbacks import OperationCallbacks
from mi.calls import QueryInstances, TestConnection
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotFound,
    OperationCancelled,
    OperationTimeout,
)
from mi.events import Item, Message, Progress, Prompt
from mi.instance import Instance
from mi.operation import Operation
from mi.results import OperationFlags, PromptType, ResponseType
from tests.mi.conftest import Fake
from tests.mi.fake_handler import FakeRun, Stall

_QUERY = "SELECT * FROM Win32_Service"
_SOON = 4.0  # less than the grace, and more than a busy machine needs


def _in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start `work` in a thread; its result, or what it raised, comes into the list."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - it is the outcome
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


# Order: results and what callbacks are told, as the server issued them

_PROMPT = Prompt("Delete it?", PromptType.NORMAL, "token")


def _noting(told: list[Any]) -> OperationCallbacks:
    return OperationCallbacks(
        write_message=lambda channel, text: told.append(text),
        prompt_user=lambda message, kind, respond: respond and respond(ResponseType.YES),
    )


def test_callbacks_are_told_between_the_results_that_they_came_between(fake: Fake) -> None:
    told: list[Any] = []
    batch = [Message(0, "1"), "a", "b", Message(0, "2"), Message(0, "3"), "c"]
    session, _ = fake(batch, [Message(0, "4")], ["d", Message(0, "5")])
    operation = session.run(QueryInstances(_QUERY), callbacks=_noting(told))
    for result in operation:
        told += [result]
    assert told == ["1", "a", "b", "2", "3", "c", "4", "d", "5"]


def test_all_is_told_too(fake: Fake) -> None:
    told: list[Any] = []
    session, _ = fake(["a", Message(0, "1"), "b"], [Message(0, "2")])
    operation = session.run(QueryInstances(_QUERY), callbacks=_noting(told))
    assert operation.all() == ["a", "b"]
    assert told == ["1", "2"]


def test_a_call_with_one_result_is_told_while_it_waits(fake: Fake) -> None:
    told: list[Any] = []
    session, channel = fake([Message(0, "1")], [_PROMPT], [Message(0, "2"), "a"], [Message(0, "3")])
    assert session.run(TestConnection(), callbacks=_noting(told)).result() == "a"
    assert told == ["1", "2", "3"]
    assert channel.runs[0].answers == [("token", ResponseType.YES)]


def test_a_handler_may_derive_from_item(fake: Fake) -> None:
    class Special(Item):
        pass

    session, _ = fake([Special("a"), "b", Message(0, "1")])
    assert session.query_instances(_QUERY).all() == ["a", "b"]


def test_what_nobody_asked_for_is_dropped_and_prompts_are_answered(fake: Fake) -> None:
    session, channel = fake([Message(0, "1"), _PROMPT, "a"])
    assert session.query_instances(_QUERY).all() == ["a"]
    assert channel.runs[0].answers == [("token", ResponseType.YES)]


def test_progress_restarts_the_timeout_of_an_operation_with_many_results(fake: Fake) -> None:
    ends: list[float] = []

    def progress(run: FakeRun) -> list[Any]:
        ends.append(run.control.begin_wait().at)
        time.sleep(0.02)
        return [Progress("Searching")]

    session, _ = fake(*[progress] * 4, Stall())
    with pytest.raises(OperationTimeout):
        session.query_instances(_QUERY, timeout=0.05).all()
    assert ends == sorted(set(ends))


def test_progress_does_not_restart_the_timeout_of_a_call_with_one_result(fake: Fake) -> None:
    ends: set[float] = set()

    def progress(run: FakeRun) -> list[Any]:
        ends.add(run.control.begin_wait().at)
        return [Progress("Searching")]

    session, _ = fake(progress, progress, ["a"])
    session.test_connection()
    assert len(ends) == 1


@pytest.mark.parametrize("batch", [["a"], None], ids=["a result", "none"])
def test_a_reported_start_is_the_first_result_and_empty(fake: Fake, batch: Any) -> None:
    session, _ = fake(batch)
    flags = OperationFlags.REPORT_OPERATION_STARTED
    results: list[Any] = session.query_instances(_QUERY, flags=flags).all()
    assert results == [None, *(batch or [])]


def test_a_start_that_failed_is_not_reported(fake: Fake) -> None:
    session, _ = fake(ConnectionFailed("refused"))
    operation = session.query_instances(_QUERY, flags=OperationFlags.REPORT_OPERATION_STARTED)
    with pytest.raises(ConnectionFailed):
        next(operation)


def test_who_asks_for_the_one_result_is_not_given_the_start(fake: Fake) -> None:
    session, _ = fake(["a"])
    flags = OperationFlags.REPORT_OPERATION_STARTED
    assert session.test_connection(flags=flags) == "a"  # type: ignore[comparison-overlap]


# Callbacks, and who need not wait for them


def test_who_cancels_does_not_wait_for_a_callback(fake: Fake) -> None:
    in_callback, may_return = threading.Event(), threading.Event()

    def write_message(channel: int, text: str) -> None:
        in_callback.set()
        may_return.wait(10)

    session, channel = fake([Message(0, "1"), "a"], ["b"])
    callbacks = OperationCallbacks(write_message=write_message)
    operation = session.run(QueryInstances(_QUERY), callbacks=callbacks)
    reader, outcome = _in_thread(operation.all)
    in_callback.wait(10)
    operation.cancel()
    assert channel.runs[0].ends == ["close"]
    may_return.set()
    reader.join(10)
    assert [type(one) for one in outcome] == [OperationCancelled]


def test_a_callback_may_cancel_and_close_its_own_operation(fake: Fake) -> None:
    for end in (Operation.cancel, Operation.close):
        operations: list[Operation[Instance]] = []
        callbacks = OperationCallbacks(
            write_message=lambda channel, text, end=end, operations=operations: end(operations[0])
        )
        session, channel = fake([Message(0, "1"), Message(0, "2"), "a"], ["b"])
        operations.append(session.run(QueryInstances(_QUERY), callbacks=callbacks))
        with pytest.raises(OperationCancelled if end is Operation.cancel else InvalidParameter):
            operations[0].all()
        assert channel.runs[0].ends == ["close"]


def test_cancelling_ends_the_wait_for_an_answer_and_the_server_is_told_none(fake: Fake) -> None:
    asked: list[Any] = []
    callbacks = OperationCallbacks(prompt_user=lambda *arguments: asked.append(arguments))
    session, channel = fake([_PROMPT], ["a"])
    operation = session.run(QueryInstances(_QUERY), callbacks=callbacks)
    reader, outcome = _in_thread(operation.all)
    while not asked:
        time.sleep(0.001)
    operation.cancel()
    reader.join(10)
    assert [type(one) for one in outcome] == [OperationCancelled]
    assert (channel.runs[0].answers, channel.runs[0].ends) == ([], ["close"])


def test_an_answer_that_cannot_be_brought_ends_the_operation(fake: Fake) -> None:
    def break_answers(run: FakeRun) -> list[Any]:
        fail = _raiser(ConnectionFailed("it broke"))
        run.answer = lambda *answer: fail()  # type: ignore[method-assign]
        return [_PROMPT, "a"]

    session, channel = fake(break_answers)
    operation = session.query_instances(_QUERY)
    for _ in range(2):
        with pytest.raises(ConnectionFailed, match="it broke"):
            operation.all()
    assert channel.runs[0].ends == ["close"]


def test_an_operation_that_is_cancelled_while_an_answer_is_brought_ends_cancelled(
    fake: Fake,
) -> None:
    def cancel_in_answer(run: FakeRun) -> list[Any]:
        run.answer = lambda *answer: run.control.cancel.cancel("it was")  # type: ignore[method-assign]
        return [_PROMPT, "a"]

    session, _ = fake(cancel_in_answer)
    operation = session.query_instances(_QUERY)
    with pytest.raises(OperationCancelled, match="it was"):
        operation.all()
    operation.close()


def test_a_prompt_that_is_answered_too_late_ends_the_operation_with_its_time(fake: Fake) -> None:
    kept: list[Any] = []
    callbacks = OperationCallbacks(prompt_user=lambda *arguments: kept.append(arguments))
    session, channel = fake([_PROMPT], ["a"])
    operation = session.run(TestConnection(), callbacks=callbacks, timeout=0.05)
    with pytest.raises(OperationTimeout, match="waiting for the answer of a callback"):
        operation.result()
    assert (channel.runs[0].answers, channel.runs[0].ends) == ([], ["close"])


def test_ctrl_c_in_a_callback_releases_and_goes_on(fake: Fake) -> None:
    def interrupted(channel: int, text: str) -> None:
        raise KeyboardInterrupt

    session, channel = fake([Message(0, "1"), "a"], ["b"])
    callbacks = OperationCallbacks(write_message=interrupted)
    operation = session.run(QueryInstances(_QUERY), callbacks=callbacks)
    with pytest.raises(KeyboardInterrupt):
        operation.all()
    assert channel.runs[0].ends == ["close"]
    with pytest.raises(InvalidParameter):
        operation.all()


def test_two_threads_that_read_are_told_one_at_a_time_and_in_order(fake: Fake) -> None:
    running, told = threading.Lock(), []

    def write_message(channel: int, text: str) -> None:
        assert running.acquire(blocking=False)
        told.append(int(text))
        time.sleep(0.0002)
        running.release()

    session, _ = fake(*[[Message(0, str(number)), number] for number in range(50)])
    callbacks = OperationCallbacks(write_message=write_message)
    operation: Operation[Any] = session.run(QueryInstances(_QUERY), callbacks=callbacks)
    readers = [_in_thread(lambda: list(operation)) for _ in range(4)]
    for reader, _ in readers:
        reader.join(10)
    assert told == list(range(50))
    assert sorted(number for _, outcome in readers for number in outcome[0]) == told


# Errors


def test_an_error_after_some_results_comes_after_them_and_again(fake: Fake) -> None:
    broken = ConnectionFailed("it broke")
    session, channel = fake(["a", "b"], broken)
    operation = session.query_instances(_QUERY)
    assert [next(operation), next(operation)] == ["a", "b"]
    for _ in range(3):
        with pytest.raises(ConnectionFailed) as caught:
            next(operation)
        assert caught.value is broken
    assert channel.runs[0].asked == 2
    assert channel.runs[0].ends == ["close"]


def test_all_never_gives_a_part_but_what_came_can_still_be_taken(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"], ConnectionFailed("it broke"))
    operation = session.query_instances(_QUERY)
    for _ in range(2):
        with pytest.raises(ConnectionFailed):
            operation.all()
    taken = []
    with pytest.raises(ConnectionFailed):
        taken.extend(operation)
    assert taken == ["a", "b"]


def test_an_error_says_where_it_happened_unless_it_says_so_itself(fake: Fake) -> None:
    session, _ = fake(ConnectionFailed("it broke"))
    with pytest.raises(ConnectionFailed) as caught:
        session.query_instances(_QUERY).all()
    assert (caught.value.host, caught.value.operation) == ("server01", "QueryInstances")
    session, _ = fake(ConnectionFailed("it broke", host="gateway", operation="Pull"))
    with pytest.raises(ConnectionFailed) as caught:
        session.query_instances(_QUERY).all()
    assert (caught.value.host, caught.value.operation) == ("gateway", "Pull")


def test_the_cause_of_an_error_stays_with_it(fake: Fake) -> None:
    def fail(run: FakeRun) -> Any:
        raise ConnectionFailed("it broke") from OSError("cable")

    session, _ = fake(fail)
    with pytest.raises(ConnectionFailed) as caught:
        session.query_instances(_QUERY).all()
    assert isinstance(caught.value.__cause__, OSError)


def test_a_timeout_releases_what_is_open_and_names_the_phase(fake: Fake) -> None:
    session, channel = fake(["a"], Stall())
    operation = session.query_instances(_QUERY, timeout=0.05)
    assert next(operation) == "a"
    with pytest.raises(OperationTimeout, match=r"the timeout of 0\.05 s passed while waiting"):
        next(operation)
    assert channel.open_contexts == set()


def test_a_release_that_fails_is_logged_and_hides_no_result(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    def start(run: FakeRun) -> list[str]:
        run.on_close = _raiser(OperationTimeout("the grace passed"))
        return ["a"]

    session, _ = fake(start)
    with caplog.at_level(logging.WARNING, "mi.session"):
        assert session.query_instances(_QUERY).all() == ["a"]
    assert [record.getMessage() for record in caplog.records] == [
        "not released on the server: server01: QueryInstances: the grace passed"
    ]


def _raiser(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


# Closing


@pytest.mark.parametrize("script", [[], [ConnectionFailed("it broke")]], ids=["ended", "failed"])
def test_close_after_the_end_is_invalid_parameter_from_then_on(fake: Fake, script: Any) -> None:
    session, channel = fake(*script)
    operation = session.query_instances(_QUERY)
    with pytest.raises((ConnectionFailed, StopIteration)):
        next(operation)
    operation.close()
    with pytest.raises(InvalidParameter):
        next(operation)
    assert channel.runs[0].ends == ["close"]


def test_closing_twice_does_nothing_more(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    operation = session.query_instances(_QUERY)
    next(operation)
    operation.close()
    operation.close()
    assert channel.runs[0].ends == ["close"]


def test_an_operation_that_never_started_closes_without_a_run(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    operation.close()
    with pytest.raises(InvalidParameter):
        next(operation)
    assert channel.runs == []


# Dropping


def test_break_without_with_sends_nothing_and_releases_with_the_next_exchange(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    for _ in session.query_instances(_QUERY):
        break
    gc.collect()
    dropped = channel.runs[0]
    assert dropped.ends == ["drop"]
    assert list(channel.orphans) == [dropped]
    next(session.query_instances(_QUERY))
    assert dropped not in channel.open_contexts


def test_a_dropped_operation_is_released_when_the_session_closes(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    next(session.query_instances(_QUERY))
    gc.collect()
    assert channel.open_contexts
    session.close()
    assert channel.open_contexts == set()


@pytest.mark.parametrize("script", [[["a"]], [ConnectionFailed("it broke")]])
def test_a_dropped_operation_that_ended_hands_nothing_over(fake: Fake, script: Any) -> None:
    session, channel = fake(*script)
    with suppress(ConnectionFailed):
        session.query_instances(_QUERY).all()
    session.query_instances(_QUERY)
    gc.collect()
    assert [run.ends for run in channel.runs] == [["close"]]


# Ctrl-C


def test_ctrl_c_in_mid_exchange_releases_and_goes_on(fake: Fake) -> None:
    session, channel = fake(["a"], KeyboardInterrupt())
    operation = session.query_instances(_QUERY)
    next(operation)
    with pytest.raises(KeyboardInterrupt):
        next(operation)
    assert channel.runs[0].ends == ["close"]
    assert channel.open_contexts == set()
    with pytest.raises(InvalidParameter):
        next(operation)


def test_ctrl_c_in_a_unary_call_releases_and_goes_on(fake: Fake) -> None:
    session, channel = fake(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        session.test_connection()
    assert channel.open_contexts == set()


def test_a_second_ctrl_c_hands_what_is_open_to_the_channel(fake: Fake) -> None:
    def start(run: FakeRun) -> BaseException:
        run.on_close = _raiser(KeyboardInterrupt())
        return KeyboardInterrupt()

    session, channel = fake(start)
    with pytest.raises(KeyboardInterrupt):
        session.query_instances(_QUERY).all()
    assert channel.runs[0].ends == ["close", "drop"]
    session.close()
    assert channel.open_contexts == set()


def test_a_mistake_in_a_handler_is_shown_as_it_is_and_leaves_nothing_open(fake: Fake) -> None:
    session, channel = fake(ZeroDivisionError("a mistake"))
    with pytest.raises(ZeroDivisionError):
        session.query_instances(_QUERY).all()
    assert channel.open_contexts == set()


# Cancelling


def test_cancel_while_a_read_blocks_ends_it_at_once_and_releases(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(["a"], stall)
    operation = session.query_instances(_QUERY, timeout=None)
    next(operation)
    reader, outcome = _in_thread(lambda: next(operation))
    stall.begun.wait(10)
    begun = time.monotonic()
    operation.cancel()
    assert channel.open_contexts == set()
    reader.join(10)
    assert time.monotonic() - begun < _SOON
    assert [type(one) for one in outcome] == [OperationCancelled]
    assert str(outcome[0]) == "server01: QueryInstances: the operation was cancelled"
    for _ in range(2):
        with pytest.raises(OperationCancelled):
            next(operation)


def test_the_thread_that_cancels_releases_so_that_the_reader_need_not_wait(fake: Fake) -> None:
    stall, may_release = Stall(), threading.Event()

    def start(run: FakeRun) -> Stall:
        run.on_close = lambda: may_release.wait(10) and None
        return stall

    session, channel = fake(start)
    operation = session.query_instances(_QUERY, timeout=None)
    reader, outcome = _in_thread(operation.all)
    stall.begun.wait(10)
    canceller, _ = _in_thread(operation.cancel)
    reader.join(_SOON)
    assert not reader.is_alive()
    assert canceller.is_alive()
    may_release.set()
    canceller.join(10)
    assert [type(one) for one in outcome] == [OperationCancelled]
    assert channel.runs[0].ends == ["close"]


def test_close_while_a_read_blocks_ends_it_with_operation_cancelled(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)
    operation = session.query_instances(_QUERY, timeout=None)
    reader, outcome = _in_thread(operation.all)
    stall.begun.wait(10)
    operation.close()
    assert channel.open_contexts == set()
    reader.join(_SOON)
    assert [str(one) for one in outcome] == ["server01: QueryInstances: the operation was closed"]
    with pytest.raises(InvalidParameter):
        operation.all()


def test_a_unary_call_is_cancelled_by_closing_its_session(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)
    reader, outcome = _in_thread(lambda: session.test_connection(timeout=None))
    stall.begun.wait(10)
    session.close()
    reader.join(_SOON)
    assert [str(one) for one in outcome] == ["server01: TestConnection: the session was closed"]
    assert channel.open_contexts == set()


def test_cancel_before_the_first_use_keeps_it_from_starting(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    operation.cancel()
    with pytest.raises(OperationCancelled):
        operation.all()
    assert channel.runs == []


def test_cancel_between_two_reads_releases_and_forgets_what_is_ready(fake: Fake) -> None:
    session, channel = fake(["a", "b"], ["c"])
    operation = session.query_instances(_QUERY)
    next(operation)
    operation.cancel()
    operation.cancel()
    assert channel.open_contexts == set()
    with pytest.raises(OperationCancelled):
        next(operation)


def test_cancel_after_the_end_does_nothing(fake: Fake) -> None:
    session, _ = fake(["a", "b"])
    operation = session.query_instances(_QUERY)
    assert operation.all() == ["a", "b"]
    operation.cancel()
    assert operation.all() == []


def test_a_connection_that_broke_since_it_was_cut_is_no_failure(fake: Fake) -> None:
    def cut(run: FakeRun) -> MIError:
        run.control.cancel.cancel("the operation was cancelled")
        return ConnectionFailed("the connection was reset")

    session, _ = fake(cut)
    with pytest.raises(OperationCancelled) as caught:
        session.query_instances(_QUERY).all()
    assert isinstance(caught.value.__cause__, ConnectionFailed)


def test_results_that_arrive_with_the_cancel_are_not_given_out(fake: Fake) -> None:
    def deliver(run: FakeRun) -> list[str]:
        run.control.cancel.cancel("the operation was cancelled")
        return ["a"]

    session, _ = fake(deliver)
    operation = session.query_instances(_QUERY)
    with pytest.raises(OperationCancelled):
        next(operation)


def test_an_operation_may_be_closed_from_a_callback_of_its_own(fake: Fake) -> None:
    operations: list[Operation[Instance]] = []

    def call_back(run: FakeRun) -> list[str]:
        operations[0].close()
        assert run.ends == []
        return ["a"]

    session, channel = fake(call_back)
    operations.append(session.query_instances(_QUERY))
    with pytest.raises(OperationCancelled, match="the operation was closed"):
        next(operations[0])
    assert channel.runs[0].ends == ["close"]


def test_an_operation_cannot_be_read_from_a_callback_of_its_own(fake: Fake) -> None:
    operations: list[Operation[Instance]] = []

    def call_back(run: FakeRun) -> list[str]:
        with pytest.raises(InvalidParameter, match="a callback of its own"):
            next(operations[0])
        return ["a"]

    session, _ = fake(call_back)
    operations.append(session.query_instances(_QUERY))
    assert operations[0].all() == ["a"]


class _Deaf:
    """A step that heeds no cancel."""

    def __init__(self) -> None:
        self.begun, self.may_return = threading.Event(), threading.Event()

    def __call__(self, run: FakeRun) -> list[str]:
        self.begun.set()
        self.may_return.wait(10)
        return ["a"]


def test_a_handler_that_heeds_no_cancel_is_released_by_the_reader_when_it_returns(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "GRACE", 0.05)
    deaf = _Deaf()
    session, channel = fake(deaf)
    operation = session.query_instances(_QUERY)
    reader, outcome = _in_thread(operation.all)
    deaf.begun.wait(10)
    operation.close()
    assert channel.runs[0].ends == []
    deaf.may_return.set()
    reader.join(10)
    assert channel.runs[0].ends == ["close"]
    assert [type(one) for one in outcome] == [OperationCancelled]


class _Interrupted:
    """A lock; Ctrl-C comes while one waits for it with a time-out."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.release = self.lock.release

    def acquire(self, **keywords: Any) -> bool:
        if "timeout" in keywords:
            raise KeyboardInterrupt
        return self.lock.acquire(**keywords)

    def __enter__(self) -> None:
        self.lock.acquire()

    def __exit__(self, *error: object) -> None:
        self.lock.release()


def test_ctrl_c_while_one_waits_for_the_reader_leaves_the_release_to_the_reader(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = _Deaf()
    session, channel = fake(deaf)
    operation = session.query_instances(_QUERY)
    monkeypatch.setattr(operation._execution, "_turn", _Interrupted())
    reader, _ = _in_thread(operation.all)
    deaf.begun.wait(10)
    with pytest.raises(KeyboardInterrupt):
        operation.close()
    deaf.may_return.set()
    reader.join(10)
    assert channel.runs[0].ends == ["close"]


# Threads


def test_several_threads_may_read_one_operation_and_each_result_comes_once(fake: Fake) -> None:
    session, _ = fake(*[[number, number + 1] for number in range(0, 100, 2)])
    operation: Operation[Any] = session.query_instances(_QUERY)
    readers = [_in_thread(lambda: list(operation)) for _ in range(4)]
    for reader, _ in readers:
        reader.join(10)
    assert sorted(number for _, outcome in readers for number in outcome[0]) == list(range(100))


def test_closing_while_another_iterates_never_hangs_and_leaves_nothing_open(fake: Fake) -> None:
    session, channel = fake(*[["a"]] * 10_000)
    whole = ["a"] * 10_000  # where the reader was through before the other thread began
    for _ in range(50):
        operation = session.query_instances(_QUERY)
        reader, outcome = _in_thread(lambda operation=operation: list(operation))
        closer, closed = _in_thread(operation.close)
        reader.join(10)
        closer.join(10)
        assert closed == [None]
        is_closed = isinstance(outcome[0], (OperationCancelled, InvalidParameter))
        assert is_closed or outcome[0] == whole
    assert channel.open_contexts == set()
    assert all(run.ends == ["close"] for run in channel.runs)


# What stands behind callbacks and coroutines


def test_one_that_failed_before_its_start_says_so_and_never_starts(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    operation._execution.fail(InvalidParameter("the executor takes no work"))
    with pytest.raises(InvalidParameter, match="QueryInstances: the executor takes no work"):
        operation.all()
    assert channel.runs == []


def test_one_that_was_interrupted_is_released_by_another_thread(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)
    operation = session.query_instances(_QUERY, timeout=None)
    reader, outcome = _in_thread(operation.all)
    stall.begun.wait(10)
    operation._execution.interrupt("the task was cancelled")
    operation._execution.release()
    reader.join(10)
    assert [str(one) for one in outcome] == ["server01: QueryInstances: the task was cancelled"]
    assert channel.runs[0].ends == ["close"]


# How far it is


def test_a_call_that_may_do_without_a_result_is_none_and_another_is_not_found(fake: Fake) -> None:
    session, _ = fake()
    assert session.run(TestConnection()).result() is None
    with pytest.raises(NotFound, match="server01: QueryInstances: there is no result"):
        session.query_instances(_QUERY).result()


def test_it_stands_where_it_is_in_a_word(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"])
    operation = session.query_instances(_QUERY)
    execution = operation._execution
    standings = [execution.standing]
    next(operation)
    standings.append(execution.standing)
    operation.all()
    standings.append(execution.standing)
    operation.close()
    standings.append(execution.standing)
    failing = fake(ConnectionFailed("it broke"))[0].query_instances(_QUERY)
    with pytest.raises(ConnectionFailed):
        failing.all()
    standings.append(failing._execution.standing)
    assert standings == ["not started", "running", "ended", "closed", "failed"]


# Leaving


def test_what_is_left_is_closed_and_may_take_its_time_where_a_handler_can(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    hurried, unhurried = session.query_instances("X"), session.query_instances("Y")
    next(hurried)
    next(unhurried)
    first, second = channel.runs
    second.take_time = lambda: second.ends.append("take time")  # type: ignore[attr-defined]
    hurried.leave()
    unhurried.leave()
    assert (first.ends, second.ends) == (["close"], ["take time", "close"])
    with pytest.raises(InvalidParameter, match="closed"):
        next(unhurried)
    session.query_instances("Z").leave()
    assert len(channel.runs) == 2
