r"""Instances and classes as MOF, the Managed Object Format (DSP0004 annex A).

What MI reads and writes as `MI_MOF_CIMV2_EXTV1`, with the comforts of Windows' own MOF.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

from mi.errors import InvalidParameter, MIError
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.schema import Class
from mi.serial.known_classes import Find, KnownClasses
from mi.serial.mof_classes import read_class
from mi.serial.mof_instances import Declared, InstanceReader
from mi.serial.mof_parser import productions
from mi.serial.mof_qualifiers import Qualifiers
from mi.serial.mof_syntax import (
    ClassSyntax,
    InstanceSyntax,
    Pragma,
    Production,
    QualifierDeclaration,
)
from mi.serial.mof_tokens import Source, Unreadable, position, reading
from mi.serial.mof_writer import write

__all__ = ["LARGEST", "Include", "read", "write"]

LARGEST = 50 * 1024 * 1024
"""The largest text that is read, in bytes: MI's own limit."""

Include = Callable[[str], str | bytes]
"""What gives the text that `#pragma include` names."""

_DEEPEST_INCLUSION = 16
# The instances that exist only to be a value of another; MI names them so (its serializer).
_VALUE_ALIAS = re.compile(r"\$Alias[0-9A-F]{8}\Z")


def read(
    text: str | bytes,
    *,
    namespace: str | None = None,
    server_name: str | None = None,
    find: Find | None = None,
    include: Include | None = None,
) -> list[Class | Instance]:
    """Return the classes and instances of a MOF text, in its order.

    A class gets what it inherits, for which its superclass must stand before it or be known to
    `find`. An instance gets the types, the keys and the defaults of its class; where nobody knows
    that, what is in quotes is text and the type of a whole number is provisional. An instance that
    has an alias as MI's serializer gives them, and that another holds, is part of that one only.

    Args:
        text: the text; `bytes` are UTF-8, or UTF-16 with a byte order mark.
        namespace: where they are, until a `#pragma namespace` says.
        server_name: the server they are from, until a `#pragma namespace` says.
        find: gives a class by namespace and name, as `SchemaStore.find` does.
        include: gives the text that a `#pragma include` names.

    Raises:
        InvalidParameter: the text is not MOF, or says what cannot be. The message says where, and
            why.
    """
    place = _Place(None if namespace is None else normalize_namespace(namespace), server_name)
    reader = _Reader(find, include, place)
    source = Source("")
    try:
        source = Source(_decoded(text))
        reader.read(source)
        return reader.objects()
    except Unreadable as error:
        source = error.source or source
        line, column = position(source.text, error.offset)
        where = f"{source.name}, line" if source.name else "line"
        raise InvalidParameter(f"{where} {line}, column {column}: {error.reason}") from error


def _decoded(text: str | bytes) -> str:
    if len(text) > LARGEST:
        raise InvalidParameter(f"the text has {len(text)} bytes, and {LARGEST} are allowed")
    if isinstance(text, str):
        return text
    codec = "utf-16" if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        return text.decode(codec)
    except UnicodeDecodeError as error:
        raise InvalidParameter(
            f"the text is not {codec.upper()}: {error.reason} at byte {error.start}",
            advice="Save it as UTF-8, or as UTF-16 with a byte order mark.",
        ) from error


class _Place(NamedTuple):
    namespace: str | None
    server_name: str | None


class _Reader:
    """Goes through the productions of a text, and of those that it includes."""

    def __init__(self, find: Find | None, include: Include | None, place: _Place) -> None:
        self._known = KnownClasses(find)
        self._qualifiers = Qualifiers()
        self._instances = InstanceReader(self._known)
        self._include = include
        self._place = place
        self._found: list[Class | Declared] = []
        self._depth = 0

    def read(self, source: Source) -> None:
        with reading(source):
            for production in productions(source.text):
                self._take(production, source)

    def _take(self, production: Production, source: Source) -> None:
        if isinstance(production, ClassSyntax):
            declared = read_class(production, *self._place, self._qualifiers, self._known)
            self._found.append(self._known.add(declared))
        elif isinstance(production, InstanceSyntax):
            found = Declared(production, *self._place, source)
            self._instances.declare(found)
            self._found.append(found)
        elif isinstance(production, QualifierDeclaration):
            self._qualifiers.declare(production)
        else:
            self._obey(production)

    def _obey(self, pragma: Pragma) -> None:
        """Do what a pragma says; DSP0004 7.11 passes over those that are not known."""
        if pragma.name.lower() == "namespace":
            self._place = _place(pragma)
        elif pragma.name.lower() == "include":
            self._read_included(pragma)

    def _read_included(self, pragma: Pragma) -> None:
        if self._include is None:
            raise Unreadable(pragma.offset, f"it includes {pragma.argument}, which nobody gives")
        if self._depth == _DEEPEST_INCLUSION:
            raise Unreadable(pragma.offset, "texts include one another too deep, or without end")
        self._depth += 1
        self.read(Source(_decoded(self._include(pragma.argument)), pragma.argument))
        self._depth -= 1

    def objects(self) -> list[Class | Instance]:
        made = [
            (one, one if isinstance(one, Class) else self._instances.read(one))
            for one in self._found
        ]
        return [result for one, result in made if not self._is_value(one)]

    def _is_value(self, one: Class | Declared) -> bool:
        alias = one.syntax.alias if isinstance(one, Declared) else None
        return (
            alias is not None
            and _VALUE_ALIAS.match(alias) is not None
            and alias.lower() in self._instances.used
        )


def _place(pragma: Pragma) -> _Place:
    r"""Return where `\\server\root\cimv2` or `root\cimv2` is; the server `.` is this machine."""
    path, server_name = pragma.argument.replace("\\", "/"), None
    if path.startswith("//"):
        server_name, _, path = path[2:].partition("/")
    try:
        return _Place(normalize_namespace(path), None if server_name == "." else server_name)
    except MIError as error:
        raise Unreadable(pragma.offset, error.message) from error
