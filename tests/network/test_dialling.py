"""Sockets that a dialer of the caller's brings, whatever is spoken over them."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, InvalidParameter, OperationTimeout, TypeMismatch
from protocols.network import dialling
from protocols.network.bounds import Bounds
from protocols.network.dialling import brought
from protocols.network.places import Place

PLACE = Place("server01", 135)


@pytest.fixture
def bounds() -> Iterator[Bounds]:
    with Bounds(Expiry.after(5, "timeout"), CancelToken(), 0) as one:
        yield one


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


Pair = tuple[socket.socket, socket.socket]


def giving(one: object) -> Callable[[str, int, float | None], socket.socket]:
    return lambda host, port, seconds: one  # type: ignore[return-value]


def test_a_dialer_is_told_where_to_and_how_much_time_there_is(bounds: Bounds, pair: Pair) -> None:
    told: list[tuple[str, int, float | None]] = []

    def dial(host: str, port: int, seconds: float | None) -> socket.socket:
        told.append((host, port, seconds))
        return pair[0]

    with brought(dial, PLACE, bounds) as connection:
        connection.sendall(b"x")
        assert pair[1].recv(1) == b"x"
        assert not connection.is_tcp
    [(host, port, seconds)] = told
    assert (host, port) == PLACE
    assert seconds is not None
    assert 4 < seconds <= 5


def test_a_tcp_socket_sends_small_messages_at_once(bounds: Bounds) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = socket.create_connection(listener.getsockname())
        with brought(giving(made), PLACE, bounds) as connection:
            assert connection.is_tcp
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("what", [None, "socket", ssl.SSLSocket.__new__(ssl.SSLSocket)])
def test_what_is_no_plain_socket_is_refused(bounds: Bounds, what: object) -> None:
    with pytest.raises(TypeMismatch, match="instead of a plain socket"):
        brought(giving(what), PLACE, bounds)


def raising(error: BaseException) -> Callable[[str, int, float | None], socket.socket]:
    def dial(host: str, port: int, seconds: float | None) -> socket.socket:
        raise error

    return dial


def test_only_the_words_of_the_system_are_repeated(bounds: Bounds) -> None:
    with pytest.raises(ConnectionFailed, match="OSError: no route"):
        brought(raising(OSError("no route")), PLACE, bounds)
    with pytest.raises(ConnectionFailed, match="135: RuntimeError") as caught:
        brought(raising(RuntimeError("password=secret")), PLACE, bounds)
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidParameter):
        brought(raising(InvalidParameter("ours")), PLACE, bounds)


def test_what_a_dialer_brings_too_late_is_closed(pair: Pair) -> None:
    go = threading.Event()

    def dial(host: str, port: int, seconds: float | None) -> socket.socket:
        go.wait(5)
        return pair[0]

    with (
        Bounds(Expiry.after(0.05, "timeout"), CancelToken(), 0) as short,
        pytest.raises(OperationTimeout, match="while connecting"),
    ):
        brought(dial, PLACE, short)
    go.set()
    end = time.monotonic() + 5
    while pair[0].fileno() != -1:
        assert time.monotonic() < end


def test_ctrl_c_closes_what_comes(
    bounds: Bounds, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(dialling.Errand[socket.socket]):
        def result(self, bounds: Bounds) -> socket.socket:
            super().result(bounds)
            raise KeyboardInterrupt

    monkeypatch.setattr(dialling, "Errand", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        brought(giving(pair[0]), PLACE, bounds)
    assert pair[0].fileno() == -1
