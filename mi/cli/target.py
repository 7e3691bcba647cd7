"""The host that a command talks to: its options on the command line, and its session."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, TypedDict

import click

import mi
from mi.cli.advice import told
from mi.cli.credentials import PROXY_SCHEMES, SCHEMES, credentials, proxy_credentials
from mi.cli.options import with_options
from mi.cli.output.terminal import complain
from mi.network_options import TLS_VERSIONS

__all__ = ["Limits", "Target", "TargetCommand", "target_options"]

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
    click.option("--spn", metavar="SERVICE/host",
                 help="The host's Kerberos name, where it is not made from HOST."),
    click.option("--delegate", is_flag=True,
                 help="Let the host act for you towards others, by Kerberos."),
    click.option("--protocol", metavar="NAME",
                 help="The protocol handler: WINRM, WMIDCOM or one that is installed.",
                 show_default="WINRM"),
    click.option("--https", is_flag=True, help="Use TLS."),
    click.option("--port", type=click.IntRange(1, 65535), metavar="N", envvar="MI_PORT",
                 show_envvar=True, help="The port.",
                 show_default="5985, with --https 5986, of WMIDCOM 135"),
    click.option("--connect-to", metavar="HOST[:PORT]",
                 help="Where it is reached, while HOST stays its name."),
    click.option("--proxy", metavar="URL|auto",
                 help="A proxy on the way: http://host:port, or auto for the environment's."),
    click.option("--proxy-user", metavar="NAME",
                 help="Who you are for the proxy; MI_PROXY_PASSWORD is the password, or it is "
                      "asked for."),
    click.option("--proxy-scheme", type=click.Choice(sorted(PROXY_SCHEMES), case_sensitive=False),
                 default="negotiate", show_default=True,
                 help="How to authenticate to the proxy; negotiate is NTLM there."),
    click.option("--ca-file", type=_EXISTING_FILE, help="PEM file of the authorities to trust."),
    click.option("--fingerprint", metavar="SHA256",
                 help="Trust the certificate that has it, and no other."),
    click.option("--crl-file", type=_EXISTING_FILE,
                 help="PEM file of the authorities' lists of revoked certificates."),
    click.option("--tls-name", metavar="NAME", show_default="HOST",
                 help="The name that the certificate must have."),
    click.option("--min-tls", type=click.Choice(TLS_VERSIONS), show_default="1.2",
                 help="The oldest TLS to speak; 1.0 takes weak ciphers and keys, too."),
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
# MI has handlers pass over what they do not know; on a command line somebody meant something by it.
_WINRMS_OWN = (
    "https", "proxy_user", "ca_file", "fingerprint", "crl_file", "tls_name", "min_tls",
    "no_ca_check", "no_name_check", "server_kind",
)  # fmt: skip
_DOCTORS_DEADLINE = 60.0  # Application.diagnose's own
_OWN = "Options"
_SHARED = "Options of the way to HOST"


class Limits(TypedDict, total=False):
    """The time limits that were given, in seconds."""

    timeout: float
    deadline: float


@dataclass(frozen=True, slots=True)
class Target:
    """What the command line says of the host and of the way to it; one field for each option."""

    host: str
    user: str | None
    password_file: str | None
    scheme: str
    spn: str | None
    delegate: bool
    protocol: str | None
    https: bool
    port: int | None
    connect_to: str | None
    proxy: str | None
    proxy_user: str | None
    proxy_scheme: str
    ca_file: str | None
    fingerprint: str | None
    crl_file: str | None
    tls_name: str | None
    min_tls: str | None
    no_ca_check: bool
    no_name_check: bool
    no_seal: bool
    server_kind: str | None
    timeout: float | None
    deadline: float | None

    def options(self, *, needs_user: bool = True) -> mi.DestinationOptions:
        """Return the destination's options; asks for the password if one is needed.

        Raises:
            click.UsageError: no user is named. What a protocol that is named itself needs, its
                handler says.
            mi.InvalidParameter: an option has a value that it cannot have.
        """
        who = credentials(self.user, self.scheme, self.password_file)
        if who is None and self.protocol is None and needs_user:
            raise click.UsageError(f"Who are you on {self.host}? Say it by --user, or MI_USER.")
        given: dict[str, Any] = {
            "credentials": who,
            "service_principal": self.spn,
            "delegation": True if self.delegate else None,
            "transport": "HTTPS" if self.https else "HTTP",
            "destination_port": self.port,
            "connect_to": self.connect_to,
            **self._proxy(),
            "ca_file": self.ca_file,
            "cert_ca_check": False if self.no_ca_check else None,
            "cert_cn_check": False if self.no_name_check else None,
            "certificate_fingerprint": self.fingerprint,
            "crl_file": self.crl_file,
            "tls_server_name": self.tls_name,
            "minimum_tls_version": self.min_tls,
            "packet_privacy": not self.no_seal,
            "server_kind": self.server_kind,
            "timeout": self.timeout,
        }
        # An option that is not given is not set: its default is the library's to know, and a
        # time-out of None would be one without end.
        return mi.DestinationOptions(
            **{name: value for name, value in given.items() if value is not None}
        )

    def limits(self) -> Limits:
        """Return the time limits that were given, for what may otherwise go on for ever."""
        limits = Limits()
        if self.timeout is not None:
            limits["timeout"] = self.timeout
        if self.deadline is not None:
            limits["deadline"] = self.deadline
        return limits

    def _proxy(self) -> dict[str, Any]:
        is_auto = (self.proxy or "").lower() == "auto"
        return {
            "proxy": None if is_auto else self.proxy,
            "proxy_type": "Auto" if is_auto else None,
            "proxy_credentials": proxy_credentials(self.proxy_user, self.proxy_scheme),
        }

    def diagnose(self) -> mi.Diagnosis:
        """Find out what is wrong on the way to the host.

        Raises:
            click.UsageError: the protocol or the destination cannot be used.
        """
        with mi.Application() as application:
            try:
                return application.diagnose(
                    self.host,
                    self.options(needs_user=False),
                    protocol=self.protocol,
                    deadline=self.deadline or _DOCTORS_DEADLINE,
                )
            except (mi.NotFound, mi.InvalidParameter) as error:
                raise click.UsageError(told(error)) from error

    @contextmanager
    def session(self) -> Iterator[mi.Session]:
        """Open a session to the host; at the end, release what is open there and close it.

        Raises:
            click.UsageError: the protocol or the destination cannot be used.
        """
        for warning in self._warnings():
            complain(f"warning: {warning}")
        with mi.Application() as application, self._open(application) as session:
            yield session

    def _warnings(self) -> Iterator[str]:
        is_dcom = (self.protocol or "").upper() == "WMIDCOM"
        passed_over = [name for name in _WINRMS_OWN if is_dcom and getattr(self, name)]
        if passed_over:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in passed_over)
            yield f"WMIDCOM passes over what only WINRM knows: {options}"
        for name, warning in _UNSAFE.items():
            if getattr(self, name) and name not in passed_over:
                yield warning

    def _open(self, application: mi.Application) -> mi.Session:
        callbacks = mi.SessionCallbacks(write_message=_tell)
        try:
            return application.new_session(self.protocol, self.host, self.options(), callbacks)
        except (mi.NotFound, mi.InvalidParameter) as error:  # no host was asked: it is the line
            raise click.UsageError(told(error)) from error


def _tell(channel: int, text: str) -> None:
    if channel == mi.MessageChannel.WARNING:
        complain(f"warning: {text}")


class TargetCommand(click.Command):
    """A command whose help has its own options apart from those that every such command has."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options into the help."""
        shared = {field.name for field in fields(Target)}
        sections: dict[str, list[tuple[str, str]]] = {_OWN: [], _SHARED: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if isinstance(parameter, click.Option) and record is not None:
                sections[_SHARED if parameter.name in shared else _OWN].append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def target_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options above; it is called with a `Target` for them and `host`."""

    @functools.wraps(function)
    def command(**given: Any) -> None:
        named = {field.name: given.pop(field.name) for field in fields(Target)}
        function(Target(**named), **given)

    return with_options(*_OPTIONS)(command)
