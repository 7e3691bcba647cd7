"""A command prompt for tests: lines in, output and exit codes out, no shell around it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from protocols.loopback.shells.attention import Attention
from protocols.loopback.shells.interpreter import Interpreter, Streams
from protocols.loopback.shells.invocation import Commands, Prompt, Scripted
from protocols.loopback.shells.pipes import Input

__all__ = ["Cmd"]


class Cmd:
    """A command prompt, and what came out of it."""

    def __init__(self, commands: Mapping[str, Scripted]) -> None:
        self.attention, self.prompt = Attention(), Prompt()
        self.out, self.err = bytearray(), bytearray()
        self.commands = Commands(commands)

    def __call__(self, line: str, stdin: bytes = b"") -> tuple[int, str, str]:
        self.out.clear()
        self.err.clear()
        code = self.interpreter.run_line(line, self.streams(stdin))
        return code, self.out.decode("cp437"), self.err.decode("cp437")

    def interrupted(self, line: str) -> tuple[int, str, str]:
        """Run a line, and press Ctrl-C after a moment."""
        timer = threading.Timer(0.05, self.attention.ctrl_c)
        timer.start()
        try:
            return self(line)
        finally:
            timer.join(30)

    @property
    def interpreter(self) -> Interpreter:
        return Interpreter(self.commands, self.prompt, self.attention)

    def streams(self, stdin: bytes = b"") -> Streams:
        given = Input.holding(stdin, self.attention)
        return Streams(given, self.out.extend, self.err.extend)
