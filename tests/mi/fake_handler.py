"""A complete handler in a screenful: every run plays the same script.

A step is a list of results (a batch), of which those that are events are delivered as they are, an
error to raise, or a callable that is given the run and returns such a step. What a run has open on
the "server" is counted by its channel.
"""

from collections import deque
from collections.abc import Callable
from threading import Event as Signal
from typing import Any, get_args

from mi.callbacks import SessionCallbacks
from mi.calls import Call
from mi.control import Control, Expiry
from mi.errors import OperationTimeout
from mi.handler import Event, Item, Prompt
from mi.options import DestinationOptions
from mi.results import ResponseType

Step = Any
_EVENTS = get_args(Event)


class FakeRun:
    """Plays its script; it is open on the server from its first batch to its end."""

    def __init__(self, channel: "FakeChannel", call: Call[Any], control: Control) -> None:
        self.channel, self.call, self.control = channel, call, control
        self.steps = list(channel.handler.script)
        self.asked = 0
        self.ends: list[str] = []
        self.answers: list[tuple[Any, ResponseType]] = []
        self.on_close: Callable[[], None] = lambda: None

    def next_batch(self) -> list[Event] | None:
        self.asked += 1
        self.channel.release_orphans()
        self.channel.open_contexts.add(self)
        step = self.steps.pop(0) if self.steps else None
        while callable(step):
            step = step(self)
        if isinstance(step, BaseException):
            raise step
        if step is None:
            return None
        return [one if isinstance(one, _EVENTS) else Item(one) for one in step]

    def answer(self, prompt: Prompt, response: ResponseType) -> None:
        self.answers.append((prompt.token, response))

    def close(self) -> None:
        self.ends.append("close")
        self.on_close()
        self.channel.open_contexts.discard(self)

    def drop(self) -> None:
        self.ends.append("drop")
        self.channel.orphans.append(self)


class FakeChannel:
    """Counts what is open on the server, and remembers how it was asked to close."""

    def __init__(
        self,
        handler: "FakeHandler",
        destination: str | None,
        options: DestinationOptions,
        callbacks: SessionCallbacks,
    ) -> None:
        self.handler, self.destination = handler, destination
        self.options, self.callbacks = options, callbacks
        self.runs: list[FakeRun] = []
        self.open_contexts: set[FakeRun] = set()
        self.orphans: deque[FakeRun] = deque()
        self.closes: list[Expiry] = []
        self.on_close: Callable[[], None] = lambda: None

    def start(self, call: Call[Any], control: Control) -> FakeRun:
        refusal = self.handler.refusal
        if callable(refusal):
            refusal = refusal(call)
        if refusal is not None:
            raise refusal
        self.runs.append(FakeRun(self, call, control))
        return self.runs[-1]

    def release_orphans(self) -> None:
        while self.orphans:
            self.open_contexts.discard(self.orphans.popleft())

    def close(self, expiry: Expiry) -> None:
        self.closes.append(expiry)
        self.on_close()
        self.release_orphans()


class FakeHandler:
    """Opens fake channels; `refusal` is what `Channel.start` raises, or tells that of a call."""

    def __init__(
        self,
        *script: Step,
        refusal: BaseException | Callable[[Call[Any]], BaseException | None] | None = None,
    ) -> None:
        self.script = script
        self.refusal = refusal
        self.channels: list[FakeChannel] = []

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> FakeChannel:
        self.channels.append(FakeChannel(self, destination, options, callbacks))
        return self.channels[-1]


class Stall:
    """A step in which the server is silent, as a handler should wait for it."""

    def __init__(self) -> None:
        self.begun = Signal()

    def __call__(self, run: FakeRun) -> OperationTimeout | BaseException:
        stopped = Signal()
        run.control.cancel.watch(stopped.set)
        expiry = run.control.begin_wait()
        self.begun.set()
        if stopped.wait(expiry.remaining()):
            return run.control.cancel.error()
        return expiry.error("waiting for the reply")
