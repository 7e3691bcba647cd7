"""One request whose reply comes in several envelopes, with answers in between (MS-WSMV 3.2.6.5).

It holds a line from the request to the result, callbacks included. Answers go over another line, at
once. What ends it early is told to the server as soon as there is a line for that, since a provider
may be waiting for an answer that will not come.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from mi.control import CancelToken, Expiry
from mi.errors import MIError, ProtocolError
from mi.events import Event, Prompt
from mi.results import ResponseType
from protocols.meanings.numbers import NUMBERS
from protocols.winrm import journal
from protocols.winrm.identifiers import new_id
from protocols.winrm.journal import Entry
from protocols.wsman.enhanced import NOTHING, Registration, Signal, answered, enhanced, read
from protocols.wsman.envelope import Reply, Request, parse
from protocols.wsman.fault import Fault
from protocols.wsman.interactive import event_in, read_event
from protocols.wsman.readers import Context

if TYPE_CHECKING:
    from protocols.winrm.channel import WinrmChannel
    from protocols.winrm.line import Line
    from protocols.winrm.replies import Replies
    from protocols.winrm.transport import Lease

__all__ = ["Dialogue", "Farewell"]

_logger = logging.getLogger("mi.winrm")

_CAME_LATE: Final = NUMBERS["SEMANTICCALLBACK_TIMEDOUT"]
# For the end of a reply whose last envelope is there: a line is worth so many seconds, not more.
_LAST_CHUNK: Final = 1.0


class Farewell(NamedTuple):
    """What a server is to be told of an operation, if it can be reached.

    Attributes:
        signal: what.
        operation_id: of which operation.
    """

    signal: Signal
    operation_id: str


class Dialogue:
    """One enhanced operation under way.

    Attributes:
        request: what is asked.
    """

    def __init__(
        self,
        channel: WinrmChannel,
        request: Request,
        registration: Registration,
        cancel: CancelToken,
        context: Context,
    ) -> None:
        """Send nothing yet.

        Args:
            channel: of the session.
            request: what is asked.
            registration: what the caller listens to.
            cancel: what ends it.
            context: for streamed values that are objects.
        """
        self._channel = channel
        self._id = new_id()
        self._message_id = new_id()
        self.request = enhanced(request, self._id)
        self._registration = registration
        self._cancel = cancel
        self._context = context
        self._sequence = 1  # of our messages
        self._is_cut = False  # whether the server may wait for us in vain
        self._lease: Lease | None = None
        self._replies: Replies | None = None
        self._line: Line | None = None
        self._entry: Entry | None = None

    def begin(self, expiry: Expiry) -> None:
        """Send the request.

        Raises:
            MIError: it could not be sent, or the reply did not begin.
        """
        envelope = self._channel.written(self.request, self._message_id)
        # Those may hold the lines that are waited for.
        self._channel.leftovers.release_dropped(expiry, self._cancel)
        self._lease = self._channel.lease(expiry, self._cancel, is_long=True)
        try:
            self._line = self._lease.__enter__()
            self._entry = journal.begin(self.request.action, self._channel.authority)
            self._replies = self._line.converse(envelope, expiry, self._cancel)
        except BaseException as error:
            self._is_cut = not isinstance(error, MIError) or error.outcome_unknown
            self._let_go(error)
            raise

    def next(self, expiry: Expiry) -> Reply | Fault | list[Event]:
        """Return what comes next: what callbacks are told, or the result, which is the end.

        Raises:
            MIError: the reply cannot be read on.
        """
        try:
            heard = self._heard(expiry)
        except BaseException as error:
            self._is_cut = not isinstance(error, MIError) or error.outcome_unknown
            self._let_go(error)
            raise
        if not isinstance(heard, list):
            self._finish(heard)
        return heard

    def answer(self, prompt: Prompt, response: ResponseType, expiry: Expiry) -> None:
        """Send the answer to a prompt, if the server waits for one.

        Raises:
            MIError: it could not be sent, or the server does not take it.
        """
        if not self._registration.awaits(prompt):
            return
        self._sequence += 1
        request = answered(self.request, self._id, self._sequence, prompt.token, response)
        # The specification's example has the id of the request here too (MS-WSMV 4.11.1).
        envelope = self._channel.written(request, self._message_id)
        host = self._channel.authority
        with (
            self._channel.lease(expiry, self._cancel, is_urgent=True) as line,
            journal.following(request.action, host, line) as entry,
        ):
            replies = list(
                line.exchange(envelope, expiry, self._cancel, repeatable=False, is_one_way=True)
            )
        answers = [parse(data, self._message_id, limit=self._channel.limit) for data in replies]
        if entry is not None:
            entry.end(answers[0] if answers else None)
        for answer in answers:
            self._check_taken(answer)

    def close(self) -> list[Farewell]:
        """Make an end; return what the server is to be told."""
        if self._replies is not None:
            self._is_cut = True
            self._let_go()
        if self._is_cut:
            return [Farewell(Signal.CANCEL, self._id), Farewell(Signal.END, self._id)]
        return [Farewell(Signal.END, self._id)] if self._sequence > 1 else []

    def _heard(self, expiry: Expiry) -> Reply | Fault | list[Event]:
        data = None if self._replies is None else self._replies.next(expiry, self._cancel)
        if data is None:
            raise ProtocolError("the reply ended before the result came", outcome_unknown=True)
        try:
            reply = read(data, self._message_id, limit=self._channel.limit)
            if reply is NOTHING:
                return []
            if isinstance(reply, Reply):
                event = event_in(reply.body)
                if event is not None:
                    return list(read_event(event, self._context))
        except MIError as error:
            error.outcome_unknown = True
            raise
        return reply

    def _check_taken(self, reply: Reply | Fault) -> None:
        if not isinstance(reply, Fault):
            return
        if _CAME_LATE in reply.wsman_codes:  # what came of that is about to be told
            _logger.info("an answer came too late: %s", reply.reason)
            return
        raise reply.error()

    def _finish(self, result: Reply | Fault) -> None:
        """Let the line go, which serves on if the reply is at its end."""
        replies = self._replies
        if replies is not None:
            with suppress(MIError):
                replies.next(Expiry.after(_LAST_CHUNK, "grace"), self._cancel)
        self._let_go(result)

    def _let_go(self, outcome: Reply | Fault | BaseException | None = None) -> None:
        entry, self._entry = self._entry, None
        if entry is not None and self._line is not None:
            entry.traffic = self._line.traffic
            entry.end(outcome)
        replies, self._replies = self._replies, None
        if replies is not None:
            replies.close()
        if self._lease is not None:
            self._lease.end()
