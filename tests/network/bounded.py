"""What bounds the work of a test, and whether it kept to that."""

from __future__ import annotations

import threading
import time

from mi.control import CancelToken, Expiry
from protocols.network.bounds import Bounds

__all__ = ["SOON", "bounds", "cancel_soon", "ends_early"]

SOON = 0.15
"""Seconds after which something is cancelled."""


def bounds(seconds: float | None = 5, limit: str = "timeout", most: int = 10_000) -> Bounds:
    """Return new bounds, of `most` bytes."""
    return Bounds(Expiry.after(seconds, limit), CancelToken(), most)


def cancel_soon(token: CancelToken) -> None:
    """Cancel in a moment, from another thread."""
    threading.Timer(SOON, token.cancel).start()


def ends_early(started: float) -> bool:
    """Whether something bounded by a fraction of a second did not wait for the next glance."""
    return time.monotonic() - started < 3
