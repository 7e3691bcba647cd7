"""Put, Create and Delete: what a client may change of the repository.

Whether it may at all is what Windows' own classes say by the qualifiers SupportsUpdate,
SupportsCreate and SupportsDelete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mi.errors import AlreadyExists, InvalidParameter, MIError, NotSupported
from mi.instance import Instance
from mi.results import Flags
from mi.schema import Class
from protocols.loopback.incoming import Sent, read_instance
from protocols.loopback.instances import new_instance
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import of_wmi
from protocols.loopback.resources import find_class, keys_of
from protocols.wsman.references import write_parts
from protocols.wsman.transfer import MODIFIED_PROPERTIES
from protocols.wsman.writers import Writer

__all__ = ["create", "delete", "put"]


def put(operation: Operation) -> Outcome:
    """Write properties of an instance, and return all of it as it is now.

    Those that the client names are written; where it names none, those that are in the body.

    Raises:
        Refusal: there is no such instance, or it cannot be written so.
    """
    class_ = find_class(operation.repository, operation.resource, "PutInstance")
    sent = read_instance(operation, class_)
    keys = keys_of(operation.repository, operation.resource, class_)
    with operation.repository.lock:
        try:
            _check_support(class_, "SupportsUpdate")
            found = operation.repository.get(operation.resource.namespace, class_.name, keys)
            now = new_instance(class_, {**found, **dict(_written(operation, class_, sent, found))})
            operation.repository.add(now)
        except MIError as error:
            raise of_wmi(error, "PutInstance", class_.name) from error
    return operation.fitting(_writer(operation).instance(now))


def _written(
    operation: Operation, class_: Class, sent: Sent, found: Instance
) -> Iterator[tuple[str, Any]]:
    for name, value in _values(operation, class_, sent):
        is_fixed = class_.properties[name].flags & (Flags.READ_ONLY | Flags.KEY)
        if is_fixed and value != found[name]:
            raise NotSupported(f"{class_.name}.{name} is read-only")
        yield name, value


def _values(operation: Operation, class_: Class, sent: Sent) -> Iterator[tuple[str, Any]]:
    """Yield the properties that are meant, with their values."""
    named = {value.lower() for value in operation.values(MODIFIED_PROPERTIES)}
    for name, declared in class_.properties.items():
        if name in sent.names and (not named or name.lower() in named):
            yield name, sent.instance[name]
        elif name.lower() in named:
            # An array that is named and not there is empty: nothing else looks so.
            yield name, [] if declared.type.is_array else None


def create(operation: Operation) -> Outcome:
    """Make an instance, and return what names it.

    Raises:
        Refusal: there is one with its key, or it cannot be made.
    """
    class_ = find_class(operation.repository, operation.resource, "PutInstance")
    sent = read_instance(operation, class_)
    with operation.repository.lock:
        try:
            _check_support(class_, "SupportsCreate")
            made = _made(operation, class_, dict(_values(operation, class_, sent)))
        except MIError as error:
            raise of_wmi(error, "PutInstance", class_.name) from error
    parts = write_parts(made, operation.resource.dialect, operation.resource.namespace)
    return Outcome(f"<x:ResourceCreated>{parts}</x:ResourceCreated>")


def _made(operation: Operation, class_: Class, values: dict[str, Any]) -> Instance:
    missing = [name for name in class_.keys if values.get(name) is None]
    if missing:
        raise InvalidParameter(f"the {class_.name} lacks its key {', '.join(missing)}")
    made = new_instance(class_, values)
    if operation.repository.has(made):
        raise AlreadyExists(f"there is a {class_.name} with the key {made.key!r}")
    operation.repository.add(made)
    return made


def delete(operation: Operation) -> Outcome:
    """Take an instance away.

    Raises:
        Refusal: there is none, or it has to stay.
    """
    class_ = find_class(operation.repository, operation.resource, "DeleteInstance")
    keys = keys_of(operation.repository, operation.resource, class_)
    with operation.repository.lock:
        try:
            _check_support(class_, "SupportsDelete")
            found = operation.repository.get(operation.resource.namespace, class_.name, keys)
            operation.repository.remove(found)
        except MIError as error:
            raise of_wmi(error, "DeleteInstance", class_.name) from error
    return Outcome("")


def _check_support(class_: Class, qualifier: str) -> None:
    if qualifier not in class_.qualifiers:
        raise NotSupported(f"the provider of {class_.name} does not do that")


def _writer(operation: Operation) -> Writer:
    return Writer(operation.resource.dialect, operation.wants_precise_arrays)
