"""The commands of `mi`: a table of strings, so that what is not asked for is not imported.

`mi --help` reads this table alone. A command is looked up by its string when it runs, which is also
how `demo` and `loopback` are reached: they belong to the loopback endpoint, not to this package.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

import click

from mi.cli.exit_codes import ExitCode
from mi.version import __version__

__all__ = ["COMMANDS", "Entry", "program"]


class Entry(NamedTuple):
    """One command: where it is, as `module:attribute`, and its line in the help."""

    target: str
    summary: str


COMMANDS = {
    "identify": Entry("mi.cli.operations:identify", "Ask a host what it is."),
    "doctor": Entry("mi.cli.doctor:doctor", "Find out why a host cannot be reached."),
    "get": Entry("mi.cli.operations:get", "Get the one instance that an object path names."),
    "enumerate": Entry("mi.cli.operations:enumerate_", "List the instances of a class."),
    "query": Entry("mi.cli.operations:query", "List the instances that a WQL query selects."),
    "associators": Entry(
        "mi.cli.listings:associators", "List what is associated with an instance."
    ),
    "references": Entry(
        "mi.cli.listings:references", "List the associations that an instance is in."
    ),
    "create": Entry("mi.cli.changes:create", "Make an instance."),
    "modify": Entry("mi.cli.changes:modify", "Write values into an instance."),
    "delete": Entry("mi.cli.changes:delete", "Take an instance away."),
    "invoke": Entry("mi.cli.changes:invoke", "Call a method of an instance or a class."),
    "class": Entry("mi.cli.operations:class_", "Show how a class is declared."),
    "classes": Entry("mi.cli.listings:classes", "List the names of classes."),
    "namespaces": Entry("mi.cli.listings:namespaces", "List the CIM namespaces."),
    "events": Entry("mi.cli.events:events", "Read or follow the event log, or what a query tells."),
    "run": Entry("mi.cli.remote.run:run", "Run a command on a host."),
    "powershell": Entry("mi.cli.remote.powershell:powershell", "Run PowerShell on a host."),
    "shell": Entry("mi.cli.remote.shell:shell", "Type commands that a host runs."),
    "copy": Entry("mi.cli.remote.copy:copy", "Copy files to a host, or from it."),
    "demo": Entry("protocols.loopback.command:demo", "Query a made-up server on this machine."),
    "loopback": Entry("protocols.loopback.command:loopback", "Run that server, for tests."),
}

_EPILOG = """\
Exit codes: 0 ok, 1 not supported, 2 usage, 3 authentication, 4 unreachable, 5 not found,
6 server fault, 7 timeout, 130 Ctrl-C, 141 nobody reads the output; of run, powershell and shell the
one of what ran there.
"""


class _Program(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; where nobody reads its output any more, end quietly."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Or the interpreter would flush, once more and in vain, what is left.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(ExitCode.BROKEN_PIPE)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.group(cls=_Program, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mi")
def program() -> None:
    """Manage Windows hosts by Microsoft's Management Infrastructure, from any platform.

    Data goes to standard output, everything else to standard error.
    """
