"""Associations: the objects around one object, and what refers to it (DSP0227 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class
from protocols.loopback.comparison import comparable
from protocols.loopback.operation import Operation
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.repository import Repository
from protocols.loopback.resources import named_instance
from protocols.wsman.associations import Association

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["around", "associated"]


def associated(operation: Operation, element: _Element) -> Iterator[Instance]:
    """Return what an association filter asks for.

    Raises:
        Refusal: the filter is none, or its object is not there.
    """
    repository, namespace = operation.repository, operation.resource.namespace
    try:
        name, association = Association.read(element)
    except ProtocolError as error:
        raise refuse("ENUMERATE_CANNOT_PROCESS_FILTER", error.message) from error
    key = named_instance(repository, name, namespace)
    try:
        source = repository.get(key.namespace or namespace, key.class_name, dict(key))
    except MIError as error:
        raise of_wmi(error, "ExecQuery", key.path) from error
    return around(repository, namespace, association, source)


def around(
    repository: Repository, namespace: str, association: Association, source: Instance
) -> Iterator[Instance]:
    """Return the objects, or the associations, around one that is there."""
    return _Around(repository, namespace, association).of(source)


@dataclass(frozen=True, slots=True)
class _Around:
    """What is around an object, within one namespace."""

    repository: Repository
    namespace: str
    wanted: Association

    def of(self, source: Instance) -> Iterator[Instance]:
        """Return the associations, or the objects at their other ends, each once."""
        seen: set[int] = set()
        for one in self._found(source):
            if id(one) not in seen:
                seen.add(id(one))
                yield one

    def _found(self, source: Instance) -> Iterator[Instance]:
        for class_ in self.repository.descendants(self.namespace):
            if not class_.flags & Flags.ASSOCIATION or not _is_a(class_, self._association_class):
                continue
            for link in self.repository.instances(self.namespace, class_.name, deep=False):
                ends = dict(_ends(class_, link))
                near = [name for name in ends if self._is_source(name, ends[name], source)]
                if near and self.wanted.is_reference:
                    yield link
                elif near:
                    yield from self._others(ends, near)

    @property
    def _association_class(self) -> str | None:
        wanted = self.wanted
        return wanted.result_class if wanted.is_reference else wanted.association_class

    def _is_source(self, name: str, end: Instance, source: Instance) -> bool:
        return _is_named(name, self.wanted.role) and (
            comparable(end, self.namespace) == comparable(source, self.namespace)
        )

    def _others(self, ends: dict[str, Instance], near: list[str]) -> Iterator[Instance]:
        for name, end in ends.items():
            if name in near or not _is_named(name, self.wanted.result_role):
                continue
            where = end.namespace or self.namespace
            other = self.repository.get(where, end.class_name, dict(end.key))
            class_ = self.repository.find_class(where, other.class_name)
            if _is_a(class_, self.wanted.result_class):
                yield other


def _ends(class_: Class, link: Instance) -> Iterator[tuple[str, Instance]]:
    for name, declared in class_.properties.items():
        if declared.type is CimType.REFERENCE and link[name] is not None:
            yield name, link[name]


def _is_named(name: str, role: str | None) -> bool:
    return role is None or name.lower() == role.lower()


def _is_a(class_: Class, wanted: str | None) -> bool:
    return wanted is None or class_.is_a(wanted)
