"""Several options as one decorator."""

import click
from click.testing import CliRunner

from mi.cli.options import with_options

_OPTIONS = with_options(click.option("--first", is_flag=True), click.option("--second"))


@click.command()
@_OPTIONS
def one(first: bool, second: str | None) -> None:
    click.echo(f"{first} {second}")


@click.command()
@_OPTIONS
def other(**given: object) -> None:
    click.echo(str(sorted(given)))


def test_a_command_has_each_of_them() -> None:
    assert CliRunner().invoke(one, ["--first", "--second", "x"]).output == "True x\n"
    assert CliRunner().invoke(other, []).output == "['first', 'second']\n"


def test_its_help_lists_them_in_their_order() -> None:
    shown = CliRunner().invoke(one, ["--help"]).output
    assert shown.index("--first") < shown.index("--second") < shown.index("--help")
