"""`mi doctor`: what is right and what is wrong on the way to a host."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

import mi
from mi.cli.advice import as_options
from mi.cli.exit_codes import ExitCode
from mi.cli.output.terminal import visible
from mi.cli.target import Target, TargetCommand, target_options

__all__ = ["doctor"]

# By the first finding that failed; what a handler calls otherwise is a fault of the server.
_CODES = {
    "name": ExitCode.UNREACHABLE,
    "port": ExitCode.UNREACHABLE,
    "tls": ExitCode.UNREACHABLE,
    "service": ExitCode.UNREACHABLE,
    "ticket": ExitCode.AUTHENTICATION,
    "logon": ExitCode.AUTHENTICATION,
    "wmi": ExitCode.AUTHENTICATION,
}
_WIDEST_VERDICT = max(map(len, mi.Verdict))


@click.command("doctor", cls=TargetCommand)
@click.argument("host")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, for programs.")
@target_options
def doctor(target: Target, *, as_json: bool) -> None:
    """Find out what is right and what is wrong on the way to HOST, and how to mend it.

    At most one logon is attempted, and no password is sent where others could read it. Without
    --user, what needs a logon is tried with the Kerberos ticket of whoever asks. The exit code is 0
    if nothing failed, else that of what failed first.
    """
    found = target.diagnose()
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        for line in _lines(found):
            click.echo(visible(line))
    click.get_current_context().exit(_exit_code(found))


def _lines(found: mi.Diagnosis) -> Iterator[str]:
    width = max(len(finding.name) for finding in found)
    for finding in found:
        yield f"{finding.verdict:{_WIDEST_VERDICT}}  {finding.name:{width}}  {finding.detail}"
        if finding.advice is not None:
            yield f"{'':{_WIDEST_VERDICT + 2 + width}}  -> {as_options(finding.advice)}"


def _exit_code(found: mi.Diagnosis) -> ExitCode:
    for finding in found:
        if finding.verdict is mi.Verdict.FAILED:
            return _CODES.get(finding.name, ExitCode.SERVER_FAULT)
    return ExitCode.OK
