"""One operation over WINRM: the conversation on one side, the channel on the other.

A run leases a line for one exchange at a time and never holds it while the caller has a result;
only while it listens to what a provider says on the way does it hold one through callbacks. What it
leaves open on the server is released by its `close`, or, if the caller dropped it, by the channel
before its next exchange or at its end. Nothing is built or sent before a result is asked for.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mi.calls import Call, SubscribeEventLog, TestConnection
from mi.control import Control, Expiry
from mi.errors import ConnectionFailed, InvalidParameter, MIError
from mi.events import Prompt
from mi.handler import Event, Item
from mi.results import OperationFlags, ResponseType
from protocols.security.discretion import Forgetting
from protocols.winrm.dialogue import Dialogue, Farewell
from protocols.winrm.server import Lesson
from protocols.wsman.conversation import Conversation, Losing, Resumable
from protocols.wsman.dialects import CLASS_KNOWN, NO_CLASSES, Typing
from protocols.wsman.enhanced import Registration
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option
from protocols.wsman.instances import Decoder
from protocols.wsman.operation_options import operation_options

if TYPE_CHECKING:
    from protocols.winrm.channel import WinrmChannel

__all__ = ["Run"]

_logger = logging.getLogger("mi.winrm")

_REPORT_STARTED: Final = int(OperationFlags.REPORT_OPERATION_STARTED)
_NOBODY_LISTENS: Final = Registration()


class Run:
    """One operation under way."""

    __slots__ = (
        "__weakref__",
        "_call",
        "_channel",
        "_control",
        "_conversation",
        "_dialect",
        "_dialogue",
        "_is_done",
        "_is_over",
        "_may_wait",
        "_must_tell_start",
        "_options",
        "_partings",
        "_registration",
        "life",
    )

    def __init__(
        self,
        channel: WinrmChannel,
        call: Call[Any],
        control: Control,
        conversation: Conversation,
    ) -> None:
        """Prepare to run `call`, whose messages `conversation` makes and reads.

        Attributes:
            life: of the channel, which ends where a process is forked.
        """
        self.life = channel.life
        self._channel = channel
        self._call = call
        self._control = control
        self._registration = self._registered()
        self._dialogue: Dialogue | None = None
        self._partings: deque[Request | Farewell] = deque()
        self._is_done = False
        self._is_over = False
        self._may_wait = False
        self._must_tell_start = int(control.flags) & _REPORT_STARTED != 0
        self._take(conversation)

    def _registered(self) -> Registration:
        """Return what the caller listens to: it is WMI's providers that say things on the way."""
        control = self._control
        callbacks = control.callbacks if self._call.has_namespace else None
        if callbacks is None and not control.options.values:
            return _NOBODY_LISTENS
        return Registration.of(callbacks, control.options)

    def _take(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._dialect = self._channel.server.dialect
        self._options = self._header_options()

    def _header_options(self) -> tuple[Option, ...]:
        options, dialect = self._control.options, self._dialect
        if not (options.values or options.custom or self._registration.mask):
            return ()
        if not self._call.has_namespace:
            return operation_options(options, replace(dialect, has_contexts=False))
        heard = self._registration.options if dialect.has_dialogues else ()
        return (*heard, *operation_options(options, dialect))

    # What the library asks of a run

    def next_batch(self) -> list[Event] | None:
        """Return the results that the next replies hold, or what callbacks are told; None ends."""
        if self.life is not self._channel.life:
            raise InvalidParameter("the operation was begun in another process")
        with Forgetting():
            return self._next_batch(self._control.begin_wait())

    def answer(self, prompt: Prompt, response: ResponseType) -> None:
        """Tell the server what was answered to a prompt."""
        if self._dialogue is None:
            return
        with Forgetting():
            try:
                self._dialogue.answer(prompt, response, self._control.begin_wait())
            except MIError as error:
                error.outcome_unknown = not self._call.repeatable
                raise

    def close(self) -> None:
        """Release what is open on the server, within the grace time, or later if that may be."""
        conversation, leftovers = self._conversation, self._channel.leftovers
        with Forgetting():
            # That of `Unhurried`: to ask whether it is one costs as much as to write a request.
            is_unhurried = getattr(conversation, "may_wait", False)
            if self._may_wait or is_unhurried:
                leftovers.defer(self)
            else:
                leftovers.release(self)

    def take_time(self) -> None:
        """Let `close` release what is open later, in another thread."""
        self._may_wait = True

    def drop(self) -> None:
        """Hand what is open to the channel, which releases it later."""
        self._channel.leftovers.adopt(self)

    # What the channel asks of it

    def part(self) -> deque[Request | Farewell]:
        """End it; return what is still to be said to the server, to be taken out once it is."""
        if not self._is_over:
            if self._dialogue is not None:
                self._partings.extend(self._dialogue.close())
            request = self._conversation.abandon()
            if request is not None:
                request = self._channel.shells.last_word(request)
            if request is not None:
                self._partings.append(request)
            self._is_over = True  # last, for a Ctrl-C: whoever asks next hears it all again
        return self._partings

    # Inside

    def _next_batch(self, expiry: Expiry) -> list[Event] | None:
        try:
            while (events := self._advance(expiry)) is not None:
                if events or self._tells_start():
                    return events
        except MIError as error:
            # A lost Pull loses results, but nothing on the server is other than it was. And where
            # the server has done it, and what it says of it cannot be read, it has still done it.
            if error.outcome_unknown:
                self._lose()
            is_unknown = error.outcome_unknown or self._is_done
            error.outcome_unknown = is_unknown and not self._call.repeatable
            raise
        except BaseException:  # Ctrl-C: what was sent may have been done
            self._lose()
            raise
        return None

    def _lose(self) -> None:
        if isinstance(self._conversation, Losing):
            self._conversation.lose()

    def _tells_start(self) -> bool:
        """Whether the caller is yet to learn, by a batch of nothing, that the server goes along."""
        tells, self._must_tell_start = self._must_tell_start, False
        return tells

    def _advance(self, expiry: Expiry) -> list[Event] | None:
        """Take one step; None is the end."""
        if self._dialogue is not None:
            return self._hear(self._dialogue, expiry)
        conversation = self._conversation
        request = conversation.next_request()
        if request is None:
            if conversation.awaits_class:
                return self._items(conversation.receive(CLASS_KNOWN))
            return None
        if request.schema is None:
            return self._exchange(request, expiry)
        with self._channel.fetching.only(*request.schema, expiry, self._control.cancel):
            request = conversation.next_request()  # no more, if somebody else fetched it
            if request is None:
                return self._items(conversation.receive(CLASS_KNOWN))
            return self._told(request, self._reply(request, expiry))

    def _exchange(self, request: Request, expiry: Expiry) -> list[Event]:
        if self._options and not request.is_identify:
            request = replace(request, options=(*request.options, *self._options))
        if self._registration.mask and self._may_converse(request):
            return self._converse(request, expiry)
        try:
            reply = self._reply(request, expiry)
        except ConnectionFailed as error:
            if not (isinstance(self._conversation, Resumable) and self._conversation.resume()):
                raise
            _logger.warning("the connection broke, and the operation goes on: %s", error)
            return []
        return self._told(request, reply)

    def _reply(self, request: Request, expiry: Expiry) -> Reply | Fault:
        return self._channel.ask(request, expiry, self._control.cancel)

    def _told(self, request: Request, reply: Reply | Fault) -> list[Event]:
        """Tell the conversation, unless the answer says more of the server than of the request."""
        server, conversation = self._channel.server, self._conversation
        if isinstance(reply, Fault):
            reply = reply.under(self._channel.circumstances(self._call, request))
        elif not request.is_identify:
            server.answered(self._namespace_of(request))
            self._channel.shells.note(request)
            self._is_done = self._is_done or not (request.repeatable or self._call.endless)
        lesson = server.learn(reply, request, self._dialect) if self._call.has_namespace else None
        if lesson is Lesson.NO_CLASSES:
            return self._items(conversation.receive(NO_CLASSES))
        if lesson is Lesson.AGAIN:
            self._take(self._channel.begin(self._call, self._control))
            return []
        results = conversation.receive(reply)
        if isinstance(self._call, TestConnection):
            server.introduce(results[0])
        return self._items(results)

    def _namespace_of(self, request: Request) -> str | None:
        """Return the namespace in which a request is answered, if it is CIM that answers."""
        if request.schema is not None:
            return request.schema[0]
        call = self._call
        is_other = self._control.options.resource_uri or isinstance(call, SubscribeEventLog)
        return None if is_other or not call.has_namespace else call.namespace

    def _items(self, results: list[Any]) -> list[Event]:
        if results:
            self._channel.server.warn_of_text(results, self._control.flags)
        return [Item(result) for result in results]

    # Listening

    def _may_converse(self, request: Request) -> bool:
        """Return whether the reply may be several envelopes; what is resumed begins anew."""
        is_whole = request.is_identify or isinstance(self._conversation, Resumable)
        return self._dialect.has_dialogues and not is_whole

    def _converse(self, request: Request, expiry: Expiry) -> list[Event]:
        context = Decoder(
            self._channel.schemas, self._call.namespace or "", typing=Typing.WHERE_KNOWN
        )
        self._dialogue = Dialogue(
            self._channel, request, self._registration, self._control.cancel, context
        )
        self._dialogue.begin(expiry)
        return []

    def _hear(self, dialogue: Dialogue, expiry: Expiry) -> list[Event]:
        heard = dialogue.next(expiry)
        if isinstance(heard, list):
            return heard
        self._dialogue = None
        self._partings.extend(dialogue.close())
        return self._told(dialogue.request, heard)
