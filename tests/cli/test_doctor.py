"""`mi doctor`: lines for people, JSON for programs, and an exit code for both."""

import json
from collections.abc import Iterator
from typing import Any, Self

import pytest

import mi
from mi.cli.main import main
from mi.diagnosis import Diagnosis, Finding, Verdict
from protocols.loopback import Endpoint

PORT = Finding("port", Verdict.OK, "server01:5985 answers")


class Doctor:
    """An application that finds what it is told to."""

    found = Diagnosis("server01", "WINRM", (PORT,))
    failure: mi.MIError | None = None
    asked: tuple[Any, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def diagnose(self, destination: str, options: mi.DestinationOptions, **how: Any) -> Diagnosis:
        Doctor.asked = (destination, options, how)
        if self.failure is not None:
            raise self.failure
        return self.found


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch) -> type[Doctor]:
    kind = type("Doctor", (Doctor,), {})
    monkeypatch.setattr(mi, "Application", kind)
    monkeypatch.delenv("MI_USER", raising=False)
    monkeypatch.delenv("MI_PORT", raising=False)
    return kind


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["doctor", "server01", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_findings_are_lines_and_what_mends_them_is_below(
    doctor: type[Doctor], capsys: pytest.CaptureFixture[str]
) -> None:
    doctor.found = Diagnosis(
        "server01",
        "WINRM",
        (PORT, Finding("logon", Verdict.FAILED, "refused\x1b[2J", "Check the password.")),
    )
    code, out, err = run(capsys)
    assert code == 3
    assert out.splitlines() == [
        "ok       port   server01:5985 answers",
        "failed   logon  refused\\x1b[2J",
        "                -> Check the password.",
    ]
    assert err == ""


def test_programs_get_one_object(doctor: type[Doctor], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--json")
    assert code == 0
    assert json.loads(out) == doctor.found.as_dict()


@pytest.mark.parametrize(
    ("name", "code"),
    [("name", 4), ("port", 4), ("tls", 4), ("service", 4), ("logon", 3), ("wmi", 3), ("x", 6)],
)
def test_the_exit_code_is_that_of_what_failed_first(
    doctor: type[Doctor], capsys: pytest.CaptureFixture[str], name: str, code: int
) -> None:
    failed = tuple(Finding(one, Verdict.FAILED, "no") for one in (name, "port"))
    doctor.found = Diagnosis("server01", "WINRM", (PORT, *failed))
    assert run(capsys)[0] == code


def test_warnings_are_no_failure(doctor: type[Doctor], capsys: pytest.CaptureFixture[str]) -> None:
    doctor.found = Diagnosis("server01", "WINRM", (Finding("clock", Verdict.WARNING, "late"),))
    assert run(capsys)[0] == 0


def test_nobody_needs_to_be_named_and_the_line_s_options_hold(
    doctor: type[Doctor], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "--https", "--deadline", "5", "--protocol", "winrm")[0] == 0
    destination, options, how = Doctor.asked
    assert (destination, options.transport, options.credentials) == ("server01", "HTTPS", None)
    assert how == {"protocol": "winrm", "deadline": 5.0}
    run(capsys)
    assert Doctor.asked[2] == {"protocol": None, "deadline": 60.0}


@pytest.mark.parametrize(
    ("failure", "code"),
    [(mi.InvalidParameter("no host"), 2), (mi.NotFound("none"), 2), (mi.NotSupported("no"), 1)],
)
def test_what_cannot_be_diagnosed_is_an_error(
    doctor: type[Doctor], capsys: pytest.CaptureFixture[str], failure: mi.MIError, code: int
) -> None:
    doctor.failure = failure
    assert run(capsys)[0] == code


# For real


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    with Endpoint() as running:
        monkeypatch.setenv("MI_PORT", str(running.port))
        monkeypatch.setenv("MI_USER", running.user.name)
        monkeypatch.setenv("MI_PASSWORD", running.user.password)
        yield running


def test_a_host_that_is_well(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", endpoint.host]) == 0
    captured = capsys.readouterr()
    assert "ok       wmi" in captured.out
    assert endpoint.user.password not in captured.out + captured.err
    assert endpoint.logons == 1


def test_a_host_that_does_not_know_the_user(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_PASSWORD", "a wrong one")
    assert main(["doctor", endpoint.host, "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert not found["ok"]
    assert endpoint.refused_logons == 1


def test_a_logon_that_can_never_be_is_a_failure_for_which_nothing_is_sent(
    endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", endpoint.host, "--scheme", "basic"]) == 3
    out = capsys.readouterr().out
    assert "failed   logon" in out
    assert "-> Use --https." in out
    assert endpoint.logons == endpoint.refused_logons == 0
    assert main(["doctor", endpoint.host, "--scheme", "basic", "--no-seal"]) == 0
