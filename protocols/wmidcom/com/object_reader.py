"""Objects of WMI, read from their IWbemClassObject: exactly what WINRM and DCOM make of them.

An instance knows the types of its properties, but of their qualifiers only those that propagate to
instances, and of a query's result only what was selected. So its class is asked for, once; where
there is none to be had, what the instance itself knows must do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mi import object_path
from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class, Layout
from protocols.dcom import object_names
from protocols.dcom.cim_types import cim_type
from protocols.dcom.methods_parts import PARAMETERS
from protocols.dcom.object_names import Find
from protocols.wmidcom.com import declarations
from protocols.wmidcom.com.interfaces import Interface
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.system import System
from protocols.wmidcom.com.variants import received
from protocols.wmidcom.services import WbemError

__all__ = ["Fetch", "ObjectReader", "nothing"]

Fetch = Callable[[str], WbemObject]
"""Asks for the object of a class by its name, which is the caller's to release."""

_PATHLESS: Final = (PARAMETERS, "__ExtendedStatus")  # nor is there more to know of their classes


def nothing(_namespace: str | None, _class_name: str) -> None:
    """Know no class."""


class ObjectReader:
    """Reads the objects of one namespace, in the threads that use COM."""

    def __init__(
        self,
        system: System,
        fetch: Fetch,
        namespace: str | None = None,
        server_name: str | None = None,
        find: Find = nothing,
    ) -> None:
        """Make the reader of a namespace.

        Args:
            system: where the objects are.
            fetch: asks the namespace for a class.
            namespace: as it was asked for.
            server_name: the server as its objects are to name it.
            find: gives a class that is known already, for the keys of references; it asks nobody.
        """
        self._find = find
        self._system = system
        self._fetch = fetch
        self._namespace = namespace
        self._server_name = server_name
        self._classes: dict[str, Class | None] = {}
        self._layouts: dict[tuple[Any, ...], tuple[Layout, bool]] = {}

    def read(self, found: WbemObject) -> Class | Instance:
        """Return what an object is, which stays the caller's.

        Raises:
            ProtocolError: a value is none of its type.
            WbemError: it does not say.
        """
        return self.class_(found) if found.is_class else self.instance(found)

    def class_(self, found: WbemObject) -> Class:
        """Return what a class declares."""
        return declarations.read_class(found, self, self._namespace, self._server_name)

    def instance(self, found: WbemObject) -> Instance:
        """Return the value of an instance; of a class, its default values."""
        name = found.class_name
        if not name:
            raise ProtocolError("an instance is one of no class")
        return self._instance(found, name)

    def parameters(self, found: WbemObject) -> Instance:
        """Return what came out of a method; Wine 8 does not say of what class that is."""
        return self._instance(found, PARAMETERS)

    def _instance(self, found: WbemObject, name: str) -> Instance:
        types: dict[str, CimType] = {}
        values: dict[str, Any] = {}
        for entry in found.entries():
            types[entry.name] = cim_type(entry.number)
            try:
                values[entry.name] = received(entry.variant, types[entry.name], self)
            except ProtocolError as error:
                raise ProtocolError(f"{name}.{entry.name}: {error.message}") from error
        layout, is_declared = self._layout(found, name, types)
        return Instance.received(
            layout.class_name,
            values,
            layout,
            self._namespace,
            self._server_name,
            identity=None if is_declared or name in _PATHLESS else _identity(found, values),
        )

    # Layouts

    def _layout(
        self, found: WbemObject, name: str, types: dict[str, CimType]
    ) -> tuple[Layout, bool]:
        """Return what the instance shares with others, and whether its class says so."""
        key = (name, *types.items())
        known = self._layouts.get(key)
        if known is None:
            declared = self._declared(name)
            is_declared = declared is not None and _fits(declared.layout, types)
            if declared is None or not is_declared:
                declared = Class(name, properties=declarations.read_properties(found, self))
            known = self._layouts[key] = declared.layout, is_declared
        return known

    def _declared(self, name: str) -> Class | None:
        folded = name.lower()
        if folded not in self._classes:
            self._classes[folded] = None if name in _PATHLESS else self._asked(name)
        return self._classes[folded]

    def _asked(self, name: str) -> Class | None:
        try:
            with self._fetch(name) as found:
                if not found.is_class:  # which is what Wine 8 gives
                    return None
                return Class(found.class_name, properties=declarations.read_properties(found, self))
        except WbemError:
            return None

    # Objects in objects

    def reference(self, path: str) -> Instance:
        """Return the object that a path names."""
        return object_names.read(path, self._namespace, self._server_name, self._known)

    def _known(self, namespace: str | None, name: str) -> Class | None:
        """Return a class that was asked for already, by the session or by us."""
        found = self._find(namespace, name)
        if found is None and namespace == self._namespace:
            found = self._classes.get(name.lower())
        return found

    def embedded(self, address: int) -> Instance | None:
        """Return the value of an object in another, which stays whose it is."""
        held = Interface(self._system, address)
        with WbemObject(self._system, held.query(WbemObject.INTERFACE_ID)) as found:
            return self.instance(found)


def _identity(found: WbemObject, values: dict[str, Any]) -> list[tuple[str, Any]] | None:
    """Return the key that the path of an instance says, whose class does not say it."""
    try:
        keys = object_path.read(found.path).keys
    except InvalidParameter:  # it has no path, or no key
        return None
    held = {name.lower(): (name, value) for name, value in values.items()}
    return [held.get(name.lower(), (name, value)) for name, value in keys] or None


def _fits(layout: Layout, types: dict[str, CimType]) -> bool:
    return all(layout.types.get(name) is kind for name, kind in types.items())
