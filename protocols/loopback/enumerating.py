"""Enumerate, Pull and Release: what is enumerated, and in which pages it goes out.

A first reply that was asked for items holds exactly one, whatever was asked (Server 2008 R2 to
2016, recorded); the following ones hold what fits into half of MaxEnvelopeSize, for the service
counts it in UTF-16.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from protocols.loopback import wql
from protocols.loopback.associating import associated
from protocols.loopback.contexts import Enumeration
from protocols.loopback.meta_classes import META_CLASS, find_classes
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.peer import ClientGone
from protocols.loopback.refusals import of_wmi, refuse
from protocols.loopback.resources import Family, find_class
from protocols.wsman.associations import ASSOCIATION_DIALECT
from protocols.wsman.namespaces import WQL_DIALECT
from protocols.wsman.pages import (
    OBJECT,
    OBJECT_AND_REFERENCE,
    REFERENCE,
    Enumerate,
    Filter,
    Pull,
    Release,
    write_page,
)
from protocols.wsman.writers import Writer

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["begin", "enumerate_instances", "pull", "release"]

T = TypeVar("T")

_SHALLOW: Final = "None"
_BASE_PROPERTIES: Final = "ExcludeSubClassProperties"
_POLYMORPHISM: Final = (None, "IncludeSubClassProperties", _BASE_PROPERTIES, _SHALLOW)
_MODES: Final = (OBJECT, REFERENCE, OBJECT_AND_REFERENCE)


def _read(read: Callable[[_Element], T], operation: Operation) -> T:
    """Return the body of a request, or refuse it."""
    try:
        return read(operation.request.body)
    except ProtocolError as error:
        raise refuse("SCHEMA_VALIDATION_ERROR", error.message) from error


def enumerate_instances(operation: Operation) -> Outcome:
    """Begin an enumeration of instances; the exceptions are those of `begin`."""
    return begin(operation, _items(operation, _read(Enumerate.read, operation)))


def begin(operation: Operation, items: Iterator[str], *, first: int = 1) -> Outcome:
    """Begin an enumeration; keep it, unless its first reply is its last.

    Args:
        operation: what the client asks for.
        items: the markup of each item.
        first: how many a first reply may hold that was asked for any.

    Raises:
        Refusal: the request cannot be answered.
        ClientGone: nobody waits for the reply, so nothing is kept.
    """
    asked = _read(Enumerate.read, operation)
    enumeration = Enumeration(operation.identity, items)
    is_optimized = asked.max_elements is not None
    page = enumeration.page(first if is_optimized else 0, operation.characters)
    if not operation.is_connected():
        raise ClientGone
    context = None
    if not (is_optimized and page.is_last):
        context = operation.contexts.open(enumeration)
    body = write_page(page.items, context, is_first=True, is_optimized=is_optimized)
    return Outcome(body, context)


def _items(operation: Operation, asked: Enumerate) -> Iterator[str]:
    if asked.mode not in _MODES or asked.polymorphism not in _POLYMORPHISM:
        raise refuse("ENUMERATION_MODE_UNSUPPORTED", f"{asked.mode}, {asked.polymorphism}")
    writer = Writer(operation.resource.dialect, operation.wants_precise_arrays)
    if asked.filter is not None:
        return _selected(operation, asked.filter, asked.mode, writer)
    resource = operation.resource
    if resource.family is not Family.CLASS:
        raise refuse("ENUMERATE_CANNOT_PROCESS_FILTER", "all classes need a query")
    class_ = find_class(operation.repository, resource, "CreateInstanceEnum")
    is_deep = asked.polymorphism != _SHALLOW
    found = operation.repository.instances(resource.namespace, class_.name, deep=is_deep)
    within = class_.properties if asked.polymorphism == _BASE_PROPERTIES else None
    return map(_form(asked.mode, writer, within), found)


def _form(mode: str, writer: Writer, within: Collection[str] | None) -> Callable[[Instance], str]:
    if mode == REFERENCE:
        return writer.reference
    write = writer.instance if mode == OBJECT else writer.both
    return lambda instance: write(instance, within=within)


def _selected(operation: Operation, wanted: Filter, mode: str, writer: Writer) -> Iterator[str]:
    repository, namespace = operation.repository, operation.resource.namespace
    if wanted.dialect == ASSOCIATION_DIALECT and wanted.element is not None:
        return map(_form(mode, writer, None), associated(operation, wanted.element))
    if wanted.dialect != WQL_DIALECT:
        raise refuse("ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE", wanted.dialect)
    if operation.resource.family is not Family.ALL_CLASSES:
        raise refuse("INVALID_URI_WMI_ENUM_WQL")
    try:
        query = wql.parse(wanted.text)
        if query.class_name.lower() == META_CLASS:
            found = find_classes(repository, namespace, query)
            return map(_form(mode, writer, None), found)
        properties = query.selected(repository.find_class(namespace, query.class_name))
        found = repository.query(namespace, query)
    except MIError as error:
        raise of_wmi(error, "ExecQuery", wanted.text) from error
    if properties is None:
        return map(_form(mode, writer, None), found)
    if mode != OBJECT:
        raise refuse("OBJECTONLY_INVALID")
    return (writer.fragment(instance, properties) for instance in found)


# Pull and Release


def pull(operation: Operation) -> Outcome:
    """Go on with an enumeration.

    Raises:
        Refusal: there is no such enumeration, or its next item does not fit.
    """
    asked = _read(Pull.read, operation)
    most = max(1, min(asked.max_elements, operation.most))
    page, context = operation.contexts.pull(
        asked.context, operation.identity, most, operation.characters
    )
    return Outcome(write_page(page.items, context, is_first=False))


def release(operation: Operation) -> Outcome:
    """End an enumeration.

    Raises:
        Refusal: there is no such enumeration.
    """
    operation.contexts.release(_read(Release.read, operation).context)
    return Outcome("")
