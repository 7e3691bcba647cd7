"""Shells and commands in coroutines, over a handler that plays."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mi.command_result import CommandResult
from mi.errors import ConnectionFailed, OperationTimeout
from mi.shell_aio import in_thread
from mi.shell_calls import (
    CTRL_BREAK,
    CTRL_C,
    TERMINATE,
    CommandEnded,
    DisconnectShell,
    OpenShell,
    Output,
    ReconnectShell,
    RunCommand,
    SendInput,
    SignalCommand,
)
from tests.mi.conftest import run_coroutine
from tests.mi.fake_handler import Stall
from tests.mi.player import EARLY, STARTED, Play


def test_a_task_reads_one_stream_while_the_other_is_kept(play: Play) -> None:
    pieces = [Output("stderr", b"x\n"), Output("stdout", b"a\n")]
    player = play(RunCommand=[[STARTED, pieces, [CommandEnded(0)]]])

    async def run() -> None:
        async with player.session.shell() as shell, await shell.aio.start("dir") as command:
            assert [line async for line in command.stdout] == ["a"]
            assert [line async for line in command.stderr] == ["x"]
            assert (await command.aio.result()).exit_code == 0
            assert await command.aio.wait(EARLY) == 0

    run_coroutine(run())


def test_a_tasks_command_may_fail(play: Play) -> None:
    player = play(RunCommand=[[STARTED, ConnectionFailed("lost")]])

    async def run() -> None:
        async with player.session.shell() as shell, await shell.aio.start("dir") as command:
            with pytest.raises(ConnectionFailed):
                await command.aio.wait()
            with pytest.raises(ConnectionFailed):
                await anext(command.lines())

    run_coroutine(run())


def test_a_task_does_all_of_it(play: Play) -> None:
    player = play()

    async def work() -> None:
        async with player.session.shell() as shell, await shell.aio.start("dir") as command:
            await command.aio.write("x")
            await command.aio.close_stdin()
            await command.aio.ctrl_c()
            await command.aio.ctrl_break()
            await command.aio.terminate()
            assert (await command.aio.result()).exit_code == 0
            await command.aio.close()
            assert await shell.aio.run("dir", stdin="y") == CommandResult(0, "ok\r\n", "")
            assert await shell.aio.run("dir", text=False) == CommandResult(0, b"ok\r\n", b"")
            assert repr(shell.aio) == "<AsyncShell of <Shell on server01, S1>>"

    run_coroutine(work())
    sent = [(one.data, one.is_end) for one in player.calls(SendInput)]
    assert sent == [(b"x", False), (b"", True), (b"y", True)]
    assert [one.code for one in player.calls(SignalCommand)] == [CTRL_C, CTRL_BREAK, TERMINATE]


def test_a_task_waits_for_a_command_no_longer_than_it_likes(play: Play) -> None:
    player = play(RunCommand=[[STARTED, Stall()]])

    async def run() -> None:
        async with player.session.shell() as shell, await shell.aio.start("dir") as command:
            with pytest.raises(OperationTimeout):
                await command.aio.wait(0.02)
            assert command.is_running

    run_coroutine(run())
    assert player.ends(RunCommand) == [["close"]]


def test_a_shell_is_left_gone_on_with_and_closed(play: Play) -> None:
    player = play()

    async def run() -> None:
        shell = player.session.shell()
        assert await shell.aio.disconnect(idle_timeout=60, drops_output=True) == "S1"
        await shell.aio.reconnect()
        await shell.aio.close()

    run_coroutine(run())
    [left] = player.calls(DisconnectShell)
    assert (left.idle_timeout, left.buffer_mode) == (60.0, "Drop")
    assert len(player.calls(ReconnectShell)) == 1
    assert player.ends(OpenShell) == [["close"]]


def test_a_command_that_is_begun_when_its_task_is_cancelled_is_ended(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi.shell_aio.GRACE", 0.02)
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    def start() -> str:
        begun.set()
        assert release.wait(EARLY)
        return "a command"

    async def run() -> None:
        work = in_thread(play().session, start, lambda command: ended.set())
        task = asyncio.ensure_future(work)
        assert await asyncio.to_thread(begun.wait, EARLY)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
        assert await asyncio.to_thread(ended.wait, EARLY)

    run_coroutine(run())
