"""How WQL compares a property with a constant: by the CIM type that the class declares.

Strings and LIKE know no case. A number, a boolean and a datetime may be written in quotes. Null is
equal to NULL alone, unequal to everything else, and neither less nor greater than anything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mi.cim_datetime import CimDateTime, parse_datetime
from mi.errors import InvalidParameter, InvalidQuery, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.values import INTEGER_RANGES, format_value, parse_value

__all__ = ["comparable", "comparer", "liker"]

Test = Callable[[Any], bool]

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_NUMBERS = (*INTEGER_RANGES, CimType.REAL32, CimType.REAL64)
_TEXTS = (CimType.STRING, CimType.CHAR16)
_UNORDERED = (CimType.BOOLEAN, CimType.REFERENCE)
# What administrators write beside the 25 characters of a CIM datetime.
_DATE_FORMATS = ("%Y%m%d", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y", "%m/%d/%Y %H:%M:%S")


def comparer(sign: str, cim_type: CimType, constant: Any, namespace: str) -> Test:
    """Return the test `value sign constant` for the values of a property.

    Args:
        sign: `=`, `<>`, `<`, `>`, `<=` or `>=`.
        cim_type: the type of the property.
        constant: as the query has it: text, a number, a boolean or None.
        namespace: that of the query.

    Raises:
        InvalidQuery: the property is an array or an object, has no order, or the constant is
            not one of its type.
    """
    if constant is None:
        return _null_test(sign)
    if cim_type.is_array or cim_type is CimType.INSTANCE:
        raise InvalidQuery("arrays and embedded objects cannot be compared")
    if cim_type in _UNORDERED and sign not in ("=", "<>"):
        raise InvalidQuery(f"a {cim_type.cim_name} is not less or greater than another")
    compare = _OPERATORS[sign]
    wanted = comparable(_constant(constant, cim_type), namespace)
    when_null = sign == "<>"

    def test(value: Any) -> bool:
        if value is None:
            return when_null
        try:
            return compare(comparable(value, namespace), wanted)
        except TypeError:  # an interval against a moment, a datetime with wildcards
            return when_null

    return test


def _null_test(sign: str) -> Test:
    if sign == "=":
        return lambda value: value is None
    if sign == "<>":
        return lambda value: value is not None
    raise InvalidQuery("nothing is less or greater than NULL")


def comparable(value: Any, namespace: str) -> Any:
    """Return what stands for `value` where WMI compares: text without case, a path's parts.

    Args:
        value: a value of a property, or a constant of its type.
        namespace: where a reference that names no namespace leads.
    """
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, Instance):
        return _reference(value, namespace)
    if isinstance(value, CimDateTime):
        return str(value)
    return value


def _reference(target: Instance, namespace: str) -> tuple[Any, ...]:
    # A path that was written by hand may have a number in quotes, so keys compare as text.
    keys = {name.lower(): _key_text(value, namespace) for name, value in target.key.items()}
    where = target.namespace or namespace
    return where.lower(), target.class_name.lower(), *sorted(keys.items())


def _key_text(value: Any, namespace: str) -> str:
    if isinstance(value, Instance):
        return repr(_reference(value, namespace))
    return format_value(value).lower()


def _constant(constant: Any, cim_type: CimType) -> Any:
    try:
        return _converted(constant, cim_type)
    except (TypeMismatch, InvalidParameter) as error:
        raise InvalidQuery(f"{constant!r} is not a {cim_type.cim_name}") from error


def _converted(constant: Any, cim_type: CimType) -> Any:
    if cim_type in _NUMBERS:
        return _number(constant)
    if cim_type is CimType.BOOLEAN:
        return bool(constant) if isinstance(constant, int) else parse_value(constant, cim_type)
    if not isinstance(constant, str):
        raise TypeMismatch(f"{constant!r} is not text")
    if cim_type is CimType.DATETIME:
        return _moment(constant)
    return Instance.from_path(constant) if cim_type is CimType.REFERENCE else constant


def _number(constant: Any) -> float:
    """Return a number, larger than the property's type allows or not: it is only compared."""
    if isinstance(constant, str):
        constant = parse_value(constant, CimType.REAL64 if "." in constant else CimType.SINT64)
    return float(constant) if isinstance(constant, float) else int(constant)


def _moment(text: str) -> datetime | timedelta | CimDateTime:
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return parse_datetime(text)


def liker(pattern: Any, cim_type: CimType) -> Test:
    """Return the test `value LIKE pattern`: `%`, `_`, `[a-f]`, `[abc]`, `[^a-f]`.

    Raises:
        InvalidQuery: the property is no string, or the pattern not text.
    """
    if cim_type not in _TEXTS or not isinstance(pattern, str):
        raise InvalidQuery("LIKE compares a string with a pattern in quotes")
    matches = re.compile(_expression(pattern), re.DOTALL | re.IGNORECASE).fullmatch
    return lambda value: value is not None and matches(value) is not None


_PIECE = re.compile(r"_|\[(?P<negated>\^?)(?P<set>[^\]]+)\]|[^%]", re.DOTALL)
_PARTS = re.compile(r"(?:\[[^\]]+\]|[^%])+", re.DOTALL)


def _expression(pattern: str) -> str:
    """Return the regular expression of a pattern.

    Every element but `%` takes exactly one character, so the leftmost match of each part is as
    good as any later one; the atomic groups keep a pattern of many `%` from trying them all.
    """
    parts = ["".join(map(_piece, _PIECE.finditer(part))) for part in _PARTS.findall(pattern)]
    if not pattern.startswith("%"):
        first = parts.pop(0) if parts else ""
        if not parts and not pattern.endswith("%"):
            return first
    else:
        first = ""
    last = ".*" if pattern.endswith("%") or not parts else ".*" + parts.pop()
    return first + "".join(f"(?>.*?{part})" for part in parts) + last


def _piece(match: re.Match[str]) -> str:
    if match["set"]:
        return _set(match["set"], negated=bool(match["negated"]))
    return "." if match[0] == "_" else re.escape(match[0])


_RANGE = re.compile(r"(.)[-=](.)|(.)", re.DOTALL)
_NOTHING = "(?!)"


def _set(members: str, *, negated: bool) -> str:
    r"""Return a set as an expression; Microsoft writes a range `a-f` or `a=f`."""
    ranges = [
        re.escape(first or single) + (f"-{re.escape(last)}" if last else "")
        for first, last, single in _RANGE.findall(members)
        if first <= (last or first)
    ]
    if ranges:
        return f"[{'^' if negated else ''}{''.join(ranges)}]"
    return "." if negated else _NOTHING
