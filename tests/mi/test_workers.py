"""The threads of an application: few, made when there is work, gone when there is none."""

import json
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mi import workers as workers_module
from mi.errors import InvalidParameter
from mi.workers import Workers, send

_SOON = 10


class _Held:
    """Work that waits until it may end."""

    def __init__(self) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.thread: threading.Thread | None = None

    def __call__(self) -> None:
        self.thread = threading.current_thread()
        self.begun.set()
        self.may_end.wait(_SOON)


def _ended(threads: list[threading.Thread | None]) -> bool:
    for thread in threads:
        assert thread is not None
        thread.join(_SOON)
    return not any(thread and thread.is_alive() for thread in threads)


def test_work_runs_in_another_thread_at_once() -> None:
    workers, held = Workers(), [_Held(), _Held()]
    for one in held:
        workers.submit(one)
    assert all(one.begun.wait(_SOON) for one in held)
    for one in held:
        one.may_end.set()
    assert held[0].thread is not held[1].thread


def test_no_more_threads_than_the_limit_and_the_rest_is_done_in_its_order() -> None:
    workers, held = Workers(1), _Held()
    done: list[str] = []
    finished = threading.Event()
    workers.submit(held)
    held.begun.wait(_SOON)
    for name in ("a", "b"):
        workers.submit(lambda name=name: done.append(name))  # type: ignore[misc]
    workers.submit(finished.set)
    assert done == []
    held.may_end.set()
    assert finished.wait(_SOON)
    assert done == ["a", "b"]


def test_a_thread_that_has_nothing_to_do_is_there_for_what_comes_soon() -> None:
    workers, threads = Workers(), list[int]()
    for _ in range(20):
        done = threading.Event()
        workers.submit(lambda done=done: threads.append(threading.get_ident()) or done.set())  # type: ignore[misc]
        assert done.wait(_SOON)
        time.sleep(0.001)
    assert len(set(threads)) < 20


def test_a_thread_ends_when_nothing_comes_and_another_is_made_when_something_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers_module, "LINGER", 0.01)
    workers = Workers(1)
    for _ in range(3):
        held = _Held()
        workers.submit(held)
        held.begun.wait(_SOON)
        held.may_end.set()
        assert _ended([held.thread])


def test_work_that_fails_is_told_as_for_any_thread_and_ends_no_other_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    done = threading.Event()
    monkeypatch.setattr(workers_module, "excepthook", lambda said: told.append(str(said.exc_value)))

    def fail() -> None:
        raise RuntimeError("it broke")

    workers = Workers(1)
    workers.submit(fail)
    workers.submit(done.set)
    assert done.wait(_SOON)
    assert told == ["it broke"]


def _refuse(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_where_the_system_gives_no_thread_the_work_is_refused_and_later_work_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers, held = Workers(1), _Held()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", _refuse)
        with pytest.raises(InvalidParameter, match="takes no work: can't start new thread"):
            send(workers, held)
    send(workers, held)
    assert held.begun.wait(_SOON)
    held.may_end.set()


def test_where_the_system_gives_no_further_thread_those_that_are_there_do_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers, held, done = Workers(), _Held(), threading.Event()
    send(workers, held)
    held.begun.wait(_SOON)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", _refuse)
        send(workers, done.set)
    held.may_end.set()
    assert done.wait(_SOON)


def test_an_executor_that_was_shut_down_is_invalid_parameter() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(InvalidParameter, match="the executor takes no work: cannot schedule"):
        send(executor, print)


def test_executors_of_the_standard_library_do() -> None:
    done = threading.Event()
    work: Callable[[], None] = done.set
    with ThreadPoolExecutor(1) as executor:
        send(executor, work)
        assert done.wait(_SOON)


def test_a_thread_that_waits_keeps_nothing_of_what_it_did_alive() -> None:
    workers, held = Workers(), _Held()
    kept = weakref.ref(held)
    held.may_end.set()
    workers.submit(held)
    held.begun.wait(_SOON)
    del held
    for _ in range(1000):
        if kept() is None:
            break
        time.sleep(0.001)
    assert kept() is None


def test_work_that_never_ends_keeps_no_program_from_ending() -> None:
    code = (
        "import json, threading; from mi.workers import Workers; begun = threading.Event();"
        "Workers().submit(lambda: begun.set() or threading.Event().wait());"
        "print(json.dumps(begun.wait(10)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30
    )
    assert json.loads(shown.stdout) is True
