"""What `import mi` costs over bare Python: it must not bring an HTTP or an XML library."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

from tests.benchmarks.figures import Figure, interleaved

__all__ = ["figures"]

_ROUNDS = 25


def _python(code: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def figures() -> Iterator[Figure]:
    """Measure whole interpreters, with and without the import."""
    taken = interleaved({"bare": _python("pass"), "mi": _python("import mi")}, _ROUNDS, waits=True)
    yield Figure("import.mi", (taken["mi"] - taken["bare"]) * 1000, "ms", 40)
