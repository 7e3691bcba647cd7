r"""WQL text: queries with their values put in as literals, and what a query selects.

    wql.query("SELECT * FROM Win32_Service WHERE Name = {} AND Started = {}", "it's", True)
    SELECT * FROM Win32_Service WHERE Name = 'it\'s' AND Started = TRUE

    wql.query("SELECT * FROM Win32_Process WHERE Name LIKE {}", wql.like("100%_") + "%")
    SELECT * FROM Win32_Process WHERE Name LIKE '100[%][_]%'

The language is WMI's ("WQL (SQL for WMI)" in its documentation, MS-WMI 2.2.1). Nothing here
evaluates a query.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from string import Formatter
from typing import Any, NamedTuple

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter, TypeMismatch
from mi.values import INTEGER_RANGES, format_value, shown

__all__ = ["Projection", "like", "projection", "query"]

_SMALLEST = min(low for low, _ in INTEGER_RANGES.values())
_LARGEST = max(high for _, high in INTEGER_RANGES.values())
_ENDS_WITH_IS = re.compile(r"\bIS(?:\s+NOT)?\s*\Z", re.IGNORECASE)


def query(template: str, *values: Any) -> str:
    """Return a query: `template` with each `{}` replaced by a value as a WQL literal, escaped.

    A literal brings its own quotes, so none stand around `{}`; a brace that is meant is doubled.
    None is NULL, which WQL allows after IS and IS NOT only.

    Args:
        template: the query, which is trusted text.
        values: str, bool, int, float, `datetime`, `timedelta` or `CimDateTime`, or None; they
            need not be trusted.

    Raises:
        InvalidParameter: the number of values differs, a placeholder is in quotes or is not a
            plain `{}`, a brace stands alone, or NULL and IS do not come together.
        TypeMismatch: WQL has no literal for a value, or the template is no string.
    """
    if not isinstance(template, str):
        raise TypeMismatch(f"a template is a string, not {shown(template)}")
    pieces = list(_pieces(template))
    placeholders = sum(is_placeholder for _, is_placeholder in pieces)
    if placeholders != len(values):
        raise InvalidParameter(f"{placeholders} placeholders cannot take {len(values)} values")
    remaining = iter(values)
    text, quote = "", ""
    for literal, is_placeholder in pieces:
        text += literal
        quote = _quote_left_open(literal, quote)
        if is_placeholder:
            if quote:
                raise InvalidParameter("{} stands in quotes", advice="The value brings its own.")
            text += _literal_after(text, next(remaining))
    return text


def _pieces(template: str) -> Iterator[tuple[str, bool]]:
    """Take a template apart: pieces of text, and whether a placeholder follows each."""
    try:
        for literal, field, spec, conversion in Formatter().parse(template):
            if field or spec or conversion:
                raise InvalidParameter(f"{template!r} holds a placeholder other than {{}}")
            yield literal, field is not None
    except ValueError as error:
        if isinstance(error, InvalidParameter):
            raise
        raise InvalidParameter(
            f"{template!r}: {error}", advice="Double a brace that is meant as one."
        ) from error


_IN_QUOTES = {
    quote: re.compile(rf"(?:\\.|[^\\{quote}])*({quote}|\Z)", re.DOTALL) for quote in ("'", '"')
}
_UP_TO_QUOTE = re.compile(r"[^'\"]*(['\"]|\Z)")


def _quote_left_open(text: str, quote: str) -> str:
    """Return the quote that is open at the end of `text`, which began inside `quote`, or ''."""
    position = 0
    while position < len(text):
        match = (_IN_QUOTES[quote] if quote else _UP_TO_QUOTE).match(text, position)
        if match is None:  # a backslash is the last character
            break
        quote = ("" if match[1] else quote) if quote else match[1]
        position = match.end()
    return quote


def _literal_after(text: str, value: Any) -> str:
    if (value is None) != bool(_ENDS_WITH_IS.search(text)):
        raise InvalidParameter("NULL stands after IS or IS NOT, and nothing else does")
    return "NULL" if value is None else _literal(value)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return _quoted(str.__str__(value))
    if isinstance(value, int) and _SMALLEST <= value <= _LARGEST:
        return format_value(int(value))
    if isinstance(value, float) and math.isfinite(value):
        return format_value(float(value))
    if isinstance(value, (datetime, timedelta, CimDateTime)):
        return _quoted(format_value(value))
    raise TypeMismatch(f"WQL has no literal for {shown(value)}")


def _quoted(text: str) -> str:
    # KB 242507: the backslash escapes in WMI's strings, as in C.
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


_LIKE_META = re.compile(r"[%_\[]")


def like(text: str) -> str:
    """Return the LIKE pattern that matches `text` and nothing else: `%`, `_` and `[` escaped.

    A pattern is put together from it, `like(text) + "%"`, and handed to `query` as a value. A `]`
    outside of a set is an ordinary character.

    Raises:
        TypeMismatch: it is no string.
    """
    if not isinstance(text, str):
        raise TypeMismatch(f"LIKE matches strings, not {shown(text)}")
    return _LIKE_META.sub(r"[\g<0>]", text)


class Projection(NamedTuple):
    """What a query selects.

    Attributes:
        class_name: the class after FROM, as the query spells it.
        properties: the names that stand before it, or None for `*`, all of them.
    """

    class_name: str
    properties: tuple[str, ...] | None


_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_ITEM = rf"(?:\*|{_NAME}(?:\.(?:\*|{_NAME}))*)"
_SELECT = re.compile(
    rf"\s*SELECT\b\s*(?P<items>{_ITEM}(?:\s*,\s*{_ITEM})*)\s*\bFROM\s+(?P<class_name>{_NAME})"
    r"(?:\s+(?:WHERE|WITHIN)\b.*|\s*)\Z",
    re.DOTALL | re.IGNORECASE,
)


def projection(text: str) -> Projection | None:
    """Return what a query selects, or None if it is not a plain SELECT (ASSOCIATORS OF …).

    A property of an embedded object, `TargetInstance.Name`, counts as its first name.

    Raises:
        TypeMismatch: it is no string.
    """
    if not isinstance(text, str):
        raise TypeMismatch(f"a query is a string, not {shown(text)}")
    match = _SELECT.match(text)
    if match is None:
        return None
    class_name = match["class_name"]
    names = [_top_name(item.strip(), class_name) for item in match["items"].split(",")]
    return Projection(class_name, None if "*" in names else tuple(dict.fromkeys(names)))


def _top_name(item: str, class_name: str) -> str:
    first, _, rest = item.partition(".")
    return rest.partition(".")[0] if rest and first.lower() == class_name.lower() else first
