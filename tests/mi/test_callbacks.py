"""Callbacks inform, break nothing, and are known to be the caller's code."""

import logging
import threading
from dataclasses import fields
from typing import Any

import pytest

from mi.callbacks import (
    OperationCallbacks,
    OperationResult,
    SessionCallbacks,
    call_back,
    is_in_callback,
)
from mi.errors import NotFound, TypeMismatch
from mi.instance import Instance
from mi.results import MessageChannel, Result

_ERROR = Instance("MSFT_WmiError", {"Message": "it broke"})


def test_messages_and_errors_are_passed_on() -> None:
    told: list[Any] = []
    callbacks = SessionCallbacks(lambda channel, text: told.append((channel, text)), told.append)
    callbacks.message(MessageChannel.VERBOSE, "hello")
    callbacks.message(77, "of a channel of its own")
    callbacks.error(_ERROR)
    assert told == [(1, "hello"), (77, "of a channel of its own"), _ERROR]


def test_absent_callbacks_are_skipped() -> None:
    SessionCallbacks().message(MessageChannel.WARNING, "hello")
    SessionCallbacks().error(_ERROR)


def test_an_exception_in_a_callback_is_logged_and_breaks_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*arguments: Any) -> None:
        raise RuntimeError("the callback broke")

    callbacks = SessionCallbacks(write_message=fail, write_error=fail)
    with caplog.at_level(logging.ERROR, "mi.callbacks"):
        callbacks.message(MessageChannel.WARNING, "hello")
        callbacks.error(_ERROR)
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [
        ("the callback broke",)
    ] * 2


def test_a_callback_is_callable() -> None:
    with pytest.raises(TypeMismatch, match="a callback is a callable, not 5"):
        SessionCallbacks(write_message=5)  # type: ignore[arg-type]
    with pytest.raises(TypeMismatch):
        SessionCallbacks(write_error="log")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [one.name for one in fields(OperationCallbacks)])
def test_each_callback_of_an_operation_is_callable_or_absent(name: str) -> None:
    assert getattr(OperationCallbacks(), name) is None
    assert getattr(OperationCallbacks(**{name: print}), name) is print
    with pytest.raises(TypeMismatch, match="a callback is a callable, not 5"):
        OperationCallbacks(**{name: 5})  # type: ignore[arg-type]


def test_a_result_without_error_is_ok() -> None:
    operation: Any = object()
    assert OperationResult(operation, "a", more_results=True).result is Result.OK


def test_a_result_with_an_error_has_the_errors_result() -> None:
    operation: Any = object()
    failed = OperationResult(operation, None, more_results=False, error=NotFound("no such service"))
    assert failed.result is Result.NOT_FOUND


def test_the_callers_code_is_known_while_it_runs_in_this_thread_alone() -> None:
    seen: list[bool] = []

    def nested() -> None:
        assert call_back(lambda: seen.append(is_in_callback()))
        seen.append(is_in_callback())
        other = threading.Thread(target=lambda: seen.append(is_in_callback()))
        other.start()
        other.join(10)
        raise RuntimeError("the callback broke")

    assert not is_in_callback()
    assert not call_back(nested)
    assert not is_in_callback()
    assert seen == [True, True, False]


def test_ctrl_c_in_a_callback_is_no_failure_of_it() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_back(interrupted)
    assert not is_in_callback()
