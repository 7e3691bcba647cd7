"""What an operation has at hand: the services of its namespace, and class declarations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Protocol

from mi.calls import Call
from mi.control import Control
from mi.instance import Instance
from mi.results import CimType, OperationFlags
from mi.schema import Class
from protocols.channels.fetches import Fetches
from protocols.wmidcom.contexts import context_of
from protocols.wmidcom.hresults import NoClass, is_number
from protocols.wmidcom.references import References
from protocols.wmidcom.services import (
    Bounds,
    ContextValue,
    WbemError,
    WbemFlags,
    WbemServices,
)

__all__ = ["SEMISYNCHRONOUS", "Access", "Host", "Schemas", "fetched"]

SEMISYNCHRONOUS: Final = WbemFlags.RETURN_IMMEDIATELY | WbemFlags.FORWARD_ONLY
"""How all enumerations are opened: the call returns at once, and the objects are kept nowhere."""

_FETCHES_NOTHING: Final = OperationFlags.NO_RTTI | OperationFlags.BASIC_RTTI


class Schemas(Protocol):
    """Where the class declarations of a session are; `mi.SchemaStore` does as one."""

    def find(self, namespace: str | None, class_name: str) -> Class | None:
        """Return a class, or None."""
        ...

    def add(self, class_: Class, namespace: str | None = None) -> None:
        """Take a class in."""
        ...


class Host(Protocol):
    """What the operations of a session share: its channel."""

    schemas: Schemas
    fetching: Fetches
    server_name: str | None
    most: int | None

    def services(self, namespace: str, bounds: Bounds) -> WbemServices:
        """Return the services of a namespace."""
        ...


class Access:
    """What one operation works with.

    Attributes:
        namespace: the operation's.
        flags: those of every call that reads.
        context: what every call takes along for the provider.
        server_name: for the values that are made here.
        most: objects that the caller wants at once, or None.
        fetches: whether a class declaration may be asked for in order to read a result.
        references: types those among the results.
    """

    def __init__(self, host: Host, call: Call[Any], control: Control) -> None:
        """Prepare the operation of `call`.

        Raises:
            NotSupported: an option must be complied with, and cannot be.
        """
        self._host = host
        self.namespace = call.namespace or ""
        self.flags = (
            WbemFlags.USE_AMENDED_QUALIFIERS
            if control.flags & OperationFlags.LOCALIZED_QUALIFIERS
            else WbemFlags.NONE
        )
        self.context: tuple[ContextValue, ...] = context_of(control.options)
        self.server_name = host.server_name
        self.most = control.options.max_elements or host.most
        self.fetches = not control.flags & _FETCHES_NOTHING
        self.references = References(self.known, self.namespace)

    def services(self, bounds: Bounds) -> WbemServices:
        """Return the services of the operation's namespace."""
        return self._host.services(self.namespace, bounds)

    # Classes

    def known(self, class_name: str, namespace: str | None = None) -> Class | None:
        """Return the declaration of a class if the session has it."""
        return self._host.schemas.find(namespace or self.namespace, class_name)

    def learn(self, declaration: Class) -> None:
        """Keep the declaration of a class of the operation's namespace."""
        self._host.schemas.add(declaration, self.namespace)

    def declaration(self, class_name: str, bounds: Bounds, namespace: str | None = None) -> Class:
        """Return the declaration of a class, of which one session asks for it once.

        Raises:
            WbemError: the server does not give it.
            MIError: there was no answer.
        """
        where = namespace or self.namespace
        found = self.known(class_name, where)
        if found is not None:
            return found
        with self._host.fetching.only(where, class_name, *bounds):
            found = self.known(class_name, where)  # if somebody else fetched it
            if found is None:
                services = self._host.services(where, bounds)
                found = fetched(services, class_name, bounds)
                self._host.schemas.add(found, where)
        return found

    # Instances on their way to the server

    def typed(self, instance: Instance, bounds: Bounds) -> Instance:
        """Return an instance with the types that its class declares.

        Raises:
            NoSuchProperty: the class has no property that the instance has.
            TypeMismatch: a value does not fit its property.
            WbemError: the class is not there.
        """
        namespace = instance.namespace
        return instance.retyped(self.declaration(instance.class_name, bounds, namespace))

    def embedded(self, instance: Instance, bounds: Bounds) -> tuple[Instance, dict[str, Class]]:
        """Return an instance whose embedded instances are typed, and the classes of those.

        Raises:
            MIError, WbemError: as for `typed`.
        """
        classes: dict[str, Class] = {}
        outgoing = instance.copy()
        for name, value in list(_embedded_in(instance)):
            if isinstance(value, list):
                outgoing[name] = [
                    None if one is None else self._inner(one, classes, bounds) for one in value
                ]
            else:
                outgoing[name] = self._inner(value, classes, bounds)
        return outgoing, classes

    def _inner(self, instance: Instance, classes: dict[str, Class], bounds: Bounds) -> Instance:
        declaration = self.declaration(instance.class_name, bounds, instance.namespace)
        classes[declaration.name.lower()] = declaration
        inner, further = self.embedded(instance.retyped(declaration), bounds)
        classes.update(further)
        return inner


def fetched(
    services: WbemServices,
    class_name: str,
    bounds: Bounds,
    flags: WbemFlags = WbemFlags.NONE,
    context: tuple[ContextValue, ...] = (),
) -> Class:
    """Return the declaration of a class from the server.

    Raises:
        NoClass: there is none of that name, which WMI calls an object that is not found.
        WbemError: another failure.
        MIError: there was no answer.
    """
    try:
        return services.get_class(class_name, flags, context, bounds)
    except WbemError as failure:
        if is_number(failure, "WBEM_E_NOT_FOUND"):
            raise NoClass(failure.hresult, failure.status) from failure
        raise


def _embedded_in(instance: Instance) -> Iterator[tuple[str, Any]]:
    for element in instance.elements():
        is_embedded = element.type is not None and element.type.scalar is CimType.INSTANCE
        if is_embedded and element.value is not None:
            yield element.name, element.value
