"""Whole operations over WINRM, by the public API, against the endpoint that plays Windows."""

import _thread
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from mi.instance import Instance
from mi.session import Session
from mi.store import SchemaStore
from protocols.loopback import Cut, Disturbance, Drip, Endpoint, Replace, Stall
from tests.sessions import EARLY, SERVICES, is_at_rest, session_with, settles
from tests.winrm.opened import actions

ADDRESSES = ["127.0.0.1", "::1"] if socket.has_dualstack_ipv6() else ["127.0.0.1"]


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    with session_with(endpoint) as open_session:
        yield open_session


# Operations


def test_a_server_says_what_it_is(endpoint: Endpoint, session: Session) -> None:
    answer = session.test_connection()
    assert answer is not None
    assert answer["ProductVendor"] == "Microsoft Corporation"
    assert actions(endpoint) == ["Identify"]


def test_a_query_gives_typed_instances_page_by_page(endpoint: Endpoint, session: Session) -> None:
    services = session.query_instances(SERVICES).all()
    assert len(services) > 100
    assert all(isinstance(service["ProcessId"], int) for service in services)
    assert len({service["Name"] for service in services}) == len(services)
    first, second, *others = actions(endpoint)
    assert (first, second) == ("Enumerate", "Get")
    assert set(others) == {"Pull"}
    assert is_at_rest(endpoint)


def test_an_instance_is_found_by_what_a_query_gave(session: Session) -> None:
    found = next(session.query_instances(SERVICES))
    again = session.get_instance(found)
    assert again["Name"] == found["Name"]
    assert again.class_name == "Win32_Service"


def test_a_class_is_fetched_once_for_all_operations(endpoint: Endpoint, session: Session) -> None:
    for _ in range(2):
        session.enumerate_instances("Win32_Service").all()
    assert actions(endpoint).count("Get") == 1
    declared = session.get_class("Win32_Service")
    assert "Name" in declared.properties


def test_sessions_that_share_a_store_fetch_a_class_once(endpoint: Endpoint) -> None:
    store = SchemaStore()
    for _ in range(2):
        with session_with(endpoint, schema=store) as session:
            session.enumerate_instances("Win32_Service").all()
    assert actions(endpoint).count("Get") == 1


def test_everything_is_sealed_and_the_connection_is_logged_on_once(
    endpoint: Endpoint, session: Session
) -> None:
    for _ in range(5):
        session.get_instance(next(session.query_instances(SERVICES)))
    assert all(exchange.is_sealed for exchange in endpoint.exchanges)
    assert (endpoint.connections, endpoint.logons) == (1, 1)


def test_threads_share_the_connections(endpoint: Endpoint, session: Session) -> None:
    counts: list[int] = []

    def count() -> None:
        counts.append(len(session.enumerate_instances("Win32_Service").all()))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(counts)) == 1
    assert len(counts) == 8
    assert endpoint.connections == endpoint.logons <= 4
    assert actions(endpoint).count("Get") == 1


def test_tls_carries_ntlm_bound_to_the_certificate_and_basic() -> None:
    with Endpoint(tls=True, channel_bindings=True) as endpoint:
        for credentials in (endpoint.credentials, endpoint.basic_credentials):
            with session_with(
                endpoint, transport="HTTPS", ca_file=endpoint.ca_file, credentials=credentials
            ) as session:
                assert len(session.query_instances(SERVICES).all()) > 100
        assert not any(exchange.is_sealed for exchange in endpoint.exchanges)


def test_the_clear_is_for_those_who_ask_for_it() -> None:
    with Endpoint(allow_unencrypted=True) as endpoint:
        for credentials in (endpoint.credentials, endpoint.basic_credentials):
            with session_with(endpoint, packet_privacy=False, credentials=credentials) as session:
                assert session.test_connection() is not None
        assert not any(exchange.is_sealed for exchange in endpoint.exchanges)


def test_a_wrong_password_is_sent_once_whatever_is_asked(endpoint: Endpoint) -> None:
    wrong = Credentials.password(endpoint.user.name, "wrong")
    with session_with(endpoint, credentials=wrong) as session:
        for _ in range(3):
            with pytest.raises(AuthenticationFailed):
                session.test_connection()
    assert endpoint.refused_logons == 1


@pytest.mark.parametrize("host", ADDRESSES)
def test_an_address_will_do_as_a_destination(host: str) -> None:
    with Endpoint(host=host) as endpoint, session_with(endpoint) as session:
        assert session.test_connection() is not None


# What is left open


def test_a_break_leaves_the_release_to_the_next_exchange(
    endpoint: Endpoint, session: Session
) -> None:
    for _ in session.query_instances(SERVICES):
        break
    gc.collect()
    assert endpoint.open_contexts == 1
    before = len(endpoint.exchanges)
    session.test_connection()
    assert actions(endpoint)[before:] == ["Release", "Identify"]
    assert is_at_rest(endpoint)


def test_what_was_dropped_is_released_when_the_session_closes(endpoint: Endpoint) -> None:
    with session_with(endpoint) as session:
        next(session.query_instances(SERVICES))
        gc.collect()
        assert endpoint.open_contexts == 1
    assert actions(endpoint)[-1] == "Release"
    assert is_at_rest(endpoint)


def test_leaving_the_block_of_an_operation_releases_at_once(
    endpoint: Endpoint, session: Session
) -> None:
    with session.query_instances(SERVICES) as services:
        next(services)
    assert actions(endpoint)[-1] == "Release"
    assert endpoint.open_contexts == 0


# Disturbances between pages


def read_until_it_ends(session: Session, **keywords: Any) -> tuple[int, MIError]:
    """Return how many services came, and the error after them."""
    came: list[Instance] = []
    with (
        session.query_instances(SERVICES, **keywords) as services,
        pytest.raises(MIError) as caught,
    ):
        came.extend(services)
    return len(came), caught.value


@pytest.mark.parametrize(
    ("disturbance", "phase"),
    [
        (Drip("Pull", 0.05), "reading the reply"),
        (Drip("Pull", 0.05, where="body"), "reading the reply"),
        (Stall("Pull"), "waiting for the reply"),
        (Stall("Pull", where="body"), "reading the reply"),
    ],
)
def test_a_server_that_drips_or_stops_between_pages_ends_on_time(
    endpoint: Endpoint, session: Session, disturbance: Disturbance, phase: str
) -> None:
    session.get_class("Win32_Service")
    endpoint.disturb(disturbance)
    started = time.monotonic()
    count, error = read_until_it_ends(session, timeout=0.4)
    assert time.monotonic() - started < EARLY
    assert count == 1
    assert isinstance(error, OperationTimeout)
    assert phase in error.message
    assert not error.outcome_unknown
    assert is_at_rest(endpoint)
    assert session.test_connection() is not None


def test_a_deadline_bounds_the_whole_operation(endpoint: Endpoint, session: Session) -> None:
    for _ in range(100):
        endpoint.disturb(Stall("Pull", seconds=0.1))
    _, error = read_until_it_ends(session, deadline=0.5)
    assert "the deadline of 0.5 s passed" in error.message
    assert is_at_rest(endpoint)


@pytest.mark.parametrize(
    "disturbance",
    [
        Cut("Pull", after_bytes=0),
        Cut("Pull", after_bytes=40),
        Cut("Pull", after_bytes=3000),
    ],
)
def test_a_lost_page_is_not_asked_for_again(
    endpoint: Endpoint, session: Session, disturbance: Cut
) -> None:
    endpoint.disturb(disturbance)
    count, error = read_until_it_ends(session)
    assert count == 1
    assert isinstance(error, ConnectionFailed)
    assert not error.outcome_unknown
    assert actions(endpoint).count("Pull") <= 1
    assert is_at_rest(endpoint)


def test_a_lost_get_is_asked_for_again(endpoint: Endpoint, session: Session) -> None:
    service = next(session.query_instances(SERVICES))
    endpoint.disturb(Cut("Get", after_bytes=0))
    assert session.get_instance(service)["Name"] == service["Name"]
    assert endpoint.logons == 2


@pytest.mark.parametrize(
    "disturbance",
    [
        Replace("Pull", body=lambda body: body[:-100]),
        Replace("Pull", body=lambda body: body.replace(b"Length=", b"Length=1")),
        Replace("Pull", body=lambda body: body[:300] + b"\0" + body[301:]),
        Replace("Pull", envelope=lambda text: text.replace(b"RelatesTo>uuid:", b"RelatesTo>urn:")),
        Replace("Pull", envelope=lambda text: b"<!DOCTYPE x>" + text),
        Replace("Pull", envelope=lambda text: text + b" " * 3_000_000),
        Replace("Pull", headers={"Content-Encoding": "gzip"}),
        Replace("Pull", headers={"Content-Type": "application/soap+xml"}),
        Replace("Pull", body=b"", headers={"Content-Type": "text/html"}),
    ],
)
def test_a_page_that_cannot_be_believed_ends_the_operation_after_what_came_before(
    endpoint: Endpoint, session: Session, disturbance: Replace
) -> None:
    endpoint.disturb(disturbance)
    count, error = read_until_it_ends(session)
    assert count == 1
    assert isinstance(error, ProtocolError)
    assert is_at_rest(endpoint)
    assert len(session.query_instances(SERVICES).all()) > 100


def test_a_logon_that_stalls_ends_on_time(endpoint: Endpoint, session: Session) -> None:
    endpoint.disturb(Stall(where="authentication"))
    with pytest.raises(OperationTimeout, match="while authenticating"):
        session.test_connection(timeout=0.3)
    assert session.test_connection() is not None


def test_idle_connections_that_the_server_closed_are_made_anew(
    endpoint: Endpoint, session: Session
) -> None:
    session.test_connection()
    endpoint.drop_connections()
    assert settles(lambda: endpoint.open_connections == 0)
    session.test_connection()
    assert (endpoint.connections, endpoint.logons) == (2, 2)


# Stopping


def while_it_blocks(endpoint: Endpoint, session: Session, stop: Callable[[Any], None]) -> MIError:
    """Return the error of a read that blocked until `stop`."""
    stall = endpoint.disturb(Stall("Pull"))
    services = session.query_instances(SERVICES, timeout=None)
    next(services)

    def stop_it() -> None:
        stall.reached.wait(EARLY)
        stop(services)

    stopping = threading.Thread(target=stop_it)
    stopping.start()
    started = time.monotonic()
    with pytest.raises(MIError) as caught:
        next(services)
    stopping.join(60)
    assert time.monotonic() - started < EARLY
    return caught.value


def test_a_cancel_from_another_thread_ends_a_read_and_releases(
    endpoint: Endpoint, session: Session
) -> None:
    error = while_it_blocks(endpoint, session, lambda services: services.cancel())
    assert isinstance(error, OperationCancelled)
    assert is_at_rest(endpoint)
    assert session.test_connection() is not None


def test_a_close_from_another_thread_ends_a_read_and_releases(
    endpoint: Endpoint, session: Session
) -> None:
    error = while_it_blocks(endpoint, session, lambda services: services.close())
    assert isinstance(error, (OperationCancelled, InvalidParameter))
    assert is_at_rest(endpoint)


def test_closing_the_session_ends_a_read_and_releases(endpoint: Endpoint) -> None:
    with session_with(endpoint) as session:
        error = while_it_blocks(endpoint, session, lambda _: session.close())
        assert isinstance(error, OperationCancelled)
        assert is_at_rest(endpoint)
        assert settles(lambda: endpoint.open_connections == 0)


def test_ctrl_c_in_the_midst_of_a_read_releases(endpoint: Endpoint, session: Session) -> None:
    stall = endpoint.disturb(Stall("Pull"))
    services = session.query_instances(SERVICES, timeout=None)
    next(services)

    def interrupt() -> None:
        stall.reached.wait(EARLY)
        _thread.interrupt_main()

    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        next(services)
    interrupting.join(60)
    assert is_at_rest(endpoint)
    assert session.test_connection() is not None


def test_a_server_that_does_not_take_the_release_costs_no_more_than_the_grace_time(
    endpoint: Endpoint, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi.control.GRACE", 0.3)
    endpoint.disturb(Stall("Release"))
    started = time.monotonic()
    with session.query_instances(SERVICES) as services:
        assert isinstance(next(services), Instance)
    assert time.monotonic() - started < EARLY
    assert session.test_connection() is not None
