"""The library's advice in the words of the command line: its options instead of Python's keywords.

The library advises those who call it, and so by the names of its own options. Who typed `mi` cannot
write `packet_privacy=False` anywhere, but `--no-seal`.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Final

import mi

__all__ = ["as_options", "told"]

# What is no option with a value, or one that takes another than Python's.
_PHRASES: Final = {
    "transport='HTTPS'": "--https",
    "transport=, destination_port= and http_url_prefix=": "--https and --port",
    "destination_port= and http_url_prefix=": "--port",
    "packet_privacy=False": "--no-seal",
    "packet_privacy unset": "--no-seal out",
    "cert_ca_check=False": "--no-ca-check",
    "cert_cn_check=False": "--no-name-check",
    "scheme='CredSSP'": "--scheme credssp",
    "proxy_type='Auto'": "--proxy auto",
    "proxy_credentials=mi.Credentials.password(user, password, scheme=…)": "--proxy-user",
    "credentials=mi.Credentials.password(user, password)": "--user",
    "mi.Credentials.password(…) or .keytab(…)": "--user",
    "mi.Credentials.password(…)": "--user and a password",
    "recursive=True, or --recursive": "--recursive",
    "recursive=True": "--recursive",
    "read_existing=True": "--read-existing",
}
_NAMES: Final = {
    "ca_file": "--ca-file",
    "certificate_fingerprint": "--fingerprint",
    "connect_to": "--connect-to",
    "credentials": "--user",
    "crl_file": "--crl-file",
    "deadline": "--deadline",
    "delegation": "--delegate",
    "destination_port": "--port",
    "minimum_tls_version": "--min-tls",
    "namespace": "--namespace",
    "packet_privacy": "--no-seal",
    "protocol": "--protocol",
    "proxy": "--proxy",
    "proxy_credentials": "--proxy-user",
    "scheme": "--scheme",
    "server_kind": "--server-kind",
    "service_principal": "--spn",
    "timeout": "--timeout",
    "tls_server_name": "--tls-name",
}
# What only a program can say.
_PROGRAMS_ALONE: Final = frozenset({*mi.DestinationOptions.names, "keytab_file"} - _NAMES.keys())
# Each run of `mi` is a new session.
_SESSIONS: Final = re.compile(
    r" ?(?:To spare the account, this|This) session does not [a-z ]+: make a new one\."
)
_WORDS: Final = re.compile(
    rf"(?P<phrase>{'|'.join(map(re.escape, _PHRASES))})"
    rf"|(?<![\w.-])(?P<name>{'|'.join(sorted({*_NAMES, *_PROGRAMS_ALONE}, key=len, reverse=True))})"
    r"=(?:'(?P<value>[^']*)'|True|False)?"
)

# A value that cannot be: the message begins with the option's name.
_SUBJECT: Final = re.compile(rf"\A({'|'.join(_NAMES)})(?= is )")


def as_options(advice: str) -> str:
    """Return `advice` with the command line's options where it has Python's keywords."""
    return _WORDS.sub(_option, _SESSIONS.sub("", advice))


def _option(found: re.Match[str]) -> str:
    if found["phrase"]:
        return _PHRASES[found["phrase"]]
    option = _NAMES.get(found["name"])
    if option is None:
        return f"{found[0]} (in Python)"
    return option if found["value"] is None else f"{option} {found['value']}"


def told(error: mi.MIError) -> str:
    """Return what is said of an error on the command line."""
    shown = copy(error)
    if isinstance(error, mi.InvalidParameter):
        shown.message = _SUBJECT.sub(lambda found: _NAMES[found[0]], error.message, count=1)
    shown.advice = as_options(error.advice) if error.advice else None
    return str(shown)
