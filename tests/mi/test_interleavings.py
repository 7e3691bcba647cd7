"""Everything at once: whatever cancels, closes and calls back meanwhile, each operation ends once.

The moments are drawn by a seeded source, and the threads' own are added to them.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from mi.application import Application
from mi.callbacks import OperationCallbacks, OperationResult
from mi.calls import QueryInstances
from mi.errors import MIError, OperationCancelled
from mi.events import Message, Progress, Prompt
from mi.operation import Operation
from mi.results import OperationFlags, ResponseType
from mi.session import Session
from tests.mi.conftest import run_coroutine
from tests.mi.fake_handler import FakeHandler, FakeRun

_QUERY = QueryInstances("SELECT * FROM Win32_Service")
_LATE = 30  # seconds after which something hangs


class _Scene:
    """One session whose operations are ended by chance, by several threads."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.helpers = ThreadPoolExecutor(8)
        self.handler = FakeHandler(*[self._batch] * 12)
        self.application = Application()
        self.application.handlers.register("FAKE", self.handler)
        self.session: Session = self.application.new_session("FAKE", "server01")
        self.finals: list[OperationResult[Any]] = []
        self.faults: list[str] = []

    def later(self, work: Callable[[], object]) -> None:
        """Let another thread do `work`, now or soon."""
        delay = self.random.choice((0, 0, 0.0005, 0.002))

        def run() -> None:
            time.sleep(delay)
            with suppress(MIError):
                work()

        self.helpers.submit(run)

    def end(self, operation: Operation[Any]) -> None:
        """End `operation` some way or other, here or elsewhere, or not at all."""
        how = self.random.choice((operation.cancel, operation.close, operation.close, None))
        if how is None:
            return
        if self.random.random() < 0.5:
            self.later(how)
        else:
            with suppress(MIError):
                how()

    def _batch(self, run: FakeRun) -> list[Any]:
        run.control.begin_wait()
        stopped = threading.Event()
        run.control.cancel.watch(stopped.set)
        if stopped.wait(self.random.choice((0, 0, 0.0005))):
            raise run.control.cancel.error()
        events = [1, 2, Message(0, "hello"), 3, Progress("Searching"), Prompt("Sure?")]
        return events[: self.random.randrange(len(events) + 1)]


class _Watcher:
    """The callbacks of one operation, which notice when something is out of order."""

    def __init__(self, scene: _Scene) -> None:
        self.scene = scene
        self.final = threading.Event()
        self._running = threading.Lock()

    def callbacks(self, *, is_asynchronous: bool) -> OperationCallbacks:
        return OperationCallbacks(
            instance_result=self.result if is_asynchronous else None,
            write_message=lambda channel, text: self._noticed("message"),
            write_progress=lambda progress: self._noticed("progress"),
            prompt_user=self._prompt,
        )

    def result(self, result: OperationResult[Any]) -> None:
        self._noticed("result")
        if not result.more_results:
            self.final.set()
            self.scene.finals.append(result)
        if result.acknowledge is not None:
            self.scene.later(result.acknowledge)
        if self.scene.random.random() < 0.1:
            self.scene.end(result.operation)

    def _prompt(self, message: str, kind: Any, respond: Any) -> None:
        self._noticed("prompt")
        if self.scene.random.random() < 0.9:
            self.scene.later(lambda: respond(ResponseType.YES))

    def _noticed(self, what: str) -> None:
        if not self._running.acquire(blocking=False):
            self.scene.faults.append(f"{what} while another callback runs")
            return
        if self.final.is_set():
            self.scene.faults.append(f"{what} after the final result")
        self._running.release()


def _deliver(scene: _Scene) -> None:
    watcher = _Watcher(scene)
    manual = scene.random.choice((OperationFlags.MANUAL_ACK_RESULTS, OperationFlags.DEFAULT))
    callbacks = watcher.callbacks(is_asynchronous=True)
    scene.end(scene.session.run(_QUERY, callbacks=callbacks, flags=manual))
    if not watcher.final.wait(_LATE):
        scene.faults.append("an operation without final result")


def _read(scene: _Scene) -> None:
    callbacks = _Watcher(scene).callbacks(is_asynchronous=False)
    with suppress(MIError):
        operation = scene.session.run(_QUERY, callbacks=callbacks)
        scene.later(operation.cancel)
        for _ in operation:
            if scene.random.random() < 0.1:
                scene.end(operation)


def _await(scene: _Scene) -> None:
    async def main() -> None:
        callbacks = _Watcher(scene).callbacks(is_asynchronous=False)
        async with scene.session.run(_QUERY, callbacks=callbacks) as operation:
            async for _ in operation:
                if scene.random.random() < 0.1:
                    scene.later(operation.cancel)

    async def limited() -> None:
        with suppress(MIError, TimeoutError):
            async with asyncio.timeout(scene.random.choice((0.001, 0.01, 1))):
                await main()

    run_coroutine(limited())


@pytest.mark.parametrize("seed", range(12))
def test_every_operation_ends_once_and_nothing_stays_open(seed: int) -> None:
    scene = _Scene(seed)
    kinds = [_deliver] * 12 + [_read] * 6 + [_await] * 4
    scene.random.shuffle(kinds)
    threads = [threading.Thread(target=kind, args=(scene,), daemon=True) for kind in kinds]
    for thread in threads:
        thread.start()
    if scene.random.random() < 0.5:
        time.sleep(scene.random.choice((0, 0.002, 0.01)))
        scene.session.close()
    for thread in threads:
        thread.join(_LATE)
    assert not [thread for thread in threads if thread.is_alive()]
    scene.session.close()
    scene.helpers.shutdown()
    assert scene.faults == []
    assert len(scene.finals) == len({id(one.operation) for one in scene.finals}) == 12
    errors = [one.error for one in scene.finals if one.error is not None]
    assert all(isinstance(error, (OperationCancelled, MIError)) for error in errors)
    channel = scene.handler.channels[0]
    assert channel.open_contexts == set()
    assert [run.ends for run in channel.runs if len(run.ends) != 1] == []
    assert len(channel.closes) == 1
