"""Values of PowerShell as JSON, one form for each type.

$null                null
booleans, numbers    as JSON has them; an enumeration is the name of its value
text, char           a string
datetime             ISO 8601; a time span as a duration, as CIM's intervals
bytes                a string in base64
guid, version, uri   a string
list, set            an array
dictionary           an object; keys that are no text are written as text
object               an object of its properties; one that has none is its text
secure string        "***"
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from mi.cli.output.values import json_form
from mi.powershell import EnumValue, PowerShellObject

__all__ = ["far_json_form"]

_MADE_OF_JSON = (bool, int, str)


def far_json_form(value: Any) -> Any:
    """Return `value` as `json` takes it."""
    if value is None or (isinstance(value, _MADE_OF_JSON) and not isinstance(value, EnumValue)):
        return value
    if isinstance(value, PowerShellObject) and not value:
        return value.text
    if isinstance(value, Mapping):
        return {str(name): far_json_form(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [far_json_form(item) for item in value]
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, EnumValue):
        return value.name
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    form = json_form(value)
    return form if isinstance(form, (*_MADE_OF_JSON, float)) else str(value)
