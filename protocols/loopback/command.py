"""What `mi demo` and `mi loopback` do. The `mi` command finds both by their names in its table."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack

import click

import mi
from mi import wql
from mi.cli.output.formats import Output
from mi.cli.output.terminal import complain
from protocols.loopback.http import Endpoint

__all__ = ["demo", "loopback"]

_QUERIES = {
    "services": "SELECT Name, State, StartMode, ProcessId, DisplayName FROM Win32_Service"
    " WHERE Name LIKE 'W%'",
    "processes": "SELECT ProcessId, Name, ThreadCount, WorkingSetSize, CreationDate"
    " FROM Win32_Process WHERE WorkingSetSize > 200000000",
}
_WHILE_NOBODY_ASKS = 3600.0  # sleeping, and not waiting for a lock, lets Ctrl-C in on Windows too


@click.command("demo")
def demo() -> None:
    """Query a made-up Windows server on this machine, as one would a real one elsewhere."""
    with (
        Endpoint() as endpoint,
        mi.connect(
            endpoint.host, destination_port=endpoint.port, credentials=endpoint.credentials
        ) as session,
    ):
        click.echo(f"A made-up Windows server answers on {endpoint.host}, port {endpoint.port}.")
        for what, query in _QUERIES.items():
            _show(endpoint, session, what, query)
        click.echo(
            f"\nIn all {endpoint.connections} connection, authenticated by NTLM "
            f"{_times(endpoint.logons)}; every message was sealed."
        )
    click.echo("The same of a Windows host, and your own questions:\n")
    click.echo(f"  mi query server01 --user 'CONTOSO\\you' \"{_QUERIES['services']}\"")


def _show(endpoint: Endpoint, session: mi.Session, what: str, query: str) -> None:
    requests, size = _spent(endpoint)
    click.echo(f"\n{query}\n")
    projection = wql.projection(query)
    with (
        Output("table", (projection and projection.properties) or ()) as output,
        session.query_instances(query) as operation,
    ):
        instances = operation.all()
        for instance in instances:
            output.instance(instance)
    requests_then, size_then = _spent(endpoint)
    click.echo(
        f"\n{len(instances)} {what} in {requests_then - requests} requests, "
        f"{size_then - size:,} bytes in all."
    )


def _spent(endpoint: Endpoint) -> tuple[int, int]:
    return endpoint.requests, endpoint.bytes_received + endpoint.bytes_sent


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


@click.command("loopback", context_settings={"allow_interspersed_args": False})
@click.option("--port", type=click.IntRange(0, 65535), default=0, metavar="N",
              show_default="any that is free", help="The port.")  # fmt: skip
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def loopback(ctx: click.Context, port: int, command: Sequence[str]) -> None:
    """Run a made-up Windows server for tests, on this machine alone, until Ctrl-C.

    With a COMMAND, run that with MI_USER, MI_PASSWORD and MI_PORT set for the server, and end with
    it and its exit code.
    """
    with ExitStack() as stack:
        endpoint = Endpoint(port=port)
        try:
            stack.enter_context(endpoint)
        except OSError as error:
            raise click.UsageError(f"port {port} cannot be had: {error.strerror}") from error
        environment = {
            "MI_USER": endpoint.user.name,
            "MI_PASSWORD": endpoint.user.password,
            "MI_PORT": str(endpoint.port),
        }
        if command:
            ctx.exit(_run(command, environment))
        _serve(endpoint, environment)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    try:
        return subprocess.run(  # noqa: S603 - running what the user says is what it is for
            command, env={**os.environ, **environment}, check=False
        ).returncode
    except OSError as error:
        raise click.UsageError(f"{command[0]} cannot be run: {error.strerror}") from error


def _serve(endpoint: Endpoint, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        click.echo(f"export {name}={shlex.quote(value)}")
    complain(
        f"a made-up Windows server, for tests, answers on {endpoint.host} until Ctrl-C; "
        f"with the lines above, try: mi enumerate {endpoint.host} Win32_LogicalDisk"
    )
    while True:
        time.sleep(_WHILE_NOBODY_ASKS)
