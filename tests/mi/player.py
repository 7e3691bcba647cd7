"""A handler that plays shells: what each call of theirs is given, batch by batch."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from mi.session import Session
from mi.shell_calls import CommandEnded, CommandStarted, Output, ShellDescription
from tests.mi.fake_handler import FakeChannel, FakeRun

STARTED = [CommandStarted("C1")]
"""How a command begins."""
DONE = [Output("stdout", b"ok\r\n"), CommandEnded(0)]
"""How it goes on where nothing else is played."""
EARLY = 4.0
"""Seconds within which what is not to take long has happened."""


class Player:
    """Plays a list of batches for each call, by its kind; one that has none left ends."""

    def __init__(
        self, fake: Callable[..., tuple[Session, FakeChannel]], **played: list[Any]
    ) -> None:
        self.opened = 0
        self._runs: dict[FakeRun, deque[Any]] = {}
        self._played = defaultdict(deque, {kind: deque(runs) for kind, runs in played.items()})
        self.session: Session
        self.channel: FakeChannel
        self.session, self.channel = fake(*[self._step] * 1000)

    def _step(self, run: FakeRun) -> Any:
        steps = self._runs.get(run)
        if steps is None:
            steps = self._runs[run] = deque(self._next(run))
        return steps.popleft() if steps else None

    def _next(self, run: FakeRun) -> list[Any]:
        kind = type(run.call).__name__
        if self._played[kind]:
            found: list[Any] = self._played[kind].popleft()
            return found
        if kind == "OpenShell":
            self.opened += 1
            return [[ShellDescription(f"S{self.opened}")]]
        return [STARTED, DONE] if kind == "RunCommand" else []

    def calls(self, kind: type[Any]) -> list[Any]:
        return [run.call for run in self.channel.runs if isinstance(run.call, kind)]

    def ends(self, kind: type[Any]) -> list[list[str]]:
        return [run.ends for run in self.channel.runs if isinstance(run.call, kind)]


Play = Callable[..., Player]
