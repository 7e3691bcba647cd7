"""Who waits for what others use."""

import threading
import time
from collections.abc import Callable

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter, MIError, OperationCancelled, OperationTimeout
from protocols.network.bounds import Bounds
from protocols.network.turns import Turns

LONG = 10.0


def soon(seconds: float = LONG) -> Expiry:
    return Expiry.after(seconds, "timeout")


class Waiting(threading.Thread):
    """Somebody who waits for a turn, and what became of that."""

    def __init__(
        self,
        turns: Turns,
        use: Callable[[], None] = lambda: None,
        seconds: float = LONG,
        *,
        is_urgent: bool = False,
    ) -> None:
        super().__init__(daemon=True)
        self._turns = turns
        self._use = use
        self._seconds = seconds
        self._is_urgent = is_urgent
        self.token = CancelToken()
        self.error: MIError | None = None
        before = len(turns._queue)
        self.start()
        while self.is_alive() and len(turns._queue) == before:
            time.sleep(0.001)

    def run(self) -> None:
        try:
            self._turns.take(soon(self._seconds), self.token, is_urgent=self._is_urgent)
        except MIError as error:
            self.error = error
        else:
            self._use()
            self._turns.give_back()


def take(turns: Turns, seconds: float = LONG) -> None:
    turns.take(soon(seconds), CancelToken())


def test_as_many_as_it_has_are_taken_at_once() -> None:
    turns = Turns(2)
    take(turns)
    take(turns)
    with pytest.raises(OperationTimeout, match="while waiting for a free connection"):
        take(turns, 0.05)
    turns.give_back()
    take(turns)


def test_whoever_waits_has_his_turn_in_the_order_of_coming() -> None:
    turns, order = Turns(), list[int]()
    take(turns)
    waiting = [Waiting(turns, lambda n=n: order.append(n)) for n in range(5)]  # type: ignore[misc]
    turns.give_back()
    for one in waiting:
        one.join(LONG)
    assert order == [0, 1, 2, 3, 4]


def test_who_is_urgent_goes_before_all_that_wait() -> None:
    turns, order = Turns(), list[str]()
    take(turns)
    waiting = [
        Waiting(turns, lambda: order.append("patient")),
        Waiting(turns, lambda: order.append("urgent"), is_urgent=True),
    ]
    turns.give_back()
    for one in waiting:
        one.join(LONG)
    assert order == ["urgent", "patient"]


def test_a_cancel_ends_waiting_and_leaves_the_queue() -> None:
    turns = Turns()
    take(turns)
    cancelled, patient = Waiting(turns), Waiting(turns)
    started = time.monotonic()
    cancelled.token.cancel()
    cancelled.join(LONG)
    assert time.monotonic() - started < 5
    assert isinstance(cancelled.error, OperationCancelled)
    turns.give_back()
    patient.join(LONG)
    assert patient.error is None


def test_waiting_may_be_part_of_something_that_is_bounded_already() -> None:
    turns = Turns()
    with Bounds(soon(0.05), CancelToken(), 0) as bounds:
        turns.take_within(bounds)
        with pytest.raises(OperationTimeout):
            turns.take_within(bounds)
    turns.give_back()
    take(turns)


def within(turns: Turns) -> None:
    turns.take_within(Bounds(soon(), CancelToken(), 0))


@pytest.mark.parametrize("take_one", [take, within])
def test_who_gets_a_turn_and_does_not_want_it_any_more_passes_it_on(
    monkeypatch: pytest.MonkeyPatch, take_one: Callable[[Turns], None]
) -> None:
    # As if Ctrl-C came between the giving and the look at it.
    turns = Turns()
    take(turns)

    def interrupted(self: object, seconds: float | None) -> bool:
        turns.give_back()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("protocols.network.bounds.Bell.wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            take_one(turns)
    take(turns)


# Closing


def test_closing_sends_those_who_wait_away_and_waits_for_those_who_have_a_turn() -> None:
    turns = Turns()
    take(turns)
    waiting = Waiting(turns)
    turns.close()
    waiting.join(LONG)
    assert isinstance(waiting.error, InvalidParameter)
    with pytest.raises(InvalidParameter, match="the session is closed"):
        take(turns)
    started = time.monotonic()
    turns.wait_for_all(soon(0.05))
    assert time.monotonic() - started >= 0.04
    threading.Timer(0.05, turns.give_back).start()
    turns.wait_for_all(Expiry())


def test_when_all_are_back_nobody_is_waited_for() -> None:
    turns = Turns(2)
    take(turns)
    turns.give_back()
    turns.close()
    turns.wait_for_all(Expiry())


def test_a_turn_that_was_given_before_the_closing_comes_back_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = Turns(2)
    take(turns)
    take(turns)

    def given_and_closed(self: object, seconds: float | None) -> bool:
        turns.give_back()
        turns.close()
        return True

    with monkeypatch.context() as patched:
        patched.setattr("protocols.network.bounds.Bell.wait", given_and_closed)
        take(turns)
    turns.give_back()
    turns.give_back()
    turns.wait_for_all(Expiry())
