"""Schema queries: the classes of a namespace as instances of `meta_class` (WMI SDK)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from protocols.loopback import wql
from protocols.loopback.instances import new_instance
from protocols.loopback.repository import Repository

__all__ = ["META_CLASS", "find_classes"]

META_CLASS: Final = "meta_class"

_SUPERCLASS: Final = "__SUPERCLASS"
_DECLARATION: Final = Class(
    META_CLASS, properties=NameMap([(_SUPERCLASS, Property(_SUPERCLASS, CimType.STRING))])
)


def find_classes(repository: Repository, namespace: str, query: wql.Select) -> Iterator[Instance]:
    """Return the classes that a query selects, as instances of themselves without a value.

    Raises:
        InvalidQuery: it compares something else than the name and the superclass.
        InvalidNamespace: there is no such namespace.
    """

    def is_a(class_name: str, ancestor: str) -> bool:
        return repository.find_class(namespace, class_name).is_a(ancestor)

    is_selected = query.predicate(_DECLARATION, is_a)
    found = list(repository.descendants(namespace))
    return (new_instance(class_, {}) for class_ in found if is_selected(_row(class_)))


def _row(class_: Class) -> Instance:
    return Instance.received(class_.name, {_SUPERCLASS: class_.superclass}, None, class_.namespace)
