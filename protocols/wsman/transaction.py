"""One request and its reply: what Get, Put, Create, Delete and Invoke have in common.

The declaration of a class may be missing twice: before the request can be written, for the types of
what is sent, and after the reply has come, for those of what is in it. In both cases the work is
begun anew once the class is known, so both are plain functions of what is known.

A request that changes something is written and sent once. A fault means that nothing came of it,
but for one: the server's time for it was over. That, and a reply that cannot be read, leave unknown
what was done.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Final

from mi.errors import MIError
from mi.results import Result
from protocols.wsman.dialects import NO_CLASSES, ClassKnown, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.instances import Decoder, UnknownClass
from protocols.wsman.outgoing import Outgoing
from protocols.wsman.wanted import Wanted

__all__ = ["Transaction"]

# Before anything was sent that needs the class, these say what is wrong with the call itself.
_ABOUT_THE_CALL: Final = (
    Result.ACCESS_DENIED,
    Result.INVALID_NAMESPACE,
    Result.INVALID_CLASS,
    Result.NOT_FOUND,
)


class Transaction(ABC):
    """The conversation of a call with one request and one reply.

    A kind of operation says by `prepare` what is sent, and by `read` what the reply comes to.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        decoder: Decoder,
        settings: Settings,
        schemas: SchemaView,
    ) -> None:
        """Begin the conversation.

        Args:
            outgoing: gives what is sent its types.
            decoder: reads what comes.
            settings: how to run the operation.
            schemas: the classes that are known.

        Raises:
            MIError: the call cannot be put into a message.
        """
        self._outgoing = outgoing
        self._decoder = decoder
        self._wanted = Wanted(settings, schemas)
        self._request: Request | None = None
        self._reply: Reply | None = None
        self._is_over = False
        self._go_on()

    @abstractmethod
    def prepare(self) -> Request:
        """Return the request.

        Raises:
            MIError: the call cannot be put into a message.
            UnknownClass: the declaration of a class is needed first.
        """
        ...

    @abstractmethod
    def read(self, reply: Reply) -> list[Any]:
        """Return the results that a reply holds.

        Raises:
            MIError: it holds none that can be read.
            UnknownClass: the declaration of a class is needed first.
        """
        ...

    @property
    def awaits_class(self) -> bool:
        """Whether the request, or the reply, waits for the declaration of a class."""
        return self._wanted.is_open

    def next_request(self) -> Request | None:
        """Return the request for a class, else the one that all is about, or None."""
        if self._wanted.is_open:
            return self._wanted.request()
        return None if self._is_over else self._request

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the results once they can be read.

        Raises:
            MIError: the operation has failed.
        """
        try:
            return self._receive(reply)
        except MIError as error:
            self._is_over = True
            error.outcome_unknown = error.outcome_unknown or self._leaves_unknown(reply)
            raise

    def abandon(self) -> Request | None:
        """Return None: nothing stays open on the server."""
        self._is_over = True
        self._wanted.drop()
        return None

    def _receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        if self._wanted.is_open:
            if reply is NO_CLASSES:
                self._outgoing.settle_for_text()
                self._decoder.settle_for_text()
            self._refuse_with(reply)
            self._wanted.receive(reply)
        elif isinstance(reply, Fault):
            raise reply.error()
        elif isinstance(reply, Reply):
            self._reply = reply
            self._is_over = True
        return self._go_on()

    def _refuse_with(self, reply: Reply | Fault | ClassKnown) -> None:
        """Fail for a class whose declaration is refused because the call is wrong.

        Raises:
            MIError: there is no such class, or it is not for this user.
        """
        if self._request is None and isinstance(reply, Fault):
            error = reply.error()
            if error.result in _ABOUT_THE_CALL:
                self._wanted.drop()
                raise error

    def _go_on(self) -> list[Any]:
        try:
            if self._reply is not None:
                self._decoder.is_repaired = self._reply.is_repaired
                return self.read(self._reply)
            if self._request is None:
                self._request = self.prepare()
        except UnknownClass as unknown:
            self._wanted.want(unknown)
        return []

    def _leaves_unknown(self, reply: Reply | Fault | ClassKnown) -> bool:
        """Return whether nobody knows what came of the request, after an error."""
        if self._request is None or self._request.repeatable:
            return False
        return self._reply is not None or (isinstance(reply, Fault) and reply.is_timeout)
