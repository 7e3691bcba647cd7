"""CIM values as Python values: conversion, ranges, and CIM's own text for each type.

Integers are `int`, reals `float`, boolean `bool`, string and char16 `str`; a timestamp is an aware
`datetime`, an interval a `timedelta`, and what those two cannot hold exactly a `CimDateTime`.
Arrays are lists. Reference and embedded instance are `mi.Instance`, unknown to this module.
"""

from __future__ import annotations

import math
import re
import reprlib
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mi.cim_datetime import CimDateTime, parse_datetime
from mi.errors import InvalidParameter, TypeMismatch
from mi.results import CimType

__all__ = [
    "INTEGER_RANGES",
    "cim_type_of",
    "convert",
    "format_value",
    "infer_type",
    "parse_value",
    "shown",
]

INTEGER_RANGES = {
    CimType.UINT8: (0, 0xFF),
    CimType.SINT8: (-0x80, 0x7F),
    CimType.UINT16: (0, 0xFFFF),
    CimType.SINT16: (-0x8000, 0x7FFF),
    CimType.UINT32: (0, 0xFFFFFFFF),
    CimType.SINT32: (-0x80000000, 0x7FFFFFFF),
    CimType.UINT64: (0, 0xFFFFFFFFFFFFFFFF),
    CimType.SINT64: (-0x8000000000000000, 0x7FFFFFFFFFFFFFFF),
}
"""The smallest and the largest value of each integer type (DSP0004 5.2.2)."""

_LONGEST_CODE_UNIT = 0xFFFF  # char16 is one UTF-16 code unit (DSP0004 5.2.3)

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 80


def shown(value: Any) -> str:
    """Return the repr of `value` for a message, cut short where it is long."""
    return _REPR.repr(value)


# Python value to CIM value


def convert(value: Any, cim_type: CimType) -> Any:
    """Return `value` as the library holds a value of `cim_type`; None stays None.

    An array is any iterable but a string or a mapping, and `bytes` for uint8; a null among its
    elements is kept, since CIM has those. References and embedded instances are passed through:
    `mi.Instance` checks those.

    Raises:
        TypeMismatch: it has another type, or is outside the type's range.
    """
    if value is None:
        return None
    if cim_type.is_array:
        return _to_array(value, cim_type.scalar)
    return _convert_scalar(value, cim_type)


def _convert_scalar(value: Any, cim_type: CimType) -> Any:
    converter = _CONVERTERS.get(cim_type)
    return value if converter is None else converter(value, cim_type)


def _to_array(value: Any, element_type: CimType) -> list[Any]:
    is_octets = isinstance(value, (bytes, bytearray))
    if is_octets and element_type is CimType.UINT8:
        return list(value)
    if is_octets or isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise TypeMismatch(f"{shown(value)} is not a list, which {element_type.cim_name}[] needs")
    return [None if item is None else _convert_scalar(item, element_type) for item in value]


def _to_boolean(value: Any, _: CimType) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeMismatch(f"{shown(value)} is not a boolean")


def _to_integer(value: Any, cim_type: CimType) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeMismatch(f"{shown(value)} is not an integer, which {cim_type.cim_name} needs")
    low, high = INTEGER_RANGES[cim_type]
    if not low <= value <= high:
        raise TypeMismatch(
            f"{shown(value)} is outside {cim_type.cim_name}, which is {low} to {high}"
        )
    return int(value)


def _to_real(value: Any, cim_type: CimType) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeMismatch(f"{shown(value)} is not a number, which {cim_type.cim_name} needs")
    try:
        return _in_precision(float(value), cim_type)
    except OverflowError as error:
        raise TypeMismatch(f"{shown(value)} is outside {cim_type.cim_name}") from error


def _in_precision(number: float, cim_type: CimType) -> float:
    """Return the number that an IEEE single or double holds."""
    if cim_type is CimType.REAL64:
        return number
    (single,) = struct.unpack("<f", struct.pack("<f", number))  # "f" would make it infinite
    return float(single)


def _to_char16(value: Any, _: CimType) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LONGEST_CODE_UNIT:
        return chr(value)
    if isinstance(value, str) and len(value) == 1 and ord(value) <= _LONGEST_CODE_UNIT:
        return str.__str__(value)
    raise TypeMismatch(f"{shown(value)} is not one UTF-16 code unit, which char16 needs")


def _to_string(value: Any, _: CimType) -> str:
    if isinstance(value, str):
        return str.__str__(value)  # of a member of an Enum too, whose own str() is its name
    raise TypeMismatch(f"{shown(value)} is not a string")


def _to_datetime(value: Any, _: CimType) -> datetime | timedelta | CimDateTime:
    if isinstance(value, (datetime, timedelta)):
        CimDateTime.of(value)
        return value
    if isinstance(value, (CimDateTime, str)):
        return _parse_datetime(str(value), CimType.DATETIME)
    raise TypeMismatch(f"{shown(value)} is not a datetime, a timedelta or a CimDateTime")


_CONVERTERS: dict[CimType, Callable[[Any, CimType], Any]] = {
    CimType.BOOLEAN: _to_boolean,
    **dict.fromkeys(INTEGER_RANGES, _to_integer),
    CimType.REAL32: _to_real,
    CimType.REAL64: _to_real,
    CimType.CHAR16: _to_char16,
    CimType.DATETIME: _to_datetime,
    CimType.STRING: _to_string,
}

# CIM text to CIM value

# No integer needs more digits than these; Python refuses to read thousands of them.
_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,40}|[0-9]{1,40})\Z")
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_SPECIAL_REALS = {"INF": math.inf, "+INF": math.inf, "-INF": -math.inf, "NAN": math.nan}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def parse_value(text: str, cim_type: CimType) -> Any:
    """Return the value of one element whose CIM text is `text`, read leniently.

    Accepted beyond the canonical forms: space around numbers and booleans, a leading plus, `0x`
    numbers, booleans in any case or as 1 and 0, a char16 as its number, INF and NaN.

    Raises:
        TypeMismatch: the text does not fit the type. References and instances have no text.
    """
    scalar = cim_type.scalar
    parse = _PARSERS.get(scalar)
    if parse is None:
        raise TypeMismatch(f"a {scalar.cim_name} has no text form")
    return parse(text, scalar)


def _parse_boolean(text: str, _: CimType) -> bool:
    value = _BOOLEANS.get(text.strip().lower())
    if value is None:
        raise TypeMismatch(f"{shown(text)} is not the text of a boolean")
    return value


def _parse_integer(text: str, cim_type: CimType) -> int:
    stripped = text.strip()
    if not _INTEGER.match(stripped):
        raise TypeMismatch(f"{shown(text)} is not the text of a {cim_type.cim_name}")
    return _to_integer(int(stripped, 16 if "x" in stripped.lower() else 10), cim_type)


def _parse_real(text: str, cim_type: CimType) -> float:
    stripped = text.strip()
    special = _SPECIAL_REALS.get(stripped.upper())
    if special is not None:
        return special
    if not _REAL.match(stripped):
        raise TypeMismatch(f"{shown(text)} is not the text of a {cim_type.cim_name}")
    number = float(stripped)
    if math.isinf(number):
        raise TypeMismatch(f"{shown(text)} is outside {cim_type.cim_name}")
    return _to_real(number, cim_type)


def _parse_char16(text: str, _: CimType) -> str:
    # Windows and DSP0230 send the character, OMI its decimal code unit.
    if len(text) == 1:
        return _to_char16(text, CimType.CHAR16)
    return chr(_parse_integer(text, CimType.UINT16))


def _parse_string(text: str, _: CimType) -> str:
    return text


def _parse_datetime(text: str, _: CimType) -> datetime | timedelta | CimDateTime:
    try:
        return parse_datetime(text.strip())
    except InvalidParameter as error:
        raise TypeMismatch(error.message) from error


_PARSERS: dict[CimType, Callable[[str, CimType], Any]] = {
    CimType.BOOLEAN: _parse_boolean,
    **dict.fromkeys(INTEGER_RANGES, _parse_integer),
    CimType.REAL32: _parse_real,
    CimType.REAL64: _parse_real,
    CimType.CHAR16: _parse_char16,
    CimType.DATETIME: _parse_datetime,
    CimType.STRING: _parse_string,
}

# CIM value to CIM text


def format_value(value: Any) -> str:
    """Return the canonical CIM text of one value: DSP0004's, which references and WQL use too."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _real_text(value)
    if isinstance(value, (datetime, timedelta)):
        return str(CimDateTime.of(value))
    return str(value)


def _real_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("INF" if value > 0 else "-INF")
    mantissa, exponent_sign, exponent = repr(value).partition("e")
    point = "" if "." in mantissa else ".0"  # which DSP0004's realValue must have
    return f"{mantissa}{point}{exponent_sign}{exponent}"


# Types


def cim_type_of(number: int) -> CimType:
    """Return the CIM type that has MI's number, or that `number` is itself.

    Raises:
        InvalidParameter: there is none.
    """
    try:
        return CimType(number)
    except ValueError:
        raise InvalidParameter(f"{number!r} is no CIM type") from None


def infer_type(value: Any) -> CimType | None:
    """Return the CIM type of a Python value, or None where it does not tell (None, [], an object).

    An integer is SINT32, SINT64 or UINT64 by its size. A list has the array type of its first
    element that is not None; of integers, the type that holds them all.
    """
    if isinstance(value, (list, tuple)):
        return _array_type([item for item in value if item is not None])
    if isinstance(value, bool):
        return CimType.BOOLEAN
    if isinstance(value, int):
        return _type_by_size(value, value)
    return next((cim for kind, cim in _INFERRED if isinstance(value, kind)), None)


def _array_type(items: list[Any]) -> CimType | None:
    scalar = infer_type(items[0]) if items else None
    if scalar in INTEGER_RANGES:
        integers = [item for item in items if isinstance(item, int)]
        scalar = _type_by_size(min(integers), max(integers))
    return None if scalar is None or scalar.is_array else scalar.array


def _type_by_size(smallest: int, largest: int) -> CimType | None:
    for cim_type in (CimType.SINT32, CimType.SINT64, CimType.UINT64):
        low, high = INTEGER_RANGES[cim_type]
        if low <= smallest and largest <= high:
            return cim_type
    return None


_INFERRED: tuple[tuple[type, CimType], ...] = (
    (str, CimType.STRING),
    (float, CimType.REAL64),
    (datetime, CimType.DATETIME),
    (timedelta, CimType.DATETIME),
    (CimDateTime, CimType.DATETIME),
    (bytes, CimType.UINT8_ARRAY),
)
