"""One connection to a server: made, logged on, and made anew when that is safe.

An exchange sends one envelope and returns the reply. It is sent again, once, in two cases only: the
connection was lost, and the request may be repeated, or cannot have been read since not all of it
was sent; or the server forgot the logon of a connection that it had served before, so that it
cannot have read it either.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Scheme
from mi.errors import ConnectionFailed, InvalidParameter, MIError, ProtocolError
from mi.options import DestinationOptions, ServerKind
from mi.results import MessageChannel
from protocols.network.bounds import Bounds, Phase
from protocols.security.admission import Entry
from protocols.security.discretion import discreet
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.admission import Admission
from protocols.winrm.connector import Connector
from protocols.winrm.encryption import Sealing
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.journal import Traffic
from protocols.winrm.link import Link
from protocols.winrm.replies import Replies
from protocols.winrm.sizes import largest_reply
from protocols.winrm.status import UNAUTHORIZED, status_error
from protocols.winrm.wire import LinkWire, Pending
from protocols.wsman import framing

__all__ = ["Line"]

_logger = logging.getLogger("mi.winrm")

_KILOBYTE: Final = 1024
_MOST_OVERHEAD: Final = 1024 * _KILOBYTE  # of a reply's headers and of its chunks
_OMI_GREETING: Final = "Success"  # ends a logon there, where others say OK
# What a logon under TLS is bound to its certificate by; CredSSP has a TLS of its own inside.
_BOUND: Final = (Scheme.KERBEROS, Scheme.NTLM_DOMAIN)
_SUCCESS: Final = range(200, 300)
_MALFORMED: Final = 400
_SERVER_ERROR: Final = 500


class Line:
    """One connection, used by one exchange at a time."""

    def __init__(
        self,
        address: Address,
        options: DestinationOptions,
        callbacks: SessionCallbacks,
        admission: Admission | None = None,
        connector: Connector | None = None,
    ) -> None:
        """Make a line, which has no connection yet.

        Args:
            address: where.
            options: of the destination.
            callbacks: told what happens to the connection.
            admission: what became of the credentials, shared with other lines; its own if None.
            connector: makes connections for other lines, too; its own if None.
        """
        self._address = address
        self._options = options
        self._callbacks = callbacks
        self._admission = admission or Admission(options, address)
        self._link = Link(address, connector or Connector(address, options))
        self._most = largest_reply(options)
        self._must_seal = not address.is_tls and options.packet_privacy is not False
        self._is_omi = options.server_kind is ServerKind.OMI  # or it is learned
        self._bounds = self._link.bounds
        self._is_closed = self._is_streamed = False
        self._attempts = 0
        self._forget()

    def _forget(self) -> None:
        """Know nothing of any connection."""
        self._is_used = False
        self._is_asked = False
        self._method: Method | None = None
        self._sealing: Sealing | None = None
        self._headers = self._link.new_headers()

    def exchange(
        self,
        envelope: bytes,
        expiry: Expiry,
        cancel: CancelToken,
        *,
        repeatable: bool,
        is_one_way: bool = False,
    ) -> Iterator[bytes]:
        """Send `envelope` and return the envelopes of the reply: one, or none.

        Args:
            envelope: the request.
            expiry: when it must be over.
            cancel: what ends it before.
            repeatable: whether it may be sent again if its reply was lost.
            is_one_way: whether a reply without an envelope will do.

        Raises:
            ConnectionFailed: no connection, or it was lost.
            AuthenticationFailed: the server does not accept the credentials.
            ProtocolError: the reply is none, is larger than allowed, or is not sealed as it must.
            OperationTimeout: `expiry` came first.
            OperationCancelled: `cancel` came first.
            MIError: the server refuses, by its HTTP status, and says no more.
        """
        try:
            with Bounds(expiry, cancel, self._most + _MOST_OVERHEAD) as self._bounds:
                self._link.bounds = self._bounds
                answer = self._converse(envelope, is_repeatable=repeatable)
            if is_one_way and answer.status in _SUCCESS and not answer.body:
                return iter(())
            content = self._content(answer, is_repeatable=repeatable)
            if self._bounds.is_cut:
                self.discard()  # the server may still wait for the rest of the request
            return iter((content,))
        except BaseException:
            self.discard()
            raise

    def converse(self, envelope: bytes, expiry: Expiry, cancel: CancelToken) -> Replies:
        """Send `envelope`, once, and return the envelopes of the reply as they come.

        The line is theirs until they are at their end, or closed.

        Args:
            envelope: the request.
            expiry: when the reply must have begun.
            cancel: what ends that before.

        Raises:
            MIError: as `exchange`.
        """
        self._is_streamed = True
        try:
            with Bounds(expiry, cancel, self._most + _MOST_OVERHEAD) as self._bounds:
                self._link.bounds = self._bounds
                return Replies(self, self._converse(envelope, is_repeatable=False))
        except BaseException:
            self.discard()
            raise
        finally:
            self._is_streamed = False

    def read(self, answer: Answer, expiry: Expiry, cancel: CancelToken) -> bytes | None:
        """Return the next envelope of a reply that comes in several; None is its end.

        Raises:
            MIError: as `exchange`.
        """
        try:
            with Bounds(expiry, cancel, self._most + _MOST_OVERHEAD) as self._bounds:
                self._link.bounds = self._bounds
                self._link.attend()
                self._bounds.enter(Phase.WAITING)
                chunk = self._link.next_chunk(answer)
            return None if chunk is None else self._opened(replace(answer, body=chunk))
        except BaseException as error:
            self.discard()
            if isinstance(error, MIError):
                error.outcome_unknown = True
            raise

    def discard(self) -> None:
        """Close the connection, if there is one; the next exchange makes another."""
        self._link.discard()
        self._forget()

    @property
    def is_sealing(self) -> bool:
        """Whether the present connection seals what it carries."""
        return self._sealing is not None

    @property
    def traffic(self) -> Traffic:
        """What the last exchange took, or takes so far."""
        return Traffic(self._link.sent, self._link.received, self._attempts)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._link.is_open

    def abandon(self) -> None:
        """Forget the connection without a word to the server: another process has it too."""
        self._link.abandon()

    def abort(self) -> None:
        """End the exchange under way, from another thread, and let there be no other."""
        self._is_closed = True
        self._bounds.interrupt()

    # One exchange

    def _converse(self, envelope: bytes, *, is_repeatable: bool) -> Answer:
        may_retry = True
        self._attempts = self._link.sent = self._link.received = 0
        while True:
            self._attempts += 1
            try:
                answer = self._ask(envelope, is_repeatable=is_repeatable)
            except Rejected:
                continue  # with what else there is
            except ConnectionFailed as error:
                if not (may_retry and self._may_ask_again(is_repeatable=is_repeatable)):
                    raise
                self._tell(f"the connection was lost, so the request is sent again: {error}")
            else:
                if not (may_retry and self._is_forgotten(answer)):
                    self._is_used = True
                    return answer
                self._tell("the server forgot the logon, so it is done again")
            may_retry = False
            self.discard()

    def _may_ask_again(self, *, is_repeatable: bool) -> bool:
        """Whether what was lost is the request itself, and to send it twice does no harm."""
        bounds = self._bounds
        return self._is_asked and bounds.is_sent and (is_repeatable or bounds.is_cut)

    def _is_forgotten(self, answer: Answer) -> bool:
        """Whether the server forgot whose connection this is (HTTP.sys after 120 s, a proxy)."""
        if answer.status == UNAUTHORIZED and self._method is not None:
            return self._is_used or not self._method.logs_on
        is_malformed = answer.status == _MALFORMED and not answer.body
        return self._is_used and is_malformed and self._sealing is not None

    def _ask(self, envelope: bytes, *, is_repeatable: bool) -> Answer:
        """Send the request over a connection that is open and logged on."""
        if self._is_closed:
            raise InvalidParameter("the session is closed")
        self._is_asked = False
        if self._link.is_stale:
            self.discard()
        self._link.attend()
        if self._method is not None:
            return self._ask_again(self._method, envelope, is_repeatable=is_repeatable)
        entry = self._admission.enter(self._bounds)
        self._link.attend()
        try:
            return self._ask_first(entry, envelope, is_repeatable=is_repeatable)
        except Rejected as rejection:
            is_bound = entry.method.scheme in _BOUND and self._link.binding is not None
            if rejection.is_refusal and is_bound:
                rejection.bound_to(self._link.fingerprint)
            self.discard()
            entry.reject(rejection)
            raise
        finally:
            entry.close()

    def _ask_again(self, method: Method, envelope: bytes, *, is_repeatable: bool) -> Answer:
        """Send the request as one of several; a credential may be refused at any of them."""
        try:
            return self._send(method, envelope, is_repeatable=is_repeatable)
        except Rejected as rejection:
            self.discard()
            self._admission.reject(method, rejection)
            raise

    def _ask_first(self, entry: Entry[Method], envelope: bytes, *, is_repeatable: bool) -> Answer:
        """Log on, which may be no more than to send the request."""
        method = entry.method
        carried = self._log_on(method, envelope, is_repeatable=is_repeatable)
        if carried is not None:
            entry.accept()
            return carried
        if method.logs_on:
            entry.accept()
        elif self._link.is_stale:
            self._link.discard()  # a challenge was all that was asked for there
        answer = self._send(method, envelope, is_repeatable=is_repeatable)
        if answer.status != UNAUTHORIZED:
            entry.accept()
        return answer

    def _log_on(self, method: Method, envelope: bytes, *, is_repeatable: bool) -> Answer | None:
        """Log on; return the reply to the request, if that went along."""
        self._link.certificate = method.certificate
        if method.logs_on:
            self._link.open()  # at once: its certificate binds the logon
        post = partial(self._post, is_repeatable=is_repeatable)
        wire = LinkWire(
            self._link,
            Pending(envelope=envelope, post=post, is_repeatable=is_repeatable),
            self._tell,
            is_sealing=self._must_seal,
            is_omi=self._is_omi,
        )
        self._bounds.hold(Phase.AUTHENTICATING)
        with discreet():
            seal = method.log_on(wire)
        self._bounds.hold(None)
        self._is_omi = self._is_omi or wire.greeting == _OMI_GREETING
        if seal is not None:
            self._sealing = Sealing(seal, has_tabs=not self._is_omi)
        self._method = method
        return wire.reply

    def _send(self, method: Method, envelope: bytes, *, is_repeatable: bool) -> Answer:
        authorization = method.authorization()
        if authorization is not None:
            self._headers["Authorization"] = authorization
        body = envelope
        if self._sealing is not None:
            self._headers["Content-Type"], body = self._sealing.seal(envelope)
        answer = self._post(body, self._headers, is_repeatable=is_repeatable)
        if answer.status == UNAUTHORIZED and not method.logs_on:
            rejection = method.unauthorized(answer, authorization)
            if rejection is not None:
                raise rejection
        return answer

    def _post(self, body: bytes, headers: dict[str, str], *, is_repeatable: bool) -> Answer:
        """Post what the caller asks for."""
        self._is_asked = True
        try:
            return self._link.post(body, headers, self._most, is_streamed=self._is_streamed)
        except MIError as error:
            bounds = self._bounds
            error.outcome_unknown = bounds.is_sent and not (is_repeatable or bounds.is_cut)
            raise

    # The reply

    def content(self, answer: Answer) -> bytes:
        """Return the envelope of a reply that turned out to be in one piece.

        Raises:
            MIError: as `exchange`.
        """
        try:
            return self._content(answer, is_repeatable=False)
        except BaseException:
            self.discard()
            raise

    def _content(self, answer: Answer, *, is_repeatable: bool) -> bytes:
        try:
            return self._opened(answer)
        except MIError as error:
            is_refused = answer.status not in _SUCCESS and answer.status < _SERVER_ERROR
            error.outcome_unknown = not is_repeatable and not is_refused
            raise

    def _opened(self, answer: Answer) -> bytes:
        """Return the envelope in a reply; DSP0226 14 allows faults with any status."""
        is_sealed = framing.is_sealed(answer.headers.get("Content-Type", ""))
        if self._sealing is not None and is_sealed:
            return self._sealing.unseal(answer)
        if self._sealing is None and not is_sealed and _has_message(answer):
            return answer.body
        if is_sealed:
            raise ProtocolError("the reply is sealed although nothing was agreed upon")
        if self._sealing is not None and answer.status in _SUCCESS:
            raise ProtocolError(
                "the reply to a sealed request is not sealed, so nothing in it is believed"
            )
        raise status_error(answer, self._address, is_sealed=self._sealing is not None)

    def _tell(self, text: str) -> None:
        _logger.info("%s: %s", self._address.authority, text)
        self._callbacks.message(MessageChannel.VERBOSE, text)


def _has_message(answer: Answer) -> bool:
    """Whether a reply in the clear may be an envelope, and not a page about its status."""
    if answer.status in _SUCCESS:
        is_page = "html" in answer.headers.get("Content-Type", "").lower()
        return bool(answer.body) and not is_page
    return answer.status >= _MALFORMED and b"Fault" in answer.body
