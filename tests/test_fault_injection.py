"""Whatever a network does to a conversation, at whatever byte: the client keeps its promises.

A sample of all that can go wrong, always the same; `make soak` tries every byte.
"""

from __future__ import annotations

from typing import Any

import pytest

import mi
from tests.conversations import CONVERSATIONS, SCHEMES, Bench, Stage, Talk, disturbed
from tests.proxy import Direction, Fault, Kind


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mi.control.GRACE", 1.0)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_a_disturbed_conversation_ends_on_time_with_the_right_result_or_an_error(
    name: str, scheme: str
) -> None:
    count, found = disturbed(name, scheme, every=1999)
    assert count > 25
    assert found == []


# What a trial is worth: each of these breaks a promise, and it is noticed.

_GOODBYE = "protocols.winrm.leftovers.Leftovers._say_goodbye"
NOWHERE = Fault(Kind.CORRUPT, Direction.UP, 10**9)


def noticed(name: str, monkeypatch: pytest.MonkeyPatch, act: Any, fault: Fault = NOWHERE) -> str:
    with Bench.of(SCHEMES[0]) as bench:
        stage: Stage = bench.stage(name)
        monkeypatch.setitem(CONVERSATIONS, name, act)
        return "; ".join(bench.problems(name, stage, fault))


def test_a_trial_finds_nothing_where_nothing_goes_wrong() -> None:
    with Bench.of(SCHEMES[0]) as bench:
        for name in CONVERSATIONS:
            assert bench.problems(name, bench.stage(name), NOWHERE) == []


def test_a_trial_notices_what_is_done_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    deposit = CONVERSATIONS["deposit"]

    def twice(talk: Talk) -> None:
        deposit(Talk(talk.session, talk.timeout))
        deposit(talk)

    assert "it was done 2 times" in noticed("deposit", monkeypatch, twice)


def test_a_trial_notices_what_was_done_although_it_is_said_not_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deposit = CONVERSATIONS["deposit"]

    def denied(talk: Talk) -> None:
        deposit(Talk(talk.session, talk.timeout))
        raise mi.NotFound("it was not done")

    assert "it was said not to be done, and was" in noticed("deposit", monkeypatch, denied)


def test_a_trial_notices_a_wrong_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(talk: Talk) -> None:
        talk.given.append({"Name": "nobody"})

    assert "a wrong result" in noticed("get", monkeypatch, wrong)


def test_a_trial_notices_a_foreign_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def foreign(talk: Talk) -> None:
        raise KeyError("what")

    assert "somebody else's exception: KeyError" in noticed("get", monkeypatch, foreign)


def test_a_trial_notices_a_context_that_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(talk: Talk) -> None:
        monkeypatch.setattr(_GOODBYE, lambda *_: None)
        with talk.session.enumerate_instances("X_Account") as accounts:
            talk.given.append(dict(next(accounts)))

    assert "could have been released" in noticed("abandoned query", monkeypatch, forgetful)


@pytest.mark.parametrize("name", ["events", "changes"])
def test_a_trial_notices_a_subscription_that_stays_open(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe = CONVERSATIONS[name]

    def forgetful(talk: Talk) -> None:
        monkeypatch.setattr(_GOODBYE, lambda *_: None)
        subscribe(talk)

    assert "could have been ended" in noticed(name, monkeypatch, forgetful)


@pytest.mark.parametrize("name", ["events", "changes"])
def test_a_trial_notices_events_that_are_lost(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe = CONVERSATIONS[name]

    def lossy(talk: Talk) -> None:
        subscribe(talk)
        del talk.given[1]

    assert "a wrong result" in noticed(name, monkeypatch, lossy)


@pytest.mark.parametrize("name", ["command", "run"])
def test_a_trial_notices_a_shell_that_stays_open(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CONVERSATIONS[name]

    def forgetful(talk: Talk) -> None:
        monkeypatch.setattr(_GOODBYE, lambda *_: None)
        run(talk)

    assert "a shell stays open" in noticed(name, monkeypatch, forgetful)


@pytest.mark.parametrize("name", ["command", "run"])
def test_a_trial_notices_a_command_that_is_run_twice(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = CONVERSATIONS[name]

    def twice(talk: Talk) -> None:
        run(Talk(talk.session, talk.timeout))
        run(talk)

    assert "it was done 2 times" in noticed(name, monkeypatch, twice)
