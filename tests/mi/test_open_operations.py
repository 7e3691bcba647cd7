"""What becomes of a session's open operations when it closes."""

import gc
import logging
import threading

import pytest

from mi.callbacks import call_back
from mi.control import Expiry
from mi.errors import InvalidParameter, OperationTimeout
from mi.handler import Channel
from mi.open_operations import OpenOperations
from mi.workers import Workers


class _Channel:
    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.closes: list[Expiry] = []

    def close(self, expiry: Expiry) -> None:
        self.closes.append(expiry)
        if self.failures:
            raise self.failures.pop(0)


class _Operation:
    def __init__(self, told: list[str]) -> None:
        self.told = told

    def interrupt(self, reason: str) -> None:
        self.told.append("interrupt")

    def hand_over(self, expiry: Expiry) -> None:
        self.told.append(f"hand over by {expiry.limit}")

    def join(self, expiry: Expiry) -> None:
        self.told.append("join")


def _open(channel: _Channel, ended: list[OpenOperations] | None = None) -> OpenOperations:
    typed: Channel = channel  # type: ignore[assignment]
    return OpenOperations(typed, "server01", Workers(), ([] if ended is None else ended).append)


def test_all_are_interrupted_before_the_first_is_waited_for() -> None:
    told: list[str] = []
    operations, two = _open(_Channel()), [_Operation(told), _Operation(told)]
    for one in two:
        operations.enter(one)
    operations.close(Expiry.of_grace())
    assert told == ["interrupt"] * 2 + ["hand over by grace"] * 2 + ["join"] * 2


def test_one_that_left_is_not_told() -> None:
    told: list[str] = []
    operations, one = _open(_Channel()), _Operation(told)
    operations.enter(one)
    operations.leave(one)
    operations.leave(one)
    operations.cancel()
    assert told == []


def test_one_that_was_dropped_is_not_kept_alive() -> None:
    told: list[str] = []
    operations = _open(_Channel())
    operations.enter(_Operation(told))
    gc.collect()
    operations.cancel()
    assert told == []


def test_none_may_start_after_the_close() -> None:
    told: list[str] = []
    operations, one = _open(_Channel()), _Operation(told)
    operations.cancel()
    with pytest.raises(InvalidParameter, match="the session is closed"):
        operations.enter(one)
    operations.close(Expiry.of_grace())
    assert told == []


def test_the_channel_is_closed_last_and_once_and_then_who_waits_is_told() -> None:
    channel, ended = _Channel(), []
    operations = _open(channel, ended)
    expiry = Expiry.of_grace()
    operations.close(expiry)
    operations.close(Expiry.of_grace())
    assert channel.closes == [expiry]
    assert ended == [operations]


def test_an_error_of_closing_is_logged_and_the_session_is_closed_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended: list[OpenOperations] = []
    operations = _open(_Channel(OperationTimeout("the grace passed")), ended)
    with caplog.at_level(logging.WARNING, "mi.session"):
        operations.close(Expiry.of_grace())
    assert caplog.messages == ["not released on the server: server01: Close: the grace passed"]
    assert ended == [operations]


def test_a_close_that_ctrl_c_ended_may_be_repeated() -> None:
    channel, ended = _Channel(KeyboardInterrupt()), []
    operations = _open(channel, ended)
    with pytest.raises(KeyboardInterrupt):
        operations.close(Expiry.of_grace())
    assert ended == []
    operations.close(Expiry.of_grace())
    assert len(channel.closes) == 2
    assert ended == [operations]


def test_a_close_from_a_callback_waits_for_no_callback() -> None:
    told: list[str] = []
    operations, one = _open(_Channel()), _Operation(told)
    operations.enter(one)
    assert call_back(lambda: operations.close(Expiry.of_grace()))
    assert told == ["interrupt", "hand over by grace"]


def test_work_is_done_by_the_executor_of_the_application() -> None:
    done = threading.Event()
    _open(_Channel()).submit(done.set)
    assert done.wait(10)
