"""What is piped into a pipeline, sent while its output comes."""

import threading
from collections.abc import Iterator
from typing import Any

from mi.errors import ConnectionFailed
from mi.powershell.pipeline_input import PipelineInput
from tests.sessions import settles


class _Sink:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.may_send = threading.Event()
        self.may_send.set()
        self.stops = 0
        self.failure: Exception | None = None

    def packed(self, *values: Any) -> bytes:
        return b"".join(str(value).encode() for value in values) if values else b"."

    def send(self, data: bytes) -> None:
        self.may_send.wait(10)
        if self.failure is not None:
            raise self.failure
        self.sent.append(data)

    def stop(self) -> None:
        self.stops += 1
        if self.failure is not None:
            raise self.failure

    @property
    def text(self) -> bytes:
        return b"".join(self.sent)


def _input(sink: _Sink, values: Any, limit: int = 100) -> PipelineInput:
    found = PipelineInput(values, sink.packed, sink.send, sink.stop, limit)
    found.start()
    return found


def test_all_values_are_sent_and_then_their_end() -> None:
    sink = _Sink()
    _input(sink, [1, 2, 3])
    assert settles(lambda: sink.text == b"123.")


def test_an_empty_input_has_an_end_too() -> None:
    sink = _Sink()
    _input(sink, [])
    assert settles(lambda: sink.text == b".")


def test_a_value_is_sent_before_the_next_is_there() -> None:
    sink, more = _Sink(), threading.Event()

    def values() -> Iterator[int]:
        yield 1
        more.wait(10)
        yield 2

    _input(sink, values())
    assert settles(lambda: sink.text == b"1")
    more.set()
    assert settles(lambda: sink.text == b"12.")


def test_values_are_taken_no_further_than_one_message_ahead() -> None:
    sink, taken = _Sink(), []
    sink.may_send.clear()

    def values() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield 5

    pipeline_input = _input(sink, values(), limit=10)
    assert settles(lambda: len(taken) >= 11)
    assert not settles(lambda: len(taken) > 25, 0.1)
    sink.may_send.set()
    assert settles(lambda: sink.text == b"5" * 1000 + b".")
    assert len(sink.sent) > 10
    pipeline_input.end()


def test_when_the_pipeline_has_ended_nothing_more_is_wanted() -> None:
    sink, taken = _Sink(), []

    def values() -> Iterator[int]:
        while True:
            taken.append(1)
            yield 1

    sink.may_send.clear()
    pipeline_input = _input(sink, values(), limit=5)
    assert settles(lambda: len(taken) >= 5)
    pipeline_input.end()
    sink.may_send.set()
    count = len(taken)
    assert not settles(lambda: len(taken) > count + 1, 0.1)
    assert pipeline_input.failure is None


def test_an_error_of_the_values_stops_the_pipeline_and_is_kept() -> None:
    def values() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    sink = _Sink()
    pipeline_input = _input(sink, values())
    assert settles(lambda: sink.stops == 1)
    assert str(pipeline_input.failure) == "no more"


def test_an_error_of_sending_stops_the_pipeline_if_that_can_be_done() -> None:
    sink = _Sink()
    sink.failure = ConnectionFailed("gone")
    pipeline_input = _input(sink, [1])
    assert settles(lambda: sink.stops == 1)
    assert isinstance(pipeline_input.failure, ConnectionFailed)


def test_an_error_after_the_end_is_nobodys() -> None:
    sink, more = _Sink(), threading.Event()

    def values() -> Iterator[int]:
        more.wait(10)
        raise ValueError("too late")
        yield 1

    pipeline_input = _input(sink, values())
    pipeline_input.end()
    more.set()
    assert not settles(lambda: pipeline_input.failure is not None or sink.stops > 0, 0.1)
