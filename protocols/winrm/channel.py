"""What the operations of a session share: lines, class declarations, and what is known of both.

Nothing here is built or sent before a result is asked for, and no HTTP library is loaded. A process
that was forked has the channel too, and begins anew with connections of its own: the other ones,
and what was begun on them, are the parent's.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mi.callbacks import SessionCallbacks
from mi.calls import Call
from mi.control import CancelToken, Control, Expiry
from mi.errors import ConnectionFailed, InvalidParameter, MIError, NotSupported, OperationTimeout
from mi.options import DestinationOptions
from mi.results import MessageChannel
from mi.store import SchemaStore
from protocols.channels.fetches import Fetches
from protocols.channels.forks import outlive
from protocols.meanings.circumstances import Circumstances
from protocols.security.discretion import Forgetting
from protocols.winrm.conversations import CONVERSATIONS
from protocols.winrm.endpoint import Address
from protocols.winrm.identifiers import new_id
from protocols.winrm.journal import following
from protocols.winrm.leftovers import Leftovers
from protocols.winrm.patience import Patience
from protocols.winrm.run import Run
from protocols.winrm.server import Server
from protocols.winrm.shell_ledger import ShellLedger
from protocols.winrm.sizes import KILOBYTE, envelope_size, largest_reply
from protocols.winrm.standing import standing_of
from protocols.wsman.conversation import Conversation
from protocols.wsman.dialects import SchemaView, Settings
from protocols.wsman.envelope import Reply, Request, parse, serialize
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing

if TYPE_CHECKING:
    from protocols.winrm.line import Line
    from protocols.winrm.transport import Lease, Transport

__all__ = ["WinrmChannel"]

_logger = logging.getLogger("mi.winrm")

_DEFAULT_ELEMENTS: Final = 32_000  # what Windows' MI client asks for, and MaxBatchItems allows
_DEFAULT_LOCALE: Final = "en-US"
_LONGEST_POLL: Final = 20.0  # seconds; proxies and HTTP.sys end what is silent for 60 and more
_BRIEF_POLL: Final = 2.0  # where nothing else can be asked meanwhile


class _Polled(NamedTuple):
    """The last request of those that are sent over and over again, as it was written.

    Attributes:
        request: what was asked.
        message_id: its id, which is another one each time.
        envelope: all of it.
    """

    request: Request
    message_id: bytes
    envelope: bytes


class WinrmChannel:
    """The lines to one WinRM service, and what the operations of a session share beside them.

    Attributes:
        server: what is known of the server.
        schemas: the class declarations that are known.
        fetching: the class declarations on their way.
        shells: what is known of the shells.
        leftovers: what operations have left open.
        limit: bytes that a reply may have.
        authority: host and port of the service, for messages.
        life: another object in each process that has the channel.
    """

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
        self.authority = address.authority
        self.server = Server(self.authority, options, callbacks)
        self.schemas: SchemaView = SchemaStore() if options.schema is None else options.schema
        self.limit = largest_reply(options)
        self._addressing = Addressing(
            address.url,
            envelope_size(options),
            options.ui_locale or _DEFAULT_LOCALE,
            options.data_locale or _DEFAULT_LOCALE,
        )
        self._session_id = new_id()
        self._polled: _Polled | None = None
        self._transport: Transport | None = None
        self._is_closed = False
        self._begin_life()
        outlive(self)

    def _begin_life(self) -> None:
        self.life = object()
        self._lock = Lock()
        self.fetching = Fetches()
        self.leftovers = Leftovers(self)
        self.shells = ShellLedger()

    def after_fork(self) -> None:
        """Begin anew in a child process: what was open is the parent's, locked or not."""
        self._begin_life()
        if self._transport is not None:
            self._transport.after_fork()

    def start(self, call: Call[Any], control: Control) -> Run:
        """Return the run of `call`, which has sent nothing yet.

        Raises:
            NotSupported: this kind of call has no row in `CONVERSATIONS`.
            MIError: the call cannot be put into messages.
        """
        return Run(self, call, control, self.begin(call, control))

    def close(self, expiry: Expiry) -> None:
        """Release what dropped runs left open, and close the connection; twice is allowed."""
        with self._lock:
            self._is_closed = True
            transport = self._transport
        if transport is None:
            return
        with Forgetting():
            self.leftovers.release_all(expiry)
            transport.close(expiry)

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

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
            self._session_id,
            self._addressing.max_envelope_size,
            _BRIEF_POLL if self._options.max_connections == 1 else _LONGEST_POLL,
        )
        return kind(call, settings, dialect, self.schemas)

    def ask(self, request: Request, expiry: Expiry, cancel: CancelToken) -> Reply | Fault:
        """Send `request` and return the reply, if need be once the server has less to do.

        Raises:
            MIError: what the transport made of it, or the reply is none.
        """
        patience = Patience(expiry, cancel)
        while True:
            try:
                answer = self._ask_once(request, expiry, cancel)
            except MIError as error:
                if not (_is_harmless(request) and patience.bears(error)):
                    raise
                said = error.message
            else:
                if not isinstance(answer, Fault):
                    return answer
                if self.leftovers.free_places(answer, expiry, cancel):
                    continue
                if not (request.is_patient and patience.bears(answer)):
                    return answer  # else it was not begun, for want of a quota
                said = answer.error().message
            waited = patience.wait()
            self._tell(f"asked again after {waited:.2f} s, since the server is busy: {said}")

    def _ask_once(self, request: Request, expiry: Expiry, cancel: CancelToken) -> Reply | Fault:
        message_id = None if request.is_identify else new_id()
        envelope = self.written(request, message_id or "")
        with self.lease(expiry, cancel, is_poll=request.is_poll) as line:
            self.leftovers.release_dropped_over(line, expiry, cancel)
            with following(request.action, self.authority, line) as entry:
                data = _exchanged(line, envelope, request, expiry, cancel)
        try:
            reply = parse(data, message_id, limit=self.limit, has_streams=request.has_streams)
        except MIError as error:
            error.outcome_unknown = not request.repeatable
            if entry is not None:
                entry.end(error)
            raise
        if entry is not None:
            entry.end(reply)
        return reply

    def circumstances(self, call: Call[Any], request: Request) -> Circumstances:
        """Return what is known where a fault answers this request of a call."""
        about = Circumstances.of(call)
        if request.schema is not None:
            namespace, class_name = request.schema
            about = Circumstances(class_name, class_name, namespace)
        method = None if self._transport is None else self._transport.method
        return replace(
            about,
            **standing_of(method, self._address, self._options)._asdict(),
            reach=self.server.reach(about.namespace),
            max_envelope_size=self._addressing.max_envelope_size // KILOBYTE,
        )

    def written(self, request: Request, message_id: str) -> bytes:
        """Return the envelope of a request.

        Raises:
            InvalidParameter: it holds something that XML cannot carry.
        """
        last = self._polled
        if last is not None and last.request is request:
            return last.envelope.replace(last.message_id, message_id.encode(), 1)
        envelope = serialize(request, self._addressing, message_id)
        if request.is_poll:
            self._polled = _Polled(request, message_id.encode(), envelope)
        return envelope

    def lease(
        self,
        expiry: Expiry,
        cancel: CancelToken,
        *,
        is_long: bool = False,
        is_urgent: bool = False,
        is_poll: bool = False,
    ) -> Lease:
        """Return the lease of a line, as `Transport.lease` does.

        Raises:
            InvalidParameter: the session is closed.
        """
        return self._lines().lease(
            expiry, cancel, is_long=is_long, is_urgent=is_urgent, is_poll=is_poll
        )

    # Inside

    def _tell(self, text: str) -> None:
        _logger.info("%s: %s", self.authority, text)
        self._callbacks.message(MessageChannel.VERBOSE, text)

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


def _is_harmless(request: Request) -> bool:
    """Whether a request that the server had no time for may be sent again."""
    return request.repeatable or request.is_poll


def _exchanged(
    line: Line, envelope: bytes, request: Request, expiry: Expiry, cancel: CancelToken
) -> bytes:
    """Return the answer to a request; that none came in the time that it may take is no time-out.

    A server that is there says that its time was over, so the connection is not any more, though
    nothing said so.
    """
    longest = Expiry.after(request.longest_wait, "time for an answer")
    end = longest if longest.at < expiry.at else expiry
    try:
        return next(line.exchange(envelope, end, cancel, repeatable=request.repeatable))
    except OperationTimeout as error:
        if end is expiry:
            raise
        raise ConnectionFailed(
            f"the server gave no answer in {longest.seconds:g} s: {error.message}",
            outcome_unknown=not request.repeatable,
            advice="Look whether it is still to be reached.",
        ) from error
