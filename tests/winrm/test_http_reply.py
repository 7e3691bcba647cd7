import io
from http.client import HTTPException, IncompleteRead, LineTooLong
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.winrm.http_reply import HttpReply

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


class Connection:
    """Has what will come, and knows which files of it are closed."""

    def __init__(self, data: bytes) -> None:
        self.file: Any = io.BufferedReader(io.BytesIO(data))

    def makefile(self, _: str) -> Any:
        return self.file


def reply(data: bytes) -> HttpReply:
    connection: Any = Connection(data)
    return HttpReply(connection)


def whole(data: bytes, amt: int = 1000) -> bytes:
    pieces = []
    read = reply(data)
    while not read.closed:
        pieces.append(read.read(amt))
    assert read.read(amt) == b""
    return b"".join(pieces)


@pytest.mark.parametrize("amt", [1, 3, 5, 1000])
@pytest.mark.parametrize(
    "data",
    [
        OK + b"Content-Length: 5\r\n\r\nhello of another",
        OK + b"\r\nhello",
        CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"2;a=b\r\nhe\r\n00003 \r\nllo\r\n0\r\nX: y\r\n\r\n of another",
        CHUNKED + b"5\nhello\r\n0\n\n",
        CHUNKED + b"5\r\nhello\r\n0\r\n",
    ],
)
def test_a_body_is_what_its_head_announces(data: bytes, amt: int) -> None:
    assert whole(data, amt) == b"hello"


@pytest.mark.parametrize(
    "data", [OK + b"Content-Length: 0\r\n\r\n", OK + b"\r\n", CHUNKED + b"0\r\n\r\n"]
)
def test_a_body_may_be_empty(data: bytes) -> None:
    assert whole(data) == b""


def test_a_reply_says_what_is_asked_of_it() -> None:
    read = reply(b"HTTP/1.0 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 3\r\n\r\nabc")
    assert (read.status, read.reason, read.headers["www-authenticate"]) == (401, "No", "Basic")
    assert (read.length_remaining, read.closes) == (3, True)
    assert read.read(2, decode_content=False) == b"ab"
    assert (read.length_remaining, read.closed) == (1, False)


@pytest.mark.parametrize(
    ("data", "kind", "message"),
    [
        (OK + b"Content-Length: 9\r\n\r\n<a/>", IncompleteRead, "4 bytes read, 5 more"),
        (CHUNKED, IncompleteRead, None),
        (CHUNKED + b"5\r\nhel", IncompleteRead, "3 bytes read, 2 more"),
        (CHUNKED + b"5\r\nhello", IncompleteRead, None),
        (CHUNKED + b"5\r\nhelloxx", HTTPException, "does not end where"),
        (CHUNKED + b"5\r\nhello\n0\r\n\r\n", HTTPException, "does not end where"),
        (CHUNKED + b"5;" + b"x" * 70000, LineTooLong, "chunk size"),
        (CHUNKED + b"0\r\n" + b"x" * 70000, LineTooLong, "trailer line"),
        *((CHUNKED + size + b"\r\nhello\r\n0\r\n\r\n", IncompleteRead, None) for size in (
            b"0x5", b"+5", b" 5", b"-5", b"5_0", b"", b"many", b"5\r;", b"5 5", b"5" * 16
        )),
    ],
)  # fmt: skip
def test_a_body_that_is_not_as_announced_is_refused(
    data: bytes, kind: type[Exception], message: str | None
) -> None:
    with pytest.raises(kind, match=message):
        whole(data)


def test_chunks_are_given_one_by_one_and_no_more_of_them_than_asked_for() -> None:
    data = CHUNKED + b"2\r\nab\r\n5\r\ncdefg\r\n1\r\nh\r\n0\r\n\r\n"
    assert list(reply(data).read_chunked(3)) == [b"ab", b"cde", b"fg", b"h"]
    assert list(reply(data).read_chunked(100, decode_content=False)) == [b"ab", b"cdefg", b"h"]


def test_a_reply_without_a_head_leaves_no_file_open() -> None:
    connection: Any = Connection(b"SSH-2.0\r\n")
    with pytest.raises(HTTPException):
        HttpReply(connection)
    assert connection.file.closed


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 50))
def test_a_body_in_chunks_is_what_was_cut_into_them(chunks: list[bytes], amt: int) -> None:
    data = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
    assert whole(data, amt) == b"".join(chunks)
    assert list(reply(data).read_chunked(40)) == chunks
