"""Where the command line takes a password from: a file, the environment or a prompt.

Never from an argument: those are seen by every user of the machine, and kept in the history.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

import mi

__all__ = ["PROXY_SCHEMES", "SCHEMES", "credentials", "proxy_credentials"]

SCHEMES = {
    "negotiate": mi.Scheme.NEGOTIATE,
    "kerberos": mi.Scheme.KERBEROS,
    "ntlm": mi.Scheme.NTLM_DOMAIN,
    "credssp": mi.Scheme.CRED_SSP,
    "digest": mi.Scheme.DIGEST,
    "basic": mi.Scheme.BASIC,
}
"""What `--scheme` may say."""

PROXY_SCHEMES = {name: SCHEMES[name] for name in ("negotiate", "digest", "basic")}
"""What `--proxy-scheme` may say."""

_VARIABLE = "MI_PASSWORD"
_PROXY_VARIABLE = "MI_PROXY_PASSWORD"
_STANDARD_INPUT = "-"


def credentials(user: str | None, scheme: str, password_file: str | None) -> mi.Credentials | None:
    """Return the credentials of `user`, or None where no user is named.

    With Kerberos that is whoever has a ticket.

    Raises:
        click.UsageError: a password is needed and there is no way to get it.
    """
    if user is None:
        if password_file is not None:
            raise click.UsageError("--password-file needs --user, or MI_USER, beside it.")
        is_ticket = SCHEMES[scheme] is mi.Scheme.KERBEROS
        return mi.Credentials.current_user(mi.Scheme.KERBEROS) if is_ticket else None
    return mi.Credentials.password(user, _password(user, password_file), scheme=SCHEMES[scheme])


def proxy_credentials(user: str | None, scheme: str) -> mi.Credentials | None:
    """Return the credentials of `user` for a proxy, or None where no user is named.

    Raises:
        click.UsageError: there is no way to get the password.
    """
    if user is None:
        return None
    password = _found(f"{user} at the proxy", _PROXY_VARIABLE, f"set {_PROXY_VARIABLE}")
    return mi.Credentials.password(user, password, scheme=PROXY_SCHEMES[scheme])


def _password(user: str, password_file: str | None) -> str:
    if password_file is not None:
        return _first_line(password_file)
    return _found(user, _VARIABLE, f"set {_VARIABLE} or use --password-file")


def _found(whose: str, variable: str, remedy: str) -> str:
    """Return a password out of the environment, or from the terminal."""
    from_environment = os.environ.get(variable)
    if from_environment is not None:
        return from_environment
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"There is no password for {whose}, and no terminal to ask on: {remedy}."
        )
    answer: str = click.prompt(f"Password for {whose}", hide_input=True, err=True)
    return answer


def _first_line(password_file: str) -> str:
    """Return the file's first line: editors end a file by a line break nobody means."""
    try:
        if password_file == _STANDARD_INPUT:
            return sys.stdin.readline().rstrip("\r\n")
        with Path(password_file).open(encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise click.UsageError(f"--password-file {password_file}: {reason}") from error
