"""One operation that a client asks for, with what answering it needs, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocols.loopback.contexts import Contexts
from protocols.loopback.events import Events
from protocols.loopback.refusals import refuse
from protocols.loopback.repository import Repository
from protocols.loopback.resources import Resource
from protocols.loopback.shells.open_shells import OpenShells
from protocols.wsman.incoming import IncomingRequest

__all__ = ["Operation", "Outcome"]

_RESERVED = 1024  # characters of a reply that are not items
_PRECISE_ARRAYS = "msftwinrm:useprecisearrays"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of an operation.

    Attributes:
        body: the body of the reply.
        opened: the id of the enumeration, or the name of the subscription, that it opens.
        header: further headers, as markup.
    """

    body: str
    opened: str | None = None
    header: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks for.

    Attributes:
        request: the message.
        resource: what it is about.
        repository: what the answer is made from.
        contexts: the enumerations under way.
        envelope_size: bytes that the reply may have.
        most: items that a reply may have at most, whatever is asked.
        is_connected: tells whether the client still waits.
        events: the event log and the subscriptions.
        time_limit: seconds that the request may take.
        shells: the shells that are open.
    """

    request: IncomingRequest
    resource: Resource
    repository: Repository
    contexts: Contexts
    envelope_size: int
    most: int
    is_connected: Callable[[], bool]
    events: Events
    time_limit: float
    shells: OpenShells

    @property
    def identity(self) -> tuple[str, ...]:
        """What a Pull has to name again: resource URI and selectors; Windows compares them."""
        given = self.request.selectors.items()
        selectors = sorted(f"{name.lower()}={value}" for name, value in given)
        return self.request.resource_uri.lower(), *selectors

    @property
    def characters(self) -> int:
        """Characters that the items of a reply may have: the service counts them in UTF-16."""
        return self.envelope_size // 2 - _RESERVED

    @property
    def room(self) -> int:
        """Bytes of the streams of a shell that a reply may have: they go as base64."""
        return self.characters * 3 // 4

    def fitting(self, body: str) -> Outcome:
        """Return the outcome with this body.

        Raises:
            Refusal: it is larger than the envelope that was asked for.
        """
        if len(body) > self.characters:
            raise refuse("MAX_ENVELOPE_SIZE_EXCEEDED")
        return Outcome(body)

    @property
    def wants_precise_arrays(self) -> bool:
        """Whether null arrays are to say that they are (m:IsNullArray)."""
        return self.has_option(_PRECISE_ARRAYS)

    def values(self, name: str) -> list[str]:
        """Return the values of all options of a name, without case, in order."""
        options = self.request.options
        return [one.value or "" for one in options if one.name.lower() == name.lower()]

    def has_option(self, name: str) -> bool:
        """Return whether an option, named in lower case, is there and says yes."""
        return self.value_of(name) in ("true", "1")

    def is_given(self, name: str) -> bool:
        """Return whether an option, named in lower case, is there, whatever it says."""
        return any(option.name.lower() == name for option in self.request.options)

    def value_of(self, name: str) -> str:
        """Return what an option, named in lower case, says, in lower case; "" if there is none."""
        found = (one.value for one in self.request.options if one.name.lower() == name)
        return (next(found, None) or "").strip().lower()
