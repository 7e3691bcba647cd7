"""Errors as PowerShell records them (System.Management.Automation.ErrorRecord)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mi.powershell.objects import EnumValue, PowerShellObject, plain_type_name

__all__ = ["CATEGORIES", "ErrorRecord"]

CATEGORIES: Final = (
    "NotSpecified", "OpenError", "CloseError", "DeviceError", "DeadlockDetected",
    "InvalidArgument", "InvalidData", "InvalidOperation", "InvalidResult", "InvalidType",
    "MetadataError", "NotImplemented", "NotInstalled", "ObjectNotFound", "OperationStopped",
    "OperationTimeout", "SyntaxError", "ParserError", "PermissionDenied", "ResourceBusy",
    "ResourceExists", "ResourceUnavailable", "ReadError", "WriteError", "FromStdErr",
    "SecurityError", "ProtocolError", "ConnectionError", "AuthenticationError", "LimitsExceeded",
    "QuotaExceeded", "NotEnabled",
)  # fmt: skip
"""The names of the categories, by their numbers (MS-PSRP 2.2.3.9)."""


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """One error; what the far side did not say is None.

    Attributes:
        message: what went wrong, in the far side's words.
        exception_type: the .NET type of the exception, as precise as it came.
        error_id: the FullyQualifiedErrorId, which tells kinds of errors apart in any language.
        category: one of `CATEGORIES`.
        activity: the command that failed.
        reason: the exception's type again, short.
        target_name: what it failed on.
        target_type: the .NET type of that.
        target: that object itself, where it came.
        position: where in the script, in several lines with the line itself.
        script_name: the script file.
        line_number: of the line in the script, from 1.
        line: the line.
        offset: where in the line, from 1.
        stack_trace: the script's, the innermost first.
        recommended_action: what PowerShell advises.
        is_terminating: whether it has ended the script.
    """

    message: str
    exception_type: str | None = None
    error_id: str | None = None
    category: str | None = None
    activity: str | None = None
    reason: str | None = None
    target_name: str | None = None
    target_type: str | None = None
    target: Any = None
    position: str | None = None
    script_name: str | None = None
    line_number: int | None = None
    line: str | None = None
    offset: int | None = None
    stack_trace: str | None = None
    recommended_action: str | None = None
    is_terminating: bool = False

    def __str__(self) -> str:
        return self.message

    @classmethod
    def of(cls, value: Any, *, is_terminating: bool = False) -> ErrorRecord:
        """Return the record that a decoded value is; what is no such object is its message.

        PowerShell writes some of them with flat names (2.2.3.15), others as the object is.
        """
        if not isinstance(value, PowerShellObject):
            return cls(_said(value), is_terminating=is_terminating)
        found = _Fields(value)
        exception = value.get("Exception")
        return cls(
            message=found.text("ErrorDetails_Message", "ErrorDetails.Message", "Exception.Message")
            or value.text
            or found.text("Message")
            or "",
            exception_type=_exception_type(exception),
            error_id=found.text("FullyQualifiedErrorId"),
            category=_category(
                found.value("ErrorCategory_Category", "CategoryInfo.Category"),
            ),
            activity=found.text("ErrorCategory_Activity", "CategoryInfo.Activity"),
            reason=found.text("ErrorCategory_Reason", "CategoryInfo.Reason"),
            target_name=found.text("ErrorCategory_TargetName", "CategoryInfo.TargetName"),
            target_type=found.text("ErrorCategory_TargetType", "CategoryInfo.TargetType"),
            target=value.get("TargetObject"),
            position=found.position(),
            script_name=found.invocation_text("ScriptName"),
            line_number=found.invocation_number("ScriptLineNumber"),
            line=found.invocation_text("Line"),
            offset=found.invocation_number("OffsetInLine"),
            stack_trace=found.text("ErrorDetails_ScriptStackTrace", "ScriptStackTrace"),
            recommended_action=found.text(
                "ErrorDetails_RecommendedAction", "ErrorDetails.RecommendedAction"
            ),
            is_terminating=is_terminating,
        )


class _Fields:
    """Finds values by the first of several paths that leads to one."""

    def __init__(self, record: PowerShellObject) -> None:
        self._record = record

    def value(self, *paths: str) -> Any:
        for path in paths:
            found: Any = self._record
            for name in path.split("."):
                found = found.get(name) if isinstance(found, Mapping) else None
            if found is not None:
                return found
        return None

    def text(self, *paths: str) -> str | None:
        found = self.value(*paths)
        return found if isinstance(found, str) and found else None

    def position(self) -> str | None:
        """Return where it was: PowerShell's own text, or the same made of what there is."""
        text = self.invocation_text("PositionMessage")
        number = self.invocation_number("ScriptLineNumber")
        if text is not None or number is None:
            return text
        where = self.invocation_text("ScriptName") or "line"
        line = self.invocation_text("Line") or ""
        offset = self.invocation_number("OffsetInLine")
        return f"At {where}:{number} char:{offset}\n+ {line.strip()}"

    def invocation_text(self, name: str) -> str | None:
        return self.text(f"InvocationInfo_{name}", f"InvocationInfo.{name}")

    def invocation_number(self, name: str) -> int | None:
        found = self.value(f"InvocationInfo_{name}", f"InvocationInfo.{name}")
        return found if isinstance(found, int) else None


def _said(value: Any) -> str:
    # Never the text of a list: what others wrote may refer to itself a thousand times.
    is_brief = isinstance(value, (str, int, float))
    return str(value).strip() if is_brief else f"a {type(value).__name__}"


def _exception_type(exception: Any) -> str | None:
    if not isinstance(exception, PowerShellObject) or not exception.type_names:
        return None
    return plain_type_name(exception.type_names[0])


def _category(value: Any) -> str | None:
    if isinstance(value, EnumValue):
        return value.name
    if isinstance(value, int) and 0 <= value < len(CATEGORIES):
        return CATEGORIES[value]
    return value if isinstance(value, str) else None
