"""Subscriptions under way: who pulls them, how long they live, and how they end.

A subscription has a name, by which it is renewed and ended, and the id of an enumeration, which is
new with every reply that brings something and stays what it is when a Pull times out. One with
heartbeats is closed when nobody pulls it for as long as that; without, it is forgotten like any
other enumeration. Whoever pulls a closed one is told why, once, and then that it is closed.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.loopback.feeds import Feed
from protocols.loopback.peer import ClientGone
from protocols.loopback.refusals import refuse

__all__ = ["Delivered", "Opened", "Subscriptions", "Terms"]

_GLANCE: Final = 0.02  # seconds between two looks at whether the client still waits


class Terms(NamedTuple):
    """On what terms a subscription stands.

    Attributes:
        resource: what a Pull has to name again: the resource URI and the selectors.
        heartbeats: seconds after which a Pull is answered with nothing, or None.
        lifetime: seconds after which it ends, or None.
    """

    resource: tuple[str, ...]
    heartbeats: float | None = None
    lifetime: float | None = None


class Opened(NamedTuple):
    """A new subscription: its name, and the id to pull with."""

    identifier: str
    context: str


class Delivered(NamedTuple):
    """What a Pull brings: events as markup, how far they go, and the id to pull with next."""

    items: list[str]
    bookmark: str
    context: str


@dataclass
class _Subscription:
    feed: Feed
    terms: Terms
    identifier: str
    context: str
    seen: float
    ends: float | None
    is_pulling: bool = False
    closed: str | None = None  # why, as the name of a fault

    def reason_to_close(self, now: float) -> str | None:
        if self.ends is not None and self.ends <= now:
            return "SUBSCRIPTION_CLOSED"
        beats = self.terms.heartbeats
        if beats is not None and not self.is_pulling and self.seen + beats < now:
            return "SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT"
        return None


class Subscriptions:
    """The subscriptions of an endpoint; any thread may use it."""

    def __init__(self, idle_limit: float = 240.0) -> None:
        """Make it.

        Args:
            idle_limit: seconds for which one without heartbeats is kept that nobody pulls.
        """
        self._idle_limit = idle_limit
        self._condition = threading.Condition()
        self._by_context: dict[str, _Subscription] = {}

    def __len__(self) -> int:
        with self._condition:
            self._tidy()
            return sum(one.closed is None for one in self._by_context.values())

    def notify(self) -> None:
        """Let whoever waits look for events."""
        with self._condition:
            self._condition.notify_all()

    def open(self, feed: Feed, terms: Terms) -> Opened:
        """Keep a subscription."""
        now = time.monotonic()
        ends = None if terms.lifetime is None else now + terms.lifetime
        opened = Opened(str(uuid.uuid4()).upper(), _new_context())
        with self._condition:
            self._by_context[opened.context] = _Subscription(feed, terms, *opened, now, ends)
        return opened

    def knows(self, context: str) -> bool:
        """Return whether an id is that of a subscription, be it closed."""
        with self._condition:
            return context in self._by_context

    def pull(
        self,
        context: str,
        resource: tuple[str, ...],
        limits: tuple[int, int],
        wait: float,
        is_connected: Callable[[], bool],
    ) -> Delivered:
        """Return what has come, or comes in the next seconds.

        Args:
            context: the newest id.
            resource: what is pulled.
            limits: how many events, and how many characters, there may be at most.
            wait: for how many seconds to wait.
            is_connected: whether the client still waits.

        Raises:
            Refusal: nothing came; or the subscription is closed, or not known, or being pulled.
            ClientGone: nobody waits any more.
        """
        one = self._begin(context, resource)
        try:
            return self._await(one, limits, wait, is_connected)
        finally:
            with self._condition:
                one.is_pulling, one.seen = False, time.monotonic()

    def _begin(self, context: str, resource: tuple[str, ...]) -> _Subscription:
        with self._condition:
            self._tidy()
            one = self._by_context.get(context)
            if one is None:
                raise refuse("INVALID_ENUMERATION_CONTEXT")
            self._check_open(one)
            if one.terms.resource != resource:
                raise refuse("PULL_PARAMS_NOT_SAME_AS_ENUM")
            if one.is_pulling:
                raise refuse("EVENTING_CONCURRENT_CLIENT_RECEIVE")
            one.is_pulling = True
            return one

    def _await(
        self,
        one: _Subscription,
        limits: tuple[int, int],
        wait: float,
        is_connected: Callable[[], bool],
    ) -> Delivered:
        until = time.monotonic() + wait
        beats = one.terms.heartbeats
        beat = None if beats is None else time.monotonic() + beats
        while is_connected():
            with self._condition:
                self._tidy()
                self._check_open(one)
                items, now = one.feed.take(*limits), time.monotonic()
                if items or (beat is not None and now >= beat):
                    return self._deliver(one, items)
                if now >= until:
                    raise refuse("OPERATION_TIMEDOUT")
                self._condition.wait(min(_GLANCE, max(0.0, until - now)))
        raise ClientGone

    def _deliver(self, one: _Subscription, items: list[str]) -> Delivered:
        self._by_context.pop(one.context, None)
        one.context = _new_context()
        self._by_context[one.context] = one
        return Delivered(items, one.feed.bookmark, one.context)

    @staticmethod
    def _check_open(one: _Subscription) -> None:
        if one.closed is not None:
            reason, one.closed = one.closed, "SUBSCRIPTION_CLOSED"
            raise refuse(reason)

    # Its end

    def renew(self, identifier: str | None, lifetime: float | None) -> None:
        """Let a subscription live for so many seconds from now on.

        Raises:
            Refusal: there is none of that name.
        """
        with self._condition:
            one = self._named(identifier)
            one.ends = None if lifetime is None else time.monotonic() + lifetime

    def end(self, identifier: str | None) -> None:
        """End a subscription by its name; whoever pulls it is told.

        Raises:
            Refusal: there is none of that name.
        """
        with self._condition:
            self._named(identifier).closed = "SUBSCRIPTION_CLOSED"
            self._condition.notify_all()

    def release(self, context: str) -> None:
        """End a subscription by its newest id.

        Raises:
            Refusal: there is none.
        """
        with self._condition:
            self._tidy()
            if self._by_context.pop(context, None) is None:
                raise refuse("INVALID_ENUMERATION_CONTEXT")

    def discard(self, identifier: str) -> None:
        """Forget a subscription whose name never reached the client, if there is one."""
        with self._condition:
            self._remove(lambda one: one.identifier == identifier)

    def close(self, reason: str = "SUBSCRIPTION_CLOSED") -> None:
        """Close every subscription, as a server that has had enough of them."""
        with self._condition:
            for one in self._by_context.values():
                one.closed = reason
            self._condition.notify_all()

    def forget(self) -> None:
        """Know of no subscription any more, as a server that was restarted."""
        with self._condition:
            for one in self._by_context.values():
                one.closed = "INVALID_ENUMERATION_CONTEXT"
            self._by_context.clear()
            self._condition.notify_all()

    def _named(self, identifier: str | None) -> _Subscription:
        self._tidy()
        for one in self._by_context.values():
            if one.identifier == identifier and one.closed is None:
                return one
        raise refuse("EVENTING_INVALID_MESSAGE")

    def _tidy(self) -> None:
        now = time.monotonic()
        for one in self._by_context.values():
            if one.closed is None:
                one.closed = one.reason_to_close(now)
        self._remove(lambda one: not one.is_pulling and one.seen + self._idle_limit < now)

    def _remove(self, is_meant: Callable[[_Subscription], bool]) -> None:
        for context, one in list(self._by_context.items()):
            if is_meant(one):
                del self._by_context[context]


def _new_context() -> str:
    return f"uuid:{str(uuid.uuid4()).upper()}"
