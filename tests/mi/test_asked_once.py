"""Callables that give credentials are asked once."""

from threading import Thread
from typing import Any

import pytest

from mi.asked_once import AskedOnce, asked_once
from mi.credentials import Credentials
from mi.errors import TypeMismatch


def test_credentials_stay_as_they_are_and_a_callable_is_kept_in_what_asks_it_once() -> None:
    credentials = Credentials.password("ops", "hunter2")
    assert asked_once(credentials) is credentials
    source = asked_once(lambda: credentials)
    assert isinstance(source, AskedOnce)
    assert source() is credentials


def test_a_callable_is_asked_once_whatever_the_number_of_threads() -> None:
    asked, answers = [], []
    credentials = Credentials.password("ops", "hunter2")

    def ask() -> Credentials:
        asked.append(1)
        return credentials

    source = AskedOnce(ask)
    threads = [Thread(target=lambda: answers.append(source())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert asked == [1]
    assert answers == [credentials] * 4


def test_a_callable_that_failed_is_asked_again() -> None:
    outcomes: list[Any] = [EOFError("no terminal"), Credentials.current_user()]

    def ask() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, EOFError):
            raise outcome
        return outcome

    source = AskedOnce(ask)
    with pytest.raises(EOFError):
        source()
    assert source() == Credentials.current_user()


def test_a_callable_that_returns_something_else_is_a_type_mismatch_without_it() -> None:
    def ask() -> Any:
        return "hunter2"

    with pytest.raises(TypeMismatch, match="must return Credentials") as caught:
        AskedOnce(ask)()
    assert "hunter2" not in str(caught.value)
