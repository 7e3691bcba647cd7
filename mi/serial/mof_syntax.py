"""MOF as syntax: what a text declares, before any name in it is looked up (DSP0004 annex A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "AliasUse",
    "ArraySyntax",
    "Assignment",
    "ClassSyntax",
    "FeatureSyntax",
    "InstanceSyntax",
    "Literal",
    "Pragma",
    "Production",
    "QualifierDeclaration",
    "QualifierSyntax",
    "ValueSyntax",
]


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: `kind` is string, char16, integer, real, boolean or null."""

    offset: int
    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class AliasUse:
    """A value that an alias stands for."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class ArraySyntax:
    """Values in braces."""

    offset: int
    items: tuple[Literal | AliasUse | InstanceSyntax, ...]


@dataclass(frozen=True, slots=True)
class InstanceSyntax:
    """`instance of`."""

    offset: int
    class_name: str
    alias: str | None
    values: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True)
class QualifierSyntax:
    """A qualifier of something; without a value it is true, or what its declaration says."""

    offset: int
    name: str
    value: ValueSyntax | None
    flavors: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class FeatureSyntax:
    """A property, a method or a parameter; `parameters` is None unless it is a method."""

    offset: int
    qualifiers: tuple[QualifierSyntax, ...]
    type_name: str
    is_reference: bool
    name: str
    is_array: bool = False
    array_size: int | None = None
    default: ValueSyntax | None = None
    parameters: tuple[FeatureSyntax, ...] | None = None


@dataclass(frozen=True, slots=True)
class ClassSyntax:
    """A class."""

    offset: int
    qualifiers: tuple[QualifierSyntax, ...]
    name: str
    superclass: str | None
    features: tuple[FeatureSyntax, ...]


@dataclass(frozen=True, slots=True)
class QualifierDeclaration:
    """`Qualifier Name : type = default, Scope(…), Flavor(…);`, the scope apart."""

    offset: int
    name: str
    type_name: str
    is_array: bool
    default: ValueSyntax | None
    flavors: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Pragma:
    """`#pragma name("argument")`."""

    offset: int
    name: str
    argument: str


Assignment = tuple[int, str, "ValueSyntax"]
"""A name with its value, and its offset."""
ValueSyntax = Literal | AliasUse | ArraySyntax | InstanceSyntax
Production = ClassSyntax | InstanceSyntax | QualifierDeclaration | Pragma
