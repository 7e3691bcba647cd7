"""A class's declaration, as rows for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mi
from mi.cli.output.values import json_form, text_form

__all__ = [
    "METHOD_COLUMNS", "PROPERTY_COLUMNS", "VALUE_COLUMNS", "declaration_form", "method_rows",
    "property_rows", "tables", "value_rows",
]  # fmt: skip

PROPERTY_COLUMNS = ("Property", "Type", "Traits", "Default")
METHOD_COLUMNS = ("Method", "Returns", "Parameters")
VALUE_COLUMNS = ("Values of", "Meanings")

_TRAITS = (
    (mi.Flags.KEY, "key"),
    (mi.Flags.READ_ONLY, "read-only"),
    (mi.Flags.REQUIRED, "required"),
    (mi.Flags.EXPENSIVE, "expensive"),
    (mi.Flags.ABSTRACT, "abstract"),
    (mi.Flags.ASSOCIATION, "association"),
    (mi.Flags.INDICATION, "indication"),
    (mi.Flags.TERMINAL, "terminal"),
    (mi.Flags.IN, "in"),
    (mi.Flags.OUT, "out"),
)


def _traits(flags: mi.Flags) -> list[str]:
    return [name for flag, name in _TRAITS if flags & flag]


def _type(cim_type: mi.CimType, class_name: str | None = None) -> str:
    """Return a type as MOF writes it: `uint32`, `string[]`, `CIM_Service ref`."""
    name = {
        mi.CimType.REFERENCE: f"{class_name or 'object'} ref",
        mi.CimType.INSTANCE: class_name or "object",
    }.get(cim_type.scalar, cim_type.cim_name)
    return f"{name}[]" if cim_type.is_array else name


def property_rows(declared: mi.Class) -> Iterator[tuple[str, ...]]:
    """Return a row of `PROPERTY_COLUMNS` for each property."""
    for prop in declared.properties.values():
        yield (
            prop.name, _type(prop.type, prop.class_name), " ".join(_traits(prop.flags)),
            text_form(prop.default, prop.type),
        )  # fmt: skip


def method_rows(declared: mi.Class) -> Iterator[tuple[str, ...]]:
    """Return a row of `METHOD_COLUMNS` for each method."""
    for method in declared.methods.values():
        parameters = ", ".join(
            f"{' '.join(_traits(parameter.flags))} "
            f"{_type(parameter.type, parameter.class_name)} {parameter.name}"
            for parameter in method.parameters.values()
        )
        returns = "" if method.return_type is None else _type(method.return_type)
        yield (method.name, f"static {returns}" if method.is_static else returns, parameters)


def value_rows(declared: mi.Class) -> Iterator[tuple[str, ...]]:
    """Return a row of `VALUE_COLUMNS` for each set of values that has meanings (ValueMap).

    Methods that return the same values, as those of Win32_Service do, share a row.
    """
    names_of: dict[str, list[str]] = {}
    for name, qualifiers in _valued(declared):
        meanings = _meanings(qualifiers)
        if meanings:
            names_of.setdefault(meanings, []).append(name)
    for meanings, names in names_of.items():
        yield ", ".join(names), meanings


def _valued(declared: mi.Class) -> Iterator[tuple[str, Any]]:
    for prop in declared.properties.values():
        yield prop.name, prop.qualifiers
    for method in declared.methods.values():
        yield method.name, method.qualifiers
        for parameter in method.parameters.values():
            yield f"{method.name}.{parameter.name}", parameter.qualifiers


def _meanings(qualifiers: Any) -> str:
    texts, codes = (
        given.value if (given := qualifiers.get(name)) is not None else None
        for name in ("Values", "ValueMap")
    )
    if not isinstance(texts, list):
        return ""
    if not isinstance(codes, list):
        codes = [str(number) for number in range(len(texts))]
    pairs = zip(codes, texts, strict=False)
    return ", ".join(code if code == text else f"{code} {text}" for code, text in pairs)


def tables(declared: mi.Class) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Return the header and the rows of each table of a class that has any."""
    for header, rows in (
        (PROPERTY_COLUMNS, property_rows(declared)),
        (METHOD_COLUMNS, method_rows(declared)),
        (VALUE_COLUMNS, value_rows(declared)),
    ):
        found = list(rows)
        if found:
            yield header, found


def declaration_form(declared: mi.Class) -> dict[str, Any]:
    """Return a class as JSON: everything that the server told of it."""
    return {
        "name": declared.name,
        "namespace": declared.namespace,
        "superclass": declared.superclass,
        "derivation": list(declared.derivation),
        "traits": _traits(declared.flags),
        "qualifiers": _qualifiers(declared.qualifiers),
        "properties": [_property_form(prop) for prop in declared.properties.values()],
        "methods": [_method_form(method) for method in declared.methods.values()],
    }


def _property_form(prop: mi.Property) -> dict[str, Any]:
    return {
        "name": prop.name,
        "type": _type(prop.type, prop.class_name),
        "traits": _traits(prop.flags),
        "default": json_form(prop.default, prop.type),
        "origin": prop.origin,
        "qualifiers": _qualifiers(prop.qualifiers),
    }


def _method_form(method: mi.Method) -> dict[str, Any]:
    return {
        "name": method.name,
        "returns": None if method.return_type is None else _type(method.return_type),
        "static": method.is_static,
        "parameters": [
            {
                "name": parameter.name,
                "type": _type(parameter.type, parameter.class_name),
                "traits": _traits(parameter.flags),
                "qualifiers": _qualifiers(parameter.qualifiers),
            }
            for parameter in method.parameters.values()
        ],
        "origin": method.origin,
        "qualifiers": _qualifiers(method.qualifiers),
    }


def _qualifiers(qualifiers: Any) -> dict[str, Any]:
    return {
        name: json_form(qualifier.value, qualifier.type) for name, qualifier in qualifiers.items()
    }
