"""The classes that a text leans on: those before in the same text, and those known already."""

from __future__ import annotations

from collections.abc import Callable

from mi.schema import Class
from mi.serial.inheritance import completed

__all__ = ["Find", "KnownClasses"]

Find = Callable[[str | None, str], Class | None]
"""What gives the class of a namespace and a name, if it is known; `SchemaStore.find` does."""


class KnownClasses:
    """Gives classes by name, and remembers those that it was told."""

    def __init__(self, find: Find | None) -> None:
        self._elsewhere = find
        self._told: dict[tuple[str, str], Class] = {}

    def find(self, namespace: str | None, class_name: str) -> Class | None:
        """Return a class, or None if nobody knows it."""
        told = self._told.get(_place(namespace, class_name))
        if told is not None or self._elsewhere is None:
            return told
        return self._elsewhere(namespace, class_name)

    def add(self, declared: Class) -> Class:
        """Remember a class; return it with what it inherits, if its superclass is known."""
        if declared.superclass is not None:
            superclass = self.find(declared.namespace, declared.superclass)
            declared = completed(declared, superclass) if superclass else declared
        self._told[_place(declared.namespace, declared.name)] = declared
        return declared


def _place(namespace: str | None, class_name: str) -> tuple[str, str]:
    return (namespace or "").lower(), class_name.lower()
