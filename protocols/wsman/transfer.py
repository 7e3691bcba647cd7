"""Get, Put, Create and Delete: one instance by its key (WS-Transfer, DSP0226 7; DSP0227 7)."""

from __future__ import annotations

from typing import Any, Final

from mi.calls import CreateInstance, DeleteInstance, GetInstance, ModifyInstance
from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.modification import changed_names, key_names
from protocols.wsman.conversation import namespace_of
from protocols.wsman.dialects import Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.headers import Option
from protocols.wsman.instances import Decoder
from protocols.wsman.namespaces import (
    ACTION_CREATE,
    ACTION_DELETE,
    ACTION_GET,
    ACTION_PUT,
    TRANSFER,
)
from protocols.wsman.outgoing import Outgoing
from protocols.wsman.transaction import Transaction

__all__ = ["MODIFIED_PROPERTIES", "Creation", "Deletion", "Modification", "Retrieval"]

MODIFIED_PROPERTIES: Final = "wmiarray:__MIInstanceModifiedPropertiesList"
"""The option that names what a Put or a Create sets; it comes once for each (recorded)."""

_CREATED: Final = f"{{{TRANSFER}}}ResourceCreated"


class _Transfer(Transaction):
    """What the four have in common: an instance, and what names it."""

    def __init__(
        self,
        call: GetInstance | CreateInstance | ModifyInstance | DeleteInstance,
        settings: Settings,
        dialect: Dialect,
        schemas: SchemaView,
    ) -> None:
        """Begin the conversation.

        Args:
            call: what to do, and to which instance.
            settings: how to run the operation.
            dialect: the server's.
            schemas: the classes that are known.

        Raises:
            InvalidParameter: the key is not complete, so it would name another object.
            MIError: the instance cannot be sent so.
        """
        namespace = namespace_of(call)
        self._instance = (
            call.key if isinstance(call, (GetInstance, DeleteInstance)) else call.instance
        )
        self._is_repeatable = call.repeatable
        self._settings = settings
        self._dialect = dialect
        decoder = Decoder.of(namespace, settings, dialect, schemas)
        outgoing = Outgoing(settings, dialect, schemas, namespace)
        super().__init__(outgoing, decoder, settings, schemas)

    def _request_for(
        self, action: str, instance: Instance, body: str = "", names: tuple[str, ...] = ()
    ) -> Request:
        is_named = action != ACTION_CREATE
        modified = names if self._dialect.puts_changes else ()
        return Request(
            action,
            self._outgoing.resource_uri(instance.class_name),
            body,
            selectors=(
                self._outgoing.selectors(instance)
                if is_named
                else self._outgoing.namespace_selectors()
            ),
            options=(
                *(Option(MODIFIED_PROPERTIES, name, "xs:string") for name in modified),
                *self._dialect.options,
            ),
            operation_timeout=self._settings.operation_timeout,
            repeatable=self._is_repeatable,
        )


class Retrieval(_Transfer):
    """The conversation of a `GetInstance`."""

    def prepare(self) -> Request:
        """Return the Get."""
        return self._request_for(ACTION_GET, self._instance)

    def read(self, reply: Reply) -> list[Any]:
        """Return the instance.

        Raises:
            ProtocolError: there is none in the reply.
        """
        if len(reply.body) != 1:
            raise ProtocolError("the reply to Get holds no instance, or more than one")
        instance = self._decoder.read(reply.body[0])
        return [instance if instance.is_typed else self._named(instance)]

    def _named(self, instance: Instance) -> Instance:
        """Return an instance of bare text, whose class is not known, with the key it was got by."""
        return Instance.received(
            instance.class_name, dict(instance), None, instance.namespace, instance.server_name,
            identity=self._instance.key.items(), is_typed=False, is_repaired=instance.is_repaired,
        )  # fmt: skip


class Deletion(_Transfer):
    """The conversation of a `DeleteInstance`."""

    def prepare(self) -> Request:
        """Return the Delete."""
        return self._request_for(ACTION_DELETE, self._instance)

    def read(self, reply: Reply) -> list[Any]:
        """Return nothing: that there is a reply says all."""
        del reply
        return []


class Creation(_Transfer):
    """The conversation of a `CreateInstance`."""

    def prepare(self) -> Request:
        """Return the Create, with all that is not null.

        Raises:
            MIError: the instance cannot be sent so.
            UnknownClass: a class is needed first.
        """
        instance = self._outgoing.typed(self._instance)
        names = tuple(name for name, value in instance.items() if value is not None)
        body = self._outgoing.instance(instance, names)
        return self._request_for(ACTION_CREATE, instance, body, names)

    def read(self, reply: Reply) -> list[Any]:
        """Return what names the new object, or all of it if that is what came.

        Servers put the parts of an EPR into the element, or the EPR (OMI, Windows; recorded).
        """
        if not len(reply.body):
            return [self._instance.copy()]
        element = reply.body[0]
        if element.tag == _CREATED:
            return [self._decoder.reference(element)]
        return [self._decoder.read(element)]


class Modification(_Transfer):
    """The conversation of a `ModifyInstance`."""

    def prepare(self) -> Request:
        """Return the Put.

        Raises:
            MIError: the instance cannot be sent so.
            UnknownClass: a class is needed first.
        """
        instance = self._outgoing.typed(self._instance)
        keys = key_names(instance)
        changes = changed_names(instance, keys)
        names = (*changes, *keys) if self._dialect.puts_changes else _whole(instance, changes)
        body = self._outgoing.instance(instance, names)
        return self._request_for(ACTION_PUT, instance, body, changes)

    def read(self, reply: Reply) -> list[Any]:
        """Return the instance as it is now, or nothing where the server does not tell."""
        return [self._decoder.read(element) for element in reply.body][:1]


def _whole(instance: Instance, changes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names for a server that may write null to whatever a Put leaves out.

    Raises:
        InvalidParameter: the instance came without some of its properties.
    """
    if not instance.is_received:
        return tuple(
            name for name, value in instance.items() if value is not None or name in changes
        )
    missing = instance.missing
    if missing:
        raise InvalidParameter(
            f"this {instance.class_name} came without {', '.join(missing)}, to which this kind of"
            " server would write null",
            advice="Get the whole instance first.",
        )
    return tuple(instance)
