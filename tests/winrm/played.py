"""A conversation, and a transport under a channel, that do what a test says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mi.callbacks import SessionCallbacks
from mi.calls import Call, EnumerateInstances
from mi.control import CancelToken, Control, Expiry
from mi.errors import MIError
from mi.events import Item
from mi.options import DestinationOptions, OperationOptions
from mi.schema import Class
from protocols.winrm.channel import WinrmChannel
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.journal import NOTHING
from protocols.winrm.run import Run
from protocols.wsman.dialects import ClassKnown
from protocols.wsman.envelope import (
    Reply,
    Request,
    serialize_fault,
    serialize_reply,
)
from protocols.wsman.fault import Fault
from protocols.wsman.incoming import parse_request

CALL = EnumerateInstances("Win32_Service", namespace="root/cimv2")
CLASS = Class("Win32_Service", "root/cimv2")


def request(action: str = "Enumerate", **others: Any) -> Request:
    return Request(f"urn:{action}", "urn:resource", **others)


class Played:
    """A conversation that sends what it is told to and gives what it is told to.

    A step is a request with the results of its reply, or an error that ends it.
    """

    def __init__(self, *steps: Any, left_open: Request | None = None) -> None:
        self.steps = deque(steps)
        self.left_open = left_open
        self.awaits_class = False
        self.received: list[Reply | Fault | ClassKnown] = []
        self.abandoned = 0

    def next_request(self) -> Request | None:
        step = self.steps[0] if self.steps else (None, [])
        if isinstance(step, MIError):
            raise step
        return None if self.awaits_class else step[0]

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        self.received.append(reply)
        self.awaits_class = False
        return list(self.steps.popleft()[1])

    def abandon(self) -> Request | None:
        self.abandoned += 1
        return self.left_open


class Transport:
    """A transport whose line is free and whose server answers anything, unless it is told."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.ids: list[str | None] = []
        self.repeatable: list[bool] = []
        self.expiries: list[Expiry] = []
        self.closed: list[Expiry] = []
        self.method: Method | None = None
        self.traffic = NOTHING
        self.faults: dict[str, Fault] = {}
        self.before: Callable[[str], None] = lambda action: None

    @contextmanager
    def lease(
        self,
        expiry: Expiry,
        cancel: CancelToken,
        *,
        is_long: bool = False,
        is_urgent: bool = False,
        is_poll: bool = False,
    ) -> Iterator[Transport]:
        yield self

    def exchange(
        self,
        envelope: bytes,
        expiry: Expiry,
        cancel: CancelToken,
        *,
        repeatable: bool,
        is_one_way: bool = False,
    ) -> Iterator[bytes]:
        asked = parse_request(envelope, limit=10**6)
        action = asked.action.rpartition(":")[2]
        self.before(action)
        self.actions.append(action)
        self.ids.append(asked.message_id)
        self.repeatable.append(repeatable)
        self.expiries.append(expiry)
        if action in self.faults:
            return iter((serialize_fault(self.faults[action], asked.message_id, "uuid:1"),))
        return iter((serialize_reply("urn:reply", "<x:y/>", asked.message_id, "uuid:1"),))

    def close(self, expiry: Expiry) -> None:
        self.closed.append(expiry)

    def after_fork(self) -> None:
        """Have nothing that a fork could disturb."""


def channel_over(
    transport: Transport | None, callbacks: SessionCallbacks | None = None, **options: Any
) -> WinrmChannel:
    given = DestinationOptions(**options)
    made = WinrmChannel(Address.of("h", given), "h", given, callbacks or SessionCallbacks())
    made._transport = transport  # type: ignore[assignment]
    return made


def play(
    channel: WinrmChannel,
    conversation: Played,
    call: Call[Any] = CALL,
    **control: Any,
) -> Run:
    given = {"unary": False, "timeout": 5, **control}
    return Run(channel, call, Control.begin(OperationOptions(), **given), conversation)


def values(run: Run) -> list[Any]:
    """Return the results of all batches."""
    found: list[Any] = []
    while (batch := run.next_batch()) is not None:
        found += [event.value for event in batch if isinstance(event, Item)]
    return found
