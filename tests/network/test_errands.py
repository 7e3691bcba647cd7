"""Work that nothing can interrupt is left behind, and is not done twice."""

import threading
import time

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationCancelled, OperationTimeout
from protocols.network import errands
from protocols.network.bounds import Bounds
from protocols.network.errands import Errand


def bounds(seconds: float = 5) -> Bounds:
    return Bounds(Expiry.after(seconds, "timeout"), CancelToken(), 0)


def test_it_returns_what_the_work_returns_or_raises_what_it_raises() -> None:
    assert Errand(lambda: 42, "work").result(bounds()) == 42
    assert Errand(lambda: None, "work").result(bounds()) is None
    with pytest.raises(ZeroDivisionError):
        Errand(lambda: 1 // 0, "work").result(bounds())


def test_the_work_is_done_once_whoever_asks() -> None:
    done = []
    errand = Errand(lambda: done.append(1), "work")
    errand.result(bounds())
    errand.result(bounds())
    assert done == [1]


def test_it_is_left_behind_when_the_time_is_over_and_can_be_waited_for_again() -> None:
    over = threading.Event()
    done = []

    def work() -> str:
        over.wait(10)
        done.append(1)
        return "done"

    errand = Errand(work, "work")
    with pytest.raises(OperationTimeout):
        errand.result(bounds(0.05))
    over.set()
    assert errand.result(bounds()) == "done"
    assert done == [1]


def test_a_cancel_ends_the_wait() -> None:
    over = threading.Event()
    token = CancelToken()
    threading.Timer(0.05, token.cancel).start()
    started = time.monotonic()
    with Bounds(Expiry(), token, 0) as fresh, pytest.raises(OperationCancelled):
        Errand(lambda: over.wait(10), "work").result(fresh)
    assert time.monotonic() - started < 5
    over.set()


def test_only_so_many_hang_at_once_and_others_wait_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(errands, "_ERRANDS", threading.BoundedSemaphore(1))
    over = threading.Event()
    stuck, second = Errand(lambda: over.wait(10), "work"), Errand(lambda: "done", "work")
    with pytest.raises(OperationTimeout):
        stuck.result(bounds(0.05))
    with pytest.raises(OperationTimeout):
        second.result(bounds(0.6))  # longer than one look at the cancel takes
    over.set()
    assert stuck.result(bounds())
    assert second.result(bounds()) == "done"
