"""The host that a command talks to: its options on the command line, and its session."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import click

import mi
from mi.cli.credentials import SCHEMES, credentials
from mi.cli.output.terminal import complain

__all__ = ["Target", "target_options"]

_SECONDS = click.FloatRange(min=0, min_open=True)
_EXISTING_FILE = click.Path(exists=True, dir_okay=False)

_OPTIONS = (
    click.option("-u", "--user", envvar="MI_USER", show_envvar=True,
                 help=r"DOMAIN\user, user@realm, .\user or user."),
    click.option("--password-file", type=click.Path(dir_okay=False, allow_dash=True),
                 help="Its first line is the password; - is standard input. Else MI_PASSWORD is "
                      "the password, and without that it is asked for."),
    click.option("--scheme", type=click.Choice(sorted(SCHEMES), case_sensitive=False),
                 default="negotiate", show_default=True, help="How to authenticate."),
    click.option("--protocol", metavar="NAME",
                 help="The protocol handler: WINRM, WMIDCOM or one that is installed.",
                 show_default="WINRM"),
    click.option("--https", is_flag=True, help="Use TLS."),
    click.option("--port", type=click.IntRange(1, 65535), metavar="N", envvar="MI_PORT",
                 show_envvar=True, help="The port.", show_default="5985, with --https 5986"),
    click.option("--ca-file", type=_EXISTING_FILE, help="PEM file of the authorities to trust."),
    click.option("--no-ca-check", is_flag=True, help="Trust a certificate of any authority."),
    click.option("--no-name-check", is_flag=True, help="Trust a certificate of any name."),
    click.option("--no-seal", is_flag=True, help="Allow messages that anybody can read."),
    click.option("--server-kind", type=click.Choice([str(kind) for kind in mi.ServerKind]),
                 help="What the host is, where that is no Windows."),
    click.option("--timeout", type=_SECONDS, metavar="SECONDS", show_default="60",
                 help="The longest wait for each answer."),
    click.option("--deadline", type=_SECONDS, metavar="SECONDS", show_default="none",
                 help="The longest that all of it may take."),
)  # fmt: skip

_UNSAFE = {
    "no_seal": "messages are not sealed: whoever sees the network can read and change them",
    "no_ca_check": "the certificate's authority is not checked: it may be anybody's",
    "no_name_check": "the certificate's name is not checked: it may be another host's",
}


@dataclass(frozen=True, slots=True)
class Target:
    """What the command line says of the host and of the way to it; one field for each option."""

    host: str
    user: str | None
    password_file: str | None
    scheme: str
    protocol: str | None
    https: bool
    port: int | None
    ca_file: str | None
    no_ca_check: bool
    no_name_check: bool
    no_seal: bool
    server_kind: str | None
    timeout: float | None
    deadline: float | None

    def options(self) -> mi.DestinationOptions:
        """Return the destination's options; asks for the password if one is needed.

        Raises:
            click.UsageError: no user is named. What a protocol that is named itself needs, its
                handler says.
        """
        who = credentials(self.user, self.scheme, self.password_file)
        if who is None and self.protocol is None:
            raise click.UsageError(f"Who are you on {self.host}? Say it by --user, or MI_USER.")
        given: dict[str, Any] = {
            "credentials": who,
            "transport": "HTTPS" if self.https else "HTTP",
            "destination_port": self.port,
            "ca_file": self.ca_file,
            "cert_ca_check": not self.no_ca_check,
            "cert_cn_check": not self.no_name_check,
            "packet_privacy": not self.no_seal,
            "server_kind": self.server_kind,
            "timeout": self.timeout,
        }
        # An option that is not given is not set: its default is the library's to know, and a
        # time-out of None would be one without end.
        return mi.DestinationOptions(
            **{name: value for name, value in given.items() if value is not None}
        )

    @contextmanager
    def session(self) -> Iterator[mi.Session]:
        """Open a session to the host; at the end, release what is open there and close it.

        Raises:
            click.UsageError: the protocol or the destination cannot be used.
        """
        for name, warning in _UNSAFE.items():
            if getattr(self, name):
                complain(f"warning: {warning}")
        with mi.Application() as application, self._open(application) as session:
            yield session

    def _open(self, application: mi.Application) -> mi.Session:
        callbacks = mi.SessionCallbacks(write_message=_tell)
        try:
            return application.new_session(self.protocol, self.host, self.options(), callbacks)
        except (mi.NotFound, mi.InvalidParameter) as error:  # no host was asked: it is the line
            raise click.UsageError(str(error)) from error


def _tell(channel: int, text: str) -> None:
    if channel == mi.MessageChannel.WARNING:
        complain(f"warning: {text}")


def target_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options above; it is called with a `Target` for them and `host`."""

    @functools.wraps(function)
    def command(**given: Any) -> None:
        named = {field.name: given.pop(field.name) for field in fields(Target)}
        function(Target(**named), **given)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command
