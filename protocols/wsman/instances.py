"""Instances out of a reply: what each item is, which class it is of, and so how it is read.

An item is an element named for its class, an a:EndpointReference, a w:Item with both, or a
w:XmlFragment, whose class is known only from the query. Values are converted by the class'
declaration and by nothing else; which classes are known, and what happens where one is not, is the
operation's `Typing`. A decoder asks nobody: it says `UnknownClass`, and is told to go on later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from mi.errors import MIError, ProtocolError
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class, Property
from mi.serial.embedding import DEEPEST
from mi.values import format_value, parse_value
from mi.wql import Projection
from protocols.wsman import soap
from protocols.wsman.dialects import (
    Dialect,
    SchemaView,
    Settings,
    Typing,
    split_resource_uri,
    typing_of,
)
from protocols.wsman.durations import parse_datetime
from protocols.wsman.namespaces import ADDRESSING, WSMAN
from protocols.wsman.plans import Plan, plan_of
from protocols.wsman.readers import stated_type
from protocols.wsman.references import ObjectName, checked_namespace, read_name

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Decoder", "UnknownClass"]

_ITEM: Final = f"{{{WSMAN}}}Item"
_FRAGMENT: Final = f"{{{WSMAN}}}XmlFragment"
_REFERENCE: Final = f"{{{ADDRESSING}}}EndpointReference"
_TYPE_SUFFIX: Final = "_Type"  # DSP0230: the XML type of the instances of Class is Class_Type
_NO_CLASS: Final = "__Generic"  # as WMI calls what a query puts together from several classes


class UnknownClass(Exception):
    """Says that an instance cannot be read before the declaration of its class is known."""

    def __init__(self, namespace: str, class_name: str) -> None:
        super().__init__(namespace, class_name)
        self.namespace = namespace
        self.class_name = class_name


class _Source(NamedTuple):
    """How the instances of one kind are read, and what they are."""

    plan: Plan
    class_name: str
    namespace: str
    is_typed: bool


class Decoder:
    """Reads the items of one operation.

    Attributes:
        is_repaired: whether characters were replaced in the reply at hand.
    """

    def __init__(  # noqa: PLR0913 - all but two are the operation's and have a default
        self,
        schemas: SchemaView,
        namespace: str,
        *,
        typing: Typing = Typing.ALWAYS,
        server_name: str | None = None,
        precise: bool = False,
        projection: Projection | None = None,
    ) -> None:
        """Make the decoder of an operation.

        Args:
            schemas: the classes that are known.
            namespace: the operation's, where the instances live that do not say it.
            typing: what happens to values.
            server_name: the server's name, for the instances.
            precise: whether null arrays say so, and absent arrays are empty.
            projection: what the query selects, or None where there is none or it does not tell.
        """
        self._schemas = schemas
        self._namespace = namespace
        self._typing = typing
        self._server_name = server_name
        self._precise = precise
        self._projection = projection
        self._sources: dict[Any, _Source] = {}  # by tag, and by class
        self._depth = 0
        self.is_repaired = False

    @classmethod
    def of(
        cls,
        namespace: str,
        settings: Settings,
        dialect: Dialect,
        schemas: SchemaView,
        projection: Projection | None = None,
    ) -> Self:
        """Return the decoder of an operation that is run so, with a server of this kind."""
        return cls(
            schemas,
            namespace,
            typing=typing_of(settings.flags, dialect),
            server_name=settings.server_name,
            precise=dialect.precise_arrays,
            projection=projection,
        )

    def settle_for_text(self) -> None:
        """Need no class any more: the server turns out to declare none."""
        if self._typing is Typing.ALWAYS:
            self._typing = Typing.WHERE_KNOWN

    def read(self, element: _Element) -> Instance:
        """Return the instance that an item of a reply is.

        Raises:
            ProtocolError: it is none, or a value does not fit its type.
            UnknownClass: the declaration of its class, or of one embedded in it, is needed first.
        """
        source = self._sources.get(element.tag)
        if source is not None:
            return self._received(element, source)
        if element.tag == _ITEM:
            return self._item(element)
        if element.tag == _REFERENCE:
            return self.reference(element)
        return self._received(element, self._source_of(element))

    # The kinds of items

    def _source_of(self, element: _Element) -> _Source:
        """Return how an item, and all others with its tag, are read."""
        if element.tag == _FRAGMENT:
            source = self._fragment_source()
        else:
            _, namespace = _class_of_namespace(element)
            source = self._source(soap.local_name(element), namespace)
        self._sources[element.tag] = source
        return source

    def _item(self, element: _Element) -> Instance:
        parts = list(element)
        references = [part for part in parts if part.tag == _REFERENCE]
        objects = [part for part in parts if part.tag != _REFERENCE]
        if len(references) > 1 or len(objects) > 1 or not parts:
            raise ProtocolError("a w:Item holds something else than one object and its reference")
        if not (references and objects):
            return self.read(parts[0])
        element = objects[0]
        source = self._sources.get(element.tag) or self._source_of(element)
        return self._received(element, source, read_name(references[0]))

    def reference(self, element: _Element) -> Instance:
        """Return the instance, of nothing but keys, that an EPR names.

        Its keys are text until the class is known; nothing is fetched for them.

        Raises:
            ProtocolError: it names nothing, or a key does not fit its type.
        """
        return self._named(read_name(element))

    def embedded(self, element: _Element, class_name: str | None) -> Instance:
        """Return the instance whose properties are the children of a property's element.

        Its class is what `xsi:type` says, or else the namespace of the children, or else what the
        property is declared to hold.

        Raises:
            ProtocolError: no class can be told, or they are embedded too deep.
            UnknownClass: as for `read`.
        """
        if self._depth >= DEEPEST:
            raise ProtocolError(f"instances are embedded deeper than {DEEPEST} levels")
        self._depth += 1
        try:
            return self._embedded(element, class_name)
        finally:
            self._depth -= 1

    def _embedded(self, element: _Element, class_name: str | None) -> Instance:
        stated = stated_type(element).removesuffix(_TYPE_SUFFIX)
        inner = element[0] if len(element) else element
        inner_name, namespace = _class_of_namespace(inner)
        if not stated and inner_name and soap.local_name(inner).lower() == inner_name.lower():
            return self.read(inner)  # the whole element of the instance is inside
        if inner_name == _class_of_namespace(element)[0]:
            inner_name = ""  # a server that keeps to the namespace of the outer class
        name = stated or inner_name or class_name
        if name is None and self._typing is Typing.ALWAYS:
            raise ProtocolError("an embedded instance does not say its class")
        return self._received(element, self._source(name or soap.local_name(element), namespace))

    # Classes

    def _source(self, class_name: str, namespace: str | None) -> _Source:
        """Return how the whole instances of a class are read."""
        key = f"{namespace}:{class_name}"
        source = self._sources.get(key)
        if source is None:
            namespace = checked_namespace(namespace) or self._namespace
            class_ = self._class(namespace, class_name)
            plan = Plan(None) if class_ is None else plan_of(class_, precise=self._precise)
            name = class_name if class_ is None else class_.name
            source = _Source(plan, name, namespace, is_typed=class_ is not None)
            self._sources[key] = source
        return source

    def _fragment_source(self) -> _Source:
        """Return how fragments are read: they hold what was selected, in no namespace."""
        if self._projection is None:
            return _Source(Plan(None), _NO_CLASS, self._namespace, is_typed=False)
        name, selected = self._projection
        class_ = self._class(self._namespace, name)
        if class_ is None:
            return _Source(Plan(None), name, self._namespace, is_typed=False)
        plan = Plan(class_, selected=selected)
        return _Source(plan, class_.name, self._namespace, is_typed=True)

    def _class(self, namespace: str, class_name: str) -> Class | None:
        """Return the declaration of a class, or None to read text."""
        if self._typing is Typing.NEVER:
            return None
        class_ = self._schemas.find(namespace, class_name)
        if class_ is None and self._typing is Typing.ALWAYS:
            raise UnknownClass(namespace, class_name)
        return class_

    # Making instances

    def _received(
        self, element: _Element, source: _Source, name: ObjectName | None = None
    ) -> Instance:
        plan, class_name, namespace, is_typed = source
        values, itself = plan.read(element, self)
        if name is not None:
            itself = self._named(name)
        identity = None
        if itself is not None:
            identity, namespace = itself.key.items(), itself.namespace or namespace
        return Instance.received(
            class_name, values, plan.layout, namespace, self._server_name,
            identity=identity, is_typed=is_typed, is_repaired=self.is_repaired,
        )  # fmt: skip

    def _named(self, name: ObjectName) -> Instance:
        namespace = name.namespace or self._namespace
        never = self._typing is Typing.NEVER
        class_ = None if never else self._schemas.find(namespace, name.class_name)
        values: dict[str, Any] = {}
        identity: list[tuple[str, Any]] = []
        for key, sent in name.keys:
            spelled, value = key, self._named(sent) if isinstance(sent, ObjectName) else sent
            if class_ is not None and key in class_.properties:
                declared = class_.properties[key]
                spelled, value = declared.name, _key_value(class_.name, declared, value)
            values[spelled] = value
            identity.append((spelled, value if _is_sent_alike(value, sent) else sent))
        return Instance.received(
            name.class_name if class_ is None else class_.name, values,
            None if class_ is None else class_.layout, namespace, self._server_name,
            identity=identity, is_typed=class_ is not None, is_repaired=self.is_repaired,
        )  # fmt: skip


def _class_of_namespace(element: _Element) -> tuple[str, str | None]:
    """Return the class and the CIM namespace that the XML namespace of an element names."""
    return split_resource_uri(str(element.tag).rpartition("}")[0].removeprefix("{"))


def _key_value(class_name: str, declared: Property, value: Any) -> Any:
    """Return the value of a key, whose text is what its class says."""
    if not isinstance(value, str) or declared.type not in _TEXT_KEYS:
        return value
    try:
        if declared.type is CimType.DATETIME:
            return parse_datetime(value)
        return parse_value(value, declared.type)
    except MIError as error:
        raise ProtocolError(f"{class_name}.{declared.name}: {error.message}") from error


# A key of any other type comes as a reference, or as text that only the server can use.
_TEXT_KEYS: Final = frozenset(CimType(number) for number in range(CimType.REFERENCE))


def _is_sent_alike(value: Any, sent: str | ObjectName) -> bool:
    """Return whether the key, sent back, reads as the server sent it: an EPR is kept verbatim."""
    if isinstance(value, Instance):
        return True
    return isinstance(value, (bool, int, str)) and format_value(value) == sent
