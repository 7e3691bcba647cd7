"""Subscriptions: named and pulled by ids, closed and forgotten as servers do."""

import threading
import time
from collections import deque
from typing import Any

import pytest

from protocols.loopback.peer import ClientGone
from protocols.loopback.refusals import Refusal
from protocols.loopback.subscriptions import Delivered, Subscriptions, Terms
from protocols.meanings.numbers import NUMBERS

RESOURCE = ("uri", "selector=1")
PLENTY = (100, 100_000)
LONG = 20.0  # seconds after which a test gives up; nothing here takes so long


class Feed:
    """Gives what is put into it."""

    def __init__(self, *items: str) -> None:
        self.items = deque(items)
        self.bookmark = "<b/>"

    def take(self, most: int, characters: int) -> list[str]:
        return [self.items.popleft() for _ in range(min(most, len(self.items)))]


def refused(name: str) -> Any:
    return pytest.raises(Refusal, check=lambda one: one.fault.wsman_code == NUMBERS[name])


def opened(subscriptions: Subscriptions, *items: str, **terms: Any) -> tuple[Feed, str, str]:
    feed = Feed(*items)
    return feed, *subscriptions.open(feed, Terms(RESOURCE, **terms))


def pulled(subscriptions: Subscriptions, context: str, wait: float = 0.0) -> Delivered:
    return subscriptions.pull(context, RESOURCE, PLENTY, wait, lambda: True)


def test_every_delivery_has_a_new_id_and_says_how_far_it_goes() -> None:
    subscriptions = Subscriptions()
    feed, _, context = opened(subscriptions, "a", "b")
    items, bookmark, then = subscriptions.pull(context, RESOURCE, (1, 10), 0.0, lambda: True)
    assert (items, bookmark) == (["a"], "<b/>")
    assert then != context
    assert pulled(subscriptions, then).items == ["b"]
    assert len(subscriptions) == 1
    with refused("INVALID_ENUMERATION_CONTEXT"):
        pulled(subscriptions, context)
    assert not feed.items


def test_a_pull_that_times_out_leaves_the_id_as_it_was() -> None:
    subscriptions = Subscriptions()
    feed, _, context = opened(subscriptions)
    with refused("OPERATION_TIMEDOUT"):
        pulled(subscriptions, context, 0.01)
    feed.items.append("a")
    assert pulled(subscriptions, context).items == ["a"]


def test_a_pull_waits_for_what_comes() -> None:
    subscriptions = Subscriptions()
    feed, _, context = opened(subscriptions)

    def write() -> None:
        feed.items.append("a")
        subscriptions.notify()

    timer = threading.Timer(0.05, write)
    timer.start()
    assert pulled(subscriptions, context, LONG).items == ["a"]
    timer.join(30)


def test_a_heartbeat_answers_a_pull_with_nothing() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions, heartbeats=0.01)
    delivered = pulled(subscriptions, context, LONG)
    assert (delivered.items, delivered.bookmark) == ([], "<b/>")


def test_whoever_does_not_pull_within_the_heartbeat_is_told_so_once() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions, "a", heartbeats=0.01)
    time.sleep(0.02)
    assert len(subscriptions) == 0
    with refused("SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT"):
        pulled(subscriptions, context)
    with refused("SUBSCRIPTION_CLOSED"):
        pulled(subscriptions, context)


def test_a_pull_is_of_the_resource_that_was_subscribed_to() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions, "a")
    with refused("PULL_PARAMS_NOT_SAME_AS_ENUM"):
        subscriptions.pull(context, ("other",), PLENTY, 0.0, lambda: True)


def test_only_one_pull_goes_on_at_a_time_and_a_client_that_left_ends_it() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions)
    is_there = threading.Event()
    is_there.set()
    begun = threading.Event()
    gone: list[bool] = []

    def is_connected() -> bool:
        begun.set()
        return is_there.is_set()

    def wait() -> None:
        with pytest.raises(ClientGone):
            subscriptions.pull(context, RESOURCE, PLENTY, LONG, is_connected)
        gone.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(LONG)
    with refused("EVENTING_CONCURRENT_CLIENT_RECEIVE"):
        pulled(subscriptions, context)
    is_there.clear()
    thread.join(LONG)
    assert gone == [True]
    with refused("OPERATION_TIMEDOUT"):
        pulled(subscriptions, context)


def test_a_subscription_is_ended_by_its_name_and_whoever_pulls_it_is_told() -> None:
    subscriptions = Subscriptions()
    _, identifier, context = opened(subscriptions)
    timer = threading.Timer(0.05, subscriptions.end, [identifier])
    timer.start()
    with refused("SUBSCRIPTION_CLOSED"):
        pulled(subscriptions, context, LONG)
    timer.join(30)
    assert len(subscriptions) == 0
    for name in (identifier, "other", None):
        with refused("EVENTING_INVALID_MESSAGE"):
            subscriptions.end(name)


def test_a_subscription_is_ended_by_its_newest_id_too() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions)
    assert subscriptions.knows(context)
    subscriptions.release(context)
    assert not subscriptions.knows(context)
    with refused("INVALID_ENUMERATION_CONTEXT"):
        subscriptions.release(context)


def test_one_that_the_client_never_knew_of_is_discarded() -> None:
    subscriptions = Subscriptions()
    _, identifier, context = opened(subscriptions)
    _, _, other = opened(subscriptions)
    subscriptions.discard("nobody")
    subscriptions.discard(identifier)
    assert (subscriptions.knows(context), subscriptions.knows(other)) == (False, True)


def test_a_subscription_ends_with_its_lifetime_unless_it_is_renewed() -> None:
    subscriptions = Subscriptions()
    _, identifier, context = opened(subscriptions, "a", lifetime=0.05)
    subscriptions.renew(identifier, LONG)
    time.sleep(0.06)
    assert len(subscriptions) == 1
    subscriptions.renew(identifier, None)
    subscriptions.renew(identifier, 0.01)
    time.sleep(0.02)
    assert len(subscriptions) == 0
    with refused("EVENTING_INVALID_MESSAGE"):
        subscriptions.renew(identifier, LONG)
    with refused("SUBSCRIPTION_CLOSED"):
        pulled(subscriptions, context)


def test_one_without_heartbeats_is_forgotten_when_nobody_pulls_it() -> None:
    subscriptions = Subscriptions(idle_limit=0.01)
    _, _, context = opened(subscriptions)
    time.sleep(0.02)
    assert len(subscriptions) == 0
    with refused("INVALID_ENUMERATION_CONTEXT"):
        pulled(subscriptions, context)


def test_a_server_may_close_them_all_for_a_reason() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions, "a")
    subscriptions.close("EVENTING_FAST_SENDER")
    assert len(subscriptions) == 0
    with refused("EVENTING_FAST_SENDER"):
        pulled(subscriptions, context)
    with refused("SUBSCRIPTION_CLOSED"):
        pulled(subscriptions, context)


def test_a_server_may_forget_them_all() -> None:
    subscriptions = Subscriptions()
    _, _, context = opened(subscriptions)
    timer = threading.Timer(0.05, subscriptions.forget)
    timer.start()
    for _ in range(2):
        with refused("INVALID_ENUMERATION_CONTEXT"):
            pulled(subscriptions, context, LONG)
    timer.join(30)
