"""Objects of WMI, read: classes and instances, exactly as WINRM gives them (MS-WMIO).

Each instance brings its class along. Class parts are remembered by their octets, so that one is
read once for all of its instances; and as instances come in rows, the one before is tried first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.schema import Class, Method, Property
from mi.serial.embedding import DEEPEST
from protocols.dcom import class_parts, methods_parts, object_blocks, object_names, wire_forms
from protocols.dcom.class_parts import ClassPart, end_of_part
from protocols.dcom.instance_plans import InstancePlan
from protocols.dcom.methods_parts import Signatures
from protocols.dcom.object_blocks import UNIT, Head, end_of_methods
from protocols.dcom.object_names import Find

__all__ = ["ObjectReader", "read_class_part"]

_MOST_OCTETS: Final = 1 << 22  # of class parts that are remembered; one has a few thousand


def _nothing(_namespace: str | None, _class_name: str) -> None:
    return None


class _Fellows:
    """What the instance before had in common with others of its class, server and namespace."""

    __slots__ = ("asked", "namespace", "octets", "plan", "server_name")

    def __init__(self) -> None:
        self.octets = b"-"  # no object begins like that
        self.asked: str | None = None
        self.plan: InstancePlan
        self.namespace: str | None
        self.server_name: str | None


class ObjectReader:
    """Reads what one server sends; any thread may use it."""

    def __init__(self, server_name: str | None = None, find: Find = _nothing) -> None:
        """Make the reader of a server's objects.

        Args:
            server_name: the server as its objects are to name it, or None to take its own word.
            find: gives a class that is known already, for the keys of references; it asks nobody.
        """
        self._server_name = server_name
        self._find = find
        self._parts: dict[bytes, ClassPart] = {}
        self._plans: dict[bytes, InstancePlan] = {}
        self._remembered = 0
        self._fellows = _Fellows()

    def read(self, data: bytes, namespace: str | None = None) -> Class | Instance:
        """Return the class or instance of an encoding unit (2.2.1).

        Args:
            data: the octets of the unit, and whatever is after them.
            namespace: where it was asked for; it is kept in this spelling.

        Raises:
            ProtocolError: it is not an object, or a value is not of its type.
        """
        end = object_blocks.end_of_unit(data)
        fellows = self._fellows
        if data.startswith(fellows.octets, UNIT.size) and fellows.asked == namespace:
            position = UNIT.size + len(fellows.octets)
            reading = _Reading(self, fellows.namespace, fellows.server_name, len(data))
            plan = fellows.plan
            values = plan.read(data, position, end, reading)
            return Instance.received(
                plan.part.name, values, plan.layout, fellows.namespace, fellows.server_name
            )
        return self._read(data, end, namespace)

    def _read(self, data: bytes, end: int, namespace: str | None) -> Class | Instance:
        head = object_blocks.read_head(data, UNIT.size, end)
        where = object_names.spelled(head.namespace, namespace)
        server_name = self._server_name or head.server_name
        reading = _Reading(self, where, server_name, len(data))
        if head.is_class:
            return reading.class_(data, head.position, end)
        position = end_of_part(data, head.position, end)
        plan = self.plan(data[head.position : position], reading)
        values = plan.read(data, position, end, reading)
        fellows = _Fellows()
        fellows.octets, fellows.asked = data[UNIT.size : position], namespace
        fellows.plan, fellows.namespace, fellows.server_name = plan, where, server_name
        self._fellows = fellows
        return Instance.received(plan.part.name, values, plan.layout, where, server_name)

    # For what is read

    @property
    def find(self) -> Find:
        """Gives a class that is known already."""
        return self._find

    def part(self, octets: bytes, reading: _Reading) -> ClassPart:
        """Return what a class part says, which is remembered."""
        part = self._parts.get(octets)
        if part is None:
            part = class_parts.read(octets, reading)
            self._remembered += len(octets)
            if self._remembered > _MOST_OCTETS:
                self._parts, self._plans, self._remembered = {}, {}, len(octets)
            self._parts[octets] = part
        return part

    def plan(self, octets: bytes, reading: _Reading) -> InstancePlan:
        """Return how the instances are read that a class part is in front of."""
        plan = self._plans.get(octets)
        if plan is None:
            plan = InstancePlan(self.part(octets, reading))
            if not plan.part.name:
                raise ProtocolError("an instance is one of no class")
            self._plans[octets] = plan
        return plan


class _Reading:
    """One object that is read, with all objects in it."""

    __slots__ = ("_depth", "_left", "_namespace", "_reader", "_server_name", "_size")

    def __init__(
        self, reader: ObjectReader, namespace: str | None, server_name: str | None, size: int
    ) -> None:
        self._reader = reader
        self._namespace = namespace
        self._server_name = server_name
        self._depth = 0
        self._size = size
        self._left: list[int] | None = None

    def reference(self, path: str) -> Instance:
        """Return the object that a path names."""
        return object_names.read(path, self._namespace, self._server_name, self._reader.find)

    # Objects in objects

    def embedded(self, data: bytes, start: int, end: int) -> Instance:
        """Return the object whose block fills `data[start:end]`; of a class, its default values.

        An event tells of a class by embedding it; MI has no such value.

        Raises:
            ProtocolError: it cannot be read, or is embedded too deep.
        """
        self._enter(end - start)
        try:
            head = object_blocks.read_head(data, start, end)
            namespace = object_names.spelled(head.namespace, self._namespace)
            return self._embedded(data, head, end, namespace)
        finally:
            self._depth -= 1

    def _embedded(self, data: bytes, head: Head, end: int, namespace: str | None) -> Instance:
        position = head.position
        if head.is_class:
            position = object_blocks.skip_superclass(data, position, end)
        after = end_of_part(data, position, end)
        plan = self._reader.plan(data[position:after], self)
        is_class = head.is_class
        values = plan.part.defaults if is_class else plan.read(data, after, end, self)
        return Instance.received(plan.part.name, values, plan.layout, namespace, self._server_name)

    def _enter(self, size: int) -> None:
        """Go one level deeper, where no more can be than there is in all (see `heaps`)."""
        if self._depth >= DEEPEST:
            raise ProtocolError(f"objects are embedded deeper than {DEEPEST} levels")
        if self._left is None:
            self._left = [self._size] * DEEPEST
        self._left[self._depth] -= size
        if self._left[self._depth] < 0:
            raise ProtocolError("an object is embedded again and again")
        self._depth += 1

    def signature(self, data: bytes, start: int, end: int) -> ClassPart:
        """Return the class of a signature (2.2.70).

        Raises:
            ProtocolError: it is none.
        """
        head = object_blocks.read_head(data, start, end)
        if not head.is_class:
            raise ProtocolError("the signature of a method is not a class")
        position = object_blocks.skip_superclass(data, head.position, end)
        return self._reader.part(data[position : end_of_part(data, position, end)], self)

    # Classes

    def class_(self, data: bytes, position: int, end: int) -> Class:
        """Return the class whose superclass begins at a place.

        Raises:
            ProtocolError: it cannot be read.
        """
        after = end_of_part(data, position, end)
        parent = self._reader.part(data[position:after], self)
        position = end_of_methods(data, after, end)
        methods = end_of_part(data, position, end)
        part = self._reader.part(data[position:methods], self)
        if not part.name:
            raise ProtocolError("a class has no name")
        origins = _Origins(part, parent)
        found = methods_parts.read(
            data, methods, end_of_methods(data, methods, end), self, origins.name
        )
        declared = self._declared(part, origins, NameMap((n, m) for n, (m, _) in found.items()))
        _remember(declared, part, {name: one for name, (_, one) in found.items()})
        return declared

    def _declared(self, part: ClassPart, origins: _Origins, methods: NameMap[Method]) -> Class:
        return Class(
            part.name,
            self._namespace,
            self._server_name,
            part.derivation[0] if part.derivation else None,
            part.derivation,
            NameMap((one.name, one) for one in origins.properties()),
            methods,
            part.qualifiers,
        )


def _remember(class_: Class, part: ClassPart, signatures: dict[str, Signatures]) -> None:
    wire_forms.remember(class_, part)
    for name, method in class_.methods.items():
        wire_forms.remember_signatures(method, signatures[name])


def read_class_part(octets: bytes) -> ClassPart:
    """Return what a class part says that is remembered nowhere.

    Raises:
        ProtocolError: it cannot be read.
    """
    reader = ObjectReader()
    return reader.part(octets, _Reading(reader, None, None, len(octets)))


class _Origins:
    """Which class declares a member first.

    The number of a class is its place among the ancestors, the nearest first (2.2.35). Should a
    server count from the farthest instead, it shows: then what its superclass declares itself has
    the same number in both.
    """

    def __init__(self, part: ClassPart, parent: ClassPart) -> None:
        self._part = part
        ancestors = [*part.derivation]
        own = len(parent.derivation)
        theirs = {slot.declared.name.lower() for slot in parent.slots if slot.origin == own}
        if own and any(
            slot.origin == own for slot in part.slots if slot.declared.name.lower() in theirs
        ):
            ancestors.reverse()
        self._names = [*ancestors, part.name]

    def name(self, number: int) -> str | None:
        """Return the class that a number means, None where it means none."""
        return self._names[number] if number < len(self._names) else None

    def properties(self) -> list[Property]:
        """Return the properties of the class with their origins."""
        return [replace(slot.declared, origin=self.name(slot.origin)) for slot in self._part.slots]
