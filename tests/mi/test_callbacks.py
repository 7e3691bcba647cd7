"""Session callbacks inform, and break nothing."""

import logging
from typing import Any

import pytest

from mi.callbacks import MessageChannel, SessionCallbacks
from mi.errors import TypeMismatch
from mi.instance import Instance

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
