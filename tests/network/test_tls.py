"""A socket under TLS is either there or closed: what is made of it never stays open for nobody."""

import gc
import socket
import ssl
import struct
import warnings

import pytest

from protocols.network.tls import TlsSocket


def reset_by_the_other_end() -> socket.socket:
    """Return a connected socket whose other end has gone, and said so by a reset."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        accepted, _ = listener.accept()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    return accepted


@pytest.mark.parametrize("is_server", [True, False], ids=["server", "client"])
def test_nothing_stays_open_where_the_other_end_went_before_tls(is_server: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = TlsSocket
    accepted = reset_by_the_other_end()
    name = None if is_server else "here.example"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConnectionResetError):
            context.wrap_socket(accepted, server_side=is_server, server_hostname=name)
        gc.collect()
    assert accepted.fileno() == -1


def test_a_socket_whose_other_end_is_there_tells_its_address() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = TlsSocket
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        accepted, _ = listener.accept()
        with context.wrap_socket(
            accepted, server_side=True, do_handshake_on_connect=False
        ) as wrapped:
            assert wrapped.getpeername() == client.getsockname()
