import time
from collections.abc import Iterator

import pytest

from mi.control import CancelToken, Expiry
from mi.errors import (
    ConnectionFailed,
    OperationCancelled,
    OperationTimeout,
)
from protocols.network import bounds as bounds_module
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket
from protocols.winrm import connection
from protocols.winrm.certificates import tls_context
from protocols.winrm.endpoint import Address
from tests.network.bounded import SOON, bounds, cancel_soon, ends_early
from tests.winrm.authority import Authority
from tests.winrm.dialling import dial
from tests.winrm.scripted import Peer, ScriptedServer, idle

NOBODY = Address("http", "127.0.0.1", 1, "/wsman")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(idle) as running:
        yield running


# What may be wrong


def test_a_refused_connection_says_what_to_check() -> None:
    with (
        bounds() as fresh,
        pytest.raises(ConnectionFailed, match="cannot be reached") as caught,
    ):
        dial(NOBODY, fresh, None)
    assert "winrm quickconfig" in str(caught.value.advice)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


# Under TLS


def secured(server: ScriptedServer, authority: Authority, fresh: Bounds) -> BoundedSocket:
    return dial(server.address, fresh, tls_context(server.options(ca_file=authority.ca_file)))


def test_everything_is_bounded_under_tls_too(authority: Authority) -> None:
    def half(peer: Peer) -> None:
        peer.request()
        peer.drip(b"x" * 1000, 0.02)

    started = time.monotonic()
    with (
        ScriptedServer(half, tls=authority.server("127.0.0.1")) as server,
        bounds(1) as fresh,
        secured(server, authority, fresh) as open_socket,
    ):
        open_socket.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)
        with pytest.raises(OperationTimeout, match="reading the reply"):
            open_socket.makefile("rb").read(1000)
    assert ends_early(started)


def test_a_handshake_that_the_server_does_not_answer_ends_on_time(
    server: ScriptedServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds_module, "_LONGEST_WAIT", 0.03)
    with bounds(SOON) as fresh, pytest.raises(OperationTimeout, match="in the TLS handshake"):
        secured(server, authority, fresh)
    assert server.ends.acquire(timeout=5)


def test_a_handshake_that_drips_ends_on_time(authority: Authority) -> None:
    with (
        ScriptedServer(
            lambda peer: peer.drip(b"\x16\x03\x03\x0f\xff" + b"\2" * 500, 0.02)
        ) as server,
        bounds(0.3) as fresh,
        pytest.raises(OperationTimeout, match="in the TLS handshake"),
    ):
        secured(server, authority, fresh)


def test_a_cancel_ends_a_handshake(server: ScriptedServer, authority: Authority) -> None:
    token = CancelToken()
    cancel_soon(token)
    with Bounds(Expiry(), token, 10) as fresh, pytest.raises(OperationCancelled):
        secured(server, authority, fresh)


def test_a_failed_handshake_closes_the_connection(authority: Authority) -> None:
    with (
        ScriptedServer(lambda peer: (peer.send(b"HTTP/1.1 400\r\n\r\n"), idle(peer))) as server,
        bounds() as fresh,
    ):
        with pytest.raises(ConnectionFailed, match="TLS handshake with"):
            secured(server, authority, fresh)
        assert server.ends.acquire(timeout=5)


def test_ctrl_c_in_a_handshake_closes_the_connection(
    server: ScriptedServer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "_shake_hands", interrupted)
    with bounds() as fresh, pytest.raises(KeyboardInterrupt):
        secured(server, authority, fresh)
    assert server.ends.acquire(timeout=5)
