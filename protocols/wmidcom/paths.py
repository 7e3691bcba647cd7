"""How objects are named to WMI: relative paths, and the queries for what is around an object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mi import object_path
from mi.calls import AssociatorInstances, ReferenceInstances
from mi.instance import Instance
from mi.object_path import Reference

__all__ = ["association_query", "key_query", "relative_path"]


def relative_path(instance: Instance) -> str:
    """Return the path of an object within its namespace: `Win32_Service.Name="Spooler"`.

    Raises:
        InvalidParameter: it lacks a key.
    """
    key = {
        name: Reference(value.path) if isinstance(value, Instance) else value
        for name, value in instance.key.items()
    }
    return object_path.write(None, None, instance.class_name, key)


def key_query(class_name: str, keys: Iterable[str]) -> str:
    """Return the query for the keys of all instances of a class and its subclasses."""
    return f"SELECT {', '.join(keys)} FROM {class_name}"  # noqa: S608 - names, not values


def association_query(call: AssociatorInstances | ReferenceInstances) -> str:
    """Return the query for the objects, or the associations, around one object.

    What narrows them are names, which were checked when the call was made.

    Raises:
        InvalidParameter: the object lacks a key.
    """
    statement = "REFERENCES" if isinstance(call, ReferenceInstances) else "ASSOCIATORS"
    words = [f"{statement} OF {{{relative_path(call.key)}}}"]
    conditions = list(_conditions(call))
    if conditions:
        words += ["WHERE", *conditions]
    return " ".join(words)


def _conditions(call: AssociatorInstances | ReferenceInstances) -> Iterator[str]:
    for keyword, name in (
        ("AssocClass", getattr(call, "association_class", None)),
        ("ResultClass", call.result_class),
        ("Role", call.role),
        ("ResultRole", getattr(call, "result_role", None)),
    ):
        if name is not None:
            yield f"{keyword} = {name}"
