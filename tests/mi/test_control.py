"""Time limits and cancelling."""

import math
import threading
import time
from collections.abc import Callable

import pytest

from mi.callbacks import OperationCallbacks
from mi.control import GRACE, CancelToken, Control, Expiry
from mi.errors import OperationCancelled, OperationTimeout
from mi.options import OperationOptions
from mi.results import ErrorCategory, Result


def test_a_wait_without_end_has_no_seconds_left_to_count() -> None:
    assert Expiry.after(None, "timeout").remaining() is None


def test_the_seconds_left_are_counted_on_the_monotonic_clock() -> None:
    expiry = Expiry.after(30, "deadline")
    assert expiry.at == pytest.approx(time.monotonic() + 30, abs=5)
    assert expiry.remaining() == pytest.approx(30, abs=5)


def test_no_less_than_no_seconds_are_left() -> None:
    assert Expiry(at=0.0).remaining() == 0.0


def test_the_grace_is_five_seconds() -> None:
    expiry = Expiry.of_grace()
    assert (expiry.limit, expiry.seconds, GRACE) == ("grace", 5.0, 5.0)


@pytest.mark.parametrize("limit", ["timeout", "deadline"])
def test_the_error_names_the_limit_the_phase_and_the_value(limit: str) -> None:
    error = Expiry.after(2.5, limit).error("waiting for the reply")
    assert isinstance(error, OperationTimeout)
    assert error.message == f"the {limit} of 2.5 s passed while waiting for the reply"
    assert error.advice == f"Raise {limit}= if the server needs longer."
    assert (error.result, error.category) == (Result.FAILED, ErrorCategory.OPERATION_TIMEOUT)


def test_nobody_is_told_to_raise_the_grace() -> None:
    assert Expiry.of_grace().error("releasing").advice is None
    assert Expiry.of_grace().error("releasing", "Check the port.").advice is None


def test_the_error_says_what_to_do_where_more_time_would_not_help() -> None:
    error = Expiry.after(2.5, "timeout").error("authenticating", "Check the port.")
    assert error.advice == "Raise timeout= if the server needs longer. Check the port."


def test_a_token_starts_out_not_cancelled() -> None:
    assert not CancelToken().cancelled


def test_only_the_first_reason_counts() -> None:
    token = CancelToken()
    token.cancel("first")
    token.cancel("second")
    assert token.cancelled
    assert token.error().message == "first"


def test_the_error_of_a_token_is_operation_cancelled() -> None:
    error = CancelToken().error()
    assert isinstance(error, OperationCancelled)
    assert (error.result, error.category) == (Result.FAILED, ErrorCategory.OPERATION_STOPPED)
    assert error.message == "the operation was cancelled"


def test_watchers_are_called_once_and_in_order() -> None:
    token, called = CancelToken(), []
    token.watch(lambda: called.append(1))
    token.watch(lambda: called.append(2))
    token.cancel()
    token.cancel()
    assert called == [1, 2]


def test_a_watcher_of_a_cancelled_token_is_called_now() -> None:
    token, called = CancelToken(), []
    token.cancel()
    token.watch(lambda: called.append(1))
    assert called == [1]


def test_a_watcher_that_was_taken_back_is_not_called() -> None:
    token, called = CancelToken(), []
    watcher: Callable[[], None] = lambda: called.append(1)  # noqa: E731 - to be named twice
    token.watch(watcher)
    token.unwatch(watcher)
    token.unwatch(watcher)
    token.cancel()
    assert called == []


def test_a_watcher_that_was_taken_back_no_longer_runs_in_another_thread() -> None:
    token = CancelToken()
    begun, ended = threading.Event(), threading.Event()

    def watcher() -> None:
        begun.set()
        time.sleep(0.05)
        ended.set()

    token.watch(watcher)
    canceller = threading.Thread(target=token.cancel)
    canceller.start()
    begun.wait(10)
    token.unwatch(watcher)
    assert ended.is_set()
    canceller.join(10)


def test_a_watcher_may_cancel_watch_and_unwatch() -> None:
    token, called = CancelToken(), []

    def watcher() -> None:
        token.cancel("again")
        token.unwatch(watcher)
        token.watch(lambda: called.append(1))

    token.watch(watcher)
    token.cancel("first")
    assert called == [1]
    assert token.error().message == "first"


def test_the_timeout_of_a_unary_call_is_counted_from_its_start() -> None:
    control = Control.begin(OperationOptions(), timeout=30)
    first = control.begin_wait()
    assert first is control.begin_wait()
    assert (first.limit, first.seconds) == ("timeout", 30)


def test_the_timeout_of_many_results_is_counted_anew_for_each_wait() -> None:
    control = Control.begin(OperationOptions(), unary=False, timeout=30)
    first = control.begin_wait()
    time.sleep(0.01)
    assert control.begin_wait().at > first.at
    assert control.unary_end.at == math.inf


@pytest.mark.parametrize("unary", [True, False])
@pytest.mark.parametrize(
    ("timeout", "deadline", "limit"),
    [(30, 10, "deadline"), (10, 30, "timeout"), (None, 30, "deadline"), (30, None, "timeout")],
)
def test_whichever_ends_first_bounds_the_wait(
    timeout: float | None, deadline: float | None, limit: str, *, unary: bool
) -> None:
    control = Control.begin(OperationOptions(), unary=unary, timeout=timeout, deadline=deadline)
    assert control.begin_wait().limit == limit


def test_a_deadline_may_be_one_that_others_have_too() -> None:
    shared = Expiry.after(30, "deadline")
    assert Control.begin(OperationOptions(), timeout=None, deadline=shared).end is shared


def test_without_limits_a_wait_has_no_end() -> None:
    assert Control.begin(OperationOptions()).begin_wait().remaining() is None


def test_a_control_has_the_token_it_was_given_or_one_of_its_own() -> None:
    token = CancelToken()
    assert Control.begin(OperationOptions(), cancel=token).cancel is token
    first, second = Control.begin(OperationOptions()), Control.begin(OperationOptions())
    assert first.cancel is not second.cancel


@pytest.mark.parametrize(
    ("unary", "timeout", "deadline", "limit"),
    [
        (True, 10, 30, "timeout"),
        (True, 30, 10, "deadline"),
        (False, 10, 30, "deadline"),
        (False, 10, None, None),
    ],
)
def test_the_end_of_the_whole_operation_is_that_of_a_unary_call_or_the_deadline(
    timeout: float, deadline: float | None, limit: str | None, *, unary: bool
) -> None:
    control = Control.begin(OperationOptions(), unary=unary, timeout=timeout, deadline=deadline)
    assert (control.end.remaining() is None) == (limit is None)
    assert limit in {None, control.end.limit}


def test_what_may_not_wait_has_no_time_left() -> None:
    assert Expiry.at_once().remaining() == 0


def test_a_control_says_what_the_caller_wants_to_be_told() -> None:
    callbacks = OperationCallbacks()
    assert Control.begin(OperationOptions(), callbacks=callbacks).callbacks is callbacks
    assert Control.begin(OperationOptions()).callbacks is None
