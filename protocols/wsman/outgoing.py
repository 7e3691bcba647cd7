"""Instances on their way to a server: which types their values have, and how they are written.

An integer that a caller gave is provisional: it takes the type that the class declares, and where
no class tells it, none is stated. A class is asked for where it should be known (`Typing`).
"""

from __future__ import annotations

from collections.abc import Collection

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.schema import Class
from protocols.wsman.dialects import Dialect, SchemaView, Settings, Typing, typing_of
from protocols.wsman.headers import Selector
from protocols.wsman.instances import UnknownClass
from protocols.wsman.references import key_selectors
from protocols.wsman.writers import Writer

__all__ = ["Outgoing"]


class Outgoing:
    """Writes what one operation sends."""

    def __init__(
        self, settings: Settings, dialect: Dialect, schemas: SchemaView, namespace: str
    ) -> None:
        """Make it for an operation.

        Args:
            settings: how to run the operation.
            dialect: the server's.
            schemas: the classes that are known.
            namespace: where the operation is done, and what lives that does not say where.
        """
        self._settings = settings
        self._dialect = dialect
        self._schemas = schemas
        self._namespace = namespace
        self._typing = typing_of(settings.flags, dialect)
        self._writer = Writer(dialect, dialect.precise_arrays, dialect.forms, namespace, self.typed)

    def settle_for_text(self) -> None:
        """Ask for no class any more, since the server has none."""
        if self._typing is Typing.ALWAYS:
            self._typing = Typing.WHERE_KNOWN

    # Types

    def class_of(self, class_name: str, namespace: str | None = None) -> Class | None:
        """Return the declaration of a class, or None to do without.

        Raises:
            UnknownClass: it is needed, and not known.
        """
        if self._typing is Typing.NEVER:
            return None
        where = namespace or self._namespace
        class_ = self._schemas.find(where, class_name)
        if class_ is None and self._typing is Typing.ALWAYS:
            raise UnknownClass(where, class_name)
        return class_

    def typed(self, instance: Instance) -> Instance:
        """Return an instance with the types of its class, as far as that is known.

        Raises:
            InvalidParameter: nobody says the type of a number, and the server declares no classes.
            NoSuchProperty: the class has no property that the instance has.
            TypeMismatch: a value does not fit its property.
            UnknownClass: the class is needed, and not known.
        """
        if instance.is_declared:
            return instance
        class_ = self.class_of(instance.class_name, instance.namespace)
        if class_ is not None:
            return instance.retyped(class_)
        if instance.provisional and instance.is_typed and not self._dialect.has_schema:
            names = ", ".join(instance.provisional)
            raise InvalidParameter(
                f"the type of {names} of {instance.class_name} is not known, for the server"
                " declares no classes",
                advice="Say it by instance.add(name, value, type=CimType.UINT32), or give a"
                " SchemaStore that has the class as options.schema.",
            )
        return instance

    # Markup

    def resource_uri(self, class_name: str) -> str:
        """Return the resource URI of a class, or the one that the caller said instead."""
        said = self._settings.resource_uri
        return self._dialect.resource_uri(self._namespace, class_name) if said is None else said

    def namespace_selectors(self) -> tuple[Selector, ...]:
        """Return the selectors that say in which namespace."""
        return self._settings.namespace_selectors(self._dialect, self._namespace)

    def selectors(self, instance: Instance) -> tuple[Selector, ...]:
        """Return the selectors that name an object.

        Raises:
            InvalidParameter: it lacks a key, or XML cannot carry one.
        """
        keys = key_selectors(instance.key, self._dialect, self._namespace)
        return (*self.namespace_selectors(), *keys)

    def instance(self, instance: Instance, names: Collection[str]) -> str:
        """Return the named properties of an instance as an element of its class.

        Raises:
            InvalidParameter: XML cannot carry a value, or a reference lacks its key.
            UnknownClass: the class of an embedded instance is needed, and not known.
        """
        uri = self.resource_uri(instance.class_name)
        return self._writer.instance(instance, within=names, resource_uri=uri)

    def parameters(self, method: str, given: Instance, class_name: str) -> str:
        """Return the input parameters of a method.

        Raises:
            InvalidParameter: as for `instance`.
            UnknownClass: as for `instance`.
        """
        return self._writer.parameters(f"{method}_INPUT", given, self.resource_uri(class_name))
