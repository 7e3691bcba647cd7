"""Standard input, passed on to a command as it comes."""

import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

import mi
from mi.cli.remote.standard_input import forward

_LONG = 30.0


class FakeCommand:
    """Reads what it is sent, until it fails."""

    def __init__(self, error: mi.MIError | None = None, *, is_running: bool = True) -> None:
        self.stdin = self
        self.is_running = is_running
        self.read: list[bytes] = []
        self.is_closed = False
        self._error = error

    def write(self, data: bytes) -> None:
        if self._error is not None:
            raise self._error
        self.read.append(data)

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[BinaryIO]:
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "wb", buffering=0) as typed:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield typed  # type: ignore[misc]


def _forward(command: Any) -> None:
    forward(command)
    for thread in threading.enumerate():
        if thread.name == "mi-stdin":
            thread.join(_LONG)


def test_bytes_go_on_as_they_are_and_the_end_is_told(typed: BinaryIO) -> None:
    command = FakeCommand()
    typed.write(b"a\xff\n")
    typed.close()
    _forward(command)
    assert (b"".join(command.read), command.is_closed) == (b"a\xff\n", True)


@pytest.mark.parametrize(
    ("is_running", "told"),
    [(True, "mi: warning: the command gets no more input: lost\n"), (False, "")],
)
def test_what_is_not_taken_is_told_only_while_somebody_would_read_it(
    typed: BinaryIO, capsys: pytest.CaptureFixture[str], is_running: bool, told: str
) -> None:
    typed.write(b"more")
    _forward(FakeCommand(mi.ConnectionFailed("lost"), is_running=is_running))
    assert capsys.readouterr().err == told


def test_without_standard_input_there_is_nothing_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    command = FakeCommand()
    _forward(command)
    assert (command.read, command.is_closed) == ([], True)
