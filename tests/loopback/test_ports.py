"""Whoever connects is served, whatever else happens, and nobody is left behind."""

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from protocols.loopback.peer import Peer
from protocols.loopback.ports import Ports

HOST = "127.0.0.1"


class Echo:
    """Says what it hears, until it is told to end."""

    def __init__(self, peer: Peer, number: int, port: int) -> None:
        self.peer = peer
        self.words = f"{number} on {port}: ".encode()

    def serve(self) -> None:
        while heard := self.peer.receive():
            self.peer.send(self.words + heard)
        self.peer.close()

    def interrupt(self) -> None:
        self.peer.interrupt()


@contextlib.contextmanager
def echoing(ports: Ports, count: int = 1) -> Iterator[list[int]]:
    """Let echoes be heard on so many ports."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(ports.listener(0)) for _ in range(count)]
        stack.enter_context(ports.served(listeners, Echo, lambda: None))
        yield [one.getsockname()[1] for one in listeners]


def connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=10)


def said(client: socket.socket) -> str:
    client.sendall(b"x")
    return client.recv(100).decode()


def test_clients_of_all_ports_are_numbered_and_counted() -> None:
    ports = Ports(HOST)
    with echoing(ports, 2) as [one, other], connect(one) as first:
        assert said(first) == f"1 on {one}: x"
        with connect(other) as second:
            assert said(second) == f"2 on {other}: x"
            assert said(first) == f"1 on {one}: x"
            assert (ports.accepted, len(ports)) == (2, 2)
    assert (ports.accepted, len(ports)) == (2, 0)


def test_every_client_can_be_dropped() -> None:
    ports = Ports(HOST)
    with echoing(ports) as [port], connect(port) as client:
        said(client)
        ports.drop()
        assert client.recv(1) == b""
        with connect(port) as another:
            assert said(another).startswith("2 on")


def test_the_end_wakes_everybody_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with echoing(Ports(HOST)) as [port], connect(port) as client:
        said(client)
    assert set(threading.enumerate()) == before
    with pytest.raises(OSError):  # noqa: PT011 - refused, or somebody else's by now
        said(connect(port))


def test_what_a_connection_waits_for_is_let_go() -> None:
    held = threading.Event()

    class Waiting(Echo):
        """Waits for something that is not its client."""

        def serve(self) -> None:
            held.wait(30)
            self.peer.close()

    ports, started = Ports(HOST), time.monotonic()
    with (
        ports.listener(0) as listener,
        ports.served([listener], Waiting, held.set),
        connect(listener.getsockname()[1]),
    ):
        while not len(ports):
            time.sleep(0.001)
            assert time.monotonic() < started + 10
    assert time.monotonic() < started + 10


def test_the_end_needs_neither_files_nor_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> socket.socket:
        raise OSError(errno.EMFILE, "too many open files")

    before = set(threading.enumerate())
    with echoing(Ports(HOST)):
        monkeypatch.setattr(socket, "create_connection", refuse)
    assert set(threading.enumerate()) == before


def test_a_client_that_cannot_be_let_in_keeps_nobody_out() -> None:
    ports, refused = Ports(HOST), threading.Event()

    class Listener(socket.socket):
        """Fails once, as accept does where a process has too many files."""

        def accept(self) -> tuple[socket.socket, object]:
            if refused.is_set():
                return super().accept()
            refused.set()
            raise OSError(errno.EMFILE, "too many open files")

    with ports.listener(0) as made:
        listener = Listener(fileno=made.detach())
        listener.settimeout(0)
        with listener, ports.served([listener], Echo, lambda: None):
            with connect(listener.getsockname()[1]) as client:
                assert said(client).startswith("1 on")
            assert refused.is_set()


def test_an_endpoint_that_nobody_closes_keeps_no_process_alive() -> None:
    with echoing(Ports(HOST)):
        [thread] = [one for one in threading.enumerate() if one.name.startswith("loopback-")]
        assert thread.daemon


def test_an_address_of_either_family_will_do() -> None:
    with Ports("::1").listener(0) as listener:
        assert listener.family is socket.AF_INET6
