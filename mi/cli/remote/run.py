"""The command that runs a command of a host in a shell there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

import mi
from mi.cli.options import with_options
from mi.cli.remote.ctrl_c import passing_on
from mi.cli.remote.exit_codes import local_exit_code
from mi.cli.remote.standard_input import forward
from mi.cli.remote.streams import LocalStreams
from mi.cli.target import Target, TargetCommand, target_options

__all__ = ["run", "shell_keywords", "shell_options"]

_UTF_8: Final = 65001

_SHELL_OPTIONS = (
    click.option("-C", "--directory", metavar="PATH", help="Where it begins."),
    click.option("-e", "--env", "environment", metavar="NAME=VALUE", multiple=True,
                 help="A variable that it has besides the user's own; say it again for more."),
    click.option("--codepage", type=click.IntRange(1, 65535), default=_UTF_8, show_default=True,
                 help="In which it writes."),
    click.option("--profile", is_flag=True, help="Load the user's profile first."),
)  # fmt: skip
_OPTIONS = (
    click.option("--raw", is_flag=True,
                 help="Pass its output on byte by byte, line ends and all."),
    click.option("-n", "--no-input", is_flag=True,
                 help="Let it read nothing; else it reads standard input."),
)  # fmt: skip

shell_options = with_options(*_SHELL_OPTIONS)
"""Gives a command the options of a shell, which `shell_keywords` takes."""


def shell_keywords(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of `Session.shell` for what was asked for.

    Raises:
        click.UsageError: a variable is none.
    """
    return {
        "environment": _variables(asked["environment"]) or None,
        "working_directory": asked["directory"],
        "codepage": asked["codepage"],
        "has_profile": asked["profile"],
    }


class _Run(TargetCommand):
    """A command whose own options end where the host's command begins, as those of ssh do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the line; nothing behind COMMAND is an option of `mi`."""
        return super().parse_args(ctx, self._parted(args))

    def _parted(self, words: list[str]) -> list[str]:
        """Return the words with `--` before the second that is neither an option nor its value."""
        is_value, has_host = False, False
        for place, word in enumerate(words):
            if is_value:
                is_value = False
            elif word == "--":
                break
            elif word.startswith("-"):
                is_value = self._wants_next(word)
            elif has_host:
                return [*words[:place], "--", *words[place:]]
            else:
                has_host = True
        return words

    def _wants_next(self, word: str) -> bool:
        """Return whether an option, or several of one letter, has the next word for its value."""
        if word.startswith("--"):
            return self._has_value(word)
        for place, letter in enumerate(word[1:], 2):
            if self._has_value(f"-{letter}"):
                return place == len(word)
        return False

    def _has_value(self, name: str) -> bool:
        return any(
            name in option.opts and not option.is_flag
            for option in self.params
            if isinstance(option, click.Option)
        )


@click.command("run", cls=_Run)
@click.argument("host")
@click.argument("words", metavar="COMMAND [ARGUMENT]...", nargs=-1, required=True,
                type=click.UNPROCESSED)  # fmt: skip
@with_options(*_OPTIONS)
@shell_options
@target_options
def run(
    target: Target,
    *,
    words: tuple[str, ...],
    raw: bool,
    no_input: bool,
    **asked: Any,
) -> None:
    """Run COMMAND on HOST, as in `mi run HOST ipconfig /all`.

    What stands behind COMMAND is its own, options too. COMMAND alone is a command line as cmd has
    it; with arguments, each is quoted. Its output comes here as it is written, and its exit code is
    this command's; one above 255 is 255 where this system has no such codes. Ctrl-C is passed on;
    the second ends the command, the third everything.
    """
    arguments = words[1:] or None
    with (
        target.session() as session,
        session.shell(**shell_keywords(asked)) as shell,
        shell.start(words[0], arguments, **target.limits()) as command,
    ):
        exit_code = _follow(command, None if raw else shell.encoding, reads=not no_input)
    click.get_current_context().exit(local_exit_code(exit_code))


def _follow(command: mi.Command, encoding: str | None, *, reads: bool) -> int | None:
    """Pass on what goes either way, to the end."""
    streams = LocalStreams(encoding)
    with passing_on(command.ctrl_c, command.terminate):
        if reads:
            forward(command)
        else:
            command.stdin.close()
        try:
            for piece in command.output():
                streams.write(piece)
        finally:
            streams.end()
    return command.exit_code


def _variables(given: tuple[str, ...]) -> Mapping[str, str]:
    variables = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise click.UsageError(f"--env {one!r} is not NAME=VALUE")
        variables[name] = value
    return variables
