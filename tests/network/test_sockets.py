"""A connection of our own, without TLS: every wait in it ends when it should."""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import (
    ConnectionFailed,
    OperationCancelled,
    OperationTimeout,
)
from protocols.network import bounds as bounds_module
from protocols.network import errands, sockets
from protocols.network.bounds import Bounds, Phase
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket, reach
from tests.network.bounded import SOON, bounds, cancel_soon, ends_early
from tests.winrm.scripted import Peer, ScriptedServer, idle

NOBODY = Place("127.0.0.1", 1)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(idle) as running:
        yield running


# Dialling


def test_a_connection_sends_small_messages_at_once(server: ScriptedServer) -> None:
    with bounds() as fresh, reach(Place("127.0.0.1", server.port), fresh) as dialled:
        assert dialled.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert dialled.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert not dialled.is_stale


def test_a_name_is_looked_up(server: ScriptedServer) -> None:
    address = Place("localhost", server.port)
    with bounds() as fresh, reach(address, fresh) as dialled:
        assert dialled.getpeername()[1] == server.port


def test_a_refused_connection_says_what_to_check() -> None:
    with (
        bounds() as fresh,
        pytest.raises(ConnectionFailed, match="cannot be reached") as caught,
    ):
        reach(NOBODY, fresh)
    assert caught.value.advice == "Check the address and the network."
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_an_unknown_name_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        bounds() as fresh,
        pytest.raises(ConnectionFailed, match="no address is known"),
    ):
        reach(Place("nowhere", 5985), fresh)


@pytest.fixture
def stuck_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A resolver that answers to numbers at once and to names never."""
    resolve, over = socket.getaddrinfo, threading.Event()

    def look_up(*arguments: object, flags: int = 0, **others: object) -> object:
        if not flags & socket.AI_NUMERICHOST:
            over.wait(60)
        return resolve(*arguments, flags=flags, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(errands, "_ERRANDS", threading.BoundedSemaphore(1))
    yield
    over.set()
    for thread in threading.enumerate():
        if thread.name == "mi-look-up":
            thread.join(60)


@pytest.mark.usefixtures("stuck_resolver")
def test_a_look_up_that_hangs_is_left_behind_and_only_so_many_are() -> None:
    address = Place("localhost", 1)
    for _ in range(2):  # the second does not even get its turn
        started = time.monotonic()
        with bounds(SOON) as fresh, pytest.raises(OperationTimeout, match="looking the name up"):
            reach(address, fresh)
        assert ends_early(started)


@pytest.mark.usefixtures("stuck_resolver")
def test_a_cancel_ends_a_look_up() -> None:
    token = CancelToken()
    cancel_soon(token)
    with Bounds(Expiry(), token, 0) as fresh, pytest.raises(OperationCancelled):
        reach(Place("localhost", 1), fresh)


def addresses(*ports: int) -> Callable[..., list[tuple[object, ...]]]:
    def resolve(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

    return resolve


def test_every_address_of_a_name_is_tried(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", addresses(1, server.port))
    with bounds() as fresh, reach(Place("h", 5985), fresh) as dialled:
        assert dialled.getpeername()[1] == server.port


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port whose queue of connections is full, so that it answers to no other."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


def test_an_address_that_does_not_answer_leaves_time_for_the_next(
    server: ScriptedServer, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", addresses(silent_port, server.port))
    with bounds(0.6) as fresh, reach(Place("h", 5985), fresh) as dialled:
        assert dialled.getpeername()[1] == server.port


def test_connecting_ends_with_the_time(silent_port: int) -> None:
    started = time.monotonic()
    with bounds(SOON) as fresh, pytest.raises(OperationTimeout, match="while connecting"):
        reach(Place("127.0.0.1", silent_port), fresh)
    assert ends_early(started)


def test_a_cancel_ends_connecting(silent_port: int) -> None:
    token = CancelToken()
    cancel_soon(token)
    with Bounds(Expiry(), token, 0) as fresh, pytest.raises(OperationCancelled):
        reach(Place("127.0.0.1", silent_port), fresh)


def test_ctrl_c_ends_connecting_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []

    class Interrupted(BoundedSocket):
        def reach(self, where: object, give_up_at: float | None) -> None:
            raise KeyboardInterrupt

        def close(self) -> None:
            closed.append(self.fileno())
            super().close()

    monkeypatch.setattr(sockets, "BoundedSocket", Interrupted)
    with bounds() as fresh, pytest.raises(KeyboardInterrupt):
        reach(NOBODY, fresh)
    assert len(closed) == 1


# An open connection


def dialled(server: ScriptedServer, fresh: Bounds) -> BoundedSocket:
    return reach(Place("127.0.0.1", server.port), fresh)


def test_a_reader_gets_what_came_and_the_phases_follow(server: ScriptedServer) -> None:
    server._scripts = (lambda peer: (peer.send(b"ab"), peer.wait_for_end()),)
    with bounds() as fresh, dialled(server, fresh) as open_socket:
        assert open_socket.makefile("rb").read(1) == b"a"
        assert (fresh.phase, fresh.received) == (Phase.WAITING, 2)
        fresh.enter(Phase.SENDING)
        open_socket.interrupt()
        assert open_socket.recv_into(bytearray(1)) == 0
        assert fresh.phase is Phase.READING


def test_a_drip_ends_on_time() -> None:
    with ScriptedServer(lambda peer: peer.drip(b"x" * 1000, 0.02)) as server:
        started = time.monotonic()
        with bounds(0.3) as fresh, dialled(server, fresh) as open_socket:
            with pytest.raises(OperationTimeout, match="reading the reply"):
                open_socket.makefile("rb").read(1000)
            assert 0 < fresh.received < 1000
        assert ends_early(started)


def test_silence_ends_on_time_and_waits_through_several_glances(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds_module, "_LONGEST_WAIT", 0.03)
    with (
        bounds(SOON) as fresh,
        dialled(server, fresh) as open_socket,
        pytest.raises(OperationTimeout, match="waiting for the reply"),
    ):
        open_socket.recv_into(bytearray(1))


def test_a_cancel_ends_a_read_at_once(server: ScriptedServer) -> None:
    token = CancelToken()
    with Bounds(Expiry(), token, 10) as fresh, dialled(server, fresh) as open_socket:
        cancel_soon(token)
        with pytest.raises(OperationCancelled):
            open_socket.recv_into(bytearray(1))
        with pytest.raises(OperationCancelled):
            open_socket.recv_into(bytearray(1))


def test_sending_ends_on_time_where_nobody_reads() -> None:
    with (
        ScriptedServer(lambda peer: peer.stall()) as server,
        bounds(0.3) as fresh,
        dialled(server, fresh) as open_socket,
    ):
        assert not fresh.is_sent
        with pytest.raises(OperationTimeout, match="sending the request"):
            open_socket.sendall(b"x" * 50_000_000)
        assert fresh.is_sent


def test_what_a_lost_connection_takes_no_more_of_cannot_have_been_read() -> None:
    def reset_in_the_midst(peer: Peer) -> None:
        peer.read_some()  # by then the connection is made
        peer.reset()

    with (
        ScriptedServer(reset_in_the_midst) as server,
        bounds() as fresh,
        dialled(server, fresh) as open_socket,
    ):
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            open_socket.sendall(b"x" * 50_000_000)
        assert fresh.is_sent
        assert fresh.is_cut
        fresh.begin()
        assert not fresh.is_cut


def test_sending_ends_where_the_reply_is_there_before_the_request_was_read() -> None:
    def answer(peer: Peer) -> None:
        peer.send(b"no")
        peer.stall()

    with (
        ScriptedServer(answer) as server,
        bounds() as fresh,
        dialled(server, fresh) as open_socket,
    ):
        with pytest.raises(BrokenPipeError):
            open_socket.sendall(b"x" * 50_000_000)
        assert fresh.is_cut
        assert open_socket.recv(2) == b"no"


def test_the_end_of_a_connection_is_that_nothing_comes() -> None:
    with (
        ScriptedServer(lambda peer: peer.send(b"x")) as server,
        bounds() as fresh,
        dialled(server, fresh) as open_socket,
    ):
        received = bytearray(10)
        assert open_socket.recv_into(received) == 1
        assert open_socket.recv_into(received) == 0


def test_all_is_sent(server: ScriptedServer) -> None:
    with bounds() as fresh, dialled(server, fresh) as open_socket:
        open_socket.sendall(b"")
        assert not fresh.is_sent
        open_socket.sendall(b"x" * 100_000)
        assert fresh.is_sent


def test_the_second_part_of_a_reply_is_not_held_back(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bounds(SOON) as fresh, dialled(server, fresh) as open_socket:
        monkeypatch.setattr(sockets, "_QUICK_ACK", None)  # as on other platforms than Linux
        with pytest.raises(OperationTimeout):
            open_socket.recv_into(bytearray(1))


def test_a_connection_closed_at_either_end_is_stale(server: ScriptedServer) -> None:
    server._scripts = (lambda peer: None,)
    with bounds() as fresh, dialled(server, fresh) as open_socket:
        assert open_socket.recv_into(bytearray(1)) == 0
        assert open_socket.is_stale
        open_socket.close()
        assert open_socket.is_stale
        open_socket.interrupt()  # harmless


def test_a_connection_can_be_ended_whoever_holds_a_file_of_it(server: ScriptedServer) -> None:
    with bounds() as fresh:
        open_socket = dialled(server, fresh)
        held = open_socket.makefile("rb")
        open_socket.end()
        assert server.ends.acquire(timeout=5)
        open_socket.end()
        held.close()


def test_a_failure_is_the_systems_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with BoundedSocket() as unconnected:
        unconnected.bounds = bounds()
        monkeypatch.setattr(
            BoundedSocket, "connect_ex", lambda *_: errno.EHOSTUNREACH, raising=False
        )
        with pytest.raises(OSError, match=os.strerror(errno.EHOSTUNREACH)):
            unconnected.reach(("127.0.0.1", 1), None)


def test_what_to_do_depends_on_what_happened() -> None:
    assert "no firewall" in sockets.advised(TimeoutError())
    assert "no firewall" not in sockets.advised(ConnectionRefusedError())
