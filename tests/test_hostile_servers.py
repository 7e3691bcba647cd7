"""Servers that keep to no rules of HTTP, of a logon or of sealing: one clear `MIError` for each.

Never a hang, never more memory than a reply may have, never somebody else's exception, and nothing
given away: no credential to whoever did not ask for it as it was agreed, no word in the clear.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

import mi
from protocols.loopback import Endpoint, Replace
from tests.hostile import (
    BOMB,
    CHUNKED,
    IDENTITY,
    OK,
    against,
    endless_pages,
    is_clear,
    once,
    raw,
    without_end,
)
from tests.sessions import (
    on_time,
    session_with,
)
from tests.winrm.scripted import Peer, ScriptedServer, SealingPeer

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


ZIPPED = gzip.compress(b" " * 50_000_000 + b"<a/>")


# HTTP


HTTP: dict[str, tuple[Callable[[Peer], None], type[mi.MIError], str]] = {
    "the end": (lambda peer: None, mi.ConnectionFailed, "was lost"),
    "a reset": (lambda peer: (peer.request(), peer.reset())[1], mi.ConnectionFailed, "was lost"),
    "another protocol": (
        raw(b"SSH-2.0-OpenSSH_9.6\r\n" * 2),
        mi.ProtocolError,
        "does not answer as HTTP should",
    ),
    "a line without end": (without_end(b"", b"x"), mi.ProtocolError, "LineTooLong"),
    "headers without end": (without_end(OK, b"X: y\r\n"), mi.ProtocolError, "100 headers"),
    "a header without end": (without_end(OK + b"X: ", b"y"), mi.ProtocolError, "LineTooLong"),
    "100 Continue without end": (
        without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        mi.ProtocolError,
        "does not end",
    ),
    "10 GB, it says": (
        raw(OK + b"Content-Length: 10737418240\r\n\r\n<a/>"),
        mi.ProtocolError,
        "larger than the",
    ),
    "10 GB, and it sends": (
        without_end(OK + b"Content-Length: 10737418240\r\n\r\n", b" "),
        mi.ProtocolError,
        "larger than the",
    ),
    "a body without end": (without_end(OK + b"\r\n", b" "), mi.ProtocolError, "larger than the"),
    "chunks without end": (
        without_end(CHUNKED, b"10\r\n0123456789abcdef\r\n"),
        mi.ProtocolError,
        "larger than the|does not end",
    ),
    "a chunk of 1 TB": (
        without_end(CHUNKED + b"10000000000\r\n", b" "),
        mi.ProtocolError,
        "larger than the",
    ),
    "a chunk's length without end": (
        without_end(CHUNKED + b"1;", b"x"),
        mi.ProtocolError,
        "LineTooLong",
    ),
    "trailers without end": (
        without_end(CHUNKED + b"0\r\n", b"X: y\r\n"),
        mi.ProtocolError,
        "does not end",
    ),
    "a chunk of no length": (raw(CHUNKED + b"x\r\n"), mi.MIError, "IncompleteRead"),
    "a negative length": (
        raw(OK + b"Content-Length: -1\r\n\r\n<a/>"),
        mi.MIError,
        "not a SOAP 1.2 envelope|Content-Length",
    ),
    "a length that is none": (
        raw(OK + b"Content-Length: many\r\n\r\n<a/>"),
        mi.MIError,
        "not a SOAP 1.2 envelope|Content-Length",
    ),
    "two lengths": (
        raw(OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n<a/> "),
        mi.ProtocolError,
        "Content-Length",
    ),
    "a length and chunks": (
        raw(OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n"),
        mi.ProtocolError,
        "Content-Length beside a Transfer-Encoding",
    ),
    "less than it says": (
        raw(OK + b"Content-Length: 100\r\n\r\n<a/>"),
        mi.ConnectionFailed,
        "was lost while reading the reply",
    ),
    "gzip": (once(200, ZIPPED, Content_Encoding="gzip"), mi.ProtocolError, "Content-Encoding"),
    "gzip that is not told": (once(200, ZIPPED), mi.ProtocolError, "no element|UTF"),
    "deflate": (
        once(200, zlib.compress(b" " * 1_000_000), Content_Encoding="deflate"),
        mi.ProtocolError,
        "Content-Encoding",
    ),
    "chunked gzip": (
        raw(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        mi.ProtocolError,
        "Transfer-Encoding",
    ),
    "an encoding that nobody knows": (
        once(200, b"<a/>", Content_Encoding="zstd, br"),
        mi.ProtocolError,
        "Content-Encoding",
    ),
    "nothing": (once(200), mi.ProtocolError, "holds no message"),
    "no content": (once(204), mi.ProtocolError, "holds no message"),
    "a web page": (
        once(200, b"<html><title>Sign\x1b[31m in</title>", Content_Type="text/html"),
        mi.ProtocolError,
        r"holds no message \(HTTP status 200: Sign \[31m in\)",
    ),
    "a status that is none": (raw(b"HTTP/1.1 9999 Hm\r\n\r\n"), mi.ProtocolError, "BadStatusLine"),
    "HTTP/2": (raw(b"HTTP/2.0 200 OK\r\n\r\n"), mi.MIError, "holds no message|HTTP"),
    "a sealed body where nothing was agreed upon": (
        once(200, b"x", Content_Type='multipart/encrypted;protocol="x";boundary="y"'),
        mi.ProtocolError,
        "sealed although nothing was agreed upon",
    ),
    "a headers' value with an escape": (
        raw(b"HTTP/1.1 302 Found\r\nLocation: http://x/\x1b[31m\x9b\r\nContent-Length: 0\r\n\r\n"),
        mi.NotSupported,
        "REDIRECT_LOCATION: http://x/ ",
    ),
    "a folded header": (
        raw(OK + b"X: y\r\n Content-Length: 4\r\nContent-Length: 4\r\n\r\n<a/>"),
        mi.ProtocolError,
        "no header",
    ),
    "a header without a colon": (
        raw(OK + b"Content-Length 4\r\nX\r\n\r\n<a/>"),
        mi.ProtocolError,
        "no header",
    ),
    "headers that end with line feeds": (
        raw(b"HTTP/1.1 200 OK\nContent-Length: 4\n\n<a/>"),
        mi.MIError,
        "not a SOAP 1.2 envelope|HTTP",
    ),
    "zeros": (raw(b"\0" * 1000), mi.MIError, "HTTP|lost"),
}


@pytest.mark.parametrize("what", HTTP)
def test_what_http_does_not_allow_is_one_clear_error(what: str) -> None:
    script, kind, said = HTTP[what]
    with against(script) as session, on_time(), pytest.raises(kind) as caught:
        session.test_connection()
    is_clear(caught.value, said)
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed_and_gets_no_credentials(status: int) -> None:
    with ScriptedServer(once(200, IDENTITY)) as elsewhere:
        place = f"http://127.0.0.1:{elsewhere.port}/wsman"
        with against(once(status, Location=place)) as session:
            with pytest.raises(mi.NotSupported) as caught:
                session.test_connection()
            is_clear(caught.value, f"REDIRECT_LOCATION: {place}")
        assert elsewhere.connections == 0


@pytest.mark.parametrize("header", ["Set_Cookie", "Strict_Transport_Security", "Alt_Svc"])
def test_what_a_server_asks_browsers_to_remember_is_not_remembered(header: str) -> None:
    def serve(peer: Peer) -> None:
        while True:
            received = peer.request()
            assert "cookie" not in received.headers
            peer.reply(200, IDENTITY, **{header: "a=b; max-age=1000"})

    with against(serve) as session:
        for _ in range(2):
            assert session.test_connection() is not None


@pytest.mark.parametrize(
    "options",
    [
        {"http_url_prefix": "wsman HTTP/1.1\r\nX-Injected: yes\r\n"},
        {"http_url_prefix": "wsman\nX: y"},
        {"ui_locale": "en\r\nX: y"},
        {"credentials": mi.Credentials.password("user", "pass\r\nword", scheme="BASIC")},
    ],
)
def test_nothing_that_a_caller_gives_becomes_a_header_of_its_own(options: dict[str, Any]) -> None:
    with ScriptedServer(once(200, IDENTITY)) as server:
        given = {
            "credentials": mi.Credentials.password("user", "secret", scheme="BASIC"),
            "packet_privacy": False,
            **options,
        }
        try:
            with mi.connect("127.0.0.1", options=server.options(**given)) as session:
                session.test_connection()
        except mi.MIError:
            assert server.requests == []
        for received in server.requests:
            assert not {"x-injected", "x"} & set(received.headers)


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="x\r\n X-Injected: yes", nonce="y"',
        'Digest realm="x", nonce="y\r X-Injected: yes"',
        "Basic realm=x\r\n\tX-Injected: yes",
    ],
)
def test_nothing_that_a_server_or_a_proxy_says_becomes_a_header_of_ours(challenge: str) -> None:
    def serve(peer: Peer) -> None:
        while True:
            peer.request()
            head = f"WWW-Authenticate: {challenge}\r\nProxy-Authenticate: {challenge}\r\n"
            peer.send(f"HTTP/1.1 {status} Who\r\n{head}Content-Length: 0\r\n\r\n".encode())

    own = mi.Credentials.password("user", "a secret", scheme=challenge.partition(" ")[0])
    for status in (401, 407):
        with ScriptedServer(serve) as server:
            given: dict[str, Any] = {"credentials": own, "packet_privacy": False}
            if status == 407:
                proxy = f"http://127.0.0.1:{server.port}"
                given |= {"proxy": proxy, "proxy_credentials": own}
            with (
                mi.connect("127.0.0.1", options=server.options(**given)) as session,
                pytest.raises(mi.MIError),
            ):
                session.test_connection(timeout=3)
            assert server.requests
            for received in server.requests:
                assert "x-injected" not in received.headers


@pytest.mark.parametrize("destination", ["host\r\nX: y", "host\nname", "a b", "user@host", "h/p"])
def test_a_destination_that_is_no_name_is_refused_before_anything_happens(destination: str) -> None:
    with pytest.raises(mi.InvalidParameter):
        mi.connect(destination)


# Logons and sealing


@contextmanager
def sealed(script: Callable[[Peer], None]) -> Iterator[tuple[mi.Session, ScriptedServer]]:
    """A session with a server that keeps to no rules, and NTLM."""
    with (
        Endpoint() as endpoint,  # so that the acceptor knows a user
        ScriptedServer(script) as server,
        mi.connect(
            "127.0.0.1", options=server.options(credentials=endpoint.credentials)
        ) as session,
    ):
        yield session, server


def challenged(token: str, *, scheme: str = "Negotiate") -> Callable[[Peer], None]:
    """A server that answers the first token with another."""

    def serve(peer: Peer) -> None:
        while True:
            peer.request()
            peer.reply(401, WWW_Authenticate=f"{scheme} {token}".strip())

    return serve


def real_challenge(change: Callable[[bytes], bytes]) -> Callable[[Peer], None]:
    """A server whose challenge would be right but for a change."""

    def serve(peer: Peer) -> None:
        token = change(b64decode(SealingPeer(peer).step()))
        peer.reply(401, WWW_Authenticate=f"Negotiate {b64encode(token).decode()}")
        peer.request()
        peer.reply(401, WWW_Authenticate="Negotiate")

    return serve


def with_flags_cleared(mask: int) -> Callable[[bytes], bytes]:
    def change(token: bytes) -> bytes:
        flags = int.from_bytes(token[20:24], "little") & ~mask
        return token[:20] + flags.to_bytes(4, "little") + token[24:]

    return change


def second_leg_without_a_token(peer: Peer) -> None:
    SealingPeer(peer).step()
    peer.reply(401, WWW_Authenticate="Negotiate")


NTLM = b"NTLMSSP\0"
LOGONS: dict[str, tuple[Callable[[Peer], None], str]] = {
    "a token of 60 KB": (
        challenged(b64encode(NTLM + b"\2\0\0\0" + b"x" * 45_000).decode()),
        "NTLM|seal|does not accept",
    ),
    "a token of 1 MB": (challenged("A" * 1_000_000), "LineTooLong"),
    "a token whose lengths are absurd": (
        challenged(b64encode(NTLM + b"\2\0\0\0" + b"\xff" * 40).decode()),
        "NTLM|does not accept",
    ),
    "an empty challenge": (challenged(b64encode(NTLM).decode()), "NTLM|seal"),
    "a token that is not NTLM": (challenged(b64encode(b"x" * 40).decode()), "NTLM"),
    "a token that is not base 64": (challenged("%%%%"), "NTLM"),
    "a token of our own kind": (
        challenged(b64encode(NTLM + b"\1\0\0\0" + b"\0" * 32).decode()),
        "NTLM|seal",
    ),
    "a second leg without a token": (second_leg_without_a_token, "NTLM"),
    "no sealing": (real_challenge(with_flags_cleared(0x20)), "does not offer to seal"),
    "no signing": (real_challenge(with_flags_cleared(0x10)), "does not offer to seal"),
    "short keys": (real_challenge(with_flags_cleared(0x20000000)), "does not offer to seal"),
    "NTLM of old": (real_challenge(with_flags_cleared(0x00080000)), "does not offer to seal"),
    "half a challenge": (real_challenge(lambda token: token[: len(token) // 2]), "NTLM|does not"),
    "only Basic": (challenged('realm="WSMAN"', scheme="Basic"), "does not take"),
    "only Digest": (challenged('realm="x", nonce="y"', scheme="Digest"), "does not take"),
    "nothing offered": (once(401), "does not take"),
    "a yes at once": (once(200, IDENTITY), "holds no message|no token|NTLM|agree"),
    "a redirect": (once(302, Location="http://127.0.0.1:1/"), "REDIRECT_LOCATION"),
    "a page": (once(403, b"<title>No</title>", Content_Type="text/html"), "HTTP status 403: No"),
    "a proxy's demand": (once(407, Proxy_Authenticate="Basic"), "HTTP status 407"),
    "an answer without end": (without_end(OK + b"\r\n", b" "), "larger than the"),
    "10 GB": (raw(OK + b"Content-Length: 10737418240\r\n\r\n"), "larger than the"),
    "schemes without end": (challenged("Negotiate, " * 5_000), "NTLM|does not take|garbled"),
}


@pytest.mark.parametrize("what", LOGONS)
def test_a_logon_that_is_none_is_one_clear_error_and_gives_nothing_away(what: str) -> None:
    script, said = LOGONS[what]
    with sealed(script) as (session, server):
        with on_time(), pytest.raises(mi.MIError) as caught:
            session.test_connection(timeout=3)
        is_clear(caught.value, said)
        for received in server.requests:  # neither Basic nor a word in the clear
            assert received.body == b""
            assert received.headers["authorization"].startswith("Negotiate ")


JUNK = b64encode(b"\x60\x82" + b"x" * 40_000).decode()
TOKENS: dict[str, tuple[mi.Scheme, Callable[[Peer], None], str]] = {
    "CredSSP of 40 KB": (mi.Scheme.CRED_SSP, challenged(JUNK, scheme="CredSSP"), "CredSSP"),
    "CredSSP of 1 MB": (
        mi.Scheme.CRED_SSP,
        challenged("A" * 1_000_000, scheme="CredSSP"),
        "LineTooLong",
    ),
    "CredSSP without a token": (
        mi.Scheme.CRED_SSP,
        challenged("", scheme="CredSSP"),
        "does not accept|does not take",
    ),
    "a realm of 60 KB": (
        mi.Scheme.DIGEST,
        challenged(f'realm="{"r" * 60_000}", nonce="y"', scheme="Digest"),
        "does not accept",
    ),
    "a nonce of 1 MB": (
        mi.Scheme.DIGEST,
        challenged(f'realm="x", nonce="{"n" * 1_000_000}"', scheme="Digest"),
        "LineTooLong",
    ),
    "parameters without end": (
        mi.Scheme.DIGEST,
        challenged('realm="x", nonce="y", ' + "a=b, " * 10_000, scheme="Digest"),
        "does not accept",
    ),
    "a nonce that is always stale": (
        mi.Scheme.DIGEST,
        challenged('realm="x", nonce="y", stale=true', scheme="Digest"),
        "does not accept|stale",
    ),
}


@pytest.mark.parametrize("what", TOKENS)
def test_challenges_of_absurd_size_are_one_clear_error_by_each_scheme(what: str) -> None:
    scheme, script, said = TOKENS[what]
    options: dict[str, Any] = {"packet_privacy": False} if scheme is mi.Scheme.DIGEST else {}
    with (
        ScriptedServer(script) as server,
        mi.connect(
            "127.0.0.1",
            options=server.options(
                credentials=mi.Credentials.password("user", "a secret", scheme=scheme), **options
            ),
        ) as session,
    ):
        with on_time(), pytest.raises(mi.MIError) as caught:
            session.test_connection(timeout=3)
        is_clear(caught.value, said)
        assert len(server.requests) < 5
        for received in server.requests:
            assert not received.headers.get("authorization", "").startswith("Basic")


def after_logon(then: Callable[[SealingPeer], None]) -> Callable[[Peer], None]:
    def serve(peer: Peer) -> None:
        sealing = SealingPeer(peer).log_on()
        sealing.request()
        then(sealing)
        peer.wait_for_end()

    return serve


def in_the_clear(status: int, body: bytes = IDENTITY) -> Callable[[Peer], None]:
    return after_logon(lambda sealing: sealing.peer.reply(status, body))


def reframed(change: Callable[[bytes], bytes]) -> Callable[[Peer], None]:
    """A sealed reply whose body was changed on its way."""

    def then(sealing: SealingPeer) -> None:
        send = sealing.peer.send

        def changed(data: bytes) -> None:
            head, _, body = data.partition(b"\r\n\r\n")
            body = change(body)
            head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
            send(head + b"\r\n\r\n" + body)

        sealing.peer.send = changed  # type: ignore[method-assign]
        sealing.reply(IDENTITY)

    return after_logon(then)


def at(place: int, bit: int = 1) -> Callable[[bytes], bytes]:
    """A bit that is another at this place, counted from the end if it is negative."""

    def change(body: bytes) -> bytes:
        changed = bytearray(body)
        changed[place] ^= bit
        return bytes(changed)

    return change


END = b"--Encrypted Boundary--\r\n"
SEALED: dict[str, tuple[Callable[[Peer], None], str]] = {
    "a reply in the clear": (in_the_clear(200), "is not sealed, so nothing in it is believed"),
    "a fault in the clear": (in_the_clear(500, b"<Fault/>"), "HTTP status 500"),
    "a page in the clear": (in_the_clear(404, b"<title>x</title>"), "HTTP status 404"),
    "a sealed byte that was changed": (reframed(at(-40)), "signature"),
    "a signature that was changed": (
        reframed(lambda body: body.replace(b"octet-stream\r\n\x10\0\0\0\1", b"octet-stream\r\n"
                                           b"\x10\0\0\0\2")),
        "signature",
    ),
    "a length that is too large": (
        reframed(lambda body: re.sub(rb"Length=\d+", b"Length=99999", body)),
        "cut off",
    ),
    "a length that is too small": (
        reframed(lambda body: re.sub(rb"Length=\d+", b"Length=10", body)),
        "boundary",
    ),
    "a length that is none": (
        reframed(lambda body: re.sub(rb"Length=\d+", b"Length=-1", body)),
        "does not say its length",
    ),
    "a length of 10 GB": (
        reframed(lambda body: re.sub(rb"Length=\d+", b"Length=9999999999", body)),
        "cut off",
    ),
    "a header of 4 GB": (
        reframed(lambda body: body.replace(b"octet-stream\r\n\x10\0\0\0", b"octet-stream\r\n"
                                           b"\xff\xff\xff\xff")),
        "header of 4294967295 bytes",
    ),
    "no end": (reframed(lambda body: body.removesuffix(END)), "boundary"),
    "something after the end": (reframed(lambda body: body + b"more"), "boundary"),
    "two parts": (reframed(lambda body: body.removesuffix(END) + body), "not sealed in the way"),
    "no parts": (reframed(lambda _: END), "boundary"),
    "nothing": (reframed(lambda _: b""), "boundary"),
    "another protocol": (
        reframed(lambda body: body.replace(b"SPNEGO", b"CredSSP")),
        "is of the protocol",
    ),
    "lines without end": (reframed(lambda body: b"--Encrypted Boundary\r\n" + b"x" * 9_000), "cut"),
    "headers without end": (
        reframed(lambda body: b"--Encrypted Boundary\r\n" + b"a: b\r\n" * 9_000),
        "too many fields",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SEALED)
def test_what_is_not_sealed_as_it_was_agreed_is_never_data(what: str) -> None:
    script, said = SEALED[what]
    with sealed(script) as (session, _), on_time():
        with pytest.raises(mi.MIError) as caught:
            session.test_connection(timeout=3)
        is_clear(caught.value, said)


def test_a_sealed_reply_that_comes_twice_is_not_taken_for_the_next() -> None:
    def twice(sealing: SealingPeer) -> None:
        sent: list[bytes] = []
        send = sealing.peer.send
        sealing.peer.send = sent.append  # type: ignore[method-assign]
        sealing.reply(IDENTITY)
        send(sent[0])
        sealing.peer.request()
        send(sent[0])

    with sealed(after_logon(twice)) as (session, _):
        assert session.test_connection() is not None
        with pytest.raises(mi.ProtocolError, match="signature"):
            session.test_connection()


def test_a_sealed_reply_to_another_message_is_not_believed(endpoint: Endpoint) -> None:
    replies: list[bytes] = []

    def swapped(envelope: bytes) -> bytes:
        replies.append(envelope)
        return replies[0]

    with session_with(endpoint) as session:
        session.get_class("Win32_Service")
        endpoint.disturb(Replace("Get", envelope=swapped)).count = None
        session.get_class("Win32_Process")
        with pytest.raises(mi.ProtocolError, match="answers another message"):
            session.get_class("Win32_Service")
        endpoint.undisturb()
        assert session.get_class("Win32_Service").name == "Win32_Service"


def test_a_credential_in_the_clear_is_tried_only_where_the_caller_allows_it(
    endpoint: Endpoint,
) -> None:
    """The first credential's scheme is not offered, and the second would be seen by everybody."""
    both = [endpoint.credentials, endpoint.basic_credentials]
    with (
        ScriptedServer(challenged('realm="WSMAN"', scheme="Basic")) as server,
        mi.connect("127.0.0.1", options=server.options(credentials=both)) as session,
    ):
        with pytest.raises(mi.AuthenticationFailed) as caught:
            session.test_connection()
        is_clear(caught.value, "does not take NTLM|in clear")
        assert not any("basic" in one.headers["authorization"].lower() for one in server.requests)


# Slow bytes


def slowly(start: bytes, rest: bytes) -> Callable[[Peer], None]:
    """A server that sends a byte now and then."""

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(start)
        peer.drip(rest * 100, 0.05)

    return serve


SLOW: dict[str, Callable[[Peer], None]] = {
    "a line": slowly(b"", b"HTTP/1.1 200 OK"),
    "a header": slowly(OK, b"X: y\r\n"),
    "a body": slowly(OK + b"Content-Length: 60000\r\n\r\n", b"<a/>"),
    "a body that ends with the connection": slowly(OK + b"\r\n", b"<a/>"),
    "chunks": slowly(CHUNKED, b"1\r\nx\r\n"),
    "a trailer": slowly(CHUNKED + b"0\r\n", b"X: y\r\n"),
    "a challenge": slowly(b"HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate ", b"QUFB"),
}


@pytest.mark.parametrize("is_sealed", [False, True])
@pytest.mark.parametrize("what", SLOW)
def test_slow_bytes_end_with_the_time_out(what: str, is_sealed: bool) -> None:
    with ExitStack() as stack:
        if is_sealed:
            session, _ = stack.enter_context(sealed(SLOW[what]))
        else:
            session = stack.enter_context(against(SLOW[what]))
        with on_time(), pytest.raises(mi.OperationTimeout) as caught:
            session.test_connection(timeout=0.6)
        phase = "authenticating" if is_sealed else "waiting for the reply|reading the reply"
        is_clear(caught.value, phase)


# Memory


BASIC: dict[str, Callable[[Peer], None]] = {
    **{what: script for what, (script, _, _) in HTTP.items()},
    **SLOW,
    "an entity bomb": once(200, BOMB + b"<b>&a9;</b>"),
    "elements in one another": once(200, b"<a>" * 600_000),
    "attributes": once(200, b"<a %s/>" % b" ".join(b"a%d=''" % n for n in range(150_000))),
    "references": once(200, b"<a>" + b"&#1;" * 500_000 + b"</a>"),
    "half surrogates": once(200, b"<a>" + b"\xed\xa0\x80" * 500_000 + b"</a>"),
    "no UTF-8": once(200, b"<a>" + b"\xff\xc0\xaf" * 500_000 + b"</a>"),
}
NEGOTIATED: dict[str, Callable[[Peer], None]] = {
    **{what: script for what, (script, _) in LOGONS.items()},
    **{what: script for what, (script, _) in SEALED.items()},
}
CLIENT = """
import json, re, sys
from pathlib import Path
import mi

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

def failure(port, name, password, scheme, **more):
    own = mi.Credentials.password(name, password, scheme=scheme)
    options = mi.DestinationOptions(destination_port=port, credentials=own, **more)
    with mi.connect("127.0.0.1", options=options) as session:
        try:
            session.test_connection()
        except mi.MIError as error:
            return type(error).__name__ + ": " + error.message[:80]

user, password, first, empty, endless = sys.argv[1:6]
clear = {"scheme": "BASIC", "packet_privacy": False}
failure(int(first), "user", "secret", timeout=20, **clear)
failure(int(first), user, password, scheme="NTLM_DOMAIN", timeout=20)
before, grown = peak(), {}
for name, port in json.loads(sys.argv[6]).items():
    said = failure(port, "user", "secret", timeout=1, **clear)
    grown[name] = [said, peak() - before]
for name, port in json.loads(sys.argv[7]).items():
    said = failure(port, user, password, scheme="NTLM_DOMAIN", timeout=1)
    grown["a logon: " + name] = [said, peak() - before]
own = mi.Credentials.password("user", "secret", scheme="BASIC")
for port, name in ((empty, "pages without end"), (endless, "items without end")):
    options = mi.DestinationOptions(
        destination_port=int(port), credentials=own, packet_privacy=False, timeout=1
    )
    with mi.connect("127.0.0.1", options=options) as session:
        found, said = session.enumerate_instances("X", flags=mi.OperationFlags.NO_RTTI), "taken"
        try:
            for number, instance in enumerate(found):
                if number == 20_000:
                    break
        except mi.MIError as error:
            said = type(error).__name__
    grown[name] = [said, peak() - before]
print(json.dumps(grown))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Windows tells no high-water mark of memory")
def test_whatever_a_server_does_takes_no_more_memory_than_a_reply_may_have() -> None:
    items = '<p:X xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/X"/>' * 100
    with ExitStack() as stack:
        user = stack.enter_context(Endpoint()).user  # so that the acceptor knows one

        def port(script: Callable[[Peer], None]) -> int:
            return stack.enter_context(ScriptedServer(script)).port

        plain = [port(once(200, IDENTITY)), port(endless_pages("")), port(endless_pages(items))]
        hostile = [
            json.dumps({what: port(script) for what, script in scripts.items()})
            for scripts in (BASIC, NEGOTIATED)
        ]
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, user.name, user.password, *map(str, plain), *hostile],
            capture_output=True,
            text=True,
            cwd=PROJECT,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    grown = json.loads(done.stdout)
    assert len(grown) == len(BASIC) + len(NEGOTIATED) + 2
    assert [what for what, (said, _) in grown.items() if said is None] == []
    assert grown["pages without end"][0] == "OperationTimeout"
    assert grown["items without end"][0] == "taken"
    # In MiB. A reply may have two, and a tree of nothing but markup takes thirty times its text.
    assert {what: mib for what, (_, mib) in grown.items() if mib >= 100} == {}
