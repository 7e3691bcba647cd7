"""Sessions against an endpoint on this machine, and what is looked at afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import mi
from protocols.loopback import Endpoint

__all__ = [
    "EARLY",
    "SERVICES",
    "actions",
    "descriptors",
    "is_at_rest",
    "on_time",
    "options_for",
    "session_with",
    "settles",
    "within",
]

SERVICES = "SELECT * FROM Win32_Service"
EARLY = 10.0
"""Seconds within which whatever is bounded by a fraction of one must have ended: with the five that
releasing may take, and as many for a machine that has much else to do."""


def options_for(endpoint: Endpoint, **others: Any) -> mi.DestinationOptions:
    """Options for an endpoint: pages of 20 instances, and 10 s for everything."""
    given = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        "max_elements": 20,
        "timeout": 10,
        **others,
    }
    return mi.DestinationOptions(**given)


@contextmanager
def session_with(endpoint: Endpoint, **options: Any) -> Iterator[mi.Session]:
    """A session with an endpoint, by the public API alone."""
    with (
        mi.Application() as application,
        application.new_session("WINRM", endpoint.host, options_for(endpoint, **options)) as one,
    ):
        yield one


def actions(endpoint: Endpoint) -> list[str]:
    """What the endpoint was asked, in order."""
    return [one.name for one in endpoint.exchanges]


def settles(condition: Callable[[], bool], seconds: float = EARLY) -> bool:
    """Whether something becomes true within a moment."""
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.002)
    return condition()


def is_at_rest(endpoint: Endpoint) -> bool:
    """Whether the endpoint comes to have no open context."""
    return settles(lambda: endpoint.open_contexts == 0)


@contextmanager
def on_time(seconds: float = EARLY) -> Iterator[None]:
    """Fail if what is done within takes longer."""
    started = time.monotonic()
    yield
    taken = time.monotonic() - started
    assert taken < seconds, f"it took {taken:.1f} s, where {seconds:g} s are generous"


def within(seconds: float, act: Callable[[], Any]) -> Any:
    """Return what `act` returns, or raise what it raises; fail if it does neither in time."""
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(act())
        except BaseException as error:  # noqa: BLE001 - raised again below
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        pytest.fail(f"it hangs: nothing came within {seconds:g} s")
    if failure:
        raise failure[0]
    return outcome[0]


def descriptors() -> list[str]:
    """The open file descriptors of this process, by what they are of."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except OSError:  # the one of the listing itself
            continue
    return found
