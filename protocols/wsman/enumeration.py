"""Enumerations: all instances of a class, or what a query selects, page by page.

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

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final, NamedTuple

from mi.calls import EnumerateInstances, QueryInstances
from mi.errors import InvalidEnumerationContext, InvalidQuery, MIError, error_for
from mi.results import OperationFlags, Result
from mi.wql import Projection, projection
from protocols.wsman.conversation import namespace_of
from protocols.wsman.dialects import ClassKnown, Dialect, SchemaView, Settings, typing_of
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.held import Held
from protocols.wsman.instances import Decoder
from protocols.wsman.namespaces import (
    ACTION_ENUMERATE,
    ACTION_PULL,
    ACTION_RELEASE,
    WQL_DIALECT,
)
from protocols.wsman.pages import (
    OBJECT,
    OBJECT_AND_REFERENCE,
    REFERENCE,
    Enumerate,
    Filter,
    Page,
    Pull,
    Release,
)

__all__ = ["Enumeration", "dialect_uri"]


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
    """The conversation of an `EnumerateInstances` or a `QueryInstances`."""

    def __init__(
        self,
        call: EnumerateInstances | QueryInstances,
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
            InvalidQuery: the query's language is not one that has a name here.
        """
        namespace = namespace_of(call)
        self._settings = settings
        self._dialect = dialect
        self._namespace = namespace
        self._subject = _SUBJECTS[type(call)](call, namespace, settings, dialect)
        self._max_elements = min(settings.max_elements, dialect.largest_page)
        self._state = _State.OPTIMIZED
        self._context: str | None = None
        decoder = Decoder(
            schemas,
            namespace,
            typing=typing_of(settings.flags, dialect),
            server_name=settings.server_name,
            precise=dialect.precise_arrays,
            projection=self._subject.projection,
        )
        self._held = Held(decoder, settings, schemas)

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
        """Return the instances that have come.

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
        context, self._context = self._context, None
        self._state = _State.OVER
        self._held.drop()
        return None if context is None else self._request(ACTION_RELEASE, Release(context).write())

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
            selectors=self._dialect.namespace_selectors(self._namespace),
            options=self._dialect.options,
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
    return error_for(
        Result.INVALID_ENUMERATION_CONTEXT,
        error.message,
        native_code=error.native_code,
        native_type=error.native_type,
        advice="Servers forget an enumeration that nobody pulls for some minutes: take the results"
        " faster, or fetch them all first with .all().",
        extended_error=error.extended_error,
    )


# What is enumerated


class _Subject(NamedTuple):
    """What is enumerated, as the first request says it; its items are asked for later."""

    resource_uri: str
    body: Enumerate
    projection: Projection | None = None


def _instances_of_class(
    call: EnumerateInstances, namespace: str, settings: Settings, dialect: Dialect
) -> _Subject:
    mode = OBJECT_AND_REFERENCE if dialect.sends_references else OBJECT
    return _Subject(
        dialect.resource_uri(namespace, call.class_name),
        Enumerate(
            mode=REFERENCE if call.keys_only else mode,
            polymorphism=_polymorphism(settings.flags),
        ),
    )


def _polymorphism(flags: OperationFlags) -> str | None:
    """Return the mode for MI's flags; deep is what servers do unasked."""
    if flags & _BASE_PROPERTIES == _BASE_PROPERTIES:
        return "ExcludeSubClassProperties"
    return "None" if flags & OperationFlags.POLYMORPHISM_SHALLOW else None


_BASE_PROPERTIES: Final = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY


def _instances_of_query(
    call: QueryInstances, namespace: str, _settings: Settings, dialect: Dialect
) -> _Subject:
    return _Subject(
        dialect.all_classes_uri(namespace),
        Enumerate(filter=Filter(dialect_uri(call.dialect), call.query)),
        projection(call.query),
    )


_DIALECT_URIS: Final = {
    "wql": WQL_DIALECT,
    "cql": "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf",
}


def dialect_uri(name: str) -> str:
    """Return the URI of a query language, by its name, or as it is.

    Raises:
        InvalidQuery: it is none that has a name here.
    """
    uri = name if "://" in name else _DIALECT_URIS.get(name.lower())
    if uri is None:
        raise InvalidQuery(
            f"the query language {name!r} is not known",
            result=Result.QUERY_LANGUAGE_NOT_SUPPORTED,
            advice="Write WQL, CQL or the URI that the server knows it by.",
        )
    return uri


_SUBJECTS: Final[dict[type[Any], Callable[..., _Subject]]] = {
    EnumerateInstances: _instances_of_class,
    QueryInstances: _instances_of_query,
}
