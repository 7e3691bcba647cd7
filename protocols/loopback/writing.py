"""Put, Create and Delete: what a client may change of the repository."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mi.errors import MIError
from mi.schema import Class
from protocols.loopback import changes
from protocols.loopback.incoming import Sent, read_instance
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
    try:
        now = changes.update(
            operation.repository, class_, keys, dict(_values(operation, class_, sent))
        )
    except MIError as error:
        raise of_wmi(error, "PutInstance", class_.name) from error
    return operation.fitting(_writer(operation).instance(now))


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
    try:
        made = changes.create(operation.repository, class_, dict(_values(operation, class_, sent)))
    except MIError as error:
        raise of_wmi(error, "PutInstance", class_.name) from error
    parts = write_parts(made, operation.resource.dialect, operation.resource.namespace)
    return Outcome(f"<x:ResourceCreated>{parts}</x:ResourceCreated>")


def delete(operation: Operation) -> Outcome:
    """Take an instance away.

    Raises:
        Refusal: there is none, or it has to stay.
    """
    class_ = find_class(operation.repository, operation.resource, "DeleteInstance")
    keys = keys_of(operation.repository, operation.resource, class_)
    try:
        changes.delete(operation.repository, class_, keys)
    except MIError as error:
        raise of_wmi(error, "DeleteInstance", class_.name) from error
    return Outcome("")


def _writer(operation: Operation) -> Writer:
    return Writer(operation.resource.dialect, operation.wants_precise_arrays)
