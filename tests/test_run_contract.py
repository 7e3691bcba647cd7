"""How operations end: on time, with nothing left open on the server, and the session still usable.

One test for each sentence of the run contract, over sealed HTTP and under TLS. `ends_well` is what
all of them have in common: after whatever happened the endpoint has no open context, the session
answers, and closing it leaves no connection.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mi
from protocols.loopback import Disturbance, Drip, Endpoint, Stall
from tests.sessions import (
    EARLY,
    SERVICES,
    actions,
    is_at_rest,
    on_time,
    options_for,
    session_with,
    settles,
)

PROJECT = Path(__file__).parents[1]


@pytest.fixture(params=["sealed", "under TLS"])
def endpoint(request: pytest.FixtureRequest) -> Iterator[Endpoint]:
    with Endpoint(tls=request.param == "under TLS") as running:
        yield running


def transport(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.ca_file is None:
        return {"transport": "HTTP"}
    return {"transport": "HTTPS", "ca_file": endpoint.ca_file}


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    """A session that has a connection and knows the class, so that a Pull is what comes next."""
    with session_with(endpoint, **transport(endpoint)) as one:
        one.get_class("Win32_Service")
        yield one


@pytest.fixture
def narrow(endpoint: Endpoint) -> Iterator[mi.Session]:
    """The same with one connection, for which its operations wait."""
    with session_with(endpoint, max_connections=1, **transport(endpoint)) as one:
        one.get_class("Win32_Service")
        yield one


def ends_well(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.undisturb()
    assert session.test_connection() is not None
    assert is_at_rest(endpoint)
    session.close()
    assert settles(lambda: endpoint.open_connections == 0)


def begun(session: mi.Session, **keywords: Any) -> mi.Operation[mi.Instance]:
    """An operation that has given one of its results and has more on the server."""
    services = session.query_instances(SERVICES, **keywords)
    next(services)
    return services


def ended(services: Iterator[mi.Instance]) -> tuple[int, mi.MIError]:
    """How many results came, and the error that came after them."""
    results: list[mi.Instance] = []
    with pytest.raises(mi.MIError) as caught:
        results.extend(services)
    return len(results), caught.value


# A break, and what is dropped


def test_after_a_break_without_with_the_next_exchange_releases(
    endpoint: Endpoint, session: mi.Session
) -> None:
    for _ in session.query_instances(SERVICES):
        break
    gc.collect()
    assert endpoint.open_contexts == 1
    before = len(endpoint.exchanges)
    session.test_connection()
    assert actions(endpoint)[before:] == ["Release", "Identify"]
    ends_well(endpoint, session)


def test_after_a_break_closing_the_session_releases(
    endpoint: Endpoint, session: mi.Session
) -> None:
    for _ in session.query_instances(SERVICES):
        break
    gc.collect()
    session.close()
    assert actions(endpoint)[-1] == "Release"
    assert is_at_rest(endpoint)
    assert settles(lambda: endpoint.open_connections == 0)


def test_after_a_break_within_with_it_is_released_at_once(
    endpoint: Endpoint, session: mi.Session
) -> None:
    with session.query_instances(SERVICES) as services:
        for _ in services:
            break
    assert actions(endpoint)[-1] == "Release"
    assert endpoint.open_contexts == 0
    ends_well(endpoint, session)


def test_an_exception_within_with_releases_and_goes_on(
    endpoint: Endpoint, session: mi.Session
) -> None:

    def give_up() -> None:
        with session.query_instances(SERVICES) as services:
            next(services)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert endpoint.open_contexts == 0
    ends_well(endpoint, session)


def dropped(session: mi.Session) -> None:
    begun(session)


def dropped_in_a_cycle(session: mi.Session) -> None:
    cycle: list[Any] = [begun(session)]
    cycle.append(cycle)


def dropped_in_a_thread(session: mi.Session) -> None:
    services = [begun(session)]
    thread = threading.Thread(target=services.clear)
    thread.start()
    thread.join(60)


@pytest.mark.parametrize("drop", [dropped, dropped_in_a_cycle, dropped_in_a_thread])
def test_dropping_an_operation_sends_nothing_and_the_next_exchange_releases(
    endpoint: Endpoint, session: mi.Session, drop: Callable[[mi.Session], None]
) -> None:
    gc.disable()
    try:
        drop(session)
        sent = endpoint.requests, endpoint.bytes_received, len(endpoint.exchanges)
    finally:
        gc.enable()
    gc.collect()
    time.sleep(0.05)  # whatever a finalizer sent would have come by now
    assert (endpoint.requests, endpoint.bytes_received, len(endpoint.exchanges)) == sent
    assert endpoint.open_contexts == 1
    ends_well(endpoint, session)


def test_a_finalizer_sends_nothing_even_in_the_midst_of_an_exchange(
    endpoint: Endpoint, narrow: mi.Session
) -> None:
    forgotten = [begun(narrow)]
    stall = endpoint.disturb(Stall("Identify", seconds=0.2))
    thread = threading.Thread(target=narrow.test_connection)
    thread.start()
    assert stall.reached.wait(EARLY)
    requests = endpoint.requests
    forgotten.clear()
    gc.collect()
    assert endpoint.requests == requests
    thread.join(EARLY)
    ends_well(endpoint, narrow)
    assert actions(endpoint).count("Release") == 1


def test_everything_that_was_dropped_is_released_once(
    endpoint: Endpoint, session: mi.Session
) -> None:
    for _ in range(20):
        dropped(session)
    gc.collect()
    session.test_connection()
    assert actions(endpoint).count("Release") == 20
    ends_well(endpoint, session)
    assert actions(endpoint).count("Release") == 20


def test_an_operation_that_outlives_its_session_sends_nothing(endpoint: Endpoint) -> None:
    with session_with(endpoint, **transport(endpoint)) as session:
        services = begun(session)
    assert is_at_rest(endpoint)
    requests = endpoint.requests
    with pytest.raises(mi.MIError):
        next(services)
    services.close()
    del services
    gc.collect()
    assert endpoint.requests == requests


# Ctrl-C


PLACES = {
    "connecting": Stall(where="accept"),
    "authenticating": Stall(where="authentication"),
    "waiting for the reply": Stall("Enumerate"),
    "reading the head of the reply": Stall("Enumerate", where="headers"),
    "reading the reply": Stall("Enumerate", where="body"),
    "waiting for a page": Stall("Pull"),
    "reading a page": Stall("Pull", where="body"),
}
"""Where a call may be when somebody ends it."""


def stalled_at(endpoint: Endpoint, place: str) -> Disturbance:
    at = PLACES[place]
    return endpoint.disturb(Stall(at.action, where=at.where))


def is_on_the_way(place: str) -> bool:
    """Whether there is no logged on connection yet at this place."""
    return place in ("connecting", "authenticating")


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def blocked(endpoint: Endpoint, place: str) -> Iterator[tuple[mi.Session, Disturbance]]:
    """A session whose next read blocks at `place` for as long as nobody ends it."""
    with session_with(endpoint, **transport(endpoint)) as session:
        if not is_on_the_way(place):
            session.get_class("Win32_Service")
        yield session, stalled_at(endpoint, place)


def once_it_blocks(disturbance: Disturbance, act: Callable[[], object]) -> threading.Thread:
    """Do something, in another thread, as soon as the disturbance has begun."""

    def wait_and_act() -> None:
        if disturbance.reached.wait(EARLY):
            time.sleep(0.02)  # the reader is then in its system call
            act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


def test_ctrl_c_ends_a_read_wherever_it_is(
    endpoint: Endpoint, blocked: tuple[mi.Session, Disturbance]
) -> None:
    session, disturbance = blocked
    services = session.query_instances(SERVICES, timeout=None)
    interrupting = once_it_blocks(disturbance, lambda: os.kill(os.getpid(), signal.SIGINT))
    with on_time(), pytest.raises(KeyboardInterrupt):
        services.all()
    interrupting.join(EARLY)
    ends_well(endpoint, session)


def test_ctrl_c_ends_a_call_with_one_result(endpoint: Endpoint, session: mi.Session) -> None:
    stall = endpoint.disturb(Stall("Identify"))
    interrupting = once_it_blocks(stall, lambda: os.kill(os.getpid(), signal.SIGINT))
    with on_time(), pytest.raises(KeyboardInterrupt):
        session.test_connection(timeout=None)
    interrupting.join(EARLY)
    ends_well(endpoint, session)


def test_ctrl_c_in_the_midst_of_a_release_leaves_it_to_the_next_exchange(
    endpoint: Endpoint, session: mi.Session
) -> None:
    services = begun(session)
    stall = endpoint.disturb(Stall("Release"))
    interrupting = once_it_blocks(stall, lambda: os.kill(os.getpid(), signal.SIGINT))
    with on_time(), pytest.raises(KeyboardInterrupt):
        services.close()
    interrupting.join(EARLY)
    ends_well(endpoint, session)


def test_ctrl_c_in_the_midst_of_closing_a_session_lets_it_be_closed_again(
    endpoint: Endpoint, session: mi.Session
) -> None:
    services = begun(session)
    stall = endpoint.disturb(Stall("Release"))
    interrupting = once_it_blocks(stall, lambda: os.kill(os.getpid(), signal.SIGINT))
    with on_time(), pytest.raises(KeyboardInterrupt):
        session.close()
    interrupting.join(EARLY)
    endpoint.undisturb()
    session.close()
    with pytest.raises(mi.MIError):
        next(services)
    assert is_at_rest(endpoint)
    assert settles(lambda: endpoint.open_connections == 0)


def test_ctrl_c_while_another_thread_has_the_connection_ends_the_wait_for_it(
    endpoint: Endpoint, narrow: mi.Session
) -> None:
    until = threading.Event()
    stall = endpoint.disturb(Stall("Identify", until=until))
    other = threading.Thread(target=narrow.test_connection)
    other.start()
    assert stall.reached.wait(EARLY)
    interrupting = once_it_blocks(stall, lambda: os.kill(os.getpid(), signal.SIGINT))
    with on_time(), pytest.raises(KeyboardInterrupt):
        narrow.test_connection(timeout=None)
    interrupting.join(EARLY)
    until.set()
    other.join(EARLY)
    ends_well(endpoint, narrow)


INTERRUPTED = """
import sys
import mi

user, password, port, ca_file, *way = sys.argv[1:]
options = mi.DestinationOptions(
    destination_port=int(port),
    credentials=mi.Credentials.password(user, password, scheme="NTLM_DOMAIN"),
    transport="HTTPS" if ca_file else "HTTP",
    max_elements=20,
    timeout=None,
)
if ca_file:
    options.update(ca_file=ca_file)
session = mi.connect("127.0.0.1", options=options)
if way == ["nothing is closed"]:
    for service in session.query_instances("SELECT * FROM Win32_Service"):
        print(service["Name"], flush=True)
with session:
    for service in session.query_instances("SELECT * FROM Win32_Service"):
        print(service["Name"], flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
@pytest.mark.parametrize("way", ["the session is closed", "nothing is closed"])
def test_ctrl_c_ends_a_program_and_leaves_nothing_open(endpoint: Endpoint, way: str) -> None:
    stall = endpoint.disturb(Stall("Pull"))
    arguments = [endpoint.user.name, endpoint.user.password, str(endpoint.port)]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *arguments, endpoint.ca_file or "", way],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as program:
        assert stall.reached.wait(10), program.communicate()
        time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        with on_time():
            output, errors = program.communicate(timeout=10)
    assert program.returncode == -signal.SIGINT
    assert len(output.splitlines()) == 1
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Exception ignored" not in errors
    assert is_at_rest(endpoint)
    assert settles(lambda: endpoint.open_connections == 0)


def test_ctrl_c_at_any_line_leaves_a_session_that_can_be_used() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.interruptions", "401"],
        capture_output=True, text=True, cwd=PROJECT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("interrupted at ")


# Cancel and close, from another thread


STOPS: dict[str, Callable[[mi.Session, mi.Operation[Any]], object]] = {
    "cancel": lambda _, operation: operation.cancel(),
    "close": lambda _, operation: operation.close(),
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_cancel_or_close_from_another_thread_ends_a_read_wherever_it_is(
    endpoint: Endpoint, blocked: tuple[mi.Session, Disturbance], stop: str
) -> None:
    session, disturbance = blocked
    services = session.query_instances(SERVICES, timeout=None)
    stopping = once_it_blocks(disturbance, lambda: STOPS[stop](session, services))
    with on_time():
        _, error = ended(services)
    assert isinstance(error, mi.OperationCancelled)
    with on_time():
        stopping.join(EARLY)
    assert not stopping.is_alive()
    ends_well(endpoint, session)


def test_closing_the_session_from_another_thread_ends_a_read_wherever_it_is(
    endpoint: Endpoint, blocked: tuple[mi.Session, Disturbance]
) -> None:
    session, disturbance = blocked
    services = session.query_instances(SERVICES, timeout=None)
    stopping = once_it_blocks(disturbance, session.close)
    with on_time():
        _, error = ended(services)
        stopping.join(EARLY)
    assert isinstance(error, mi.OperationCancelled)
    assert is_at_rest(endpoint)
    assert settles(lambda: endpoint.open_connections == 0)


def test_closing_the_application_from_another_thread_ends_a_read(endpoint: Endpoint) -> None:
    application = mi.Application()
    options = options_for(endpoint, **transport(endpoint))
    session = application.new_session("WINRM", endpoint.host, options)
    stall = endpoint.disturb(Stall("Pull"))
    services = begun(session, timeout=None)
    warned: list[BaseException] = []

    def close() -> None:
        try:
            application.close()
        except ResourceWarning as warning:  # warnings are errors here
            warned.append(warning)

    stopping = once_it_blocks(stall, close)
    with on_time():
        _, error = ended(services)
        stopping.join(EARLY)
    assert isinstance(error, mi.OperationCancelled)
    assert [str(one) for one in warned] == [
        f"closed with the application, left open: {session!r}".replace(", closed", "")
    ]
    assert is_at_rest(endpoint)
    assert settles(lambda: endpoint.open_connections == 0)


def test_a_cancel_between_pages_ends_the_operation_and_releases(
    endpoint: Endpoint, session: mi.Session
) -> None:
    services = begun(session)
    stopping = threading.Thread(target=services.cancel)
    stopping.start()
    stopping.join(EARLY)
    assert actions(endpoint)[-1] == "Release"
    assert ended(services)[0] == 0
    ends_well(endpoint, session)


def test_a_cancelled_operation_does_not_disturb_the_one_that_waits_for_the_connection(
    endpoint: Endpoint, narrow: mi.Session
) -> None:
    stall = endpoint.disturb(Stall("Pull"))
    services = begun(narrow, timeout=None)
    answers: list[object] = []
    reading = threading.Thread(target=lambda: answers.append(ended(services)[1]))
    reading.start()
    assert stall.reached.wait(EARLY)
    waiting = threading.Thread(target=lambda: answers.append(narrow.test_connection()))
    waiting.start()
    time.sleep(0.05)
    services.cancel()
    with on_time():
        reading.join(EARLY)
        waiting.join(EARLY)
    assert {type(answer) for answer in answers} == {mi.OperationCancelled, mi.Instance}
    ends_well(endpoint, narrow)


def test_operations_that_are_stopped_at_any_moment_by_many_threads_leave_nothing(
    endpoint: Endpoint, session: mi.Session
) -> None:
    failures: list[BaseException] = []

    def run(number: int) -> None:
        stop = [lambda one: one.cancel(), lambda one: one.close()][number % 2]
        try:
            for turn in range(6):
                services = session.query_instances(SERVICES)
                timer = threading.Timer(0.003 * (number + turn), stop, [services])
                timer.start()
                try:
                    services.all()
                except (mi.OperationCancelled, mi.InvalidParameter):
                    pass
                finally:
                    timer.cancel()
                    timer.join(60)
        except BaseException as error:  # noqa: BLE001 - the test's to see
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert failures == []
    ends_well(endpoint, session)


# Servers that are slow


@pytest.mark.parametrize(
    ("drip", "phase"),
    [
        (Drip("authentication"), "authenticating"),
        (Drip("Enumerate"), "waiting for the reply"),
        (Drip("Pull"), "waiting for the reply"),
        (Drip("Pull", where="body"), "reading the reply"),
    ],
)
def test_a_server_that_drips_one_byte_a_second_ends_with_the_time_out(
    endpoint: Endpoint, drip: Drip, phase: str
) -> None:
    with session_with(endpoint, **transport(endpoint)) as session:
        if drip.action == "Pull":
            session.get_class("Win32_Service")
        endpoint.disturb(Drip(drip.action, interval=1.0, where=drip.where))
        with on_time():
            _, error = ended(session.query_instances(SERVICES, timeout=1.2))
        assert isinstance(error, mi.OperationTimeout)
        # A byte of a head was read already, so the reply may be said to be read.
        assert phase in error.message or "reading the reply" in error.message
        assert "1.2 s" in error.message
        ends_well(endpoint, session)


def test_a_server_that_stops_between_pages_ends_with_the_time_out(
    endpoint: Endpoint, session: mi.Session
) -> None:
    endpoint.disturb(Stall("Pull"))
    with on_time():
        count, error = ended(session.query_instances(SERVICES, timeout=0.3))
    assert count == 1
    assert isinstance(error, mi.OperationTimeout)
    assert "the timeout of 0.3 s passed while waiting for the reply" in error.message
    ends_well(endpoint, session)


def test_a_server_that_stops_in_a_logon_ends_with_the_time_out(endpoint: Endpoint) -> None:
    with session_with(endpoint, **transport(endpoint)) as session:
        endpoint.disturb(Stall(where="authentication"))
        with on_time(), pytest.raises(mi.OperationTimeout, match="while authenticating"):
            session.test_connection(timeout=0.3)
        ends_well(endpoint, session)


def test_a_server_that_stops_in_a_release_costs_no_more_than_the_grace_time(
    endpoint: Endpoint, session: mi.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi.control.GRACE", 0.3)
    endpoint.disturb(Stall("Release"))
    with on_time(), session.query_instances(SERVICES) as services:
        next(services)
    assert session.test_connection() is not None
    session.close()
    assert settles(lambda: endpoint.open_connections == 0)


def test_a_connection_that_another_thread_has_ends_with_the_time_out(
    endpoint: Endpoint, narrow: mi.Session
) -> None:
    until = threading.Event()
    stall = endpoint.disturb(Stall("Identify", until=until))
    other = threading.Thread(target=narrow.test_connection)
    other.start()
    assert stall.reached.wait(EARLY)
    with on_time(), pytest.raises(mi.OperationTimeout, match="waiting for a free connection"):
        narrow.test_connection(timeout=0.2)
    until.set()
    other.join(EARLY)
    ends_well(endpoint, narrow)


# Deadlines


def test_a_deadline_that_passes_between_pages_ends_the_operation_before_anything_is_sent(
    endpoint: Endpoint, session: mi.Session
) -> None:
    services = begun(session, deadline=0.2)
    time.sleep(0.25)
    before = len(endpoint.exchanges)
    with on_time():
        count, error = ended(services)
    assert count == 0
    assert isinstance(error, mi.OperationTimeout)
    assert "the deadline of 0.2 s passed" in error.message
    assert actions(endpoint)[before:] == ["Release"]
    ends_well(endpoint, session)


def test_a_deadline_bounds_many_short_waits(endpoint: Endpoint, session: mi.Session) -> None:
    endpoint.disturb(Stall("Pull", seconds=0.1)).count = None
    with on_time():
        count, error = ended(session.query_instances(SERVICES, deadline=0.5))
    assert count > 1
    assert "the deadline of 0.5 s passed" in error.message
    ends_well(endpoint, session)


def test_the_time_that_the_caller_takes_counts_for_the_deadline_alone(
    endpoint: Endpoint, session: mi.Session
) -> None:
    services = begun(session, timeout=0.3)
    time.sleep(0.4)
    assert len(services.all()) > 100
    ends_well(endpoint, session)


# A session that closes


def test_closing_a_session_releases_what_is_between_pages(
    endpoint: Endpoint, session: mi.Session
) -> None:
    services = begun(session)
    with on_time():
        session.close()
    assert actions(endpoint)[-1] == "Release"
    assert is_at_rest(endpoint)
    assert isinstance(ended(services)[1], mi.OperationCancelled)
    assert settles(lambda: endpoint.open_connections == 0)


def test_closing_a_session_whose_server_is_gone_ends_on_time(endpoint: Endpoint) -> None:
    with session_with(endpoint, **transport(endpoint)) as session:
        services = begun(session)
        endpoint.close()
        with on_time():
            session.close()
        assert isinstance(ended(services)[1], mi.OperationCancelled)


def test_a_session_that_is_closed_by_several_threads_closes_once(
    endpoint: Endpoint, session: mi.Session
) -> None:
    held = [begun(session) for _ in range(3)]
    threads = [threading.Thread(target=session.close) for _ in range(4)]
    for thread in threads:
        thread.start()
    with on_time():
        for thread in threads:
            thread.join(EARLY)
    assert not any(thread.is_alive() for thread in threads)
    assert settles(lambda: endpoint.open_connections == 0)
    assert is_at_rest(endpoint)
    assert actions(endpoint).count("Release") == len(held)
