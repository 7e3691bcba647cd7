"""Instances and classes as CIM-XML: documents of them, and one alone.

The elements are those of DSP0201 with MI's additions (`MI_Application_NewSerializer` of the format
`MI_XML`). A document is written as MI writes a class or an instance with its class: CIM,
DECLARATION, DECLGROUP, one VALUE.OBJECT for each. `read` takes that, the other declaration groups,
and a bare CLASS or INSTANCE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from lxml import etree

from mi.errors import InvalidParameter, ProtocolError
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.schema import Class
from mi.serial import cimxml_classes, document
from mi.serial.cimxml_instances import (
    Scope,
    read_instance,
    read_named_instance,
    read_namespace_path,
)
from mi.serial.cimxml_writer import write_class, write_instance, write_namespace_path
from mi.serial.elements import Malformed, children, exactly, kind
from mi.serial.known_classes import Find, KnownClasses
from mi.serial.markup import element as markup

__all__ = ["LARGEST", "read", "read_class", "write", "write_class", "write_instance"]

LARGEST = 50 * 1024 * 1024
"""The largest text that is read, in bytes: MI's own limit."""


def read(
    text: str | bytes,
    *,
    namespace: str | None = None,
    server_name: str | None = None,
    find: Find | None = None,
    repair: bool = False,
) -> list[Class | Instance]:
    """Return the classes and instances of a CIM-XML document, in its order.

    A class gets what it inherits from its superclass, and an instance the types, the keys and the
    defaults of its class, where that class stands before it in the text or `find` knows it;
    otherwise an instance is typed by what the text says.

    Args:
        text: the document; `bytes` are UTF-8 or UTF-16.
        namespace: where they are, unless the document says.
        server_name: the server they are from, unless the document says.
        find: gives a class by namespace and name, as `SchemaStore.find` does.
        repair: whether characters that XML forbids may become U+FFFD. MI itself writes control
            characters as references, which no XML parser may accept.

    Raises:
        InvalidParameter: the text is not such a document. The message says where, and why.
    """
    known = KnownClasses(find)
    scope = Scope(
        None if namespace is None else normalize_namespace(namespace), server_name, known.find
    )
    try:
        root, is_repaired = document.parse(text, limit=LARGEST, repair=repair)
        return list(_objects(root, replace(scope, is_repaired=is_repaired), known))
    except ProtocolError as error:
        raise InvalidParameter(error.message) from error
    except Malformed as error:
        line, column = document.position(text, error.element)
        raise InvalidParameter(f"line {line}, column {column}: {error.reason}") from error


def read_class(
    element: etree._Element, namespace: str | None = None, server_name: str | None = None
) -> Class:
    """Return the class that a CLASS element of a reply declares.

    Raises:
        ProtocolError: the element is not one that can be trusted.
    """
    try:
        return cimxml_classes.read(element, Scope(namespace, server_name, _nothing))
    except Malformed as error:
        raise ProtocolError(f"the class is not CIM-XML: {error.reason}") from error


def _nothing(_namespace: str | None, _class_name: str) -> None:
    return None


def _objects(
    element: etree._Element, scope: Scope, known: KnownClasses
) -> Iterator[Class | Instance]:
    """Return the objects in `element`, or the one that it is."""
    if kind(element) == "CLASS":
        yield known.add(cimxml_classes.read(element, scope))
    elif kind(element) == "INSTANCE":
        yield read_instance(element, scope)
    elif kind(element) in _CONTAINERS:
        yield from _contents(element, scope, known)
    else:
        raise Malformed(element, "it is neither a class, nor an instance, nor a group of them")


def _contents(
    element: etree._Element, scope: Scope, known: KnownClasses
) -> Iterator[Class | Instance]:
    path: etree._Element | None = None
    for child in children(element, *_CONTAINERS[kind(element)]):
        if kind(child) in _NAMESPACES:
            scope = _within(child, scope)
        elif kind(child) in _CLASS_PATHS:
            scope = _within(exactly(child, *_CLASS_PATHS[kind(child)])[0], scope)
        elif kind(child) in _INSTANCE_PATHS:
            path = child
        elif kind(child) == "INSTANCE" and path is not None:
            yield read_named_instance(path, child, scope)
        elif kind(child) != "QUALIFIER.DECLARATION":
            yield from _objects(child, scope, known)


def _within(path: etree._Element, scope: Scope) -> Scope:
    server_name, namespace = read_namespace_path(path)
    return replace(scope, server_name=server_name or scope.server_name, namespace=namespace)


_NAMESPACES = ("NAMESPACEPATH", "LOCALNAMESPACEPATH")
_CLASS_PATHS = {
    "CLASSPATH": ("NAMESPACEPATH", "CLASSNAME"),
    "LOCALCLASSPATH": ("LOCALNAMESPACEPATH", "CLASSNAME"),
}
_INSTANCE_PATHS = ("INSTANCEPATH", "LOCALINSTANCEPATH", "INSTANCENAME")
_GROUPS = ("DECLGROUP", "DECLGROUP.WITHNAME", "DECLGROUP.WITHPATH")
_DECLARATIONS = (*_NAMESPACES, "QUALIFIER.DECLARATION")
_CONTAINERS = {
    "CIM": ("DECLARATION",),
    "DECLARATION": _GROUPS,
    "DECLGROUP": (*_DECLARATIONS, "VALUE.OBJECT"),
    "DECLGROUP.WITHNAME": (*_DECLARATIONS, "VALUE.NAMEDOBJECT"),
    "DECLGROUP.WITHPATH": ("VALUE.OBJECTWITHPATH", "VALUE.OBJECTWITHLOCALPATH"),
    "VALUE.OBJECT": ("CLASS", "INSTANCE"),
    "VALUE.NAMEDOBJECT": ("CLASS", "INSTANCENAME", "INSTANCE"),
    "VALUE.NAMEDINSTANCE": ("INSTANCENAME", "INSTANCE"),
    "VALUE.INSTANCEWITHPATH": ("INSTANCEPATH", "INSTANCE"),
    "VALUE.OBJECTWITHPATH": ("CLASSPATH", "CLASS", "INSTANCEPATH", "INSTANCE"),
    "VALUE.OBJECTWITHLOCALPATH": ("LOCALCLASSPATH", "CLASS", "LOCALINSTANCEPATH", "INSTANCE"),
}


def write(values: Class | Instance | Iterable[Class | Instance]) -> str:
    """Return a CIM-XML document of classes and instances, without an XML declaration.

    `read` gives them back, in their order, with their namespaces and servers (which are told
    together with a namespace only). The key by which a server named an instance is no part of it:
    write the class before it, and its keys are known.

    Raises:
        InvalidParameter: a text in them cannot be written in XML, an instance holds itself, or a
            reference names no object.
        NotSupported: a method returns an array, for which CIM-XML has no form.
    """
    one_or_many = [values] if isinstance(values, (Class, Instance)) else values
    groups = groupby(one_or_many, lambda one: (one.server_name, one.namespace))
    declared = "\n".join(_group(*place, members) for place, members in groups)
    attributes = {"CIMVERSION": "2.6.0", "DTDVERSION": "2.3.1"}
    return markup("CIM", attributes, markup("DECLARATION", {}, f"\n{declared}\n"))


def _group(
    server_name: str | None, namespace: str | None, members: Iterable[Class | Instance]
) -> str:
    path = "" if namespace is None else write_namespace_path(server_name, namespace)
    objects = (
        markup(
            "VALUE.OBJECT",
            {},
            write_class(one) if isinstance(one, Class) else write_instance(one),
        )
        for one in members
    )
    return markup("DECLGROUP", {}, "\n".join([path, *objects]))
