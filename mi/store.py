"""Class declarations at hand: what a session knows, or what several sessions share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from threading import Lock
from typing import Any

from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.schema import Class
from mi.values import shown

__all__ = ["SchemaStore"]

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SchemaStore:
    """Classes by namespace and name, without case; any thread may use it, and it pickles.

    Given as the option `schema` of one destination or of several, it is where their sessions look
    first, and where they put each class that they had to fetch.
    """

    def __init__(self, classes: Iterable[Class] = ()) -> None:
        """Hold `classes`, each of which says its namespace.

        Raises:
            InvalidParameter: one does not.
            TypeMismatch: one is no class, or they are none.
        """
        if not isinstance(classes, Iterable):
            raise TypeMismatch(f"a store is made of classes, not of {shown(classes)}")
        self._lock = Lock()
        self._classes: dict[tuple[str, str], Class] = {}
        for class_ in classes:
            self.add(class_)

    def find(self, namespace: str | None, class_name: str) -> Class | None:
        """Return a class, or None if it is not here, as none is without a namespace.

        Raises:
            InvalidParameter: the namespace is not legal.
            TypeMismatch: a name is no string.
        """
        if not isinstance(class_name, str):
            raise TypeMismatch(f"the name of a class is a string, not {shown(class_name)}")
        return None if namespace is None else self._classes.get(_key(namespace, class_name))

    def add(self, class_: Class, namespace: str | None = None) -> None:
        """Take a class in, in place of one of the same name.

        Args:
            class_: the class, with all that it inherits.
            namespace: where it belongs, if not to the namespace that it says.

        Raises:
            InvalidParameter: neither says a namespace, or it is not legal.
            TypeMismatch: it is no class.
        """
        if not isinstance(class_, Class):
            raise TypeMismatch(f"a store holds classes, not {shown(class_)}")
        if namespace is not None and namespace != class_.namespace:
            class_ = replace(class_, namespace=normalize_namespace(namespace))
        if class_.namespace is None:
            raise InvalidParameter(
                f"the class {class_.name} does not say its namespace", advice="Say namespace=."
            )
        with self._lock:
            self._classes[_key(class_.namespace, class_.name)] = class_

    def load(self, source: str | bytes | os.PathLike[str], namespace: str) -> None:
        """Take in the classes of a text in CIM-XML (DSP0201) or MOF (DSP0004 A), all or none.

        A class gets what it inherits from the superclasses that stand before it or are here.

        Args:
            source: the text, its bytes in UTF-8, or UTF-16 with a byte order mark, or the file.
            namespace: where the classes belong, unless the text says.

        Raises:
            InvalidParameter: the text cannot be read, or there is no class in it.
            TypeMismatch: the source is none of these.
            OSError: the file cannot be read.
        """
        text = _text(source)
        objects = _reader(text)(text, namespace=namespace, find=self.find)
        declared = [one for one in objects if isinstance(one, Class)]
        if not declared:
            raise InvalidParameter("the text declares no class")
        for class_ in declared:
            self.add(class_)

    def __len__(self) -> int:
        return len(self._classes)

    def __bool__(self) -> bool:
        return True  # an empty store is one to fill, not the lack of one

    def __iter__(self) -> Iterator[Class]:
        with self._lock:
            return iter(list(self._classes.values()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} classes>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self),)


def _key(namespace: str, class_name: str) -> tuple[str, str]:
    return normalize_namespace(namespace).lower(), class_name.lower()


def _text(source: str | bytes | os.PathLike[str]) -> str:
    if isinstance(source, os.PathLike):
        with open(source, "rb") as file:  # noqa: PTH123 - pathlib would double the import time
            source = file.read()
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    if not isinstance(source, (bytes, bytearray)):
        raise TypeMismatch(f"a store reads a text, bytes or a file, not {shown(source)}")
    try:
        return source.decode("utf-16" if source.startswith(_UTF16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidParameter(f"the text is neither UTF-8 nor UTF-16: {error}") from error


def _reader(text: str) -> Callable[..., list[Class | Instance]]:
    if text.lstrip().startswith("<"):
        from mi.serial.cimxml import read as read_xml  # noqa: PLC0415 - loads lxml

        return read_xml
    from mi.serial.mof import read as read_mof  # noqa: PLC0415 - seldom needed

    return read_mof
