"""Every failure has its documented exit code."""

from pathlib import Path

import pytest

import mi
from mi.cli.exit_codes import ExitCode, exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (mi.NotSupported("no"), 1),
        (mi.InvalidParameter("no"), 2),
        (mi.InvalidOperationTimeout("no"), 2),
        (mi.TypeMismatch("no"), 2),
        (mi.AccessDenied("no"), 3),
        (mi.AuthenticationFailed("no"), 3),
        (mi.ConnectionFailed("no"), 4),
        (mi.CertificateRejected("no"), 4),
        (mi.NotFound("no"), 5),
        (mi.InvalidClass("no"), 5),
        (mi.InvalidNamespace("no"), 5),
        (mi.MethodNotFound("no"), 5),
        (mi.NoSuchProperty("no"), 2),
        (mi.MethodFailed("no"), 6),
        (mi.InvalidQuery("no"), 2),
        (mi.ProtocolError("no"), 6),
        (mi.LimitsExceeded("no"), 6),
        (mi.MIError("no"), 6),
        (mi.OperationTimeout("no"), 7),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, mi.MIError) else None,
)
def test_an_error_has_its_exit_code(error: mi.MIError, code: int) -> None:
    assert exit_code(error) == code


def test_every_exit_code_is_documented() -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "command-line.md"
    documented = {
        int(line.split("|")[1])
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and line.split("|")[1].strip().isdigit()
    }
    assert documented == {int(code) for code in ExitCode}
