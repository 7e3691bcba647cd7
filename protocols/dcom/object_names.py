r"""References: paths of objects in text, and the instances of nothing but keys that they become.

They are what WINRM makes of an EPR: the keys are text until the class is known, and typed by it
then; nothing is asked for. Server names differ by who says them, so a path is written with `.`,
this machine: it goes to the server that it is a path of.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from mi import object_path
from mi.errors import InvalidParameter, MIError, ProtocolError
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.object_path import Reference
from mi.results import CimType
from mi.schema import Class, Property
from mi.values import format_value, parse_value, shown

__all__ = ["Find", "read", "spelled", "write"]

Find = Callable[[str | None, str], Class | None]
"""Gives a known class by namespace and name, as `SchemaStore.find` does."""

_DEEPEST: Final = 8  # a key that is a path, whose key is a path …: each doubles the escapes
_PREFIX: Final = re.compile(
    r"(?:(?:[\\/]{2}[^\\/]+[\\/])?(?P<namespace>[^:\"']+):)?"
    r"(?P<class_name>[A-Za-z_][A-Za-z0-9_]*)(?:=\"(?P<lone>(?:\\.|[^\"\\])*)\"\Z)?",
    re.DOTALL,
)
_UNNAMED: Final = "__RELPATH"  # WMI's own name for what it is


def read(path: str, namespace: str | None, server_name: str | None, find: Find) -> Instance:
    """Return the object that a path names.

    A path that does not say its key, since it is a class' or leaves the name of a lone key out,
    gives an instance that names no object, with what the path says of it as `__RELPATH`.

    Args:
        path: absolute or relative.
        namespace: where a relative path begins.
        server_name: the server of all that is read.
        find: gives the classes that are known.

    Raises:
        ProtocolError: it is no path, or a key does not fit its class.
    """
    return _read(path, namespace, server_name, find, 0)


def _read(
    path: str, namespace: str | None, server_name: str | None, find: Find, depth: int
) -> Instance:
    try:
        parsed = object_path.read(path)
    except InvalidParameter:
        return _unnamed(path, namespace, server_name, find)
    where = spelled(parsed.namespace, namespace)
    declared = find(where, parsed.class_name)
    values: dict[str, Any] = {}
    for name, key in parsed.keys:
        known = None if declared is None else declared.properties.get(name)
        if isinstance(key, Reference) and depth < _DEEPEST and _is_reference(known):
            value: Any = _read(key.text, where, server_name, find, depth + 1)
        else:
            text = key.text if isinstance(key, Reference) else format_value(key)
            value = _typed(text, parsed.class_name, known)
        values[name if known is None else known.name] = value
    return _named(parsed.class_name, values, declared, where, server_name)


def spelled(namespace: str | None, asked: str | None) -> str | None:
    r"""Return a namespace as it was asked for, if it is that one: Windows writes ROOT\CIMV2."""
    if namespace is None or (asked is not None and namespace.lower() == asked.lower()):
        return asked
    return namespace


def _is_reference(known: Property | None) -> bool:
    return known is None or known.type is CimType.REFERENCE


def _typed(text: str, class_name: str, known: Property | None) -> Any:
    if known is None or known.type is CimType.REFERENCE:
        return text
    try:
        return parse_value(text, known.type)
    except MIError as error:
        raise ProtocolError(f"{class_name}.{known.name}: {error.message}") from error


def _named(
    class_name: str,
    values: dict[str, Any],
    declared: Class | None,
    namespace: str | None,
    server_name: str | None,
) -> Instance:
    return Instance.received(
        class_name if declared is None else declared.name,
        values,
        None if declared is None else declared.layout,
        namespace,
        server_name,
        identity=values.items(),
        is_typed=declared is not None,
    )


def _unnamed(path: str, namespace: str | None, server_name: str | None, find: Find) -> Instance:
    match = _PREFIX.match(path)
    if match is None:
        raise ProtocolError(f"{shown(path)} is not the path of an object")
    class_name, lone = match["class_name"], match["lone"]
    where = spelled(_namespace(match["namespace"]), namespace)
    declared = find(where, class_name)
    if lone is not None and declared is not None and len(declared.keys) == 1:
        known = declared.properties[declared.keys[0]]
        text = re.sub(r"\\([\\\"'])", r"\1", lone)
        values = {known.name: _typed(text, class_name, known)}
        return _named(class_name, values, declared, where, server_name)
    relative = path[match.start("class_name") :]
    return Instance.received(
        class_name, {_UNNAMED: relative}, None, where, server_name, is_typed=False
    )


def _namespace(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return normalize_namespace(text)
    except InvalidParameter as error:
        raise ProtocolError(error.message) from error


def write(instance: Instance, _depth: int = 0) -> str:
    """Return the path of an object, on the server that it is sent to.

    Raises:
        InvalidParameter: it lacks a key, or a key is the path of an object whose key is ….
    """
    if _UNNAMED in instance and not instance.is_typed:
        return _absolute(instance.namespace, instance[_UNNAMED])
    if _depth > _DEEPEST:
        raise InvalidParameter(f"more than {_DEEPEST} paths are in one another")
    keys = dict(_keys(instance.key.items(), _depth))
    return object_path.write(None, instance.namespace, instance.class_name, keys)


def _keys(keys: Iterable[tuple[str, Any]], depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in keys:
        is_object = isinstance(value, Instance)
        yield name, Reference(write(value, depth + 1)) if is_object else value


def _absolute(namespace: str | None, relative: str) -> str:
    return relative if namespace is None else f"\\\\.\\{namespace.replace('/', chr(92))}:{relative}"
