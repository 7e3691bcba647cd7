"""What becomes of the objects that come: instances as a WINRM session gives them.

An object brings its class along, so whole ones are results as they are. Those that a query cut are
not: the class in them is cut, too, and without the declared one nobody could tell whether what is
left names an object. So they take the layout of the class behind FROM, which is fetched once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from mi.instance import Instance
from mi.schema import Class
from mi.wql import Projection
from protocols.wmidcom.access import Access
from protocols.wmidcom.hresults import is_number
from protocols.wmidcom.services import Bounds, WbemError

__all__ = ["Shape", "base_properties", "keys_alone", "selected", "whole"]

Shape = Callable[[Access, list[Any], Bounds], list[Any]]
"""Makes results of the objects of one batch."""


def whole(access: Access, objects: list[Any], bounds: Bounds) -> list[Instance]:
    """Return objects as they came; a class, which a schema query gives, as an instance of it."""
    del bounds
    settle = access.references.settle
    return [_template(one) if isinstance(one, Class) else settle(one) for one in objects]


def _template(declaration: Class) -> Instance:
    values = {name: declared.default for name, declared in declaration.properties.items()}
    return Instance.received(
        declaration.name, values, declaration.layout, declaration.namespace, declaration.server_name
    )


def base_properties(class_name: str) -> Shape:
    """Return what leaves of objects the properties of their common base class alone."""

    def shape(access: Access, objects: list[Any], bounds: Bounds) -> list[Instance]:
        names = access.declaration(class_name, bounds).properties
        return [
            _part(one, names, _declaration(access, one.class_name, bounds), access)
            for one in objects
        ]

    return shape


def selected(projection: Projection) -> Shape:
    """Return what makes instances of the class behind FROM of what a query selects."""
    names = {name.lower() for name in projection.properties or ()}

    def shape(access: Access, objects: list[Any], bounds: Bounds) -> list[Instance]:
        declaration = _declaration(access, projection.class_name, bounds)
        if declaration is not None:
            names_there = [name for name in declaration.properties if name.lower() in names]
            return [_part(one, names_there, declaration, access) for one in objects]
        return [_part(one, [name for name in one if name.lower() in names], None, access)
                for one in objects]  # fmt: skip

    return shape


def _declaration(access: Access, class_name: str, bounds: Bounds) -> Class | None:
    """Return a class, or None where none may be fetched or there is none of that name."""
    if not access.fetches:
        return access.known(class_name)
    try:
        return access.declaration(class_name, bounds)
    except WbemError as failure:
        if is_number(failure, "WBEM_E_NOT_FOUND", "WBEM_E_INVALID_CLASS"):
            return None
        raise


def keys_alone(class_name: str | None = None) -> Shape:
    """Return what leaves of objects what names them.

    Args:
        class_name: the class whose keys were asked for, so that they are those of its subclasses,
            too; else each object's own class says what its keys are.
    """

    def shape(access: Access, objects: list[Any], bounds: Bounds) -> list[Instance]:
        del bounds
        asked = None if class_name is None else access.known(class_name)
        keys = () if asked is None else asked.keys
        return [_named(one, keys or one.key, access) for one in objects]

    return shape


def _named(instance: Instance, keys: Collection[str], access: Access) -> Instance:
    """Return an instance of nothing but its key, which it keeps where its class is not known."""
    declaration = access.known(instance.class_name)
    named = _part(instance, keys, declaration, access)
    if declaration is not None:
        return named
    values = dict(named)
    types = {one.name: one.type for one in named.elements() if one.type is not None}
    return Instance.received(
        named.class_name, values, None, named.namespace, named.server_name,
        identity=tuple(values.items()), types=types, is_typed=False,
    )  # fmt: skip


def _part(
    instance: Instance, names: Collection[str], declaration: Class | None, access: Access
) -> Instance:
    """Return the named elements of an instance, with the layout of its class where it is known."""
    access.references.settle(instance)
    elements = [instance.element(name) for name in names if name in instance]
    return Instance.received(
        instance.class_name if declaration is None else declaration.name,
        {one.name: one.value for one in elements},
        None if declaration is None else declaration.layout,
        instance.namespace or access.namespace,
        access.server_name,
        types=None
        if declaration is not None
        else {one.name: one.type for one in elements if one.type is not None},
        is_typed=declaration is not None,
    )
