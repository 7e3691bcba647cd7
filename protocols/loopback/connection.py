"""One TCP connection of an endpoint: its handshake, its requests one after another, its end.

The order is HTTP.sys' and WinRM's: what HTTP refuses, then who asks, then whether the body may be
read, then what it says. The security context lives and dies with the connection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from mi.errors import ProtocolError
from protocols.loopback.acceptor import Acceptor, Verdict
from protocols.loopback.caller import Caller
from protocols.loopback.disturbances import AUTHENTICATION, Replace, Say, Slow, Stall
from protocols.loopback.exchange import (
    SOAP_XML,
    BadRequest,
    Exchange,
    HttpReply,
    HttpRequest,
    read_request,
)
from protocols.loopback.peer import ClientGone, Peer
from protocols.loopback.sending import Said, Sender
from protocols.loopback.service import Answer
from protocols.loopback.surroundings import Surroundings
from protocols.wsman.enhanced import ACTION_ANSWER, Signal, signal_of
from protocols.wsman.incoming import IncomingRequest
from protocols.wsman.interactive import read_response

__all__ = ["Connection"]

_MEDIA_TYPES = ("application/soap+xml", "multipart/encrypted", "multipart/x-multi-encrypted")


class Connection:
    """Serves one client until either end is through with it."""

    def __init__(self, peer: Peer, number: int, around: Surroundings) -> None:
        self._peer = peer
        self._number = number
        self._around = around
        self._pending = bytearray()
        self._acceptor = Acceptor(around.rules.policy)
        # The enumeration that the last reply opened, until the client has read that reply. If it
        # never does, it cannot know what to release, and Windows would keep it for minutes.
        self._unread: str | None = None
        self._sender = Sender(peer, around)

    def serve(self) -> None:
        """Answer requests until the client, or the endpoint, closes the connection."""
        try:
            self._begin()
            while self._serve_one():
                pass
        except (ClientGone, OSError):
            self._forget_unread()
        finally:
            self._peer.close()

    def interrupt(self) -> None:
        """End the connection from another thread."""
        self._peer.interrupt()

    def _begin(self) -> None:
        self._stall(None, "accept")
        if self._around.tls is not None:
            self._peer.secure(self._around.tls)
            self._acceptor = Acceptor(self._around.rules.policy, self._peer.certificate)

    def _serve_one(self) -> bool:
        limit = self._around.rules.largest_request
        try:
            request = read_request(self._peer.receive, self._pending, limit)
        except BadRequest as error:
            self._sender.send(Said(HttpReply(error.status, closes=True)))
            return False
        if request is None:
            if self._unread is not None and self._peer.left_unread():
                self._forget_unread()
            return False
        self._unread = None
        self._around.traffic.add(requests=1, bytes_received=request.size)
        self._sender.send(self._reply(request))
        return not request.is_last

    # Answering

    def _reply(self, request: HttpRequest) -> Said:
        refused = _http_refusal(request, self._around.rules.path)
        if refused is not None:
            return Said(HttpReply(refused, closes=request.is_last))
        if self._acceptor.is_handshake(request.headers.get("authorization")):
            self._stall(AUTHENTICATION, "before-reply")
        challenge, refusal = self._admit(request)
        if refusal is None and request.body:
            said = self._open(request)
        else:
            said = Said(refusal or HttpReply(HTTPStatus.OK), AUTHENTICATION)
        reply = replace(said.reply, closes=request.is_last)
        if challenge is not None:
            reply = reply.with_headers(("WWW-Authenticate", challenge))
        return said._replace(reply=reply)

    def _admit(self, request: HttpRequest) -> tuple[str | None, HttpReply | None]:
        """Return what goes back about it, and the reply if the request goes no further."""
        acceptor = self._acceptor
        before = acceptor.logons, acceptor.refused
        outcome = acceptor.authenticate(request.headers.get("authorization"), request.path)
        self._around.traffic.add(
            logons=acceptor.logons - before[0], refused_logons=acceptor.refused - before[1]
        )
        if outcome.verdict is Verdict.ACCEPTED:
            self._around.traffic.note_delegated(outcome.delegated)
            return outcome.challenge, None
        if outcome.verdict is Verdict.CONTINUE:
            return outcome.challenge, HttpReply(HTTPStatus.UNAUTHORIZED)
        if outcome.verdict is Verdict.REFUSED:
            return outcome.challenge, self._unauthorized()
        if request.is_sealed:
            # Sealed for another connection: Windows says no more than that it is bad.
            return None, HttpReply(HTTPStatus.BAD_REQUEST)
        if _is_anonymous_identify(request):
            return None, None
        return None, self._unauthorized()

    def _unauthorized(self) -> HttpReply:
        challenges = self._around.rules.policy.challenges
        return HttpReply(HTTPStatus.UNAUTHORIZED, headers=tuple(challenges))

    def _open(self, request: HttpRequest) -> Said:
        """Answer the envelope in a request's body."""
        if request.is_sealed:
            plain = self._acceptor.unseal(request.content_type, request.body)
            if plain is None:
                return Said(HttpReply(HTTPStatus.BAD_REQUEST))
        else:
            is_open = self._around.tls is not None or self._around.rules.allow_unencrypted
            if not is_open and not _is_anonymous_identify(request):
                # AllowUnencrypted=false: the body is not even looked at.
                return Said(HttpReply(HTTPStatus.INTERNAL_SERVER_ERROR))
            plain = request.body
        try:
            incoming = self._around.service.read(plain)
        except ProtocolError:
            return Said(HttpReply(HTTPStatus.BAD_REQUEST))
        if not (self._acceptor.is_authenticated or incoming.is_identify):
            return Said(self._unauthorized())  # only Identify may be asked by nobody
        return self._perform(request, incoming, plain)

    def _perform(self, request: HttpRequest, incoming: IncomingRequest, plain: bytes) -> Said:
        """Answer a message, in one piece or as its provider has it."""
        name = _action_name(incoming)
        if incoming.action == ACTION_ANSWER or signal_of(incoming) is not None:
            return self._take_word(request, incoming, plain)
        answer = self._answer(incoming, name, is_sealed=request.is_sealed)
        if self._sender.is_chunked:
            self._chunk(answer.envelope, is_sealed=request.is_sealed)
            self._note(incoming, plain, answer.envelope, HTTPStatus.OK, is_sealed=request.is_sealed)
            self._sender.end_chunks()
            return Said(HttpReply(HTTPStatus.OK), name, is_sent=True)
        return Said(self._wrapped(request, incoming, plain, answer), name, has_envelope=True)

    def _take_word(self, request: HttpRequest, incoming: IncomingRequest, plain: bytes) -> Said:
        """Take an answer to a question, or a signal, about an operation on another connection."""
        dialogues, operation_id = self._around.dialogues, incoming.operation_id or ""
        name = _action_name(incoming)
        if incoming.action == ACTION_ANSWER:
            self._stall(name, "before-reply")
            _, response = read_response(incoming.body)
            if not dialogues.settle(operation_id, response):
                answer = self._around.service.too_late(incoming)
                reply = self._wrapped(request, incoming, plain, answer)
                return Said(reply, name, has_envelope=True)
        elif signal_of(incoming) is Signal.CANCEL:
            dialogues.settle(operation_id, None)
        self._note(incoming, plain, b"", HTTPStatus.OK, is_sealed=request.is_sealed)
        return Said(HttpReply(HTTPStatus.OK), name)

    def _chunk(self, envelope: bytes, *, is_sealed: bool) -> None:
        """Send an envelope as a part of the reply."""
        self._sender.chunk(*(self._acceptor.seal(envelope) if is_sealed else (SOAP_XML, envelope)))

    def _answer(self, incoming: IncomingRequest, name: str, *, is_sealed: bool) -> Answer:
        self._stall(name, "before-reply")
        for say in self._around.disturbances.take(Say, name):
            send = partial(self._chunk, is_sealed=is_sealed)
            say.script(Caller(incoming, self._around.dialogues, send, self._peer.wait))
        slow = self._around.disturbances.take(Slow, name)
        if slow:
            limit = self._around.service.time_limit(incoming)
            self._peer.wait(min(slow[0].seconds, limit))
            if slow[0].seconds > limit:
                return self._around.service.timed_out(incoming)
        answer = self._around.service.answer(
            incoming,
            is_connected=self._peer.is_connected,
            is_anonymous=not self._acceptor.is_authenticated,
        )
        self._unread = answer.opened
        return answer

    def _wrapped(
        self, request: HttpRequest, incoming: IncomingRequest, plain: bytes, answer: Answer
    ) -> HttpReply:
        """Return the reply with an envelope, sealed if the request was, and note the exchange."""
        replaced = self._around.disturbances.take(Replace, _action_name(incoming))
        envelope = answer.envelope
        for one in replaced:
            envelope = one.reworded(envelope)
        reply = HttpReply(answer.status, envelope, SOAP_XML)
        if request.is_sealed:
            content_type, body = self._acceptor.seal(envelope)
            reply = replace(reply, body=body, content_type=content_type)
        for one in replaced:
            reply = one.reshaped(reply)
        self._note(incoming, plain, envelope, reply.status, is_sealed=request.is_sealed)
        if replaced and not self._is_told(envelope, replaced):
            self._forget_unread()
        return reply

    def _is_told(self, envelope: bytes, replaced: Iterable[Replace]) -> bool:
        """Whether the client will learn from the changed reply which enumeration it opened."""
        is_whole = not any(one.body or one.headers or one.status for one in replaced)
        return self._unread is not None and is_whole and self._unread.encode() in envelope

    def _stall(self, action: str | None, where: str) -> None:
        for stall in self._around.disturbances.take(Stall, action, (where,)):
            self._peer.wait(stall.seconds, stall.until)

    def _note(
        self,
        incoming: IncomingRequest,
        plain: bytes,
        envelope: bytes,
        status: int,
        *,
        is_sealed: bool,
    ) -> None:
        action = "Identify" if incoming.is_identify else incoming.action
        exchange = Exchange(
            action, incoming.resource_uri, plain, envelope, status, is_sealed, self._number
        )
        with self._around.traffic.lock:
            self._around.traffic.exchanges.append(exchange)

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._around.service.forget(self._unread)
            self._unread = None


def _http_refusal(request: HttpRequest, path: str) -> HTTPStatus | None:
    """Return the status with which HTTP itself refuses a request, or None."""
    if request.method != "POST":
        return HTTPStatus.METHOD_NOT_ALLOWED
    if request.path.partition("?")[0].lower() != path.lower():
        return HTTPStatus.NOT_FOUND
    media_type = request.content_type.partition(";")[0].strip().lower()
    if request.body and media_type not in _MEDIA_TYPES:
        return HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return None


def _is_anonymous_identify(request: HttpRequest) -> bool:
    """Whether an Identify without credentials is asked for (MS-WSMV)."""
    return request.headers.get("wsmanidentify", "").lower() == "unauthenticated"


def _action_name(incoming: IncomingRequest) -> str:
    return "Identify" if incoming.is_identify else incoming.action.rpartition("/")[2]
