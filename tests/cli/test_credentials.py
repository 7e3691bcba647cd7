"""A password comes from a file, the environment or a prompt, and from nowhere else."""

import io
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import mi


def _credentials(cli: Any, *options: str, **keywords: Any) -> Any:
    result = cli("identify", "server01", *options, **keywords)
    assert result.code == 0, result.err
    return cli.session.options.credentials


@pytest.fixture(autouse=True)
def _nobody(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start with neither user nor password in the environment."""
    monkeypatch.delenv("MI_USER")
    monkeypatch.delenv("MI_PASSWORD")


def test_without_a_user_it_is_a_usage_error_that_says_how_to_name_one(cli: Any) -> None:
    result = cli("identify", "server01")
    assert result.code == 2
    assert "Who are you on server01? Say it by --user, or MI_USER." in result.err


def test_a_protocol_that_is_named_may_need_no_user(cli: Any) -> None:
    assert _credentials(cli, "--protocol", "WMIDCOM") is None


def test_the_password_may_be_the_first_line_of_a_file(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("gr\u00fc\u00df dich \r\nnot this\n", encoding="utf-8")
    [credentials] = _credentials(cli, "--user", "CONTOSO\\ops", "--password-file", str(file))
    assert credentials == mi.Credentials.password("CONTOSO\\ops", "gr\u00fc\u00df dich ")


def test_a_password_file_of_one_dash_is_standard_input(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("secret\n"))
    [credentials] = _credentials(cli, "-u", "ops", "--password-file", "-")
    assert credentials.reveal() == "secret"


def test_the_user_and_the_password_may_be_in_the_environment(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_USER", "ops@contoso.example")
    monkeypatch.setenv("MI_PASSWORD", "secret")
    monkeypatch.setenv("MI_PORT", "4321")
    [credentials] = _credentials(cli)
    assert credentials == mi.Credentials.password("ops@contoso.example", "secret")
    assert cli.session.options.destination_port == 4321


def test_a_file_goes_before_the_environment(
    cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MI_PASSWORD", "old")
    (tmp_path / "password").write_text("new")
    [credentials] = _credentials(cli, "-u", "ops", "--password-file", str(tmp_path / "password"))
    assert credentials.reveal() == "new"


def test_the_password_is_asked_for_on_a_terminal_without_echo(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "secret"

    monkeypatch.setattr(click.termui, "hidden_prompt_func", ask)
    [credentials] = _credentials(cli, "-u", "ops", terminals="stdin")
    assert credentials.reveal() == "secret"
    assert len(asked) == 1


def test_without_a_password_and_a_terminal_it_is_a_usage_error_that_names_both_ways(
    cli: Any,
) -> None:
    result = cli("identify", "server01", "--user", "ops")
    assert result.code == 2
    assert "set MI_PASSWORD or use --password-file" in " ".join(result.err.split())


def test_a_password_file_without_a_user_is_a_usage_error(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "password").touch()
    result = cli(
        "identify", "server01", "--protocol", "X", "--password-file", str(tmp_path / "password")
    )
    assert (result.code, "needs --user" in result.err) == (2, True)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["absent", "not text"])
def test_a_password_file_that_cannot_be_read_is_a_usage_error(
    cli: Any, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    result = cli("identify", "server01", "--user", "ops", "--password-file", str(file))
    assert (result.code, "--password-file" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("negotiate", mi.Scheme.NEGOTIATE),
        ("Kerberos", mi.Scheme.KERBEROS),
        ("NTLM", mi.Scheme.NTLM_DOMAIN),
        ("credssp", mi.Scheme.CRED_SSP),
        ("digest", mi.Scheme.DIGEST),
        ("basic", mi.Scheme.BASIC),
    ],
)
def test_the_scheme_is_the_credentials(
    cli: Any, monkeypatch: pytest.MonkeyPatch, text: str, scheme: mi.Scheme
) -> None:
    monkeypatch.setenv("MI_PASSWORD", "secret")
    [credentials] = _credentials(cli, "-u", "ops", "--scheme", text)
    assert credentials.scheme is scheme


def test_with_kerberos_whoever_has_a_ticket_needs_no_name_and_no_password(cli: Any) -> None:
    [credentials] = _credentials(cli, "--scheme", "kerberos")
    assert credentials == mi.Credentials.current_user("Kerberos")
