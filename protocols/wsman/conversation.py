"""What all conversations are: an object that says what to send next, and is told what came back.

    request = conversation.next_request()       None: nothing is to be sent
    results = conversation.receive(reply)       and so on, until there is no next request
    request = conversation.abandon()            instead, when the caller has had enough

Nothing happens by asking; only `receive` and `abandon` change anything. A conversation that awaits
a class has `awaits_class` set and asks for its declaration; if that became known in the meantime,
by another operation's asking, there is no next request, and `receive(CLASS_KNOWN)` goes on.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from mi.calls import Call
from mi.errors import InvalidParameter
from protocols.wsman.dialects import ClassKnown
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault

__all__ = ["Conversation", "Losing", "Resumable", "Unhurried", "namespace_of"]


class Conversation(Protocol):
    """One operation, as the messages that it takes."""

    @property
    def awaits_class(self) -> bool:
        """Whether a reply is held back until the declaration of a class is known."""
        ...

    def next_request(self) -> Request | None:
        """Return what to send, or None.

        Raises:
            MIError: the operation has failed, after the results that it gave.
        """
        ...

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the results that have come, often none.

        Raises:
            MIError: the operation has failed.
        """
        ...

    def abandon(self) -> Request | None:
        """End the conversation; return what releases it on the server, or None."""
        ...


@runtime_checkable
class Resumable(Conversation, Protocol):
    """A conversation that may go on where a connection broke before a reply had come."""

    def resume(self) -> bool:
        """Take note that the reply is lost; return whether there is a way to go on without it."""
        ...


@runtime_checkable
class Losing(Conversation, Protocol):
    """A conversation that can release what it may have begun, though no reply says that it has."""

    def lose(self) -> None:
        """Take note that the request was sent and its reply is lost."""
        ...


@runtime_checkable
class Unhurried(Conversation, Protocol):
    """A conversation at whose end something stays open that is in nobody's way."""

    @property
    def may_wait(self) -> bool:
        """Whether what `abandon` returns need not be sent at once."""
        ...


def namespace_of(call: Call[Any]) -> str:
    """Return the namespace of a call, which a session always fills in.

    Raises:
        InvalidParameter: nobody has.
    """
    if call.namespace is None:
        raise InvalidParameter(f"the {call.operation} does not say its namespace")
    return call.namespace
