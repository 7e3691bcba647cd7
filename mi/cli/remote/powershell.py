"""The command that runs a script of PowerShell on a host."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import click

import mi
from mi.cli.assignments import ASSIGNMENT, Assignment, assigned
from mi.cli.options import with_options
from mi.cli.output.far_values import far_json_form
from mi.cli.output.terminal import complain
from mi.cli.remote.ctrl_c import passing_on
from mi.cli.remote.exit_codes import local_exit_code
from mi.cli.target import Target, TargetCommand, target_options
from mi.powershell import Engine, Record, RunningScript, Stream

__all__ = ["powershell"]

_FAILED: Final = 1  # what powershell.exe ends with after an error

_OPTIONS = (
    click.option("-f", "--file", "path", type=click.Path(dir_okay=False, allow_dash=True),
                 help="The script is in a file; - is standard input."),
    click.option("-p", "--parameter", "parameters", type=ASSIGNMENT, multiple=True,
                 metavar="NAME=TEXT", help="A parameter of the script; NAME:=JSON for what is no "
                                           "text. Say it again for more."),
    click.option("-i", "--input", "reads", is_flag=True,
                 help="Pipe the lines of standard input into the script."),
    click.option("--configuration", metavar="NAME", help="The session configuration."),
    click.option("--engine", type=click.Choice([str(engine) for engine in Engine]),
                 help="In a runspace (the extra powershell), or by powershell.exe in a process."),
    click.option("-v", "--verbose", is_flag=True, help="Show its verbose and debug streams, too."),
    click.option("-o", "--output", "output_format", type=click.Choice(["text", "jsonl"]),
                 default="text", show_default=True,
                 help="As PowerShell shows it, or its objects, a line each."),
)  # fmt: skip


@click.command("powershell", cls=TargetCommand)
@click.argument("host")
@click.argument("script", required=False)
@with_options(*_OPTIONS)
@target_options
def powershell(target: Target, *, script: str | None, path: str | None, **asked: Any) -> None:
    """Run SCRIPT on HOST, as in `mi powershell HOST 'Get-Service | Where-Object CanStop'`.

    Its output goes to standard output as it comes, all other streams to standard error. The exit
    code is the script's, or 1 after an error. Ctrl-C stops the script, the second at once.
    """
    text = _text_of(script, path)
    keywords = {
        "input": _lines() if asked["reads"] else None,
        "as_text": asked["output_format"] == "text",
        "configuration_name": asked["configuration"],
        "engine": asked["engine"],
        "timeout": target.deadline,
    }
    parameters = _parameters(asked["parameters"])
    with (
        target.session() as session,
        session.start_powershell(text, parameters, **keywords) as running,
        passing_on(running.stop, running.cancel),
    ):
        had_errors = _print(running, asked["output_format"], is_verbose=asked["verbose"])
    code = running.exit_code
    click.get_current_context().exit(local_exit_code(code or (_FAILED if had_errors else 0)))


def _text_of(script: str | None, path: str | None) -> str:
    if (script is None) is (path is None):
        raise click.UsageError("Give a script, or a --file that holds one.")
    if script is not None:
        return script
    try:
        with click.open_file(path or "-", encoding="utf-8-sig") as file:
            return str(file.read())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise click.UsageError(f"{path} cannot be read: {reason}") from error


def _lines() -> Iterator[str]:
    return (line.rstrip("\r\n") for line in sys.stdin)


def _parameters(given: tuple[Assignment, ...]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in assigned(given, None).items()}


def _plain(value: Any) -> Any:
    """Return a value with mappings where JSON's objects became instances."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, mi.Instance):
        return {element.name: _plain(element.value) for element in value.elements()}
    return value


# What it writes


def _print(running: RunningScript, output_format: str, *, is_verbose: bool) -> bool:
    """Print the records as they come; return whether there were errors."""
    shown = _SHOWN | (_SHOWN_IF_VERBOSE if is_verbose else {})
    show_output = _OUTPUTS[output_format]
    had_errors = False
    for record in running:
        had_errors = had_errors or record.stream is Stream.ERROR
        if record.stream is Stream.OUTPUT:
            show_output(record.value)
        else:
            _tell(record, shown.get(record.stream))
    return had_errors or running.was_stopped


def _tell(record: Record, prefix: str | None) -> None:
    if prefix is not None:
        for line in str(record.value).splitlines() or [""]:
            complain(f"{prefix}{line}")


def _show_line(value: Any) -> None:
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


def _show_json(value: Any) -> None:
    _show_line(json.dumps(far_json_form(value)))


_OUTPUTS: Final[dict[str, Callable[[Any], None]]] = {"text": _show_line, "jsonl": _show_json}
_SHOWN: Final = {
    Stream.ERROR: "error: ",
    Stream.WARNING: "warning: ",
    Stream.INFORMATION: "",
}
_SHOWN_IF_VERBOSE: Final = {Stream.VERBOSE: "verbose: ", Stream.DEBUG: "debug: "}
