"""Values on the command line, as the class declares them.

`NAME=TEXT` is text in the form that its type has in CIM or in this program's own output, and said
again for each further value of an array. `NAME:=JSON` says what text cannot: null, an empty array,
an embedded instance, which has its class under `__CLASS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import click

import mi
from mi.values import parse_value

__all__ = ["ASSIGNMENT", "Assignment", "assigned"]

_FORM = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<sign>:=|=)(?P<value>.*)\Z", re.DOTALL)
_DURATION = re.compile(
    r"P(?:(?P<days>\d+)D)?(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d{1,6})?)S)?)?\Z"
)


class Assignment(NamedTuple):
    """One value for a name: text, or what JSON says."""

    name: str
    value: Any
    is_text: bool


class _AssignmentType(click.ParamType):  # type: ignore[type-arg]  # click 8.2 has none
    name = "assignment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Assignment:
        if isinstance(value, Assignment):
            return value
        match = _FORM.match(value)
        if match is None:
            self.fail(f"{value!r} is not NAME=VALUE or NAME:=JSON", param, ctx)
        if match["sign"] == "=":
            return Assignment(match["name"], match["value"], is_text=True)
        try:
            return Assignment(match["name"], json.loads(match["value"]), is_text=False)
        except ValueError as error:
            self.fail(
                f"{match['name']}: {match['value']!r} is not JSON, for which text wants quotes:"
                f" {error}",
                param,
                ctx,
            )


ASSIGNMENT = _AssignmentType()
"""What reads an argument."""


def assigned(given: Iterable[Assignment], types: Mapping[str, mi.CimType] | None) -> dict[str, Any]:
    """Return the values by name.

    A name that has no type is left as it is: the library says what was probably meant.

    Args:
        given: the arguments.
        types: the type of each name, without case; None where no class says any.

    Raises:
        click.UsageError: a value does not fit its type, or a name has several and is no array.
    """
    by_name: dict[str, list[Assignment]] = {}
    for one in given:
        by_name.setdefault(one.name.lower(), []).append(one)
    folded = {name.lower(): cim_type for name, cim_type in (types or {}).items()}
    return {several[0].name: _value(several, folded.get(name)) for name, several in by_name.items()}


def _value(given: Sequence[Assignment], cim_type: mi.CimType | None) -> Any:
    first = given[0]
    is_several = len(given) > 1
    if is_several and (not all(one.is_text for one in given) or _is_scalar(cim_type)):
        raise click.UsageError(f"{first.name} is given {len(given)} times")
    try:
        if not first.is_text:
            return _of_json(first.value, cim_type)
        values = [_of_text(one.value, cim_type) for one in given]
    except mi.MIError as error:
        raise click.UsageError(f"{first.name}: {error.message}") from error
    is_array = is_several or (cim_type is not None and cim_type.is_array)
    return values if is_array else values[0]


def _is_scalar(cim_type: mi.CimType | None) -> bool:
    return cim_type is not None and not cim_type.is_array


def _of_text(text: str, cim_type: mi.CimType | None) -> Any:
    if cim_type is None:
        return text
    if cim_type.scalar is mi.CimType.REFERENCE:
        return mi.Instance.from_path(text)
    if cim_type.scalar is mi.CimType.DATETIME:
        return _moment(text)
    if cim_type.scalar is mi.CimType.INSTANCE:
        raise mi.TypeMismatch('an embedded instance is said as NAME:={"__CLASS": ...}')
    return parse_value(text, cim_type)


def _moment(text: str) -> Any:
    """Return what text says in DMTF's form, or in the one that this program prints."""
    match = _DURATION.match(text)
    if match is not None and any(match.groups()):
        parts = {name: float(number) for name, number in match.groupdict().items() if number}
        return timedelta(**parts)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return parse_value(text, mi.CimType.DATETIME)
    if moment.tzinfo is None:
        raise mi.TypeMismatch(f"{text} says no offset from UTC, such as +00:00 or Z")
    return moment


def _of_json(value: Any, cim_type: mi.CimType | None) -> Any:
    if isinstance(value, list):
        return [_of_json(item, cim_type) for item in value]
    if isinstance(value, dict):
        return _instance(value)
    if isinstance(value, str):
        return _of_text(value, cim_type)
    return value


def _instance(members: Mapping[str, Any]) -> mi.Instance:
    class_name = members.get("__CLASS")
    if not isinstance(class_name, str):
        raise mi.TypeMismatch('an embedded instance has its class under "__CLASS"')
    values = {name: _of_json(value, None) for name, value in members.items() if name != "__CLASS"}
    return mi.Instance(class_name, values)
