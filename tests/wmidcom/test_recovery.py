"""What a session does when its connections, or what it holds on the server, are gone."""

import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

import mi
from mi.instance import Instance
from protocols.loopback.dcom import DcomEndpoint
from tests.sessions import settles
from tests.wmidcom.endpoints import open_enumerators, silent

SPOOLER = Instance("Win32_Service", {"Name": "Spooler"})
QUERY = "SELECT * FROM Win32_Service"


@pytest.fixture
def endpoint() -> Iterator[DcomEndpoint]:
    with DcomEndpoint() as endpoint:
        yield endpoint


def connect(endpoint: DcomEndpoint, **options: Any) -> mi.Session:
    return mi.connect(
        endpoint.host,
        protocol="WMIDCOM",
        options=mi.DestinationOptions(
            destination_port=endpoint.port, credentials=endpoint.credentials, **options
        ),
    )


def test_connections_that_broke_while_idle_are_made_anew(endpoint: DcomEndpoint) -> None:
    with connect(endpoint) as session:
        assert session.get_instance(SPOOLER)
        endpoint.drop_connections()
        assert settles(lambda: endpoint.open_connections == 0)
        assert session.get_instance(SPOOLER)


def test_a_server_that_was_restarted_is_logged_in_to_anew(endpoint: DcomEndpoint) -> None:
    with connect(endpoint) as session:
        assert session.get_instance(SPOOLER)
        endpoint.forget_objects()
        assert session.get_instance(SPOOLER)
        assert session.query_instances(QUERY).all()


def test_an_enumeration_that_the_server_forgot_is_one_clear_error(endpoint: DcomEndpoint) -> None:
    with connect(endpoint, max_elements=5) as session:
        operation = session.query_instances(QUERY)
        first = next(operation)
        endpoint.forget_objects()
        with pytest.raises(mi.MIError) as caught:
            list(operation)
        assert first["Name"]
        assert caught.value.operation == "QueryInstances"
        assert session.query_instances(QUERY).all()


def test_a_get_whose_reply_is_lost_is_asked_again(
    endpoint: DcomEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(endpoint, timeout=20) as session:
        session.test_connection()
        answers = endpoint._answers
        answer = answers.answer
        lost: list[str] = []

        def losing(interface: Any, opnum: int, *asked: Any) -> bytes:
            if not lost and interface.methods[opnum].name == "GetObject":
                lost.append("GetObject")
                endpoint.drop_connections()
            return answer(interface, opnum, *asked)

        monkeypatch.setattr(answers, "answer", losing)
        assert session.get_instance(SPOOLER)["Name"] == "Spooler"
        assert lost == ["GetObject"]


def test_a_connection_that_breaks_in_a_change_leaves_it_in_doubt(endpoint: DcomEndpoint) -> None:
    with connect(endpoint, timeout=20) as session:
        session.get_class("Win32_Service")
        with silent(endpoint):
            timer = threading.Timer(0.2, endpoint.drop_connections)
            timer.start()
            with pytest.raises(mi.MIError) as caught:
                session.invoke(SPOOLER, "StartService")
            timer.join(30)
        assert caught.value.outcome_unknown
        assert session.get_instance(SPOOLER)


def test_a_change_that_takes_too_long_is_in_doubt_and_a_read_is_not(
    endpoint: DcomEndpoint,
) -> None:
    with connect(endpoint) as session:
        session.get_class("Win32_Service")
        for ask, in_doubt in (
            (lambda: session.invoke(SPOOLER, "StartService", timeout=0.2), True),
            (lambda: session.get_instance(SPOOLER, timeout=0.2), False),
        ):
            with silent(endpoint), pytest.raises(mi.OperationTimeout) as caught:
                ask()
            assert caught.value.outcome_unknown is in_doubt
        assert session.get_instance(SPOOLER)


def test_many_sessions_give_everything_back(endpoint: DcomEndpoint) -> None:
    with ExitStack() as stack:
        sessions = [stack.enter_context(connect(endpoint)) for _ in range(20)]
        for session in sessions:
            next(session.query_instances(QUERY))
    assert settles(lambda: endpoint.open_connections == 0)
    assert (endpoint.open_objects, open_enumerators(endpoint)) == (0, 0)


def test_a_loop_that_is_left_early_leaves_nothing_open(endpoint: DcomEndpoint) -> None:
    with connect(endpoint, max_elements=5) as session:
        for service in session.query_instances(QUERY):
            assert service["Name"]
            break
        assert session.test_connection() is None
        assert settles(lambda: open_enumerators(endpoint) == 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows forks nothing")
def test_a_child_process_has_connections_of_its_own(endpoint: DcomEndpoint) -> None:
    with connect(endpoint) as session:
        assert session.get_instance(SPOOLER)
        context = multiprocessing.get_context("fork")
        receiving, sending = context.Pipe(duplex=False)

        def child() -> None:
            sending.send(session.get_instance(SPOOLER)["Name"])

        process = context.Process(target=child)
        process.start()
        assert receiving.poll(30)
        assert receiving.recv() == "Spooler"
        process.join(30)
        assert session.get_instance(SPOOLER)["Name"] == "Spooler"
    assert endpoint.logons == 4
