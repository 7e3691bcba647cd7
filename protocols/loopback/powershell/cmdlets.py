"""The commands that every runspace has: those that write to its streams, and a few others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from protocols.loopback.powershell.records import ErrorInfo, Information, Progress
from protocols.loopback.powershell.script_run import ScriptRun, Scripts

__all__ = ["CMDLETS"]


def _write_output(run: ScriptRun) -> Iterator[Any]:
    values = run.parameter("InputObject", 0, list(run.input))
    yield from values if isinstance(values, list) else [values]
    yield from run.arguments[1:]


def _write_error(run: ScriptRun) -> None:
    text = str(run.parameter("Message", 0, ""))
    given = {
        name: run.parameter(parameter)
        for name, parameter in (
            ("category", "Category"),
            ("error_id", "ErrorId"),
            ("target", "TargetObject"),
        )
        if run.parameter(parameter) is not None
    }
    run.error(ErrorInfo(text, line=f"{run.script} '{text}'", **given))


def _write_warning(run: ScriptRun) -> None:
    run.warning(str(run.parameter("Message", 0, "")))


def _write_verbose(run: ScriptRun) -> None:
    if run.is_shown("verbose"):
        run.verbose(str(run.parameter("Message", 0, "")))


def _write_debug(run: ScriptRun) -> None:
    if run.is_shown("debug"):
        run.debug(str(run.parameter("Message", 0, "")))


def _write_information(run: ScriptRun) -> None:
    tags = run.parameter("Tags", 1, [])
    made = tuple(tags) if isinstance(tags, list) else (str(tags),)
    run.information(Information(run.parameter("MessageData", 0), tags=made))


def _write_host(run: ScriptRun) -> None:
    run.write_host(" ".join(map(str, [run.parameter("Object", 0, ""), *run.arguments[1:]])))


def _write_progress(run: ScriptRun) -> None:
    run.progress(
        Progress(
            str(run.parameter("Activity", 0, "")),
            str(run.parameter("Status", 1, "Processing")),
            int(run.parameter("PercentComplete", default=-1)),
            run.parameter("CurrentOperation"),
            int(run.parameter("Id", 2, 0)),
            int(run.parameter("SecondsRemaining", default=-1)),
            is_completed=bool(run.parameter("Completed", default=False)),
        )
    )


def _read_host(run: ScriptRun) -> str:
    return run.ask(str(run.parameter("Prompt", 0, "")))


def _start_sleep(run: ScriptRun) -> None:
    milliseconds = run.parameter("Milliseconds")
    seconds = run.parameter("Seconds", 0, 0)
    run.sleep(float(seconds) if milliseconds is None else float(milliseconds) / 1000)


def _get_content(run: ScriptRun) -> Iterator[Any]:
    """Return the lines of a file, or with -Raw its text."""
    path = run.prompt.path(str(run.parameter("Path", 0, "")))
    try:
        text = run.prompt.files.read(path).decode("utf-8", "replace")
    except OSError:
        run.error(
            ErrorInfo(
                f"Cannot find path '{path}' because it does not exist.",
                "ObjectNotFound",
                "PathNotFound,Microsoft.PowerShell.Commands.GetContentCommand",
                "System.Management.Automation.ItemNotFoundException",
                "Get-Content",
                path,
                run.script,
            )
        )
        return
    yield from [text] if run.parameter("Raw") else text.splitlines()


def _out_string(run: ScriptRun) -> list[str]:
    lines = [line for value in run.input for line in str(value).splitlines()]
    is_stream = any(name.lower() == "stream" for name in run.parameters)
    return lines if is_stream else ["".join(f"{line}\r\n" for line in lines)]


def _invoke_expression(run: ScriptRun) -> None:
    run.execute(str(run.parameter("Command", 0, "")))


def _out_null(run: ScriptRun) -> None:
    for _ in run.input:
        pass


CMDLETS: Final[Scripts] = {
    "Get-Content": _get_content,
    "Invoke-Expression": _invoke_expression,
    "Out-Null": _out_null,
    "Out-String": _out_string,
    "Read-Host": _read_host,
    "Start-Sleep": _start_sleep,
    "Write-Debug": _write_debug,
    "Write-Error": _write_error,
    "Write-Host": _write_host,
    "Write-Information": _write_information,
    "Write-Output": _write_output,
    "Write-Progress": _write_progress,
    "Write-Verbose": _write_verbose,
    "Write-Warning": _write_warning,
}
"""The commands, by name."""
