"""Class declarations: how a server is asked for one, and how its answer is read.

The declaration comes as one CLASS element of CIM-XML, in no namespace (MS-WSMV 2.2.4.7, DSP0201);
the server's side is `mi.serial.cimxml.write_class`. `Declaration` is the conversation of a
`GetClass`; the conversations that need a class in order to read their instances send the same
request.
"""

from __future__ import annotations

from typing import Any, Final

from mi.calls import GetClass
from mi.errors import MIError, NotSupported, ProtocolError
from mi.schema import Class
from mi.serial.cimxml import read_class
from protocols.wsman import soap
from protocols.wsman.conversation import namespace_of
from protocols.wsman.dialects import (
    NAMESPACE_SELECTOR,
    NO_CLASSES,
    ClassKnown,
    Dialect,
    SchemaView,
    Settings,
)
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.namespaces import ACTION_GET, CIM_XML_SCHEMA
from protocols.wsman.retelling import retold

__all__ = [
    "CLASS_NAME_SELECTOR",
    "Declaration",
    "class_request",
    "no_declarations",
    "read_reply",
    "refused",
]

CLASS_NAME_SELECTOR: Final = "ClassName"
"""The selector that says which class."""

# Without them OMI sends neither keys nor inherited properties (recorded); Windows' client asks so.
INCLUDES: Final = tuple(
    Option(name, "true", "xs:boolean")
    for name in ("IncludeInheritanceHierarchy", "IncludeInheritedElements", "IncludeQualifiers")
)
"""The options that ask for whole declarations."""


def class_request(namespace: str, class_name: str, settings: Settings) -> Request:
    """Return the request for the declaration of a class."""
    return Request(
        ACTION_GET,
        CIM_XML_SCHEMA,
        selectors=(
            Selector.of(NAMESPACE_SELECTOR, namespace),
            Selector.of(CLASS_NAME_SELECTOR, class_name),
        ),
        options=INCLUDES,
        operation_timeout=settings.operation_timeout,
        schema=(namespace, class_name),
    )


def read_reply(
    reply: Reply, namespace: str, class_name: str, server_name: str | None = None
) -> Class:
    """Return the declaration that a reply holds.

    Raises:
        ProtocolError: it holds none, or another class'.
    """
    element = next((part for part in reply.body if soap.local_name(part) == "CLASS"), None)
    if element is None:
        raise ProtocolError(f"the reply holds no declaration of {class_name}")
    class_ = read_class(element, namespace, server_name)
    if class_.name.lower() != class_name.lower():
        raise ProtocolError(f"the server sent the declaration of {class_.name}, not {class_name}")
    return class_


def refused(fault: Fault, namespace: str, class_name: str) -> MIError:
    """Return the error for instances whose class the server does not declare."""
    error = fault.error()
    if fault.is_timeout:
        return error
    return retold(
        error,
        f"the values of {class_name} have no types, for the server does not give its declaration"
        f" in {namespace}: {error.message}",
        "Take them as text with flags=OperationFlags.BASIC_RTTI, or give a SchemaStore that has the"
        " class as options.schema.",
    )


def no_declarations() -> NotSupported:
    """Return the error for who asks a server for a declaration that gives none."""
    return NotSupported(
        "a server of this kind gives no class declarations",
        advice="Load them into a SchemaStore from CIM-XML or MOF.",
    )


class Declaration:
    """The conversation of a `GetClass`: one request, one reply, which is remembered."""

    def __init__(
        self, call: GetClass, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin the conversation.

        Args:
            call: which class.
            settings: how to run the operation.
            dialect: the server's.
            schemas: where the declaration is put.
        """
        self._namespace = namespace_of(call)
        self._class_name = call.class_name
        self._settings = settings
        self._dialect = dialect
        self._schemas = schemas
        self._is_over = False

    @property
    def awaits_class(self) -> bool:
        """False: it is itself about a class."""
        return False

    def next_request(self) -> Request | None:
        """Return the request until it is answered, then None.

        Raises:
            NotSupported: servers of this kind declare no classes.
        """
        if self._is_over:
            return None
        if not self._dialect.has_schema:
            raise no_declarations()
        return class_request(self._namespace, self._class_name, self._settings)

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return the declaration.

        Raises:
            MIError: the server refuses it.
            NotSupported: the server turns out to declare no classes.
            ProtocolError: the reply holds none.
        """
        if reply is NO_CLASSES:
            self._is_over = True
            raise no_declarations()
        if isinstance(reply, ClassKnown):  # somebody else's; this one asks for itself
            return []
        self._is_over = True
        if isinstance(reply, Fault):
            raise reply.error()
        class_ = read_reply(reply, self._namespace, self._class_name, self._settings.server_name)
        self._schemas.add(class_, self._namespace)
        return [class_]

    def abandon(self) -> Request | None:
        """Return None: nothing stays open on the server."""
        self._is_over = True
        return None
