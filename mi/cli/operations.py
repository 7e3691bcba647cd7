"""The commands that ask a host: one for each operation of a session."""

from __future__ import annotations

import click

import mi
from mi import wql
from mi.cli.asking import namespace_option, output_option, properties_option, stream
from mi.cli.output.formats import Output
from mi.cli.target import Target, TargetCommand, target_options

__all__ = ["class_", "enumerate_", "get", "identify", "query"]


@click.command("identify", cls=TargetCommand)
@click.argument("host")
@output_option
@target_options
def identify(target: Target, output_format: str) -> None:
    """Ask HOST what it is, by the lightest question there is (WS-Management Identify)."""
    with target.session() as session:
        answer = session.test_connection(deadline=target.deadline)
    if answer is not None:
        with Output(output_format, is_single=True) as output:
            output.instance(answer)


@click.command("get", cls=TargetCommand)
@click.argument("host")
@click.argument("path")
@namespace_option
@properties_option
@output_option
@target_options
def get(
    target: Target,
    path: str,
    namespace: str | None,
    properties: tuple[str, ...],
    output_format: str,
) -> None:
    r"""Get the instance of HOST that PATH names, as in 'Win32_Service.Name="Spooler"'."""
    key = mi.Instance.from_path(path)
    with target.session() as session:
        instance = session.get_instance(key, namespace=namespace, deadline=target.deadline)
    with Output(output_format, properties, is_single=True) as output:
        output.instance(instance)


@click.command("enumerate", cls=TargetCommand)
@click.argument("host")
@click.argument("class_name", metavar="CLASS")
@click.option("--keys-only", is_flag=True, help="Ask for no more than what names them.")
@click.option("--shallow", is_flag=True, help="Leave out the instances of subclasses.")
@namespace_option
@properties_option
@output_option
@target_options
def enumerate_(  # noqa: PLR0913 - one parameter for each option
    target: Target,
    *,
    class_name: str,
    keys_only: bool,
    shallow: bool,
    namespace: str | None,
    properties: tuple[str, ...],
    output_format: str,
) -> None:
    """List the instances of CLASS on HOST."""
    flags = mi.OperationFlags.POLYMORPHISM_SHALLOW if shallow else mi.OperationFlags.DEFAULT
    stream(
        target,
        lambda session: session.enumerate_instances(
            class_name, keys_only, namespace=namespace, flags=flags, deadline=target.deadline
        ),
        Output(output_format, properties),
    )


@click.command("query", cls=TargetCommand)
@click.argument("host")
@click.argument("query")
@namespace_option
@properties_option
@output_option
@target_options
def query(
    target: Target,
    query: str,
    namespace: str | None,
    properties: tuple[str, ...],
    output_format: str,
) -> None:
    r"""List the instances of HOST that QUERY selects.

    A query is WQL, as in "SELECT Name, State FROM Win32_Service WHERE State = 'Running'".
    """
    stream(
        target,
        lambda session: session.query_instances(
            query, namespace=namespace, deadline=target.deadline
        ),
        Output(output_format, properties or _selected(query)),
    )


def _selected(query: str) -> tuple[str, ...]:
    """Return the properties in the order in which the query names them; the server sorts them."""
    projection = wql.projection(query)
    return () if projection is None else tuple(projection.properties or ())


@click.command("class", cls=TargetCommand)
@click.argument("host")
@click.argument("class_name", metavar="CLASS")
@namespace_option
@output_option
@target_options
def class_(target: Target, class_name: str, namespace: str | None, output_format: str) -> None:
    """Show how CLASS is declared on HOST: its properties and methods."""
    with target.session() as session:
        declared = session.get_class(class_name, namespace=namespace, deadline=target.deadline)
    with Output(output_format, is_single=True) as output:
        output.declaration(declared)
