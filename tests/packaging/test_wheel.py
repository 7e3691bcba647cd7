"""What is shipped: the two packages with their data, the command, and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email import message_from_string
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a wheel and a source distribution of this tree."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
        cwd=_ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    [path] = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        yield wheel


def _sources() -> set[str]:
    """Return what the two packages hold: what is neither a module nor listed is data to ship."""
    return {
        path.relative_to(_ROOT).as_posix()
        for package in ("mi", "protocols")
        for path in (_ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == _sources()


def test_the_wheel_holds_the_types_and_the_sample_data(wheel: zipfile.ZipFile) -> None:
    assert {
        "mi/py.typed", "protocols/py.typed", "protocols/loopback/classes.json",
        "protocols/loopback/samples.json",
    } <= set(wheel.namelist())  # fmt: skip


def test_the_wheel_is_pure_and_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = message_from_string(wheel.read(name).decode())
    assert metadata["Name"] == "management-infrastructure"
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert "cli" in metadata.get_all("Provides-Extra", [])
    assert wheel.filename is not None
    assert wheel.filename.endswith("-py3-none-any.whl")


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "mi = mi.cli.main:main" in wheel.read(name).decode()


def test_the_source_distribution_can_build_test_and_document_itself(built: Path) -> None:
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml",
            "docs/conf.py", "tests/conftest.py"} <= names  # fmt: skip
    assert not {name for name in names if name.startswith((".venv", "build/", ".git/"))}
