"""What shells and commands do, as coroutines. Imported where a coroutine needs it.

Output wakes the event loop as it comes, so that no thread is kept for a command that is waited for;
everything else is done by a thread of the application's executor meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, overload

from mi.command_output import CommandOutput
from mi.command_result import begun
from mi.control import GRACE, Expiry
from mi.coroutines import Errand
from mi.errors import NotFound
from mi.option_checks import seconds
from mi.shell_calls import Output

if TYPE_CHECKING:
    from mi.command import Command
    from mi.command_result import CommandResult
    from mi.session_shells import SessionShells
    from mi.shell import CommandKeywords, Shell

__all__ = ["AsyncCommand", "AsyncShell", "arrival", "ended", "in_thread"]

ResultT = TypeVar("ResultT")


async def arrival(output: CommandOutput, stream: str | None) -> list[Output]:
    """Wait for the next pieces of a command's output, and take them; none is the end.

    Raises:
        MIError: what became of the command.
    """
    with _news(output) as news:
        while True:
            news.clear()
            pieces = output.take_now(stream)
            if pieces is not None:
                return pieces
            await news.wait()


async def ended(output: CommandOutput, expiry: Expiry) -> None:
    """Wait until a command has ended, or `expiry`."""
    with _news(output) as news:
        output.want_all()
        while not output.is_over:
            news.clear()
            if output.is_over:
                return
            try:
                await asyncio.wait_for(news.wait(), expiry.remaining())
            except TimeoutError:
                return


@contextmanager
def _news(output: CommandOutput) -> Iterator[asyncio.Event]:
    loop = asyncio.get_running_loop()
    news = asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(news.set)

    output.listen(tell)
    try:
        yield news
    finally:
        output.forget(tell)


async def in_thread(
    session: SessionShells,
    work: Callable[[], ResultT],
    undo: Callable[[ResultT], object] | None = None,
) -> ResultT:
    """Return what `work` returns, in a thread of the application's executor.

    Args:
        session: whose application.
        work: what to do.
        undo: what to do with its result if the task is cancelled meanwhile.
    """
    errand = Errand(session.submit, work)
    try:
        await asyncio.wait((errand.outcome,))
    except asyncio.CancelledError:
        if not errand.withdraw():
            await asyncio.wait((errand.outcome,), timeout=GRACE)
            if undo is not None:
                _undone(errand, session, undo)
        raise
    return errand.result()


def _undone(errand: Errand[Any], session: SessionShells, undo: Callable[[Any], object]) -> None:
    def finish(outcome: asyncio.Future[Any]) -> None:
        if outcome.result() is not None:
            session.submit(lambda: undo(outcome.result()))

    errand.outcome.add_done_callback(finish)


class AsyncCommand:
    """What a command does, as coroutines; its output is read by `async for`."""

    def __init__(self, command: Command, session: SessionShells) -> None:
        self._command = command
        self._session = session

    async def wait(self, timeout: float | timedelta | None = None) -> int | None:  # noqa: ASYNC109
        """Do as `Command.wait` does."""
        expiry = Expiry.after(None if timeout is None else seconds(timeout, "timeout"), "timeout")
        await ended(self._command.received, expiry)
        return self._command.received.wait(expiry)

    async def result(
        self,
        timeout: float | timedelta | None = None,  # noqa: ASYNC109 - as in `Command.result`
    ) -> CommandResult[str]:
        """Do as `Command.result` does."""
        await self.wait(timeout)
        return self._command.result()

    async def result_bytes(
        self,
        timeout: float | timedelta | None = None,  # noqa: ASYNC109 - as in `Command.result_bytes`
    ) -> CommandResult[bytes]:
        """Do as `Command.result_bytes` does."""
        await self.wait(timeout)
        return self._command.result_bytes()

    async def write(self, data: str | bytes, *, is_last: bool = False) -> None:
        """Do as `Command.stdin.write` does."""
        await self._command.stdin.send(data, is_last=is_last)

    async def close_stdin(self) -> None:
        """Do as `Command.stdin.close` does."""
        await in_thread(self._session, self._command.stdin.close)

    async def ctrl_c(self) -> None:
        """Do as `Command.ctrl_c` does."""
        await in_thread(self._session, self._command.ctrl_c)

    async def ctrl_break(self) -> None:
        """Do as `Command.ctrl_break` does."""
        await in_thread(self._session, self._command.ctrl_break)

    async def terminate(self) -> None:
        """Do as `Command.terminate` does."""
        await in_thread(self._session, self._command.terminate)

    async def close(self) -> None:
        """Do as `Command.close` does."""
        await in_thread(self._session, self._command.close)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._command!r}>"


class AsyncShell:
    """What a shell does, as coroutines, with the same arguments."""

    def __init__(self, shell: Shell, session: SessionShells) -> None:
        self._shell = shell
        self._session = session

    @overload
    async def run(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        *,
        stdin: str | bytes | None = None,
        text: Literal[True] = True,
        **keywords: Unpack[CommandKeywords],
    ) -> CommandResult[str]: ...

    @overload
    async def run(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        *,
        stdin: str | bytes | None = None,
        text: Literal[False],
        **keywords: Unpack[CommandKeywords],
    ) -> CommandResult[bytes]: ...

    async def run(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        *,
        stdin: str | bytes | None = None,
        text: bool = True,
        **keywords: Unpack[CommandKeywords],
    ) -> CommandResult[Any]:
        """Do as `Shell.run` does; cancelling the task ends the command."""
        if stdin is not None:
            keywords.setdefault("is_console", False)
        running = await self.start(command, arguments, **keywords)
        with begun():
            async with running:
                if stdin is not None:
                    with suppress(NotFound):  # it has ended, and reads no more
                        await running.aio.write(stdin, is_last=True)
                return await (running.aio.result() if text else running.aio.result_bytes())

    async def start(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        **keywords: Unpack[CommandKeywords],
    ) -> Command:
        """Do as `Shell.start` does."""

        def close(command: Command) -> None:
            command.close()

        start = partial(self._shell.start, command, arguments, **keywords)
        return await in_thread(self._session, start, close)

    async def disconnect(
        self, *, idle_timeout: float | timedelta | None = None, drops_output: bool | None = None
    ) -> str:
        """Do as `Shell.disconnect` does."""
        leave = partial(
            self._shell.disconnect, idle_timeout=idle_timeout, drops_output=drops_output
        )
        return await in_thread(self._session, leave)

    async def reconnect(self) -> None:
        """Do as `Shell.reconnect` does."""
        await in_thread(self._session, self._shell.reconnect)

    async def close(self) -> None:
        """Do as `Shell.close` does."""
        await in_thread(self._session, self._shell.close)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._shell!r}>"
