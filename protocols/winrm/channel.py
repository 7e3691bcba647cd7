"""Runs operations: a conversation on one side, the transport on the other.

A run leases the line for one exchange at a time and never holds it while the caller has a result.
What it leaves open on the server is released by its `close`, or, if the caller dropped it, by the
channel before its next exchange or at its end. Nothing here is built or sent before a result is
asked for, and no HTTP library is loaded.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from mi.callbacks import SessionCallbacks
from mi.calls import (
    AssociatorInstances,
    Call,
    CreateInstance,
    DeleteInstance,
    EnumerateClasses,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    QueryInstances,
    ReferenceInstances,
    Subscribe,
    SubscribeEventLog,
    TestConnection,
)
from mi.control import CancelToken, Control, Expiry
from mi.errors import ConnectionFailed, InvalidParameter, MIError, NotSupported
from mi.handler import Event, Item
from mi.options import DestinationOptions
from mi.store import SchemaStore
from protocols.winrm.bounds import Bounds, Phase
from protocols.winrm.endpoint import Address
from protocols.winrm.server import Lesson, Server
from protocols.winrm.sizes import envelope_size, largest_reply
from protocols.wsman.classes import Declaration
from protocols.wsman.conversation import Conversation, Resumable
from protocols.wsman.dialects import CLASS_KNOWN, NO_CLASSES, SchemaView, Settings
from protocols.wsman.enumeration import Enumeration
from protocols.wsman.envelope import Reply, Request, parse, serialize
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing
from protocols.wsman.identify import Identification
from protocols.wsman.invocation import Invocation
from protocols.wsman.operation_options import operation_options
from protocols.wsman.subscription import Subscription
from protocols.wsman.transfer import Creation, Deletion, Modification, Retrieval

if TYPE_CHECKING:
    from protocols.winrm.line import Line
    from protocols.winrm.transport import Transport

__all__ = ["CONVERSATIONS", "WinrmChannel"]

_logger = logging.getLogger("mi.winrm")

_DEFAULT_ELEMENTS: Final = 32_000  # what Windows' MI client asks for, and MaxBatchItems allows
_DEFAULT_LOCALE: Final = "en-US"

CONVERSATIONS: Final[dict[type[Call[Any]], Callable[..., Conversation]]] = {
    TestConnection: Identification,
    GetInstance: Retrieval,
    CreateInstance: Creation,
    ModifyInstance: Modification,
    DeleteInstance: Deletion,
    Invoke: Invocation,
    EnumerateInstances: Enumeration,
    QueryInstances: Enumeration,
    AssociatorInstances: Enumeration,
    ReferenceInstances: Enumeration,
    GetClass: Declaration,
    EnumerateClasses: Enumeration,
    Subscribe: Subscription,
    SubscribeEventLog: Subscription,
}
"""What each call is on the wire."""


class WinrmChannel:
    """The line to one WinRM service, and what the operations of a session share beside it."""

    def __init__(
        self,
        address: Address,
        destination: str | None,
        options: DestinationOptions,
        callbacks: SessionCallbacks,
    ) -> None:
        """Make a channel, which has no connection yet.

        Args:
            address: of the service.
            destination: the host as the caller named it, for the instances that come from it.
            options: of the session.
            callbacks: told what happens outside any operation.
        """
        self._address = address
        self._destination = destination
        self._options = options
        self._callbacks = callbacks
        self.server = Server(address.authority, options, callbacks)
        self._schemas: SchemaView = SchemaStore() if options.schema is None else options.schema
        self._limit = largest_reply(options)
        self._addressing = Addressing(
            address.url,
            envelope_size(options),
            options.ui_locale or _DEFAULT_LOCALE,
            options.data_locale or _DEFAULT_LOCALE,
        )
        self._transport: Transport | None = None
        self._lock = Lock()
        self._fetching: dict[tuple[str, str], Lock] = {}
        self._orphans: deque[_Run] = deque()
        self._is_closed = False

    def start(self, call: Call[Any], control: Control) -> _Run:
        """Return the run of `call`, which has sent nothing yet.

        Raises:
            NotSupported: this kind of call has no row in `CONVERSATIONS`.
            MIError: the call cannot be put into messages.
        """
        return _Run(self, call, control, self.begin(call, control))

    def close(self, expiry: Expiry) -> None:
        """Release what dropped runs left open, and close the connection; twice is allowed."""
        with self._lock:
            self._is_closed = True
            transport = self._transport
        if transport is None:
            return
        try:
            if self._orphans:
                cancel = CancelToken()
                with transport.lease(expiry, cancel) as line:
                    self._release_orphans(line, expiry, cancel)
        except MIError as error:
            _logger.warning("what was left open could not be released: %s", error)
        # In no `finally`: after a Ctrl-C the session may be closed once more, and releases then.
        transport.close(expiry)

    # For runs

    def begin(self, call: Call[Any], control: Control) -> Conversation:
        """Return the conversation of `call`, in the form that the server is known to take.

        Raises:
            NotSupported: this kind of call, or of server, has no row for it.
            MIError: the call cannot be put into messages.
        """
        kind = CONVERSATIONS.get(type(call))
        if kind is None:
            raise NotSupported(f"{call.operation} is not in this release over WINRM")
        options, dialect = control.options, self.server.dialect
        dialect.check(call)
        if options.resource_uri_prefix is not None:
            dialect = dialect.with_prefix(options.resource_uri_prefix)
        settings = Settings(
            control.timeout,
            options.max_elements or self._options.max_elements or _DEFAULT_ELEMENTS,
            control.flags,
            self._destination,
            (self._addressing.locale, self._addressing.data_locale),
            options.resource_uri,
            options.use_machine_id is not False,
        )
        return kind(call, settings, dialect, self._schemas)

    def ask(self, request: Request, expiry: Expiry, cancel: CancelToken) -> Reply | Fault:
        """Send `request` and return the reply.

        Raises:
            MIError: what the transport made of it, or the reply is none.
        """
        message_id = None if request.is_identify else _new_id()
        envelope = serialize(request, self._addressing, message_id or "")
        with self._lines().lease(expiry, cancel) as line:
            self._release_orphans(line, expiry, cancel)
            data = next(line.exchange(envelope, expiry, cancel, repeatable=request.repeatable))
        try:
            return parse(data, message_id, limit=self._limit)
        except MIError as error:
            error.outcome_unknown = not request.repeatable
            raise

    @contextmanager
    def fetching(
        self, schema: tuple[str, str], expiry: Expiry, cancel: CancelToken
    ) -> Iterator[None]:
        """Let nobody else fetch the declaration of this class meanwhile.

        Raises:
            OperationTimeout: somebody else did, until `expiry`.
            OperationCancelled: `cancel` came first.
        """
        namespace, class_name = schema
        lock = self._fetching.setdefault((namespace.lower(), class_name.lower()), Lock())
        with Bounds(expiry, cancel, 0) as bounds:
            bounds.enter(Phase.QUEUING)
            while not lock.acquire(timeout=bounds.wait()):
                pass
        try:
            yield
        finally:
            lock.release()

    def adopt(self, run: _Run) -> None:
        """Take over a run that was dropped: no lock, nothing sent, in any thread."""
        self._orphans.append(run)

    def release(self, run: _Run) -> None:
        """Release what `run` has open, within the grace time.

        Raises:
            MIError: the server does not know of it.
        """
        if self._is_closed or run.abandon() is None:
            return
        expiry, cancel = Expiry.of_grace(), CancelToken()
        with self._lines().lease(expiry, cancel) as line:
            self._send_release(run, line, expiry, cancel)

    # Inside

    def _lines(self) -> Transport:
        """Return the transport, made when it is first needed."""
        transport = self._transport
        if transport is None:
            from protocols.winrm.transport import Transport  # noqa: PLC0415 - requests and all

            with self._lock:
                if self._is_closed:
                    raise InvalidParameter("the session is closed")
                transport = self._transport or Transport(
                    self._address, self._options, self._callbacks
                )
                self._transport = transport
        return transport

    def _release_orphans(self, line: Line, expiry: Expiry, cancel: CancelToken) -> None:
        """Release what dropped runs have open, for no longer than the caller wants to wait."""
        while self._orphans:
            run = self._orphans.popleft()
            grace = Expiry.of_grace()
            try:
                earlier = expiry if expiry.at <= grace.at else grace
                self._send_release(run, line, earlier, cancel)
            except BaseException as error:
                if not isinstance(error, MIError) or cancel.cancelled or expiry.remaining() == 0:
                    self._orphans.append(run)
                    raise
                _logger.warning("a dropped operation could not be released: %s", error)

    def _send_release(self, run: _Run, line: Line, expiry: Expiry, cancel: CancelToken) -> None:
        request = run.abandon()
        if request is not None:
            envelope = serialize(request, self._addressing, _new_id())
            next(line.exchange(envelope, expiry, cancel, repeatable=request.repeatable))
            run.forget()


class _Run:
    """One operation under way."""

    __slots__ = (
        "__weakref__",
        "_call",
        "_channel",
        "_control",
        "_conversation",
        "_dialect",
        "_is_abandoned",
        "_left_open",
        "_options",
    )

    def __init__(
        self,
        channel: WinrmChannel,
        call: Call[Any],
        control: Control,
        conversation: Conversation,
    ) -> None:
        self._channel = channel
        self._call = call
        self._control = control
        self._conversation = conversation
        self._dialect = channel.server.dialect
        self._options = operation_options(control.options, self._dialect)
        self._is_abandoned = False
        self._left_open: Request | None = None

    def next_batch(self) -> list[Event] | None:
        """Return the results that the next replies hold; None is the end."""
        expiry = self._control.begin_wait()
        try:
            while (results := self._advance(expiry)) is not None:
                if results:
                    self._channel.server.warn_of_text(results, self._control.flags)
                    return [Item(result) for result in results]
        except MIError as error:
            # A lost Pull loses results, but nothing on the server is other than it was.
            error.outcome_unknown = error.outcome_unknown and not self._call.repeatable
            raise
        return None

    def close(self) -> None:
        """Release what is open on the server, within the grace time."""
        self._channel.release(self)

    def drop(self) -> None:
        """Hand what is open to the channel, which releases it later."""
        self._channel.adopt(self)

    def abandon(self) -> Request | None:
        """End the conversation; return what releases it, until `forget`, or None."""
        if not self._is_abandoned:
            self._is_abandoned = True
            self._left_open = self._conversation.abandon()
        return self._left_open

    def forget(self) -> None:
        """Know that nothing is left open."""
        self._left_open = None

    def _advance(self, expiry: Expiry) -> list[Any] | None:
        """Take one step; None is the end."""
        conversation = self._conversation
        request = conversation.next_request()
        if request is None:
            return conversation.receive(CLASS_KNOWN) if conversation.awaits_class else None
        if request.schema is None:
            return self._exchange(request, expiry)
        with self._channel.fetching(request.schema, expiry, self._control.cancel):
            request = conversation.next_request()  # no more, if somebody else fetched it
            if request is None:
                return conversation.receive(CLASS_KNOWN)
            return self._told(request, self._reply(request, expiry))

    def _exchange(self, request: Request, expiry: Expiry) -> list[Any]:
        try:
            reply = self._reply(request, expiry)
        except ConnectionFailed as error:
            if not (isinstance(self._conversation, Resumable) and self._conversation.resume()):
                raise
            _logger.warning("the connection broke, and the operation goes on: %s", error)
            return []
        return self._told(request, reply)

    def _told(self, request: Request, reply: Reply | Fault) -> list[Any]:
        """Tell the conversation, unless the answer says more of the server than of the request."""
        server, conversation = self._channel.server, self._conversation
        lesson = server.learn(reply, request, self._dialect, may_lack=conversation.awaits_class)
        if lesson is Lesson.NO_CLASSES:
            return conversation.receive(NO_CLASSES)
        if lesson is Lesson.AGAIN:
            self._begin_again()
            return []
        results = conversation.receive(reply)
        if isinstance(self._call, TestConnection):
            server.introduce(results[0])
        return results

    def _begin_again(self) -> None:
        self._conversation = self._channel.begin(self._call, self._control)
        self._dialect = self._channel.server.dialect
        self._options = operation_options(self._control.options, self._dialect)

    def _reply(self, request: Request, expiry: Expiry) -> Reply | Fault:
        if self._options and request.schema is None and not request.is_identify:
            request = replace(request, options=(*request.options, *self._options))
        return self._channel.ask(request, expiry, self._control.cancel)


def _new_id() -> str:
    # As Windows' own client writes it.
    return f"uuid:{str(uuid4()).upper()}"
