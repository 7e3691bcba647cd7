"""Subscriptions: what happens on a host, or is written to its event log, pulled as it comes.

A subscription is an enumeration that never ends (DSP0226 10.2.9.5), and what can go wrong with it
is that it ends. The caller is to notice nothing of that, so here is what this file does about it.

Waiting is no failure. A Pull is answered when there is an event, when a heartbeat is due, or when
the server's time for it is over (TimedOut); after the last two the same is asked again, for as long
as the caller wants to wait. Nothing of it is told him.

The server closes subscriptions: when nobody pulled in time, when its buffer was full, when it was
restarted; or it forgets them, and says that it knows no such context. A connection breaks, and the
page that was on its way is gone. In each case another Subscribe goes on, but only if that loses
nothing and repeats nothing: with the bookmark of the last page, or, before there was any page, from
where the first one began, if that is a fixed point. A subscription from "now on" has no fixed point
until the server has sent a bookmark, and WMI's has none at all: what happened in between is lost,
and that is an error, for whoever reads events must know. So is a subscription that the server
closes before it has given a page: it would close the next one too.

A subscription is left open by whoever does not unsubscribe. `abandon` returns the Unsubscribe; one
whose connection broke is unsubscribed before the next is opened.

A server that lets it end after a time, though nobody asked for that, is asked for more time while
it is waited for. There is no clock here; but no Pull takes longer than the time it was given, so
counting them tells when half of the time may be over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from mi.calls import Subscribe as SubscribeCall
from mi.calls import SubscribeEventLog
from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from mi.results import ErrorCategory
from protocols.wsman.bookmarks import Position
from protocols.wsman.deliveries import Delivery
from protocols.wsman.dialects import ClassKnown, Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.event_sources import source_of
from protocols.wsman.eventing import UNSUBSCRIBE, Manager, Renew, Renewed, Subscribed
from protocols.wsman.fault import Fault
from protocols.wsman.held import Held
from protocols.wsman.lifetime import Lifetime
from protocols.wsman.namespaces import (
    ACTION_PULL,
    ACTION_RELEASE,
    ACTION_RENEW,
    ACTION_SUBSCRIBE,
    ACTION_UNSUBSCRIBE,
)
from protocols.wsman.pages import Pull, Release
from protocols.wsman.retelling import retold
from protocols.wsman.subscription_states import NEXT, Event, State, event_of

__all__ = ["Subscription"]

_USUAL_WAIT: Final = 60.0  # seconds that Windows and OMI give a Pull which does not say
_GLANCE: Final = 5.0  # seconds in which what is there has come, for whoever does not follow


class Subscription:
    """The conversation of a `Subscribe` or a `SubscribeEventLog`."""

    def __init__(
        self,
        call: SubscribeCall | SubscribeEventLog,
        settings: Settings,
        dialect: Dialect,
        schemas: SchemaView,
    ) -> None:
        """Begin the conversation.

        Args:
            call: what to subscribe to.
            settings: how to run the operation.
            dialect: the server's.
            schemas: the classes that are known.

        Raises:
            InvalidParameter: the bookmark is none.
            InvalidQuery: the query's language is not one that has a name here.
            NotSupported: it wants push delivery.
        """
        self._source = source_of(call, settings, dialect, schemas)
        self._settings = settings
        self._max_elements = min(settings.max_elements, dialect.largest_page)
        self._held = Held(self._source.reader, settings, schemas)
        self._state = State.SUBSCRIBING
        self._manager = Manager()
        self._context = ""
        self._page: Delivery | None = None
        self._failure: MIError | None = None
        self._position = Position(self._source.body.bookmark, is_exact=self._source.is_fixed)
        self._lifetime = Lifetime(self._wait or _USUAL_WAIT)
        self._sent: Mapping[State, Callable[[], Request | None]] = {
            State.SUBSCRIBING: self._subscribe,
            State.NEW: self._pull,
            State.OPEN: self._pull,
            State.RENEWING: self._renew,
            State.LEAVING: self._unsubscribe,
        }

    @property
    def awaits_class(self) -> bool:
        """Whether events have come whose classes are not all known."""
        return self._held.awaits_class

    @property
    def _wait(self) -> float | None:
        """The seconds that the server may take for a Pull, or None to leave that to it."""
        caller = self._settings.operation_timeout
        if self._source.follows:
            return caller
        # Half of it, so that the server says that nothing is there before the caller gives up.
        return _GLANCE if caller is None else min(_GLANCE, caller / 2)

    def next_request(self) -> Request | None:
        """Return the request for a class, else what is due next, or None.

        Raises:
            MIError: what went wrong after the last events.
        """
        if self._held.awaits_class:
            return self._held.request()
        self._held.raise_failure()
        if self._failure is not None:
            raise self._failure
        send = self._sent.get(self._state)
        return None if send is None else send()

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the indications that have come.

        Raises:
            MIError: the operation has failed. Nothing more is to be sent but what `abandon` says.
        """
        try:
            return self._receive(reply)
        except MIError:
            self._state = State.OVER
            raise

    def resume(self) -> bool:
        """Go on although a page was lost, from behind the one before it; False if that is not so.

        A subscription whose first page is lost might lose every one.
        """
        is_pull = self._state is State.OPEN and not self._held.awaits_class
        if not (is_pull and self._position.is_exact):
            return False
        self._state = State.LEAVING
        return True

    def abandon(self) -> Request | None:
        """End the conversation; return what unsubscribes, if there is anything to."""
        request = self._unsubscribe()
        self._forget()
        self._state = State.OVER
        self._held.drop()
        self._failure = None
        return request

    # Sending

    def _subscribe(self) -> Request:
        body = replace(self._source.body, bookmark=self._position.origin).write()
        return self._request(ACTION_SUBSCRIBE, body, repeatable=False)

    def _pull(self) -> Request:
        # A Pull whose reply was lost may have lost its events, so it is never sent twice.
        body = Pull(self._context, self._max_elements).write()
        return replace(
            self._request(ACTION_PULL, body, repeatable=False),
            operation_timeout=self._wait,
        )

    def _renew(self) -> Request:
        return self._about(ACTION_RENEW, Renew(self._lifetime.granted).write())

    def _unsubscribe(self) -> Request | None:
        if self._manager.header:
            return self._about(ACTION_UNSUBSCRIBE, UNSUBSCRIBE)
        if self._context:  # nothing names the subscription but its enumeration
            return self._request(ACTION_RELEASE, Release(self._context).write())
        return None

    def _about(self, action: str, body: str) -> Request:
        return replace(
            self._request(action, body),
            resource_uri=self._manager.resource_uri or self._source.resource_uri,
            options=(),
            header=self._manager.header,
        )

    def _request(self, action: str, body: str, *, repeatable: bool = True) -> Request:
        # All requests name the same resource, in the same way, with the same options.
        return Request(
            action,
            self._source.resource_uri,
            body,
            selectors=self._source.selectors,
            options=self._source.options_behind(self._position.origin),
            operation_timeout=self._settings.operation_timeout,
            repeatable=repeatable,
        )

    # Receiving

    def _receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        if self._held.awaits_class:
            return self._indications(self._held.receive(reply))
        if isinstance(reply, Reply):
            return self._receive_reply(reply)
        if isinstance(reply, Fault):
            self._receive_fault(reply)
        return []  # else a class became known that somebody else waits for

    def _receive_reply(self, reply: Reply) -> list[Any]:
        before = self._state
        self._state = NEXT[before, Event.ANSWER]
        if before is State.SUBSCRIBING:
            self._receive_subscribed(Subscribed.read(reply))
        elif before is State.RENEWING:
            self._lifetime.grant(Renewed.read(reply).expires)
        elif before is State.LEAVING:
            self._begin_anew()
        else:
            page = Delivery.read(reply)
            if not self._settings.use_machine_id:
                page = page._replace(machine_id=None)
            self._page = page
            self._context = page.context or self._context
            self._receive_page(page, before)
            items = self._held.take(page.items, is_repaired=reply.is_repaired)
            return self._indications(items)
        return []

    def _receive_subscribed(self, said: Subscribed) -> None:
        self._manager, self._context = said.manager, said.context
        if not said.context:
            raise ProtocolError("the answer to Subscribe says nothing to pull with")
        if self._source.body.expires is None:
            self._lifetime.grant(said.expires)
        self._position.go_to(said.bookmark)

    def _receive_page(self, page: Delivery, before: State) -> None:
        if page.items:
            self._renew_if_due()
            return
        self._position.go_to(page.bookmark)
        self._pause()
        if page.is_last:
            self._close(before, _ended())

    def _indications(self, events: Sequence[Instance]) -> list[Any]:
        """Return the events of the page at hand, each with the bookmark of where it stands."""
        page = self._page
        if page is None or not events:
            return []
        results = self._position.go_past(events, page)
        if page.is_last and len(events) == len(page.items):
            self._close(State.OPEN, _ended())
        return results

    def _receive_fault(self, fault: Fault) -> None:
        before, event = self._state, event_of(fault)
        self._state = NEXT[before, event]
        if before is State.LEAVING:
            self._begin_anew()
        elif event is Event.CLOSED and before is not State.SUBSCRIBING:
            self._close(before, fault.error())
        elif self._state is State.OVER:
            if fault.ends_context:
                self._forget()
            raise fault.error()
        elif before is State.RENEWING:
            self._lifetime.grant(None)  # it will not be renewed, and its end will be noticed
        else:
            self._pause()

    # What becomes of the subscription

    def _pause(self) -> None:
        """Go on after a Pull that brought nothing."""
        if self._source.follows:
            self._renew_if_due()
        else:
            self._state = State.OVER

    def _renew_if_due(self) -> None:
        if self._lifetime.is_due():
            self._state = State.RENEWING

    def _close(self, before: State, error: MIError) -> None:
        """Open another subscription in the place of one that the server closed, if it may be."""
        self._forget()
        if self._source.body.expires is not None:
            self._state = State.OVER  # it has come to the end that it was to have
        elif NEXT[before, Event.CLOSED] is State.OVER:
            self._state, self._failure = State.OVER, error
        elif not self._position.is_exact:
            self._state, self._failure = State.OVER, _gap(error)
        else:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._forget()
        self._position.begin_anew()
        self._state = State.SUBSCRIBING
        self._lifetime.grant(None)

    def _forget(self) -> None:
        """Know of nothing that is open on the server."""
        self._manager, self._context = Manager(), ""


def _ended() -> MIError:
    return MIError(
        "the server ended the subscription",
        category=ErrorCategory.RESOURCE_UNAVAILABLE,
        advice="Subscribe again.",
    )


def _gap(error: MIError) -> MIError:
    """Return the error of a subscription whose place no other can take without a gap."""
    return retold(
        error,
        f"{error.message.rstrip('.')}; what has happened since the last event is not known",
        "Subscribe again, and look for yourself at what may have changed meanwhile.",
    )
