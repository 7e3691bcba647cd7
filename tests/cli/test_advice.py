"""What the library advises, in the words of the command line."""

import re
from dataclasses import fields
from typing import Any

import click
import pytest

import mi
from mi.cli.advice import _NAMES, _PHRASES, as_options, told
from mi.cli.commands import COMMANDS, program
from mi.cli.target import Target

_CONTEXT = click.Context(program)
_OPTIONS = {
    option
    for name in COMMANDS
    for parameter in getattr(program.get_command(_CONTEXT, name), "params", [])
    for option in parameter.opts
}


@pytest.mark.parametrize("words", [*_PHRASES.values(), *_NAMES.values()])
def test_every_option_that_it_speaks_of_is_one(words: str) -> None:
    assert set(re.findall(r"--[a-z-]+", words)) <= _OPTIONS


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        (
            "Use transport='HTTPS', or packet_privacy=False if that does no harm.",
            "Use --https, or --no-seal if that does no harm.",
        ),
        ("Leave packet_privacy unset, or use HTTPS.", "Leave --no-seal out, or use HTTPS."),
        ("Give the port as destination_port=.", "Give the port as --port."),
        ("Raise timeout= if it needs longer.", "Raise --timeout if it needs longer."),
        ("Use protocol='WINRM' for this server.", "Use --protocol WINRM for this server."),
        (
            "Log on with scheme='CredSSP', or Kerberos and delegation=True: or not.",
            "Log on with --scheme credssp, or Kerberos and --delegate: or not.",
        ),
        (
            "If it is the right one, pin it: certificate_fingerprint='AB:CD'.",
            "If it is the right one, pin it: --fingerprint AB:CD.",
        ),
        ("Get one with kinit, or pass mi.Credentials.password(…) or .keytab(…).",
         "Get one with kinit, or pass --user."),
        (
            "Name the host, or say its Kerberos name by service_principal=.",
            "Name the host, or say its Kerberos name by --spn.",
        ),
        (
            "Say encode_port_in_spn=True, or keytab_file=.",
            "Say encode_port_in_spn=True (in Python), or keytab_file= (in Python).",
        ),
        ("SHA-256 with qop=auth is known; --timeout=3 stays.",
         "SHA-256 with qop=auth is known; --timeout=3 stays."),
    ],
)  # fmt: skip
def test_a_keyword_is_the_option_that_says_the_same(advice: str, said: str) -> None:
    assert as_options(advice) == said


@pytest.mark.parametrize(
    "ending",
    [
        " To spare the account, this session does not send them again: make a new one.",
        " This session does not try again: make a new one.",
    ],
)
def test_who_has_one_session_for_each_run_is_told_of_no_new_one(ending: str) -> None:
    assert as_options("Check the user name." + ending) == "Check the user name."


def test_an_error_keeps_its_own_advice() -> None:
    error = mi.OperationTimeout("the timeout of 1 s passed", advice="Raise timeout=.")
    assert told(error.located("server01", "Get")) == (
        "server01: Get: the timeout of 1 s passed. Raise --timeout."
    )
    assert error.advice == "Raise timeout=."
    assert told(mi.MIError("no more")) == "no more"


def test_a_value_that_cannot_be_is_one_of_the_option(cli: Any) -> None:
    result = cli("identify", "server01", "--fingerprint", "AB")
    assert result.code == 2
    assert "--fingerprint is the 64 hexadecimal digits" in result.err
    assert told(mi.InvalidParameter("the namespace is empty")) == "the namespace is empty"


def test_every_option_of_the_way_to_a_host_has_its_word() -> None:
    asked = {field.name: None for field in fields(Target)} | {
        "host": "server01", "user": None, "scheme": "kerberos", "spn": "HTTP/a",
        "delegate": True, "https": True, "port": 1,
        "connect_to": "a", "proxy": "http://p:1", "ca_file": "f", "fingerprint": "AB" * 32,
        "crl_file": "f", "tls_name": "n", "min_tls": "1.2", "no_ca_check": True,
        "no_name_check": True, "no_seal": True, "server_kind": "omi", "timeout": 1.0,
    }  # fmt: skip
    options = Target(**asked).options()  # type: ignore[arg-type]
    for name in options.names:
        value = getattr(options, name)
        if value is not None:
            said: Any = f"{name}={value!r}" if isinstance(value, bool) else f"{name}="
            if name == "transport":
                said = "transport='HTTPS'"
            assert as_options(said).startswith("--"), name


def test_what_an_error_advises_is_told_by_options(cli: Any) -> None:
    error = mi.AccessDenied("it would be sent in clear", advice="Use transport='HTTPS'.")
    result = cli("identify", "server01", answer=error.located("server01", "TestConnection"))
    assert result.err == (
        "mi: error: server01: TestConnection: it would be sent in clear. Use --https.\n"
    )


def test_what_is_wrong_with_the_line_is_told_by_options(cli: Any) -> None:
    cli.session.refusal = mi.InvalidParameter(
        "no host", advice="Give the port as destination_port=."
    )
    result = cli("identify", "server01:1")
    assert result.code == 2
    assert result.err.endswith("Error: no host. Give the port as --port.\n")
