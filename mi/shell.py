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
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypedDict, Unpack, overload
from weakref import WeakSet

from mi.command import Command, CommandResult, bytes_of, result_of
from mi.command_line import LONGEST, argument
from mi.control import Expiry
from mi.errors import InvalidParameter, LimitsExceeded, MIError, NotFound, ShellLost, TypeMismatch
from mi.operation import Operation
from mi.option_checks import seconds
from mi.output_text import check_encoding
from mi.shell_calls import (
    CommandEnded,
    CommandEvent,
    CommandStarted,
    ConnectShell,
    DisconnectShell,
    FollowCommand,
    OpenShell,
    Output,
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
    """The keywords of what starts a command; `Shell.start` says what each means."""

    encoding: str | None
    is_console: bool
    timeout: float | timedelta | None
    deadline: float | timedelta | None


class Shell:
    """A shell on the host of a session, which runs one command at a time.

    It is opened when it is first needed. Leaving its `with` block deletes it, and with it whatever
    still runs in it; so does closing the session.

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
        self._opening = opening
        self._reopens = reopens and isinstance(opening, OpenShell)
        self._turn = Lock()
        self._held: Operation[ShellDescription] | None = None
        self._shell: ShellDescription | None = None
        self._is_closed = False
        self._is_spoilt = False  # whether something may run in it that nobody knows of
        self._commands: WeakSet[Command] = WeakSet()

    # Its life

    def open(self, deadline: float | timedelta | None = None) -> ShellDescription:
        """Open it, unless it is open, and return what the server says of it.

        Args:
            deadline: seconds or a timedelta.

        Raises:
            InvalidParameter: it is closed.
        """
        return self._opened(_expiry(deadline))

    @property
    def id(self) -> str | None:
        """What names it, in the server's form; None while it is not open."""
        return None if self._shell is None else self._shell.shell_id

    def close(self) -> None:
        """Delete it, unless it was disconnected, in at most 5 s; again, do nothing."""
        with self._turn:
            self._is_closed = True
        self._let_go()

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
        shell = self._opened(_expiry(None))
        mode = None if drops_output is None else "Drop" if drops_output else "Block"
        idle = None if idle_timeout is None else seconds(idle_timeout, "idle_timeout")
        self._session.run(DisconnectShell(shell, idle, mode)).result()
        return shell.shell_id

    def reconnect(self) -> None:
        """Go on with it, which this very object has disconnected from.

        Raises:
            InvalidParameter: it was never open.
        """
        if self._shell is None:
            raise InvalidParameter("there is no shell to reconnect to")
        self._session.run(ReconnectShell(self._shell)).result()

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
        """
        end = _expiry(keywords.get("deadline"))
        if stdin is not None:
            keywords.setdefault("is_console", False)
        encoding = self._encoding(keywords)
        started, operation, shell = self._begin(command, arguments, keywords, end)
        if stdin is None:
            with operation:
                return _collected(operation, encoding, is_text=text)
        with Command(self._session, shell, started.command_id, operation, encoding) as running:
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
            keywords: `encoding` of what it writes and reads, else the shell's; `is_console`,
                whether its stdin is a console, so that it sees Ctrl-C, rather than a pipe (servers
                from 2012 R2 on pay no heed); `timeout`, how long it may write nothing, else for
                ever; `deadline`, when it must have ended.

        Raises:
            InvalidParameter: the command line is too long, or cannot be written so.
            ShellLost: the server has deleted the shell, and it is not to be opened again.
            LimitsExceeded: the server runs as many commands as it may.
        """
        end = _expiry(keywords.get("deadline"))
        encoding = self._encoding(keywords)
        started, operation, shell = self._begin(command, arguments, keywords, end)
        running = Command(self._session, shell, started.command_id, operation, encoding)
        self._commands.add(running)
        return running

    def command(self, command_id: str, **keywords: Unpack[CommandKeywords]) -> Command:
        """Return a command that was started before the shell was left, and go on with it.

        Args:
            command_id: its `Command.id`.
            keywords: as for `start`.
        """
        end = _expiry(keywords.get("deadline"))
        shell = self._opened(end)
        is_others = isinstance(self._opening, ConnectShell)
        call = FollowCommand(shell, command_id, connects=is_others)
        operation = self._session.run(call, **_times(keywords, end))
        if is_others:
            next(operation)
        return Command(self._session, shell, command_id, operation, self._encoding(keywords))

    @property
    def aio(self) -> AsyncShell:
        """What it does, as coroutines: `await shell.aio.run("ipconfig")`."""
        from mi.shell_aio import AsyncShell  # noqa: PLC0415 - it loads asyncio

        return AsyncShell(self, self._session)

    # Inside

    def _encoding(self, keywords: CommandKeywords) -> str:
        given = keywords.get("encoding")
        return self.encoding if given is None else check_encoding(given)

    def _opened(self, end: Expiry) -> ShellDescription:
        if not self._turn.acquire(timeout=_wait(end)):
            raise end.error("waiting for the shell to be opened")
        try:
            if self._is_closed:
                raise InvalidParameter("the shell is closed")
            if self._shell is None:
                held = self._session.run(_named(self._opening), deadline=end.remaining())
                self._shell = next(held)
                self._held = held
            return self._shell
        finally:
            self._turn.release()

    def _let_go(self, shell: ShellDescription | None = None) -> None:
        """Delete the shell, so that another may take its place; a certain one, if it is that."""
        with self._turn:
            if shell is not None and self._shell is not shell:
                return
            held, self._held, self._shell, self._is_spoilt = self._held, None, None, False
        if held is not None:
            held.close()

    def _begin(
        self,
        command: str,
        arguments: Iterable[str] | str | None,
        keywords: CommandKeywords,
        end: Expiry,
    ) -> tuple[CommandStarted, Operation[CommandEvent], ShellDescription]:
        name, given = _command_line(command, arguments)
        options = _CONSOLE if keywords.get("is_console", True) else _PIPE

        def call(shell: ShellDescription) -> RunCommand:
            return RunCommand(shell, name, given, options=options)

        def call_at_once(shell: ShellDescription) -> RunCommand:
            return replace(call(shell), is_patient=False)

        if self._is_spoilt:
            self._let_go()
        try:
            return self._started(call_at_once if self._reopens else call, keywords, end)
        except (ShellLost, LimitsExceeded) as error:
            # Neither has begun anything, so the command may be asked for once more.
            if self._may_begin_anew(error):
                self._let_go()
            elif not self._reopens or isinstance(error, ShellLost):
                raise
        return self._started(call, keywords, end)

    def _may_begin_anew(self, error: MIError) -> bool:
        """Return whether a new shell may take the place of the one that cannot run a command.

        Servers before 2012 R2 do not count down what a shell has run (MS-WSMV note 118), so that
        only a new one helps.
        """
        if not self._reopens or self._shell is None:
            return False
        is_free = not any(command.is_running for command in self._commands)
        return is_free if isinstance(error, LimitsExceeded) else True

    def _started(
        self, call: Callable[[ShellDescription], RunCommand], keywords: CommandKeywords, end: Expiry
    ) -> tuple[CommandStarted, Operation[CommandEvent], ShellDescription]:
        shell = self._opened(end)
        operation = self._session.run(call(shell), **_times(keywords, end))
        try:
            started = next(operation)
        except MIError as error:
            self._is_spoilt = self._is_spoilt or error.outcome_unknown
            raise
        if not isinstance(started, CommandStarted):
            raise TypeMismatch(f"a command begins with {started!r}")
        return started, operation, shell

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aio.close()

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else self.id or "not open"
        return f"<{type(self).__name__} on {self._session.destination or 'this machine'}, {state}>"


_THROUGH_CMD: Final = ShellOption("WINRS_SKIP_CMD_SHELL", "FALSE")
_CONSOLE: Final = (ShellOption("WINRS_CONSOLEMODE_STDIN", "TRUE"), _THROUGH_CMD)
_PIPE: Final = (ShellOption("WINRS_CONSOLEMODE_STDIN", "FALSE"), _THROUGH_CMD)


def _command_line(
    command: str, arguments: Iterable[str] | str | None
) -> tuple[str, tuple[str, ...]]:
    if not isinstance(command, str):
        raise TypeMismatch(f"a command is a string, not {command!r}")
    if not command.strip():
        raise InvalidParameter("the command is empty")
    given: tuple[str, ...] = ()
    if arguments is None:
        name = command
    elif isinstance(arguments, str):
        name, given = argument(command), ((arguments,) if arguments else ())
    else:
        name, given = argument(command), tuple(map(argument, arguments))
    length = len(name) + sum(len(one) + 1 for one in given)
    if length > LONGEST:
        raise InvalidParameter(
            f"the command line has {length} characters, and cmd.exe takes {LONGEST}",
            advice="Send what is long to the command's stdin, or in a file.",
        )
    return name, given


def _collected(
    operation: Operation[CommandEvent], encoding: str, *, is_text: bool
) -> CommandResult[Any]:
    ends: list[CommandEnded] = []

    def pieces() -> Iterable[Output]:
        for event in operation:
            if isinstance(event, Output):
                yield event
            elif isinstance(event, CommandEnded):
                ends.append(event)

    if is_text:
        result: CommandResult[Any] = result_of(None, pieces(), encoding)
    else:
        result = bytes_of(None, pieces())
    return replace(result, exit_code=ends[-1].exit_code if ends else None)


def _named(opening: OpenShell | ConnectShell) -> OpenShell | ConnectShell:
    """Return how a shell is opened, with a name of its own.

    By that it can be deleted though the answer, which names it, was lost.
    """
    if isinstance(opening, ConnectShell):
        return opening
    from uuid import uuid4  # noqa: PLC0415 - it asks the platform for more than is needed here

    return replace(opening, shell_id=str(uuid4()).upper())


def _times(keywords: CommandKeywords, end: Expiry) -> dict[str, Any]:
    """Return the time limits of a command's operation."""
    remaining = end.remaining()
    if remaining == 0:
        raise end.error("starting the command")
    times: dict[str, Any] = {"deadline": remaining}
    if "timeout" in keywords:
        times["timeout"] = keywords["timeout"]
    return times


def _expiry(deadline: float | timedelta | None) -> Expiry:
    given = None if deadline is None else seconds(deadline, "deadline")
    return Expiry.after(given, "deadline")


def _wait(end: Expiry) -> float:
    remaining = end.remaining()
    return -1 if remaining is None else remaining
