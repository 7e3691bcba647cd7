"""A protocol handler as somebody else would write it: lamps of a house, over no wire at all.

The house stands for the server: it has lamps, counts what is open, may fall silent, and asks before
it switches the heating off. The destination is the name of a house.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Signal
from typing import Any, ClassVar

from mi.callbacks import SessionCallbacks
from mi.calls import (
    Call,
    DeleteInstance,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    QueryInstances,
    Subscribe,
    TestConnection,
)
from mi.control import Control, Expiry
from mi.errors import ConnectionFailed, NotFound, NotSupported
from mi.handler import Event, Item, Message, Prompt
from mi.indication import Indication
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.names import NameMap
from mi.options import DestinationOptions
from mi.results import CimType, PromptType, ResponseType
from mi.schema import Class, Property

LAMP = Class("Lamp", properties=NameMap([("Name", Property("Name", CimType.STRING))]))


class House:
    """The server."""

    houses: ClassVar[dict[str, "House"]] = {}

    def __init__(self, name: str) -> None:
        self.lamps = [Instance("Lamp", {"Name": f"{number}"}) for number in range(7)]
        self.open: set[LampRun] = set()
        self.answers: list[ResponseType] = []
        self.may_speak = Signal()
        self.may_speak.set()
        self.houses[name] = self

    @contextmanager
    def silence(self) -> Iterator[None]:
        self.may_speak.clear()
        yield
        self.may_speak.set()


def _lamp(house: House, key: Instance) -> Instance:
    for lamp in house.lamps:
        if lamp["Name"] == key["Name"]:
            return lamp
    raise NotFound(f"there is no lamp {key['Name']}")


def _switched(house: House, method: str) -> list[list[Any]]:
    if method == "SwitchHeatingOff":
        return [[Message(1, "it is cold"), Prompt("Freeze?", PromptType.CRITICAL, 1)], [_RESULT]]
    return [[_RESULT]]


_RESULT = MethodResult(0)
_ROWS: dict[type[Call[Any]], Callable[[House, Any], list[list[Any]]]] = {
    TestConnection: lambda house, call: [[None]],
    GetInstance: lambda house, call: [[_lamp(house, call.key)]],
    DeleteInstance: lambda house, call: [],
    EnumerateInstances: lambda house, call: [house.lamps],
    QueryInstances: lambda house, call: [house.lamps],
    GetClass: lambda house, call: [[LAMP]],
    Invoke: lambda house, call: _switched(house, call.method),
    Subscribe: lambda house, call: [[Indication(house.lamps[0])], []],
}


class LampRun:
    """One operation under way."""

    def __init__(self, channel: "LampChannel", call: Call[Any], control: Control) -> None:
        self.channel, self.call, self.control = channel, call, control
        self.batches: deque[list[Any]] | None = None

    def next_batch(self) -> list[Event] | None:
        house = self.channel.reached(self.control)
        if self.batches is None:
            self.batches = deque(self._batches(house))
            house.open.add(self)
        if not self.batches and self.call.endless:
            self.channel.wait(self.control, Signal())
        if not self.batches:
            self.close()
            return None
        found = self.batches.popleft()
        return [one if isinstance(one, (Message, Prompt)) else Item(one) for one in found]

    def _batches(self, house: House) -> list[list[Any]]:
        batches = _ROWS[type(self.call)](house, self.call)
        size = self.control.options.max_elements
        if size is None:
            return batches
        flat = [one for batch in batches for one in batch]
        return [flat[at : at + size] for at in range(0, len(flat), size)]

    def answer(self, prompt: Prompt, response: ResponseType) -> None:
        self.channel.reached(self.control).answers.append(response)

    def close(self) -> None:
        if self.channel.house is not None:
            self.channel.house.open.discard(self)

    def drop(self) -> None:
        self.channel.orphans.append(self)


class LampChannel:
    """The way to one house."""

    def __init__(self, destination: str | None) -> None:
        self.destination = destination or "home"
        self.house: House | None = None
        self.orphans: deque[LampRun] = deque()
        self.closed = Signal()

    def start(self, call: Call[Any], control: Control) -> LampRun:
        if type(call) not in _ROWS:
            raise NotSupported(f"lamps have no {call.operation}")
        return LampRun(self, call, control)

    def reached(self, control: Control) -> House:
        """Return the house, once it speaks; and let it forget what was dropped."""
        if control.cancel.cancelled:
            raise control.cancel.error()
        self.house = House.houses.get(self.destination)
        if self.house is None:
            raise ConnectionFailed(f"there is no house {self.destination}")
        self.wait(control, self.house.may_speak)
        self.release()
        return self.house

    def wait(self, control: Control, signal: Signal) -> None:
        stopped = Signal()
        control.cancel.watch(stopped.set)
        expiry = control.begin_wait()
        while not signal.wait(0.001):
            if stopped.is_set() or self.closed.is_set():
                raise control.cancel.error()
            if expiry.remaining() == 0:
                raise expiry.error("waiting for the house")

    def release(self) -> None:
        while self.orphans:
            self.orphans.popleft().close()

    def close(self, expiry: Expiry) -> None:
        self.closed.set()
        self.release()


class LampHandler:
    """Makes the ways to houses."""

    def open(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> LampChannel:
        return LampChannel(destination)
