"""The suite as a Windows Python runs it, on this machine by Wine: `python -m tests.windows`.

Arguments are those of pytest; without any, all is run that can be. What is needed is made in
build/windows once, and kept.
"""

import os
import sys
from pathlib import Path

from tests.windows import interpreter
from tests.windows.wine import LOADER, Wine

_FOLDER = Path(__file__).parents[2] / "build" / "windows"
_TESTS = ("tests/windows", "tests/wmidcom/com", "tests/wsman", "tests/meanings", "tests/mi")
# What is compiled there is kept apart from what is compiled here.
_ENVIRONMENT = {
    "PYTHONHOME": "",
    "PYTHONPATH": "",
    "PYTHONPYCACHEPREFIX": str(_FOLDER / "pycache"),
}


def _missing() -> str | None:
    if not LOADER.exists():
        return f"{LOADER} (Debian's wine64)"
    return interpreter.missing()


def main(arguments: list[str]) -> int:
    """Run the suite, or say what is missing for it; in CI, which has it all, that is a failure."""
    lacking = _missing()
    if lacking is not None:
        print(f"Windows is not tried: this machine has no {lacking}")  # noqa: T201 - a program
        return 1 if os.environ.get("CI") else 0
    wine = Wine(_FOLDER / "prefix")
    wine.make()
    python = interpreter.build(_FOLDER / "python")
    command = [str(python), "-m", "pytest", *(arguments or _TESTS)]
    try:
        return wine.run(command, environment=_ENVIRONMENT).returncode
    finally:
        wine.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
