"""Calls are made in one thread, one after the other, and nobody waits longer than he wants."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter, MIError, OperationCancelled, OperationTimeout
from protocols.wmidcom.com.worker import Worker
from protocols.wmidcom.services import Bounds, WbemError
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.com.conftest import PATIENCE, bounds

DENIED = 0x80070005


@pytest.fixture
def worker(system: FakeSystem) -> Iterator[Worker]:
    worker = Worker(system)
    yield worker
    worker.close(Expiry.after(PATIENCE, "grace"))


class Stuck:
    """Work that does not end before it is told to."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.end = threading.Event()
        self.discarded = threading.Event()
        self.results: list[str] = []

    def __call__(self) -> str:
        self.begun.set()
        assert self.end.wait(PATIENCE)
        return "result"

    def discard(self, result: str) -> None:
        self.results.append(result)
        self.discarded.set()

    def give_up(self, worker: Worker) -> None:
        with pytest.raises(OperationTimeout, match="passed while waiting"):
            worker.call(self, bounds(0.05), "waiting", discard=self.discard)


def _thread() -> threading.Thread:
    return threading.current_thread()


def test_all_work_is_done_in_one_thread_which_has_entered_com(
    worker: Worker, system: FakeSystem
) -> None:
    threads = {worker.call(_thread, bounds(), "waiting") for _ in range(3)}
    assert len(threads) == 1
    assert threads != {_thread()}
    assert system.entered == 1


def test_nothing_is_entered_before_there_is_work(system: FakeSystem) -> None:
    Worker(system).close(Expiry.at_once())
    assert system.entered == 0


def test_what_work_raises_is_raised_where_it_was_given(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 / 0, bounds(), "waiting")


def test_what_posted_work_raises_ends_nothing(worker: Worker) -> None:
    worker.post(lambda: 1 / 0)
    assert worker.call(lambda: 5, bounds(), "waiting") == 5


def test_a_thread_that_cannot_enter_com_says_so_each_time(system: FakeSystem) -> None:
    system.refuses_entry = DENIED
    worker = Worker(system)
    for _ in range(2):
        with pytest.raises(WbemError, match="0x80070005"):
            worker.call(_thread, bounds(), "waiting")
    worker.close(Expiry.after(PATIENCE, "grace"))


def test_a_wait_ends_on_time_and_the_result_is_given_back_when_it_comes(worker: Worker) -> None:
    stuck = Stuck()
    stuck.give_up(worker)
    stuck.end.set()
    assert stuck.discarded.wait(PATIENCE)
    assert stuck.results == ["result"]


def test_others_do_not_wait_for_what_was_left_to_itself(worker: Worker, system: FakeSystem) -> None:
    stuck = Stuck()
    stuck.give_up(worker)
    assert worker.call(lambda: 5, bounds(), "waiting") == 5
    assert system.entered == 2
    stuck.end.set()
    assert stuck.discarded.wait(PATIENCE)
    _until(lambda: system.threads == 1)


def _until(holds: Any) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_who_waits_already_does_not_wait_for_it_either(worker: Worker) -> None:
    stuck = Stuck()
    given_up = threading.Thread(target=stuck.give_up, args=(worker,))
    given_up.start()
    assert stuck.begun.wait(PATIENCE)
    assert worker.call(lambda: 5, bounds(), "waiting") == 5
    given_up.join(30)
    stuck.end.set()


def test_the_thread_goes_on_where_there_is_no_other(worker: Worker, system: FakeSystem) -> None:
    stuck = Stuck()
    stuck.give_up(worker)
    stuck.end.set()
    assert stuck.discarded.wait(PATIENCE)
    _until(lambda: worker._serving == 1)
    assert worker.call(lambda: 5, bounds(), "waiting") == 5
    assert system.entered == 1


def test_what_has_not_begun_is_never_done(worker: Worker) -> None:
    stuck, done = Stuck(), []
    thread = threading.Thread(target=worker.call, args=(stuck, bounds(), "waiting"))
    thread.start()
    assert stuck.begun.wait(PATIENCE)
    with pytest.raises(OperationTimeout):
        worker.call(lambda: done.append(1), bounds(0.01), "waiting")
    stuck.end.set()
    thread.join(30)
    worker.call(_thread, bounds(), "waiting")
    assert done == []


def test_a_cancel_ends_a_wait(worker: Worker) -> None:
    stuck, cancel = Stuck(), CancelToken()
    threading.Thread(target=lambda: stuck.begun.wait(PATIENCE) and cancel.cancel("enough")).start()
    with pytest.raises(OperationCancelled, match="enough"):
        worker.call(stuck, Bounds(Expiry(), cancel), "waiting")
    stuck.end.set()


def test_what_was_cancelled_before_is_not_begun(worker: Worker, system: FakeSystem) -> None:
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(OperationCancelled):
        worker.call(_thread, Bounds(Expiry(), cancel), "waiting")
    assert system.entered == 0


class Interrupted(CancelToken):
    """Ctrl-C where somebody waits."""

    def __init__(self, ready: threading.Event) -> None:
        super().__init__()
        self._ready = ready
        self._asked = 0

    @property
    def cancelled(self) -> bool:
        self._asked += 1
        if self._asked < 2:
            return False
        self._ready.wait(PATIENCE)
        raise KeyboardInterrupt


def test_an_interrupt_leaves_the_work_to_itself(worker: Worker) -> None:
    stuck = Stuck()
    with pytest.raises(KeyboardInterrupt):
        worker.call(
            stuck, Bounds(Expiry(), Interrupted(stuck.begun)), "waiting", discard=stuck.discard
        )
    stuck.end.set()
    assert stuck.discarded.wait(PATIENCE)


def test_what_was_done_when_the_interrupt_came_is_given_back(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    discarded = threading.Event()

    def interrupted(job: Any, _: Bounds) -> None:
        assert job.changed.wait(PATIENCE)
        raise KeyboardInterrupt

    monkeypatch.setattr("protocols.wmidcom.com.worker._wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        worker.call(lambda: 5, bounds(), "waiting", discard=lambda _: discarded.set())
    assert discarded.wait(PATIENCE)


def test_where_the_system_gives_no_thread_whoever_comes_next_does_what_is_left(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        worker.post(lambda: done.append(1))
        with pytest.raises(MIError, match="the system gives no thread"):
            worker.call(lambda: done.append(2), bounds(), "waiting")
    worker.call(_thread, bounds(), "waiting")
    assert done == [1]


def test_after_the_end_nothing_is_taken(system: FakeSystem) -> None:
    worker = Worker(system)
    done: list[int] = []
    worker.post(lambda: done.append(1))
    worker.close(Expiry.after(PATIENCE, "grace"))
    worker.close(Expiry.after(PATIENCE, "grace"))
    worker.post(lambda: done.append(2))
    with pytest.raises(InvalidParameter, match="the session is closed"):
        worker.call(_thread, bounds(), "waiting")
    assert done == [1]
