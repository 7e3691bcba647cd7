"""Get: one instance by its key."""

from __future__ import annotations

from mi.errors import NotFound
from mi.instance import Instance
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.refusals import of_wmi
from protocols.loopback.resources import find_class, keys_of
from protocols.wsman.writers import Writer

__all__ = ["get_instance"]


def get_instance(operation: Operation) -> Outcome:
    """Return the instance that the selectors name.

    Raises:
        Refusal: there is no such instance, class or namespace, or the selectors do not fit.
    """
    repository, resource = operation.repository, operation.resource
    class_ = find_class(repository, resource, "GetObject")
    keys = keys_of(repository, resource, class_)
    try:
        found = repository.get(resource.namespace, class_.name, keys)
    except NotFound as error:
        named = Instance.received(class_.name, dict(keys), class_.layout, None)
        raise of_wmi(error, "GetObject", named.path) from error
    writer = Writer(resource.dialect, operation.wants_precise_arrays)
    return operation.fitting(writer.instance(found))
