"""The commands that change something on a host: instances, and what methods do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

import mi
from mi.cli.asking import namespace_option, output_option
from mi.cli.assignments import ASSIGNMENT, Assignment, assigned
from mi.cli.output.formats import Output
from mi.cli.output.terminal import complain
from mi.cli.target import Target, TargetCommand, target_options

__all__ = ["create", "delete", "invoke", "modify"]

_values = click.argument("values", metavar="[NAME=VALUE]...", nargs=-1, type=ASSIGNMENT)
_some_values = click.argument(
    "values", metavar="NAME=VALUE...", nargs=-1, type=ASSIGNMENT, required=True
)


def _declared(
    session: mi.Session, target: Target, class_name: str, namespace: str | None
) -> mi.Class | None:
    """Return the declaration of a class, or None from a host that declares none."""
    try:
        return session.get_class(class_name, namespace=namespace, deadline=target.deadline)
    except mi.NotSupported:
        return None


def _types(members: Mapping[str, Any]) -> dict[str, mi.CimType]:
    return {name: member.type for name, member in members.items()}


@click.command("create", cls=TargetCommand)
@click.argument("host")
@click.argument("class_name", metavar="CLASS")
@_values
@namespace_option
@target_options
def create(
    target: Target, class_name: str, values: tuple[Assignment, ...], namespace: str | None
) -> None:
    """Make an instance of CLASS on HOST, and print its path.

    A VALUE is read as the class declares it: NAME=TEXT, once more for each further value of an
    array, or NAME:=JSON.
    """
    with target.session() as session:
        declared = _declared(session, target, class_name, namespace)
        types = None if declared is None else _types(declared.properties)
        instance = mi.Instance(class_name, assigned(values, types))
        made = session.create_instance(instance, namespace=namespace, deadline=target.deadline)
    click.echo(made.path)


@click.command("modify", cls=TargetCommand)
@click.argument("host")
@click.argument("path")
@_some_values
@namespace_option
@target_options
def modify(
    target: Target, path: str, values: tuple[Assignment, ...], namespace: str | None
) -> None:
    r"""Write values into the instance of HOST that PATH names.

    A VALUE is read as the class declares it: NAME=TEXT, once more for each further value of an
    array, or NAME:=JSON, as in NAME:=null.
    """
    key = mi.Instance.from_path(path)
    with target.session() as session:
        instance = session.get_instance(key, namespace=namespace, deadline=target.deadline)
        types = {one.name: one.type for one in instance.elements() if one.type is not None}
        instance.update(assigned(values, types if instance.is_typed else None))
        session.modify_instance(instance, namespace=namespace, deadline=target.deadline)


@click.command("delete", cls=TargetCommand)
@click.argument("host")
@click.argument("path")
@namespace_option
@target_options
def delete(target: Target, path: str, namespace: str | None) -> None:
    r"""Take the instance of HOST away that PATH names, as in 'Win32_Share.Name="old"'."""
    key = mi.Instance.from_path(path)
    with target.session() as session:
        session.delete_instance(key, namespace=namespace, deadline=target.deadline)


@click.command("invoke", cls=TargetCommand)
@click.argument("host")
@click.argument("path_or_class", metavar="PATH|CLASS")
@click.argument("method")
@_values
@click.option("--check", is_flag=True, help="Fail where the return value is not 0.")
@namespace_option
@output_option
@target_options
def invoke(  # noqa: PLR0913 - one parameter for each option
    target: Target,
    *,
    path_or_class: str,
    method: str,
    values: tuple[Assignment, ...],
    check: bool,
    namespace: str | None,
    output_format: str,
) -> None:
    r"""Call a METHOD of HOST, and print what comes out of it.

    It is one of an instance, as in 'Win32_Service.Name="Spooler"' StartService, or a static one of
    a class, as in Win32_Process Create CommandLine=notepad.exe.
    """
    is_path = "=" in path_or_class
    on = mi.Instance.from_path(path_or_class) if is_path else path_or_class
    class_name = on.class_name if isinstance(on, mi.Instance) else on
    where = on.namespace if isinstance(on, mi.Instance) and namespace is None else namespace
    with target.session() as session:
        declared = _declared(session, target, class_name, where)
        called = None if declared is None else declared.methods.get(method)
        types = None if called is None else _types(called.parameters)
        result = session.invoke(
            on, method, assigned(values, types), namespace=where, deadline=target.deadline
        )
    with Output(output_format, is_single=True) as output:
        output.instance(_shown(method, result, types or {}))
    if check:
        result.check()
    elif result.meaning is not None and result.return_value:
        complain(f"{result.method} returned {result.return_value}: {result.meaning}")


def _shown(method: str, result: mi.MethodResult, types: Mapping[str, mi.CimType]) -> mi.Instance:
    """Return what came out as an instance, which is what can be printed."""
    shown = mi.Instance(method)
    shown.add("ReturnValue", result.return_value)
    for name, value in result.out.items():
        shown.add(name, value, type=types.get(name) if result.is_typed else None)
    return shown
