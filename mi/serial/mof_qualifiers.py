"""Qualifiers of MOF: their declarations, and what they say where they are used (DSP0004 5.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Method, Parameter, Property, Qualifier
from mi.serial.mof_literals import constant, inferred_type
from mi.serial.mof_syntax import (
    ArraySyntax,
    ClassSyntax,
    FeatureSyntax,
    QualifierDeclaration,
    QualifierSyntax,
    ValueSyntax,
)
from mi.serial.mof_tokens import Unreadable

__all__ = ["PLAIN_TYPES", "Qualifiers", "named"]

PLAIN_TYPES = {
    cim_type.cim_name: cim_type
    for cim_type in CimType
    if not cim_type.is_array and cim_type not in (CimType.REFERENCE, CimType.INSTANCE)
}
"""The types that MOF has a word for."""

# What each flavor sets, and what it takes away. The last four are Windows' own.
_FLAVORS = {
    "enableoverride": (Flags.ENABLE_OVERRIDE, Flags.DISABLE_OVERRIDE),
    "disableoverride": (Flags.DISABLE_OVERRIDE, Flags.ENABLE_OVERRIDE),
    "tosubclass": (Flags.TO_SUBCLASS, Flags.RESTRICTED),
    "restricted": (Flags.RESTRICTED, Flags.TO_SUBCLASS),
    "translatable": (Flags.TRANSLATABLE, Flags.NONE),
    "nottosubclass": (Flags.RESTRICTED, Flags.TO_SUBCLASS),
    "toinstance": (Flags.NONE, Flags.NONE),
    "nottoinstance": (Flags.NONE, Flags.NONE),
    "amended": (Flags.NONE, Flags.NONE),
}
_DEFAULT_FLAVORS = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS

Syntax = TypeVar("Syntax", QualifierSyntax, FeatureSyntax)
Named = TypeVar("Named", Qualifier, Property, Method, Parameter)


def named(syntaxes: Iterable[Syntax], read: Callable[[Syntax], Named]) -> NameMap[Named]:
    """Return what `read` makes of each syntax, by names of which there is one each."""
    found: dict[str, Named] = {}
    for syntax in syntaxes:
        if syntax.name.lower() in found:
            raise Unreadable(syntax.offset, f"there is a {syntax.name} here already")
        found[syntax.name.lower()] = read(syntax)
    return NameMap((one.name, one) for one in found.values())


class Qualifiers:
    """Reads qualifiers, by the declarations that stood before them."""

    def __init__(self) -> None:
        self._declared: dict[str, tuple[CimType, Any, Flags]] = {}

    def declare(self, syntax: QualifierDeclaration) -> None:
        """Take in a declaration, in place of an earlier one.

        Raises:
            Unreadable: its type or a flavor is unknown, or its default does not fit.
        """
        scalar = PLAIN_TYPES.get(syntax.type_name.lower())
        if scalar is None:
            raise Unreadable(syntax.offset, f"{syntax.type_name} is not the type of a qualifier")
        cim_type = scalar.array if syntax.is_array else scalar
        default = None if syntax.default is None else constant(syntax.default, cim_type)
        flavors = _flavors(syntax.flavors, _DEFAULT_FLAVORS)
        self._declared[syntax.name.lower()] = (cim_type, default, flavors)

    def read(self, owner: ClassSyntax | FeatureSyntax) -> NameMap[Qualifier]:
        """Return the qualifiers of a class or a feature.

        A value of a qualifier that was not declared has the type that it tells.

        Raises:
            Unreadable: one is there twice, a flavor is unknown, or a value does not fit.
        """
        return named(owner.qualifiers, self._read)

    def _read(self, syntax: QualifierSyntax) -> Qualifier:
        declared = self._declared.get(syntax.name.lower())
        flavors = _flavors(syntax.flavors, declared[2] if declared else _DEFAULT_FLAVORS)
        if syntax.value is None:
            cim_type, value = declared[:2] if declared else (CimType.BOOLEAN, True)
            # A boolean that is named is meant, whatever it is where it is not (DSP0004 5.6.1.1).
            value = True if cim_type is CimType.BOOLEAN else value
            return Qualifier(syntax.name, cim_type, value, flavors)
        cim_type = declared[0] if declared else _told(syntax.value)
        if isinstance(syntax.value, ArraySyntax):  # Windows declares no arrays, and uses them
            cim_type = cim_type.array
        return Qualifier(syntax.name, cim_type, constant(syntax.value, cim_type), flavors)


def _told(syntax: ValueSyntax) -> CimType:
    told = inferred_type(syntax)
    return CimType.STRING if told is None else told


def _flavors(words: Iterable[tuple[int, str]], flags: Flags) -> Flags:
    for offset, word in words:
        if word.lower() not in _FLAVORS:
            raise Unreadable(offset, f"{word} is not a flavor")
        gained, lost = _FLAVORS[word.lower()]
        flags = flags & ~lost | gained
    return flags
