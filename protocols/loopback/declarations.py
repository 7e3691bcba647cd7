"""The classes of the sample repository, read from the compact table in `classes.json`.

One line of the table is one class: what it adds to its superclass and what it overrides. A member
is a few words: `DeviceID string key`, `State string write @27` (row 27 of `values` maps its
values), `Descriptor object:Win32_SecurityDescriptor`. The facts are those of Windows' own classes
in Server 2019 and later; `Loopback_*` are this endpoint's, for tests of types and keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier

__all__ = ["declared_classes"]

_EVERYWHERE = "*"
_TYPES = {cim_type.cim_name: cim_type for cim_type in CimType if not cim_type.is_array} | {
    "ref": CimType.REFERENCE,
    "object": CimType.INSTANCE,
}
# The flavors of the class qualifiers, as Server 2016 declares Win32_OperatingSystem (recorded).
_CLASS_QUALIFIERS: Mapping[str, Sequence[tuple[str, Flags]]] = {
    "abstract": (("Abstract", Flags.RESTRICTED),),
    "association": (("Association", Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS),),
    "singleton": (("Singleton", Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS),),
    "update": (("SupportsUpdate", Flags.RESTRICTED),),
    "create": (("SupportsCreate", Flags.RESTRICTED),),
    "delete": (("SupportsDelete", Flags.RESTRICTED),),
}
_DIRECTIONS = {"in": ("in",), "out": ("out",), "inout": ("in", "out")}
_MARKS = {"key": "key", "cim_key": "CIM_Key", "optional": "optional", "static": "static"}


@dataclass(frozen=True, slots=True)
class _Declared:
    """The words of one member: its name, its type, and what is said of it."""

    name: str
    type_word: str
    marks: frozenset[str]
    values: Mapping[str, str]

    @property
    def type(self) -> CimType:
        word = self.type_word.removesuffix("[]").partition(":")[0]
        return _TYPES[word].array if self.type_word.endswith("[]") else _TYPES[word]

    @property
    def class_name(self) -> str | None:
        return self.type_word.removesuffix("[]").partition(":")[2] or None


@cache
def declared_classes() -> tuple[Class, ...]:
    """Return every class of the sample, superclasses first, with what they inherit."""
    table = json.loads(resources.files(__package__).joinpath("classes.json").read_text("utf-8"))
    reader = _Reader(table["values"])
    everywhere = dict.fromkeys(
        space for row in table["classes"] for space in _with_parents(row["in"])
    )
    for row in table["classes"]:
        for namespace in everywhere if row["in"] == _EVERYWHERE else (row["in"],):
            reader.declare(row, namespace)
    return tuple(reader.classes.values())


def _with_parents(namespace: str) -> Iterator[str]:
    parts = namespace.split("/") if namespace != _EVERYWHERE else ["root"]
    return ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


class _Reader:
    """Makes classes from rows; a row's superclass has been read before it."""

    def __init__(self, values: Sequence[Mapping[str, str]]) -> None:
        self._values = values
        self.classes: dict[tuple[str, str], Class] = {}

    def declare(self, row: Mapping[str, Any], namespace: str) -> None:
        parent = self.classes.get((namespace, row.get("super", "")))
        name = row["name"]
        properties = _inherited(parent.properties if parent else {})
        for declared in map(self._member, row.get("properties", ())):
            overridden = properties.get(declared.name)
            properties[declared.name] = _property(declared, name, overridden)
        methods = _inherited(parent.methods if parent else {})
        for words in row.get("methods", ()):
            method = self._method(words, name)
            methods[method.name] = method
        self.classes[namespace, name] = Class(
            name,
            namespace,
            superclass=row.get("super"),
            derivation=(parent.name, *parent.derivation) if parent else (),
            # Windows declares and sends properties in this order (all recordings).
            properties=NameMap(sorted(properties.items(), key=lambda item: item[0].lower())),
            methods=NameMap(methods.items()),
            qualifiers=NameMap((one.name, one) for one in _class_qualifiers(row, parent)),
        )

    def _member(self, text: str) -> _Declared:
        name, type_word, *marks = text.split()
        values = next((self._values[int(mark[1:])] for mark in marks if mark[0] == "@"), {})
        return _Declared(name, type_word, frozenset(marks), values)

    def _method(self, words: Sequence[str], class_name: str) -> Method:
        head, *parameters = words
        declared = self._member(head)
        return Method(
            declared.name,
            declared.type,
            NameMap(
                (one.name, one)
                for one in (
                    self._parameter(ordinal, text) for ordinal, text in enumerate(parameters)
                )
            ),
            origin=class_name,
            qualifiers=_ordered([*_value_qualifiers(declared), *_marked(declared)]),
        )

    def _parameter(self, ordinal: int, text: str) -> Parameter:
        direction, _, rest = text.partition(" ")
        declared = self._member(rest)
        fixed = Flags.DISABLE_OVERRIDE | Flags.RESTRICTED
        return Parameter(
            declared.name,
            declared.type,
            declared.class_name,
            qualifiers=_ordered(
                [
                    Qualifier("ID", CimType.SINT32, ordinal, fixed),
                    *(_true(one, Flags.RESTRICTED) for one in _DIRECTIONS[direction]),
                    *_marked(declared),
                    *_value_qualifiers(declared),
                    *_embedding(declared),
                ]
            ),
        )


def _inherited(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: replace(
            member,
            propagated=True,
            qualifiers=NameMap(
                (one.name, replace(one, propagated=True))
                for one in member.qualifiers.values()
                if not one.flags & Flags.RESTRICTED
            ),
        )
        for name, member in members.items()
    }


def _property(declared: _Declared, class_name: str, overridden: Property | None) -> Property:
    qualifiers = [
        _true("read"),
        *_marked(declared),
        *_value_qualifiers(declared),
        *_embedding(declared),
    ]
    if "write" in declared.marks:
        qualifiers.append(_true("write"))
    if overridden is not None:
        qualifiers.append(_text("Override", declared.name))
    return Property(
        declared.name,
        declared.type,
        declared.class_name,
        origin=overridden.origin if overridden else class_name,
        # Windows calls an overridden property propagated: its value is, its qualifiers are not
        # (Win32_OperatingSystem.Description, recorded).
        propagated=overridden is not None,
        qualifiers=_ordered(qualifiers),
    )


def _class_qualifiers(row: Mapping[str, Any], parent: Class | None) -> Iterator[Qualifier]:
    for inherited in parent.qualifiers.values() if parent else ():
        if not inherited.flags & Flags.RESTRICTED:
            yield replace(inherited, propagated=True)
    if "provider" in row:
        yield _true("dynamic", Flags.RESTRICTED)
        yield Qualifier("provider", CimType.STRING, row["provider"], Flags.RESTRICTED)
    for word in row.get("is", "").split():
        for name, flags in _CLASS_QUALIFIERS[word]:
            yield _true(name, flags)


def _marked(declared: _Declared) -> Iterator[Qualifier]:
    return (_true(name) for mark, name in _MARKS.items() if mark in declared.marks)


def _value_qualifiers(declared: _Declared) -> Iterator[Qualifier]:
    if not declared.values:
        return
    codes, labels = (
        ("BitMap", "BitValues") if "bitmap" in declared.marks else ("ValueMap", "Values")
    )
    yield Qualifier(codes, CimType.STRING_ARRAY, list(declared.values))
    if list(declared.values) != list(declared.values.values()):
        yield Qualifier(
            labels, CimType.STRING_ARRAY, list(declared.values.values()), Flags.TRANSLATABLE
        )


def _embedding(declared: _Declared) -> Iterator[Qualifier]:
    if declared.type.scalar is CimType.INSTANCE:
        if declared.class_name is None:
            yield _true("EmbeddedObject")
        else:
            yield _text("EmbeddedInstance", declared.class_name)


def _true(name: str, flags: Flags = Flags.NONE) -> Qualifier:
    return Qualifier(name, CimType.BOOLEAN, True, flags)  # noqa: FBT003 - the qualifier's value


def _text(name: str, value: str) -> Qualifier:
    return Qualifier(name, CimType.STRING, value)


def _ordered(qualifiers: Iterable[Qualifier]) -> NameMap[Qualifier]:
    return NameMap((one.name, one) for one in sorted(qualifiers, key=lambda one: one.name.lower()))
