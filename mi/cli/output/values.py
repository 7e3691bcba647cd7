"""CIM values as JSON and as text, one form for each type and the same in every output.

boolean              true, false
integers             a number, all digits kept (some readers round above 2**53)
real                 a number; "INF", "-INF" and "NaN", which JSON has not, as strings
string, char16       a string
datetime             ISO 8601 with its offset; an interval as a duration, "P1DT2H0M3S"; one that
                     has no such form as the 25 characters of DSP0004
reference            the object's WMI path, which `mi get` takes
embedded instance    an object, its class first under "__CLASS"
array                an array
null                 null
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import mi

__all__ = ["duration", "json_form", "text_form"]

_REAL_NAMES = {math.inf: "INF", -math.inf: "-INF"}


def json_form(value: Any, cim_type: mi.CimType | None = None) -> Any:
    """Return `value` as `json` takes it; `cim_type` tells a reference from an embedded instance."""
    if isinstance(value, list):
        return [json_form(item, cim_type) for item in value]
    if isinstance(value, mi.Instance):
        return _instance_form(value, is_reference=_is_reference(cim_type))
    form = next((form for kind, form in _FORMS if isinstance(value, kind)), None)
    return value if form is None else form(value)


def _is_reference(cim_type: mi.CimType | None) -> bool:
    return cim_type is not None and cim_type.scalar is mi.CimType.REFERENCE


def _instance_form(instance: mi.Instance, *, is_reference: bool) -> Any:
    if is_reference:
        try:
            return instance.path
        except mi.InvalidParameter:  # a server may send less than a key; then show what it sent
            pass
    return {"__CLASS": instance.class_name} | {
        element.name: json_form(element.value, element.type) for element in instance.elements()
    }


def _real(value: float) -> float | str:
    return value if math.isfinite(value) else _REAL_NAMES.get(value, "NaN")


def duration(value: timedelta) -> str:
    """Return an interval as an ISO 8601 duration of days, hours, minutes and seconds."""
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{value.microseconds:06d}".rstrip("0") if value.microseconds else ""
    days = f"{value.days}D" if value.days else ""
    return f"P{days}T{hours}H{minutes}M{seconds}{fraction}S"


_FORMS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (float, _real),
    (datetime, datetime.isoformat),
    (timedelta, duration),
    (mi.CimDateTime, str),
)


def text_form(value: Any, cim_type: mi.CimType | None = None) -> str:
    """Return `value` as text: strings bare, null empty, what has parts as JSON."""
    form = json_form(value, cim_type)
    if form is None:
        return ""
    return form if isinstance(form, str) else json.dumps(form, ensure_ascii=False)
