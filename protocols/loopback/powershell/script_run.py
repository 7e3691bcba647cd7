"""One run of a script: what it was given, and what it can do.

    def get_answer(run: ScriptRun) -> int:
        run.verbose("thinking")
        return 42

    endpoint.scripts["Get-Answer"] = get_answer

What a script of the table returns, or yields, is its output; a list is as many objects, None is
none. It ends by itself, or where it waits: CtrlC is raised there when the client stops it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from protocols.loopback.powershell.records import ErrorInfo, Information, Progress, StreamName
from protocols.loopback.shells.attention import Attention
from protocols.loopback.shells.invocation import Prompt

__all__ = ["Host", "ScriptExit", "ScriptRun", "Scripts"]


class ScriptExit(Exception):
    """The script ends, and its process with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Host(Protocol):
    """Where a run writes to, and whom it asks."""

    def write(self, stream: StreamName, value: Any, /) -> None:
        """Write a value to a stream.

        Raises:
            CtrlC, Terminated: this was asked.
        """
        ...

    def ask(self, prompt: str, /) -> str:
        """Ask the user for a line of text.

        Raises:
            TerminatingError: there is nobody to ask.
            CtrlC, Terminated: this was asked meanwhile.
        """
        ...

    def call(self, request: Callable[[Any], int], /) -> Any:
        """Ask the client's host for something, as `ScriptRun.call_host`.

        Raises:
            TerminatingError: there is no such host, or it failed.
            CtrlC, Terminated: this was asked meanwhile.
        """
        ...


@dataclass
class ScriptRun:
    """A run of one script or command of the table.

    Attributes:
        script: the text that is run.
        arguments: what it was given by position.
        parameters: what it was given by name; a name has no case.
        host: where its streams go.
        prompt: files, environment, directory and user.
        attention: what it is asked from outside.
        input: what was piped into it; of a client, as it comes.
        variables: those of the runspace, by name in lower case; scripts may change them.
        has_failed: whether the last command wrote an error.
        runner: runs another script; the engine sets it.
    """

    script: str
    host: Host
    prompt: Prompt
    attention: Attention = field(repr=False)
    arguments: tuple[Any, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    input: Iterable[Any] = ()
    variables: dict[str, Any] = field(default_factory=dict)
    has_failed: bool = False
    runner: Callable[[ScriptRun], None] | None = field(default=None, repr=False)

    def is_shown(self, stream: str) -> bool:
        """Whether a stream that is off by default is wanted: by a switch, or for the runspace."""
        chosen = self.variables.get(f"{stream}preference", "SilentlyContinue")
        return bool(self.parameter(stream, default=str(chosen).lower() == "continue"))

    def parameter(self, name: str, position: int | None = None, default: Any = None) -> Any:
        """Return a parameter by its name, or else by its position."""
        for given, value in self.parameters.items():
            if given.lower() == name.lower():
                return value
        if position is not None and position < len(self.arguments):
            return self.arguments[position]
        return default

    def execute(self, script: str) -> None:
        """Run another script in the place of this one.

        Raises:
            TerminatingError, ScriptExit: as that ends.
        """
        if self.runner is not None:
            inner = replace(self, script=script, arguments=(), parameters={})
            self.runner(inner)
            self.has_failed = self.has_failed or inner.has_failed

    # Its streams

    def write(self, value: Any) -> None:
        """Write an object to the output."""
        self.host.write(StreamName.OUTPUT, value)

    def error(self, error: ErrorInfo | str) -> None:
        """Write an error record; the script goes on."""
        self.has_failed = True
        record = ErrorInfo(error) if isinstance(error, str) else error
        self.host.write(StreamName.ERROR, record)

    def warning(self, text: str) -> None:
        """Write a warning."""
        self.host.write(StreamName.WARNING, text)

    def verbose(self, text: str) -> None:
        """Write what is shown to those who want to know more."""
        self.host.write(StreamName.VERBOSE, text)

    def debug(self, text: str) -> None:
        """Write what is for whoever looks for mistakes."""
        self.host.write(StreamName.DEBUG, text)

    def information(self, record: Information | str) -> None:
        """Write an information record."""
        made = Information(record) if isinstance(record, str) else record
        self.host.write(StreamName.INFORMATION, made)

    def progress(self, progress: Progress) -> None:
        """Tell how far something has come."""
        self.host.write(StreamName.PROGRESS, progress)

    def write_host(self, text: str) -> None:
        """Write a line to the user, past all streams."""
        self.host.write(StreamName.HOST, text)

    # Its time

    def ask(self, prompt: str) -> str:
        """Ask the user for a line of text.

        Raises:
            TerminatingError: there is nobody to ask.
        """
        return self.host.ask(prompt)

    def call_host(self, request: Callable[[Any], int]) -> Any:
        """Ask the client's host for something, and return what it answers.

        Args:
            request: is given psrpcore's ServerHostRequestor, and returns the number of the call:
                `lambda host: host.prompt_for_choice("Sure?", "Go on", choices)`.

        Raises:
            TerminatingError: there is no such host, or it failed.
        """
        return self.host.call(request)

    def sleep(self, seconds: float | None = None) -> None:
        """Wait for so many seconds, or for ever.

        Raises:
            CtrlC, Terminated: this was asked meanwhile.
        """
        self.attention.wait_for(lambda: False, seconds)


Scripts = dict[str | re.Pattern[str], Callable[[ScriptRun], Any]]
"""The table: by the text of a script, by a pattern that is found in it, or by a command's name."""
