"""What a script writes besides its output: errors, progress, information."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

__all__ = ["ErrorInfo", "Information", "Progress", "StreamName", "TerminatingError"]

_WRITE_ERROR: Final = "Microsoft.PowerShell.Commands.WriteErrorException"
_RUNTIME: Final = "System.Management.Automation.RuntimeException"


class StreamName(Enum):
    """The streams of PowerShell."""

    OUTPUT = "output"
    ERROR = "error"
    WARNING = "warning"
    VERBOSE = "verbose"
    DEBUG = "debug"
    INFORMATION = "information"
    PROGRESS = "progress"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """An error record, with what there is to know of it.

    Attributes:
        message: the text of the exception.
        category: PowerShell's name of its category: `NotSpecified`, `ObjectNotFound` ….
        error_id: its FullyQualifiedErrorId.
        exception: the .NET type of its exception.
        activity: the command that failed.
        target: what it failed on.
        line: the line of the script, or "" to show none.
    """

    message: str
    category: str = "NotSpecified"
    error_id: str = _WRITE_ERROR
    exception: str = _WRITE_ERROR
    activity: str = "Write-Error"
    target: Any = None
    line: str = ""

    @property
    def reason(self) -> str:
        """The short name of its exception, which PowerShell calls the reason."""
        return self.exception.rpartition(".")[2]

    @property
    def target_name(self) -> str:
        """The target as text."""
        return "" if self.target is None else str(self.target)

    @property
    def target_type(self) -> str:
        """The short name of the target's type."""
        return "" if self.target is None else "String"


class TerminatingError(Exception):
    """A script ends by an error: `throw`, or a command that is not there."""

    def __init__(self, error: ErrorInfo) -> None:
        super().__init__(error.message)
        self.error = error

    @classmethod
    def thrown(cls, value: str, line: str = "") -> TerminatingError:
        """Return what `throw` makes of a text."""
        return cls(ErrorInfo(value, "OperationStopped", value, _RUNTIME, "", value, line))

    @classmethod
    def not_found(cls, command: str) -> TerminatingError:
        """Return the error of a command that is not there, as Windows PowerShell words it."""
        message = (
            f"The term '{command}' is not recognized as the name of a cmdlet, function, script"
            " file, or operable program. Check the spelling of the name, or if a path was included,"
            " verify that the path is correct and try again."
        )
        return cls(
            ErrorInfo(
                message,
                "ObjectNotFound",
                "CommandNotFoundException",
                "System.Management.Automation.CommandNotFoundException",
                "",
                command,
                command,
            )
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something has come.

    Attributes:
        activity: what it is.
        status: how it is.
        percent: 0 to 100, or -1 where that is not known.
        operation: what is being done.
        activity_id: what tells it from others.
        seconds_left: or -1.
        is_completed: whether it is over.
    """

    activity: str
    status: str = "Processing"
    percent: int = -1
    operation: str | None = None
    activity_id: int = 0
    seconds_left: int = -1
    is_completed: bool = False


@dataclass(frozen=True, slots=True)
class Information:
    """An information record."""

    data: Any
    source: str = "Write-Information"
    tags: tuple[str, ...] = ()
