"""What came of a command: its exit code, and what it has written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, AnyStr, Final, Generic, Self

from mi.errors import CommandFailed, MIError
from mi.operation import Operation
from mi.output_text import Text
from mi.shell_calls import CommandEnded, CommandEvent, Output

__all__ = ["CommandResult", "begun", "bytes_of", "collected", "result_of"]

_MOST_SAID: Final = 500  # characters of stderr in an error


@dataclass(frozen=True, slots=True)
class CommandResult(Generic[AnyStr]):
    """What came of a command.

    Attributes:
        exit_code: as Windows has it, 0 to 4294967295; None where the server says none.
        stdout: all that it wrote there, line ends as they came.
        stderr: likewise.
    """

    exit_code: int | None
    stdout: AnyStr = field(repr=False)
    stderr: AnyStr = field(repr=False)

    def check(self) -> Self:
        """Return this result, if its exit code is 0 or the server has said none.

        Raises:
            CommandFailed: it is another, which is the error's `native_code`.
        """
        if not self.exit_code:
            return self
        ended = f"the command ended with exit code {self.exit_code}"
        said = _readable(self.stderr).strip()[:_MOST_SAID]
        raise CommandFailed(
            f"{ended}: {said}" if said else ended, native_code=self.exit_code, native_type="EXIT"
        )


def _readable(said: str | bytes) -> str:
    return said if isinstance(said, str) else said.decode("utf-8", "replace")


_STREAMS: Final = ("stdout", "stderr")


def result_of(exit_code: int | None, pieces: Iterable[Output], encoding: str) -> CommandResult[str]:
    """Return what came of a command as text, whose pieces are decoded as they come."""
    texts = {stream: Text(encoding) for stream in _STREAMS}
    parts: dict[str, list[str]] = {stream: [] for stream in _STREAMS}
    for piece in pieces:
        text = texts.get(piece.stream)
        if text is not None:
            parts[piece.stream].append(text.feed(piece.data))
    stdout, stderr = (
        "".join((*parts[stream], texts[stream].feed(b"", is_end=True))) for stream in _STREAMS
    )
    return CommandResult(exit_code, stdout, stderr)


def bytes_of(exit_code: int | None, pieces: Iterable[Output]) -> CommandResult[bytes]:
    """Return what came of a command as bytes."""
    parts: dict[str, list[bytes]] = {stream: [] for stream in _STREAMS}
    for piece in pieces:
        parts.get(piece.stream, []).append(piece.data)
    return CommandResult(exit_code, b"".join(parts["stdout"]), b"".join(parts["stderr"]))


@contextmanager
def begun() -> Iterator[None]:
    """Let any error say that a command has begun, and that nobody knows what it has done."""
    try:
        yield
    except MIError as error:
        error.outcome_unknown = True
        raise


def collected(
    operation: Operation[CommandEvent], encoding: str, *, is_text: bool
) -> CommandResult[Any]:
    """Return what comes of a command, once it has ended.

    Args:
        operation: of the command, from behind its start on.
        encoding: of its output.
        is_text: whether that is to be text.

    Raises:
        MIError: what became of the command.
    """
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
