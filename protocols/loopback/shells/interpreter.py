"""Runs lines as `cmd /c` does, with commands of a table."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocols.loopback.shells import command_line
from protocols.loopback.shells.attention import CONTROL_C_EXIT, Attention, CtrlC, Terminated
from protocols.loopback.shells.command_line import Redirection, Step
from protocols.loopback.shells.invocation import (
    Commands,
    Exit,
    Invocation,
    NeverRan,
    Prompt,
    Sink,
    Writer,
    program_name,
)
from protocols.loopback.shells.pipes import Input

__all__ = ["Interpreter", "Streams"]

_NOWHERE: Final = "nul"
_NOT_RECOGNIZED: Final = (
    "'{}' is not recognized as an internal or external command,\r\noperable program or batch file."
)
# Where the name of a command of cmd's own ends, besides at a blank: `echo.`, `cd\`, `dir/b`.
_OWN: Final = ("echo", "cd", "chdir", "dir", "set", "type", "rd", "md")
_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class Streams:
    """What a command reads from and writes to."""

    stdin: Input
    out: Sink
    err: Sink


def _split(text: str) -> tuple[str, str]:
    """Split a command into its name and what follows."""
    if text.startswith('"'):
        name, _, tail = text[1:].partition('"')
        return name, tail.lstrip()
    name, _, tail = text.partition(" ")
    for own in _OWN:
        if name.lower().startswith(own) and name[len(own) : len(own) + 1] in tuple("./\\"):
            return own, text[len(own) :]
    return name, tail


def _ignore(data: bytes, /) -> None:
    """Take bytes that nobody wants."""


class Interpreter:
    """A command prompt: it runs lines, one after another."""

    def __init__(self, commands: Commands, prompt: Prompt, attention: Attention) -> None:
        self._commands = commands
        self._prompt = prompt
        self._attention = attention

    def run_line(self, line: str, streams: Streams) -> int:
        """Run a line and return its exit code; what goes wrong in it is told on its streams.

        Raises:
            Terminated: the line is to end at once.
            NeverRan: a command says that it could not be run.
        """
        try:
            return self._run_steps(command_line.parse(self._expanded(line)), streams)
        except Exit as end:
            return end.code
        except CtrlC:
            return CONTROL_C_EXIT

    def run_program(self, command: str, tail: str, streams: Streams) -> int | None:
        """Run one command without cmd; None if there is none of that name.

        Raises:
            Terminated, NeverRan: as for `run_line`.
        """
        if command not in self._commands:
            return None
        try:
            return self._run_command(command, tail, streams)
        except Exit as end:
            return end.code
        except CtrlC:
            return CONTROL_C_EXIT

    def _expanded(self, line: str) -> str:
        return command_line.expand(line, self._prompt.environment)

    def _run_steps(self, steps: list[Step], streams: Streams) -> int:
        code, piped, is_skipping = 0, None, False
        for step, following in zip(steps, [*steps[1:], Step("")], strict=False):
            if step.joint != "|":
                is_skipping = (step.joint == "&&" and code != 0) or (
                    step.joint == "||" and code == 0
                )
            if is_skipping:
                continue
            given = streams if piped is None else replace(streams, stdin=piped)
            buffer = bytearray()
            is_piping = following.joint == "|"
            if is_piping:
                given = replace(given, out=buffer.extend)
            code = self._run_step(step, given)
            piped = Input.holding(bytes(buffer), self._attention) if is_piping else None
        return code

    def _run_step(self, step: Step, streams: Streams) -> int:
        try:
            given = self._redirected(step.redirections, streams)
        except OSError:
            Writer(streams.err, self._prompt).line("The system cannot find the file specified.")
            return _FAILED
        name, tail = _split(step.text)
        if name not in self._commands:
            Writer(given.err, self._prompt).line(_NOT_RECOGNIZED.format(name))
            return _FAILED
        return self._run_command(name, tail, given)

    def _run_command(self, name: str, tail: str, streams: Streams) -> int:
        invocation = Invocation(
            program_name(name),
            command_line.arguments_of(tail),
            tail,
            streams.stdin,
            Writer(streams.out, self._prompt),
            Writer(streams.err, self._prompt),
            self._prompt,
            self._attention,
        )
        try:
            return self._commands[invocation.name](invocation) or 0
        except (CtrlC, Terminated, Exit, NeverRan):
            raise
        except Exception:  # noqa: BLE001 - a script may raise anything, and its author is to see it
            invocation.stderr.write(traceback.format_exc().replace("\n", "\r\n"))
            return _FAILED

    def _redirected(self, redirections: tuple[Redirection, ...], streams: Streams) -> Streams:
        sinks: Mapping[int, Sink] = {1: streams.out, 2: streams.err}
        stdin = streams.stdin
        for one in redirections:
            if one.stream == 0:
                content = self._prompt.files.read(self._prompt.path(one.target))
                stdin = Input.holding(content, self._attention)
            elif one.target.startswith("&"):
                sinks = {**sinks, one.stream: sinks[int(one.target[1:])]}
            else:
                sinks = {**sinks, one.stream: self._file_sink(one)}
        return Streams(stdin, sinks[1], sinks[2])

    def _file_sink(self, redirection: Redirection) -> Sink:
        if redirection.target.lower() == _NOWHERE:
            return _ignore
        files, path = self._prompt.files, self._prompt.path(redirection.target)
        files.write(path, b"", append=redirection.is_appending)
        return lambda data, /: files.write(path, data, append=True)
