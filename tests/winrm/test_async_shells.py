"""Shells and their commands in coroutines, against an endpoint."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

import mi
from mi.errors import InvalidParameter, OperationTimeout, ShellLost
from mi.shell_aio import in_thread
from protocols.loopback import Endpoint, Stall
from tests.sessions import EARLY, session_with, settles


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as one:
        yield one


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    with session_with(endpoint) as one:
        yield one
    assert endpoint.open_shells == 0, "a shell was left behind"


def within(work: Coroutine[Any, Any, Any], seconds: float = 2 * EARLY) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(work, seconds)

    return asyncio.run(bounded())


async def becomes(condition: Callable[[], bool]) -> None:
    assert await asyncio.to_thread(settles, condition)


def test_a_command_is_awaited(endpoint: Endpoint, session: mi.Session) -> None:
    async def run() -> None:
        async with session.shell() as shell:
            result = await shell.aio.run("echo", ["hallo"])
            assert (result.exit_code, result.stdout) == (0, "hallo\r\n")
            result = await shell.aio.run("sort", stdin="b\r\na\r\n")
            assert result.stdout == "a\r\nb\r\n"
            assert (await shell.aio.run("hostname", stdin="x" * 100_000)).exit_code == 0

    within(run())
    assert endpoint.open_shells == 0


def test_what_a_command_that_has_begun_has_done_is_not_known(
    endpoint: Endpoint, session: mi.Session
) -> None:
    async def run() -> None:
        async with session.shell() as shell:
            with pytest.raises(OperationTimeout) as caught:
                await shell.aio.run("timeout", ["/t", "60"], deadline=0.3)
            assert caught.value.outcome_unknown
            assert (await shell.aio.run("hostname")).exit_code == 0

    within(run())


def test_lines_come_while_other_tasks_run(endpoint: Endpoint, session: mi.Session) -> None:
    go = threading.Event()

    def steps(it: Any) -> None:
        it.stdout.line("one")
        assert go.wait(EARLY)
        it.stdout.line("two")

    endpoint.commands["steps"] = steps

    async def run() -> list[str]:
        found = []
        async with session.shell() as shell, await shell.aio.start("steps") as command:
            async for line in command.lines():
                found.append(line.text)
                go.set()
            assert await command.aio.wait() == 0
            assert [line async for line in command.stdout] == []
        return found

    assert within(run()) == ["one", "two"]


def test_many_commands_run_at_once(session: mi.Session) -> None:
    async def one(number: int) -> str:
        async with session.shell() as shell:
            text: str = (await shell.aio.run("echo", [str(number)])).stdout
            return text

    async def run() -> list[str]:
        return await asyncio.gather(*map(one, range(12)))

    assert within(run(), 20) == [f"{number}\r\n" for number in range(12)]


def test_a_command_is_written_to_and_signalled(session: mi.Session) -> None:
    async def run() -> None:
        async with session.shell() as shell:
            async with await shell.aio.start("more") as command:
                lines = command.stdout
                await command.aio.write("first\r\n")
                assert await anext(lines) == "first"
                await command.aio.close_stdin()
                assert (await command.aio.result()).exit_code == 0
            async with await shell.aio.start("timeout", ["/t", "60"]) as command:
                with pytest.raises(OperationTimeout):
                    await command.aio.wait(0.05)
                await command.aio.ctrl_c()
                assert await command.aio.wait(EARLY) == 0xC000013A
            async with await shell.aio.start("timeout", ["/t", "60"]) as command:
                await command.aio.ctrl_break()
                assert await command.aio.wait(EARLY) == 0xC000013A
            async with await shell.aio.start("timeout", ["/t", "60"]) as command:
                await command.aio.terminate()
                assert await command.aio.wait(EARLY) is None

    within(run(), 20)


def test_cancelling_a_task_ends_its_command(endpoint: Endpoint, session: mi.Session) -> None:
    async def run() -> None:
        async with session.shell() as shell:
            task = asyncio.ensure_future(shell.aio.run("timeout", ["/t", "60"]))
            await becomes(lambda: endpoint.open_commands == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert settles(lambda: endpoint.open_commands == 0)
            assert (await shell.aio.run("hostname")).exit_code == 0

    within(run())


def test_a_command_that_is_started_for_nobody_is_ended(
    endpoint: Endpoint, session: mi.Session
) -> None:
    stall = Stall("Command", seconds=0.3)

    async def run() -> None:
        async with session.shell() as shell:
            await in_thread(session, shell.open)
            endpoint.disturb(stall)
            task = asyncio.ensure_future(shell.aio.start("timeout", ["/t", "60"]))
            await becomes(stall.reached.is_set)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await becomes(lambda: endpoint.open_commands == 0)

    within(run())


def test_a_task_that_is_cancelled_before_a_thread_begins_does_nothing(
    session: mi.Session,
) -> None:
    done: list[int] = []
    waiting: list[Any] = []

    async def run() -> None:
        task = asyncio.ensure_future(in_thread(_Queue(waiting), lambda: done.append(1)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        waiting[0]()

    within(run())
    assert done == []


class _Queue:
    """What keeps the work that it is given."""

    def __init__(self, waiting: list[Any]) -> None:
        self.submit = waiting.append


def test_what_fails_in_a_thread_fails_in_the_task(session: mi.Session) -> None:
    async def run() -> None:
        shell = session.shell()
        shell.close()
        with pytest.raises(InvalidParameter, match="the shell is closed"):
            await shell.aio.run("hostname")

    within(run())


def test_a_shell_is_left_and_found_again(session: mi.Session) -> None:
    async def run() -> None:
        async with session.shell() as shell:
            assert await shell.aio.disconnect(idle_timeout=120) == shell.id
            await shell.aio.reconnect()
            assert (await shell.aio.run("hostname")).exit_code == 0
            await shell.aio.close()

    within(run())


def test_a_shell_that_vanishes_is_the_tasks_error(endpoint: Endpoint, session: mi.Session) -> None:
    async def run() -> None:
        async with session.shell(reopens=False) as shell:
            await shell.aio.run("hostname")
            endpoint.shells.vanish()
            with pytest.raises(ShellLost):
                await shell.aio.run("hostname")

    within(run())
