"""Get: one instance by its key (WS-Transfer, DSP0226 7; DSP0227 7)."""

from __future__ import annotations

from typing import Any

from mi.calls import GetInstance
from mi.errors import ProtocolError
from protocols.wsman.conversation import namespace_of
from protocols.wsman.dialects import ClassKnown, Dialect, SchemaView, Settings, typing_of
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.held import Held
from protocols.wsman.instances import Decoder
from protocols.wsman.namespaces import ACTION_GET
from protocols.wsman.references import key_selectors

__all__ = ["Retrieval"]


class Retrieval:
    """The conversation of a `GetInstance`: Get, and the declaration of the class if need be."""

    def __init__(
        self, call: GetInstance, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin the conversation.

        Args:
            call: which instance.
            settings: how to run the operation.
            dialect: the server's.
            schemas: the classes that are known.

        Raises:
            InvalidParameter: the key is not complete, so it would name another object.
        """
        namespace = namespace_of(call)
        self._request: Request | None = Request(
            ACTION_GET,
            dialect.resource_uri(namespace, call.key.class_name),
            selectors=(
                *dialect.namespace_selectors(namespace),
                *key_selectors(call.key.key, dialect, namespace),
            ),
            options=dialect.options,
            operation_timeout=settings.operation_timeout,
        )
        decoder = Decoder(
            schemas,
            namespace,
            typing=typing_of(settings.flags, dialect),
            server_name=settings.server_name,
            precise=dialect.precise_arrays,
        )
        self._held = Held(decoder, settings, schemas)

    @property
    def awaits_class(self) -> bool:
        """Whether the instance has come and its class is not known."""
        return self._held.awaits_class

    def next_request(self) -> Request | None:
        """Return the Get, or the request for its class, or None."""
        return self._held.request() if self._request is None else self._request

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the instance once it can be read.

        Raises:
            MIError: the server refuses it, or its class.
            ProtocolError: the reply holds no instance.
        """
        if self._request is None:
            return self._held.receive(reply)
        if isinstance(reply, ClassKnown):
            return []
        self._request = None
        if isinstance(reply, Fault):
            raise reply.error()
        if len(reply.body) != 1:
            raise ProtocolError("the reply to Get holds no instance, or more than one")
        return self._held.take([reply.body[0]], is_repaired=reply.is_repaired)

    def abandon(self) -> Request | None:
        """Return None: nothing stays open on the server."""
        self._request = None
        self._held.drop()
        return None
