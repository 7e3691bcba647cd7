"""Enumerations: what a call with many results gives, page by page.

Two rules of this file. What may happen when is in the table below and nowhere else. Asking changes
nothing: `next_request` only looks at the state, so it may be asked twice, or not at all.

An enumeration has one thing on the server's side, its context, and three that can go wrong with it.

The context changes. Windows sends a new one with every page, and whoever pulls with an old one gets
an error, so the newest is the only one that is kept, whatever state we are in. It is over when a
page says EndOfSequence, and equally when a page has no context or an empty one: older iDRAC says
nothing else, OMI says EndOfSequence and keeps on sending a context that it has already forgotten. A
page without items means nothing at all: OMI sends what its provider has got ready so far, which may
be none. A server that sends such pages for ever is stopped by the caller's time, not here; there is
no recursion and no count that it could exhaust.

The context costs. It counts as an operation under way, Windows forgets it after four minutes, and
an OMI provider blocks on one that nobody pulls, until every later request to it hangs. So `abandon`
sends a Release whenever a context may still be there: after a page that could not be read, or after
a fault that refused one request only. It never sends one after a fault that ended the context, and
never twice.

The context is slow. TimedOut is how a server says that a page was not ready within its time for
one request. For a Pull that is no failure: the same Pull is sent again, and the caller's own time
bounds how often. For an Enumerate it is one, with an exception: an optimised Enumerate has to find
its first item in that time, a plain one only has to open the context, so it is asked once more
without optimisation.

What cannot be said in the table is that a page may have to wait: its items are held until the
declarations of their classes are known, and that is `held.Held`'s business. The context in the page
counts from the moment it arrives. Only after everything that is held has been given does the next
Pull go out, so a server never works for pages that nobody is ready to take.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final

from mi.calls import Call
from mi.errors import InvalidEnumerationContext, MIError
from protocols.wsman.dialects import ClassKnown, Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import ACTION_ENUMERATE, ACTION_PULL, ACTION_RELEASE
from protocols.wsman.pages import Page, Pull, Release
from protocols.wsman.retelling import retold
from protocols.wsman.subjects import subject_of

__all__ = ["Enumeration"]


class _State(Enum):
    OPTIMIZED = auto()
    """The Enumerate, with the first items, is to be answered."""
    PLAIN = auto()
    """The Enumerate, for nothing but a context, is to be answered."""
    OPEN = auto()
    """There is a context, and a Pull is to be answered."""
    OVER = auto()
    """Nothing is to be sent."""


class _Event(Enum):
    PAGE = auto()
    LAST_PAGE = auto()
    TIMED_OUT = auto()
    FAULT = auto()


# A fault that leads to OVER is the operation's error; any other is passed over. An event that is
# not here cannot happen: nothing is received that was not asked for.
_NEXT: Final = {
    (_State.OPTIMIZED, _Event.PAGE): _State.OPEN,
    (_State.OPTIMIZED, _Event.LAST_PAGE): _State.OVER,
    (_State.OPTIMIZED, _Event.TIMED_OUT): _State.PLAIN,
    (_State.OPTIMIZED, _Event.FAULT): _State.OVER,
    (_State.PLAIN, _Event.PAGE): _State.OPEN,
    (_State.PLAIN, _Event.LAST_PAGE): _State.OVER,
    (_State.PLAIN, _Event.TIMED_OUT): _State.OVER,
    (_State.PLAIN, _Event.FAULT): _State.OVER,
    (_State.OPEN, _Event.PAGE): _State.OPEN,
    (_State.OPEN, _Event.LAST_PAGE): _State.OVER,
    (_State.OPEN, _Event.TIMED_OUT): _State.OPEN,
    (_State.OPEN, _Event.FAULT): _State.OVER,
}


class Enumeration:
    """The conversation of whatever has a row in `subjects`."""

    def __init__(
        self,
        call: Call[Any],
        settings: Settings,
        dialect: Dialect,
        schemas: SchemaView,
    ) -> None:
        """Begin the conversation.

        Args:
            call: what to enumerate.
            settings: how to run the operation.
            dialect: the server's.
            schemas: the classes that are known.

        Raises:
            MIError: the call cannot be put into messages.
        """
        self._settings = settings
        self._subject = subject_of(call, settings, dialect, schemas)
        self._held = self._subject.items
        self._max_elements = min(settings.max_elements, dialect.largest_page)
        self._state = _State.OPTIMIZED
        self._context: str | None = None

    @property
    def awaits_class(self) -> bool:
        """Whether a page has come whose classes are not all known."""
        return self._held.awaits_class

    def next_request(self) -> Request | None:
        """Return the request for a class, else the Enumerate or the Pull that is due, or None.

        Raises:
            MIError: what went wrong after the last results.
        """
        if self._held.awaits_class:
            return self._held.request()
        self._held.raise_failure()
        if self._state is _State.OVER:
            return None
        return self._pull() if self._state is _State.OPEN else self._enumerate()

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the results that have come.

        Raises:
            MIError: the operation has failed. Nothing more is to be sent but what `abandon` says.
        """
        try:
            if self._held.awaits_class:
                return self._held.receive(reply)
            if isinstance(reply, Fault):
                return self._receive_fault(reply)
            return [] if isinstance(reply, ClassKnown) else self._receive_page(reply)
        except MIError:
            self._state = _State.OVER
            raise

    def abandon(self) -> Request | None:
        """End the enumeration; return the Release of its context if there is one."""
        request = None
        if self._context is not None:
            request = self._request(ACTION_RELEASE, Release(self._context).write())
        self._state = _State.OVER
        self._held.drop()
        self._context = None  # last, for a Ctrl-C: whoever asks again gets the request
        return request

    # Sending

    def _enumerate(self) -> Request:
        is_optimized = self._state is _State.OPTIMIZED
        body = replace(
            self._subject.body, max_elements=self._max_elements if is_optimized else None
        )
        return self._request(ACTION_ENUMERATE, body.write())

    def _pull(self) -> Request:
        # A Pull whose reply was lost may have lost its items, so it is never sent twice.
        body = Pull(self._context or "", self._max_elements).write()
        return self._request(ACTION_PULL, body, repeatable=False)

    def _request(self, action: str, body: str, *, repeatable: bool = True) -> Request:
        # All requests name the same resource, in the same way (MS-WSMV 3.1.4.9: else 0x803381AD).
        return Request(
            action,
            self._subject.resource_uri,
            body,
            selectors=self._subject.selectors,
            options=self._subject.options,
            operation_timeout=self._settings.operation_timeout,
            repeatable=repeatable,
        )

    # Receiving

    def _receive_page(self, reply: Reply) -> list[Any]:
        page = Page.read(reply.body)
        self._context = page.context
        self._state = _NEXT[self._state, _Event.LAST_PAGE if page.context is None else _Event.PAGE]
        return self._held.take(page.items, is_repaired=reply.is_repaired)

    def _receive_fault(self, fault: Fault) -> list[Any]:
        before = self._state
        self._state = _NEXT[before, _Event.TIMED_OUT if fault.is_timeout else _Event.FAULT]
        if self._state is not _State.OVER:
            return []
        if fault.ends_context:
            self._context = None
        error = fault.error()
        if before is _State.OPEN and isinstance(error, InvalidEnumerationContext):
            raise _forgotten(error)
        raise error


def _forgotten(error: MIError) -> MIError:
    return retold(
        error,
        error.message,
        "Servers forget an enumeration that nobody pulls for some minutes: take the results faster,"
        " or fetch them all first with .all().",
    )
