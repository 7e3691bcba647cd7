"""The command that follows events: those of the event log, or what a WQL query asks to be told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

import mi
from mi.cli.asking import properties_option
from mi.cli.bookmark_file import BookmarkFile
from mi.cli.options import with_options
from mi.cli.output.formats import EVENT_FORMATS, Output
from mi.cli.target import Limits, Target, TargetCommand, target_options

__all__ = ["events"]

_COLUMNS = ("TimeCreated", "Channel", "EventID", "Level", "ProviderName")
_OPTIONS = (
    click.option("-q", "--query", metavar="WQL",
                 help='Follow what WMI tells instead, as in "SELECT * FROM __InstanceCreationEvent'
                      " WITHIN 5 WHERE TargetInstance ISA 'Win32_Process'\"."),
    click.option("-f", "--follow", is_flag=True, help="Go on with what is yet to be written."),
    click.option("--bookmark", metavar="FILE",
                 help="Go on where the last run that had FILE ended, and keep in it how far this "
                      "one has got."),
    click.option("--read-existing", is_flag=True,
                 help="With --follow, where there is no bookmark yet: begin with the oldest."),
    click.option("--raw", is_flag=True, help="Do not let the host put the messages together."),
    click.option("--ignore-channel-errors", is_flag=True,
                 help="Pass over channels that cannot be read."),
    click.option("-c", "--count", type=click.IntRange(1), metavar="N", help="End after N events."),
    click.option("-n", "--namespace", metavar="NAME", show_default="root/cimv2",
                 help="The CIM namespace of a query."),
    properties_option,
    click.option("-o", "--output", "output_format", type=click.Choice(list(EVENT_FORMATS)),
                 default="lines", show_default=True, help="How to print."),
)  # fmt: skip

_Start = Callable[[mi.Session], mi.Operation[mi.Indication]]


@click.command("events", cls=TargetCommand)
@click.argument("host")
@click.argument("channels", metavar="[CHANNEL]...", nargs=-1)
@with_options(*_OPTIONS)
@target_options
def events(  # noqa: PLR0913 - one parameter for each option that is used here
    target: Target,
    *,
    channels: tuple[str, ...],
    query: str | None,
    count: int | None,
    properties: tuple[str, ...],
    output_format: str,
    **asked: Any,
) -> None:
    """Print the events of each CHANNEL of HOST's event log, or what a WQL query tells.

    Without --follow, what is there, and end. A query follows until Ctrl-C or --count.
    """
    if bool(channels) is (query is not None):
        raise click.UsageError("Name a channel, such as System, or give a --query: one of the two.")
    kept = None if asked["bookmark"] is None else BookmarkFile(asked["bookmark"])
    if query is None:
        start = _log(channels, kept, target.limits(), asked)
        last = "EventData" if asked["raw"] else "Message"
        usual = (*_COLUMNS, last) if output_format == "lines" else ()
    elif kept is None:
        start, usual = _query(query, asked["namespace"], target.limits()), ()
    else:
        raise click.UsageError("--bookmark is for the event log: WMI keeps no events.")
    output = Output(output_format, properties or usual, formats=EVENT_FORMATS)
    _print(target, start, output, count, kept)


def _log(
    channels: tuple[str, ...],
    kept: BookmarkFile | None,
    limits: Limits,
    asked: dict[str, Any],
) -> _Start:
    bookmark = None if kept is None else kept.read()
    return lambda session: session.subscribe_event_log(
        channels,
        bookmark,
        read_existing=asked["read_existing"] or not asked["follow"],
        rendered_text=not asked["raw"],
        ignore_channel_errors=asked["ignore_channel_errors"],
        follow=asked["follow"],
        **limits,
    )


def _query(query: str, namespace: str | None, limits: Limits) -> _Start:
    return lambda session: session.subscribe(query, namespace=namespace, **limits)


def _print(
    target: Target,
    start: _Start,
    output: Output,
    count: int | None,
    kept: BookmarkFile | None,
) -> None:
    # From the inside out: the subscription is ended first, whatever ends this.
    with target.session() as session, output, start(session) as operation:
        for number, indication in enumerate(operation, 1):
            output.instance(indication.instance)
            sys.stdout.flush()
            # Only now, so that an event whose bookmark is kept has been printed.
            if kept is not None:
                kept.save(indication.bookmark)
            if number == count:
                break
