"""What a decoded value is, by the stream it was written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from mi.powershell.error_record import ErrorRecord
from mi.powershell.objects import PowerShellObject
from mi.powershell.records import InformationRecord, ProgressRecord, Record, Stream, known

__all__ = ["record_of"]


def record_of(stream: Stream, value: Any) -> Record:
    """Return the record of a value that CLIXML has."""
    make = _MAKERS.get(stream)
    return Record(stream, value if make is None else make(value))


def _message(value: Any) -> str:
    """Return the text of a warning and the like; remoting has its names flat (2.2.3.16)."""
    if isinstance(value, PowerShellObject):
        value = value.get("Message", value.get("InformationalRecord_Message", value.text))
    return value if isinstance(value, str) else ""


def _progress(value: Any) -> ProgressRecord:
    """Return the record itself, which minishells wrap, and others write as an object (2.2.3.17)."""
    if isinstance(value, PowerShellObject) and "Record" in value:
        value = value["Record"]
    if isinstance(value, ProgressRecord):
        return value
    if not isinstance(value, PowerShellObject):
        return ProgressRecord(value if isinstance(value, str) else "")
    return ProgressRecord(
        activity=_text(value, "Activity") or "",
        activity_id=_number(value, "ActivityId", 0),
        status=_text(value, "StatusDescription") or "",
        current_operation=_text(value, "CurrentOperation") or None,
        parent_activity_id=_number(value, "ParentActivityId", -1),
        percent_complete=known(_number(value, "PercentComplete", -1)),
        seconds_remaining=known(_number(value, "SecondsRemaining", -1)),
        is_completed=_number(value, "Type", _number(value, "RecordType", 0)) == 1,
    )


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) else None


def _number(value: Mapping[str, Any], name: str, otherwise: int) -> int:
    found = value.get(name)
    return found if isinstance(found, int) else otherwise


_MAKERS: Final[Mapping[Stream, Callable[[Any], Any]]] = {
    Stream.ERROR: ErrorRecord.of,
    Stream.WARNING: _message,
    Stream.VERBOSE: _message,
    Stream.DEBUG: _message,
    Stream.INFORMATION: InformationRecord.of,
    Stream.PROGRESS: _progress,
}
