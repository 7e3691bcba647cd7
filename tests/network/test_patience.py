"""Asking a busy server again: how often, and for how long at most."""

from __future__ import annotations

import threading
import time

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationCancelled
from protocols.network.patience import Patience


def patience(seconds: float | None = None) -> Patience:
    return Patience(Expiry.after(seconds, "timeout"), CancelToken())


def test_it_does_not_begin_to_wait_where_the_time_would_be_over_first() -> None:
    assert not patience(0.2).is_left
    assert patience(10).is_left


def test_each_wait_is_longer_and_their_number_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocols.network.patience._FIRST", 0.002)
    waiting = patience()
    waits = []
    while waiting.is_left:
        started = time.monotonic()
        waits.append(waiting.wait())
        assert time.monotonic() - started >= waits[-1]
    assert len(waits) == 5
    for number, wait in enumerate(waits):
        assert 0.001 * 2**number <= wait <= 0.002 * 2**number


def test_a_cancel_ends_a_wait() -> None:
    cancel = CancelToken()
    waiting = Patience(Expiry(), cancel)
    waiting._next = 100.0
    threading.Timer(0.05, cancel.cancel).start()
    started = time.monotonic()
    with pytest.raises(OperationCancelled):
        waiting.wait()
    assert time.monotonic() - started < 10  # where the wait alone takes fifty
