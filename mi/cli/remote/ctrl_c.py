"""Ctrl-C, passed on to what runs on a host."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread, main_thread
from types import FrameType

import mi
from mi.cli.output.terminal import complain

__all__ = ["passing_on"]


@contextmanager
def passing_on(*steps: Callable[[], None]) -> Iterator[None]:
    """Let each Ctrl-C take one of `steps`, the first the first; one more interrupts this program.

    A step is taken in a thread of its own, since a signal may come at any place.
    """
    if current_thread() is not main_thread():  # only there can Python be told of signals
        yield
        return
    left = list(steps)

    def interrupted(number: int, frame: FrameType | None) -> None:
        if not left:
            signal.default_int_handler(number, frame)
        Thread(target=_take, args=(left.pop(0),), name="mi-ctrl-c", daemon=True).start()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _take(step: Callable[[], None]) -> None:
    try:
        step()
    except mi.NotFound:
        return  # it has ended in this moment
    except mi.MIError as error:
        complain(f"warning: Ctrl-C did not reach the host: {error}")
