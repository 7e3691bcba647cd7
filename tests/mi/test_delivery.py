"""Operations that deliver to a callback: what it is given, in which order, and how it all ends."""

import gc
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mi import control
from mi.callbacks import OperationCallbacks, OperationResult
from mi.calls import EnumerateClasses, GetClass, GetInstance, QueryInstances, Subscribe
from mi.calls import TestConnection as ConnectionTest
from mi.control import Expiry
from mi.delivery import Delivery
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotFound,
    NotSupported,
    OperationCancelled,
    TypeMismatch,
)
from mi.events import Message, Prompt
from mi.instance import Instance
from mi.operation import Operation
from mi.options import OperationOptions
from mi.results import CallbackMode, OperationFlags, ResponseType, Result
from tests.mi.conftest import Fake
from tests.mi.fake_handler import FakeRun, Stall

_QUERY = QueryInstances("SELECT * FROM Win32_Service")
_MANUAL = OperationFlags.MANUAL_ACK_RESULTS
_SOON = 10


class Receiver:
    """A result callback that notes what it is given, and does with it what `deal` does."""

    def __init__(
        self, deal: Callable[[OperationResult[Any]], object] = lambda result: None
    ) -> None:
        self.results: list[OperationResult[Any]] = []
        self.threads: set[int] = set()
        self.final = threading.Event()
        self._deal = deal
        self._running = threading.Lock()

    def __call__(self, result: OperationResult[Any]) -> None:
        assert self._running.acquire(blocking=False), "one callback at a time"
        try:
            assert not self.final.is_set(), "nothing comes after the final result"
            self.results.append(result)
            self.threads.add(threading.get_ident())
            if self._deal is not None:
                self._deal(result)
        finally:
            self._running.release()
            if not result.more_results:
                self.final.set()

    def wait(self) -> list[OperationResult[Any]]:
        assert self.final.wait(_SOON)
        return self.results

    def wait_for(self, count: int) -> None:
        for _ in range(10_000):
            if len(self.results) >= count:
                return
            time.sleep(0.001)
        raise AssertionError(f"{len(self.results)} results, not {count}")

    @property
    def shown(self) -> list[tuple[Any, bool, Result]]:
        return [(one.value, one.more_results, one.result) for one in self.results]


def _callbacks(receiver: Any, **others: Any) -> OperationCallbacks:
    return OperationCallbacks(instance_result=receiver, **others)


# What makes an operation asynchronous


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (_QUERY, "instance_result"),
        (ConnectionTest(), "instance_result"),
        (GetInstance(Instance("C", {"K": 1})), "instance_result"),
        (GetClass("C"), "class_result"),
        (EnumerateClasses(), "class_result"),
        (Subscribe("SELECT * FROM E"), "indication_result"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_result_callback_of_its_kind_makes_an_operation_asynchronous(
    fake: Fake, call: Any, name: str
) -> None:
    session, _ = fake(["a"])
    receiver = Receiver()
    session.run(call, callbacks=OperationCallbacks(**{name: receiver}))
    assert receiver.wait()[0].value == "a"
    others = {"instance_result", "class_result", "indication_result"} - {name}
    unused = OperationCallbacks(**dict.fromkeys(others, receiver))  # type: ignore[arg-type]
    assert session.run(call, callbacks=unused).result() == "a"


def test_it_starts_at_once_in_a_thread_of_its_own(fake: Fake) -> None:
    session, _ = fake(["a"])
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    receiver.wait()
    assert threading.get_ident() not in receiver.threads


def test_an_asynchronous_operation_cannot_be_read(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"])
    receiver = Receiver()
    operation = session.run(_QUERY, callbacks=_callbacks(receiver))
    for use in (operation.all, operation.result, lambda: next(operation)):
        with pytest.raises(InvalidParameter, match="delivers by itself"):
            use()
    receiver.wait()


def test_what_is_no_set_of_callbacks_is_a_type_mismatch(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(TypeMismatch, match="server01: QueryInstances: callbacks is Operation"):
        session.run(_QUERY, callbacks=print)  # type: ignore[arg-type]


# Results


def test_many_results_come_one_by_one_and_the_final_one_is_empty(fake: Fake) -> None:
    session, channel = fake(["a", "b"], [], ["c"])
    receiver = Receiver()
    operation = session.run(_QUERY, callbacks=_callbacks(receiver))
    receiver.wait()
    assert receiver.shown == [
        ("a", True, Result.OK),
        ("b", True, Result.OK),
        ("c", True, Result.OK),
        (None, False, Result.OK),
    ]
    assert {one.operation for one in receiver.results} == {operation}
    assert {one.acknowledge for one in receiver.results} == {None}
    assert channel.runs[0].ends == ["close"]


def test_the_one_result_of_a_unary_call_is_the_final_one(fake: Fake) -> None:
    session, _ = fake(["a"])
    receiver = Receiver()
    session.run(ConnectionTest(), callbacks=_callbacks(receiver))
    receiver.wait()
    assert receiver.shown == [("a", False, Result.OK)]


def test_a_unary_call_may_do_without_a_result_or_fails_for_the_want_of_one(fake: Fake) -> None:
    session, _ = fake()
    optional, required = Receiver(), Receiver()
    session.run(ConnectionTest(), callbacks=_callbacks(optional))
    session.run(GetInstance(Instance("C", {"K": 1})), callbacks=_callbacks(required))
    assert optional.wait()[0].result is Result.OK
    assert type(required.wait()[0].error) is NotFound
    assert [len(optional.results), len(required.results)] == [1, 1]


def test_the_start_is_reported_where_it_is_asked_for(fake: Fake) -> None:
    session, _ = fake(["a"])
    many, one = Receiver(), Receiver()
    flags = OperationFlags.REPORT_OPERATION_STARTED
    session.run(_QUERY, callbacks=_callbacks(many), flags=flags)
    many.wait()
    session.run(ConnectionTest(), callbacks=_callbacks(one), flags=flags)
    one.wait()
    assert [result.value for result in many.results] == [None, "a", None]
    assert [(result.value, result.more_results) for result in one.results] == [
        (None, True),
        ("a", False),
    ]


def test_other_callbacks_are_told_between_the_results_that_they_came_between(fake: Fake) -> None:
    told: list[Any] = []
    session, _ = fake([Message(0, "1"), "a", Message(0, "2"), "b"])
    receiver = Receiver(lambda result: told.append(result.value))
    callbacks = _callbacks(receiver, write_message=lambda channel, text: told.append(text))
    session.run(_QUERY, callbacks=callbacks)
    receiver.wait()
    assert told == ["1", "a", "2", "b", None]


# Errors


def test_an_error_comes_after_the_results_that_came_before_it_and_is_final(fake: Fake) -> None:
    session, _ = fake(["a"], ConnectionFailed("it broke"))
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    results = receiver.wait()
    assert receiver.shown == [("a", True, Result.OK), (None, False, Result.FAILED)]
    assert str(results[1].error) == "server01: QueryInstances: it broke"
    assert results[1].error is not None
    assert results[1].error.extended_error["Message"] == "it broke"


def test_an_error_takes_the_place_of_the_one_result(fake: Fake) -> None:
    session, _ = fake(["a"], ConnectionFailed("it broke"))
    receiver = Receiver()
    session.run(ConnectionTest(), callbacks=_callbacks(receiver))
    receiver.wait()
    assert receiver.shown == [(None, False, Result.FAILED)]


def test_a_mistake_in_a_handler_is_a_final_result_too(fake: Fake) -> None:
    session, channel = fake(ZeroDivisionError("a mistake"))
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    error = receiver.wait()[0].error
    assert str(error) == "server01: QueryInstances: ZeroDivisionError: a mistake"
    assert isinstance(error, MIError)
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert channel.open_contexts == set()


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"timeout": 0}, InvalidParameter),
        ({"flags": "deep"}, TypeMismatch),
        ({"namespace": "a\vb"}, InvalidParameter),
        ({"options": 5}, TypeMismatch),
    ],
)
def test_what_keeps_it_from_starting_is_delivered_in_the_callers_thread_before_run_returns(
    fake: Fake, keywords: Any, kind: type[MIError]
) -> None:
    session, channel = fake(["a"])
    receiver = Receiver()
    operation = session.run(_QUERY, callbacks=_callbacks(receiver), **keywords)
    assert receiver.final.is_set()
    assert receiver.threads == {threading.get_ident()}
    assert [type(one.error) for one in receiver.results] == [kind]
    assert receiver.results[0].operation is operation
    operation.cancel()
    operation.close()
    assert channel.runs == []


def test_a_closed_session_is_told_by_the_callback(fake: Fake) -> None:
    session, _ = fake()
    session.close()
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    assert [str(one.error) for one in receiver.results] == [
        "server01: QueryInstances: the session is closed"
    ]


def test_a_session_that_closes_meanwhile_is_told_by_the_callback(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, _ = fake()
    monkeypatch.setattr(session, "_refuse_if_closed", lambda: None)
    session.close()
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    assert "the session is closed" in str(receiver.wait()[0].error)


def test_a_handler_without_that_call_is_told_by_the_callback(fake: Fake) -> None:
    session, _ = fake(refusal=NotSupported("no row for it"))
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    receiver.wait()
    assert receiver.shown == [(None, False, Result.NOT_SUPPORTED)]


def test_an_executor_that_takes_no_work_is_told_by_the_callback(fake: Fake) -> None:
    executor = ThreadPoolExecutor(1)
    session, channel = fake(["a"], executor=executor)
    executor.shutdown()
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    assert "the executor takes no work" in str(receiver.results[0].error)
    assert channel.runs == []


# Callbacks that fail


def test_an_exception_in_a_result_callback_is_logged_and_breaks_no_operation(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(result: OperationResult[Any]) -> None:
        raise RuntimeError("the callback broke")

    session, _ = fake(["a"], ["b"])
    receiver = Receiver(fail)
    with caplog.at_level(logging.ERROR, "mi.callbacks"):
        session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
        receiver.wait()
    assert [value for value, _, _ in receiver.shown] == ["a", "b", None]
    assert "the callback broke" in caplog.text


def test_a_callback_that_would_end_its_thread_ends_neither_that_nor_the_operation(
    fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    def leave(result: OperationResult[Any]) -> None:
        raise SystemExit

    session, _ = fake(["a"], ["b"])
    receiver = Receiver(leave)
    session.run(_QUERY, callbacks=_callbacks(receiver))
    receiver.wait()
    assert len(receiver.results) == 3
    session.close()
    assert caplog.text.count("a callback failed") == 3


# Acknowledging by hand


def test_no_further_result_comes_before_the_last_is_acknowledged(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    for count, value in enumerate(("a", "b", None), 1):
        receiver.wait_for(count)
        time.sleep(0.01)
        assert [one.value for one in receiver.results][count - 1 :] == [value]
        assert channel.runs[0].asked <= count
        acknowledge = receiver.results[-1].acknowledge
        assert acknowledge is not None
        acknowledge()
        acknowledge()
    receiver.wait()


def test_a_result_may_be_acknowledged_in_its_callback(fake: Fake) -> None:
    session, _ = fake([1, 2], [3])
    receiver = Receiver(lambda result: result.acknowledge and result.acknowledge())
    session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    receiver.wait()
    assert [one.value for one in receiver.results] == [1, 2, 3, None]


def test_an_old_acknowledgement_does_nothing(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"])
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    receiver.wait_for(1)
    first = receiver.results[0].acknowledge
    assert first is not None
    first()
    receiver.wait_for(2)
    first()
    time.sleep(0.01)
    assert len(receiver.results) == 2


def test_one_that_nobody_acknowledges_keeps_no_thread(fake: Fake) -> None:
    with ThreadPoolExecutor(1) as executor:
        session, _ = fake(["a"], executor=executor)
        stuck, free = Receiver(), Receiver()
        session.run(_QUERY, callbacks=_callbacks(stuck), flags=_MANUAL)
        stuck.wait_for(1)
        session.run(_QUERY, callbacks=_callbacks(free))
        free.wait()


def test_an_acknowledgement_that_comes_as_the_thread_leaves_is_not_lost(fake: Fake) -> None:
    session, _ = fake(*[[number] for number in range(300)])
    acknowledgers = ThreadPoolExecutor(2)
    receiver = Receiver(lambda result: acknowledgers.submit(result.acknowledge or print))
    session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    receiver.wait()
    acknowledgers.shutdown()
    assert [one.value for one in receiver.results] == [*range(300), None]


def test_an_acknowledgement_just_before_the_thread_leaves_keeps_it(fake: Fake) -> None:
    class AcknowledgedBySet(threading.Event):
        def set(self) -> None:
            receiver.results[-1].acknowledge()  # type: ignore[misc]
            super().set()

    session, _ = fake(["a", "b"], ["c"])
    operation, receiver = session.run(_QUERY), Receiver()
    delivery = Delivery(operation, operation._execution, receiver, is_manual=True)
    delivery._is_idle = AcknowledgedBySet()
    delivery.begin()
    assert [one.value for one in receiver.wait()] == ["a", "b", "c", None]
    assert len(receiver.threads) == 1


def test_an_acknowledgement_after_the_executor_was_shut_down_ends_the_operation(
    fake: Fake,
) -> None:
    executor = ThreadPoolExecutor(1)
    session, channel = fake(["a"], ["b"], executor=executor)
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    receiver.wait_for(1)
    executor.shutdown()
    acknowledge = receiver.results[0].acknowledge
    assert acknowledge is not None
    acknowledge()
    assert "the executor takes no work" in str(receiver.wait()[1].error)
    assert channel.runs[0].ends == ["close"]


def test_one_that_is_dropped_unacknowledged_is_released_with_the_next_exchange(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    receiver = Receiver()
    kept = weakref.ref(session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL))
    receiver.wait_for(1)
    time.sleep(0.01)
    receiver.results.clear()
    gc.collect()
    assert kept() is None
    assert channel.runs[0].ends == ["drop"]


# Cancelling and closing


def test_cancel_from_another_thread_ends_it_with_a_final_result(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(["a"], stall)
    receiver = Receiver()
    operation = session.run(_QUERY, callbacks=_callbacks(receiver), timeout=None)
    stall.begun.wait(_SOON)
    operation.cancel()
    assert channel.runs[0].ends == ["close"]
    results = receiver.wait()
    assert type(results[-1].error) is OperationCancelled
    assert receiver.shown == [("a", True, Result.OK), (None, False, Result.FAILED)]


@pytest.mark.parametrize("end", [Operation.cancel, Operation.close])
def test_a_result_callback_may_cancel_and_close_its_operation(fake: Fake, end: Any) -> None:
    session, channel = fake(["a", "b"], ["c"])
    receiver = Receiver(lambda result: end(result.operation))
    session.run(_QUERY, callbacks=_callbacks(receiver))
    results = receiver.wait()
    assert [one.value for one in results] == ["a", None]
    assert type(results[1].error) is OperationCancelled
    assert channel.runs[0].ends == ["close"]


def test_the_final_callback_may_close_its_operation_which_is_closed_from_then_on(
    fake: Fake,
) -> None:
    def close(result: OperationResult[Any]) -> None:
        assert result.operation.session is session
        result.operation.close()

    session, _ = fake()
    receiver = Receiver(close)
    operation = session.run(_QUERY, callbacks=_callbacks(receiver))
    receiver.wait()
    for use in (operation.cancel, lambda: operation.session):
        with pytest.raises(InvalidParameter, match="the operation is closed"):
            use()


def test_a_cancelled_operation_that_waits_for_its_acknowledgement_is_released_at_once(
    fake: Fake,
) -> None:
    session, channel = fake(["a"], ["b"])
    receiver = Receiver()
    operation = session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    receiver.wait_for(1)
    operation.cancel()
    assert channel.runs[0].ends == ["close"]
    assert len(receiver.results) == 1
    acknowledge = receiver.results[0].acknowledge
    assert acknowledge is not None
    acknowledge()
    assert type(receiver.wait()[1].error) is OperationCancelled


def test_one_that_waits_for_a_thread_and_is_cancelled_never_starts(fake: Fake) -> None:
    with ThreadPoolExecutor(1) as executor:
        stall = Stall()
        session, channel = fake(stall, executor=executor)
        first, second = Receiver(), Receiver()
        blocking = session.run(_QUERY, callbacks=_callbacks(first), timeout=None)
        stall.begun.wait(_SOON)
        waiting = session.run(_QUERY, callbacks=_callbacks(second))
        waiting.cancel()
        blocking.cancel()
        assert type(second.wait()[0].error) is OperationCancelled
        assert len(channel.runs) == 1


class _JustEmptied(deque[Any]):
    """Looks full when it is first looked at, and is empty when its first is taken."""

    def __len__(self) -> int:
        is_first, self.was_seen = not getattr(self, "was_seen", False), True
        return is_first


def test_results_that_a_cancel_takes_away_at_the_last_moment_are_not_missed(fake: Fake) -> None:
    session, _ = fake(["a"])
    operation = session.run(_QUERY)
    operation._execution.ready = _JustEmptied()
    operation.cancel()
    receiver = Receiver()
    Delivery(operation, operation._execution, receiver, is_manual=False).begin()
    assert [type(one.error) for one in receiver.wait()] == [OperationCancelled]


# Its session closes


def test_a_session_that_closes_delivers_final_results_first(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)
    receiver = Receiver(lambda result: time.sleep(0.02))
    session.run(_QUERY, callbacks=_callbacks(receiver), timeout=None)
    stall.begun.wait(_SOON)
    session.close()
    assert receiver.final.is_set()
    assert str(receiver.results[0].error) == "server01: QueryInstances: the session was closed"
    assert channel.open_contexts == set()


def test_a_result_callback_may_close_its_session(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    receiver = Receiver(lambda result: session.close())
    begun = time.monotonic()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    results = receiver.wait()
    assert [one.value for one in results] == ["a", None]
    assert time.monotonic() - begun < control.GRACE
    assert channel.closes
    assert channel.open_contexts == set()


def test_what_a_handler_calls_may_close_its_session(fake: Fake) -> None:
    def close(run: FakeRun) -> list[str]:
        session.close()
        return ["a"]

    session, _ = fake(close)
    receiver = Receiver()
    begun = time.monotonic()
    session.run(_QUERY, callbacks=_callbacks(receiver))
    assert type(receiver.wait()[0].error) is OperationCancelled
    assert time.monotonic() - begun < control.GRACE


def test_a_session_does_not_wait_for_who_never_acknowledges(fake: Fake) -> None:
    session, channel = fake(["a"], ["b"])
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver), flags=_MANUAL)
    receiver.wait_for(1)
    begun = time.monotonic()
    session.close()
    assert time.monotonic() - begun < control.GRACE
    assert channel.open_contexts == set()
    acknowledge = receiver.results[0].acknowledge
    assert acknowledge is not None
    acknowledge()
    assert "the session was closed" in str(receiver.wait()[1].error)


def test_a_session_waits_no_longer_than_the_grace_for_a_callback(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "GRACE", 0.05)
    in_callback, may_return = threading.Event(), threading.Event()

    def block(result: OperationResult[Any]) -> None:
        in_callback.set()
        may_return.wait(_SOON)

    session, channel = fake(["a"], ["b"])
    receiver = Receiver(block)
    session.run(_QUERY, callbacks=_callbacks(receiver))
    in_callback.wait(_SOON)
    session.close()
    assert channel.closes
    assert not receiver.final.is_set()
    may_return.set()
    receiver.wait()


def test_an_operation_with_callbacks_stays_alive_though_nobody_keeps_it(fake: Fake) -> None:
    stall = Stall()
    may_go_on = threading.Event()
    session, _ = fake(lambda run: may_go_on.wait(_SOON) and ["a"], stall)
    receiver = Receiver()
    session.run(_QUERY, callbacks=_callbacks(receiver), timeout=0.05)
    gc.collect()
    may_go_on.set()
    assert [one.value for one in receiver.wait()] == ["a", None]


def test_prompts_of_an_asynchronous_operation_are_answered_from_any_thread(fake: Fake) -> None:
    asked: list[Any] = []
    session, channel = fake([Prompt("Sure?", token=1)], ["a"])
    receiver = Receiver()
    callbacks = _callbacks(receiver, prompt_user=lambda *arguments: asked.append(arguments))
    options = OperationOptions(prompt_user_mode=CallbackMode.INQUIRE)
    session.run(_QUERY, callbacks=callbacks, options=options)
    while not asked:
        time.sleep(0.001)
    asked[0][2](ResponseType.YES)
    receiver.wait()
    assert channel.runs[0].answers == [(1, ResponseType.YES)]


def test_joining_ends_with_its_expiry(fake: Fake) -> None:
    session, _ = fake(["a"])
    operation = session.run(_QUERY)
    delivery = Delivery(operation, operation._execution, Receiver(), is_manual=False)
    delivery.join(Expiry.after(0.01, "grace"))
