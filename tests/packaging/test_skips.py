"""In CI, whose script installs all that the suite uses, a skip is a failure."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_CONFTEST = Path(__file__).parents[1] / "conftest.py"
_MODULES = {
    "test_one.py": """
import pytest
def test_library():
    pytest.skip("no such library")
def test_recordings():
    pytest.skip("the transcripts are not here")
def test_platform():
    pytest.skip("needs Windows")
@pytest.mark.xfail
def test_known():
    assert False
""",
    "test_module.py": "import pytest\npytest.skip('no such tool', allow_module_level=True)\n",
}


def _outcomes(folder: Path, *, ci: str | None) -> str:
    (folder / "conftest.py").write_text(_CONFTEST.read_text())
    for name, source in _MODULES.items():
        (folder / name).write_text(source)
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    if ci is not None:
        environment["CI"] = ci
    command = [sys.executable, "-m", "pytest", "--continue-on-collection-errors", "-rA"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", str(folder)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip


def test_a_skip_in_ci_is_a_failure_but_for_recordings_and_windows(tmp_path: Path) -> None:
    outcomes = _outcomes(tmp_path, ci="true")
    assert "skipped in CI, which has all that the suite uses: Skipped: no such library" in outcomes
    assert "skipped in CI, which has all that the suite uses: Skipped: no such tool" in outcomes
    assert "2 skipped, 1 xfailed" in outcomes.splitlines()[-1]


@pytest.mark.parametrize("ci", [None, ""])
def test_a_skip_elsewhere_is_a_skip(tmp_path: Path, ci: str | None) -> None:
    assert "4 skipped, 1 xfailed" in _outcomes(tmp_path, ci=ci).splitlines()[-1]
