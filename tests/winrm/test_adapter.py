import gc
import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from requests import PreparedRequest, Request, RequestException
from urllib3 import HTTPResponse

from mi.control import CancelToken, Expiry
from mi.errors import ProtocolError
from protocols.network.bounds import Bounds
from protocols.network.sockets import BoundedSocket
from protocols.winrm import adapter
from protocols.winrm.adapter import PinnedAdapter, _Connection, read_body, read_chunks
from tests.winrm.dialling import dial
from tests.winrm.scripted import Peer, ScriptedServer


def prepared(server: ScriptedServer, body: bytes) -> PreparedRequest:
    return Request("POST", server.address.url, data=body).prepare()


def dialler(server: ScriptedServer) -> Callable[[], BoundedSocket]:
    return lambda: dial(server.address, Bounds(Expiry.after(5, "t"), CancelToken(), 10**7), None)


def serve(peer: Peer) -> None:
    while True:
        peer.reply(body=b"you said " + peer.request().body)


def test_requests_go_one_after_the_other_through_one_connection() -> None:
    with ScriptedServer(serve) as server:
        pinned = PinnedAdapter(server.address, dialler(server))
        for body in (b"one", b"two"):
            response = pinned.send(prepared(server, body), stream=True)
            assert (response.status_code, response.request.body) == (200, body)
            assert read_body(response.raw, 1000) == b"you said " + body
        assert server.connections == 1
        pinned.drop()
        assert read_body(pinned.send(prepared(server, b"three")).raw, 1000) == b"you said three"
        assert server.connections == 2
        pinned.drop()


def test_the_dialler_decides_whether_there_is_another_connection() -> None:
    def once(peer: Peer) -> None:
        peer.request()
        peer.reply(Connection="close")

    with ScriptedServer(once) as server:
        sockets = iter([dialler(server)()])
        pinned = PinnedAdapter(server.address, lambda: next(sockets))
        assert read_body(pinned.send(prepared(server, b"one")).raw, 1000) == b""
        with pytest.raises(StopIteration):
            pinned.send(prepared(server, b"two"))
        pinned.drop()
    assert server.connections == 1


def test_what_goes_wrong_is_requests_to_tell() -> None:
    with ScriptedServer(lambda peer: None) as server:
        pinned = PinnedAdapter(server.address, dialler(server))
        with pytest.raises(RequestException):
            pinned.send(prepared(server, b"x"))
        pinned.drop()


def test_a_request_goes_out_in_one_piece_where_it_is_not_large() -> None:
    sent: list[bytes] = []

    class Listening:
        def sendall(self, data: bytes) -> None:
            sent.append(data)

        def makefile(self, _: str) -> io.BytesIO:
            return io.BytesIO(b"HTTP/1.1 204 No\r\n\r\n")

        def close(self) -> None:
            pass

    listening: Any = Listening()
    connection = _Connection(lambda: listening)
    headers = {"Host": "server01", "Content-Length": "4"}
    head = b"POST /wsman HTTP/1.1\r\nHost: server01\r\nContent-Length: 4\r\n\r\n"
    for body in (b"body", None, b"x" * 100_000):
        connection.urlopen(method="POST", url="/wsman", body=body, headers=headers).read(1)
    assert sent == [head + b"body", head, head, b"x" * 100_000]
    connection.urlopen(method="POST", url="/", body=None, headers={})
    assert sent[-1] == b"POST / HTTP/1.1\r\n\r\n"


def test_headers_that_were_changed_are_sent_as_they_are_now() -> None:
    sent: list[bytes] = []
    other: Any = SimpleNamespace(
        sendall=sent.append,
        makefile=lambda _: io.BytesIO(b"HTTP/1.1 204 No\r\n\r\n"),
        close=lambda: None,
    )
    connection = _Connection(lambda: other)
    headers = {"A": "1"}
    for value in ("1", "1", "2"):
        headers["A"] = value
        connection.urlopen(method="POST", url="/", body=None, headers=headers)
    assert sent == [b"POST / HTTP/1.1\r\nA: %s\r\n\r\n" % value for value in (b"1", b"1", b"2")]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/wsman HTTP/1.1\r\nX: y\r\n", {}),
        ("/ws man", {}),
        ("", {}),
        ("/\x7f", {}),
        ("/\xe4", {}),
        ("/", {"X\r\nY": "z"}),
        ("/", {"": "z"}),
        ("/", {"X": "y\r\nZ: a"}),
        ("/", {"X": "y\r\n folded"}),
        ("/", {"X": "y\nZ"}),
        ("/", {"X": "y\0"}),
        ("/", {"X": "\u20ac"}),
    ],
)
def test_nothing_is_sent_that_would_be_more_than_it_should(
    path: str, headers: dict[str, str]
) -> None:
    connection = _Connection(pytest.fail)
    with pytest.raises(ValueError, match=r"no request can be made|characters that none may have"):
        connection.urlopen(method="POST", url=path, body=None, headers=headers)


def test_a_reply_that_was_not_read_ends_the_connection() -> None:
    with ScriptedServer(serve) as server:
        pinned = PinnedAdapter(server.address, dialler(server))
        pinned.send(prepared(server, b"one"), stream=True)
        response = pinned.send(prepared(server, b"two"), stream=True)
        assert read_body(response.raw, 1000) == b"you said two"
        assert server.connections == 2
        pinned.drop()


def test_an_answer_of_whoever_closes_instead_of_reading_on_is_read() -> None:
    class Closing:
        def sendall(self, data: bytes) -> None:
            raise BrokenPipeError

        def makefile(self, _: str) -> io.BytesIO:
            return io.BytesIO(b"HTTP/1.1 401 No\r\nConnection: close\r\n\r\nno")

        def close(self) -> None:
            pass

    closing: Any = Closing()
    reply = _Connection(lambda: closing).urlopen(method="POST", url="/", body=None, headers={})
    assert (reply.status, reply.read(10)) == (401, b"no")


def test_a_connection_that_is_forgotten_is_closed() -> None:
    with ScriptedServer(serve) as server:
        pinned = PinnedAdapter(server.address, dialler(server))
        pinned.send(prepared(server, b"one"), stream=True)
        del pinned
        gc.collect()  # an unclosed socket is a warning, and that an error


def test_what_is_no_reply_ends_the_connection() -> None:
    def once(peer: Peer) -> None:
        peer.request()
        peer.send(b"SSH-2.0-OpenSSH_9\r\n\r\n")

    with ScriptedServer(once, serve) as server:
        pinned = PinnedAdapter(server.address, dialler(server))
        with pytest.raises(RequestException, match="BadStatusLine"):
            pinned.send(prepared(server, b"one"))
        assert read_body(pinned.send(prepared(server, b"two")).raw, 1000) == b"you said two"
        pinned.drop()


# Bodies


def reply(body: bytes, **headers: str) -> HTTPResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(io.BytesIO(body), given, 200, preload_content=False)


def test_a_body_may_be_as_large_as_allowed_and_no_larger() -> None:
    assert read_body(reply(b"x" * 10), 10) == b"x" * 10
    with pytest.raises(ProtocolError, match="larger than the 10 bytes") as caught:
        read_body(reply(b"x" * 11), 10)
    assert "max_envelope_size=" in str(caught.value.advice)


def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    too_large = reply(b"x", Content_Length=str(10**15))
    with pytest.raises(ProtocolError, match="larger"):
        read_body(too_large, 10)
    assert too_large.tell() == 0


def test_a_body_is_read_in_pieces_that_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "_LARGEST_READ", 4)
    assert read_body(reply(b"0123456789"), 100) == b"0123456789"
    assert read_body(reply(b"01234567", Content_Length="8"), 8) == b"01234567"
    assert read_body(reply(b""), 8) == b""


@pytest.mark.parametrize(
    "headers",
    [
        {"Content_Encoding": "gzip"},
        {"Content_Encoding": "identity, br"},
        {"Transfer_Encoding": "gzip, chunked"},
    ],
)
def test_nothing_is_decompressed(headers: dict[str, str]) -> None:
    with pytest.raises(ProtocolError, match="Encoding that was not asked for"):
        read_body(reply(b"\x1f\x8b", **headers), 1000)


def test_an_encoding_that_is_none_will_do() -> None:
    assert read_body(reply(b"x", Content_Encoding=" Identity"), 1000) == b"x"


def test_chunks_are_left_to_be_read_where_there_are_any() -> None:
    assert read_chunks(reply(b"x", Content_Length="1"), 10) is None

    def in_chunks(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        peer.send(b"3\r\none\r\n5\r\nthree\r\n0\r\n\r\n")

    with ScriptedServer(in_chunks) as server:
        pinned = PinnedAdapter(server.address, dialler(server))
        chunks = read_chunks(pinned.send(prepared(server, b"x")).raw, 4)
        assert chunks is not None
        assert next(chunks) == b"one"
        with pytest.raises(ProtocolError, match="larger than the 4 bytes"):
            next(chunks)
        pinned.drop()
