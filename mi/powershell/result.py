"""What a script has written, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from mi.errors import CommandFailed
from mi.powershell.error_record import ErrorRecord
from mi.powershell.records import InformationRecord, ProgressRecord, Record, Stream

__all__ = ["PowerShellFailed", "PowerShellResult"]

_MOST_TOLD: Final = 5  # errors in the message of a failure
_SECOND_HOP: Final = (
    "If it was a third machine that refused: a script there has no credentials of yours, unless"
    " they are delegated (Scheme.CRED_SSP, or Kerberos with delegation)."
)


class PowerShellFailed(CommandFailed):
    """A script had errors, was stopped, or ended with an exit code other than 0, its `native_code`.

    Attributes:
        records: the error records.
    """

    def __init__(self, message: str, *, records: Iterable[ErrorRecord] = (), **facts: Any) -> None:
        super().__init__(message, **facts)
        self.records = list(records)


@dataclass(frozen=True, slots=True)
class PowerShellResult:
    """The result of a script, whichever way it was run.

    Attributes:
        output: its output: objects, or lines where text was asked for.
        errors: the error stream, with what has ended the script at its end.
        warnings: the texts of the warnings.
        verbose: the texts of the verbose stream.
        debug: the texts of the debug stream.
        information: the information stream, which `Write-Host` writes to.
        progress: the progress records.
        exit_code: what it gave to `exit`. Of powershell.exe the exit code of the process, which
            without `exit` is that of the last program, or 1 after an error that ended the script;
            of a runspace None without `exit`.
        was_stopped: whether it was stopped before it was through.
    """

    output: list[Any] = field(default_factory=list)
    errors: list[ErrorRecord] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    verbose: list[str] = field(default_factory=list)
    debug: list[str] = field(default_factory=list)
    information: list[InformationRecord] = field(default_factory=list)
    progress: list[ProgressRecord] = field(default_factory=list)
    exit_code: int | None = None
    was_stopped: bool = False

    @classmethod
    def of(
        cls, records: Iterable[Record], *, exit_code: int | None = None, was_stopped: bool = False
    ) -> PowerShellResult:
        """Return the result that records make."""
        streams: dict[Stream, list[Any]] = {stream: [] for stream in Stream}
        for stream, value in records:
            streams[stream].append(value)
        return cls(
            streams[Stream.OUTPUT],
            streams[Stream.ERROR],
            streams[Stream.WARNING],
            streams[Stream.VERBOSE],
            streams[Stream.DEBUG],
            streams[Stream.INFORMATION],
            streams[Stream.PROGRESS],
            exit_code,
            was_stopped,
        )

    @property
    def had_errors(self) -> bool:
        """Whether it wrote errors, was ended by one, or was stopped."""
        return bool(self.errors) or self.was_stopped

    @property
    def text(self) -> str:
        """The output as text, one line for each object."""
        return "\n".join(map(str, self.output))

    def check(self) -> PowerShellResult:
        """Return the result itself, for a script without errors whose exit code is 0 or None.

        Raises:
            PowerShellFailed: it had errors, was stopped, or its exit code is another.
        """
        if not self.had_errors and not self.exit_code:
            return self
        raise PowerShellFailed(
            self._failure(), native_code=self.exit_code, advice=self._advice(), records=self.errors
        )

    def _failure(self) -> str:
        told = [str(error) for error in self.errors[:_MOST_TOLD]]
        left = len(self.errors) - len(told)
        if left:
            told.append(f"and {left} more errors")
        if told:
            return "; ".join(told)
        if self.was_stopped:
            return "the script was stopped"
        return f"the script ended with exit code {self.exit_code}"

    def _advice(self) -> str | None:
        is_refused = any(_is_refusal(error) for error in self.errors)
        return _SECOND_HOP if is_refused else None


def _is_refusal(error: ErrorRecord) -> bool:
    return error.category in ("PermissionDenied", "SecurityError") or (
        "unauthorizedaccess" in (error.error_id or "").lower()
    )
