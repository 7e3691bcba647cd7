"""The command in which one types commands that a host runs."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final
from uuid import uuid4

import click

import mi
from mi.cli.remote.console import Console, prompt_variable
from mi.cli.remote.ctrl_c import passing_on
from mi.cli.remote.exit_codes import local_exit_code
from mi.cli.remote.run import shell_keywords, shell_options
from mi.cli.target import Target, TargetCommand, target_options
from mi.output_text import Text, encoding_of
from mi.shell_calls import Output

__all__ = ["Typing", "shell"]

_SILENCE: Final = 0.5  # seconds after which a line that has not ended is a program's question
_CMD: Final = "cmd"


@click.command("shell", cls=TargetCommand)
@click.argument("host")
@shell_options
@target_options
def shell(target: Target, **asked: Any) -> None:
    """Type commands that HOST runs in cmd, until `exit` or the end of input.

    Lines are edited here, and kept for as long as this runs. While a command runs, Ctrl-C is passed
    on to it. A program that asks something is answered with a line.
    """
    with suppress(ImportError):  # Windows' terminal edits lines by itself
        import_module("readline")
    mark = f"mi-{uuid4().hex}"
    keywords = shell_keywords(asked)
    keywords["environment"] = {**(keywords["environment"] or {}), "PROMPT": prompt_variable(mark)}
    encoding = encoding_of(asked["codepage"])
    with (
        target.session() as session,
        session.shell(**keywords) as opened,
        opened.start(_CMD, **target.limits()) as command,
    ):
        exit_code = Typing(command, Console(mark, encoding), Text(encoding)).go_on()
    click.get_current_context().exit(local_exit_code(exit_code))


class Typing:
    """What is typed here, and what cmd on the host makes of it."""

    def __init__(self, command: mi.Command, console: Console, errors: Text) -> None:
        """Begin.

        Args:
            command: the cmd that runs.
            console: reads its stdout.
            errors: reads its stderr.
        """
        self._command = command
        self._console = console
        self._errors = errors
        self._heard: SimpleQueue[Output | BaseException | None] = SimpleQueue()

    def go_on(self) -> int | None:
        """Show and ask, by turns, until cmd ends; return its exit code.

        Raises:
            MIError: the output cannot be received any more.
        """
        Thread(target=self._listen, name="mi-console", daemon=True).start()
        while True:
            with passing_on(self._command.ctrl_c, self._command.terminate):
                prompt = self._until_asked()
            if prompt is None:
                _show(self._console.end())
                return self._command.exit_code
            self._answer(prompt)

    def _listen(self) -> None:
        try:
            for piece in self._command.output():
                self._heard.put(piece)
        except mi.MIError as error:
            self._heard.put(error)
        else:
            self._heard.put(None)

    def _until_asked(self) -> str | None:
        """Show what comes until a line is asked for; return with what, or None at the end."""
        while True:
            try:
                piece = self._heard.get(timeout=_SILENCE if self._console.unended else None)
            except Empty:
                return ""  # the question has been shown
            if piece is None:
                return None
            if isinstance(piece, BaseException):
                raise piece
            prompt = self._show(piece)
            if prompt is not None:
                return prompt

    def _show(self, piece: Output) -> str | None:
        if piece.stream == "stderr":
            sys.stderr.write(self._errors.feed(piece.data).replace("\r\n", "\n"))
            sys.stderr.flush()
            return None
        text, prompt = self._console.hear(piece.data)
        _show(text)
        return prompt

    def _answer(self, prompt: str) -> None:
        """Ask for a line and send it; at the end of input, say that there is none any more."""
        try:
            line = input(prompt).rstrip("\r")
        except EOFError:
            _show("\n")
            self._command.stdin.close()
            return
        except KeyboardInterrupt:  # the line is given up, as in any shell
            _show("\n")
            line = ""
        self._console.sent(line)
        with suppress(mi.NotFound):  # it has ended in the meantime
            self._command.stdin.write(f"{line}\r\n")


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
