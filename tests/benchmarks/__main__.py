"""Measures everything: one line for each figure with its target, and all in build/bench.json."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import (
    commanding,
    copying,
    decoding,
    exchanging,
    importing,
    objects,
    remoting,
    sealing,
    streaming,
)

_GROUPS = (
    commanding,
    copying,
    decoding,
    exchanging,
    importing,
    objects,
    remoting,
    sealing,
    streaming,
)
_RESULT = Path("build/bench.json")


def main() -> int:
    """Run the groups in turn; a missed target is told, and is no failure."""
    measured = []
    for group in _GROUPS:
        for figure in group.figures():
            print(figure, flush=True)
            measured.append(asdict(figure))
    _RESULT.parent.mkdir(exist_ok=True)
    _RESULT.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
