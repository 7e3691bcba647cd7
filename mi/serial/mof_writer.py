r"""Classes and instances, written as MOF (DSP0004 annex A) in the form of MI's serializer.

An embedded instance stands before its owner, under an alias `$AliasHHHHHHHH`. A reference likewise,
as an instance of its keys alone; after all the rest, if it points to another namespace. Of a class
there is what it declares itself; what it inherits is its superclass' to say.

Where this differs from MI: nulls are said, since a default would take their place; namespaces are
said, by `#pragma namespace`; a qualifier whose type its value does not tell is declared first;
numbers have the digits that tell any two apart, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mi.errors import InvalidParameter, NotSupported
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class, Qualifier
from mi.serial import embedding, typed_elements
from mi.serial.mof_declarations import (
    INDENT,
    all_qualifiers,
    array,
    class_lines,
    constant,
    local,
    quoted,
    told_type,
)
from mi.serial.typed_elements import TypedElement

__all__ = ["write"]

Place = tuple[str | None, str | None]


def write(values: Class | Instance | Iterable[Class | Instance]) -> str:
    """Return a MOF text of classes and instances.

    `mof.read` gives them back, in their order, where it finds the superclasses of the classes and
    the classes of the instances. An instance without its class comes back too, with its references
    as embedded instances, its datetimes as text and its numbers as large as they need be.

    Raises:
        InvalidParameter: a number is infinite or NaN, an instance holds itself, a reference names
            no object, or what has no namespace comes after what has one.
        NotSupported: a method returns an array, an embedded instance is a default, or one qualifier
            has two types in a class: MOF has no form for those.
    """
    writer = _Writer()
    for one in [values] if isinstance(values, (Class, Instance)) else values:
        place = (one.server_name, one.namespace)
        if isinstance(one, Class):
            writer.enter(place)
            writer.write_class(one)
        else:
            writer.write_instance(one, place)
    return writer.finish()


class _Writer:
    """Writes one text; knows the namespace, the aliases and the declared qualifiers so far."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._place: Place = (None, None)
        self._aliases = 0
        self._elsewhere: list[tuple[Place, str]] = []
        self._declared: dict[str, CimType] = {}

    def enter(self, place: Place) -> None:
        """Say where the next one is, if it is not where the last one was."""
        server_name, namespace = place
        if place == self._place or (namespace is None and self._place[1] is None):
            return
        if namespace is None:
            raise InvalidParameter(
                "what has no namespace comes after what has one, which MOF cannot say",
                advice="Write it first, or by itself.",
            )
        path = "\\".join(("", "", server_name or ".", *namespace.split("/")))
        self.parts.append(f"#pragma namespace({quoted(path)})\n\n")
        self._place = place

    # Classes

    def write_class(self, declared: Class) -> None:
        own = local(declared)
        self._declare_qualifiers(own)
        self.parts.append("\n".join(class_lines(own)) + "\n")

    def _declare_qualifiers(self, declared: Class) -> None:
        """Declare the qualifiers that would not be read with their types otherwise."""
        settled: dict[str, CimType] = {}
        for qualifier in all_qualifiers(declared):
            name, cim_type = qualifier.name.lower(), qualifier.type
            if self._type_read(qualifier) != cim_type:
                if settled.get(name, cim_type.scalar) is not cim_type.scalar:
                    raise NotSupported(
                        f"MOF cannot say that {qualifier.name} has two types in {declared.name}"
                    )
                self._declare(qualifier)
            settled[name] = cim_type.scalar

    def _type_read(self, qualifier: Qualifier) -> CimType:
        declared = self._declared.get(qualifier.name.lower())
        if declared is None:
            return told_type(qualifier)
        return declared.array if isinstance(qualifier.value, list) else declared

    def _declare(self, qualifier: Qualifier) -> None:
        is_array = qualifier.type.is_array and qualifier.value is None
        cim_type = qualifier.type if is_array else qualifier.type.scalar
        self._declared[qualifier.name.lower()] = cim_type
        self.parts.append(
            f"Qualifier {qualifier.name} : {cim_type.cim_name}{'[]' if is_array else ''},"
            " Scope(any);\n\n"
        )

    # Instances

    def write_instance(self, instance: Instance, place: Place) -> None:
        elements = typed_elements.elements(instance)
        self._write(f"instance of {instance.class_name}", elements, place, 0)

    def _write(self, head: str, elements: Iterable[TypedElement], place: Place, depth: int) -> None:
        text = self._instance(head, elements, place, depth)
        self.enter(place)
        self.parts.append(text)

    def _instance(
        self, head: str, elements: Iterable[TypedElement], place: Place, depth: int
    ) -> str:
        if depth > embedding.DEEPEST:
            raise InvalidParameter(
                f"an instance holds more than {embedding.DEEPEST} others in one another, or itself"
            )
        lines = [
            f"{INDENT}{name} = {self._value(value, cim_type, place, depth)};"
            for name, value, cim_type in elements
        ]
        return "\n".join([head, "{", *lines, "};", "", ""])

    def _value(self, value: Any, cim_type: CimType, place: Place, depth: int) -> str:
        if cim_type.scalar not in _INSTANCES or value is None:
            return constant(value, cim_type)
        if cim_type.is_array:
            return array(self._value(item, cim_type.scalar, place, depth) for item in value)
        self._aliases += 1
        alias = f"$Alias{self._aliases:08X}"
        head = f"instance of {value.class_name} as {alias}"
        if cim_type is CimType.INSTANCE:
            self._write(head, typed_elements.elements(value), place, depth + 1)
        else:
            self._write_reference(head, value, place, depth + 1)
        return alias

    def _write_reference(self, head: str, value: Instance, owner: Place, depth: int) -> None:
        place = owner if value.namespace is None else (value.server_name, value.namespace)
        if place == owner:
            self._write(head, typed_elements.keys(value), place, depth)
        else:  # after all the rest, since nothing leads back to no namespace
            text = self._instance(head, typed_elements.keys(value), place, depth)
            self._elsewhere.append((place, text))

    def finish(self) -> str:
        """Return the text."""
        for place, text in self._elsewhere:
            self.enter(place)
            self.parts.append(text)
        return "".join(self.parts)


_INSTANCES = (CimType.REFERENCE, CimType.INSTANCE)
