"""What a query demands of an instance: conditions, which a class makes tests of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mi.errors import InvalidQuery
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class
from protocols.loopback.comparison import comparer, liker

__all__ = [
    "SYSTEM_PROPERTIES",
    "ClassTest",
    "Comparison",
    "Condition",
    "IsA",
    "Joined",
    "Not",
    "Predicate",
    "spelling",
]

Predicate = Callable[[Instance], bool]
ClassTest = Callable[[str, str], bool]
"""Whether the class named first is, or derives from, the class named second."""

SYSTEM_PROPERTIES: dict[str, Callable[[Instance], Any]] = {
    "__CLASS": lambda instance: instance.class_name,
    "__NAMESPACE": lambda instance: (instance.namespace or "").replace("/", "\\"),
    "__SERVER": lambda instance: instance.server_name,
}
"""What every instance has besides its properties, in capitals."""
_THIS = "__THIS"


class Condition(Protocol):
    """A condition as it was read; a class makes a test of it."""

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_` and its subclasses.

        Raises:
            InvalidQuery: the class has no such property, or it cannot be compared so.
        """
        ...


def spelling(class_: Class, name: str) -> str:
    """Return a property as the class spells it.

    Raises:
        InvalidQuery: there is none.
    """
    if name.upper() in SYSTEM_PROPERTIES:
        return name.upper()
    found = class_.properties.spelling(name)
    if found is None:
        raise InvalidQuery(f"{class_.name} has no property {name}")
    return found


def _reader(class_: Class, name: str) -> tuple[Callable[[Instance], Any], CimType]:
    found = spelling(class_, name)
    if found in SYSTEM_PROPERTIES:
        return SYSTEM_PROPERTIES[found], CimType.STRING
    return lambda instance: instance[found], class_.properties[found].type


def _inside(value: Any, names: Sequence[str]) -> tuple[Any, CimType] | None:
    """Return a property of an object and its type, or None where the object has none."""
    cim_type = CimType.INSTANCE
    for name in names:
        if not isinstance(value, Instance):
            return None
        if name.upper() in SYSTEM_PROPERTIES:
            value, cim_type = SYSTEM_PROPERTIES[name.upper()](value), CimType.STRING
        elif name in value:
            element = value.element(name)
            value, cim_type = element.value, element.type or CimType.STRING
        else:
            return None
    return value, cim_type


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares a property, or one of an embedded object, with a constant.

    Attributes:
        name: of the property; dots go into objects.
        sign: how: `=`, `<>`, `<`, `>`, `<=`, `>=` or `LIKE`.
        constant: text, a number, a boolean, or None for NULL.
    """

    name: str
    sign: str
    constant: Any

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:  # noqa: ARG002 - a Condition's
        """Return the test for instances of `class_`."""
        if "." in self.name:
            return self._bind_inside(class_)
        read, cim_type = _reader(class_, self.name)
        test = self._test(cim_type, class_)
        return lambda instance: test(read(instance))

    def _test(self, cim_type: CimType, class_: Class) -> Callable[[Any], bool]:
        if self.sign == "LIKE":
            return liker(self.constant, cim_type)
        return comparer(self.sign, cim_type, self.constant, class_.namespace or "")

    def _bind_inside(self, class_: Class) -> Predicate:
        """Return the test of a property of an embedded object, whose class only that tells."""
        first, *names = self.name.split(".")
        read, cim_type = _reader(class_, first)
        if cim_type is not CimType.INSTANCE:
            raise InvalidQuery(f"{first} is no object, so it has no {'.'.join(names)}")

        def test(instance: Instance) -> bool:
            found = _inside(read(instance), names)
            return found is not None and self._test(found[1], class_)(found[0])

        return test


@dataclass(frozen=True, slots=True)
class IsA:
    """Asks whether an object, or with `__THIS` the instance, is of a class.

    Attributes:
        name: of the property.
        class_name: the class, or one that it derives from.
    """

    name: str
    class_name: str

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_`."""
        if self.name.upper() in (_THIS, "__CLASS"):
            return lambda instance: is_a(instance.class_name, self.class_name)
        read, cim_type = _reader(class_, self.name)
        if cim_type not in (CimType.INSTANCE, CimType.REFERENCE):
            raise InvalidQuery(f"{self.name} is no object, so ISA says nothing about it")

        def test(instance: Instance) -> bool:
            value = read(instance)
            return value is not None and is_a(value.class_name, self.class_name)

        return test


@dataclass(frozen=True, slots=True)
class Not:
    """Is met where another is not.

    Attributes:
        condition: the other.
    """

    condition: Condition

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_`."""
        test = self.condition.bind(class_, is_a)
        return lambda instance: not test(instance)


@dataclass(frozen=True, slots=True)
class Joined:
    """Several in one.

    Attributes:
        conditions: they.
        decide: `all` or `any` of them.
    """

    conditions: tuple[Condition, ...]
    decide: Callable[[Any], bool]

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_`."""
        tests = [condition.bind(class_, is_a) for condition in self.conditions]
        decide = self.decide
        return lambda instance: decide(test(instance) for test in tests)
