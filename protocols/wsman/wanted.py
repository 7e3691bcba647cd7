"""The declaration of a class that a conversation waits for."""

from __future__ import annotations

from protocols.wsman.classes import class_request, read_reply, refused
from protocols.wsman.dialects import ClassKnown, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.instances import UnknownClass

__all__ = ["Wanted"]


class Wanted:
    """At most one class at a time: what asks for it, and what its arrival changes."""

    def __init__(self, settings: Settings, schemas: SchemaView) -> None:
        """Want nothing yet.

        Args:
            settings: how to run the operation.
            schemas: where a declaration is put.
        """
        self._settings = settings
        self._schemas = schemas
        self._name: tuple[str, str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a class is waited for."""
        return self._name is not None

    def want(self, unknown: UnknownClass) -> None:
        """Wait for the class that something cannot be done without."""
        self._name = (unknown.namespace, unknown.class_name)

    def drop(self) -> None:
        """Wait no longer."""
        self._name = None

    def request(self) -> Request | None:
        """Return the request for the class, or None if it is known by now, or none is wanted."""
        if self._name is None or self._schemas.find(*self._name) is not None:
            return None
        return class_request(*self._name, self._settings)

    def receive(self, reply: Reply | Fault | ClassKnown) -> None:
        """Learn the class from the answer about it, and want nothing any more.

        Raises:
            MIError: the class is refused, or the answer is none.
        """
        name, self._name = self._name, None
        if name is None or isinstance(reply, ClassKnown):
            return
        if isinstance(reply, Fault):
            raise refused(reply, *name)
        self._schemas.add(read_reply(reply, *name, self._settings.server_name), name[0])
