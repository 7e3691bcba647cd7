"""Commands of a cmd shell: which line is run, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from protocols.loopback.refusals import Refusal, refuse
from protocols.loopback.shells.interpreter import Interpreter, Streams
from protocols.loopback.shells.invocation import Commands, Prompt
from protocols.loopback.shells.process import Process, Work

__all__ = ["work_of"]

_PROVIDER: Final = "Shell cmd plugin"
_LONGEST_LINE: Final = 8191  # characters that cmd.exe takes
_TOO_LONG: Final = "The command line is too long."


def work_of(
    commands: Commands, prompt: Prompt, command: str, arguments: tuple[str, ...], *, is_bare: bool
) -> Work:
    """Return what runs a command.

    Args:
        commands: those there are.
        prompt: where it runs.
        command: its name, or a whole line.
        arguments: what the client sends besides, each as it goes to the line.
        is_bare: whether it is a program to be started without cmd.

    Raises:
        Refusal: it is to run without cmd, and there is no such program (recorded from 2008 R2).
    """
    tail = " ".join(arguments)
    if is_bare and command not in commands:
        fault = refuse("ERROR_FILE_NOT_FOUND").fault
        raise Refusal(replace(fault, provider=_PROVIDER))

    def run(process: Process) -> int | None:
        interpreter = Interpreter(commands, prompt, process.attention)
        streams = Streams(
            process.stdin,
            lambda data, /: process.output.write("stdout", data),
            lambda data, /: process.output.write("stderr", data),
        )
        if is_bare:
            return interpreter.run_program(command, tail, streams)
        line = f"{command} {tail}" if tail else command
        if len(line) > _LONGEST_LINE:
            streams.err(f"{_TOO_LONG}\r\n".encode())
            return 1
        return interpreter.run_line(line, streams)

    return run
