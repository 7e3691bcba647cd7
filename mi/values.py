"""CIM values as Python values: conversion, ranges, and CIM's own text for each type.

integers are `int`, reals `float`, boolean `bool`, string and char16 `str`, a timestamp is an aware
`datetime`, an interval a `timedelta`; what those two cannot hold exactly stays a `CimDateTime`.
Arrays are lists. Reference and embedded instance are `mi.Instance`, which this module does not know.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from mi.errors import InvalidParameter, TypeMismatch
from mi.results import CimType

__all__ = [
    "INTEGER_RANGES",
    "CimDateTime",
    "convert",
    "format_value",
    "infer_type",
    "parse_datetime",
    "parse_value",
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

_TIMESTAMP = re.compile(
    r"([0-9]{4}|\*{4})([0-9]{2}|\*\*)([0-9]{2}|\*\*)([0-9]{2}|\*\*)([0-9]{2}|\*\*)([0-9]{2}|\*\*)"
    r"\.([0-9]{0,6}\*{0,6})([+-])([0-9]{3}|\*{3})\Z"
)
_INTERVAL = re.compile(
    r"([0-9]{8}|\*{8})([0-9]{2}|\*\*)([0-9]{2}|\*\*)([0-9]{2}|\*\*)\.([0-9]{0,6}\*{0,6}):000\Z"
)
_MICROSECOND_DIGITS = 6
_CIM_LENGTH = 25
_LONGEST_OFFSET = 24 * 60


@dataclass(frozen=True, slots=True)
class CimDateTime:
    """A CIM datetime that `datetime` or `timedelta` cannot hold: with wildcards, year 0 … .

    Its text is the 25 characters of DSP0004 5.2.4, kept as they were.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) != _CIM_LENGTH or not (
            _TIMESTAMP.match(self.text) or _INTERVAL.match(self.text)
        ):
            raise InvalidParameter(f"{self.text!r} is not the text of a CIM datetime")

    @property
    def is_interval(self) -> bool:
        """Whether it is a span of time rather than a moment."""
        return self.text[21] == ":"

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, value: datetime | timedelta) -> CimDateTime:
        """Return the CIM form of an aware `datetime` or a `timedelta` that is not negative.

        Raises:
            TypeMismatch: a naive datetime, a negative or too long timedelta.
        """
        return cls(_interval_text(value) if isinstance(value, timedelta) else _moment_text(value))


def _moment_text(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        raise TypeMismatch(
            f"{value!r} says no time zone",
            advice="Give it a tzinfo, for instance .replace(tzinfo=datetime.UTC).",
        )
    minutes = offset // timedelta(minutes=1)
    sign = "+" if minutes >= 0 else "-"
    return f"{value:%Y%m%d%H%M%S}.{value.microsecond:06d}{sign}{abs(minutes):03d}".rjust(25, "0")


def _interval_text(value: timedelta) -> str:
    if value < timedelta() or value.days > 99_999_999:  # noqa: PLR2004 - eight digits of days
        raise TypeMismatch(f"{value!r} is not an interval of 0 to 99,999,999 days")
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{value.days:08d}{hours:02d}{minutes:02d}{seconds:02d}.{value.microseconds:06d}:000"


def parse_datetime(text: str) -> datetime | timedelta | CimDateTime:
    """Return what the 25 characters of a CIM datetime say.

    Raises:
        InvalidParameter: the text is not a CIM datetime.
    """
    value = CimDateTime(text)
    if "*" in text:
        return value
    try:
        if value.is_interval:
            return timedelta(
                int(text[:8]), int(text[12:14]), int(text[15:21]), 0, int(text[10:12]),
                int(text[8:10]),
            )  # fmt: skip
        minutes = int(text[21:25])
        zone = UTC if minutes == 0 else timezone(timedelta(minutes=minutes))
        return datetime.strptime(text[:21], "%Y%m%d%H%M%S.%f").replace(tzinfo=zone)
    except ValueError:  # year 0 and the like are legal CIM (DSP0004 5.2.4), but no datetime
        return value


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeMismatch(f"{value!r} is not a boolean")


def _to_integer(value: Any, cim_type: CimType) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeMismatch(f"{value!r} is not an integer, which {cim_type.cim_name} needs")
    low, high = INTEGER_RANGES[cim_type]
    if not low <= value <= high:
        raise TypeMismatch(f"{value} is outside {cim_type.cim_name}, which is {low} to {high}")
    return int(value)


def _to_real(value: Any, cim_type: CimType) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeMismatch(f"{value!r} is not a number, which {cim_type.cim_name} needs")
    try:
        number = float(value)
        return struct.unpack("f", struct.pack("f", number))[0] if _is_single(cim_type) else number
    except OverflowError as error:
        raise TypeMismatch(f"{value!r} is outside {cim_type.cim_name}") from error


def _is_single(cim_type: CimType) -> bool:
    return cim_type is CimType.REAL32


def _to_char16(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF:  # noqa: PLR2004 - a UTF-16 code unit
        return chr(value)
    if isinstance(value, str) and len(value) == 1 and ord(value) <= 0xFFFF:  # noqa: PLR2004 - a UTF-16 code unit
        return value
    raise TypeMismatch(f"{value!r} is not one UTF-16 code unit, which char16 needs")


def _to_string(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise TypeMismatch(f"{value!r} is not a string")


def _to_datetime(value: Any) -> datetime | timedelta | CimDateTime:
    if isinstance(value, CimDateTime):
        return value
    if isinstance(value, (datetime, timedelta)):
        CimDateTime.of(value)
        return value
    if isinstance(value, str):
        try:
            return parse_datetime(value)
        except InvalidParameter as error:
            raise TypeMismatch(str(error)) from error
    raise TypeMismatch(f"{value!r} is not a datetime, a timedelta or a CimDateTime")


def convert(value: Any, cim_type: CimType) -> Any:
    """Return `value` as the library holds a value of `cim_type`; None stays None.

    References and embedded instances are passed through: `mi.Instance` checks those.

    Raises:
        TypeMismatch: it has another type, or is outside the type's range.
    """
    if value is None:
        return None
    if cim_type.is_array:
        return _to_array(value, cim_type.scalar)
    return _convert_scalar(value, cim_type)


def _to_array(value: Any, element_type: CimType) -> list[Any]:
    if element_type is CimType.UINT8 and isinstance(value, (bytes, bytearray)):
        return list(value)
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeMismatch(f"{value!r} is not a list, which {element_type.cim_name}[] needs")
    return [_convert_scalar(item, element_type) for item in value]


def _convert_scalar(value: Any, cim_type: CimType) -> Any:
    if cim_type in INTEGER_RANGES:
        return _to_integer(value, cim_type)
    if cim_type in (CimType.REAL32, CimType.REAL64):
        return _to_real(value, cim_type)
    convert_one = _CONVERTERS.get(cim_type)
    return value if convert_one is None else convert_one(value)


_CONVERTERS: dict[CimType, Callable[[Any], Any]] = {
    CimType.BOOLEAN: _to_bool,
    CimType.CHAR16: _to_char16,
    CimType.STRING: _to_string,
    CimType.DATETIME: _to_datetime,
}

_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)\Z")
_REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_SPECIAL_REALS = {"INF": math.inf, "+INF": math.inf, "-INF": -math.inf, "NAN": math.nan}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _parse_integer(text: str, cim_type: CimType) -> int:
    stripped = text.strip()
    if not _INTEGER.match(stripped):
        raise TypeMismatch(f"{text!r} is not the text of a {cim_type.cim_name}")
    return _to_integer(int(stripped, 16 if "x" in stripped.lower() else 10), cim_type)


def _parse_real(text: str, cim_type: CimType) -> float:
    stripped = text.strip()
    special = _SPECIAL_REALS.get(stripped.upper())
    if special is not None:
        return special
    if not _REAL.match(stripped):
        raise TypeMismatch(f"{text!r} is not the text of a {cim_type.cim_name}")
    return float(stripped)


def _parse_boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.strip().lower()]
    except KeyError:
        raise TypeMismatch(f"{text!r} is not the text of a boolean") from None


def _parse_char16(text: str) -> str:
    # Windows and DSP0230 send the character, OMI its decimal code unit.
    return text if len(text) == 1 else _to_char16(_parse_integer(text, CimType.UINT16))


def _parse_moment(text: str) -> datetime | timedelta | CimDateTime:
    try:
        return parse_datetime(text.strip())
    except InvalidParameter as error:
        raise TypeMismatch(str(error)) from error


_PARSERS: dict[CimType, Callable[[str], Any]] = {
    CimType.BOOLEAN: _parse_boolean,
    CimType.CHAR16: _parse_char16,
    CimType.STRING: str,
    CimType.DATETIME: _parse_moment,
}


def parse_value(text: str, cim_type: CimType) -> Any:
    """Return the value of one element whose CIM text is `text`, read leniently.

    Accepted beyond the canonical forms: space around numbers and booleans, a leading plus, `0x`
    numbers, booleans in any case or as 1 and 0, a char16 as its number, INF and NaN.

    Raises:
        TypeMismatch: the text does not fit the type. References and instances have no text.
    """
    scalar = cim_type.scalar
    if scalar in INTEGER_RANGES:
        return _parse_integer(text, scalar)
    if scalar in (CimType.REAL32, CimType.REAL64):
        return _parse_real(text, scalar)
    if scalar not in _PARSERS:
        raise TypeMismatch(f"a {scalar.cim_name} has no text form")
    return _PARSERS[scalar](text)


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
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else ("INF" if value > 0 else "-INF")


def infer_type(value: Any) -> CimType | None:
    """Return the CIM type of a Python value, or None where it does not tell (None, [], an object).

    An integer is SINT32, SINT64 or UINT64 by its size; a list has its first element's array type.
    """
    if isinstance(value, (list, tuple)):
        inferred = infer_type(value[0]) if value else None
        return None if inferred is None or inferred.is_array else inferred.array
    if isinstance(value, bool):
        return CimType.BOOLEAN
    if isinstance(value, int):
        return _type_by_size(value)
    return next((cim for kind, cim in _INFERRED if isinstance(value, kind)), None)


def _type_by_size(value: int) -> CimType | None:
    for cim_type in (CimType.SINT32, CimType.SINT64, CimType.UINT64):
        low, high = INTEGER_RANGES[cim_type]
        if low <= value <= high:
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
