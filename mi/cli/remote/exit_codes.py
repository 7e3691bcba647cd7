"""The exit code of what ran on a host, as this program's own."""

from __future__ import annotations

import sys
from typing import Final

__all__ = ["local_exit_code"]

_MOST: Final = 255  # POSIX keeps eight bits of it: 256 would be success


def local_exit_code(exit_code: int | None) -> int:
    """Return what this program ends with: the same, as far as this system has it.

    Args:
        exit_code: of the command, 0 to 4294967295; None, where the server said none, is 0.
    """
    code = exit_code or 0
    return code if sys.platform == "win32" else min(code, _MOST)
