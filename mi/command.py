"""Commands of a shell: one that runs, what it writes and reads, and what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mi.closing import AsyncClosing, Closing
from mi.command_output import CommandOutput
from mi.command_result import CommandResult, bytes_of, result_of
from mi.control import Expiry
from mi.errors import InvalidParameter, NotFound
from mi.operation import Operation
from mi.option_checks import seconds
from mi.output_text import Lines, Text
from mi.shell_calls import (
    CTRL_BREAK,
    CTRL_C,
    TERMINATE,
    CommandEvent,
    Output,
    SendInput,
    ShellDescription,
    SignalCommand,
)

if TYPE_CHECKING:
    from mi.session_shells import SessionShells
    from mi.shell_aio import AsyncCommand

__all__ = [
    "Command",
    "CommandInput",
    "CommandStart",
    "OutputLine",
    "Reading",
]

ItemT = TypeVar("ItemT")


class OutputLine(NamedTuple):
    """A line that a command wrote.

    Attributes:
        stream: `stdout` or `stderr`.
        text: without what ends it.
    """

    stream: str
    text: str


class Reading(Iterator[ItemT], AsyncIterator[ItemT]):
    """What a command writes, as it comes: `for` in a thread, `async for` in a coroutine.

    The end of the iteration is the end of the command. An error comes after what came before it.
    """

    def __init__(
        self,
        output: CommandOutput,
        stream: str | None,
        convert: Callable[[Output | None], Iterable[ItemT]],
    ) -> None:
        """Read a stream, or all of them.

        Args:
            output: of the command.
            stream: the name of one, or None for all.
            convert: makes items of a piece; of None, which is the end, those that are left.
        """
        self._output = output
        self._stream = stream
        self._convert = convert
        self._ready: deque[ItemT] = deque()
        self._is_over = False

    def __next__(self) -> ItemT:
        while not self._ready:
            if self._is_over:
                raise StopIteration
            self._take(self._output.take(self._stream))
        return self._ready.popleft()

    async def __anext__(self) -> ItemT:
        from mi.shell_aio import arrival  # noqa: PLC0415 - it loads asyncio

        while not self._ready:
            if self._is_over:
                raise StopAsyncIteration
            self._take(await arrival(self._output, self._stream))
        return self._ready.popleft()

    def _take(self, pieces: list[Output]) -> None:
        self._is_over = not pieces
        for piece in pieces or (None,):
            self._ready.extend(self._convert(piece))

    def __repr__(self) -> str:
        what = "all streams" if self._stream is None else self._stream
        return f"<{type(self).__name__} of {what}{', at its end' if self._is_over else ''}>"


class CommandStart(NamedTuple):
    """What is known of a command that was started.

    Attributes:
        shell: in which it runs.
        command_id: what names it there.
        encoding: of what it reads and writes.
        end: when it must have ended.
    """

    shell: ShellDescription
    command_id: str
    encoding: str
    end: Expiry


class CommandInput(Closing):
    """The stdin of a command that runs; leaving its `with` block closes it."""

    def __init__(self, session: SessionShells, start: CommandStart) -> None:
        self._session = session
        self._start = start
        self._turn = Lock()
        self._is_closed = False

    def write(self, data: str | bytes, *, is_last: bool = False) -> None:
        """Write text or bytes, in pieces that the server takes; return once it has them.

        Args:
            data: what to write.
            is_last: whether nothing more will be written, so that this closes it, too.

        Raises:
            InvalidParameter: it is closed, or its encoding has no such character.
            NotFound: the command has ended.
            OperationTimeout: the server does not take it in time, or before the command's deadline.
            MIError: the server does not take it.
        """
        self.send(data, is_last=is_last).result()

    def send(self, data: str | bytes, *, is_last: bool = False) -> Operation[None]:
        """Return the operation that does what `write` does.

        Raises:
            InvalidParameter: it is closed, or its encoding has no such character.
        """
        with self._turn:
            if self._is_closed:
                raise InvalidParameter("the stdin of the command is closed")
            content = self._bytes(data)
            self._is_closed = is_last
        start = self._start
        call = SendInput(start.shell, start.command_id, content, is_end=is_last)
        return self._session.run(call, deadline=start.end)

    def close(self) -> None:
        """Let the command read the end of its input; again, or once it has ended, do nothing.

        Servers before WinRM 3 do not know of it.
        """
        if self._is_closed:
            return
        try:
            self.write(b"", is_last=True)
        except NotFound:
            self._is_closed = True

    def _bytes(self, data: str | bytes) -> bytes:
        if not isinstance(data, str):
            return bytes(data)
        encoding = self._start.encoding
        try:
            return data.encode(encoding)
        except UnicodeEncodeError as error:
            raise InvalidParameter(
                f"{encoding} has no {data[error.start]!r}",
                advice="Use a shell of code page 65001, or write bytes.",
            ) from error

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        return f"<{type(self).__name__} of {self._start.command_id}, {state}>"


class Command(AsyncClosing):
    """A command that runs in a shell.

    Leaving its `with` or `async with` block ends it, if it still runs.

    What it writes is read as it comes, by `lines`, `output`, `text`, `stdout` or `stderr`, or at
    the end by `result`; each piece is read once. While nobody reads, 4 MiB are kept, and then the
    command waits.

    Attributes:
        id: what names it, in the server's form.
        stdin: what it reads.
    """

    def __init__(
        self, session: SessionShells, start: CommandStart, operation: Operation[CommandEvent]
    ) -> None:
        """Take a command that was started, as `Shell.start` does."""
        self.id = start.command_id
        self.stdin = CommandInput(session, start)
        self._session = session
        self._shell = start.shell
        self._encoding = start.encoding
        self._output = CommandOutput(operation)
        self._lines: dict[str, Lines] = {}

    # Reading

    def output(self) -> Reading[Output]:
        """Return the pieces that it writes, as bytes, in the order of their coming."""
        return Reading(self._output, None, _as_it_is)

    def lines(self) -> Reading[OutputLine]:
        """Return the lines that it writes, from either stream, in the order of their ends."""
        return Reading(self._output, None, self._named_lines)

    def text(self, stream: str = "stdout") -> Reading[str]:
        """Return the text that it writes to one stream, in the pieces in which it comes."""
        return Reading(self._output, stream, partial(_piece_of_text, Text(self._encoding)))

    @property
    def stdout(self) -> Reading[str]:
        """The lines that it writes to its stdout; what it writes elsewhere is kept meanwhile."""
        return self._stream("stdout")

    @property
    def stderr(self) -> Reading[str]:
        """The lines that it writes to its stderr; what it writes elsewhere is kept meanwhile."""
        return self._stream("stderr")

    @property
    def is_running(self) -> bool:
        """Whether it has not ended, as far as is known here without asking."""
        return not self._output.is_over

    @property
    def exit_code(self) -> int | None:
        """Its exit code, once it has ended and the server has said one."""
        return self._output.exit_code

    def wait(self, timeout: float | timedelta | None = None) -> int | None:
        """Wait for its end and return its exit code; what it writes meanwhile is kept.

        Args:
            timeout: seconds or a timedelta; None is for ever.

        Raises:
            OperationTimeout: it runs longer; it goes on, and may be waited for again.
            ShellLost: the shell is gone, and it with that.
            MIError: its output cannot be received any more.
        """
        return self._output.wait(_expiry(timeout))

    def result(self, timeout: float | timedelta | None = None) -> CommandResult[str]:
        """Wait for its end as `wait` does; return what it wrote that was not read, as text."""
        exit_code = self.wait(timeout)
        return result_of(exit_code, self._rest(), self._encoding)

    def result_bytes(self, timeout: float | timedelta | None = None) -> CommandResult[bytes]:
        """Do as `result` does, with bytes."""
        exit_code = self.wait(timeout)
        return bytes_of(exit_code, self._rest())

    # Signals

    def ctrl_c(self) -> None:
        """Let it see Ctrl-C; it ends or goes on, as it likes.

        Raises:
            MIError: the server refuses.
        """
        self._signal(CTRL_C)

    def ctrl_break(self) -> None:
        """Let it see Ctrl-Break; it ends or goes on, as it likes.

        Raises:
            MIError: the server refuses.
        """
        self._signal(CTRL_BREAK)

    def terminate(self) -> None:
        """End it; its last output may still be read.

        Raises:
            MIError: the server refuses.
        """
        self._output.is_expected_to_end = True
        self._signal(TERMINATE)

    def close(self) -> None:
        """End it, if it still runs, and forget its output, in at most 5 s; again, do nothing."""
        self._output.close()

    @property
    def aio(self) -> AsyncCommand:
        """What waits for the server, as coroutines: `await command.aio.wait()`."""
        from mi.shell_aio import AsyncCommand  # noqa: PLC0415 - it loads asyncio

        return AsyncCommand(self, self._session)

    @property
    def received(self) -> CommandOutput:
        """Its output, for those who wait in another way."""
        return self._output

    def _signal(self, code: str) -> None:
        self._session.run(SignalCommand(self._shell, self.id, code)).result()

    def _rest(self) -> Iterator[Output]:
        while pieces := self._output.take():
            yield from pieces

    def _stream(self, name: str) -> Reading[str]:
        return Reading(self._output, name, partial(self._plain_lines, name))

    def _named_lines(self, piece: Output | None) -> Iterator[OutputLine]:
        names = list(self._lines) if piece is None else [piece.stream]
        for name in names:
            for text in self._plain_lines(name, piece):
                yield OutputLine(name, text)

    def _plain_lines(self, name: str, piece: Output | None) -> Iterator[str]:
        lines = self._lines.setdefault(name, Lines(self._encoding))
        return lines.feed(b"", is_end=True) if piece is None else lines.feed(piece.data)

    async def _aclose(self) -> None:
        await self.aio.close()

    def __repr__(self) -> str:
        state = "running" if self.is_running else f"ended with {self.exit_code}"
        return f"<{type(self).__name__} {self.id}, {state}>"


def _piece_of_text(decoder: Text, piece: Output | None) -> tuple[str, ...]:
    text = decoder.feed(b"", is_end=True) if piece is None else decoder.feed(piece.data)
    return (text,) if text else ()


def _as_it_is(piece: Output | None) -> tuple[Output, ...]:
    return () if piece is None else (piece,)


def _expiry(timeout: float | timedelta | None) -> Expiry:
    return Expiry.after(None if timeout is None else seconds(timeout, "timeout"), "timeout")
