"""The namespaces of a host, as a session finds them."""

import time
from typing import Any

import pytest

from mi import calls
from mi.application import Application
from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.errors import AccessDenied, InvalidParameter, OperationTimeout
from mi.instance import Instance
from mi.results import MessageChannel, OperationFlags
from tests.mi.conftest import Fake
from tests.mi.fake_handler import FakeHandler, FakeRun

_TREE: dict[str, Any] = {"root": ["cimv2", "closed"], "root/cimv2": ["power"]}


def _in_tree(run: FakeRun) -> Any:
    found = _TREE.get(run.call.namespace, [])
    return [Instance("__NAMESPACE", {"Name": name}) for name in found]


def test_namespaces_are_found_by_asking_each_for_those_in_it_and_no_class(fake: Fake) -> None:
    session, channel = fake(_in_tree)
    found = session.namespaces()
    assert list(found) == ["root", "root/cimv2", "root/cimv2/power", "root/closed"]
    assert [run.call for run in channel.runs] == [
        calls.EnumerateInstances("__NAMESPACE", namespace=one) for one in found
    ]
    assert {run.control.flags for run in channel.runs} == {OperationFlags.NO_RTTI}


def test_namespaces_may_be_those_below_another(fake: Fake) -> None:
    session, channel = fake(_in_tree)
    flags = OperationFlags.POLYMORPHISM_SHALLOW
    assert list(session.namespaces(namespace=r"root\cimv2", flags=flags, timeout=7)) == [
        "root/cimv2", "root/cimv2/power",
    ]  # fmt: skip
    assert channel.runs[0].control.flags == flags | OperationFlags.NO_RTTI
    assert channel.runs[0].control.timeout == 7


def test_a_closed_namespace_is_told_to_the_session_and_in_the_result() -> None:
    denied = AccessDenied("no")
    told: list[Any] = []

    def closed(run: FakeRun) -> Any:
        return denied if run.call.namespace == "root/closed" else _in_tree(run)

    callbacks = SessionCallbacks(lambda channel, text: told.append((channel, text)), told.append)
    with Application() as application:
        application.handlers.register("FAKE", FakeHandler(closed))
        with application.new_session("FAKE", "server01", callbacks=callbacks) as session:
            found = session.namespaces()
    assert list(found) == ["root", "root/cimv2", "root/cimv2/power", "root/closed"]
    assert found.unreadable == {"root/closed": denied}
    [(channel, text), error] = told
    assert channel == MessageChannel.WARNING
    assert text.startswith("the namespaces in root/closed are not known: ")
    assert error is denied.extended_error


def test_all_namespaces_are_found_before_the_deadline_or_none(fake: Fake) -> None:
    session, channel = fake(lambda run: (time.sleep(0.06), _in_tree(run))[1])
    with pytest.raises(OperationTimeout):
        session.namespaces(deadline=0.1)
    assert 1 <= len(channel.runs) <= 2
    deadline = channel.runs[0].control.deadline
    assert deadline.remaining() < 0.1
    assert deadline.seconds == 0.1, "the first and the last are told the same"


def test_the_deadline_of_all_namespaces_may_be_one_that_others_have_too(fake: Fake) -> None:
    session, channel = fake(_in_tree)
    shared = Expiry.after(30, "deadline")
    session.namespaces(namespace="root/closed", deadline=shared)
    assert channel.runs[0].control.deadline is shared


@pytest.mark.parametrize("deadline", [0, -1])
def test_a_deadline_that_is_none_asks_nothing(fake: Fake, deadline: float) -> None:
    session, channel = fake(_in_tree)
    with pytest.raises(InvalidParameter):
        session.namespaces(deadline=deadline)
    assert channel.runs == []
