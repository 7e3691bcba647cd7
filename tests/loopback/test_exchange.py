"""HTTP as far as WS-Management needs it, and a refusal of everything else."""

from http import HTTPStatus

import pytest

from protocols.loopback.exchange import (
    BadRequest,
    Exchange,
    HttpReply,
    HttpRequest,
    read_request,
)


def read(*pieces: bytes, limit: int = 100, pending: bytes = b"") -> HttpRequest | None:
    left = list(pieces)
    return read_request(lambda: left.pop(0) if left else b"", bytearray(pending), limit)


HEAD = b"POST /wsman HTTP/1.1\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\n"


def test_a_request_is_read_whole() -> None:
    request = read(HEAD + b"body")
    assert request is not None
    assert (request.method, request.path, request.body) == ("POST", "/wsman", b"body")
    assert request.headers == {"content-type": "a/b", "content-length": "4"}
    assert (request.content_type, request.size) == ("a/b", len(HEAD) + 4)
    assert not request.is_sealed
    assert not request.is_last


def test_a_request_is_read_byte_by_byte() -> None:
    whole = HEAD + b"body"
    request = read(*(whole[place : place + 1] for place in range(len(whole))))
    assert request is not None
    assert request.body == b"body"


def test_what_belongs_to_the_next_request_is_left() -> None:
    pending = bytearray(HEAD + b"bodyPOST")
    assert read_request(lambda: b"", pending, 100) is not None
    assert pending == b"POST"


def test_a_request_without_a_length_has_no_body() -> None:
    request = read(b"GET / HTTP/1.0\r\n\r\n")
    assert request is not None
    assert (request.body, request.content_type) == (b"", "")


def test_a_sealed_body_and_the_last_request_are_known_by_their_headers() -> None:
    request = read(
        b"POST / HTTP/1.1\r\nContent-type: Multipart/Encrypted;x=y\r\nconnection: Close\r\n\r\n"
    )
    assert request is not None
    assert request.is_sealed
    assert request.is_last


@pytest.mark.parametrize("pieces", [(), (b"POST",), (HEAD,), (HEAD, b"bo")])
def test_a_connection_that_ends_early_is_the_end(pieces: tuple[bytes, ...]) -> None:
    assert read(*pieces) is None


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/2\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/1.1\r\n: empty\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/1.1\r\n folded: x\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n", HTTPStatus.BAD_REQUEST),
        (b"POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        (
            b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", HTTPStatus.LENGTH_REQUIRED),
        (b"x" * 70_000, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE),
    ],
)
def test_what_is_no_request_is_refused(data: bytes, status: HTTPStatus) -> None:
    with pytest.raises(BadRequest) as caught:
        read(data, b"more")
    assert caught.value.status is status


def test_a_reply_has_a_length_and_says_what_the_server_is() -> None:
    head = HttpReply(200, b"body", "a/b", (("X-One", "1"), ("X-One", "2"))).head
    assert head == (
        b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\n"
        b"Server: management-infrastructure loopback endpoint, for tests\r\n"
        b"X-One: 1\r\nX-One: 2\r\nContent-Length: 4\r\n\r\n"
    )


def test_a_reply_may_close_lie_about_its_length_and_have_any_status() -> None:
    reply = HttpReply(299, b"body", closes=True).with_headers(("content-length", "7"))
    lines = reply.head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 299 "
    assert b"content-length: 7" in lines
    assert b"Connection: close" in lines
    assert not any(line.startswith((b"Content-Length", b"Content-Type")) for line in lines)


def test_an_exchange_is_named_by_the_end_of_its_action() -> None:
    exchange = Exchange("http://x/enumeration/Pull", "uri", b"", b"", 200, True, 1)  # noqa: FBT003
    assert exchange.name == "Pull"
    assert Exchange("Identify", "", b"", b"", 200, False, 1).name == "Identify"  # noqa: FBT003
