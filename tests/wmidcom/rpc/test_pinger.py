import gc
import threading
import time
from collections.abc import Callable

import pytest

from mi.errors import OperationTimeout
from protocols.wmidcom.rpc import pinger
from protocols.wmidcom.rpc.pinger import Pinger


class Wanting:
    """Counts how often it was asked, and can fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.count = 0
        self.fails = fails

    def ping(self) -> None:
        self.count += 1
        if self.fails:
            raise OperationTimeout("late")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinger, "PING_PERIOD", 0.02)


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "mi-ping"}


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def wait_until_asked(wanting: Wanting, count: int) -> None:
    wait_until(lambda: wanting.count >= count)


def wait_until_nobody_pings(but: set[threading.Thread]) -> None:
    wait_until(lambda: not threads() - but)


@pytest.mark.parametrize("fails", [True, False])
def test_it_asks_again_and_again_until_it_is_stopped(*, fails: bool) -> None:
    before, wanting = threads(), Wanting(fails=fails)
    pinging = Pinger(wanting)
    wait_until_asked(wanting, 3)
    pinging.stop()
    pinging.stop()
    wait_until_nobody_pings(before)


def test_it_ends_with_whoever_wants_it() -> None:
    before, wanting = threads(), Wanting()
    Pinger(wanting)
    wait_until_asked(wanting, 1)
    del wanting
    gc.collect()
    wait_until_nobody_pings(before)


def test_it_ends_at_once_with_whoever_wants_it_however_long_the_period_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pinger, "PING_PERIOD", 60.0)
    before, wanting = threads(), Wanting()
    Pinger(wanting)
    del wanting
    gc.collect()
    wait_until_nobody_pings(before)


def test_it_ends_where_nobody_wants_it_any_more_and_nothing_told_so() -> None:
    before, wanting = threads(), Wanting()
    pinging = Pinger(wanting)
    pinging._wanting = lambda: None  # type: ignore[assignment]
    wait_until_nobody_pings(before)
