"""What the commands that ask for instances share: their options, and how results are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

import mi
from mi.cli.output.formats import FORMATS, Output
from mi.cli.target import Target

__all__ = ["names", "namespace_option", "output_option", "properties_option", "stream"]


def names(given: Iterable[str]) -> tuple[str, ...]:
    """Return the names in texts that hold one or more, parted by commas."""
    parts = (name.strip() for part in given for name in part.split(","))
    return tuple(name for name in parts if name)


output_option = click.option(
    "-o", "--output", "output_format", type=click.Choice(list(FORMATS)), default="table",
    show_default=True, help="How to print.",
)  # fmt: skip
namespace_option = click.option(
    "-n", "--namespace", metavar="NAME", show_default="root/cimv2", help="The CIM namespace."
)
properties_option = click.option(
    "-p", "--properties", metavar="A,B", multiple=True,
    callback=lambda _context, _option, given: names(given),
    help="The properties to print, by commas; __PATH, __CLASS and the like are there too.",
)  # fmt: skip


def stream(
    target: Target, start: Callable[[mi.Session], mi.Operation[Any]], output: Output
) -> None:
    """Print the instances that an operation gives, as they come."""
    # From the inside out: what is open on the server is released first, whatever ends this; then
    # what came is printed; then the session is closed.
    with target.session() as session, output, start(session) as operation:
        for instance in operation:
            output.instance(instance)
