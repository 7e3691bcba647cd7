"""What PowerShell writes besides objects: the streams and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from mi.powershell.objects import PowerShellObject

__all__ = ["InformationRecord", "ProgressRecord", "Record", "Stream", "known"]


class Stream(StrEnum):
    """Where a script writes; each member's value is the name in CLIXML's `S` (in lower case)."""

    OUTPUT = "output"
    ERROR = "error"
    WARNING = "warning"
    VERBOSE = "verbose"
    DEBUG = "debug"
    INFORMATION = "information"
    PROGRESS = "progress"


class Record(NamedTuple):
    """One thing that a script has written.

    Attributes:
        stream: to which stream.
        value: of OUTPUT any value, of ERROR an `ErrorRecord`, of INFORMATION an
            `InformationRecord`, of PROGRESS a `ProgressRecord`, of the others a text.
    """

    stream: Stream
    value: Any


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """How far something is (System.Management.Automation.ProgressRecord).

    Attributes:
        activity: what is done.
        activity_id: tells activities at the same time apart.
        status: how it stands, in words.
        current_operation: what is done at the moment.
        parent_activity_id: of the activity that it is a part of, or -1.
        percent_complete: 0 to 100, or None where nobody knows.
        seconds_remaining: or None where nobody knows.
        is_completed: whether the activity has ended.
    """

    activity: str
    activity_id: int = 0
    status: str = ""
    current_operation: str | None = None
    parent_activity_id: int = -1
    percent_complete: int | None = None
    seconds_remaining: int | None = None
    is_completed: bool = False


@dataclass(frozen=True, slots=True)
class InformationRecord:
    """What `Write-Information` or `Write-Host` wrote (…Automation.InformationRecord).

    Attributes:
        data: what was written.
        source: the script or command that wrote it.
        tags: what it is tagged with; `PSHOST` is `Write-Host`'s.
        time: when.
        user: by whom.
        computer: where.
        process_id: in which process.
    """

    data: Any
    source: str | None = None
    tags: tuple[str, ...] = ()
    time: datetime | None = None
    user: str | None = None
    computer: str | None = None
    process_id: int | None = None

    def __str__(self) -> str:
        # What Write-Host was given comes with its colours (HostInformationMessage).
        if isinstance(self.data, PowerShellObject) and "Message" in self.data:
            return str(self.data["Message"])
        return str(self.data)

    @classmethod
    def of(cls, value: Any) -> InformationRecord:
        """Return the record that a decoded value is; what is no such object is its data."""
        if not isinstance(value, PowerShellObject) or "MessageData" not in value:
            return cls(value)
        return cls(
            value["MessageData"],
            _typed(value, "Source", str),
            tuple(tag for tag in _typed(value, "Tags", list) or () if isinstance(tag, str)),
            _typed(value, "TimeGenerated", datetime),
            _typed(value, "User", str),
            _typed(value, "Computer", str),
            _typed(value, "ProcessId", int),
        )


_NOBODY_KNOWS: Final = -1


def known(number: int) -> int | None:
    """Return `number`, or None where it says that nobody knows (a negative one)."""
    return None if number <= _NOBODY_KNOWS else number


def _typed(values: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = values.get(name)
    return value if isinstance(value, kind) else None
