import http.client
import io
from http.client import BadStatusLine, HTTPException, LineTooLong, RemoteDisconnected
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.winrm.head import Head, Headers, read_head

OK = b"HTTP/1.1 200 OK\r\n"


def head(data: bytes) -> Head:
    return read_head(io.BytesIO(data))


def of_http_client(data: bytes) -> http.client.HTTPResponse:
    class Connection:
        def makefile(self, _: str) -> io.BytesIO:
            return io.BytesIO(data)

    made: Any = Connection()
    reply = http.client.HTTPResponse(made, method="POST")
    reply.begin()
    return reply


def test_a_head_is_a_status_and_headers_by_name_without_case() -> None:
    found = head(
        OK + b"Content-Type: text/plain\r\nX-A:1\r\nx-a:\t 2 \t\r\nContent-Length: 5\r\n\r\n"
    )
    assert (found.version, found.status, found.reason) == (11, 200, "OK")
    assert (found.length, found.is_chunked, found.closes) == (5, False, False)
    headers = found.headers
    assert headers["CONTENT-TYPE"] == "text/plain"
    assert headers.get("X-a") == "1, 2"
    assert headers.get("Nothing") is None
    assert headers.get("Nothing", "else") == "else"
    assert dict(headers) == {"content-type": "text/plain", "x-a": "1, 2", "content-length": "5"}
    assert len(headers) == 3
    assert "nothing" not in headers
    assert Headers({"a": "b"})["A"] == "b"


def test_a_head_is_read_no_further_than_its_end() -> None:
    stream = io.BytesIO(OK + b"\r\nbody")
    read_head(stream)
    assert stream.read() == b"body"


@pytest.mark.parametrize(
    ("line", "version", "status", "reason"),
    [
        (b"HTTP/1.1 200 OK", 11, 200, "OK"),
        (b"HTTP/1.0 500 ", 10, 500, ""),
        (b"HTTP/1.1 404", 11, 404, ""),
        (b"HTTP/1.7  999 What \xe9ver", 11, 999, "What \xe9ver"),
    ],
)
def test_a_status_line_has_a_version_a_status_and_perhaps_a_reason(
    line: bytes, version: int, status: int, reason: str
) -> None:
    assert head(line + b"\r\n\r\n")[:3] == (version, status, reason)


@pytest.mark.parametrize(
    "line",
    [
        b"SSH-2.0-OpenSSH_9", b"", b"HTTP/2.0 200 OK", b"HTTP/0.9 200 OK", b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 099 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 +20 OK", b"HTTP/1.1 2_0 OK",
        b"HTTP/1.12 200 OK", b" HTTP/1.1 200 OK", b"http/1.1 200 OK", b"HTTP/1.1\t200 OK",
        b"HTTP/1.1 200 O\0K", b"HTTP/1.1 200 O\rK", b"HTTP/1.1 200OK",
    ],
)  # fmt: skip
def test_a_status_line_that_is_none_is_refused(line: bytes) -> None:
    with pytest.raises(BadStatusLine):
        head(line + b"\r\n\r\n")


@pytest.mark.parametrize(
    "line",
    [
        b" folded", b"\tfolded", b"no colon", b": no name", b"A : blank before", b"A b: c",
        b"A\0: b", b"A: \0", b"A: b\rC: d", b"\xc4: b", b"(A): b", b"A\r: b", b"A: b\r",
    ],
)  # fmt: skip
def test_a_line_that_is_no_header_is_refused(line: bytes) -> None:
    with pytest.raises(HTTPException, match="no header"):
        head(OK + b"X: y\r\n" + line + b"\r\n\r\n")


@pytest.mark.parametrize("data", [b"", OK[:-4], OK, OK + b"A: b\r\n", OK + b"A: b", OK + b"\r"])
def test_a_head_that_is_cut_off_is_a_lost_connection(data: bytes) -> None:
    with pytest.raises(RemoteDisconnected):
        head(data)


def test_heads_have_limits() -> None:
    assert len(head(OK + b"".join(b"X%d: y\r\n" % n for n in range(100)) + b"\r\n").headers) == 100
    with pytest.raises(HTTPException, match="more than 100 headers"):
        head(OK + b"X: y\r\n" * 101 + b"\r\n")
    assert head(OK + b"X: " + b"y" * 65531 + b"\r\n\r\n")
    with pytest.raises(LineTooLong, match="header line"):
        head(OK + b"X: " + b"y" * 65532 + b"\r\n\r\n")
    with pytest.raises(LineTooLong, match="status line"):
        head(b"x" * 70000)


def test_a_line_feed_ends_a_line() -> None:
    assert head(b"HTTP/1.1 200 OK\nContent-Length: 4\n\n").length == 4


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 A\r\nB: c\r\n\r\n"]
)
def test_what_comes_before_the_reply_is_skipped(interim: bytes) -> None:
    found = head(interim * 3 + b"HTTP/1.1 401 No\r\n\r\n")
    assert (found.status, len(found.headers)) == (401, 0)


# Where the body ends (RFC 9112 6.3)


@pytest.mark.parametrize(
    ("headers", "length", "is_chunked", "closes"),
    [
        (b"Content-Length: 0", 0, False, False),
        (b"Content-Length: 4, 4", 4, False, False),
        (b"Content-Length: 4\r\nContent-Length: 4", 4, False, False),
        (b"Content-Length: 4\r\nConnection: Close", 4, False, True),
        (b"Transfer-Encoding: Chunked", None, True, False),
        (b"Transfer-Encoding: gzip, chunked", None, False, True),
        (b"X: y", None, False, True),
    ],
)
def test_a_body_ends_where_the_head_says(
    headers: bytes, length: int | None, is_chunked: bool, closes: bool
) -> None:
    found = head(OK + headers + b"\r\n\r\n")
    assert (found.length, found.is_chunked, found.closes) == (length, is_chunked, closes)


@pytest.mark.parametrize("status", [101, 204, 304])
def test_some_replies_have_no_body(status: int) -> None:
    assert head(b"HTTP/1.1 %d X\r\nContent-Length: 7\r\n\r\n" % status).length == 0
    found = head(b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n" % status)
    assert (found.length, found.is_chunked) == (0, False)


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 4\r\nContent-Length: 5",
        b"Content-Length: 4, 5",
        b"Content-Length: -1",
        b"Content-Length: +1",
        b"Content-Length: 1_0",
        b"Content-Length: 0x10",
        b"Content-Length: many",
        b"Content-Length:",
        b"Content-Length: 4,",
        b"Content-Length: 4 4",
        b"Content-Length: \xb2",
        b"Content-Length: 1234567890123456789",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: identity\r\nContent-Length: 4",
    ],
)
def test_a_length_that_can_be_read_in_two_ways_is_refused(headers: bytes) -> None:
    with pytest.raises(HTTPException, match="Content-Length"):
        head(OK + headers + b"\r\n\r\n")


@pytest.mark.parametrize(
    ("headers", "closes"),
    [
        (b"X: y", True),
        (b"Connection: Keep-Alive", False),
        (b"Keep-Alive: timeout=5", False),
        (b"Proxy-Connection: keep-alive", False),
    ],
)
def test_a_connection_of_http_1_0_is_kept_only_where_that_is_said(
    headers: bytes, closes: bool
) -> None:
    assert (
        head(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n" + headers + b"\r\n\r\n").closes is closes
    )


# What is valid is what http.client finds, which shares no code with this

TOKEN = st.text("!#$%&'*+-.^_`|~0189azAZ", min_size=1, max_size=12)
VALUE = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"),
    max_size=20,
)
FRAMING = st.sampled_from(
    ["", "Content-Length: 17\r\n", "content-length:0\r\n", "Transfer-Encoding: chunked\r\n",
     "Connection: close\r\nContent-Length: 3\r\n", "CONNECTION: Keep-Alive\r\n"]
)  # fmt: skip


@given(
    st.integers(0, 9),
    st.integers(200, 999),
    VALUE,
    st.lists(st.tuples(TOKEN, st.lists(VALUE.filter(bool), max_size=3).map(" ".join))),
    FRAMING,
)
def test_heads_that_are_valid_are_read_as_http_client_reads_them(
    minor: int, status: int, reason: str, fields: list[tuple[str, str]], framing: str
) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    data = f"HTTP/1.{minor} {status} {reason}\r\n{lines}{framing}\r\n".encode("latin-1")
    ours, theirs = head(data), of_http_client(data)
    assert ours[:3] == (theirs.version, theirs.status, theirs.reason)
    assert (ours.length, ours.is_chunked) == (theirs.length, bool(theirs.chunked))
    assert ours.closes == theirs.will_close
    names = {name.lower() for name in theirs.headers}
    assert set(ours.headers) == names
    for name in names:
        assert ours.headers[name] == ", ".join(theirs.headers.get_all(name, ()))


@given(st.binary(max_size=80))
def test_any_bytes_are_a_head_or_are_refused(data: bytes) -> None:
    for start in (b"", OK, OK + b"A: b\r\n"):
        with pytest.raises((HTTPException, OSError)):
            head(start + data.replace(b"\n", b"?"))
