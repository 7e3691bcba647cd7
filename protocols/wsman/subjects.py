"""What an enumeration is of: one row for each kind of call that gives many results.

A subject is the first request of an enumeration, and what makes results of the items that come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from mi.calls import (
    AssociatorInstances,
    Call,
    EnumerateClasses,
    EnumerateInstances,
    QueryInstances,
    ReferenceInstances,
)
from mi.errors import InvalidQuery
from mi.results import OperationFlags, Result
from mi.wql import Projection, projection
from protocols.wsman.associations import ASSOCIATION_DIALECT, Association
from protocols.wsman.class_items import ClassItems, class_options, meta_class_query
from protocols.wsman.classes import CLASS_NAME_SELECTOR
from protocols.wsman.conversation import namespace_of
from protocols.wsman.dialects import (
    NAMESPACE_SELECTOR,
    ClassKnown,
    Dialect,
    SchemaView,
    Settings,
)
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option, Selector
from protocols.wsman.held import Held
from protocols.wsman.instances import Decoder
from protocols.wsman.namespaces import CIM_XML_SCHEMA, WQL_DIALECT
from protocols.wsman.pages import OBJECT, OBJECT_AND_REFERENCE, REFERENCE, Enumerate, Filter
from protocols.wsman.references import write_parts

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Items", "Subject", "dialect_uri", "subject_of"]


class Items(Protocol):
    """The items that have come and are not results yet: `Held` and `ClassItems`."""

    @property
    def awaits_class(self) -> bool:
        """Whether something waits for the declaration of a class."""
        ...

    def request(self) -> Request | None:
        """Return the request for that class, or None if it is known by now."""
        ...

    def raise_failure(self) -> None:
        """Raise the error that came after the last results, if one did."""
        ...

    def take(self, items: Sequence[_Element], *, is_repaired: bool) -> list[Any]:
        """Return the results that the items of a reply are, or none if they wait."""
        ...

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Any]:
        """Return what waited, now that there is an answer about the class."""
        ...

    def drop(self) -> None:
        """Forget all of it."""
        ...


class Subject(NamedTuple):
    """What is enumerated, as the first request says it; its items are asked for later.

    Attributes:
        resource_uri: the resource.
        selectors: what names it further.
        options: options of every request.
        body: the Enumerate.
        items: what makes results of the items.
    """

    resource_uri: str
    selectors: tuple[Selector, ...]
    options: tuple[Option, ...]
    body: Enumerate
    items: Items


def subject_of(
    call: Call[Any], settings: Settings, dialect: Dialect, schemas: SchemaView
) -> Subject:
    """Return what a call enumerates.

    Raises:
        InvalidQuery: the query's language is not one that has a name here.
        InvalidParameter: a key is not complete, so it would name another object.
        NotSupported: servers of this kind do not do that.
    """
    return _SUBJECTS[type(call)](call, namespace_of(call), settings, dialect, schemas)


# Instances


def _of_instances(  # noqa: PLR0913, PLR0917 - each is one thing that a subject is made of
    resource_uri: str,
    body: Enumerate,
    namespace: str,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
    selected: Projection | None = None,
) -> Subject:
    decoder = Decoder.of(namespace, settings, dialect, schemas, selected)
    return Subject(
        resource_uri if settings.resource_uri is None else settings.resource_uri,
        settings.namespace_selectors(dialect, namespace),
        dialect.options,
        body,
        Held(decoder, settings, schemas),
    )


def _mode(dialect: Dialect, *, keys_only: bool) -> str:
    if keys_only:
        return REFERENCE
    return OBJECT_AND_REFERENCE if dialect.sends_references else OBJECT


def _instances_of_class(
    call: EnumerateInstances,
    namespace: str,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
) -> Subject:
    body = Enumerate(
        mode=_mode(dialect, keys_only=call.keys_only),
        polymorphism=_polymorphism(settings.flags),
    )
    uri = dialect.resource_uri(namespace, call.class_name)
    return _of_instances(uri, body, namespace, settings, dialect, schemas)


def _polymorphism(flags: OperationFlags) -> str | None:
    """Return the mode for MI's flags; deep is what servers do unasked."""
    if flags & _BASE_PROPERTIES == _BASE_PROPERTIES:
        return "ExcludeSubClassProperties"
    return "None" if flags & OperationFlags.POLYMORPHISM_SHALLOW else None


_BASE_PROPERTIES: Final = OperationFlags.POLYMORPHISM_DEEP_BASE_PROPS_ONLY


def _instances_of_query(
    call: QueryInstances,
    namespace: str,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
) -> Subject:
    body = Enumerate(filter=Filter(dialect_uri(call.dialect), call.query))
    uri, selected = dialect.all_classes_uri(namespace), projection(call.query)
    return _of_instances(uri, body, namespace, settings, dialect, schemas, selected)


_DIALECT_URIS: Final = {
    "wql": WQL_DIALECT,
    "cql": "http://schemas.dmtf.org/wbem/cql/1/dsp0202.pdf",
}


def dialect_uri(name: str) -> str:
    """Return the URI of a query language, by its name, or as it is.

    Raises:
        InvalidQuery: it is none that has a name here.
    """
    uri = name if "://" in name else _DIALECT_URIS.get(name.lower())
    if uri is None:
        raise InvalidQuery(
            f"the query language {name!r} is not known",
            result=Result.QUERY_LANGUAGE_NOT_SUPPORTED,
            advice="Write WQL, CQL or the URI that the server knows it by.",
        )
    return uri


# Associations


def _associated_instances(
    call: AssociatorInstances | ReferenceInstances,
    namespace: str,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
) -> Subject:
    """Return the subject of an association filter, whose object is also named by the resource.

    Windows' MI client names the object's class; before it, only all classes would do (WinRM 2).
    """
    content = _narrowed(call).write(write_parts(call.key, dialect, namespace))
    body = Enumerate(
        mode=_mode(dialect, keys_only=call.keys_only),
        filter=Filter(ASSOCIATION_DIALECT, content=content),
    )
    uri = dialect.associations_uri(namespace, call.key.class_name)
    return _of_instances(uri, body, namespace, settings, dialect, schemas)


def _narrowed(call: AssociatorInstances | ReferenceInstances) -> Association:
    if isinstance(call, ReferenceInstances):
        return Association(role=call.role, result_class=call.result_class, is_reference=True)
    return Association(call.association_class, call.role, call.result_class, call.result_role)


# Classes


def _classes(
    call: EnumerateClasses,
    namespace: str,
    settings: Settings,
    dialect: Dialect,
    schemas: SchemaView,
) -> Subject:
    items = ClassItems(call, namespace, settings, schemas)
    if not dialect.has_schema:
        query = meta_class_query(call, dialect)
        selectors = dialect.namespace_selectors(namespace)
        body = Enumerate(filter=Filter(WQL_DIALECT, query))
        return Subject(dialect.all_classes_uri(namespace), selectors, (), body, items)
    selectors = (
        Selector.of(NAMESPACE_SELECTOR, namespace),
        Selector.of(CLASS_NAME_SELECTOR, call.class_name or ""),
    )
    return Subject(CIM_XML_SCHEMA, selectors, class_options(call), Enumerate(), items)


_SUBJECTS: Final[dict[type[Call[Any]], Callable[..., Subject]]] = {
    EnumerateInstances: _instances_of_class,
    QueryInstances: _instances_of_query,
    AssociatorInstances: _associated_instances,
    ReferenceInstances: _associated_instances,
    EnumerateClasses: _classes,
}
