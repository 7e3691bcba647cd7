"""Classes as a server declares them: properties, methods, parameters, qualifiers.

All of it is frozen and picklable. `Class.layout` is the small part that instances share: what each
property is, without the methods and qualifiers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mi.names import NameMap
from mi.results import CimType, Flags

__all__ = ["Class", "Layout", "Method", "Parameter", "Property", "Qualifier"]


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A fact about a class, property, method or parameter (DSP0004 5.6).

    Attributes:
        name: as the server spells it.
        type: the type of its value.
        value: the value, or None.
        flags: its flavors: ENABLE_OVERRIDE, DISABLE_OVERRIDE, RESTRICTED, TO_SUBCLASS,
            TRANSLATABLE.
        propagated: whether it is a superclass' own.
    """

    name: str
    type: CimType
    value: Any = None
    flags: Flags = Flags.NONE
    propagated: bool = False


def _is_true(qualifiers: Mapping[str, Qualifier], name: str) -> bool:
    qualifier = qualifiers.get(name)
    return qualifier is not None and qualifier.value is True


def _flags(qualifiers: Mapping[str, Qualifier], table: Mapping[str, Flags]) -> Flags:
    flags = Flags.NONE
    for name, flag in table.items():
        if _is_true(qualifiers, name):
            flags |= flag
    return flags


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a class.

    Attributes:
        name: as the server spells it.
        type: its type.
        class_name: the class of a reference or an embedded instance, where declared.
        default: its default value, or None.
        origin: the class that declares it first, where the server says so.
        propagated: whether a superclass declares it.
        array_size: the number of elements of a fixed array, or None.
        qualifiers: by name, without case.
    """

    name: str
    type: CimType
    class_name: str | None = None
    default: Any = None
    origin: str | None = None
    propagated: bool = False
    array_size: int | None = None
    qualifiers: NameMap[Qualifier] = field(default_factory=NameMap)

    @property
    def flags(self) -> Flags:
        """What MI says of it: PROPERTY, KEY, READ_ONLY, REQUIRED …."""
        flags = Flags.PROPERTY | _flags(self.qualifiers, _PROPERTY_FLAGS)
        if _is_true(self.qualifiers, "read") and not _is_true(self.qualifiers, "write"):
            flags |= Flags.READ_ONLY
        return flags


# Windows marks its keys with `key`; the `CIM_Key` it also carries is the standard's key and not
# one of its own (recorded Win32_OperatingSystem, Server 2016).
_PROPERTY_FLAGS = {
    "key": Flags.KEY,
    "required": Flags.REQUIRED,
    "expensive": Flags.EXPENSIVE,
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a method; without an `in` or `out` qualifier it goes in (DSP0004 5.6.3.21).

    Attributes:
        name: as the server spells it.
        type: its type.
        class_name: the class of a reference or an embedded instance, where declared.
        array_size: the number of elements of a fixed array, or None.
        qualifiers: by name, without case.
    """

    name: str
    type: CimType
    class_name: str | None = None
    array_size: int | None = None
    qualifiers: NameMap[Qualifier] = field(default_factory=NameMap)

    @property
    def flags(self) -> Flags:
        """What MI says of it: PARAMETER, IN, OUT, REQUIRED, STREAM."""
        flags = Flags.PARAMETER | _flags(self.qualifiers, _PARAMETER_FLAGS)
        return flags if flags & (Flags.IN | Flags.OUT) else flags | Flags.IN


_PARAMETER_FLAGS = {
    "in": Flags.IN,
    "out": Flags.OUT,
    "required": Flags.REQUIRED,
    "stream": Flags.STREAM,
}


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Method:
    """A method of a class.

    Attributes:
        name: as the server spells it.
        return_type: the type of its return value, or None if it returns nothing.
        parameters: by name, without case, in order of declaration.
        origin: the class that declares it first, where the server says so.
        propagated: whether a superclass declares it.
        qualifiers: by name, without case.
    """

    name: str
    return_type: CimType | None = None
    parameters: NameMap[Parameter] = field(default_factory=NameMap)
    origin: str | None = None
    propagated: bool = False
    qualifiers: NameMap[Qualifier] = field(default_factory=NameMap)

    @property
    def is_static(self) -> bool:
        """Whether it is called on the class rather than on an instance."""
        return _is_true(self.qualifiers, "static")


@dataclass(frozen=True, slots=True)
class Layout:
    """What instances of one class share: the names, types and flags of its properties.

    Attributes:
        class_name: the class.
        types: the type of each property.
        flags: MI's flags of each property.
        folded: each property's spelling by its lower-case name.
        keys: the names of the key properties; empty for a singleton.
    """

    class_name: str
    types: Mapping[str, CimType]
    flags: Mapping[str, Flags]
    folded: Mapping[str, str]
    keys: tuple[str, ...]

    @classmethod
    def of(
        cls,
        class_name: str,
        types: Mapping[str, CimType],
        flags: Mapping[str, Flags],
        keys: tuple[str, ...],
    ) -> Layout:
        """Return the layout with the spellings that the others imply."""
        return cls(class_name, types, flags, {name.lower(): name for name in types}, keys)

    def __reduce__(self) -> tuple[Any, ...]:
        # Every pickled instance carries it, so what can be made again is left out.
        return Layout.of, (self.class_name, self.types, self.flags, self.keys)


@dataclass(frozen=True, repr=False)
class Class:
    """The declaration of a class (MI_Class).

    Attributes:
        name: as the server spells it.
        namespace: where it was found, or None.
        server_name: the server it came from, or None.
        superclass: the name of its superclass, or None.
        derivation: its ancestors, nearest first, where the server was asked for them.
        properties: by name, without case, in order of declaration.
        methods: likewise.
        qualifiers: likewise.
    """

    name: str
    namespace: str | None = None
    server_name: str | None = None
    superclass: str | None = None
    derivation: tuple[str, ...] = ()
    properties: NameMap[Property] = field(default_factory=NameMap)
    methods: NameMap[Method] = field(default_factory=NameMap)
    qualifiers: NameMap[Qualifier] = field(default_factory=NameMap)

    @cached_property
    def layout(self) -> Layout:
        """The part that instances of the class share."""
        return Layout.of(
            self.name,
            {name: declared.type for name, declared in self.properties.items()},
            {name: declared.flags for name, declared in self.properties.items()},
            self.keys,
        )

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of the key properties, in order of declaration; empty for a singleton."""
        return tuple(
            name for name, declared in self.properties.items() if declared.flags & Flags.KEY
        )

    @property
    def flags(self) -> Flags:
        """What MI says of it: CLASS, ASSOCIATION, INDICATION, ABSTRACT, TERMINAL."""
        return Flags.CLASS | _flags(self.qualifiers, _CLASS_FLAGS)

    def __repr__(self) -> str:
        where = f"{self.namespace}:" if self.namespace else ""
        return f"<Class {where}{self.name}>"

    def is_a(self, class_name: str) -> bool:
        """Return whether this is `class_name` or, as far as `derivation` tells, derives from it."""
        wanted = class_name.lower()
        return any(name.lower() == wanted for name in (self.name, *self.derivation))


_CLASS_FLAGS = {
    "association": Flags.ASSOCIATION,
    "indication": Flags.INDICATION,
    "abstract": Flags.ABSTRACT,
    "terminal": Flags.TERMINAL,
}
