"""A script in a process of powershell.exe."""

from collections.abc import Iterator
from typing import Any

import pytest

from mi.errors import ConnectionFailed, LimitsExceeded, MIError, NotSupported, ShellLost
from mi.powershell.command_shells import CommandShells
from mi.powershell.encoded_command import EncodedCommand
from mi.powershell.process import Process
from mi.powershell.process_output import ProcessOutput
from mi.powershell.records import Record, Stream
from mi.powershell.script_calls import Far, ScriptCalls
from mi.shell_calls import (
    CTRL_C,
    CommandEnded,
    CommandStarted,
    OpenShell,
    Output,
    RunCommand,
    SendInput,
    ShellDescription,
    SignalCommand,
)
from tests.mi.powershell.remoting import Operation

_PLAYED = [
    CommandStarted("C1"),
    Output("stdout", b"a\r\n"),
    Output("stderr", b"bad\n"),
    Output("stdout", b"b"),
    CommandEnded(0),
]


class _Far:
    """Plays what a command says; an error in it is raised."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.plays: list[list[Any]] = []

    def run(self, call: Any, **keywords: Any) -> Any:
        del keywords
        self.operations.append(Operation(call, self._results(call)))
        return self.operations[-1]

    def _results(self, call: Any) -> Iterator[Any]:
        if isinstance(call, OpenShell):
            yield ShellDescription(f"S{len(self.of(OpenShell))}")
        elif isinstance(call, RunCommand):
            for step in self.plays.pop(0) if self.plays else _PLAYED:
                if isinstance(step, BaseException):
                    raise step
                yield step
        else:
            yield None

    def of(self, kind: type[Any]) -> list[Operation]:
        return [one for one in self.operations if isinstance(one.call, kind)]


class _Side:
    def __init__(self) -> None:
        self.server = _Far()
        self.far = Far(self.server.run, 1000)
        self.shells = CommandShells()

    def process(self, *play: Any, stdin: bytes | None = None) -> Process:
        if play:
            self.server.plays.append(list(play))
        command = EncodedCommand("powershell.exe", ("-EncodedCommand", "AA=="), stdin)
        return Process(self.shells, command, ProcessOutput(""), ScriptCalls(self.far))


@pytest.fixture
def side() -> _Side:
    return _Side()


def _all(process: Process) -> list[Record]:
    found: list[Record] = []
    while (records := process.next_records()) is not None:
        found += records
    return found


def test_what_it_writes_comes_as_records(side: _Side) -> None:
    process = side.process()
    output = [record.value for record in _all(process) if record.stream is Stream.OUTPUT]
    assert output == ["a", "b"]
    assert (process.exit_code, process.was_stopped) == (0, False)
    (call,) = (one.call for one in side.server.of(RunCommand))
    assert (call.command, call.arguments) == ("powershell.exe", ("-EncodedCommand", "AA=="))
    assert call.options[0] == ("WINRS_CONSOLEMODE_STDIN", "TRUE", False)
    assert side.server.of(SendInput) == []
    process.stop()
    process.close()
    assert side.server.of(SignalCommand) == []


def test_its_errors_come_with_its_end(side: _Side) -> None:
    errors = [one.value.message for one in _all(side.process()) if one.stream is Stream.ERROR]
    assert errors == ["bad"]


def test_the_shell_is_kept_for_the_next(side: _Side) -> None:
    _all(side.process())
    begun = len(side.server.operations)
    _all(side.process())
    assert [type(one.call) for one in side.server.operations[begun:]] == [RunCommand]
    assert [one.ends for one in side.server.of(RunCommand)] == [["close"], ["close"]]


def test_its_input_is_sent_and_ended(side: _Side) -> None:
    _all(side.process(stdin=b"script\r\n"))
    (sent,) = (one.call for one in side.server.of(SendInput))
    assert (sent.data, sent.command_id, sent.is_end) == (b"script\r\n", "C1", True)
    (call,) = (one.call for one in side.server.of(RunCommand))
    assert call.options[0].value == "FALSE"


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("used up")])
def test_a_shell_that_is_of_no_use_is_replaced_for_what_was_not_begun(
    side: _Side, error: MIError
) -> None:
    _all(side.process())
    assert len(_all(side.process(error))) == 3
    patience = [one.call.is_patient for one in side.server.of(RunCommand)]
    assert patience == [True, False, True]
    assert [one.ends for one in side.server.of(OpenShell)] == [["close"], []]


def test_a_new_shell_that_is_gone_is_an_error(side: _Side) -> None:
    process = side.process(ShellLost("gone"))
    with pytest.raises(ShellLost):
        process.next_records()
    process.close()
    assert [one.ends for one in side.server.of(OpenShell)] == [["close"]]


def test_stopping_it_is_ctrl_c_once(side: _Side) -> None:
    process = side.process(CommandStarted("C1"), Output("stdout", b"a\n"), CommandEnded(0xC000013A))
    assert process.next_records() == [Record(Stream.OUTPUT, "a")]
    assert not process.was_stopped
    process.stop()
    process.stop()
    assert _all(process) == []
    assert (process.was_stopped, process.exit_code) == (True, 0xC000013A)
    assert [one.call.code for one in side.server.of(SignalCommand)] == [CTRL_C]


def test_what_is_stopped_before_it_starts_is_stopped_when_it_does(side: _Side) -> None:
    process = side.process()
    process.stop()
    _all(process)
    assert len(side.server.of(SignalCommand)) == 1


def test_closing_it_ends_it_with_its_shell(side: _Side) -> None:
    process = side.process()
    process.next_records()
    process.close()
    process.close()
    assert [one.ends for one in side.server.of(RunCommand)] == [["close"]]
    assert [one.ends for one in side.server.of(OpenShell)] == [["close"]]
    _all(side.process())
    assert len(side.server.of(OpenShell)) == 2


def test_an_error_meanwhile_is_raised(side: _Side) -> None:
    process = side.process(CommandStarted("C1"), ConnectionFailed("lost"))
    with pytest.raises(ConnectionFailed):
        process.next_records()
    process.close()
    assert [one.ends for one in side.server.of(OpenShell)] == [["close"]]


@pytest.mark.parametrize(
    ("play", "complaint"),
    [
        ([Output("stdout", b"")], "did not say that PowerShell has started"),
        ([CommandStarted("C1"), CommandStarted("C1")], "before it was through"),
    ],
)
def test_a_shell_that_does_not_say_what_it_should_is_an_error(
    side: _Side, play: list[Any], complaint: str
) -> None:
    with pytest.raises(MIError, match=complaint):
        side.process(*play).next_records()


def test_it_cannot_be_left_to_itself(side: _Side) -> None:
    with pytest.raises(NotSupported, match="Use the runspace engine"):
        side.process().disconnect()


def test_what_was_never_begun_has_nothing_to_end(side: _Side) -> None:
    process = side.process()
    process._signal()
    process._give_back()
    process._begin()
    process.close()
    assert side.server.operations == []
