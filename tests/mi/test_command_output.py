"""Output on its way to whoever reads it: kept up to a bound, and told without needless waking."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Semaphore, Thread
from time import monotonic, sleep
from typing import Any

import pytest

from mi.command_output import CommandOutput
from mi.control import Expiry
from mi.shell_calls import CommandEnded, Output

FULL = Output("stdout", bytes(300 << 10))
SMALL = Output("stdout", b"small")
PATIENCE = 30.0  # seconds that nothing here should take


class Operation:
    """Gives what it is fed with, and knows how often it was asked."""

    def __init__(self) -> None:
        self._fed: SimpleQueue[list[Any]] = SimpleQueue()
        self._asked = Semaphore(0)

    def batch(self) -> list[Any]:
        self._asked.release()
        return self._fed.get(timeout=PATIENCE)

    def feed(self, *events: Any) -> None:
        """Let these events be received, and return once they are."""
        assert self._asked.acquire(timeout=PATIENCE)
        self._fed.put(list(events))
        assert self._asked.acquire(timeout=PATIENCE)
        self._asked.release()

    def close(self) -> None:
        self._fed.put([])


class Told(CommandOutput):
    """Counts how often there was news."""

    news = 0

    def _tell(self) -> None:
        self.news += 1
        super()._tell()


@pytest.fixture
def operation() -> Operation:
    return Operation()


@pytest.fixture
def output(operation: Operation) -> Iterator[Told]:
    given: Any = operation
    made = Told(given)
    assert made.take_now() is None
    yield made
    made.close()


def test_each_reply_is_told_while_there_is_room_in_them(operation: Operation, output: Told) -> None:
    for count in (1, 2, 3):
        operation.feed(SMALL)
        assert output.news == count
        assert output.take() == [SMALL]


def test_of_full_replies_several_are_told_at_once(operation: Operation, output: Told) -> None:
    operation.feed(FULL)
    assert (output.news, output.take()) == (1, [FULL])
    operation.feed(FULL)
    assert output.news == 1
    operation.feed(FULL)
    assert (output.news, output.take()) == (2, [FULL, FULL])
    operation.feed(SMALL)
    assert (output.news, output.take()) == (3, [SMALL])


def test_what_was_not_told_is_taken_all_the_same(operation: Operation, output: Told) -> None:
    for _ in range(3):
        operation.feed(FULL)
        assert output.take() == [FULL]
    assert output.news == 1


def test_the_end_of_a_flood_is_told(operation: Operation, output: Told) -> None:
    operation.feed(FULL)
    operation.feed(FULL, CommandEnded(7))
    operation.close()
    assert output.wait(Expiry.after(PATIENCE, "timeout")) == 7
    assert (output.take(), output.take()) == ([FULL, FULL], [])


def test_whoever_waits_in_a_flood_looks_for_news_himself(
    operation: Operation, output: Told
) -> None:
    operation.feed(FULL)
    taken = [output.take()]
    reader = Thread(target=lambda: taken.append(output.take()))
    reader.start()
    give_up = monotonic() + PATIENCE
    while output._is_flood and monotonic() < give_up:
        sleep(0.001)  # until he has seen that nothing comes
    assert not output._is_flood
    operation.feed(FULL)
    reader.join(PATIENCE)
    assert (taken, output.news) == ([[FULL], [FULL]], 2)


def test_a_listener_is_told_of_every_reply(operation: Operation, output: Told) -> None:
    heard: list[int] = []
    listener = lambda: heard.append(1)  # noqa: E731 - it is to be forgotten again
    output.listen(listener)
    for _ in range(3):
        operation.feed(FULL)
        assert output.take_now() == [FULL]
    output.forget(listener)
    operation.feed(FULL)
    assert len(heard) == 3


def test_whoever_waits_for_one_stream_makes_room_for_the_other(
    operation: Operation, output: Told
) -> None:
    operation.feed(SMALL)
    assert output.take_now("stderr") is None
    for _ in range(20):  # more than is kept otherwise
        operation.feed(FULL)
    operation.feed(Output("stderr", b"!"))
    assert output.take("stderr") == [Output("stderr", b"!")]
    assert len(output.take("stdout")) == 21
