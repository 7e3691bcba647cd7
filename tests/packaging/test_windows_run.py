"""`make test-windows` where something is missing for it says what; in CI that is a failure."""

import importlib
from pathlib import Path
from typing import Any

import pytest

_run: Any = importlib.import_module("tests.windows.__main__")


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_without_wine_nothing_is_tried(
    ci: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr(_run, "LOADER", Path("/nowhere/wine64"))
    assert _run.main([]) == code
    said = "Windows is not tried: this machine has no /nowhere/wine64 (Debian's wine64)\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("_COMPILER", "no-such-compiler", "no-such-compiler (Debian's gcc-mingw-w64-x86-64)"),
        ("VERSION", (2, 7), "Python 2.7, whose modules it uses"),
    ],
)
def test_without_what_builds_its_python_nothing_is_tried(
    name: str,
    value: Any,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(_run, "LOADER", Path(__file__))
    monkeypatch.setattr(_run.interpreter, name, value)
    assert _run.main([]) == 0
    assert capsys.readouterr().out == f"Windows is not tried: this machine has no {said}\n"
