"""The host of a script that runs in a pipeline of PSRP: its streams are messages to the client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from psrpcore import InvalidProtocolVersion, ServerHostRequestor, ServerPipeline
from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    FieldDescription,
    NETException,
    ProgressRecordType,
)

from protocols.loopback.powershell.records import (
    ErrorInfo,
    Information,
    Progress,
    StreamName,
    TerminatingError,
)
from protocols.loopback.shells.invocation import Prompt

__all__ = ["Answers", "PipelineHost", "error_record"]

_BASES: Final = (
    "System.Management.Automation.RuntimeException",
    "System.SystemException",
    "System.Exception",
    "System.Object",
)
_NOW: Final = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)  # nothing here depends on a clock
_PROCESS_ID: Final = 4321
_NO_HOST: Final = (
    "A command that prompts the user failed because the host program or the command type does not"
    " support user interaction."
)


class Answers(Protocol):
    """The pipeline that a host writes for: it sends messages, and waits for answers."""

    def perform(self, write: Callable[[ServerPipeline], Any], /) -> Any:
        """Let something be written, as soon as there is room, and send it.

        Raises:
            CtrlC, Terminated: this was asked.
        """
        ...

    def answer(self, call: int, /) -> Any:
        """Return what the client answers to a call of its host.

        Raises:
            TerminatingError: its host failed.
            CtrlC, Terminated: this was asked meanwhile.
        """
        ...


class PipelineHost:
    """Writes what a script writes into its pipeline."""

    def __init__(self, pipeline: Answers, prompt: Prompt, *, has_user: bool) -> None:
        self._pipeline = pipeline
        self._prompt = prompt
        self._has_user = has_user

    def write(self, stream: StreamName, value: Any, /) -> None:
        """Write a value to a stream."""
        self._WRITERS[stream](self, value)

    def ask(self, prompt: str, /) -> str:
        """Ask for a line of text, as Read-Host does: with a prompt it is a form of one field."""
        if not prompt:
            return str(self.call(ServerHostRequestor.read_line))
        answer = self.call(lambda host: host.prompt("", "", [FieldDescription(prompt)]))
        return str(answer[prompt])

    def call(self, request: Callable[[Any], int], /) -> Any:
        """Ask the client's host for something."""
        if not self._has_user:
            raise TerminatingError(
                ErrorInfo(
                    _NO_HOST,
                    "NotImplemented",
                    "HostFunctionNotImplemented",
                    "System.Management.Automation.Host.HostException",
                    "",
                )
            )
        number = self._pipeline.perform(lambda pipeline: request(ServerHostRequestor(pipeline)))
        return self._pipeline.answer(number)

    def _output(self, value: Any) -> None:
        self._pipeline.perform(lambda pipeline: pipeline.write_output(value))

    def _error(self, error: ErrorInfo) -> None:
        record = error_record(error)
        self._pipeline.perform(
            lambda pipeline: pipeline.write_error(
                record.Exception,
                record.CategoryInfo,
                record.TargetObject,
                record.FullyQualifiedErrorId,
            )
        )

    def _progress(self, progress: Progress) -> None:
        kind = ProgressRecordType.Processing
        if progress.is_completed:
            kind = ProgressRecordType.Completed
        self._pipeline.perform(
            lambda pipeline: pipeline.write_progress(
                progress.activity,
                progress.activity_id,
                progress.status,
                progress.operation,
                percent_complete=progress.percent,
                record_type=kind,
                seconds_remaining=progress.seconds_left,
            )
        )

    def _information(self, record: Information) -> None:
        machine, _, user = self._prompt.user.partition("\\")

        def write(pipeline: ServerPipeline) -> None:
            try:
                pipeline.write_information(
                    record.data,
                    record.source,
                    _NOW,
                    list(record.tags),
                    f"{machine}\\{user}",
                    machine,
                    _PROCESS_ID,
                    native_thread_id=1,
                    managed_thread_id=1,
                )
            except InvalidProtocolVersion:
                return  # a client of before PowerShell 5 does not know the stream

        self._pipeline.perform(write)

    def _to_user(self, text: str) -> None:
        """Write to the client's host, and into the information stream, as Write-Host does."""
        if self._has_user:
            self._pipeline.perform(lambda pipeline: ServerHostRequestor(pipeline).write_line(text))
        self._information(Information(text, "Write-Host", ("PSHOST",)))

    _WRITERS: Final[Mapping[StreamName, Callable[..., None]]] = {
        StreamName.OUTPUT: _output,
        StreamName.ERROR: _error,
        StreamName.PROGRESS: _progress,
        StreamName.INFORMATION: _information,
        StreamName.HOST: _to_user,
        StreamName.WARNING: lambda self, text: self._pipeline.perform(
            lambda pipeline: pipeline.write_warning(text)
        ),
        StreamName.VERBOSE: lambda self, text: self._pipeline.perform(
            lambda pipeline: pipeline.write_verbose(text)
        ),
        StreamName.DEBUG: lambda self, text: self._pipeline.perform(
            lambda pipeline: pipeline.write_debug(text)
        ),
    }


def error_record(error: ErrorInfo) -> ErrorRecord:
    """Return an error as PSRP sends it."""
    exception = NETException(Message=error.message, HResult=-2146233087)
    exception.PSObject.type_names = [error.exception, *_BASES]
    return ErrorRecord(
        Exception=exception,
        CategoryInfo=ErrorCategoryInfo(
            Category=ErrorCategory[error.category],
            Activity=error.activity,
            Reason=error.reason,
            TargetName=error.target_name,
            TargetType=error.target_type,
        ),
        TargetObject=error.target,
        FullyQualifiedErrorId=error.error_id,
    )
