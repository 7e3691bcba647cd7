"""A command line whose sessions are made up, so that every answer and failure can be had."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

import mi
from mi.cli.main import main
from protocols.loopback import Endpoint

_MANY = ("enumerate_instances", "query_instances", "subscribe", "subscribe_event_log")


class FakeOperation:
    def __init__(self, results: Iterable[Any], log: list[str]) -> None:
        self._results = results
        self._log = log

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.append("operation closed")

    def __iter__(self) -> Iterator[Any]:
        for result in self._results:
            if isinstance(result, BaseException):
                raise result
            yield result


@dataclass
class FakeSession:
    """A session that answers with `answer`: a value, an exception, or a list of either."""

    answer: Any = None
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    opened: tuple[Any, ...] = ()
    refusal: mi.MIError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.log.append("session closed")

    def _answer(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            self.calls.append((name, arguments, keywords))
            if isinstance(self.answer, BaseException):
                raise self.answer
            if name in _MANY:
                return FakeOperation(self.answer, self.log)
            return self.answer

        return call

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._answer(name)

    @property
    def options(self) -> mi.DestinationOptions:
        options: mi.DestinationOptions = self.opened[2]
        return options


@dataclass
class Result:
    code: int
    out: str
    err: str


class CommandLine:
    """Runs `mi` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.session = FakeSession()

    def __call__(self, *arguments: str, terminals: str = "", answer: Any = None) -> Result:
        """Run `mi`; `terminals` names the standard streams that claim to be terminals."""
        if answer is not None:
            self.session.answer = answer
        for name in ("stdin", "stdout", "stderr"):
            stream = getattr(sys, name)
            self._monkeypatch.setattr(
                stream, "isatty", lambda it=name in terminals: it, raising=False
            )
        code = main(arguments)
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Return `mi` with an application whose one session is `cli.session`."""
    line = CommandLine(capsys, monkeypatch)

    class FakeApplication:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            line.session.log.append("application closed")

        def new_session(self, *opened: Any) -> FakeSession:
            if line.session.refusal is not None:
                raise line.session.refusal
            line.session.opened = opened
            return line.session

    monkeypatch.setattr(mi, "Application", FakeApplication)
    monkeypatch.setenv("MI_USER", "ops")
    monkeypatch.setenv("MI_PASSWORD", "secret")
    monkeypatch.delenv("MI_PORT", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return line


class Host:
    """Runs `mi` in this process against an endpoint that is a host to it."""

    def __init__(self, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
        self.endpoint = endpoint
        self._capsys = capsys

    def __call__(self, command: str, *arguments: str) -> Result:
        code = main([command, self.endpoint.host, *arguments])
        said = self._capsys.readouterr()
        return Result(code, said.out, said.err)

    @property
    def actions(self) -> list[str]:
        """The last words of the actions that it was asked."""
        return [one.action.rpartition("/")[2] for one in self.endpoint.exchanges]


@pytest.fixture
def host(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A made-up Windows host, and `mi` to ask it with."""
    with Endpoint() as endpoint:
        monkeypatch.setenv("MI_USER", endpoint.user.name)
        monkeypatch.setenv("MI_PASSWORD", endpoint.user.password)
        monkeypatch.setenv("MI_PORT", str(endpoint.port))
        yield Host(endpoint, capsys)
