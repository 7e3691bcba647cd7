"""The options of a host become the options of a session, and what is unsafe is said aloud."""

from pathlib import Path
from typing import Any

import pytest

import mi


def _identify(cli: Any, *options: str) -> Any:
    return cli("identify", "server01", *options)


def test_without_options_the_library_s_defaults_hold(cli: Any) -> None:
    assert _identify(cli).err == ""
    protocol, destination, options, _ = cli.session.opened
    assert (protocol, destination) == (None, "server01")
    assert options == mi.DestinationOptions(
        credentials=mi.Credentials.password("ops", "secret"),
        transport="HTTP",
        packet_privacy=True,
    )


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        (["--https"], "transport", "HTTPS"),
        (["--spn", "HTTP/web.lab.example"], "service_principal", "HTTP/web.lab.example"),
        (["--delegate"], "delegation", True),
        (["--port", "1234"], "destination_port", 1234),
        (["--timeout", "2.5"], "timeout", 2.5),
        (["--server-kind", "omi"], "server_kind", mi.ServerKind.OMI),
        (["--no-seal"], "packet_privacy", False),
        (["--no-ca-check"], "cert_ca_check", False),
        (["--connect-to", "10.1.2.3:80"], "connect_to", "10.1.2.3:80"),
        (["--proxy", "http://proxy:3128"], "proxy", "http://proxy:3128"),
        (["--proxy", "auto"], "proxy_type", "Auto"),
        (["--fingerprint", "AB" * 32], "certificate_fingerprint", "ab" * 32),
        (["--tls-name", "web"], "tls_server_name", "web"),
        (["--min-tls", "1.0"], "minimum_tls_version", "1.0"),
        (["--no-name-check"], "cert_cn_check", False),
    ],
)
def test_an_option_of_the_line_is_an_option_of_the_session(
    cli: Any, given: list[str], name: str, value: object
) -> None:
    assert _identify(cli, *given).code == 0
    assert getattr(cli.session.options, name) == value


@pytest.mark.parametrize(("given", "name"), [("--ca-file", "ca_file"), ("--crl-file", "crl_file")])
def test_a_file_of_authorities_or_revocations_must_be_there(
    cli: Any, tmp_path: Path, given: str, name: str
) -> None:
    pem = tmp_path / "some.pem"
    assert _identify(cli, given, str(pem)).code == 2
    pem.touch()
    assert _identify(cli, given, str(pem)).code == 0
    assert getattr(cli.session.options, name) == str(pem)


def test_who_is_asked_for_by_a_proxy_has_a_password_of_its_own(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_PROXY_PASSWORD", "another")
    given = ("--proxy", "http://proxy:3128", "--proxy-user", "me", "--proxy-scheme", "basic")
    assert _identify(cli, *given).code == 0
    own = mi.Credentials.password("me", "another", scheme="Basic")
    assert cli.session.options.proxy_credentials == (own,)
    monkeypatch.delenv("MI_PROXY_PASSWORD")
    result = _identify(cli, *given)
    assert result.code == 2
    assert "MI_PROXY_PASSWORD" in result.err


@pytest.mark.parametrize(
    "given", [("--fingerprint", "abc"), ("--proxy", "http://me:pw@proxy"), ("--spn", "web")]
)
def test_a_value_that_an_option_cannot_have_is_a_usage_error(
    cli: Any, given: tuple[str, str]
) -> None:
    assert _identify(cli, *given).code == 2


def test_the_protocol_is_the_session_s(cli: Any) -> None:
    _identify(cli, "--protocol", "wmidcom")
    assert cli.session.opened[0] == "wmidcom"


@pytest.mark.parametrize(
    ("given", "warning"),
    [
        ("--no-seal", "messages are not sealed"),
        ("--no-ca-check", "the certificate's authority is not checked"),
        ("--no-name-check", "the certificate's name is not checked"),
    ],
)
def test_what_is_unsafe_is_warned_of(cli: Any, given: str, warning: str) -> None:
    result = _identify(cli, given)
    assert result.err.startswith(f"mi: warning: {warning}")


def test_what_the_protocol_passes_over_is_warned_of_and_no_more_of_it(cli: Any) -> None:
    result = _identify(cli, "--protocol", "wmidcom", "--https", "--no-ca-check", "--tls-name", "a")
    assert result.code == 0
    assert result.err == (
        "mi: warning: WMIDCOM passes over what only WINRM knows: --https, --tls-name, --no-ca-check"
        "\n"
    )
    for given in ((), ("--port", "1", "--no-seal", "--connect-to", "a")):
        assert "passes over" not in _identify(cli, "--protocol", "wmidcom", *given).err
    assert "passes over" not in _identify(cli, "--protocol", "winrm", "--https").err


@pytest.mark.parametrize("value", ["0", "-1", "soon"])
def test_a_time_that_is_none_is_refused(cli: Any, value: str) -> None:
    assert _identify(cli, "--timeout", value).code == 2


@pytest.mark.parametrize(
    "refusal", [mi.NotFound("there is no protocol 'X'"), mi.InvalidParameter("no destination")]
)
def test_what_no_session_can_be_made_of_is_a_usage_error(cli: Any, refusal: mi.MIError) -> None:
    cli.session.refusal = refusal
    result = _identify(cli)
    assert result.code == 2
    assert refusal.message in result.err


def test_a_handler_that_lacks_a_piece_is_exit_1(cli: Any) -> None:
    cli.session.refusal = mi.NotSupported("lxml is not installed")
    assert _identify(cli).code == 1


def test_a_session_s_warnings_are_told_and_its_chatter_is_not(cli: Any) -> None:
    class Talkative(mi.Instance):
        pass

    result = _identify(cli)
    callbacks = cli.session.opened[3]
    assert result.err == ""
    callbacks.message(mi.MessageChannel.WARNING, "the server has no schema")
    callbacks.message(mi.MessageChannel.VERBOSE, "connected")
    assert cli().err.startswith("mi: warning: the server has no schema\nUsage")
