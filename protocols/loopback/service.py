"""The WS-Management service: which answer a request gets, and what Windows would say instead.

A row for each operation and kind of resource; whatever has none gets w:ActionNotSupported.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from mi.options import ServerKind
from protocols.loopback import declaring, enumerating, getting, invoking, subscribing, writing
from protocols.loopback.contexts import Contexts
from protocols.loopback.events import Events
from protocols.loopback.generations import STACKS, check_generation
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import Refusal, not_understood, refuse
from protocols.loopback.repository import Repository
from protocols.loopback.resources import Family, resource_of
from protocols.loopback.shells import commanding, managing
from protocols.loopback.shells.open_shells import OpenShells
from protocols.loopback.shells.quotas import QUOTAS, Quotas
from protocols.wsman import envelope, identify, incoming
from protocols.wsman.incoming import IncomingRequest
from protocols.wsman.namespaces import (
    ACTION_CREATE,
    ACTION_DELETE,
    ACTION_ENUMERATE,
    ACTION_GET,
    ACTION_PULL,
    ACTION_PUT,
    ACTION_RELEASE,
    ACTION_RENEW,
    ACTION_SUBSCRIBE,
    ACTION_UNSUBSCRIBE,
    response_action,
)
from protocols.wsman.shells import (
    ACTION_COMMAND,
    ACTION_CONNECT,
    ACTION_DISCONNECT,
    ACTION_RECEIVE,
    ACTION_RECONNECT,
    ACTION_SEND,
    ACTION_SIGNAL,
)

__all__ = ["Answer", "Limits", "Service"]

_SMALLEST_ENVELOPE: Final = 8192  # below it Windows and OMI refuse
_VENDOR: Final = "Microsoft Corporation"
_ANONYMOUS_VERSION: Final = "OS: 0.0.0 SP: 0.0 Stack: 3.0"
_PROFILES: Final = (
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/basic",
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/spnego-kerberos",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service allows and says of itself; the defaults are those of Windows.

    Attributes:
        max_envelope_size: bytes of the largest request, and the largest reply (MaxEnvelopeSizekb).
        max_elements: items of one reply (MaxBatchItems).
        max_timeout: seconds that a request may take (MaxTimeoutms).
        enumeration_timeout: seconds that an enumeration, or a subscription without heartbeats, is
            kept unused (EnumerationTimeoutms).
        subscription_lifetime: seconds that a subscription stands which asks for no end, or None.
        product_version: what Identify says; that of the kind if None.
        kind: whose manners it has: WinRM 3, or 2.
        denied: namespaces that nobody may enter.
        machine: the name of the machine in faults.
        quotas: how many shells and commands there may be, and for how long; those of the kind if
            None.
    """

    max_envelope_size: int = 512_000
    max_elements: int = 32_000
    max_timeout: float = 60.0
    enumeration_timeout: float = 240.0
    subscription_lifetime: float | None = None
    product_version: str | None = None
    kind: ServerKind = ServerKind.WINRM3
    denied: tuple[str, ...] = ()
    machine: str = "WIN-LAB01"
    quotas: Quotas | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request.

    Attributes:
        envelope: the bytes of the reply.
        status: its HTTP status.
        opened: the id of the enumeration or the shell, or the name of the subscription, that it
            opens, which only the client can release.
    """

    envelope: bytes = field(repr=False)
    status: HTTPStatus = HTTPStatus.OK
    opened: str | None = None


class Service:
    """Answers requests from a repository."""

    def __init__(self, repository: Repository, limits: Limits, user: str = "operator") -> None:
        self.repository = repository
        self.shells = OpenShells(limits.quotas or QUOTAS[limits.kind], rf"{limits.machine}\{user}")
        self.contexts = Contexts(limits.enumeration_timeout)
        self.events = Events(
            repository,
            idle_limit=limits.enumeration_timeout,
            lifetime=limits.subscription_lifetime,
        )
        self._limits = limits

    def read(self, data: bytes) -> IncomingRequest:
        """Return what an envelope asks.

        Raises:
            ProtocolError: it is no envelope, or no request that can be answered.
        """
        return incoming.parse_request(data, limit=4 * self._limits.max_envelope_size)

    def time_limit(self, request: IncomingRequest) -> float:
        """Return the seconds that a request may take.

        MaxTimeoutms limits what is asked for, but for a Pull.
        """
        asked, longest = request.operation_timeout, self._limits.max_timeout
        if asked is None:
            return longest
        return asked if request.action == ACTION_PULL else min(asked, longest)

    def timed_out(self, request: IncomingRequest) -> Answer:
        """Return the answer to a request that took longer than that."""
        return self._fault(request, refuse("OPERATION_TIMEDOUT"))

    def too_late(self, request: IncomingRequest) -> Answer:
        """Return the answer to an answer that nobody waits for any more."""
        return self._fault(request, refuse("SEMANTICCALLBACK_TIMEDOUT"))

    def answer(
        self,
        request: IncomingRequest,
        *,
        is_connected: Callable[[], bool],
        is_anonymous: bool = False,
    ) -> Answer:
        """Return the answer to a request.

        Args:
            request: what is asked.
            is_connected: whether the client still waits.
            is_anonymous: whether nobody said who asks; Identify then tells less.

        Raises:
            ClientGone: nobody waits for it.
        """
        if request.is_identify:
            version = _ANONYMOUS_VERSION if is_anonymous else self._version()
            return Answer(identify.serialize_response(_VENDOR, version, _PROFILES))
        try:
            outcome = self._outcome(request, is_connected)
        except Refusal as refusal:
            return self._fault(request, refusal)
        return Answer(self._reply(request, outcome), opened=outcome.opened)

    def forget(self, opened: str) -> None:
        """Forget what was opened for a client that never came to know of it."""
        self.contexts.discard(opened)
        self.events.subscriptions.discard(opened)
        self.shells.discard(opened)

    def _outcome(self, request: IncomingRequest, is_connected: Callable[[], bool]) -> Outcome:
        _check_headers(request)
        if request.size > self._limits.max_envelope_size:
            raise refuse("SERVER_ENVELOPE_LIMIT", f"{request.size} bytes")
        resource = resource_of(request)
        operation = Operation(
            request,
            resource,
            self.repository,
            self.contexts,
            self._size(request),
            self._limits.max_elements,
            is_connected,
            self.events,
            self.time_limit(request),
            self.shells,
        )
        self._check(operation)
        perform = _OPERATIONS.get((request.action, resource.family))
        if perform is None and invoking.is_method(operation):
            perform = invoking.invoke
        if perform is None:
            raise refuse("ACTION_NOT_SUPPORTED", f"{request.action} is not supported here")
        return perform(operation)

    def _version(self) -> str:
        stack = STACKS[self._limits.kind]
        return self._limits.product_version or f"OS: 10.0.20348 SP: 0.0 Stack: {stack}"

    def _check(self, operation: Operation) -> None:
        """Refuse what this server, or its administrator, does not allow."""
        namespace = operation.resource.namespace.lower()
        if namespace in (one.lower() for one in self._limits.denied):
            raise refuse("ERROR_ACCESS_DENIED")
        check_generation(operation, self._limits.kind)

    # Envelopes

    def _size(self, request: IncomingRequest) -> int:
        own = self._limits.max_envelope_size
        return own if request.max_envelope_size is None else min(request.max_envelope_size, own)

    def _fault(self, request: IncomingRequest, refusal: Refusal) -> Answer:
        reply = envelope.serialize_fault(
            refusal.fault, request.message_id, _new_message_id(), machine=self._limits.machine
        )
        return Answer(reply, HTTPStatus.INTERNAL_SERVER_ERROR)

    @staticmethod
    def _reply(request: IncomingRequest, outcome: Outcome) -> bytes:
        return envelope.serialize_reply(
            response_action(request.action),
            outcome.body,
            request.message_id,
            _new_message_id(),
            header=outcome.header,
        )


def _new_message_id() -> str:
    return f"uuid:{str(uuid.uuid4()).upper()}"


_OPERATIONS: Final[dict[tuple[str, Family], Callable[[Operation], Outcome]]] = {
    (ACTION_GET, Family.CLASS): getting.get_instance,
    (ACTION_PUT, Family.CLASS): writing.put,
    (ACTION_CREATE, Family.CLASS): writing.create,
    (ACTION_DELETE, Family.CLASS): writing.delete,
    (ACTION_GET, Family.SCHEMA): declaring.get_class,
    (ACTION_ENUMERATE, Family.SCHEMA): declaring.enumerate_classes,
    (ACTION_PULL, Family.SCHEMA): enumerating.pull,
    (ACTION_RELEASE, Family.SCHEMA): enumerating.release,
    (ACTION_ENUMERATE, Family.CLASS): enumerating.enumerate_instances,
    (ACTION_ENUMERATE, Family.ALL_CLASSES): enumerating.enumerate_instances,
    (ACTION_PULL, Family.CLASS): subscribing.pull,
    (ACTION_PULL, Family.ALL_CLASSES): subscribing.pull,
    (ACTION_PULL, Family.EVENT_LOG): subscribing.pull,
    (ACTION_RELEASE, Family.CLASS): subscribing.release,
    (ACTION_RELEASE, Family.ALL_CLASSES): subscribing.release,
    (ACTION_RELEASE, Family.EVENT_LOG): subscribing.release,
    **{
        (action, family): perform
        for action, perform in (
            (ACTION_SUBSCRIBE, subscribing.subscribe),
            (ACTION_RENEW, subscribing.renew),
            (ACTION_UNSUBSCRIBE, subscribing.unsubscribe),
        )
        for family in (Family.CLASS, Family.ALL_CLASSES, Family.EVENT_LOG)
    },
    (ACTION_CREATE, Family.SHELL): managing.create,
    (ACTION_DELETE, Family.SHELL): managing.delete,
    (ACTION_DISCONNECT, Family.SHELL): managing.disconnect,
    (ACTION_RECONNECT, Family.SHELL): managing.reconnect,
    (ACTION_CONNECT, Family.SHELL): managing.connect,
    (ACTION_COMMAND, Family.SHELL): commanding.command,
    (ACTION_RECEIVE, Family.SHELL): commanding.receive,
    (ACTION_SEND, Family.SHELL): commanding.send,
    (ACTION_SIGNAL, Family.SHELL): commanding.signal,
    (ACTION_GET, Family.SHELLS): managing.describe,
    (ACTION_ENUMERATE, Family.SHELLS): managing.enumerate_shells,
    (ACTION_ENUMERATE, Family.SHELL_COMMANDS): managing.enumerate_commands,
    **{
        (action, family): perform
        for action, perform in (
            (ACTION_PULL, enumerating.pull),
            (ACTION_RELEASE, enumerating.release),
        )
        for family in (Family.SHELLS, Family.SHELL_COMMANDS)
    },
}


def _check_headers(request: IncomingRequest) -> None:
    if request.not_understood:
        raise not_understood(request.not_understood)
    if request.message_id is None or not request.action or not request.resource_uri:
        raise refuse("MESSAGE_INFORMATION_HEADER_REQUIRED")
    size = request.max_envelope_size
    if size is not None and size < _SMALLEST_ENVELOPE:
        raise refuse("MIN_ENVELOPE_SIZE")
