"""Instances of MOF: from their syntax to `mi.Instance`, with the aliases in them resolved.

An alias may be used before it is declared, so instances are made when all of a text is read. Where
it stands for an embedded instance it gives a copy of its own; where it stands for a reference it
gives the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mi.errors import MIError
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class
from mi.serial.embedding import DEEPEST
from mi.serial.known_classes import KnownClasses
from mi.serial.mof_literals import constant, inferred_type
from mi.serial.mof_syntax import AliasUse, ArraySyntax, Assignment, InstanceSyntax, ValueSyntax
from mi.serial.mof_tokens import Source, Unreadable, reading

__all__ = ["Declared", "InstanceReader"]

_MOST_EXPANDED = 100_000  # values that aliases stand for, in one text; read in some seconds
# Of the types that a literal tells, those that no later class can make something else of.
_KEPT_TYPES = (CimType.CHAR16, CimType.INSTANCE)


class Declared(NamedTuple):
    """The syntax of an instance, and where and in what text it stands."""

    syntax: InstanceSyntax
    namespace: str | None
    server_name: str | None
    source: Source


class InstanceReader:
    """Makes instances of their syntax; knows the aliases and the classes of all of a text.

    Attributes:
        used: the aliases that a value was made of, in lower case.
    """

    def __init__(self, known: KnownClasses) -> None:
        self.used: set[str] = set()
        self._known = known
        self._aliases: dict[str, Declared] = {}
        self._expanded = 0

    def declare(self, declared: Declared) -> None:
        """Remember the alias of an instance, if it has one.

        Raises:
            Unreadable: another instance has it.
        """
        alias = declared.syntax.alias
        if alias is None:
            return
        if alias.lower() in self._aliases:
            raise Unreadable(declared.syntax.offset, f"there is an alias {alias} already")
        self._aliases[alias.lower()] = declared

    def read(self, declared: Declared, depth: int = 0, *, keys_only: bool = False) -> Instance:
        """Return the instance of a syntax, or only its keys, if its class is known to have some.

        Raises:
            Unreadable: a value does not fit, an alias is not known, or too much is in one another.
        """
        syntax = declared.syntax
        with reading(declared.source):
            class_ = self._known.find(declared.namespace, syntax.class_name)
            values = syntax.values
            if keys_only and class_ is not None:
                keys = {key.lower() for key in class_.keys}
                values = tuple(value for value in values if value[1].lower() in keys)
            self._count(syntax, len(values), depth)
            if class_ is None:
                return self._untyped(declared, values, depth)
            return self._typed(class_, declared, values, depth)

    def _count(self, syntax: InstanceSyntax, values: int, depth: int) -> None:
        """Refuse what would never end, or grow beyond measure, by aliases of aliases."""
        if depth > DEEPEST:
            raise Unreadable(syntax.offset, f"more than {DEEPEST} instances are in one another")
        self._expanded += values if depth else 0
        if self._expanded > _MOST_EXPANDED:
            raise Unreadable(syntax.offset, "the aliases stand for too many values")

    def _typed(
        self, class_: Class, declared: Declared, values: Iterable[Assignment], depth: int
    ) -> Instance:
        found = dict(Instance(class_))
        for offset, name, value in _once(values):
            known = class_.properties.get(name)
            if known is None:
                raise Unreadable(offset, f"the class {class_.name} has no property {name}")
            found[known.name] = self._value(value, known.type, declared, depth)
        return Instance.received(
            class_.name, found, class_.layout, declared.namespace, declared.server_name
        )

    def _untyped(self, declared: Declared, values: Iterable[Assignment], depth: int) -> Instance:
        """Return an instance as a caller would build it who has no class: integers provisional."""
        instance = Instance(
            declared.syntax.class_name,
            namespace=declared.namespace,
            server_name=declared.server_name,
        )
        for _, name, value in _once(values):
            cim_type = inferred_type(value)
            if cim_type is None:  # null, or a list of nothing else
                nulls = [None] * len(value.items) if isinstance(value, ArraySyntax) else None
                instance.add(name, nulls)
            else:
                kept = cim_type if cim_type.scalar in _KEPT_TYPES else None
                instance.add(name, self._value(value, cim_type, declared, depth), kept)
        return instance

    # Values

    def _value(self, syntax: ValueSyntax, cim_type: CimType, owner: Declared, depth: int) -> Any:
        if isinstance(syntax, ArraySyntax) and cim_type.is_array:
            return [self._value(item, cim_type.scalar, owner, depth) for item in syntax.items]
        if isinstance(syntax, (AliasUse, InstanceSyntax)):
            if cim_type is CimType.INSTANCE:
                return self.read(self._meant(syntax, owner), depth + 1)
            if cim_type is CimType.REFERENCE:
                return self._reference(self._meant(syntax, owner), syntax.offset, depth)
            raise Unreadable(syntax.offset, f"an instance is not {cim_type.name}")
        return constant(syntax, cim_type)

    def _meant(self, syntax: AliasUse | InstanceSyntax, owner: Declared) -> Declared:
        """Return what an alias stands for, or the instance that is written in its place."""
        if isinstance(syntax, InstanceSyntax):
            return owner._replace(syntax=syntax)
        meant = self._aliases.get(syntax.name.lower())
        if meant is None:
            raise Unreadable(syntax.offset, f"the alias {syntax.name} is not known")
        self.used.add(syntax.name.lower())
        return meant

    def _reference(self, meant: Declared, offset: int, depth: int) -> Instance:
        target = self.read(meant, depth + 1, keys_only=True)
        reference = Instance(
            target.class_name, namespace=target.namespace, server_name=target.server_name
        )
        try:
            for name, value in target.key.items():
                reference.add(name, value, target.element(name).type, Flags.KEY)
        except MIError as error:
            raise Unreadable(offset, error.message) from error
        return reference


def _once(values: Iterable[Assignment]) -> Iterator[Assignment]:
    """Return the values, refusing a second one of a name."""
    names: set[str] = set()
    for value in values:
        offset, name, _ = value
        if name.lower() in names:
            raise Unreadable(offset, f"{name} has a value already")
        names.add(name.lower())
        yield value
