"""The command that copies files to a host, or from it."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import click

import mi
from mi.cli.options import with_options
from mi.cli.output.terminal import complain, visible
from mi.cli.remote.copy_bar import CopyBar
from mi.cli.remote.ctrl_c import passing_on
from mi.cli.target import Target, TargetCommand, target_options
from mi.files.manner import CopyKeywords
from mi.files.result import CopyResult

__all__ = ["copy"]

# One letter is a drive of this machine.
_FAR: Final = re.compile(r"(?P<host>\[[^\]]+\]|[^:\\/\[\]]{2,}):(?P<path>.*)\Z", re.DOTALL)
_LEAST_PLACES: Final = 2

_OPTIONS = (
    click.option("-r", "--recursive", is_flag=True,
                 help="Copy folders, with all that is in them."),
    click.option("--resume", is_flag=True,
                 help="Go on with what an earlier try has left, and keep what this one leaves."),
    click.option("-t", "--times", is_flag=True, help="Keep the times of the last change."),
    click.option("-L", "--follow-links", is_flag=True,
                 help="Copy what links in folders lead to; else they are left out."),
    click.option("--parallel", type=click.IntRange(1, 64), metavar="N",
                 show_default="4, of one file 3",
                 help="Files, or parts of one, that may be under way at once."),
    click.option("-v", "--verbose", is_flag=True, help="Name each file."),
)  # fmt: skip


class _Place(NamedTuple):
    """What the command line names; without a host it is on this machine."""

    host: str | None
    path: str

    @classmethod
    def of(cls, text: str) -> _Place:
        found = _FAR.match(text)
        return cls(None, text) if found is None else cls(found["host"], found["path"])


def _hosted(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command that is called with a host be called with the places that name it."""

    @functools.wraps(command)
    def called(*, places: tuple[str, ...], **given: Any) -> None:
        if len(places) < _LEAST_PLACES:
            raise click.UsageError("Say what is to be copied, and then where to.")
        *sources, target = map(_Place.of, places)
        hosts = {one.host for one in sources}
        if len(hosts) > 1 or (None in hosts) is (target.host is None):
            raise click.UsageError(
                "Files go from this machine to one host, or back: one of SOURCE and TARGET is"
                " HOST:PATH."
            )
        command(host=target.host or hosts.pop(), sources=sources, place=target, **given)

    return called


@click.command("copy", cls=TargetCommand)
@click.argument("places", metavar="SOURCE... TARGET", nargs=-1)
@with_options(*_OPTIONS)
@_hosted
@target_options
def copy(
    target: Target, *, sources: list[_Place], place: _Place, verbose: bool, **asked: Any
) -> None:
    r"""Copy files to a host, or from it: `mi copy a.zip server01:C:\temp\a.zip`, or the other way.

    A SOURCE is a file, a folder (--recursive), or a pattern in quotes. A file goes into a folder
    that is there, or ends with a slash, under its own name; what is in a folder goes into the
    folder TARGET. Several go into it, too. Nothing is sent that is there already and the same, and
    each file takes its place only when all of it is there, checked by SHA-256.
    """
    keywords = CopyKeywords(**asked, deadline=target.deadline)  # type: ignore[typeddict-item]
    path = place.path
    if len(sources) > 1 and not path.endswith(("/", "\\")):
        path += "/" if place.host is None else "\\"
    with target.session() as session:
        for source in sources:
            result = _copied(session, source, path, keywords)
            _tell(result, is_verbose=verbose)


def _copied(session: mi.Session, source: _Place, path: str, keywords: CopyKeywords) -> CopyResult:
    with CopyBar() as bar:
        copying = session.new_copy({**keywords, "progress": bar.at})
        run = copying.to_host if source.host is None else copying.from_host
        try:
            with passing_on(copying.stop):
                return run(source.path, path)
        except mi.OperationCancelled as error:
            raise KeyboardInterrupt from error
        except mi.MIError as error:
            error.located(session.destination, "Copy")
            raise


def _tell(result: CopyResult, *, is_verbose: bool) -> None:
    for path in result.left_out:
        complain(f"warning: left out: {path}")
    if is_verbose:
        for file in result.files:
            what = "the same" if file.was_skipped else "copied"
            sys.stdout.write(f"{what}: {visible(file.source)} -> {visible(file.target)}\n")
    sys.stdout.write(
        f"{result.copied} copied, {result.skipped} the same, {result.sent:,} bytes sent in"
        f" {result.seconds:.1f} s\n"
    )
    sys.stdout.flush()
