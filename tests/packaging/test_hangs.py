"""A run that hangs ends, and says where."""

import subprocess
import sys
from pathlib import Path

_CONFTEST = Path(__file__).parents[1] / "conftest.py"
_WAITING = """
import threading

def wait_for_ever():
    threading.Event().wait()

"""
_IN_A_TEST = "def test_it():\n    wait_for_ever()\n"
_IN_THE_END = "def test_it():\n    threading.Thread(target=wait_for_ever).start()\n"
_SOON = "\n[pytest]\nfaulthandler_timeout = 0.5\nfaulthandler_exit_on_timeout = true\n"


def _ended(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    conftest = _CONFTEST.read_text().replace("_LONGEST_END = 60.0", "_LONGEST_END = 0.5")
    (folder / "conftest.py").write_text(conftest)
    (folder / "pytest.ini").write_text(_SOON)
    (folder / "test_one.py").write_text(_WAITING + source)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder)],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_test_that_hangs_ends_the_run_and_says_where(tmp_path: Path) -> None:
    run = _ended(tmp_path, _IN_A_TEST)
    assert run.returncode == 1
    assert "in wait_for_ever" in run.stderr


def test_a_thread_that_is_left_behind_ends_the_run_and_says_where(tmp_path: Path) -> None:
    run = _ended(tmp_path, _IN_THE_END)
    assert "1 passed" in run.stdout
    assert run.returncode == 1
    assert "in wait_for_ever" in run.stderr
