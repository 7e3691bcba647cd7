"""cmd itself, as a command that reads its lines from what the client sends.

Its input is no terminal, so it does what Windows' does with a pipe: it writes its prompt, reads a
line, writes that line, and runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from protocols.loopback.shells.attention import CONTROL_C_EXIT, CtrlC
from protocols.loopback.shells.interpreter import Interpreter, Streams
from protocols.loopback.shells.invocation import (
    Commands,
    Invocation,
    Scripted,
    encoding_of,
)

__all__ = ["console"]

_BANNER: Final = (
    "Microsoft Windows [Version 10.0.20348.2113]\r\n"
    "(c) Microsoft Corporation. All rights reserved.\r\n"
)
_USUAL_PROMPT: Final = "$P$G"
_CODES: Final[Mapping[str, Callable[[Invocation], str]]] = {
    "$P": lambda invocation: invocation.directory,
    "$G": lambda _: ">",
    "$S": lambda _: " ",
    "$_": lambda _: "\r\n",
}


def console(commands: Commands) -> Scripted:
    """Return the command `cmd`, which runs the commands of a table: of a line, or its input."""

    def run(invocation: Invocation) -> int:
        streams = Streams(invocation.stdin, invocation.stdout.write, invocation.stderr.write)
        interpreter = Interpreter(commands, invocation.prompt, invocation.attention)
        switch, _, line = invocation.tail.lstrip().partition(" ")
        if switch.lower() == "/c":
            return interpreter.run_line(line, streams)
        invocation.stdout.write(_BANNER)
        return _read_on(invocation, interpreter, streams)

    return run


def _read_on(invocation: Invocation, interpreter: Interpreter, streams: Streams) -> int:
    code = 0
    while True:
        invocation.stdout.write(f"\r\n{_prompt(invocation)}")
        try:
            line = invocation.stdin.read_line()
        except CtrlC:
            code = CONTROL_C_EXIT
            continue
        if not line:
            return code
        text = line.decode(encoding_of(invocation.prompt.codepage), "replace").rstrip("\r\n")
        invocation.stdout.line(text)
        code = interpreter.run_line(text, streams)
        if text.split(" ", 1)[0].lower() == "exit":
            return code


def _prompt(invocation: Invocation) -> str:
    prompt = invocation.environment.get("PROMPT", _USUAL_PROMPT)
    for code, write in _CODES.items():
        prompt = prompt.replace(code, write(invocation)).replace(code.lower(), write(invocation))
    return prompt
