"""What can go wrong on purpose: an endpoint that stalls, drips, lies or hangs up.

A disturbance names the action it waits for by its last part, `Get`, `Pull` … or `Identify`; the
replies of a handshake are of the action `authentication`. None is any action. It happens `count`
times; None is always. The end of the endpoint ends every stall.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from protocols.loopback.caller import Caller
from protocols.loopback.exchange import HttpReply

__all__ = [
    "AUTHENTICATION",
    "Cut",
    "Disturbance",
    "Disturbances",
    "Drip",
    "Replace",
    "Say",
    "Slow",
    "Stall",
]

T = TypeVar("T", bound="Disturbance")

AUTHENTICATION = "authentication"
"""The action of the replies of a handshake."""

_PARTS = ("headers", "body")
_PLACES = ("accept", "authentication", "before-reply", *_PARTS)


@dataclass(eq=False)
class Disturbance:
    """Something that goes wrong.

    Attributes:
        action: what it waits for, or None for anything.
        count: how many times it happens, or None for always.
        reached: set when it has begun.
    """

    action: str | None = None
    count: int | None = field(default=1, kw_only=True)
    reached: threading.Event = field(default_factory=threading.Event, init=False, repr=False)


@dataclass(eq=False)
class Stall(Disturbance):
    """Nothing more comes for a while.

    Attributes:
        where: `accept` (the connection is taken and nothing is read from it), `authentication`
            (a token is not answered), `before-reply` (the request was read, and nothing has been
            done about it), `headers` or `body` (half of them was sent).
        seconds: for how long; None is for ever.
        until: it also ends when this is set.
    """

    where: str = "before-reply"
    seconds: float | None = None
    until: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.where not in _PLACES:
            raise ValueError(f"a stall is at one of {', '.join(_PLACES)}, not {self.where!r}")
        if self.where == "authentication":
            self.action, self.where = AUTHENTICATION, "before-reply"


@dataclass(eq=False)
class Drip(Disturbance):
    """A reply that comes a few bytes at a time.

    Attributes:
        interval: seconds between one piece and the next.
        size: bytes of a piece.
        where: `headers`, from the first byte, or `body`, after whole headers.
    """

    interval: float = 1.0
    size: int = 1
    where: str = "headers"

    def __post_init__(self) -> None:
        if self.where not in _PARTS:
            raise ValueError(f"a reply drips in its headers or its body, not in {self.where!r}")
        if self.size < 1:
            raise ValueError(f"a piece has one byte or more, not {self.size}")


@dataclass(eq=False)
class Cut(Disturbance):
    """A connection that ends in the middle of a reply.

    Attributes:
        after_bytes: how many bytes of the reply, headers included, are sent before.
    """

    after_bytes: int = 0


@dataclass(eq=False)
class Replace(Disturbance):
    """A reply that is another than it should be.

    Attributes:
        envelope: the envelope, or what makes it of the right one; it is sealed like any other.
        body: the body as it goes over the wire, or what makes it of the right one.
        headers: headers to add or, with None, to leave out; a wrong Content-Length too.
        status: the HTTP status.
    """

    envelope: bytes | Callable[[bytes], bytes] | None = None
    body: bytes | Callable[[bytes], bytes] | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    status: int | None = None

    def reworded(self, envelope: bytes) -> bytes:
        """Return the envelope to send instead of `envelope`."""
        return _instead(self.envelope, envelope)

    def reshaped(self, reply: HttpReply) -> HttpReply:
        """Return the reply to send instead of `reply`."""
        wanted = {name.lower(): value for name, value in self.headers.items()}
        kept = [(name, value) for name, value in reply.headers if name.lower() not in wanted]
        added = [
            (name, value)
            for name, value in self.headers.items()
            if value is not None and name.lower() != "content-type"
        ]
        return replace(
            reply,
            status=reply.status if self.status is None else self.status,
            body=_instead(self.body, reply.body),
            content_type=wanted.get("content-type", reply.content_type) or "",
            headers=(*kept, *added),
        )


def _instead(substitute: bytes | Callable[[bytes], bytes] | None, original: bytes) -> bytes:
    if substitute is None:
        return original
    return substitute(original) if callable(substitute) else substitute


@dataclass(eq=False)
class Slow(Disturbance):
    """A provider that takes its time: where that is longer than the request allows, it times out.

    Attributes:
        seconds: how long the answer takes.
    """

    seconds: float = 1.0


@dataclass(eq=False)
class Say(Disturbance):
    """A provider that says and asks something before it answers, if the client listens.

    Attributes:
        script: what it does, with the `Caller` to talk to.
    """

    script: Callable[[Caller], object] = field(default=lambda _: None)


class Disturbances:
    """Those that have not happened yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Disturbance] = []

    def arm(self, disturbance: Disturbance) -> None:
        """Let `disturbance` happen."""
        with self._lock:
            self._armed.append(disturbance)

    def clear(self) -> None:
        """Let nothing more happen; what has begun goes on."""
        with self._lock:
            self._armed.clear()

    def take(self, kind: type[T], action: str | None, where: tuple[str, ...] = ()) -> list[T]:
        """Return what happens now, once less for each, in the order it was armed.

        Args:
            kind: the kind of disturbance.
            action: the action it happens to; None asks for those of any action.
            where: the places where it happens, for kinds that have one.
        """
        with self._lock:
            found = [
                one
                for one in self._armed
                if isinstance(one, kind) and _is_for(one, action) and _is_at(one, where)
            ]
            for one in found:
                if one.count is not None:
                    one.count -= 1
            self._armed = [one for one in self._armed if one.count is None or one.count > 0]
        for one in found:
            one.reached.set()
        return found


def _is_for(disturbance: Disturbance, action: str | None) -> bool:
    wanted = disturbance.action
    return wanted is None or (action is not None and wanted.lower() == action.lower())


def _is_at(disturbance: Disturbance, where: tuple[str, ...]) -> bool:
    return not where or getattr(disturbance, "where", None) in where
