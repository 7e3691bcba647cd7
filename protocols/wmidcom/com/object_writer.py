"""Objects of WMI, written: values put into an IWbemClassObject that its class has spawned."""

from __future__ import annotations

from collections.abc import Iterable

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.schema import Class
from mi.serial.embedding import DEEPEST
from protocols.dcom import object_names
from protocols.wmidcom.com.object_reader import Fetch
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.system import System
from protocols.wmidcom.com.variants import filled
from protocols.wmidcom.services import Outgoing

__all__ = ["ObjectWriter"]


class ObjectWriter:
    """Writes one object with all that is embedded in it."""

    def __init__(self, system: System, fetch: Fetch, outgoing: Outgoing) -> None:
        """Make the writer of an object.

        Args:
            system: where the object will be.
            fetch: asks for the class of one that is embedded.
            outgoing: the object.
        """
        self._system = system
        self._fetch = fetch
        self._outgoing = outgoing
        self._depth = 0

    def spawned(self, class_: WbemObject) -> WbemObject:
        """Return a new object of a class, with the values that are to be sent.

        Raises:
            InvalidParameter: WMI has no such value, or objects are embedded too deep.
            WbemError: a value, or the class of one that is embedded, was refused.
        """
        sent = self._outgoing
        return self._spawned(class_, sent.instance, sent.declaration, sent.properties)

    def _spawned(
        self, class_: WbemObject, instance: Instance, declaration: Class, names: Iterable[str]
    ) -> WbemObject:
        target = class_.spawn()
        try:
            for name in names:
                declared = declaration.properties[name]
                with filled(instance.get(name), declared.type, self._system, self) as variant:
                    target.put(declared.name, variant)
        except BaseException:
            target.release()
            raise
        return target

    # What of a value is itself an object

    def reference(self, instance: Instance) -> str:
        """Return the path of an object."""
        return object_names.write(instance)

    def embedded(self, instance: Instance) -> int:
        """Return a new object, which is the caller's to release."""
        if self._depth >= DEEPEST:
            raise InvalidParameter(f"objects are embedded deeper than {DEEPEST} levels")
        self._depth += 1
        try:
            declaration = self._outgoing.embedded[instance.class_name.lower()]
            with self._fetch(declaration.name) as class_:
                return self._spawned(class_, instance, declaration, instance).address
        finally:
            self._depth -= 1
