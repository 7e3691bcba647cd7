"""The events of an endpoint: made when they are asked for, and told to whoever subscribed."""

import gc

from mi.instance import Instance
from protocols.loopback.events import Events
from protocols.loopback.feeds import WmiFeed
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Change


class Noting(WmiFeed):
    """A feed that takes note of what it is told."""

    def __init__(self, *, is_wanted: bool) -> None:
        self.told: list[Change] = []
        self.is_wanted = is_wanted

    def tell(self, change: Change) -> bool:
        self.told.append(change)
        return self.is_wanted


def test_the_log_is_made_once_and_tells_the_subscriptions() -> None:
    events = Events(sample_repository())
    notified: list[bool] = []
    events.subscriptions.notify = lambda: notified.append(True)  # type: ignore[method-assign]
    assert events.log is events.log
    events.log.write("System", 1)
    assert notified == [True]


def test_every_feed_is_told_of_a_change_and_subscriptions_if_any_wants_it() -> None:
    repository = sample_repository()
    events = Events(repository)
    notified: list[bool] = []
    events.subscriptions.notify = lambda: notified.append(True)  # type: ignore[method-assign]
    service = next(repository.instances("root/cimv2", "Win32_Service"))
    feeds = [Noting(is_wanted=False), Noting(is_wanted=False)]
    for feed in feeds:
        events.add(feed)
    repository.add(service)
    assert [len(feed.told) for feed in feeds] == [1, 1]
    assert notified == []
    feeds[0].is_wanted = True
    repository.add(service)
    assert [len(feed.told) for feed in feeds] == [2, 2]
    assert notified == [True]


def test_a_feed_that_nobody_has_any_more_is_told_nothing() -> None:
    repository = sample_repository()
    events = Events(repository)
    told = []
    feed = Noting(is_wanted=True)
    told.append(feed.told)
    events.add(feed)
    del feed
    gc.collect()
    repository.add(Instance(repository.find_class("root/cimv2", "Win32_Service"), {"Name": "x"}))
    assert told == [[]]


def test_a_subscription_stands_for_as_long_as_the_endpoint_says() -> None:
    events = Events(sample_repository(), idle_limit=7.0, lifetime=5.0)
    assert events.lifetime == 5.0
