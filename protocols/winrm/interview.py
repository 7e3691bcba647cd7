"""Questions to a service over one connection, for one logon and no second.

If the connection is lost, nothing is asked again: what a diagnosis wants to know is not worth
another attempt at an account.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from mi.callbacks import SessionCallbacks
from mi.calls import QueryInstances, TestConnection
from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, MIError
from mi.options import DestinationOptions, ServerKind
from mi.results import OperationFlags
from mi.store import SchemaStore
from protocols.network.bounds import Bounds
from protocols.security.admission import Entry
from protocols.security.rejection import Rejected
from protocols.winrm.admission import Admission
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.identifiers import new_id
from protocols.winrm.line import Line
from protocols.winrm.sizes import envelope_size, largest_reply
from protocols.winrm.survey import sooner
from protocols.wsman.conversation import Conversation
from protocols.wsman.dialects import DIALECTS, Settings
from protocols.wsman.envelope import Reply, Request, parse, serialize
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Addressing

__all__ = ["Interview"]

_PATIENCE: Final = 20.0  # seconds for one exchange, however much time there is


class _Once(Admission):
    """Lets a connection log on, and no other after it."""

    _is_spent = False

    def enter(self, bounds: Bounds) -> Entry[Method]:
        if self._is_spent:
            raise ConnectionFailed(
                "the connection was lost, and a second logon is not spent on finding out why",
                advice="Run it again: a connection that is lost again has something in between.",
            )
        self._is_spent = True
        return super().enter(bounds)

    def reject(self, method: Method, rejection: Rejected) -> None:
        self._is_spent = False  # there is nothing left to log on with, and it says why
        super().reject(method, rejection)


class Interview:
    """The connection, which logs on with the first question."""

    def __init__(
        self,
        destination: str | None,
        address: Address,
        options: DestinationOptions,
        connector: Connector,
        expiry: Expiry,
    ) -> None:
        """Connect to nothing yet.

        Args:
            destination: the host as the caller named it.
            address: of the service.
            options: with the credentials that are used.
            connector: makes the connection.
            expiry: when all of it must be over.
        """
        self._destination = destination
        self._options = options
        self._expiry = expiry
        self._addressing = Addressing(
            address.url,
            envelope_size(options),
            options.ui_locale or "en-US",
            options.data_locale or "en-US",
        )
        self._admission = _Once(options, address)
        self._line = Line(address, options, SessionCallbacks(), self._admission, connector)

    @property
    def method(self) -> Method | None:
        """How it logged on, or None where that is not known."""
        return self._admission.method

    @property
    def is_sealing(self) -> bool:
        """Whether messages are sealed with the keys of the logon."""
        return self._line.is_sealing

    def results(
        self,
        begin: Callable[..., Conversation],
        call: TestConnection | QueryInstances,
        kind: ServerKind,
    ) -> list[Any]:
        """Return the results of a call, as text, so that no class is asked for.

        Raises:
            MIError: there are none.
        """
        settings = Settings(_PATIENCE, flags=OperationFlags.NO_RTTI, server_name=self._destination)
        conversation = begin(call, settings, DIALECTS[kind], SchemaStore())
        results: list[Any] = []
        try:
            while (request := conversation.next_request()) is not None:
                results += conversation.receive(self.ask(request))
        finally:
            parting = conversation.abandon()
            if parting is not None:
                with suppress(MIError):  # the connection is about to be closed
                    self.ask(parting)
        return results

    def ask(self, request: Request) -> Reply | Fault:
        """Return what a request is answered.

        Raises:
            MIError: there is no answer.
        """
        message_id = None if request.is_identify else new_id()
        envelope = serialize(request, self._addressing, message_id or "")
        expiry = sooner(self._expiry, _PATIENCE)
        (data,) = self._line.exchange(envelope, expiry, CancelToken(), repeatable=False)
        return parse(data, message_id, limit=largest_reply(self._options))

    def end(self) -> None:
        """Close the connection."""
        self._line.discard()
