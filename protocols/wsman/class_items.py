"""Class declarations, or the names of classes, as the items of an enumeration.

MS-WSMV 3.1.4.8 takes from DSP0227 1.1 (15.8) what asks for names alone, and for subclasses of
subclasses. What an item is then, no recording shows, so any that names a class will do: `CLASSPATH`
or `CLASSNAME` of CIM-XML, the whole `CLASS` if the server did not heed the option, or, where the
names come by a query for `meta_class`, an element that is called like the class.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from mi import wql
from mi.calls import EnumerateClasses
from mi.errors import MIError, NotSupported, ProtocolError
from mi.names import name_matcher
from mi.schema import Class
from mi.serial.cimxml import read_class
from protocols.wsman import soap
from protocols.wsman.classes import INCLUDES, no_declarations
from protocols.wsman.dialects import NO_CLASSES, ClassKnown, Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.headers import Option
from protocols.wsman.instances import UnknownClass
from protocols.wsman.wanted import Wanted

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["ClassItems", "class_options", "meta_class_query"]

_DEEP: Final = Option("IncludeSubClasses", "true", "xs:boolean")
_NAMES_ONLY: Final = (
    Option("IncludePath", "true", "xs:boolean"),
    Option("ExcludeClassSpecification", "true", "xs:boolean"),
)
_META_CLASSES: Final = "SELECT * FROM meta_class"
_NAMED: Final = frozenset(("CLASSNAME", "CLASS"))


def class_options(call: EnumerateClasses) -> tuple[Option, ...]:
    """Return the options that say what the items are.

    With a pattern the names come first, for what does not match is not worth its declaration.
    """
    only = _NAMES_ONLY if call.names_only or call.pattern is not None else INCLUDES
    return (*only, _DEEP) if call.deep else only


def meta_class_query(call: EnumerateClasses, dialect: Dialect) -> str:
    """Return the query for the names of classes, where there is no better way (WMI SDK).

    Raises:
        NotSupported: declarations are asked for, which there are none of.
    """
    if not dialect.names_by_query or not call.names_only:
        raise NotSupported(
            "a server of this kind gives no class declarations",
            advice="Ask for names_only=True, or load declarations into a SchemaStore."
            if dialect.names_by_query
            else None,
        )
    conditions = [*_place(call), *_likeness(call.pattern)]
    return " WHERE ".join([_META_CLASSES, *([" AND ".join(conditions)] if conditions else ())])


def _place(call: EnumerateClasses) -> Iterator[str]:
    if call.class_name is None and not call.deep:
        yield "__SUPERCLASS IS NULL"
    elif call.class_name is not None:
        test = "__this ISA {}" if call.deep else "__SUPERCLASS = {}"
        yield wql.query(test, call.class_name)


def _likeness(pattern: str | None) -> Iterator[str]:
    if pattern is not None:
        like = "".join(_WILDCARDS.get(one) or wql.like(one) for one in pattern)
        yield wql.query("__CLASS LIKE {}", like)


_WILDCARDS: Final = {"*": "%", "?": "_"}


class ClassItems:
    """The items of a class enumeration, on their way to becoming classes."""

    def __init__(
        self,
        call: EnumerateClasses,
        namespace: str,
        settings: Settings,
        schemas: SchemaView,
    ) -> None:
        """Hold nothing yet.

        Args:
            call: which classes, and what of them.
            namespace: where they are.
            settings: how to run the operation.
            schemas: the classes that are known.
        """
        self._call = call
        self._namespace = namespace
        self._server_name = settings.server_name
        self._schemas = schemas
        self._wanted = Wanted(settings, schemas)
        self._names: deque[str] = deque()
        self._failure: MIError | None = None
        self._matches = name_matcher(call.pattern)

    @property
    def awaits_class(self) -> bool:
        """Whether a name has come whose declaration is wanted and has not."""
        return self._wanted.is_open

    def request(self) -> Request | None:
        """Return the request for the declaration that is due, or None if it is known by now."""
        return self._wanted.request()

    def raise_failure(self) -> None:
        """Raise the error that came after the last results, if one did."""
        if self._failure is not None:
            raise self._failure

    def take(self, items: Sequence[_Element], *, is_repaired: bool) -> list[Class]:
        """Return the classes that the items of a reply are, or none if they are only named.

        Raises:
            ProtocolError: the first of them cannot be read.
        """
        del is_repaired  # a declaration has no place to say so
        if not self._call.names_only and self._call.pattern is None:
            return self._declarations(items)
        names = self._wanted_names(items)
        if self._call.names_only:
            return [Class(name, self._namespace, self._server_name) for name in names]
        self._names.extend(names)
        self._want_next()
        return []

    def receive(self, reply: Reply | Fault | ClassKnown) -> list[Class]:
        """Return the declaration that was wanted.

        Raises:
            MIError: it is refused, or the answer is none.
            NotSupported: the server turns out to declare no classes.
        """
        if reply is NO_CLASSES:
            raise no_declarations()
        self._wanted.receive(reply)
        class_ = self._schemas.find(self._namespace, self._names.popleft())
        self._want_next()
        return [] if class_ is None else [class_]

    def drop(self) -> None:
        """Forget what is held, and the error too."""
        self._wanted.drop()
        self._names.clear()
        self._failure = None

    def _want_next(self) -> None:
        if self._names:
            self._wanted.want(UnknownClass(self._namespace, self._names[0]))

    def _declarations(self, items: Sequence[_Element]) -> list[Class]:
        classes: list[Class] = []
        try:
            for item in items:
                classes.append(self._declaration(item))  # noqa: PERF401 - those before an error count
        except MIError as error:
            if not classes:
                raise
            self._failure = error
        return classes

    def _declaration(self, item: _Element) -> Class:
        element = next((one for one in _elements(item) if soap.local_name(one) == "CLASS"), None)
        if element is None:
            raise ProtocolError("an item of a class enumeration is no declaration of a class")
        return read_class(element, self._namespace, self._server_name)

    def _wanted_names(self, items: Sequence[_Element]) -> list[str]:
        root = (self._call.class_name or "").lower()
        names = map(_name, items)
        return [name for name in names if name.lower() != root and self._matches(name)]


def _elements(item: _Element) -> Iterator[_Element]:
    return (one for one in item.iter() if isinstance(one.tag, str))


def _name(item: _Element) -> str:
    for element in _elements(item):
        if soap.local_name(element) in _NAMED:
            return element.get("NAME", "")
    return soap.local_name(item)
