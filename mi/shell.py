"""Shells: where commands run on the host, kept open for as many as there are to be.

A shell is opened on first use and deleted when its `with` block is left. Where the server has
deleted it in the meantime, since it was idle for too long, a new one takes its place: commands do
not see one another but through the host, so nothing is lost by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, Unpack, overload

from mi.caller import refuse_unknown
from mi.closing import AsyncClosing
from mi.command import Command, CommandStart
from mi.command_line import command_line
from mi.command_result import CommandResult, begun, collected
from mi.control import Expiry
from mi.errors import InvalidParameter, LimitsExceeded, MIError, NotFound, ShellLost, TypeMismatch
from mi.kept_shell import KeptShell, refuse_late
from mi.operation import Operation
from mi.option_checks import seconds
from mi.output_text import check_encoding
from mi.shell_calls import (
    CommandEvent,
    CommandStarted,
    ConnectShell,
    DisconnectShell,
    FollowCommand,
    OpenShell,
    ReconnectShell,
    RunCommand,
    ShellDescription,
    ShellOption,
)

if TYPE_CHECKING:
    from mi.session_shells import SessionShells
    from mi.shell_aio import AsyncShell

__all__ = ["CommandKeywords", "Shell"]


class CommandKeywords(TypedDict, total=False):
    """The keywords of what starts a command.

    Attributes:
        encoding: of what it writes and reads, by Python's name; else the shell's.
        is_console: whether its stdin is a console, so that it sees Ctrl-C, rather than a pipe;
            servers from 2012 R2 on pay no heed.
        timeout: seconds or a timedelta that it may write nothing; None, the default, is for ever.
        deadline: seconds or a timedelta after which it must have ended; None is never.
    """

    encoding: str | None
    is_console: bool
    timeout: float | timedelta | None
    deadline: float | timedelta | None


class Shell(AsyncClosing):
    """A shell on the host of a session, which runs one command at a time.

    It is opened when it is first needed. Leaving its `with` or `async with` block deletes it, and
    with it whatever still runs in it; so does closing the session.

    Every method raises `MIError`: what the server, the connection or the time limits made of it;
    `LimitsExceeded` names the quota of the server that is used up.
    """

    def __init__(
        self,
        session: SessionShells,
        opening: OpenShell | ConnectShell,
        encoding: str,
        *,
        reopens: bool = True,
    ) -> None:
        """Make a shell, as `Session.shell` does.

        Args:
            session: of the host.
            opening: how it is opened.
            encoding: of what its commands write and read.
            reopens: whether a new one takes the place of one that the server has deleted.
        """
        self.encoding = check_encoding(encoding)
        self._session = session
        self._kept = KeptShell(session, opening, reopens=reopens)

    # Its life

    def open(self, deadline: float | timedelta | None = None) -> ShellDescription:
        """Open it, unless it is open, and return what the server says of it.

        Args:
            deadline: seconds or a timedelta.

        Raises:
            InvalidParameter: it is closed.
        """
        return self._kept.open(_expiry(deadline))

    @property
    def id(self) -> str | None:
        """What names it, in the server's form; None while it is not open."""
        shell = self._kept.shell
        return None if shell is None else shell.shell_id

    def close(self) -> None:
        """Delete it, unless it was disconnected, in at most 5 s; again, do nothing."""
        self._kept.close()

    def disconnect(
        self, *, idle_timeout: float | timedelta | None = None, drops_output: bool | None = None
    ) -> str:
        """Leave it and its commands to themselves, and return what names it (WinRM 3).

        `reconnect` goes on with it, or `Session.connect_shell` in another session.

        Args:
            idle_timeout: seconds or a timedelta after which the server may delete it.
            drops_output: whether the oldest output is lost when there is too much of it, instead
                of the command waiting; None leaves that to the server.

        Raises:
            NotSupported: the server cannot do that.
        """
        shell = self._kept.open(_expiry(None))
        mode = None if drops_output is None else "Drop" if drops_output else "Block"
        idle = None if idle_timeout is None else seconds(idle_timeout, "idle_timeout")
        self._session.run(DisconnectShell(shell, idle, mode)).result()
        return shell.shell_id

    def reconnect(self) -> None:
        """Go on with it, which this very object has disconnected from.

        Raises:
            InvalidParameter: it was never open.
        """
        shell = self._kept.shell
        if shell is None:
            raise InvalidParameter(
                "there is no shell to reconnect to",
                advice="One of another session is taken over by Session.connect_shell.",
            )
        self._session.run(ReconnectShell(shell)).result()

    # Commands

    @overload
    def run(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        *,
        stdin: str | bytes | None = None,
        text: Literal[True] = True,
        **keywords: Unpack[CommandKeywords],
    ) -> CommandResult[str]: ...

    @overload
    def run(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        *,
        stdin: str | bytes | None = None,
        text: Literal[False],
        **keywords: Unpack[CommandKeywords],
    ) -> CommandResult[bytes]: ...

    def run(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        *,
        stdin: str | bytes | None = None,
        text: bool = True,
        **keywords: Unpack[CommandKeywords],
    ) -> CommandResult[Any]:
        """Run a command to its end and return what came of it; an exit code is no error.

        It sees no end of its stdin unless `stdin` is given, be it empty.

        Args:
            command: as for `start`.
            arguments: as for `start`.
            stdin: what it reads, text or bytes; what it does not read is no error.
            text: whether the output is text; else it is bytes.
            keywords: as for `start`. A command whose time is over is ended.

        Raises:
            OperationTimeout: it wrote nothing for too long, or runs for too long.
            MIError: what kept it from its end; the error has `outcome_unknown` once it has begun.
        """
        refuse_unknown(keywords, CommandKeywords, "Shell.run")
        end = _expiry(keywords.get("deadline"))
        if stdin is not None:
            keywords.setdefault("is_console", False)
        start, operation = self._begin(command, arguments, keywords, end)
        if stdin is None:
            with self._kept.busy(), begun(), operation:
                return collected(operation, start.encoding, is_text=text)
        with (
            self._kept.busy(),
            begun(),
            Command(self._session, start, operation) as running,
        ):
            with suppress(NotFound):  # it has ended, and reads no more
                running.stdin.write(stdin, is_last=True)
            return running.result() if text else running.result_bytes()

    def start(
        self,
        command: str,
        arguments: Iterable[str] | str | None = None,
        **keywords: Unpack[CommandKeywords],
    ) -> Command:
        """Start a command and return it while it runs.

        Args:
            command: a program or a command of cmd. Without arguments it is a command line as it
                stands, with whatever quotes and arguments it holds.
            arguments: each is quoted so that the program gets it as it is here; one text is passed
                on as it stands.
            keywords: those of `mi.shell.CommandKeywords`.

        Raises:
            InvalidParameter: the command line is too long, or cannot be written so.
            ShellLost: the server has deleted the shell, and it is not to be opened again.
            LimitsExceeded: the server runs as many commands as it may.
        """
        refuse_unknown(keywords, CommandKeywords, "Shell.start")
        end = _expiry(keywords.get("deadline"))
        running = Command(self._session, *self._begin(command, arguments, keywords, end))
        self._kept.add(running)
        return running

    def command(self, command_id: str, **keywords: Unpack[CommandKeywords]) -> Command:
        """Return a command that was started before the shell was left, and go on with it.

        Args:
            command_id: its `Command.id`.
            keywords: as for `start`.
        """
        refuse_unknown(keywords, CommandKeywords, "Shell.command")
        end = _expiry(keywords.get("deadline"))
        encoding = self._encoding(keywords)
        shell = self._kept.open(end)
        is_others = self._kept.is_of_another
        call = FollowCommand(shell, command_id, connects=is_others)
        operation = self._session.run(call, **_times(keywords, end))
        if is_others:
            next(operation)
        return Command(self._session, CommandStart(shell, command_id, encoding, end), operation)

    @property
    def aio(self) -> AsyncShell:
        """What it does, as coroutines: `await shell.aio.run("ipconfig")`."""
        from mi.shell_aio import AsyncShell  # noqa: PLC0415 - it loads asyncio

        return AsyncShell(self, self._session)

    # Inside

    def _encoding(self, keywords: CommandKeywords) -> str:
        given = keywords.get("encoding")
        return self.encoding if given is None else check_encoding(given)

    def _begin(
        self,
        command: str,
        arguments: Iterable[str] | str | None,
        keywords: CommandKeywords,
        end: Expiry,
    ) -> tuple[CommandStart, Operation[CommandEvent]]:
        name, given = command_line(command, arguments)
        options = _CONSOLE if keywords.get("is_console", True) else _PIPE

        def call(shell: ShellDescription) -> RunCommand:
            return RunCommand(shell, name, given, options=options)

        def call_at_once(shell: ShellDescription) -> RunCommand:
            return replace(call(shell), is_patient=False)

        kept = self._kept
        if kept.is_spoilt:
            kept.let_go()
        try:
            return self._started(call_at_once if kept.reopens else call, keywords, end)
        except (ShellLost, LimitsExceeded) as error:
            # Neither has begun anything, so the command may be asked for once more.
            if kept.may_be_replaced(error):
                kept.let_go()
            elif not kept.reopens or isinstance(error, ShellLost):
                raise
        return self._started(call, keywords, end)

    def _started(
        self, call: Callable[[ShellDescription], RunCommand], keywords: CommandKeywords, end: Expiry
    ) -> tuple[CommandStart, Operation[CommandEvent]]:
        encoding = self._encoding(keywords)
        shell = self._kept.open(end)
        operation = self._session.run(call(shell), **_times(keywords, end))
        try:
            started = next(operation)
        except MIError as error:
            self._kept.is_spoilt = self._kept.is_spoilt or error.outcome_unknown
            raise
        if not isinstance(started, CommandStarted):
            raise TypeMismatch(f"a command begins with {started!r}")
        return CommandStart(shell, started.command_id, encoding, end), operation

    async def _aclose(self) -> None:
        await self.aio.close()

    def __repr__(self) -> str:
        state = "closed" if self._kept.is_closed else self.id or "not open"
        return f"<{type(self).__name__} on {self._session.destination or 'this machine'}, {state}>"


_THROUGH_CMD: Final = ShellOption("WINRS_SKIP_CMD_SHELL", "FALSE")
_CONSOLE: Final = (ShellOption("WINRS_CONSOLEMODE_STDIN", "TRUE"), _THROUGH_CMD)
_PIPE: Final = (ShellOption("WINRS_CONSOLEMODE_STDIN", "FALSE"), _THROUGH_CMD)


def _times(keywords: CommandKeywords, end: Expiry) -> dict[str, Any]:
    """Return the time limits of a command's operation."""
    refuse_late(end, "starting the command")
    times: dict[str, Any] = {"deadline": end}
    if "timeout" in keywords:
        times["timeout"] = keywords["timeout"]
    return times


def _expiry(deadline: float | timedelta | None) -> Expiry:
    given = None if deadline is None else seconds(deadline, "deadline")
    return Expiry.after(given, "deadline")
