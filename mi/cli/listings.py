"""The commands that list what a host has: classes, namespaces, and what belongs to an object."""

from __future__ import annotations

import click

import mi
from mi.cli.asking import namespace_option, output_option, properties_option, stream
from mi.cli.output.formats import Output
from mi.cli.target import Target, TargetCommand, target_options

__all__ = ["associators", "classes", "namespaces", "references"]

_keys_only = click.option("--keys-only", is_flag=True, help="Ask for no more than what names them.")
_role = click.option(
    "--role", metavar="NAME", help="The property of the association that PATH is in."
)


@click.command("associators", cls=TargetCommand)
@click.argument("host")
@click.argument("path")
@click.option("--association-class", metavar="CLASS", help="The associations to follow.")
@click.option("--result-class", metavar="CLASS", help="The instances to list.")
@_role
@click.option(
    "--result-role", metavar="NAME", help="The property of the association that they are in."
)
@_keys_only
@namespace_option
@properties_option
@output_option
@target_options
def associators(  # noqa: PLR0913 - one parameter for each option
    target: Target,
    *,
    path: str,
    association_class: str | None,
    result_class: str | None,
    role: str | None,
    result_role: str | None,
    keys_only: bool,
    namespace: str | None,
    properties: tuple[str, ...],
    output_format: str,
) -> None:
    """List the instances that are associated with the one of HOST that PATH names."""
    key = mi.Instance.from_path(path)
    stream(
        target,
        lambda session: session.associator_instances(
            key, association_class, result_class, role, result_role, keys_only,
            namespace=namespace, deadline=target.deadline,
        ),
        Output(output_format, properties),
    )  # fmt: skip


@click.command("references", cls=TargetCommand)
@click.argument("host")
@click.argument("path")
@click.option("--association-class", metavar="CLASS", help="The associations to list.")
@_role
@_keys_only
@namespace_option
@properties_option
@output_option
@target_options
def references(  # noqa: PLR0913 - one parameter for each option
    target: Target,
    *,
    path: str,
    association_class: str | None,
    role: str | None,
    keys_only: bool,
    namespace: str | None,
    properties: tuple[str, ...],
    output_format: str,
) -> None:
    """List the associations that the instance of HOST is in that PATH names."""
    key = mi.Instance.from_path(path)
    stream(
        target,
        lambda session: session.reference_instances(
            key, association_class, role, keys_only, namespace=namespace, deadline=target.deadline
        ),
        Output(output_format, properties),
    )


@click.command("classes", cls=TargetCommand)
@click.argument("host")
@click.argument("class_name", metavar="[CLASS]", required=False)
@click.option("--direct", is_flag=True, help="Leave out subclasses of subclasses.")
@click.option("--pattern", metavar="TEXT", help="What the names must match, with * and ?.")
@namespace_option
@output_option
@target_options
def classes(  # noqa: PLR0913 - one parameter for each option
    target: Target,
    *,
    class_name: str | None,
    direct: bool,
    pattern: str | None,
    namespace: str | None,
    output_format: str,
) -> None:
    """List the names of HOST's classes, or of those below CLASS.

    `mi class` shows how one of them is declared.
    """
    with (
        target.session() as session,
        Output(output_format) as output,
        session.enumerate_classes(
            class_name, names_only=True, deep=not direct, pattern=pattern,
            namespace=namespace, deadline=target.deadline,
        ) as found,
    ):  # fmt: skip
        for one in found:
            output.instance(mi.Instance("meta_class", {"Name": one.name}))


@click.command("namespaces", cls=TargetCommand)
@click.argument("host")
@click.option(
    "-n", "--namespace", metavar="NAME", show_default="root", help="The one to begin with."
)
@output_option
@target_options
def namespaces(target: Target, namespace: str | None, output_format: str) -> None:
    """List the CIM namespaces of HOST; a warning tells of those that cannot be read."""
    with target.session() as session, Output(output_format) as output:
        for name in session.namespaces(namespace=namespace, deadline=target.deadline):
            output.instance(mi.Instance("__NAMESPACE", {"Name": name}))
