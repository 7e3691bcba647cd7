"""Lines: made as they are needed, lent to one exchange at a time, and closed together."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials, Scheme
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    OperationTimeout,
)
from protocols.winrm.line import Line
from protocols.winrm.transport import Lease, Transport
from tests.winrm.scripted import Peer, ScriptedServer, echo

BASIC = Credentials.password("ops", "secret", scheme="Basic")
LONG = 10.0


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(echo) as running:
        yield running


def transport_to(server: ScriptedServer, **options: object) -> Transport:
    given = server.options(credentials=BASIC, packet_privacy=False, **options)
    return Transport(server.address, given, SessionCallbacks())


@pytest.fixture
def transport(server: ScriptedServer) -> Iterator[Transport]:
    made = transport_to(server)
    yield made
    made.close(Expiry.after(5, "grace"))


def soon(seconds: float = LONG) -> Expiry:
    return Expiry.after(seconds, "timeout")


def lease(transport: Transport, seconds: float = LONG, **how: bool) -> Lease:
    return transport.lease(soon(seconds), CancelToken(), **how)


def ask(line: Line) -> bytes:
    return next(line.exchange(b"<request/>", soon(), CancelToken(), repeatable=True))


def test_nothing_is_connected_before_the_first_exchange(
    server: ScriptedServer, transport: Transport
) -> None:
    with lease(transport) as line:
        assert server.connections == 0
        assert ask(line) == b"<reply><request/></reply>"
    assert server.connections == 1


def test_how_connections_log_on_is_known_from_the_first_on(transport: Transport) -> None:
    assert transport.method is None
    with lease(transport) as line:
        ask(line)
    assert transport.method is not None
    assert transport.method.scheme is Scheme.BASIC


def test_a_line_that_is_free_is_used_again(server: ScriptedServer, transport: Transport) -> None:
    for _ in range(3):
        with lease(transport) as line:
            ask(line)
    assert server.connections == 1


def test_another_line_is_made_while_the_others_are_lent_up_to_four(
    server: ScriptedServer, transport: Transport
) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(lease(transport)) for _ in range(4)]
        for line in lines:
            ask(line)
        assert server.connections == len(set(map(id, lines))) == 4
        with (
            pytest.raises(OperationTimeout, match="waiting for a free connection"),
            lease(transport, 0.05),
        ):
            pass
    with lease(transport) as line:
        assert line in lines
    assert server.connections == 4


def test_the_options_say_how_many_there_may_be(server: ScriptedServer) -> None:
    transport = transport_to(server, max_connections=1)
    with (
        lease(transport) as line,
        pytest.raises(OperationTimeout),
        lease(transport, 0.05),
    ):
        pass
    with lease(transport) as again:
        assert again is line
    transport.close(soon())


def test_a_line_that_is_connected_is_lent_before_one_that_is_not(transport: Transport) -> None:
    with lease(transport) as connected, lease(transport) as never:
        ask(connected)
    assert never is not connected
    for _ in range(2):
        with lease(transport) as line:
            assert line is connected


def test_a_line_comes_back_whatever_happens(transport: Transport) -> None:
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt), lease(transport):
            raise KeyboardInterrupt


def test_ending_a_lease_twice_gives_the_line_back_once(server: ScriptedServer) -> None:
    transport = transport_to(server, max_connections=1)
    one = lease(transport)
    one.end()
    with one:
        one.end()
        with lease(transport):
            one.end()
            with pytest.raises(OperationTimeout), lease(transport, 0.05):
                pass
    transport.close(soon())


# Lines that are held while somebody waits for another


def test_the_last_line_is_never_held_for_long(transport: Transport) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(lease(transport, is_long=True))
        with pytest.raises(OperationTimeout), lease(transport, 0.05, is_long=True):
            pass
        with lease(transport):
            pass
    with lease(transport, is_long=True):
        pass


def test_what_waits_in_vain_for_a_line_to_hold_leaves_the_others_theirs(
    transport: Transport,
) -> None:
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(lease(transport))
        with pytest.raises(OperationTimeout), lease(transport, 0.05, is_long=True):
            pass
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(lease(transport, is_long=True))


def test_a_transport_of_one_line_holds_none(server: ScriptedServer) -> None:
    transport = transport_to(server, max_connections=1)
    with pytest.raises(InvalidParameter, match="take a second connection") as caught:
        lease(transport, is_long=True).__enter__()
    assert "max_connections=" in caught.value.advice
    transport.close(soon())


def test_who_is_urgent_gets_the_next_line(server: ScriptedServer) -> None:
    transport = transport_to(server, max_connections=1)
    order: list[str] = []

    def wait(name: str, *, is_urgent: bool) -> threading.Thread:
        def run() -> None:
            with lease(transport, is_urgent=is_urgent):
                order.append(name)

        before = len(transport._turns._queue)
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        while len(transport._turns._queue) == before:
            time.sleep(0.001)
        return thread

    with lease(transport):
        threads = [wait("patient", is_urgent=False), wait("urgent", is_urgent=True)]
    for thread in threads:
        thread.join(LONG)
    assert order == ["urgent", "patient"]
    transport.close(soon())


# Closing


def test_a_closed_transport_lends_nothing(server: ScriptedServer, transport: Transport) -> None:
    with lease(transport) as one, lease(transport) as other:
        ask(one)
        ask(other)
    transport.close(soon())
    transport.close(soon())
    for how in ({}, {"is_long": True}):
        with pytest.raises(InvalidParameter, match="the session is closed"):
            lease(transport, **how).__enter__()
    assert not one.is_open
    assert not other.is_open
    assert server.connections == 2


def test_closing_waits_for_the_one_who_works(transport: Transport) -> None:
    with lease(transport):
        closing = threading.Thread(target=transport.close, args=(Expiry(),), daemon=True)
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
    closing.join(LONG)
    assert not closing.is_alive()


def test_an_exchange_that_does_not_end_is_cut_off() -> None:
    with ScriptedServer(lambda peer: peer.wait_for_end()) as server:
        transport = transport_to(server)
        errors: list[MIError] = []

        def ask_in_vain() -> None:
            try:
                with lease(transport) as line:
                    ask(line)
            except MIError as error:
                errors.append(error)

        working = threading.Thread(target=ask_in_vain, daemon=True)
        working.start()
        while not server.connections:
            time.sleep(0.001)
        time.sleep(0.05)
        transport.close(soon(0.1))
        working.join(LONG)
        assert isinstance(errors[0], (ConnectionFailed, InvalidParameter))
        assert server.ends.acquire(timeout=LONG)


def test_after_a_fork_it_begins_anew_and_leaves_what_is_open_to_the_parent(
    server: ScriptedServer, transport: Transport
) -> None:
    with lease(transport) as line, lease(transport, is_long=True):
        ask(line)
        parents = line._link._socket.dup()  # type: ignore[union-attr]
        with parents:
            transport.after_fork()
            assert not line.is_open
            parents.setblocking(False)  # noqa: FBT003 - the socket module's own
            with pytest.raises(BlockingIOError):
                parents.recv(1)
        with ExitStack() as stack:
            lines = [stack.enter_context(lease(transport)) for _ in range(4)]
            assert ask(lines[0]) == b"<reply><request/></reply>"
            assert line not in lines
    assert server.connections == 2


def test_what_was_refused_before_a_fork_is_not_tried_after_it() -> None:
    def refuse(peer: Peer) -> None:
        peer.request()
        peer.reply(401, WWW_Authenticate='Basic realm="WSMAN"')
        peer.wait_for_end()

    with ScriptedServer(refuse) as server:
        transport = transport_to(server)
        for _ in range(2):
            with pytest.raises(AuthenticationFailed), lease(transport) as line:
                ask(line)
            transport.after_fork()
        assert server.connections == 1


def test_ctrl_c_between_the_turn_and_the_line_costs_no_turn(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = transport_to(server, max_connections=1)

    def interrupt(_: Transport) -> Line:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Transport, "_idle_line", interrupt)
        with pytest.raises(KeyboardInterrupt), lease(narrow):
            pass
    with lease(narrow, 1) as line:
        assert ask(line) == b"<reply><request/></reply>"
    narrow.close(soon())


# Waiting for something to happen


def test_who_waits_for_something_takes_no_line_from_the_others(
    server: ScriptedServer, transport: Transport
) -> None:
    with ExitStack() as stack:
        for _ in range(16):
            stack.enter_context(lease(transport, is_poll=True))
        for _ in range(4):
            stack.enter_context(lease(transport))
        with pytest.raises(OperationTimeout), lease(transport, 0.05, is_poll=True):
            pass
    with lease(transport, is_poll=True) as line:
        ask(line)
    assert server.connections == 1


def test_who_waits_for_something_leaves_one_of_the_lines_that_there_may_be(
    server: ScriptedServer,
) -> None:
    transport = transport_to(server, max_connections=2)
    with lease(transport, is_poll=True):
        with pytest.raises(OperationTimeout), lease(transport, 0.05, is_poll=True):
            pass
        with lease(transport):
            pass
    transport.close(soon())


def test_where_there_is_one_line_it_is_for_everything(server: ScriptedServer) -> None:
    transport = transport_to(server, max_connections=1)
    with (
        lease(transport, is_poll=True),
        pytest.raises(OperationTimeout),
        lease(transport, 0.05),
    ):
        pass
    transport.close(soon())
