"""Last words that wait: said a moment later, all of them, by a thread that ends."""

import threading
from typing import Any, cast

import pytest

from protocols.winrm import later
from protocols.winrm.later import Later
from protocols.winrm.run import Run
from tests.sessions import EARLY, settles


class Said:
    """Takes out what is to be said, as the channel does."""

    def __init__(self, pause: float = 0.01) -> None:
        self.later = Later(self.say, pause)
        self.runs: list[Run] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def say(self) -> None:
        self.begun.set()
        assert self.go.wait(EARLY)
        while (run := self.later.take()) is not None:
            self.runs.append(run)


def run() -> Run:
    return cast("Run", object())


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "mi-winrm-later"]


def test_what_waits_is_said_in_its_order_and_the_thread_ends() -> None:
    said = Said()
    runs = [run() for _ in range(5)]
    assert all(said.later.add(one) for one in runs)
    assert settles(lambda: said.runs == runs)
    assert len(said.later) == 0
    assert settles(lambda: not threads())
    assert said.later.add(runs[0])
    assert settles(lambda: said.runs == [*runs, runs[0]])


def test_nothing_is_said_at_once() -> None:
    said = Said(pause=60)
    assert said.later.add(run())
    assert not said.begun.wait(0.05)
    taken = said.later.take()
    assert taken is not None
    assert said.later.take() is None


def test_many_do_not_wait() -> None:
    said = Said(pause=60)
    for _ in range(later._MANY):
        said.later.add(run())
    assert settles(lambda: len(said.runs) == later._MANY)


def test_too_many_are_not_kept() -> None:
    said = Said()
    said.go.clear()
    said.later.add(run())
    assert said.begun.wait(EARLY)
    kept = 1
    while said.later.add(run()):
        kept += 1
    assert kept == later._MOST
    said.go.set()
    assert settles(lambda: len(said.runs) == kept)


def test_what_cannot_be_said_for_want_of_a_thread_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread:
        def __init__(self, **_: Any) -> None:
            pass

        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    said = Said()
    monkeypatch.setattr(later, "Thread", NoThread)
    first = run()
    assert said.later.add(first)
    assert said.runs == []
    monkeypatch.undo()
    second = run()
    assert said.later.add(second)
    assert settles(lambda: said.runs == [first, second])
