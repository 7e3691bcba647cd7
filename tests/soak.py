"""What takes hours: every fault at every byte of every conversation.

    python -m tests.soak [bytes passed over, 1]

Each processor holds one conversation at a time. The exit code is 1 if a promise was broken.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import product

from tests.conversations import CONVERSATIONS, SCHEMES, disturbed

__all__ = ["main"]


def _held(name: str, scheme: str, every: int) -> tuple[int, list[str]]:
    logging.disable(logging.CRITICAL)  # a warning for each of a million faults
    return disturbed(name, scheme, every=every, workers=12)


def main(every: int = 1) -> int:
    """Disturb all conversations; print what went wrong; return how often something did."""
    started, broken = time.monotonic(), 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        work = {
            pool.submit(_held, name, scheme, every): f"{name} ({scheme})"
            for scheme, name in product(SCHEMES, CONVERSATIONS)
        }
        for done in as_completed(work):
            count, found = done.result()
            broken += len(found)
            taken = time.monotonic() - started
            print(f"{taken:7.0f} s  {work[done]}: {count} faults, {len(found)} broken promises")
            print("".join(f"    {one}\n" for one in found), end="", flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(min(1, main(*map(int, sys.argv[1:]))))
