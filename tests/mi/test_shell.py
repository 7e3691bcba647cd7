"""Shells over a handler that plays: what is asked for, and how their commands run and end."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from mi.command_result import CommandResult
from mi.errors import InvalidParameter, MIError, NotFound, TypeMismatch
from mi.shell_calls import (
    CMD,
    CommandEnded,
    DisconnectShell,
    FollowCommand,
    OpenShell,
    Output,
    ReconnectShell,
    RunCommand,
    SendInput,
    ShellDescription,
    ShellOption,
)
from tests.mi.fake_handler import FakeRun, Stall
from tests.mi.player import DONE, EARLY, STARTED, Play


def test_a_shell_is_opened_once_for_many_commands_and_deleted(play: Play) -> None:
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


def test_a_time_out_is_that_of_the_command(play: Play) -> None:
    player = play()
    with player.session.shell() as shell:
        shell.run("dir", timeout=7)
        shell.run("dir", timeout=None)
        shell.run("dir")
    runs = [run for run in player.channel.runs if isinstance(run.call, RunCommand)]
    assert [run.control.timeout for run in runs] == [7.0, None, None]


def test_a_command_begins_with_its_start(play: Play) -> None:
    player = play(RunCommand=[[DONE]])
    with player.session.shell() as shell, pytest.raises(TypeMismatch, match="begins with"):
        shell.run("dir")


def test_a_command_may_end_without_a_word(play: Play) -> None:
    player = play(RunCommand=[[STARTED], [STARTED]])
    with player.session.shell() as shell:
        assert shell.run("dir") == CommandResult(None, "", "")
        with shell.start("dir") as command:
            assert command.wait() is None


@pytest.mark.parametrize("stdin", [None, "x"])
def test_a_console_is_what_is_not_written_to(play: Play, stdin: str | None) -> None:
    player = play()
    with player.session.shell() as shell:
        shell.run("more", stdin=stdin)
        shell.run("more", stdin=stdin, is_console=True)
    modes = [{one.name: one.value for one in call.options} for call in player.calls(RunCommand)]
    assert [mode["WINRS_CONSOLEMODE_STDIN"] for mode in modes] == [
        "TRUE" if stdin is None else "FALSE", "TRUE",
    ]  # fmt: skip


def test_text_comes_in_pieces_that_split_no_character(play: Play) -> None:
    pieces = [Output("stdout", b"a\xc3"), Output("stderr", b"x"), Output("stdout", b"\xa4b\xe2")]
    player = play(RunCommand=[[STARTED, pieces, [CommandEnded(0)]]])
    with player.session.shell() as shell, shell.start("dir") as command:
        assert list(command.text()) == ["a", "äb", "\ufffd"]
        assert list(command.text("stderr")) == ["x"]


def test_a_command_that_was_terminated_may_be_lost(play: Play) -> None:
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


def test_a_command_that_is_lost_otherwise_is_an_error_whenever_it_is_asked(play: Play) -> None:
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


def test_a_command_that_is_closed_unread_is_ended(play: Play) -> None:
    player = play()
    with player.session.shell() as shell:
        command = shell.start("more")
        assert repr(command) == "<Command C1, running>"
        command.close()
        with pytest.raises(InvalidParameter, match="the command was closed"):
            command.wait()
    assert player.ends(RunCommand) == [["close"]]


def test_a_command_whose_reader_waits_is_closed_by_another_thread(play: Play) -> None:
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


# What is left, and gone on with


def test_a_shell_is_left_to_itself_and_gone_on_with(play: Play) -> None:
    player = play()
    with player.session.shell() as shell:
        assert shell.disconnect(idle_timeout=timedelta(minutes=2), drops_output=True) == "S1"
        shell.reconnect()
        assert shell.disconnect(drops_output=False) == shell.disconnect() == "S1"
    assert [(call.idle_timeout, call.buffer_mode) for call in player.calls(DisconnectShell)] == [
        (120.0, "Drop"), (None, "Block"), (None, None),
    ]  # fmt: skip
    assert [call.shell.shell_id for call in player.calls(ReconnectShell)] == ["S1"]


def test_a_shell_that_was_never_open_cannot_be_reconnected(play: Play) -> None:
    with pytest.raises(InvalidParameter, match=r"no shell to reconnect to\. One of"):
        play().session.shell().reconnect()


def test_a_command_of_a_shell_that_was_left_is_gone_on_with(play: Play) -> None:
    player = play(FollowCommand=[[DONE]])
    with player.session.shell() as shell, shell.command("C7", timeout=7) as command:
        assert command.result() == CommandResult(0, "ok\r\n", "")
        assert command.id == "C7"
    [call] = player.calls(FollowCommand)
    assert (call.command_id, call.connects) == ("C7", False)


def test_a_command_of_another_sessions_shell_is_connected_first(play: Play) -> None:
    player = play(ConnectShell=[[[ShellDescription("S7")]]], FollowCommand=[[STARTED, DONE]])
    with player.session.connect_shell("S7") as shell, shell.command("C1") as command:
        assert command.result().stdout == "ok\r\n"
    [call] = player.calls(FollowCommand)
    assert call.connects


# Its own


def test_the_output_of_a_run_may_be_bytes_and_its_input_text(play: Play) -> None:
    player = play()
    with player.session.shell() as shell:
        assert shell.run("dir", text=False) == CommandResult(0, b"ok\r\n", b"")
        assert shell.run("dir", stdin="x", text=False) == CommandResult(0, b"ok\r\n", b"")
    assert [call.data for call in player.calls(SendInput)] == [b"x"]


def test_a_command_may_have_an_encoding_of_its_own(play: Play) -> None:
    player = play(RunCommand=[[STARTED, [Output("stdout", b"\x82"), CommandEnded(0)]]] * 2)
    with player.session.shell() as shell:
        assert shell.run("dir", encoding="cp850").stdout == "é"
        with pytest.raises(InvalidParameter, match="klingon"):
            shell.run("dir", encoding="klingon")


def test_the_repr_says_where_it_is_and_which(play: Play) -> None:
    shell = play().session.shell()
    assert repr(shell) == "<Shell on server01, not open>"
    shell.open()
    assert repr(shell) == "<Shell on server01, S1>"
    assert repr(shell.aio) == "<AsyncShell of <Shell on server01, S1>>"
    shell.close()
    assert repr(shell) == "<Shell on server01, closed>"
