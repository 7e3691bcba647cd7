"""A host for tests: keeps what a script writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.loopback.powershell.cmdlets import CMDLETS
from protocols.loopback.powershell.engine import Engine
from protocols.loopback.powershell.records import StreamName
from protocols.loopback.powershell.script_run import ScriptRun, Scripts
from protocols.loopback.shells.attention import Attention
from protocols.loopback.shells.invocation import Prompt

__all__ = ["Kept", "Runner"]


class Kept:
    """The host: what was written, and what it answers."""

    def __init__(self) -> None:
        self.written: list[tuple[StreamName, Any]] = []

    def write(self, stream: StreamName, value: Any, /) -> None:
        self.written.append((stream, value))

    def ask(self, prompt: str, /) -> str:
        return f"answer to {prompt}"

    def call(self, request: Callable[[Any], int], /) -> Any:
        return request(self)

    def of(self, stream: StreamName) -> list[Any]:
        return [value for kind, value in self.written if kind is stream]


class Runner:
    """Runs scripts with the usual commands and those of a test."""

    def __init__(self) -> None:
        self.scripts: Scripts = dict(CMDLETS)
        self.host = Kept()
        self.prompt, self.attention = Prompt(), Attention()
        self.variables: dict[str, Any] = {}
        self.has_failed = False

    def __call__(self, script: str, **given: Any) -> list[Any]:
        """Run a script and return its output."""
        self.host.written.clear()
        run = ScriptRun(
            script, self.host, self.prompt, self.attention, variables=self.variables, **given
        )
        Engine(self.scripts).run(run)
        self.has_failed = run.has_failed
        return self.host.of(StreamName.OUTPUT)
