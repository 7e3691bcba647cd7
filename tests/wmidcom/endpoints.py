"""What tests want to know of a DCOM endpoint, and do to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from protocols.dcom.interfaces import ENUMERATOR
from protocols.loopback.dcom import DcomEndpoint


def open_enumerators(endpoint: DcomEndpoint) -> int:
    """Return how many enumerators clients hold."""
    exporter = endpoint._answers.exporter
    with exporter._lock:
        held = list(exporter._exported.values())
    return sum(one.interface.iid == ENUMERATOR.iid for one in held)


@contextmanager
def silent(endpoint: DcomEndpoint) -> Iterator[None]:
    """Keep an endpoint from answering anything."""
    answers, goes_on = endpoint._answers, threading.Event()
    answer = answers.answer

    def held(*asked: Any) -> bytes:
        goes_on.wait(20)
        return answer(*asked)

    answers.answer = held  # type: ignore[method-assign]
    try:
        yield
    finally:
        answers.answer = answer  # type: ignore[method-assign]
        goes_on.set()
