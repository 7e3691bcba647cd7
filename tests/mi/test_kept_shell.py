"""A shell that is kept: opened when it is needed, replaced when it is lost, deleted."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import pytest

from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    OperationTimeout,
    ShellLost,
)
from mi.shell_calls import ConnectShell, OpenShell, RunCommand, ShellDescription
from tests.mi.fake_handler import Stall
from tests.mi.player import DONE, EARLY, STARTED, Play


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_that_cannot_run_a_command_is_replaced(play: Play, error: MIError) -> None:
    player = play(RunCommand=[[STARTED, DONE], [error]])
    with player.session.shell() as shell:
        shell.run("dir")
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S2"
    assert [call.is_patient for call in player.calls(RunCommand)] == [False, False, True]
    assert player.ends(OpenShell) == [["close"], ["close"]]


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_is_replaced_once(play: Play, error: MIError) -> None:
    player = play(RunCommand=[[error], [error]])
    with player.session.shell() as shell, pytest.raises(type(error)):
        shell.run("dir")
    assert player.opened == 2


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_is_not_replaced_against_the_callers_will(play: Play, error: MIError) -> None:
    player = play(RunCommand=[[error]])
    with player.session.shell(reopens=False) as shell, pytest.raises(type(error)):
        shell.run("dir")
    assert player.opened == 1
    assert [call.is_patient for call in player.calls(RunCommand)] == [True]


def test_a_shell_in_which_something_runs_is_not_replaced_for_a_quota(play: Play) -> None:
    stall = Stall()
    player = play(RunCommand=[[STARTED, stall], [LimitsExceeded("full")], [STARTED, DONE]])
    with player.session.shell() as shell, shell.start("more") as command:
        with pytest.raises(OperationTimeout):
            command.wait(0.01)
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S1"


def test_a_shell_in_which_a_run_is_under_way_is_not_replaced_for_a_quota(play: Play) -> None:
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


def test_a_shell_in_which_something_unknown_may_run_is_replaced(play: Play) -> None:
    player = play(RunCommand=[[ConnectionFailed("lost", outcome_unknown=True)]])
    with player.session.shell() as shell:
        with pytest.raises(ConnectionFailed):
            shell.run("dir")
        assert shell.id == "S1"
        assert shell.run("dir").exit_code == 0
        assert shell.id == "S2"


def test_a_shell_that_cannot_be_opened_is_tried_again_by_the_next_command(play: Play) -> None:
    player = play(OpenShell=[[ConnectionFailed("no route")]])
    with player.session.shell() as shell:
        with pytest.raises(ConnectionFailed):
            shell.run("dir")
        assert shell.run("dir").exit_code == 0


def test_a_shell_that_another_thread_opens_is_waited_for_within_the_deadline(play: Play) -> None:
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
def test_a_deadline_that_is_over_begins_no_command(play: Play) -> None:
    player = play()
    with player.session.shell() as shell:
        shell.open()
        with pytest.raises(OperationTimeout, match="starting the command"):
            shell.run("dir", deadline=1e-9)
    assert player.calls(RunCommand) == []


@pytest.mark.usefixtures("_quick_clock")
def test_a_deadline_that_is_over_opens_no_shell(play: Play) -> None:
    player = play()
    with (
        player.session.shell() as shell,
        pytest.raises(OperationTimeout, match="opening the shell"),
    ):
        shell.run("dir", deadline=1e-9)
    assert player.channel.runs == []


@pytest.mark.parametrize("error", [ShellLost("gone"), LimitsExceeded("full")])
def test_a_shell_of_another_session_is_not_replaced(play: Play, error: MIError) -> None:
    player = play(ConnectShell=[[[ShellDescription("S7")]]], RunCommand=[[error]])
    with player.session.connect_shell("S7") as shell, pytest.raises(type(error)):
        shell.run("dir")
    assert [call.shell_id for call in player.calls(ConnectShell)] == ["S7"]
    assert player.calls(OpenShell) == []
