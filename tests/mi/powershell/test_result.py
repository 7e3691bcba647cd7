"""What a script has written, and how it ended."""

import copy
import pickle

import pytest

from mi.errors import CommandFailed
from mi.powershell.error_record import ErrorRecord
from mi.powershell.records import InformationRecord, ProgressRecord, Record, Stream
from mi.powershell.result import PowerShellFailed, PowerShellResult


def test_records_are_sorted_by_their_streams() -> None:
    error, told, progress = ErrorRecord("bad"), InformationRecord("told"), ProgressRecord("x")
    result = PowerShellResult.of(
        [
            Record(Stream.OUTPUT, 1),
            Record(Stream.ERROR, error),
            Record(Stream.WARNING, "w"),
            Record(Stream.OUTPUT, None),
            Record(Stream.VERBOSE, "v"),
            Record(Stream.DEBUG, "d"),
            Record(Stream.INFORMATION, told),
            Record(Stream.PROGRESS, progress),
        ],
        exit_code=3,
    )
    assert result == PowerShellResult(
        [1, None], [error], ["w"], ["v"], ["d"], [told], [progress], 3
    )
    assert result.text == "1\nNone"
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("exit_code", [None, 0])
def test_a_script_without_errors_is_its_own_result(exit_code: int | None) -> None:
    result = PowerShellResult.of([], exit_code=exit_code)
    assert not result.had_errors
    assert result.check() is result


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (PowerShellResult(errors=[ErrorRecord("one"), ErrorRecord("two")]), "one; two"),
        (PowerShellResult(errors=[ErrorRecord("x")] * 7), "x; x; x; x; x; and 2 more errors"),
        (PowerShellResult(exit_code=3), "the script ended with exit code 3"),
        (PowerShellResult(was_stopped=True), "the script was stopped"),
    ],
)
def test_a_script_that_failed_says_how(result: PowerShellResult, message: str) -> None:
    with pytest.raises(PowerShellFailed) as caught:
        result.check()
    error = caught.value
    assert error.message == message
    assert isinstance(error, CommandFailed)
    assert (error.records, error.native_code, error.advice) == (
        result.errors,
        result.exit_code,
        None,
    )
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (str(twin), twin.records) == (str(error), error.records)


@pytest.mark.parametrize(
    "error",
    [
        ErrorRecord("no", category="PermissionDenied"),
        ErrorRecord("no", error_id="System.UnauthorizedAccessException,X"),
    ],
)
def test_a_third_machine_that_refuses_is_explained(error: ErrorRecord) -> None:
    with pytest.raises(
        PowerShellFailed, match="no credentials of yours, unless they are delegated"
    ):
        PowerShellResult(errors=[error]).check()
