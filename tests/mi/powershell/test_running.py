"""A script that runs: its records as they come, and its end."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    MIError,
    OperationCancelled,
    OperationTimeout,
)
from mi.powershell.records import Record, Stream
from mi.powershell.running import RunningScript
from mi.powershell.script import DisconnectedScript
from mi.powershell.script_calls import Far, ScriptCalls
from mi.shell_calls import SendInput, ShellDescription
from mi.workers import Workers
from tests.mi.conftest import run_coroutine
from tests.mi.powershell.remoting import Operation

_A, _B = Record(Stream.OUTPUT, "a"), Record(Stream.WARNING, "b")
Make = Callable[..., RunningScript]


_LEFT = DisconnectedScript("P", "C", "Ops")


class _Run:
    """Plays steps: records, an error to raise, something to call."""

    def __init__(self, *steps: Any) -> None:
        self.steps = list(steps)
        self.ends: list[str] = []
        self.exit_code = 3
        self.was_stopped = False
        self.is_begun = False

    def next_records(self) -> Any:
        step = self.steps.pop(0) if self.steps else None
        while callable(step):
            step = step()
        if isinstance(step, BaseException):
            raise step
        return step

    def stop(self) -> None:
        self.was_stopped = True
        self.ends.append("stop")

    def close(self) -> None:
        self.ends.append("close")

    def disconnect(self) -> DisconnectedScript:
        if self.was_stopped:
            raise InvalidParameter("it has ended")
        self.ends.append("disconnect")
        return _LEFT


_CALL = SendInput(ShellDescription("S"), None, b"")


def _operation(call: Any, **_: Any) -> Any:
    return Operation(call, iter([]))


def _script(
    *steps: Any, timeout: float | None = None, on_record: Any = None
) -> tuple[RunningScript, _Run]:
    run = _Run(*steps)
    calls = ScriptCalls(Far(_operation, 1000), timeout)
    return RunningScript(run, calls, "server01", Workers(2).submit, on_record), run


def test_records_come_one_by_one_and_then_the_end() -> None:
    script, run = _script([_A], [], [_B])
    assert list(script) == [_A, _B]
    assert run.ends == ["close"]
    assert next(script, None) is None
    assert repr(script) == "<RunningScript on server01, ended>"


def test_the_result_holds_what_was_not_taken() -> None:
    script, _ = _script([_A], [_B])
    assert next(script) == _A
    result = script.result()
    assert (result.output, result.warnings, result.exit_code) == ([], ["b"], 3)
    assert script.result().warnings == []


def test_each_record_is_told_as_it_comes() -> None:
    told: list[Record] = []
    script, _ = _script([_A, _B], on_record=told.append)
    script.result()
    assert told == [_A, _B]


def test_what_a_callback_raises_ends_the_script() -> None:
    def refuse(_: Record) -> None:
        raise KeyboardInterrupt

    script, run = _script([_A], on_record=refuse)
    with pytest.raises(KeyboardInterrupt):
        script.result()
    assert run.ends == ["close"]
    with pytest.raises(InvalidParameter, match="server01: PowerShell: the script is closed"):
        next(script)


def test_an_error_says_where_and_comes_again() -> None:
    script, run = _script([_A], ConnectionFailed("lost"))
    assert next(script) == _A
    for _ in range(2):
        with pytest.raises(ConnectionFailed, match="server01: PowerShell: lost"):
            next(script)
    assert run.ends == ["close"]


def test_the_time_that_is_over_is_the_scripts() -> None:
    error = OperationTimeout("the deadline of 0.0001 s passed")
    script, _ = _script(lambda: time.sleep(0.01) or error, timeout=0.001)
    script._calls.run(_CALL)  # its time has begun
    with pytest.raises(OperationTimeout, match=r"timeout of 0\.001 s passed while the script was"):
        script.result()
    other, _ = _script(OperationTimeout("of its own"))
    with pytest.raises(OperationTimeout, match="of its own"):
        other.result()


def test_what_a_script_that_has_begun_has_done_is_not_known() -> None:
    for is_begun in (False, True):
        script, run = _script(ConnectionFailed("refused"))
        run.is_begun = is_begun
        with pytest.raises(ConnectionFailed) as caught:
            script.result()
        assert caught.value.outcome_unknown is is_begun


def test_what_was_begun_when_the_time_was_over_is_not_known() -> None:
    error = OperationTimeout("the deadline passed", outcome_unknown=True)
    script, _ = _script(lambda: time.sleep(0.01) or error, timeout=0.001)
    script._calls.run(_CALL)  # its time has begun
    with pytest.raises(OperationTimeout, match="the script was running") as caught:
        script.result()
    assert caught.value.outcome_unknown


def test_stopping_it_goes_to_the_script() -> None:
    script, run = _script([_A])
    script.stop()
    assert run.ends == ["stop"]
    assert (script.was_stopped, script.exit_code) == (True, 3)


def test_leaving_it_to_itself_closes_it() -> None:
    script, run = _script([_A])
    assert script.disconnect() == _LEFT
    assert run.ends == ["disconnect", "close"]
    with pytest.raises(InvalidParameter, match="closed"):
        script.disconnect()


def test_what_cannot_be_left_says_where_it_is() -> None:
    script, run = _script([_A])
    run.was_stopped = True
    with pytest.raises(InvalidParameter, match="server01: PowerShell: it has ended"):
        script.disconnect()
    assert next(script) == _A


def test_cancelling_it_lets_nothing_begin() -> None:
    script, _ = _script()
    script.cancel()
    with pytest.raises(OperationCancelled):
        script._calls.run(_CALL)


def test_leaving_its_block_ends_it() -> None:
    script, run = _script([_A], [_B])
    with script:
        assert next(script) == _A
        assert "running" in repr(script)
    assert run.ends == ["close"]
    assert "closed" in repr(script)
    with pytest.raises(InvalidParameter):
        script.result()


def test_what_cannot_be_closed_lets_the_calls_be_closed() -> None:
    script, run = _script()
    run.close = lambda: (_ for _ in ()).throw(MIError("no"))  # type: ignore[method-assign]
    with pytest.raises(MIError, match="no"):
        script.close()
    with pytest.raises(OperationCancelled):
        script._calls.run(_CALL)


# In coroutines


def test_a_coroutine_iterates_it() -> None:
    async def work() -> list[Record]:
        script, run = _script([_A], [_B])
        async with script:
            found = [record async for record in script]
        assert run.ends == ["close", "close"]
        return found

    assert run_coroutine(work()) == [_A, _B]


def test_a_coroutine_awaits_its_result() -> None:
    async def work() -> Any:
        return await _script([_A])[0]

    assert run_coroutine(work()).output == ["a"]


def test_cancelling_the_task_ends_the_script() -> None:
    waiting, freed = threading.Event(), threading.Event()

    def wait() -> Any:
        waiting.set()
        freed.wait(10)
        return OperationCancelled("cancelled")

    async def work() -> list[str]:
        script, run = _script(wait)
        script._calls.cancel = freed.set  # type: ignore[method-assign]
        task = asyncio.ensure_future(_result(script))
        await asyncio.get_running_loop().run_in_executor(None, waiting.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return run.ends

    assert "close" in run_coroutine(work())


async def _result(script: RunningScript) -> Any:
    async with script:
        return await script
