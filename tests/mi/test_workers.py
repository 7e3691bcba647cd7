"""The threads of an application: few, made when there is work, gone when there is none."""

import json
import subprocess
import sys
import threading
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
    assert _ended([one.thread for one in held])


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


def test_a_thread_ends_when_there_is_nothing_to_do_and_another_comes_when_there_is() -> None:
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


def test_where_the_system_gives_no_thread_the_work_is_refused_and_later_work_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers, held = Workers(1), _Held()

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(InvalidParameter, match="takes no work: can't start new thread"):
            send(workers, held)
    send(workers, held)
    assert held.begun.wait(_SOON)
    held.may_end.set()


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
