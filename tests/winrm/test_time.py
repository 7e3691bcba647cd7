"""Time that holds: wherever the server stalls, a call ends on time and says where it was."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

import pytest

from mi.application import Application
from mi.calls import Call, GetInstance, QueryInstances
from mi.errors import (
    InvalidEnumerationContext,
    MIError,
    OperationCancelled,
    OperationTimeout,
)
from mi.instance import Instance
from mi.options import DestinationOptions
from mi.session import Session
from protocols.loopback import Cut, Endpoint, Limits, Slow, Stall
from protocols.loopback.disturbances import AUTHENTICATION

SERVICES = "SELECT * FROM Win32_Service"
SHORT = 0.3
# Seconds within which what is bounded by SHORT must have ended: the 5 that releasing may take, and
# as many again for a machine that has much else to do. What does not end waits for ever.
QUICK = 10.0
PATIENCE = 30.0  # seconds in which what must happen has happened, however much else there is to do
SPOOLER = Instance("Win32_Service", {"Name": "Spooler"}, namespace="root/cimv2")
GET = GetInstance(SPOOLER, namespace="root/cimv2")
ALL_TYPES = Instance("Loopback_AllTypes", {"Id": "new"}, namespace="root/cimv2")
QUERY = QueryInstances(SERVICES, namespace="root/cimv2")


@contextmanager
def session_to(endpoint: Endpoint, host: str | None = None, **options: Any) -> Iterator[Session]:
    given = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        "max_elements": 50,
        "timeout": 10,
        **options,
    }
    if endpoint.ca_file is not None:
        given |= {"transport": "HTTPS", "ca_file": endpoint.ca_file}
    with (
        Application() as application,
        application.new_session(
            "WINRM", host or endpoint.host, DestinationOptions(**given)
        ) as opened,
    ):
        yield opened


def settles(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while not condition() and time.monotonic() < until:
        time.sleep(0.005)
    return condition()


def actions(endpoint: Endpoint) -> list[str]:
    return [one.name or "Identify" for one in endpoint.exchanges]


# How a caller limits a call

STALLING: list[threading.Event] = []  # what is set once the server stalls, for who cancels then


def by_timeout(session: Session, call: Call[Any]) -> MIError:
    with pytest.raises(OperationTimeout, match=r"the timeout of 0\.3 s passed") as caught:
        session.run(call, timeout=SHORT).all()
    return caught.value


def by_deadline(session: Session, call: Call[Any]) -> MIError:
    with pytest.raises(OperationTimeout, match=r"the deadline of 0\.3 s passed") as caught:
        session.run(call, timeout=None, deadline=SHORT).all()
    return caught.value


def by_cancel(session: Session, call: Call[Any]) -> MIError:
    operation = session.run(call, timeout=None)

    def cancel() -> None:
        stalling.wait(PATIENCE)
        time.sleep(0.05)
        operation.cancel()

    stalling = STALLING[0]
    cancelling = threading.Thread(target=cancel)
    cancelling.start()
    with pytest.raises(OperationCancelled) as caught:
        operation.all()
    cancelling.join(60)
    return caught.value


AT_ONCE = threading.Event()
AT_ONCE.set()
LIMITS = [by_timeout, by_deadline, by_cancel]
Limit = Callable[[Session, Call[Any]], MIError]


def ends_on_time(
    session: Session,
    limit: Limit,
    phase: str,
    call: Call[Any] = GET,
    stalling: threading.Event | None = None,
) -> None:
    STALLING[:] = [stalling or AT_ONCE]
    started = time.monotonic()
    error = limit(session, call)
    assert time.monotonic() - started < QUICK
    assert not error.outcome_unknown
    assert limit is by_cancel or f"while {phase}" in error.message


# Before there is a connection


@pytest.mark.parametrize("limit", LIMITS)
def test_looking_a_name_up_ends_on_time(limit: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, is_known = socket.getaddrinfo, threading.Event()

    def stalled(host: Any, *others: Any, **more: Any) -> Any:
        if host != "server01.test":
            return look_up(host, *others, **more)
        if more.get("flags"):
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        is_known.wait(PATIENCE)
        return look_up("127.0.0.1", *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", stalled)
    with Endpoint() as endpoint, session_to(endpoint, "server01.test") as session:
        ends_on_time(session, limit, "looking the name up")
        is_known.set()
        assert session.test_connection() is not None


@pytest.mark.parametrize("limit", LIMITS)
def test_connecting_ends_on_time(limit: Limit) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):  # what is in the queue keeps others waiting
            one = stack.enter_context(socket.socket())
            one.setblocking(False)  # noqa: FBT003 - the socket module's own
            one.connect_ex(listener.getsockname())
        endpoint = stack.enter_context(Endpoint())
        session = stack.enter_context(
            session_to(endpoint, destination_port=listener.getsockname()[1])
        )
        ends_on_time(session, limit, "connecting")


@pytest.mark.parametrize("limit", LIMITS)
def test_the_tls_handshake_ends_on_time(limit: Limit) -> None:
    with Endpoint(tls=True) as endpoint, session_to(endpoint) as session:
        stall = endpoint.disturb(Stall(where="accept"))
        ends_on_time(session, limit, "in the TLS handshake", stalling=stall.reached)
        assert session.test_connection() is not None
        assert settles(lambda: endpoint.open_connections == 1)


def stall_leg(endpoint: Endpoint, leg: int, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let the answer to a token of a logon wait, the first being number 0; return what tells."""
    stall = endpoint.disturb(Stall(where="authentication"))
    disturbances, legs = endpoint._disturbances, count()
    take = disturbances.take

    def later(kind: Any, action: str | None, where: tuple[str, ...] = ()) -> list[Any]:
        is_token = (kind, action, where) == (Stall, AUTHENTICATION, ("before-reply",))
        return [] if is_token and next(legs) < leg else take(kind, action, where)

    monkeypatch.setattr(disturbances, "take", later)
    return stall.reached


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("leg", [0, 1])
def test_each_leg_of_a_logon_ends_on_time(
    leg: int, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Endpoint() as endpoint, session_to(endpoint) as session:
        reached = stall_leg(endpoint, leg, monkeypatch)
        ends_on_time(session, limit, "authenticating", stalling=reached)
        assert session.test_connection() is not None
        assert (endpoint.logons, endpoint.refused_logons) == (1, 0)


# In an exchange


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[Session]:
    with session_to(endpoint) as opened:
        opened.get_class("Win32_Service")
        yield opened


IN_AN_EXCHANGE = [
    ("before-reply", "waiting for the reply"),
    ("headers", "reading the reply"),
    ("body", "reading the reply"),
]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(("where", "phase"), IN_AN_EXCHANGE)
@pytest.mark.parametrize(("action", "call"), [("Get", GET), ("Enumerate", QUERY), ("Pull", QUERY)])
def test_an_exchange_ends_on_time_and_leaves_nothing_open(  # noqa: PLR0913, PLR0917
    endpoint: Endpoint,
    session: Session,
    action: str,
    call: Call[Any],
    where: str,
    phase: str,
    limit: Limit,
) -> None:
    stall = endpoint.disturb(Stall(action, where=where))
    ends_on_time(session, limit, phase, call, stall.reached)
    assert settles(lambda: endpoint.open_contexts == 0)
    assert session.test_connection() is not None
    assert settles(lambda: endpoint.open_connections == 1)


def test_a_server_that_takes_no_release_costs_no_more_than_the_grace(
    endpoint: Endpoint, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi.control.GRACE", SHORT)
    endpoint.disturb(Stall("Release"))
    started = time.monotonic()
    with session.query_instances(SERVICES) as services:
        next(services)
    assert time.monotonic() - started < QUICK
    assert session.test_connection() is not None


def test_waiting_for_somebody_elses_class_ends_on_time(endpoint: Endpoint) -> None:
    with session_to(endpoint) as session:
        stall = endpoint.disturb(Stall("Get"))
        fetching = threading.Thread(target=lambda: session.query_instances(SERVICES).all())
        fetching.start()
        assert stall.reached.wait(PATIENCE)
        ends_on_time(session, by_timeout, "waiting for a free connection", QUERY)
        assert settles(lambda: endpoint.open_contexts == 1)  # that of the one who fetches
        stall.until.set()
        fetching.join(60)


UNARY: dict[str, Callable[[Session], object]] = {
    "test_connection": lambda session: session.test_connection(timeout=SHORT),
    "get_instance": lambda session: session.get_instance(SPOOLER, timeout=SHORT),
    "create_instance": lambda session: session.create_instance(ALL_TYPES, timeout=SHORT),
    "modify_instance": lambda session: session.modify_instance(ALL_TYPES, timeout=SHORT),
    "delete_instance": lambda session: session.delete_instance(SPOOLER, timeout=SHORT),
    "invoke": lambda session: session.invoke(SPOOLER, "StopService", timeout=SHORT),
    "get_class": lambda session: session.get_class("Win32_Process", timeout=SHORT),
    "enumerate_instances": lambda session: session.enumerate_instances(
        "Win32_Service", timeout=SHORT
    ).all(),
    "query_instances": lambda session: session.query_instances(SERVICES, timeout=SHORT).all(),
    "associator_instances": lambda session: session.associator_instances(
        SPOOLER, timeout=SHORT
    ).all(),
    "reference_instances": lambda session: session.reference_instances(
        SPOOLER, timeout=SHORT
    ).all(),
    "enumerate_classes": lambda session: session.enumerate_classes(timeout=SHORT).all(),
    "subscribe": lambda session: session.subscribe(
        "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Service'",
        timeout=SHORT,
    ).all(),
    "subscribe_event_log": lambda session: session.subscribe_event_log(
        "System", timeout=SHORT
    ).all(),
    "namespaces": lambda session: session.namespaces(timeout=SHORT),
}


@pytest.mark.parametrize("name", UNARY)
def test_every_call_ends_on_time(endpoint: Endpoint, session: Session, name: str) -> None:
    endpoint.disturb(Stall())
    started = time.monotonic()
    with pytest.raises(OperationTimeout, match="while waiting for the reply") as caught:
        UNARY[name](session)
    assert time.monotonic() - started < QUICK
    # What is created or modified is asked for its class first, and that changes nothing.
    changes = ("delete_instance", "invoke", "subscribe", "subscribe_event_log")
    assert caught.value.outcome_unknown is (name in changes)
    assert session.test_connection() is not None


# The server's own time


@pytest.fixture
def hasty() -> Iterator[Endpoint]:
    with Endpoint(limits=Limits(max_timeout=0.1)) as running:
        yield running


def test_an_enumeration_that_timed_out_is_asked_for_once_more_without_optimization(
    hasty: Endpoint,
) -> None:
    with session_to(hasty) as session:
        hasty.disturb(Slow("Enumerate", seconds=9))
        assert len(session.query_instances(SERVICES).all()) > 100
        first, second = (one.request_bytes for one in hasty.exchanges if one.name == "Enumerate")
        assert b"OptimizeEnumeration" in first
        assert b"OptimizeEnumeration" not in second
        hasty.disturb(Slow("Enumerate", seconds=9, count=2))
        with pytest.raises(OperationTimeout):
            session.query_instances(SERVICES).all()
        assert actions(hasty).count("Enumerate") == 4


def test_a_pull_that_timed_out_is_asked_for_again_within_the_callers_time(
    hasty: Endpoint,
) -> None:
    with session_to(hasty, timeout=None) as session:
        hasty.disturb(Slow("Pull", seconds=9, count=2))
        assert len(session.query_instances(SERVICES).all()) > 100
        hasty.disturb(Slow("Pull", seconds=9, count=None))
        with pytest.raises(OperationTimeout, match="deadline"):
            session.query_instances(SERVICES, deadline=SHORT).all()
        assert settles(lambda: hasty.open_contexts == 0)


@pytest.mark.parametrize(
    "disturbance", [Slow("StopService", seconds=9), Cut("StopService"), Cut("StopService", 200)]
)
def test_a_method_is_never_called_twice(hasty: Endpoint, disturbance: Any) -> None:
    disturbance.count = 1
    with session_to(hasty) as session:
        session.get_class("Win32_Service")
        hasty.disturb(disturbance)
        with pytest.raises(MIError) as caught:
            session.invoke(SPOOLER, "StopService")
        assert caught.value.outcome_unknown
        assert actions(hasty).count("StopService") == 1
        assert session.test_connection() is not None


def test_an_enumeration_that_the_server_forgot_says_so_and_names_the_way_out() -> None:
    with (
        Endpoint(limits=Limits(enumeration_timeout=0.1)) as endpoint,
        session_to(endpoint) as session,
        session.query_instances(SERVICES) as services,
    ):
        next(services)
        time.sleep(SHORT)
        with pytest.raises(InvalidEnumerationContext) as caught:
            list(services)
        assert ".all()" in caught.value.advice
