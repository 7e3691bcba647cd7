"""What is read here, passed on to what runs on a host."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import UnsupportedOperation
from threading import Thread
from typing import Final

import mi
from mi.cli.output.terminal import complain

__all__ = ["forward"]

_PIECE: Final = 1 << 16


def _pieces() -> Iterator[bytes]:
    """Yield what standard input has, as it comes."""
    try:
        number = sys.stdin.fileno()
    except (AttributeError, UnsupportedOperation, ValueError):
        return  # there is none
    # Not by `sys.stdin`: its lock, held by a thread that waits, would keep Python from ending.
    while data := os.read(number, _PIECE):
        yield data


def forward(command: mi.Command) -> None:
    """Pass standard input on to a command, in a thread of its own, to the end of either."""
    Thread(target=_forward, args=(command,), name="mi-stdin", daemon=True).start()


def _forward(command: mi.Command) -> None:
    try:
        for data in _pieces():
            command.stdin.write(data)
        command.stdin.close()
    except (mi.MIError, OSError) as error:
        if command.is_running:  # else there is nobody any more who would read it
            complain(f"warning: the command gets no more input: {error}")
