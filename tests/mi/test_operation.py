"""Operations: when they start and what they give, to threads and to tasks."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from mi.calls import GetInstance, QueryInstances, TestConnection
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    NotFound,
    NotSupported,
)
from mi.instance import Instance
from tests.mi.conftest import Fake

_QUERY = "SELECT * FROM Win32_Service"
_SOON = 4.0  # less than the grace, and more than a busy machine needs


def _in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start `work` in a thread; its result, or what it raised, comes into the list."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - it is the outcome
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


# Starting


def test_an_operation_starts_on_first_use(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert channel.runs == []
    next(operation)
    assert len(channel.runs) == 1


def test_an_operation_that_cannot_start_fails_at_its_first_use(fake: Fake) -> None:
    session, _ = fake(refusal=NotSupported("no row for it"))
    operation = session.query_instances(_QUERY)
    with pytest.raises(NotSupported, match="server01: QueryInstances: no row for it"):
        operation.all()


# Results


def test_iterating_gives_the_results_of_every_batch_in_order(fake: Fake) -> None:
    session, channel = fake(["a", "b"], [], ["c"])
    assert list(session.query_instances(_QUERY)) == ["a", "b", "c"]
    assert channel.runs[0].ends == ["close"]


def test_a_batch_is_fetched_when_it_is_asked_for_and_not_before(fake: Fake) -> None:
    session, channel = fake(["a", "b"], ["c"])
    operation = session.query_instances(_QUERY)
    next(operation)
    next(operation)
    assert channel.runs[0].asked == 1
    next(operation)
    assert channel.runs[0].asked == 2


def test_all_fetches_everything_first(fake: Fake) -> None:
    session, channel = fake(["a"], ["b", "c"])
    operation = session.query_instances(_QUERY)
    assert next(operation) == "a"
    assert operation.all() == ["b", "c"]
    assert channel.open_contexts == set()
    assert operation.all() == []


def test_an_iteration_that_ended_stays_ended(fake: Fake) -> None:
    session, channel = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert list(operation) == ["a"]
    assert list(operation) == []
    with pytest.raises(StopIteration):
        next(operation)
    assert channel.runs[0].asked == 2


def test_result_gives_the_one_result_and_gives_it_again(fake: Fake) -> None:
    session, _ = fake(["a"])
    operation = session.query_instances(_QUERY)
    assert operation.result() == operation.result() == "a"


def test_result_refuses_to_choose_among_several_and_loses_none(fake: Fake) -> None:
    session, _ = fake(["a"], ["b"], ["c"])
    operation = session.query_instances(_QUERY)
    for _ in range(2):
        with pytest.raises(InvalidParameter, match="QueryInstances: there is more than one"):
            operation.result()
    assert operation.all() == ["a", "b", "c"]


def test_no_result_where_there_must_be_one_is_not_found(fake: Fake) -> None:
    session, _ = fake()
    with pytest.raises(NotFound, match="server01: QueryInstances: there is no result"):
        session.query_instances(_QUERY).result()


def test_a_call_that_may_do_without_gives_none(fake: Fake) -> None:
    session, _ = fake()
    assert session.run(TestConnection()).result() is None


# What it says of itself


def test_the_repr_says_what_where_and_how_far(fake: Fake) -> None:
    session, _ = fake(["a"], ConnectionFailed("it broke"))
    operation = session.query_instances(_QUERY)
    assert repr(operation) == "<Operation QueryInstances on server01, not started>"
    next(operation)
    assert repr(operation) == "<Operation QueryInstances on server01, running>"
    with pytest.raises(ConnectionFailed):
        next(operation)
    assert repr(operation) == "<Operation QueryInstances on server01, failed>"
    operation.close()
    assert repr(operation) == "<Operation QueryInstances on server01, closed>"


def test_the_repr_of_an_operation_on_this_machine(fake: Fake) -> None:
    session, _ = fake(["a"], destination=None)
    operation = session.run(QueryInstances(_QUERY))
    operation.all()
    assert repr(operation) == "<Operation QueryInstances on this machine, ended>"


def test_the_control_has_the_terms_of_the_call(fake: Fake) -> None:
    session, channel = fake(["a"])
    key = Instance("Win32_Service", {"Name": "Spooler"})
    session.run(GetInstance(key), timeout=7, deadline=3).result()
    used = channel.runs[0].control
    assert (used.unary, used.timeout, used.deadline.seconds) == (True, 7, 3)
    session.run(QueryInstances(_QUERY)).all()
    assert not channel.runs[1].control.unary
