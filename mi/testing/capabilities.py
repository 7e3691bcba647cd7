"""What a handler can do, as its author says, and how the tests put it to use.

The tests ask for what they need, never for the name of a handler. A question that was not answered
skips the tests that ask it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Generic, TypeVar, get_args
from unittest import SkipTest

from mi.application import Application
from mi.callbacks import OperationCallbacks, OperationResult, SessionCallbacks
from mi.calls import Call
from mi.control import CancelToken, Control, Expiry
from mi.credentials import Credentials
from mi.errors import MIError
from mi.handler import Channel, Event, Item, ProtocolHandler, Run
from mi.options import DestinationOptions, OperationOptions
from mi.session import DEFAULT_NAMESPACE, Session

__all__ = ["Attempt", "Capabilities", "check", "failure", "offered", "values_of"]

T = TypeVar("T")

_NAME = "CONTRACT"
_EVENTS = get_args(Event)


class Capabilities:
    """What is asked of the author of a handler; the first two have no answer of their own.

    Attributes:
        patience: seconds within which anything ends.
        moment: seconds that the tests wait for a server that is silent.
    """

    patience: ClassVar[float] = 10.0
    moment: ClassVar[float] = 0.2

    def handler(self) -> ProtocolHandler:
        """Return a handler: a new one, or always the same."""
        raise NotImplementedError

    def calls(self) -> Iterable[Call[Any]]:
        """Return a call of each kind that the handler supports, which succeeds.

        Those that are repeatable are run more than once; one of them at least has an end.
        """
        raise NotImplementedError

    def destination(self) -> str | None:
        """Return the host of the server; by default this machine."""
        return None

    def options(self) -> DestinationOptions:
        """Return how to reach it; by default without any option."""
        return DestinationOptions()

    def long_call(self) -> tuple[Call[Any], OperationOptions] | None:
        """Return a call whose results come in several batches, and the options it takes."""
        return None

    def failing_call(self) -> Call[Any] | None:
        """Return a call that the server refuses."""
        return None

    def prompting_call(self) -> Call[Any] | None:
        """Return a call that asks something while it runs, and succeeds when that is agreed to."""
        return None

    def unreachable(self) -> tuple[str | None, DestinationOptions] | None:
        """Return a destination where nothing answers, and its options."""
        return None

    def open_contexts(self) -> int | None:
        """Return how many operations the server has open that a client could release."""
        return None

    def silence(self) -> AbstractContextManager[object] | None:
        """Return what keeps the server from answering anything within its `with` block."""
        return None

    # For the tests

    @contextmanager
    def _channel(self) -> Iterator[Channel]:
        channel = self._open(self.destination(), self.options())
        try:
            yield channel
        finally:
            channel.close(Expiry.of_grace())

    def _open(self, destination: str | None, options: DestinationOptions) -> Channel:
        return self.handler().open(destination, options.for_session(), SessionCallbacks())

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with Application() as application:
            application.handlers.register(_NAME, self.handler())
            with application.new_session(_NAME, self.destination(), self.options()) as session:
                yield session

    def _run(
        self,
        channel: Channel,
        call: Call[Any],
        options: OperationOptions | None = None,
        **terms: Any,
    ) -> Run:
        complete = call if call.namespace else replace(call, namespace=DEFAULT_NAMESPACE)
        terms = {"timeout": self.patience, "unary": call.unary, **terms}
        return channel.start(complete, Control.begin(options or OperationOptions(), **terms))

    def _finite_calls(self) -> list[Call[Any]]:
        return [call for call in self.calls() if not call.endless]

    def _some_call(self) -> Call[Any]:
        return next(call for call in self._finite_calls() if call.repeatable)

    def _half_way(self, channel: Channel) -> Run:
        call, options = offered(self.long_call(), "call with several batches")
        before = offered(self.open_contexts(), "count of what is open on the server")
        run = self._run(channel, call, options)
        batch: list[Event] | None = []
        while batch is not None and not batch:
            batch = run.next_batch()
        check((self.open_contexts() or 0) > before, f"{call.operation} is open half-way")
        return run

    def _check_released(self, sentence: str) -> None:
        until = time.monotonic() + self.patience
        while self.open_contexts() and time.monotonic() < until:
            time.sleep(0.005)
        check(not self.open_contexts(), sentence)

    def _read(self, session: Session, call: Call[Any]) -> list[Any]:
        results = session.run(call, timeout=self.patience).all()
        return [result for result in results if result is not None]

    def _delivered(self, session: Session, call: Call[Any]) -> list[Any]:
        results: list[OperationResult[Any]] = []
        final = threading.Event()

        def deliver(result: OperationResult[Any]) -> None:
            results.append(result)
            if not result.more_results:
                final.set()

        callbacks = OperationCallbacks(**{call.result_callback: deliver})  # type: ignore[arg-type]
        session.run(call, callbacks=callbacks, timeout=self.patience)
        check(final.wait(self.patience), f"{call.operation} delivers a final result")
        check(results[-1].error is None, f"{call.operation} succeeds: {results[-1].error}")
        return [result.value for result in results if result.value is not None]

    def _in_time(self, work: Callable[[], T]) -> T:
        """Return what `work` returns or raise what it raises, provided that it ends."""
        return Attempt(work).result(self.patience)

    @contextmanager
    def _cancelled_soon(self) -> Iterator[CancelToken]:
        cancel = CancelToken()
        timer = threading.Timer(self.moment, cancel.cancel)
        timer.start()
        try:
            yield cancel
        finally:
            timer.cancel()
            timer.join()

    def _check_secrets(self, *said: str) -> None:
        for one in self.options().credentials or ():
            secret = one.reveal() if isinstance(one, Credentials) else None
            check(not secret or secret not in "".join(said), "no password is shown")


class Attempt(Generic[T]):
    """Work in a thread of its own, for which a test waits no longer than it wants to."""

    def __init__(self, work: Callable[[], T]) -> None:
        """Begin `work`."""
        self._work = work
        self._returned: list[T] = []
        self._raised: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._returned.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._raised.append(error)

    def wait(self, seconds: float) -> None:
        """Wait for its end, but no longer than that."""
        self._thread.join(seconds)

    def result(self, seconds: float) -> T:
        """Return what the work returns or raise what it raises, or fail the test."""
        self.wait(seconds)
        check(not self._thread.is_alive(), f"it ends within {seconds:g} s")
        if self._raised:
            raise self._raised[0]
        return self._returned[0]


def offered(value: T | None, what: str) -> T:
    """Return what the author of a handler offers; where that is nothing, skip the test."""
    if value is None:
        raise SkipTest(f"the handler's tests offer no {what}")
    return value


def check(holds: bool, sentence: str) -> None:
    """Fail the test unless what `sentence` says holds."""
    if not holds:
        raise AssertionError(sentence)


def failure(work: Callable[[], object], what: str) -> MIError:
    """Return the error of the library with which `work` ends, or fail the test."""
    try:
        work()
    except MIError as error:
        return error
    raise AssertionError(f"{what} ends with an error")


def values_of(run: Run) -> list[Any]:
    """Return what the items of `run` hold, and close it."""
    values: list[Any] = []
    while (batch := run.next_batch()) is not None:
        check(isinstance(batch, list), f"a batch is a list, not {type(batch).__name__}")
        for event in batch:
            check(isinstance(event, _EVENTS), f"a batch holds events, not {event!r}")
        values += [event.value for event in batch if isinstance(event, Item)]
    run.close()
    return values
