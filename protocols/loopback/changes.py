"""Changes of a repository as a provider makes them: what may be written, made and taken away.

Whether it may at all is what Windows' own classes say by the qualifiers SupportsUpdate,
SupportsCreate and SupportsDelete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi.errors import AlreadyExists, InvalidParameter, NotSupported
from mi.instance import Instance
from mi.results import Flags
from mi.schema import Class
from protocols.loopback.instances import new_instance
from protocols.loopback.repository import Repository

__all__ = ["create", "delete", "update"]


def update(
    repository: Repository, class_: Class, keys: Mapping[str, Any], values: Mapping[str, Any]
) -> Instance:
    """Write properties of an instance, and return all of it as it is now.

    Args:
        repository: where it is.
        class_: its class.
        keys: what names it, as the class spells them.
        values: what is written, likewise.

    Raises:
        NotFound: there is no such instance.
        NotSupported: it cannot be written, or not one of the properties.
        TypeMismatch: a value does not fit its property.
    """
    with repository.lock:
        _check_support(class_, "SupportsUpdate")
        found = repository.get(class_.namespace or "", class_.name, keys)
        for name, value in values.items():
            is_fixed = class_.properties[name].flags & (Flags.READ_ONLY | Flags.KEY)
            if is_fixed and value != found[name]:
                raise NotSupported(f"{class_.name}.{name} is read-only")
        now = new_instance(class_, {**found, **values})
        repository.add(now)
    return now


def create(repository: Repository, class_: Class, values: Mapping[str, Any]) -> Instance:
    """Make an instance, and return it.

    Raises:
        AlreadyExists: there is one with its key.
        InvalidParameter: it lacks a key.
        NotSupported: there are no more of its class.
        TypeMismatch: a value does not fit its property.
    """
    with repository.lock:
        _check_support(class_, "SupportsCreate")
        missing = [name for name in class_.keys if values.get(name) is None]
        if missing:
            raise InvalidParameter(f"the {class_.name} lacks its key {', '.join(missing)}")
        made = new_instance(class_, values)
        if repository.has(made):
            raise AlreadyExists(f"there is a {class_.name} with the key {made.key!r}")
        repository.add(made)
    return made


def delete(repository: Repository, class_: Class, keys: Mapping[str, Any]) -> None:
    """Take an instance away.

    Raises:
        NotFound: there is none.
        NotSupported: it has to stay.
    """
    with repository.lock:
        _check_support(class_, "SupportsDelete")
        repository.remove(repository.get(class_.namespace or "", class_.name, keys))


def _check_support(class_: Class, qualifier: str) -> None:
    if qualifier not in class_.qualifiers:
        raise NotSupported(f"the provider of {class_.name} does not do that")
