"""New instances of a class, with every property that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi.instance import Instance
from mi.schema import Class
from mi.values import convert

__all__ = ["new_instance"]


def new_instance(class_: Class, values: Mapping[str, Any]) -> Instance:
    """Return an unmodified instance of `class_` that has every property, most of them null.

    Args:
        class_: its class.
        values: the properties that are not null, as the class spells them.

    Raises:
        TypeMismatch: a value does not fit its property.
    """
    converted = {
        name: convert(values.get(name), declared.type)
        for name, declared in class_.properties.items()
    }
    return Instance.received(class_.name, converted, class_.layout, class_.namespace)
