"""The shells that powershell.exe is started in."""

from typing import Any

import pytest

from mi.errors import ConnectionFailed
from mi.powershell.command_shells import CommandShells
from mi.powershell.script_calls import Far, ScriptCalls
from mi.shell_calls import CMD, ShellDescription, ShellOption
from tests.mi.powershell.remoting import Operation


class _Far:
    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.error: Exception | None = None

    def run(self, call: Any, **_: Any) -> Any:
        number = len(self.operations)
        self.operations.append(Operation(call, self._results(f"S{number}")))
        return self.operations[-1]

    def _results(self, name: str) -> Any:
        if self.error is not None:
            raise self.error
        yield ShellDescription(name)


@pytest.fixture
def far() -> _Far:
    return _Far()


@pytest.fixture
def shells() -> CommandShells:
    return CommandShells()


@pytest.fixture
def calls(far: _Far) -> ScriptCalls:
    return ScriptCalls(Far(far.run, 1000))


def test_a_shell_is_opened_for_utf_8(far: _Far, shells: CommandShells, calls: ScriptCalls) -> None:
    shell, is_new = shells.take(calls)
    assert (shell.description.shell_id, is_new) == ("S0", True)
    assert far.operations[0].call.resource_uri == CMD
    assert far.operations[0].call.options == (ShellOption("WINRS_CODEPAGE", "65001"),)


def test_a_shell_is_kept_for_the_next_and_for_nobody_else(
    shells: CommandShells, calls: ScriptCalls
) -> None:
    first, _ = shells.take(calls)
    second, _ = shells.take(calls)
    assert first.description != second.description
    shells.give_back(first)
    assert shells.take(calls) == (first, False)
    assert shells.take(calls)[1]


def test_a_shell_that_does_not_open_is_closed(
    far: _Far, shells: CommandShells, calls: ScriptCalls
) -> None:
    far.error = ConnectionFailed("no")
    with pytest.raises(ConnectionFailed):
        shells.take(calls)
    assert far.operations[0].ends == ["close"]


def test_a_shell_outlives_the_script_that_opened_it(
    far: _Far, shells: CommandShells, calls: ScriptCalls
) -> None:
    shells.take(calls)
    calls.cancel()
    calls.close()
    assert far.operations[0].ends == []
