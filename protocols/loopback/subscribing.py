"""Subscribe, the Pull of a subscription, Renew and Unsubscribe.

What is pulled or released may be an enumeration or a subscription, for both are named by the id of
an enumeration; the id tells which it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from protocols.loopback import enumerating
from protocols.loopback.event_queries import EventQuery
from protocols.loopback.feeds import Feed, LogFeed, WmiFeed, read_bookmark
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.resources import Family
from protocols.loopback.subscriptions import Terms
from protocols.wsman.deliveries import bookmark_markup
from protocols.wsman.eventing import Expiration, Manager, Renew, Renewed, Subscribe, Subscribed
from protocols.wsman.namespaces import (
    BOOKMARK_EARLIEST,
    DELIVERY_PULL,
    EVENT_QUERY_DIALECT,
    WQL_DIALECT,
)
from protocols.wsman.pages import Pull, Release, write_page
from protocols.wsman.writers import Writer

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["pull", "release", "renew", "subscribe", "unsubscribe"]

T = TypeVar("T")


def _read(read: Callable[[_Element], T], operation: Operation) -> T:
    """Return the body of a request, or refuse it."""
    try:
        return read(operation.request.body)
    except ProtocolError as error:
        raise refuse("SCHEMA_VALIDATION_ERROR", error.message) from error


def subscribe(operation: Operation) -> Outcome:
    """Open a subscription.

    Raises:
        Refusal: the request cannot be answered.
    """
    asked = _read(Subscribe.read, operation)
    if asked.mode != DELIVERY_PULL:
        raise refuse("EVENTING_DELIVERY_MODE_REQUESTED_UNAVAILABLE", asked.mode)
    lifetime = _seconds(asked.expires, operation.events.lifetime)
    feed = _FEEDS[operation.resource.family](operation, asked)
    terms = Terms(operation.identity, asked.heartbeats, lifetime)
    identifier, context = operation.events.subscriptions.open(feed, terms)
    manager = Manager(operation.request.resource_uri, f"<e:Identifier>{identifier}</e:Identifier>")
    granted = None if lifetime is None else timedelta(seconds=lifetime)
    body = Subscribed(manager, context, granted).write(operation.request.to)
    return Outcome(body, identifier)


def _seconds(asked: Expiration | None, usual: float | None) -> float | None:
    """Return for how long a subscription stands."""
    if asked is None:
        return usual
    span = asked if isinstance(asked, timedelta) else asked - datetime.now(UTC)
    if span <= timedelta():
        raise refuse("EVENTING_INVALID_EXPIRATION_TIME", f"{asked} is over")
    return span.total_seconds()


def _wanted(asked: Subscribe, dialect: str) -> str:
    if asked.filter is None or asked.filter.dialect != dialect:
        given = "" if asked.filter is None else asked.filter.dialect
        raise refuse("EVENTING_FILTERING_REQUESTED_UNAVAILABLE", given or "there is no filter")
    return asked.filter.text


def _log_feed(operation: Operation, asked: Subscribe) -> Feed:
    log = operation.events.log
    query = EventQuery.parse(
        _wanted(asked, EVENT_QUERY_DIALECT),
        log,
        skips_unknown=operation.is_given("ignorechannelerror"),
    )
    if asked.bookmark == BOOKMARK_EARLIEST or operation.has_option("readexistingevents"):
        behind = dict.fromkeys(query.channels, 0)
    else:
        behind = read_bookmark(asked.bookmark, query, log) if asked.bookmark else {}
    is_rendered = operation.value_of("contentformat") == "renderedtext"
    return LogFeed(query, log, behind, is_rendered=is_rendered)


def _wmi_feed(operation: Operation, asked: Subscribe) -> Feed:
    text = _wanted(asked, WQL_DIALECT)
    if asked.bookmark:
        raise refuse("BOOKMARKS_NOT_SUPPORTED")
    writer = Writer(operation.resource.dialect, operation.wants_precise_arrays)

    def write(event: Instance, selected: Sequence[str] | None) -> str:
        return writer.instance(event) if selected is None else writer.fragment(event, selected)

    try:
        feed = WmiFeed(text, operation.resource.namespace, operation.repository, write)
    except MIError as error:
        raise of_wmi(error, "ExecNotificationQuery", text) from error
    operation.events.add(feed)
    return feed


_FEEDS: Final[dict[Family, Callable[[Operation, Subscribe], Feed]]] = {
    Family.EVENT_LOG: _log_feed,
    Family.CLASS: _wmi_feed,
    Family.ALL_CLASSES: _wmi_feed,
}


# What a subscription is asked


def pull(operation: Operation) -> Outcome:
    """Go on with a subscription, or else with an enumeration.

    Raises:
        Refusal: there is neither, nothing came, or the next item does not fit.
        ClientGone: nobody waits for the reply.
    """
    asked = _read(Pull.read, operation)
    subscriptions = operation.events.subscriptions
    if not (operation.resource.family is Family.EVENT_LOG or subscriptions.knows(asked.context)):
        return enumerating.pull(operation)
    most = max(1, min(asked.max_elements, operation.most))
    items, bookmark, context = subscriptions.pull(
        asked.context,
        operation.identity,
        (most, operation.characters),
        operation.time_limit,
        operation.is_connected,
    )
    body = write_page(items, context, is_first=False)
    return Outcome(body, header=bookmark_markup(bookmark))


def release(operation: Operation) -> Outcome:
    """End a subscription, or else an enumeration, by its id.

    Raises:
        Refusal: there is neither.
    """
    asked = _read(Release.read, operation)
    subscriptions = operation.events.subscriptions
    if not (operation.resource.family is Family.EVENT_LOG or subscriptions.knows(asked.context)):
        return enumerating.release(operation)
    subscriptions.release(asked.context)
    return Outcome("")


def renew(operation: Operation) -> Outcome:
    """Give a subscription more time.

    Raises:
        Refusal: there is no such subscription.
    """
    asked = _read(Renew.read, operation)
    lifetime = _seconds(asked.expires, operation.events.lifetime)
    operation.events.subscriptions.renew(operation.request.identifier, lifetime)
    granted = None if lifetime is None else timedelta(seconds=lifetime)
    return Outcome(Renewed(granted).write())


def unsubscribe(operation: Operation) -> Outcome:
    """End a subscription.

    Raises:
        Refusal: there is no such subscription.
    """
    operation.events.subscriptions.end(operation.request.identifier)
    return Outcome("")
