"""Queries of WMI: data, schema and associations (MS-WMI 2.2.1, 3.1.4.3.18)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from mi.errors import InvalidQuery, MIError
from mi.instance import Instance
from mi.schema import Class
from protocols.loopback import wql
from protocols.loopback.associating import around
from protocols.loopback.meta_classes import META_CLASS, find_classes
from protocols.loopback.wmi.failures import failure_of
from protocols.loopback.wmi.objects import Objects
from protocols.wsman.associations import Association

__all__ = ["EXEC_QUERY", "found_by"]

EXEC_QUERY: Final = "ExecQuery"
"""WMI's name of the call."""

_PROTOTYPE: Final = 0x2
_ENSURE_LOCATABLE: Final = 0x100
_IS_PROTOTYPE: Final = 0x10  # ObjectFlags, MS-WMIO 2.2.6
_LACKS_KEYS: Final = 0x40
_FLAGS_PLACE: Final = 8  # after signature and length

# What names an object needs its keys; the others cost nothing (WMI System Properties).
_NAMING: Final = frozenset(("__PATH", "__RELPATH"))
_SYSTEM: Final = frozenset((
    *_NAMING, "__CLASS", "__DERIVATION", "__DYNASTY", "__GENUS", "__NAMESPACE", "__PROPERTY_COUNT",
    "__SERVER", "__SUPERCLASS",
))  # fmt: skip

_AROUND: Final = re.compile(
    r"\s*(?P<kind>ASSOCIATORS|REFERENCES)\s+OF\s*\{(?P<path>.*)\}\s*(?:WHERE\s+(?P<where>.*?)\s*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION: Final = re.compile(
    r"(?P<name>[A-Za-z]+)(?:\s*=\s*(?P<value>[A-Za-z_][A-Za-z0-9_]*))?(?:\s+|\Z)", re.DOTALL
)
_NARROWING: Final = {
    "assocclass": "association_class",
    "resultclass": "result_class",
    "role": "role",
    "resultrole": "result_role",
}
_CLASSES_ONLY: Final = "classdefsonly"


def found_by(objects: Objects, text: str, flags: int) -> Iterable[bytes]:
    """Return what a WQL query finds, as it is sent.

    Args:
        objects: of the namespace.
        text: the query.
        flags: of the call; with the one for a prototype, the class that the objects would have.

    Raises:
        Failure: it is no query, or one of what is not there.
    """
    asked = _AROUND.match(text)
    try:
        if asked is not None:
            return _around(objects, asked)
        return _selected(objects, _without_system(wql.parse(text)), flags)
    except MIError as error:
        raise failure_of(error, EXEC_QUERY, text) from error


def _without_system(query: wql.Select) -> tuple[wql.Select, frozenset[str]]:
    """Return a query without the system properties that it selects, and those."""
    if query.properties is None:
        return query, frozenset()
    system = frozenset(name.upper() for name in query.properties) & _SYSTEM
    plain = tuple(name for name in query.properties if name.upper() not in _SYSTEM)
    return replace(query, properties=plain), system


def _selected(
    objects: Objects, asked: tuple[wql.Select, frozenset[str]], flags: int
) -> Iterable[bytes]:
    query, system = asked
    repository, namespace = objects.repository, objects.namespace
    if query.class_name.lower() == META_CLASS:
        found = find_classes(repository, namespace, query)
        return (objects.written(repository.find_class(namespace, one.class_name)) for one in found)
    class_ = repository.find_class(namespace, query.class_name)
    names = query.selected(class_)
    if names is not None and (flags & _ENSURE_LOCATABLE or system & _NAMING):
        names = tuple(dict.fromkeys((*names, *class_.keys)))
    instances = repository.query(namespace, query)
    if flags & _PROTOTYPE:
        return [_prototype(objects, class_, names)]
    if names is None:
        return map(objects.written, instances)
    return objects.projected(instances, names)


def _prototype(objects: Objects, class_: Class, names: tuple[str, ...] | None) -> bytes:
    limited = class_ if names is None else objects.limited(class_.name, names)
    data = bytearray(objects.written(limited))
    data[_FLAGS_PLACE] |= _IS_PROTOTYPE
    if not set(class_.keys) <= set(limited.properties):
        data[_FLAGS_PLACE] |= _LACKS_KEYS
    return bytes(data)


# Associations


def _around(objects: Objects, asked: re.Match[str]) -> Iterable[bytes]:
    is_reference = asked["kind"].upper() == "REFERENCES"
    narrowing, classes_only = _narrowing(asked["where"] or "")
    source = objects.named(asked["path"].strip(), EXEC_QUERY)
    if isinstance(source, Class):
        raise InvalidQuery("the associations of classes are not known here")
    wanted = Association(**narrowing, is_reference=is_reference)
    found = around(objects.repository, objects.namespace, wanted, source)
    guarded = _guarded(found, asked.string)
    return _classes(objects, guarded) if classes_only else map(objects.written, guarded)


def _narrowing(where: str) -> tuple[dict[str, str], bool]:
    narrowing: dict[str, str] = {}
    classes_only, position = False, 0
    while position < len(where):
        match = _CONDITION.match(where, position)
        name = match["name"].lower() if match else ""
        if match is not None and name == _CLASSES_ONLY and match["value"] is None:
            classes_only = True
        elif match is None or name not in _NARROWING or match["value"] is None:
            raise InvalidQuery(f"{where[position:]!r} narrows no associations")
        else:
            narrowing[_NARROWING[name]] = match["value"]
        position = match.end()
    return narrowing, classes_only


def _guarded(found: Iterable[Instance], text: str) -> Iterator[Instance]:
    """Return what is found; an association may lead to what is not there."""
    try:
        yield from found
    except MIError as error:
        raise failure_of(error, EXEC_QUERY, text) from error


def _classes(objects: Objects, found: Iterable[Instance]) -> Iterator[bytes]:
    seen: set[str] = set()
    for one in found:
        if one.class_name not in seen:
            seen.add(one.class_name)
            where = one.namespace or objects.namespace
            yield objects.written(objects.repository.find_class(where, one.class_name))
