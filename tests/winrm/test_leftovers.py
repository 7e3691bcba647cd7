"""What operations leave open, with a transport and conversations that are played."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import (
    ConnectionFailed,
    LimitsExceeded,
    OperationCancelled,
    OperationTimeout,
)
from protocols.winrm import later
from protocols.winrm.channel import WinrmChannel
from protocols.winrm.run import Run
from protocols.wsman.fault import Fault
from tests.sessions import settles
from tests.winrm.played import Played, Transport, channel_over, play, request, values

# Released at once, or before the next exchange


def test_a_run_that_is_closed_releases_what_is_open(transport: Transport) -> None:
    conversation = Played((request(), ["a"]), left_open=request("Release"))
    run = play(channel_over(transport), conversation)
    run.next_batch()
    run.close()
    run.close()
    assert transport.actions == ["Enumerate", "Release"]
    assert transport.expiries[1].limit == "grace"
    assert conversation.abandoned == 1


def test_a_run_with_nothing_open_sends_nothing(transport: Transport) -> None:
    run = play(channel_over(transport), Played())
    run.close()
    assert transport.actions == []


def test_a_release_that_fails_says_so_and_leaves_it_open(transport: Transport) -> None:
    run = play(channel_over(transport), Played(left_open=request("Release")))

    def fail(_: str) -> None:
        raise ConnectionFailed("gone")

    transport.before = fail
    with pytest.raises(ConnectionFailed):
        run.close()
    transport.before = lambda action: None
    run.drop()  # as after a close that was interrupted
    values(play(run._channel, Played((request(), []))))
    assert transport.actions == ["Release", "Enumerate"]


def test_a_dropped_run_is_released_before_the_next_exchange(transport: Transport) -> None:
    channel = channel_over(transport)
    for _ in range(2):
        play(channel, Played(left_open=request("Release"))).drop()
    play(channel, Played()).drop()
    assert transport.actions == []
    values(play(channel, Played((request(), []))))
    assert transport.actions == ["Release", "Release", "Enumerate"]
    assert transport.expiries[0].limit == "timeout"


def test_releasing_a_dropped_run_takes_the_grace_time_at_most(transport: Transport) -> None:
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    values(play(channel, Played((request(), [])), timeout=100))
    assert transport.expiries[0].limit == "grace"


def test_nothing_is_leased_where_nobody_was_dropped(transport: Transport) -> None:
    transport.lease = None  # type: ignore[assignment,method-assign]
    channel_over(transport).leftovers.release_dropped(Expiry.of_grace(), CancelToken())


def test_what_is_said_at_the_end_is_logged_with_what_came_of_it(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    transport.faults["Release"] = Fault.of("UNEXPECTED_SELECTORS", "There is no such context.")
    with caplog.at_level(logging.DEBUG, "mi.winrm"):
        play(channel_over(transport), Played(left_open=request("Release"))).close()
    (entry,) = [one for one in caplog.records if getattr(one, "mi_action", "") == "urn:Release"]
    assert "w:InvalidSelectors" in str(entry.mi_fault)  # type: ignore[attr-defined]


def test_a_dropped_run_that_cannot_be_released_disturbs_nobody(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(action: str) -> None:
        if action == "Release":
            raise ConnectionFailed("gone")

    transport.before = fail
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    assert values(play(channel, Played((request(), ["a"])))) == ["a"]
    assert "could not be released: gone" in caplog.text


@pytest.mark.parametrize(
    "error", [OperationCancelled("x"), OperationTimeout("x"), KeyboardInterrupt()]
)
def test_a_dropped_run_stays_with_the_channel_when_its_releaser_must_go(
    transport: Transport, error: BaseException
) -> None:
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    run = play(channel, Played((request(), ["a"])), timeout=0.05)

    def stop(_: str) -> None:
        if isinstance(error, OperationCancelled):
            run._control.cancel.cancel()
        if isinstance(error, OperationTimeout):
            threading.Event().wait(0.1)
        raise error

    transport.before = stop
    with pytest.raises(type(error)):
        run.next_batch()
    transport.before = lambda action: None
    channel.close(Expiry.of_grace())
    assert transport.actions == ["Release"]


def test_closing_goes_on_when_the_release_fails(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    @contextmanager
    def no_line(expiry: Expiry, cancel: CancelToken, **how: bool) -> Iterator[Transport]:
        raise OperationTimeout("in use")
        yield transport

    transport.lease = no_line  # type: ignore[method-assign]
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Release"))).drop()
    with caplog.at_level(logging.WARNING, "mi.winrm"):
        channel.close(Expiry.of_grace())
    assert "what was left open could not be released: in use" in caplog.text
    assert len(transport.closed) == 1


# A server that has too much to do


BUSY = Fault.of("QUOTA_MAX_OPERATIONS", "This user has too many operations.")


@pytest.fixture
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protocols.network.patience._FIRST", 0.002)


def relenting(transport: Transport, action: str, refusals: int) -> None:
    """Have a server refuse an action so often, and then no more."""
    transport.faults[action] = BUSY

    def count(_: str) -> None:
        if transport.actions.count(action) == refusals:
            transport.faults.clear()

    transport.before = count


@pytest.mark.usefixtures("brief_waits")
def test_a_release_that_a_quota_refuses_is_asked_for_again(transport: Transport) -> None:
    relenting(transport, "Delete", 2)
    play(channel_over(transport), Played(left_open=request("Delete"))).close()
    assert transport.actions == ["Delete"] * 3


@pytest.mark.usefixtures("brief_waits")
def test_a_release_that_is_refused_for_long_is_left_to_the_next_exchange(
    transport: Transport,
) -> None:
    transport.faults["Delete"] = BUSY
    channel = channel_over(transport)
    with pytest.raises(LimitsExceeded, match="too many operations"):
        play(channel, Played(left_open=request("Delete"))).close()
    assert transport.actions == ["Delete"] * 6
    values(play(channel, Played((request(), []))))
    transport.faults.clear()
    values(play(channel, Played((request(), []))))
    assert transport.actions[6:] == ["Delete", "Enumerate", "Delete", "Enumerate"]


def test_a_release_that_any_other_fault_answers_is_not_repeated(transport: Transport) -> None:
    transport.faults["Delete"] = Fault.of("UNEXPECTED_SELECTORS", "There is no such shell.")
    play(channel_over(transport), Played(left_open=request("Delete"))).close()
    assert transport.actions == ["Delete"]


def test_a_release_whose_answer_cannot_be_read_is_not_repeated(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def garbled(*_: Any, **__: Any) -> Iterator[bytes]:
        transport.actions.append("Delete")
        return iter((b"<html/>",))

    monkeypatch.setattr(transport, "exchange", garbled)
    play(channel_over(transport), Played(left_open=request("Delete"))).close()
    assert transport.actions == ["Delete"]


def test_what_waits_and_is_refused_is_said_before_the_next_exchange(transport: Transport) -> None:
    transport.faults["Signal"] = BUSY
    channel = channel_over(transport)
    ended(channel).close()
    assert settles(lambda: transport.actions == ["Signal"])
    assert settles(lambda: len(channel.leftovers._orphans) == 1)
    transport.faults.clear()
    values(play(channel, Played((request(), []))))
    assert transport.actions == ["Signal", "Signal", "Enumerate"]


@pytest.mark.usefixtures("brief_waits")
def test_a_channel_that_closes_asks_again_for_what_is_refused(transport: Transport) -> None:
    relenting(transport, "Delete", 2)
    channel = channel_over(transport)
    play(channel, Played(left_open=request("Delete"))).drop()
    channel.close(Expiry.of_grace())
    assert transport.actions == ["Delete"] * 3
    assert len(transport.closed) == 1


# Last words that wait


class Ended(Played):
    """A conversation that has ended, and leaves something open that is in nobody's way."""

    may_wait = True


def ended(channel: WinrmChannel, name: str = "Signal") -> Run:
    run = play(channel, Ended(left_open=request(name)))
    assert run.next_batch() is None
    return run


def test_what_may_wait_is_released_a_moment_later(transport: Transport) -> None:
    channel = channel_over(transport)
    ended(channel).close()
    assert transport.actions == []
    assert settles(lambda: transport.actions == ["Signal"])


def test_what_may_wait_is_released_when_the_channel_closes(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "PAUSE", 3.0)
    channel = channel_over(transport)
    ended(channel).close()
    channel.close(Expiry.of_grace())
    assert transport.actions == ["Signal"]


def test_what_may_wait_does_not_where_too_much_waits(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "_MOST", 0)
    channel = channel_over(transport)
    ended(channel).close()
    assert transport.actions == ["Signal"]


def test_what_cannot_be_released_later_is_released_with_the_next_exchange(
    transport: Transport, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(action: str) -> None:
        raise ConnectionFailed("no route")

    transport.before = refuse
    channel = channel_over(transport)
    with caplog.at_level(logging.INFO, "mi.winrm"):
        ended(channel).close()
        assert settles(lambda: len(channel.leftovers._orphans) == 1)
    assert "not released yet: no route" in caplog.text
    transport.before = lambda _: None
    values(play(channel, Played((request(), []))))
    assert transport.actions == ["Signal", "Enumerate"]


def test_what_another_process_has_ended_is_not_released(transport: Transport) -> None:
    channel = channel_over(transport)
    run = ended(channel)
    run.life = object()
    channel.leftovers.defer(run)
    assert settles(lambda: len(channel.leftovers._later) == 0)
    assert transport.actions == []


def test_a_quota_is_made_room_for_by_what_waits(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "PAUSE", 3.0)
    channel = channel_over(transport)
    ended(channel).close()
    transport.faults["Command"] = Fault.of("QUOTA_MAX_COMMANDS_PER_SHELL_PPQ", "too many")

    def relent(action: str) -> None:
        if action == "Signal":
            transport.faults.clear()

    transport.before = relent
    run = play(channel, Played((request("Command", repeatable=False), ["done"])))
    assert values(run) == ["done"]
    assert transport.actions == ["Command", "Signal", "Command"]


def test_a_fault_that_is_no_quota_moves_nothing(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(later, "PAUSE", 3.0)
    channel = channel_over(transport)
    ended(channel).close()
    transport.faults["Command"] = Fault.of("ERROR_ACCESS_DENIED", "no")
    values(play(channel, Played((request("Command", repeatable=False), ["told"]))))
    assert transport.actions == ["Command"]
    channel.close(Expiry.of_grace())


def test_what_may_take_its_time_is_released_a_moment_later(transport: Transport) -> None:
    run = play(channel_over(transport), Played(left_open=request("Signal")))
    run.take_time()
    run.close()
    assert transport.actions == []
    assert settles(lambda: transport.actions == ["Signal"])
