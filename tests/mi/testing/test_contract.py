"""The contract: good handlers pass it, and each kind of bad one fails the test that is for it."""

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest import SkipTest

import pytest

from mi.application import Application
from mi.calls import (
    Call,
    DeleteInstance,
    EnumerateInstances,
    GetClass,
    GetInstance,
    Invoke,
    QueryInstances,
    Subscribe,
)
from mi.calls import TestConnection as ConnectionTest
from mi.credentials import Credentials
from mi.errors import ConnectionFailed, InvalidParameter, MIError, NotFound, NotSupported
from mi.handler import Prompt, ProtocolHandler
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.options import DestinationOptions, OperationOptions
from mi.testing import HandlerContract
from tests.mi.fake_handler import FakeHandler, FakeRun, Stall
from tests.mi.testing.lamp_handler import LAMP, House, LampChannel, LampHandler, LampRun

_HERE = Path(__file__).parent
_QUERY = QueryInstances("SELECT * FROM Lamp")


class Lamps(HandlerContract):
    """What lamps can do, for whichever handler of them."""

    patience = 5.0
    moment = 0.02

    def handler(self) -> ProtocolHandler:
        return LampHandler()

    def calls(self) -> list[Call[Any]]:
        return [
            ConnectionTest(),
            GetInstance(Instance("Lamp", {"Name": "1"})),
            DeleteInstance(Instance("Lamp", {"Name": "1"})),
            EnumerateInstances("Lamp", namespace="root/lamps"),
            _QUERY,
            GetClass("Lamp"),
            Invoke("Lamp", "Blink"),
            Subscribe("SELECT * FROM LampEvent"),
        ]

    def destination(self) -> str:
        return "home"

    def options(self) -> DestinationOptions:
        return DestinationOptions(credentials=[Credentials.password("ops", "hunter2"), _asked])

    def long_call(self) -> tuple[Call[Any], OperationOptions]:
        return _QUERY, OperationOptions(max_elements=3)

    def failing_call(self) -> Call[Any]:
        return GetInstance(Instance("Lamp", {"Name": "none"}))

    def prompting_call(self) -> Call[Any]:
        return Invoke("Lamp", "SwitchHeatingOff")

    def unreachable(self) -> tuple[str, DestinationOptions]:
        return "elsewhere", self.options()

    def open_contexts(self) -> int:
        return len(self.house.open)

    def silence(self) -> AbstractContextManager[None]:
        return self.house.silence()

    @pytest.fixture(autouse=True)
    def _house(self) -> None:
        self.house = House("home")


def _asked() -> Credentials:
    return Credentials.password("ops", "hunter2")


class TestHandler(Lamps):
    """One that is handed over."""


class TestInstalledHandler(Lamps):
    """One of another package, which offers it by an entry point."""

    @pytest.fixture(autouse=True)
    def _installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        shutil.copy(_HERE / "lamp_handler.py", tmp_path / "lamps_of_others.py")
        metadata = tmp_path / "lamps_of_others-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Name: lamps-of-others\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(
            "[mi.protocol_handlers]\nLAMPS = lamps_of_others:LampHandler\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        self.application = Application()
        handler = self.application.handlers.load("lamps")
        self.house = sys.modules[type(handler).__module__].House("home")
        yield
        self.application.close()
        del sys.modules["lamps_of_others"]

    def handler(self) -> ProtocolHandler:
        handler = self.application.handlers.load("lamps")
        assert type(handler).__module__ == "lamps_of_others"
        return handler


class TestFakeHandler(Lamps):
    """The fake of the library's own tests, given lamps to tell of."""

    @pytest.fixture(autouse=True)
    def _fake(self) -> None:
        self.is_silent = False
        kinds = {type(call) for call in self.calls()}
        self.fake = FakeHandler(
            self._answer,
            refusal=lambda call: None if type(call) in kinds else NotSupported("no row for it"),
        )

    def handler(self) -> ProtocolHandler:
        return self.fake

    def open_contexts(self) -> int:
        return sum(len(channel.open_contexts) for channel in self.fake.channels)

    @contextmanager
    def silence(self) -> Iterator[None]:
        self.is_silent = True
        yield
        self.is_silent = False

    def _answer(self, run: FakeRun) -> Any:
        if run.control.cancel.cancelled:
            return run.control.cancel.error()
        if run.channel.destination != "home":
            return ConnectionFailed("there is no such house")
        if self.is_silent or run.call.endless:
            return Stall()
        return self._results(run)

    def _results(self, run: FakeRun) -> Any:
        call, lamps = run.call, self.house.lamps
        match call:
            case Invoke(method="SwitchHeatingOff"):
                run.steps = [[MethodResult(0)]]
                return [Prompt("Freeze?")]
            case EnumerateInstances() | QueryInstances():
                size = run.control.options.max_elements or len(lamps)
                run.steps = [[lamp] for lamp in lamps[size:]]
                return lamps[:size]
            case GetInstance(key=key):
                found = [lamp for lamp in lamps if lamp["Name"] == key["Name"]]
                return found or NotFound("there is no such lamp")
        return {GetClass: [LAMP], Invoke: [MethodResult(0)]}.get(type(call), [])


# A test that finds nothing would pass with any handler: here is what each is there to find.


class _Bad(LampHandler):
    """A handler that is right but for the run or the channel of one mistake."""

    def __init__(self, run: type[LampRun], channel: type[LampChannel]) -> None:
        self.run, self.channel = run, channel

    def open(self, destination: str | None, *_: Any) -> LampChannel:
        channel = self.channel(destination)
        channel.start = self._start(channel, channel.start)  # type: ignore[method-assign]
        return channel

    def _start(self, channel: LampChannel, start: Any) -> Any:
        def started(call: Any, control: Any) -> LampRun:
            return self.run(channel, call, control) if start(call, control) else None  # type: ignore[return-value]

        return started


class _Impatient(LampChannel):
    def __init__(self, destination: str | None) -> None:
        super().__init__(destination)
        if destination not in House.houses:
            raise ConnectionFailed("there is no such house")


class _KnowsAll(LampChannel):
    def start(self, call: Any, control: Any) -> LampRun:
        return LampRun(self, call, control)


class _Twice(LampRun):
    def next_batch(self) -> Any:
        batch = super().next_batch()
        return batch and batch * 2


class _Shy(LampRun):
    def next_batch(self) -> Any:
        batch = super().next_batch()
        return [] if batch and self.control.callbacks else batch


class _Texts(LampRun):
    def next_batch(self) -> Any:
        batch = super().next_batch()
        for item in batch or ():
            item.value = "a lamp"
        return batch


class _Tuples(LampRun):
    def next_batch(self) -> Any:
        batch = super().next_batch()
        return batch if batch is None else tuple(batch)


class _Bare(LampRun):
    def next_batch(self) -> Any:
        batch = super().next_batch()
        return batch if batch is None else ["a lamp"]


class _Unpicklable(LampRun):
    def next_batch(self) -> Any:
        batch = super().next_batch()
        for item in batch or ():
            if isinstance(item.value, Instance):
                item.value = _Locked("Lamp")
        return batch


class _Locked(Instance):
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a lamp cannot be pickled")


class _Strict(LampRun):
    def next_batch(self) -> Any:
        if int(self.control.flags):
            raise InvalidParameter("unknown flags")
        return super().next_batch()


class _Solitary(LampChannel):
    busy = threading.Lock()

    def reached(self, control: Any) -> House:
        if not self.busy.acquire(blocking=False):
            raise ConnectionFailed("somebody else is there")
        try:
            time.sleep(0.01)
            return super().reached(control)
        finally:
            self.busy.release()


class _Foreign(LampRun):
    def next_batch(self) -> Any:
        try:
            return super().next_batch()
        except MIError as error:
            raise LookupError(str(error)) from error


class _Talkative(LampChannel):
    def reached(self, control: Any) -> House:
        try:
            return super().reached(control)
        except NotFound:
            raise
        except MIError as error:
            raise type(error)(f"{error} for ops with hunter2") from error

    def __repr__(self) -> str:
        return "<LampChannel ops:hunter2>"


class _Keeping(LampRun):
    def close(self) -> None:
        pass


class _Forgetful(LampRun):
    def drop(self) -> None:
        pass


class _Lazy(LampChannel):
    def release(self) -> None:
        if self.closed.is_set():
            super().release()


class _Once(LampChannel):
    def close(self, expiry: Any) -> None:
        if self.closed.is_set():
            raise InvalidParameter("it is closed already")
        super().close(expiry)


class _Deaf(LampChannel):
    def wait(self, control: Any, signal: Any) -> None:
        signal.wait(1)


class _Eager(LampChannel):
    def reached(self, control: Any) -> House:
        return House.houses[self.destination]


class _Tongueless(LampChannel):
    def wait(self, control: Any, signal: Any) -> None:
        try:
            super().wait(control, signal)
        except MIError as error:
            raise ConnectionFailed("it took too long") from error


class _Unquestioning(LampRun):
    def next_batch(self) -> Any:
        return (
            [one for one in batch if type(one).__name__ != "Prompt"]
            if (batch := super().next_batch()) is not None
            else None
        )


@pytest.mark.parametrize(
    ("run", "channel", "test"),
    [
        (LampRun, _Impatient, "it_touches_no_network_before_the_first_batch"),
        (LampRun, _KnowsAll, "a_call_that_it_does_not_know_is_not_supported"),
        (_Twice, LampChannel, "each_call_gives_results_of_its_kind"),
        (_Texts, LampChannel, "each_call_gives_results_of_its_kind"),
        (_Tuples, LampChannel, "each_call_gives_results_of_its_kind"),
        (_Bare, LampChannel, "each_call_gives_results_of_its_kind"),
        (_Shy, LampChannel, "each_call_works_in_a_session_read_or_delivered"),
        (_Unpicklable, LampChannel, "results_outlive_the_channel"),
        (_Strict, LampChannel, "flags_that_nobody_knows_are_ignored"),
        (LampRun, _Solitary, "operations_share_a_channel_from_several_threads"),
        (_Foreign, LampChannel, "a_refusal_is_an_error_of_the_library_and_disturbs_nothing"),
        (LampRun, _Talkative, "a_refusal_is_an_error_of_the_library_and_disturbs_nothing"),
        (_Keeping, LampChannel, "leaving_half_way_releases_what_is_open"),
        (_Forgetful, LampChannel, "a_dropped_run_is_released_with_the_next_exchange"),
        (LampRun, _Lazy, "a_dropped_run_is_released_with_the_next_exchange"),
        (_Forgetful, LampChannel, "a_dropped_run_is_released_when_the_channel_closes"),
        (LampRun, _Once, "a_channel_may_be_closed_twice_and_a_run_after_it"),
        (_Keeping, LampChannel, "a_call_without_end_ends_when_it_is_cancelled"),
        (LampRun, _Eager, "what_was_cancelled_before_it_began_ends_at_once"),
        (LampRun, _Deaf, "a_cancel_from_another_thread_ends_a_wait"),
        (LampRun, _Deaf, "a_time_limit_ends_a_wait_and_says_which_it_was"),
        (LampRun, _Tongueless, "a_time_limit_ends_a_wait_and_says_which_it_was"),
        (LampRun, _Deaf, "a_channel_closes_on_time_though_its_server_is_silent"),
        (_Unquestioning, LampChannel, "prompts_are_delivered_and_answers_brought"),
    ],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_handler_that_breaks_a_rule_fails_the_test_of_that_rule(
    run: type[LampRun], channel: type[LampChannel], test: str
) -> None:
    class Broken(Lamps):
        patience = 0.1

        def handler(self) -> ProtocolHandler:
            return _Bad(run, channel)

    good, bad = Lamps(), Broken()
    good.house = House("home")
    getattr(good, f"test_{test}")()
    bad.house = House("home")
    with pytest.raises((AssertionError, MIError, LookupError, TypeError)):
        getattr(bad, f"test_{test}")()


# Questions


class _Silent(HandlerContract):
    """Says what it must, and nothing more."""

    def handler(self) -> ProtocolHandler:
        return LampHandler()

    def calls(self) -> list[Call[Any]]:
        return [_QUERY]


def test_a_test_whose_question_was_not_answered_is_skipped() -> None:
    House("home")
    skipped = []
    for name in (name for name in dir(_Silent) if name.startswith("test_")):
        try:
            getattr(_Silent(), name)()
        except SkipTest as reason:
            skipped.append(str(reason))
    assert len(skipped) == 10
    assert set(skipped) == {
        "the handler's tests offer no destination where nothing answers",
        "the handler's tests offer no call that the server refuses",
        "the handler's tests offer no call with several batches",
        "the handler's tests offer no call without end",
        "the handler's tests offer no server that falls silent",
        "the handler's tests offer no call that asks something",
    }


@pytest.mark.parametrize("question", ["handler", "calls"])
def test_who_says_nothing_of_what_must_be_said_is_told(question: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(HandlerContract(), question)()


def test_by_default_the_server_is_this_machine_and_needs_no_options() -> None:
    assert HandlerContract().destination() is None
    assert HandlerContract().options() == DestinationOptions()
    assert HandlerContract().open_contexts() is None


def test_nothing_of_the_library_imports_the_contract() -> None:
    root = Path(__file__).parents[3]
    importing = [
        path
        for folder in ("mi", "protocols")
        for path in (root / folder).rglob("*.py")
        if path.parent.name != "testing" and "mi.testing" in path.read_text(encoding="utf-8")
    ]
    assert importing == []
