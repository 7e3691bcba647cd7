"""The operations that one script takes."""

import time
from typing import Any

import pytest

from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    OperationCancelled,
    OperationTimeout,
    TypeMismatch,
)
from mi.powershell.script_calls import Far, ScriptCalls
from mi.shell_calls import ReceiveOutput, SendInput, ShellDescription
from tests.mi.powershell.remoting import Operation

_SHELL = ShellDescription("S")
_SEND, _RECEIVE = SendInput(_SHELL, None, b""), ReceiveOutput(_SHELL)


class _Far:
    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.operations: list[Operation] = []

    def run(self, call: Any, **keywords: Any) -> Any:
        self.asked.append(keywords)
        self.operations.append(Operation(call, iter([1])))
        return self.operations[-1]


@pytest.fixture
def far() -> _Far:
    return _Far()


def _calls(far: _Far, timeout: Any = None) -> ScriptCalls:
    return ScriptCalls(Far(far.run, 1000), timeout)


def test_what_waits_for_a_script_waits_for_ever_unless_it_is_told(far: _Far) -> None:
    calls = _calls(far)
    calls.run(_SEND)
    calls.run(_RECEIVE)
    assert far.asked == [{"deadline": None}, {"deadline": None, "timeout": None}]
    assert calls.expired() is None


def test_the_time_of_a_script_is_that_of_all_its_calls(far: _Far) -> None:
    calls = _calls(far, 60)
    assert calls.expired() is None
    calls.run(_SEND)
    time.sleep(0.01)
    calls.run(_SEND)
    first, second = (asked["deadline"] for asked in far.asked)
    assert 60 >= first >= second > 50  # a clock of Windows may stand still for 16 ms


def test_when_its_time_is_over_nothing_more_is_begun(far: _Far) -> None:
    calls = _calls(far, 0.001)
    calls.run(_SEND)
    time.sleep(0.002)
    with pytest.raises(OperationTimeout, match=r"timeout of 0\.001 s passed while the script"):
        calls.run(_SEND)
    assert isinstance(calls.expired(), OperationTimeout)


def test_a_time_that_is_none_is_refused(far: _Far) -> None:
    with pytest.raises(TypeMismatch):
        _calls(far, "long")


def test_a_call_with_one_result_is_closed_once_it_has_it(far: _Far) -> None:
    assert _calls(far).do(_SEND) == 1
    assert far.operations[0].ends == ["close"]


def test_an_operation_may_be_left_or_closed_twice(far: _Far) -> None:
    calls = _calls(far)
    operation = calls.run(_SEND)
    calls.leave(operation)
    calls.leave(operation)
    calls.end(operation)
    assert far.operations[0].ends == ["leave", "leave", "close"]


def test_cancelling_it_cancels_what_is_open_and_lets_nothing_begin(far: _Far) -> None:
    calls = _calls(far)
    calls.end(calls.run(_SEND))
    calls.run(_RECEIVE)
    calls.cancel()
    assert [one.ends for one in far.operations] == [["close"], ["cancel"]]
    with pytest.raises(OperationCancelled, match="the script was cancelled"):
        calls.run(_SEND)


def test_what_was_closed_meanwhile_is_not_cancelled(
    far: _Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Operation) -> None:
        raise InvalidParameter("the operation is closed")

    calls = _calls(far)
    calls.run(_SEND)
    monkeypatch.setattr(Operation, "cancel", refuse)
    calls.cancel()


def test_closing_it_closes_all_and_tells_the_first_error(
    far: _Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []

    def refuse(operation: Operation) -> None:
        closed.append(operation)
        raise ConnectionFailed(f"number {len(closed)}")

    calls = _calls(far)
    calls.run(_SEND)
    calls.run(_RECEIVE)
    monkeypatch.setattr(Operation, "close", refuse)
    with pytest.raises(ConnectionFailed, match="number 1"):
        calls.close()
    assert len(closed) == 2
    calls.close()
