"""Class declarations, written as MOF: their constants, their qualifiers, their lines.

Of a class there is what it declares itself; what it inherits is its superclass' to say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from mi.errors import InvalidParameter, NotSupported
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial import embedding
from mi.values import format_value, infer_type

__all__ = [
    "INDENT",
    "all_qualifiers",
    "array",
    "class_lines",
    "constant",
    "local",
    "quoted",
    "told_type",
]

INDENT = " " * 4

# Constants

_SPECIAL = re.compile("[\"'\\\\\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LETTERS = {
    "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "'": "\\'",
    "\\": "\\\\",
}  # fmt: skip
_REALS = {CimType.REAL32: ".8E", CimType.REAL64: ".16E"}


def quoted(text: str, mark: str = '"') -> str:
    """Return a text in quotes, with what may not stand there escaped."""
    return mark + _SPECIAL.sub(_escape, text) + mark


def _escape(match: re.Match[str]) -> str:
    return _LETTERS.get(match[0], f"\\x{ord(match[0]):04X}")


def constant(value: Any, cim_type: CimType) -> str:
    """Return a value; a reference is a path.

    Raises:
        InvalidParameter: a number is infinite or NaN, or a reference names no object.
        NotSupported: it is an embedded instance.
    """
    if value is None:
        return "NULL"
    if cim_type.is_array:
        return array(constant(item, cim_type.scalar) for item in value)
    if cim_type in _REALS:
        return _real(value, _REALS[cim_type])
    if cim_type in _TEXTS:
        return quoted(_TEXTS[cim_type](value), "'" if cim_type is CimType.CHAR16 else '"')
    if cim_type is CimType.INSTANCE:
        raise NotSupported("MOF cannot say that an embedded instance is a default")
    return str(value)  # True, False and whole numbers are in MOF as in Python


def _path(value: Instance) -> str:
    return value.path


_TEXTS: dict[CimType, Callable[[Any], str]] = {
    CimType.CHAR16: str,
    CimType.STRING: str,
    CimType.DATETIME: format_value,
    CimType.REFERENCE: _path,
}


def array(items: Iterable[str]) -> str:
    """Return values in braces."""
    return f"{{{', '.join(items)}}}"


def _real(value: float, form: str) -> str:
    if not math.isfinite(value):
        raise InvalidParameter(f"{value} cannot be written: MOF has no word for it")
    return format(value, form)


# Qualifiers


def _qualifier(qualifier: Qualifier) -> str:
    if qualifier.value is True:
        value = ""
    elif isinstance(qualifier.value, list):
        value = constant(qualifier.value, qualifier.type)
    else:
        value = f"({constant(qualifier.value, qualifier.type)})"
    words = " ".join(word for flag, word in _FLAVORS.items() if qualifier.flags & flag)
    return f"{qualifier.name}{value}{' : ' if words else ''}{words}"


# What differs from the defaults (DSP0004 5.6.1.2).
_FLAVORS = {
    Flags.DISABLE_OVERRIDE: "DisableOverride",
    Flags.RESTRICTED: "Restricted",
    Flags.TRANSLATABLE: "Translatable",
}


def told_type(qualifier: Qualifier) -> CimType:
    """Return the type that a qualifier is read with if nothing declares it."""
    values = qualifier.value if isinstance(qualifier.value, list) else [qualifier.value]
    value = next((one for one in values if one is not None), None)
    if value is None or qualifier.type.scalar is CimType.DATETIME:
        told = CimType.STRING
    elif qualifier.type.scalar is CimType.CHAR16:
        told = CimType.CHAR16
    else:
        told = _type(value)
    return told.array if isinstance(qualifier.value, list) else told


def _type(value: Any) -> CimType:
    told = infer_type(value)
    return CimType.STRING if told is None else told


# Classes

_Feature = TypeVar("_Feature", Property, Method)


def local(declared: Class) -> Class:
    """Return what a class declares itself, without what its superclass passes on to it.

    An overridden feature counts as propagated too, but has qualifiers of its own (recorded:
    Win32_OperatingSystem.Description).
    """
    if declared.superclass is None:
        return declared
    return replace(
        declared,
        properties=_own_features(declared.properties),
        methods=_own_features(declared.methods),
        qualifiers=_own_qualifiers(declared.qualifiers),
    )


def _own_features(features: NameMap[_Feature]) -> NameMap[_Feature]:
    own = (
        replace(feature, qualifiers=_own_qualifiers(feature.qualifiers))
        for feature in features.values()
        if not feature.propagated or _own_qualifiers(feature.qualifiers)
    )
    return NameMap((feature.name, feature) for feature in own)


def _own_qualifiers(qualifiers: NameMap[Qualifier]) -> NameMap[Qualifier]:
    return NameMap((name, one) for name, one in qualifiers.items() if not one.propagated)


def class_lines(declared: Class) -> Iterator[str]:
    """Return the lines that declare a class.

    Raises:
        InvalidParameter: as for `constant`.
        NotSupported: a method returns an array, or an embedded instance is a default.
    """
    yield from _qualifier_line(declared.qualifiers, "")
    yield f"class {declared.name}{f' : {declared.superclass}' if declared.superclass else ''}"
    yield "{"
    for prop in declared.properties.values():
        yield from _qualifier_line(_marked(prop), INDENT)
        default = "" if prop.default is None else f" = {constant(prop.default, prop.type)}"
        yield f"{INDENT}{_typed_name(prop)}{default};"
    for method in declared.methods.values():
        yield from _method_lines(method)
    yield "};"
    yield ""


def _qualifier_line(qualifiers: NameMap[Qualifier], indent: str) -> Iterator[str]:
    if qualifiers:
        yield f"{indent}[{', '.join(map(_qualifier, qualifiers.values()))}]"


def _marked(declared: Property | Parameter) -> NameMap[Qualifier]:
    return embedding.marked(declared.type, declared.class_name, declared.qualifiers)


def _typed_name(declared: Property | Parameter) -> str:
    brackets = f"[{declared.array_size or ''}]" if declared.type.is_array else ""
    return f"{_type_name(declared.type, declared.class_name)} {declared.name}{brackets}"


def _type_name(cim_type: CimType, class_name: str | None) -> str:
    if cim_type.scalar is CimType.REFERENCE:
        return f"{class_name or 'object'} ref"
    return "string" if cim_type.scalar is CimType.INSTANCE else cim_type.cim_name


def _method_lines(declared: Method) -> Iterator[str]:
    returned, qualifiers = declared.return_type, declared.qualifiers
    if returned is not None:
        if returned.is_array:
            raise NotSupported(f"MOF cannot say that {declared.name} returns an array")
        qualifiers = embedding.marked(returned, None, qualifiers)
    yield from _qualifier_line(qualifiers, INDENT)
    type_name = "void" if returned is None else _type_name(returned, None)
    parameters = ",".join(map(_parameter, declared.parameters.values()))
    yield f"{INDENT}{type_name} {declared.name}({parameters});"


def _parameter(declared: Parameter) -> str:
    qualifiers = _marked(declared)
    if "in" not in qualifiers and not declared.flags & Flags.IN:
        # DSP0004 5.6.3.21: without it, what goes out goes in as well.
        qualifiers = NameMap([("IN", _NOT_IN), *qualifiers.items()])
    written = "".join(f"{line} " for line in _qualifier_line(qualifiers, ""))
    return f"\n{INDENT * 2}{written}{_typed_name(declared)}"


_NOT_IN = Qualifier("IN", CimType.BOOLEAN, value=False)


def all_qualifiers(declared: Class) -> Iterator[Qualifier]:
    """Return the qualifiers of a class and of all that is in it."""
    yield from declared.qualifiers.values()
    for prop in declared.properties.values():
        yield from prop.qualifiers.values()
    for method in declared.methods.values():
        yield from method.qualifiers.values()
        for parameter in method.parameters.values():
            yield from parameter.qualifiers.values()
