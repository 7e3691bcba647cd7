"""The values of MOF: what a literal is, where its type is known and where it is not."""

from __future__ import annotations

from typing import Any

from mi.errors import MIError, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.serial.mof_syntax import ArraySyntax, Literal, ValueSyntax
from mi.serial.mof_tokens import Unreadable
from mi.values import INTEGER_RANGES, convert, infer_type, parse_value

__all__ = ["constant", "inferred_type", "literal"]

# What is in quotes besides strings: Windows' own MOF puts 64-bit numbers there.
_QUOTED = (CimType.DATETIME, CimType.UINT64, CimType.SINT64)


def literal(syntax: Literal, cim_type: CimType) -> Any:
    """Return one value as a value of `cim_type`, which is no array.

    Raises:
        Unreadable: it is not one.
    """
    try:
        return _converted(syntax, cim_type)
    except MIError as error:
        raise Unreadable(syntax.offset, error.message) from error


def _converted(syntax: Literal, cim_type: CimType) -> Any:
    value = syntax.value
    if syntax.kind == "string" and cim_type is CimType.REFERENCE:
        return Instance.from_path(value)
    if syntax.kind == "string" and cim_type in _QUOTED:
        return parse_value(value, cim_type)
    if syntax.kind == "char16" and cim_type is not CimType.CHAR16:
        raise TypeMismatch(f"this is a character and no {cim_type.cim_name}")
    if value is not None and cim_type in (CimType.REFERENCE, CimType.INSTANCE):
        raise TypeMismatch(f"this is no {cim_type.cim_name}")
    return convert(value, cim_type)


def inferred_type(syntax: ValueSyntax) -> CimType | None:
    """Return the type that a value tells; None for null and a list of nothing else.

    Text in quotes is a string, whatever it looks like; a whole number is a sint32, or larger.

    Raises:
        Unreadable: a number is too large for all of them.
    """
    if isinstance(syntax, ArraySyntax):
        return _array_type([item for item in syntax.items if not _is_null(item)])
    if not isinstance(syntax, Literal):
        return CimType.INSTANCE
    if syntax.kind == "char16":
        return CimType.CHAR16
    return _told(syntax, syntax.value)


def _array_type(items: list[ValueSyntax]) -> CimType | None:
    """Return the type of the first, of whole numbers the type that holds them all."""
    scalar = inferred_type(items[0]) if items else None
    if scalar not in INTEGER_RANGES:
        return None if scalar is None else scalar.array
    values = [item.value for item in items if isinstance(item, Literal) and item.kind == "integer"]
    return _told(items[0], values)


def _is_null(syntax: ValueSyntax) -> bool:
    return isinstance(syntax, Literal) and syntax.value is None


def _told(syntax: ValueSyntax, value: Any) -> CimType | None:
    told = infer_type(value)
    if told is None and value is not None:
        raise Unreadable(syntax.offset, "no type of CIM holds so large a number")
    return told


def constant(syntax: ValueSyntax, cim_type: CimType) -> Any:
    """Return a value in which there may be no instance, as a value of `cim_type`.

    Raises:
        Unreadable: it is not one.
    """
    if isinstance(syntax, ArraySyntax) and cim_type.is_array:
        return [constant(item, cim_type.scalar) for item in syntax.items]
    if not isinstance(syntax, Literal):
        raise Unreadable(syntax.offset, "this is not a single constant")
    if cim_type.is_array and syntax.kind != "null":
        raise Unreadable(syntax.offset, f"an array of {cim_type.cim_name} is expected, in braces")
    return literal(syntax, cim_type)
