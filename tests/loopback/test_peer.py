"""A peer knows whether the client is still there, and waits no longer than it is."""

import errno
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from protocols.loopback.certificates import issue
from protocols.loopback.peer import ClientGone, Peer


class Pair:
    """Both ends of a TCP connection."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname(), timeout=20)
            accepted, _ = listener.accept()
        self.peer = Peer(accepted, self.closing)


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.client.close()
    made.peer.close()


def test_a_client_without_tls_shows_no_certificate(pair: Pair) -> None:
    assert pair.peer.certificate is None


def test_bytes_go_both_ways_at_once(pair: Pair) -> None:
    pair.client.sendall(b"question")
    assert pair.peer.receive() == b"question"
    pair.peer.send(b"answer")
    assert pair.client.recv(100) == b"answer"
    nodelay = pair.peer._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert nodelay


def test_a_client_is_connected_until_it_closes(pair: Pair) -> None:
    assert pair.peer.is_connected()
    pair.client.sendall(b"more")
    assert pair.peer.is_connected()
    assert pair.peer.receive() == b"more"
    pair.client.close()
    assert not pair.peer.is_connected()


def test_a_client_that_resets_or_a_socket_that_is_closed_is_not_connected(pair: Pair) -> None:
    pair.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    pair.client.close()
    assert not pair.peer.is_connected()
    pair.peer.close()
    assert not pair.peer.is_connected()


def test_a_wait_ends_after_its_seconds_or_when_it_is_told(pair: Pair) -> None:
    pair.peer.wait(0.01)
    told = threading.Event()
    threading.Timer(0.05, told.set).start()
    began = time.monotonic()
    pair.peer.wait(None, told)
    assert time.monotonic() - began < 5


def test_a_wait_ends_when_the_client_goes(pair: Pair) -> None:
    threading.Timer(0.05, pair.client.close).start()
    with pytest.raises(ClientGone):
        pair.peer.wait(30)


def test_a_wait_ends_when_the_endpoint_does(pair: Pair) -> None:
    threading.Timer(0.05, pair.closing.set).start()
    with pytest.raises(ClientGone):
        pair.peer.wait(None)


def test_a_client_that_closes_with_unread_bytes_is_told_from_one_that_read_all(
    pair: Pair,
) -> None:
    pair.peer.send(b"reply")
    pair.client.recv(100)
    pair.client.shutdown(socket.SHUT_RDWR)
    pair.client.close()
    assert pair.peer.receive() == b""
    assert not pair.peer.left_unread()


def test_bytes_that_were_never_read_are_known_by_the_reset(pair: Pair) -> None:
    pair.client.shutdown(socket.SHUT_RDWR)
    assert pair.peer.receive() == b""
    pair.peer.send(b"reply")
    assert pair.peer.left_unread()


def test_the_end_is_seen_behind_what_was_not_read_yet(pair: Pair) -> None:
    pair.client.send(b"question")
    assert pair.peer.is_connected()
    pair.client.close()
    if hasattr(select, "POLLRDHUP"):
        assert not pair.peer.is_connected()
    assert pair.peer.receive() == b"question"
    assert not pair.peer.is_connected()


def test_the_end_is_seen_where_the_system_does_not_tell_of_it(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.loopback.peer._HANG_UP", None)
    assert pair.peer.is_connected()
    pair.client.close()
    assert not pair.peer.is_connected()


def test_an_endpoint_that_ends_does_not_wait_for_a_reset(pair: Pair) -> None:
    pair.closing.set()
    assert not pair.peer.left_unread()


def test_another_thread_can_end_the_connection(pair: Pair) -> None:
    threading.Timer(0.05, pair.peer.interrupt).start()
    assert pair.peer.receive() == b""
    pair.client.close()
    pair.peer.close()
    pair.peer.interrupt()


def test_tls_is_spoken_and_the_connection_still_watched(
    pair: Pair, tmp_path_factory: pytest.TempPathFactory
) -> None:
    identity = issue(str(tmp_path_factory.mktemp("tls")), ("localhost",))
    thread = threading.Thread(target=pair.peer.secure, args=(identity.context,))
    thread.start()
    import ssl  # noqa: PLC0415 - this test alone

    context = ssl.create_default_context(cafile=identity.ca_file)
    wrapped = context.wrap_socket(pair.client, server_hostname="localhost")
    thread.join(10)
    assert pair.peer.certificate is None, "it was not asked for one"
    wrapped.sendall(b"question")
    assert pair.peer.receive() == b"question"
    assert pair.peer.is_connected()
    pair.peer.send(b"answer")
    assert wrapped.recv(100) == b"answer"
    socket.socket.shutdown(wrapped, socket.SHUT_RDWR)  # without TLS' own notice
    assert not pair.peer.is_connected()
    assert pair.peer.receive() == b""
    wrapped.close()
    assert not pair.peer.left_unread()


def test_an_end_that_comes_while_tls_takes_over_is_noticed(pair: Pair) -> None:
    class Context:
        """Takes the socket over, and then something else happens."""

        def wrap_socket(self, raw: socket.socket, **_: object) -> socket.socket:
            taken = socket.socket(fileno=raw.detach())
            pair.peer.interrupt()
            return taken

    with pytest.raises(ClientGone):
        pair.peer.secure(Context())  # type: ignore[arg-type]


def test_a_socket_that_takes_no_options_any_more_is_taken_all_the_same() -> None:
    class Gone(socket.socket):
        """What it is on some platforms after a reset."""

        def setsockopt(self, *_: object) -> None:
            raise OSError(errno.EINVAL, "gone")

    with Gone() as raw:
        assert not Peer(raw, threading.Event()).is_connected()
