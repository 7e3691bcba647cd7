"""What the README promises to somebody with Python and make alone, done in a copy of this tree."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", ".*_cache", "__pycache__", ".coverage*"
)
_NO_REGISTRY = ("NewConnectionError", "Temporary failure in name resolution")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the tree, as a fresh clone has it."""
    return shutil.copytree(_ROOT, tmp_path / "clone", ignore=_LEFT_BEHIND)


def _run(folder: Path, *command: str) -> str:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS", "VIRTUAL_ENV", "COVERAGE", "PYTHON"))
    }
    environment["PATH"] = f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{environment['PATH']}"
    result = subprocess.run(
        command, cwd=folder, env=environment, text=True, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if result.returncode and any(sign in result.stdout for sign in _NO_REGISTRY):
        pytest.skip("no package registry is in reach")
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_make_demo_prints_services_and_processes_and_what_they_took(copy: Path) -> None:
    printed = _run(copy, "make", "demo")
    assert re.search(r"^Name +State +StartMode +ProcessId +DisplayName$", printed, re.MULTILINE)
    assert re.search(r"^ProcessId +Name +ThreadCount", printed, re.MULTILINE)
    assert re.search(r"^\d+ services in \d+ requests, [\d,]+ bytes", printed, re.MULTILINE)
    assert re.search(r"^\d+ processes in \d+ requests, [\d,]+ bytes", printed, re.MULTILINE)
    assert "1 connection, authenticated by NTLM once; every message was sealed" in printed


def _plain_lines() -> Iterator[str]:
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"Without make, .*?```console\n(.*?)```", readme, re.DOTALL)
    return (line.removeprefix("$ ") for line in block.splitlines())


def test_the_plain_lines_of_the_readme_do_the_same_without_make(copy: Path) -> None:
    for line in _plain_lines():
        # The suite is running already; one file of it shows that the line would run it.
        is_the_suite = line.endswith("pytest")
        printed = _run(
            copy, "bash", "-c", f"{line} tests/mi/test_names.py" if is_the_suite else line
        )
        if is_the_suite:
            assert re.search(r"\d+ passed", printed)
    assert is_the_suite
