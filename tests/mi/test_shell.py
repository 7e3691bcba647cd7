"""Shells and commands over a handler that plays: what is asked for, kept, replaced and ended."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import pytest

from mi.command_result import CommandResult, bytes_of, result_of
from mi.errors import (
    CommandFailed,
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotFound,
    OperationTimeout,
    ShellLost,
    TypeMismatch,
)
from mi.session import Session
from mi.shell_calls import (
    CMD,
    CommandEnded,
    CommandStarted,
    OpenShell,
    Output,
    RunCommand,
    ShellDescription,
    ShellOption,
)
from tests.mi.conftest import Fake, run_coroutine
from tests.mi.fake_handler import FakeChannel, FakeRun, Stall

STARTED, DONE = [CommandStarted("C1")], [Output("stdout", b"ok\r\n"), CommandEnded(0)]
EARLY = 4.0


class Player:
    """Plays a list of batches for each call, by its kind; one that has none left ends."""

    def __init__(self, fake: Fake, **played: list[Any]) -> None:
        self.opened = 0
        self._runs: dict[FakeRun, deque[Any]] = {}
        self._played = defaultdict(deque, {kind: deque(runs) for kind, runs in played.items()})
        self.session: Session
        self.channel: FakeChannel
        self.session, self.channel = fake(*[self._step] * 1000)

    def _step(self, run: FakeRun) -> Any:
        steps = self._runs.get(run)
        if steps is None:
            steps = self._runs[run] = deque(self._next(run))
        return steps.popleft() if steps else None

    def _next(self, run: FakeRun) -> list[Any]:
        kind = type(run.call).__name__
        if self._played[kind]:
            found: list[Any] = self._played[kind].popleft()
            return found
        if kind == "OpenShell":
            self.opened += 1
            return [[ShellDescription(f"S{self.opened}")]]
        return [STARTED, DONE] if kind == "RunCommand" else []

    def calls(self, kind: type[Any]) -> list[Any]:
        return [run.call for run in self.channel.runs if isinstance(run.call, kind)]

    def ends(self, kind: type[Any]) -> list[list[str]]:
        return [run.ends for run in self.channel.runs if isinstance(run.call, kind)]


@pytest.fixture
def play(fake: Fake) -> Callable[..., Player]:
    return lambda **played: Player(fake, **played)


def test_a_shell_is_opened_once_for_many_commands_and_deleted(play: Any) -> None:
    player = play()
    with player.session.shell(codepage=850, has_profile=False, name="n") as shell:
        assert player.channel.runs == []
        for _ in range(3):
            assert shell.run("dir", ["/s"]) == CommandResult(0, "ok\r\n", "")
        assert shell.id == "S1"
        assert player.ends(OpenShell) == [[]]
    assert player.ends(OpenShell) == [["close"]]
    [opening] = player.calls(OpenShell)
    assert opening.resource_uri == CMD
    assert opening.name == "n"
    assert opening.options == (
        ShellOption("WINRS_NOPROFILE", "TRUE"), ShellOption("WINRS_CODEPAGE", "850"),
    )  # fmt: skip
    assert len(opening.shell_id) == 36
    [command, *_] = player.calls(RunCommand)
    assert (command.command, command.arguments) == ("dir", ("/s",))


def test_a_shell_may_be_left_to_the_code_page_of_the_server(play: Any) -> None:
    player = play()
    with player.session.shell(codepage=None) as shell:
        shell.open()
        assert shell.encoding == "cp437"
    assert player.calls(OpenShell)[0].options == (ShellOption("WINRS_NOPROFILE", "FALSE"),)


def test_a_shell_in_an_unknown_encoding_is_refused_before_anything_is_sent(play: Any) -> None:
    player = play()
    for how in ({"codepage": 4711}, {"encoding": "klingon"}):
        with pytest.raises(InvalidParameter):
            player.session.shell(**how)
    assert player.channel.runs == []


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_that_cannot_run_a_command_is_replaced(play: Any, error: MIError) -> None:
    player = play(RunCommand=[[STARTED, DONE], [error]])
    with player.session.shell() as shell:
        shell.run("dir")
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S2"
    assert [call.is_patient for call in player.calls(RunCommand)] == [False, False, True]
    assert player.ends(OpenShell) == [["close"], ["close"]]


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_is_replaced_once(play: Any, error: MIError) -> None:
    player = play(RunCommand=[[error], [error]])
    with player.session.shell() as shell, pytest.raises(type(error)):
        shell.run("dir")
    assert player.opened == 2


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_is_not_replaced_against_the_callers_will(play: Any, error: MIError) -> None:
    player = play(RunCommand=[[error]])
    with player.session.shell(reopens=False) as shell, pytest.raises(type(error)):
        shell.run("dir")
    assert player.opened == 1
    assert [call.is_patient for call in player.calls(RunCommand)] == [True]


def test_a_shell_in_which_something_runs_is_not_replaced_for_a_quota(play: Any) -> None:
    stall = Stall()
    player = play(RunCommand=[[STARTED, stall], [LimitsExceeded("full")], [STARTED, DONE]])
    with player.session.shell() as shell, shell.start("more") as command:
        with pytest.raises(OperationTimeout):
            command.wait(0.01)
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S1"


def test_a_shell_in_which_a_run_is_under_way_is_not_replaced_for_a_quota(play: Any) -> None:
    stall = Stall()
    player = play(RunCommand=[[STARTED, stall], [LimitsExceeded("full")], [STARTED, DONE]])
    with player.session.shell() as shell:
        thread = threading.Thread(target=lambda: _fails(shell))
        thread.start()
        assert stall.begun.wait(EARLY)
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S1"
        shell.close()
        player.session.close()
        thread.join(EARLY)
    assert not thread.is_alive()


def _fails(shell: Any) -> None:
    with pytest.raises(MIError):
        shell.run("more")


def test_a_shell_in_which_something_unknown_may_run_is_replaced(play: Any) -> None:
    player = play(RunCommand=[[ConnectionFailed("lost", outcome_unknown=True)]])
    with player.session.shell() as shell:
        with pytest.raises(ConnectionFailed):
            shell.run("dir")
        assert shell.id == "S1"
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S2"


def test_a_shell_that_cannot_be_opened_is_tried_again_by_the_next_command(play: Any) -> None:
    player = play(OpenShell=[[ConnectionFailed("no route")]])
    with player.session.shell() as shell:
        with pytest.raises(ConnectionFailed):
            shell.run("dir")
        assert shell.run("dir").exit_code == 0


def test_a_shell_that_another_thread_opens_is_waited_for_within_the_deadline(play: Any) -> None:
    stall = Stall()
    player = play(OpenShell=[[stall]])
    shell = player.session.shell()
    thread = threading.Thread(target=lambda: _fails(shell))
    thread.start()
    assert stall.begun.wait(EARLY)
    with pytest.raises(OperationTimeout, match="waiting for the shell to be opened"):
        shell.run("dir", deadline=0.02)
    shell.close()
    thread.join(EARLY)
    assert not thread.is_alive(), "closing does not wait for who opens"
    with pytest.raises(InvalidParameter, match="the shell is closed"):
        shell.open()


@pytest.fixture
def _quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass whenever somebody looks: a real clock may stand still for 16 ms."""
    monkeypatch.setattr("mi.control.monotonic", map(float, itertools.count()).__next__)


@pytest.mark.usefixtures("_quick_clock")
def test_a_deadline_that_is_over_begins_no_command(play: Any) -> None:
    player = play()
    with player.session.shell() as shell:
        shell.open()
        with pytest.raises(OperationTimeout, match="starting the command"):
            shell.run("dir", deadline=1e-9)
    assert player.calls(RunCommand) == []


@pytest.mark.usefixtures("_quick_clock")
def test_a_deadline_that_is_over_opens_no_shell(play: Any) -> None:
    player = play()
    with (
        player.session.shell() as shell,
        pytest.raises(OperationTimeout, match="opening the shell"),
    ):
        shell.run("dir", deadline=1e-9)
    assert player.channel.runs == []


def test_a_time_out_is_that_of_the_command(play: Any) -> None:
    player = play()
    with player.session.shell() as shell:
        shell.run("dir", timeout=7)
        shell.run("dir", timeout=None)
        shell.run("dir")
    runs = [run for run in player.channel.runs if isinstance(run.call, RunCommand)]
    assert [run.control.timeout for run in runs] == [7.0, None, None]


def test_a_command_begins_with_its_start(play: Any) -> None:
    player = play(RunCommand=[[DONE]])
    with player.session.shell() as shell, pytest.raises(TypeMismatch, match="begins with"):
        shell.run("dir")


def test_a_command_may_end_without_a_word(play: Any) -> None:
    player = play(RunCommand=[[STARTED], [STARTED]])
    with player.session.shell() as shell:
        assert shell.run("dir") == CommandResult(None, "", "")
        with shell.start("dir") as command:
            assert command.wait() is None


@pytest.mark.parametrize("stdin", [None, "x"])
def test_a_console_is_what_is_not_written_to(play: Any, stdin: str | None) -> None:
    player = play()
    with player.session.shell() as shell:
        shell.run("more", stdin=stdin)
        shell.run("more", stdin=stdin, is_console=True)
    modes = [{one.name: one.value for one in call.options} for call in player.calls(RunCommand)]
    assert [mode["WINRS_CONSOLEMODE_STDIN"] for mode in modes] == [
        "TRUE" if stdin is None else "FALSE", "TRUE",
    ]  # fmt: skip


# Commands


def test_text_comes_in_pieces_that_split_no_character(play: Any) -> None:
    pieces = [Output("stdout", b"a\xc3"), Output("stderr", b"x"), Output("stdout", b"\xa4b\xe2")]
    player = play(RunCommand=[[STARTED, pieces, [CommandEnded(0)]]])
    with player.session.shell() as shell, shell.start("dir") as command:
        assert list(command.text()) == ["a", "äb", "\ufffd"]
        assert list(command.text("stderr")) == ["x"]


def test_a_stream_of_another_name_is_no_part_of_the_result() -> None:
    pieces = [Output("stdout", b"a"), Output("pr", b"b"), Output("stderr", b"c")]
    assert result_of(0, pieces, "utf-8") == CommandResult(0, "a", "c")
    assert bytes_of(0, pieces) == CommandResult(0, b"a", b"c")


def test_a_result_is_checked_by_its_exit_code() -> None:
    for code in (0, None):
        result = CommandResult(code, "", "")
        assert result.check() is result
    with pytest.raises(CommandFailed, match=r"exit code 3221225786$") as caught:
        CommandResult(3221225786, "", " \r\n").check()
    assert (caught.value.native_code, caught.value.native_type) == (3221225786, "EXIT")


def test_a_command_that_was_terminated_may_be_lost(play: Any) -> None:
    go = threading.Event()

    def lost(_: FakeRun) -> MIError:
        assert go.wait(EARLY)
        return NotFound("no such command")

    player = play(RunCommand=[[STARTED, lost]])
    with player.session.shell() as shell, shell.start("more") as command:
        command.terminate()
        go.set()
        assert command.wait(EARLY) is None
        assert list(command.lines()) == []


def test_a_command_that_is_lost_otherwise_is_an_error_whenever_it_is_asked(play: Any) -> None:
    player = play(RunCommand=[[STARTED, [Output("stdout", b"a\n")], NotFound("no such command")]])
    with player.session.shell() as shell, shell.start("more") as command:
        lines = command.lines()
        assert next(lines).text == "a"
        for _ in range(2):
            with pytest.raises(NotFound):
                next(lines)
            with pytest.raises(NotFound):
                command.wait()
        assert repr(command) == "<Command C1, ended with None>"


def test_a_command_that_is_closed_unread_is_ended(play: Any) -> None:
    player = play()
    with player.session.shell() as shell:
        command = shell.start("more")
        assert repr(command) == "<Command C1, running>"
        command.close()
        with pytest.raises(InvalidParameter, match="the command was closed"):
            command.wait()
    assert player.ends(RunCommand) == [["close"]]


def test_a_command_whose_reader_waits_is_closed_by_another_thread(play: Any) -> None:
    stall = Stall()
    player = play(RunCommand=[[STARTED, stall]])
    with player.session.shell() as shell:
        command = shell.start("more")
        failed: list[BaseException] = []

        def read() -> None:
            try:
                list(command.lines())
            except MIError as error:
                failed.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        assert stall.begun.wait(EARLY)
        command.close()
        thread.join(EARLY)
    assert len(failed) == 1


# Coroutines


def test_a_task_reads_one_stream_while_the_other_is_kept(play: Any) -> None:
    pieces = [Output("stderr", b"x\n"), Output("stdout", b"a\n")]
    player = play(RunCommand=[[STARTED, pieces, [CommandEnded(0)]]])

    async def run() -> None:
        async with player.session.shell() as shell, await shell.aio.start("dir") as command:
            assert [line async for line in command.stdout] == ["a"]
            assert [line async for line in command.stderr] == ["x"]
            assert (await command.aio.result()).exit_code == 0
            assert await command.aio.wait(EARLY) == 0

    run_coroutine(run())


def test_a_tasks_command_may_fail(play: Any) -> None:
    player = play(RunCommand=[[STARTED, ConnectionFailed("lost")]])

    async def run() -> None:
        async with player.session.shell() as shell, await shell.aio.start("dir") as command:
            with pytest.raises(ConnectionFailed):
                await command.aio.wait()
            with pytest.raises(ConnectionFailed):
                await anext(command.lines())

    run_coroutine(run())
