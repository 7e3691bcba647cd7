import gc
import threading
import time
from typing import Any

import pytest
import responses
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    CertificateRejected,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotSupported,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from mi.options import DestinationOptions
from protocols.loopback.users import User
from protocols.winrm.endpoint import Address
from protocols.winrm.identity import server_end_point
from protocols.winrm.line import Line
from tests.winrm.authority import Authority
from tests.winrm.scripted import SOAP, Peer, Script, ScriptedServer, SealingPeer, echo

PASSWORD = "not to be told"
BASIC = Credentials.password("ops", PASSWORD, scheme="Basic")
FAULT = b"<s:Envelope><s:Body><s:Fault/></s:Body></s:Envelope>"
CONTENT = "multipart/encrypted"


def ntlm(user: User) -> Credentials:
    return Credentials.password(user.name, user.password)


def line_to(server: ScriptedServer, **options: Any) -> Line:
    """Return a line in the clear, unless the options say otherwise."""
    options = {"credentials": BASIC, "packet_privacy": False, **options}
    return Line(server.address, server.options(**options), SessionCallbacks())


def sealed_line_to(server: ScriptedServer, user: User, **options: Any) -> Line:
    return line_to(server, credentials=ntlm(user), packet_privacy=None, **options)


def exchange(
    line: Line, envelope: bytes = b"<request/>", *, seconds: float = 5, repeatable: bool = True
) -> bytes:
    expiry = Expiry.after(seconds, "timeout")
    (reply,) = line.exchange(envelope, expiry, CancelToken(), repeatable=repeatable)
    return reply


def fails(
    line: Line, kind: type[MIError] | tuple[type[MIError], ...], match: str | None, **how: Any
) -> MIError:
    """Return the error of an exchange, once it is clear that it tells no secret."""
    with pytest.raises(kind, match=match) as caught:
        exchange(line, **how)
    tells_no_secret(caught.value)
    return caught.value


def tells_no_secret(error: BaseException | None) -> None:
    """Refuse an error through which the Authorization header can be reached."""
    while error is not None:
        assert isinstance(error, (MIError, OSError, ValueError)) or type(error).__module__ in (
            "http.client",
            "urllib3.exceptions",
            "spnego.exceptions",
        )
        assert not hasattr(error, "request")
        assert PASSWORD not in repr(error)
        error = error.__cause__


def once(status: int = 200, body: bytes = b"<reply/>", **headers: str) -> Script:
    """Answer one request, then wait for the end of the connection."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.reply(status, body, **headers)
        peer.wait_for_end()

    return script


def raw(data: bytes) -> Script:
    """Answer one request with these bytes."""

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data)
        peer.wait_for_end()

    return script


def lose(peer: Peer) -> None:
    """Take a request and reset the connection."""
    peer.request()
    peer.reset()


# In the clear


def test_an_exchange_is_one_post_with_what_servers_want_to_see() -> None:
    with ScriptedServer(echo) as server:
        line = line_to(server)
        assert exchange(line) == b"<reply><request/></reply>"
        line.discard()
    (request,) = server.requests
    assert request.body == b"<request/>"
    assert request.headers | {"user-agent": "", "authorization": ""} == {
        "host": f"127.0.0.1:{server.port}",
        "user-agent": "",
        "accept-encoding": "identity",
        "connection": "Keep-Alive",
        "content-type": SOAP,
        "content-length": "10",
        "authorization": "",
    }
    assert request.headers["authorization"].startswith("Basic ")


def test_exchanges_share_one_connection() -> None:
    with ScriptedServer(echo) as server:
        line = line_to(server)
        for number in range(3):
            exchange(line, b"<request%d/>" % number)
        assert server.connections == 1
        line.discard()


@pytest.mark.parametrize("status", [400, 409, 500])
def test_a_fault_is_the_messages_business_whatever_the_status(status: int) -> None:
    with ScriptedServer(once(status, FAULT)) as server:
        assert exchange(line_to(server)) == FAULT


@pytest.mark.parametrize(
    ("script", "kind", "message"),
    [
        (once(200, b""), ProtocolError, "holds no message"),
        (once(200, b"<html>", Content_Type="text/html"), ProtocolError, "holds no message"),
        (once(404, b"<reply/>"), ConnectionFailed, "HTTP status 404"),
        (once(500, b""), MIError, "HTTP status 500"),
        (
            once(302, FAULT, Location="http://else/"),
            NotSupported,
            "REDIRECT_LOCATION: http://else/",
        ),
        (
            once(Content_Type='multipart/encrypted;protocol="x";boundary="y"'),
            ProtocolError,
            "sealed although",
        ),
    ],
)
def test_a_reply_without_a_message_is_an_error_by_its_status(
    script: Script, kind: type[MIError], message: str
) -> None:
    with ScriptedServer(script) as server:
        fails(line_to(server), kind, message)
        assert server.ends.acquire(timeout=5)
    assert server.connections == 1


# Hostile replies


def chunked(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        peer.send(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


def endless(head: bytes, again: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(head)
        while True:
            peer.send(again * 1000)

    return script


@pytest.mark.parametrize(
    ("script", "kind", "message"),
    [
        (once(200, b"x" * 1_000_000), ProtocolError, "larger than the 98304 bytes"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"),
            ProtocolError,
            "larger",
        ),
        (chunked, ProtocolError, "larger"),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n"),
            OperationTimeout,
            "reading the reply",
        ),
        (
            raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"),
            ConnectionFailed,
            "IncompleteRead",
        ),
        (endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), ProtocolError, "more than 100 headers"),
        (endless(b"HTTP/1.1 200 OK\r\nX: ", b"y"), ProtocolError, "LineTooLong"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), ProtocolError, "does not end"),
        (
            endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
            ProtocolError,
            "does not end",
        ),
        (endless(b"", b"x" * 80), ProtocolError, "LineTooLong"),
        (raw(b"SSH-2.0-OpenSSH_9\r\n\r\n"), ProtocolError, "does not answer as HTTP should"),
        (raw(b"HTTP/1.1 2000 OK\r\n\r\n"), ProtocolError, "BadStatusLine"),
        (once(200, b"\x1f\x8b", Content_Encoding="gzip"), ProtocolError, "Content-Encoding"),
        (
            raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
            ProtocolError,
            "Content-Length",
        ),
    ],
)
def test_a_hostile_reply_is_one_clear_error(
    script: Script, kind: type[MIError], message: str
) -> None:
    with ScriptedServer(script) as server:
        fails(line_to(server, max_envelope_size=8), kind, message, seconds=1)
    assert server.connections == (2 if kind is ConnectionFailed else 1)


def test_a_reply_that_is_cut_off_is_no_reply() -> None:
    def cut_off(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>")

    with ScriptedServer(cut_off) as server:
        fails(line_to(server), ConnectionFailed, "lost while reading the reply")
    assert server.connections == 2


# Lost connections


def half_an_answer(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<a/>")
    peer.reset()


def test_a_reply_that_is_reset_in_the_midst_is_asked_for_again_where_that_does_no_harm() -> None:
    with ScriptedServer(half_an_answer, echo) as server:
        assert exchange(line_to(server)) == b"<reply><request/></reply>"
    with ScriptedServer(half_an_answer, echo) as server:
        error = fails(line_to(server), ConnectionFailed, "was lost", repeatable=False)
        assert error.outcome_unknown
        assert server.connections == 1


def test_a_repeatable_request_is_sent_again_once_if_nothing_came_back() -> None:
    told: list[str] = []
    with ScriptedServer(lose, echo) as server:
        line = Line(
            server.address,
            server.options(credentials=BASIC, packet_privacy=False),
            SessionCallbacks(lambda channel, text: told.append(f"{channel}: {text}")),
        )
        assert exchange(line) == b"<reply><request/></reply>"
        line.discard()
    assert server.connections == 2
    assert told[0].startswith("1: the connection was lost, so the request is sent again: ")


def test_it_is_sent_again_only_once() -> None:
    with ScriptedServer(lose) as server:
        error = fails(line_to(server), ConnectionFailed, "was lost while")
        assert not error.outcome_unknown
    assert server.connections == 2


def test_any_other_request_is_not_and_its_outcome_is_unknown() -> None:
    with ScriptedServer(lose, echo) as server:
        error = fails(line_to(server), ConnectionFailed, "was lost", repeatable=False)
        assert error.outcome_unknown
    assert server.connections == 1


@pytest.mark.parametrize(
    ("script", "is_unknown"),
    [
        (once(200, b""), True),
        (once(302, b""), False),
        (once(404, b""), False),
        (once(500, b""), True),
        (raw(b"garbage\r\n"), True),
        (lambda peer: peer.stall(), True),
    ],
)
def test_the_outcome_of_a_change_is_unknown_unless_the_server_refused(
    script: Script, is_unknown: bool
) -> None:
    with ScriptedServer(script) as server:
        error = fails(line_to(server), MIError, None, repeatable=False, seconds=0.3)
        assert error.outcome_unknown is is_unknown


def test_the_outcome_of_a_change_that_was_never_sent_is_known() -> None:
    with ScriptedServer(echo) as server:
        nobody = Line(
            Address("http", "127.0.0.1", 1, "/wsman"),
            server.options(credentials=BASIC, packet_privacy=False),
            SessionCallbacks(),
        )
        error = fails(nobody, ConnectionFailed, "cannot be reached", repeatable=False)
        assert not error.outcome_unknown


def closing(peer: Peer) -> None:
    peer.request()
    peer.reply(body=b"<reply/>", Connection="close")


def ending(peer: Peer) -> None:
    peer.request()
    peer.reply(body=b"<reply/>")


@pytest.mark.parametrize("script", [closing, ending])
@pytest.mark.parametrize("repeatable", [True, False])
def test_a_connection_that_was_closed_meanwhile_is_made_anew(
    script: Script, repeatable: bool
) -> None:
    with ScriptedServer(script) as server:
        line = line_to(server)
        for _ in range(3):
            assert exchange(line, repeatable=repeatable) == b"<reply/>"
            time.sleep(0.05)
        line.discard()
    assert server.connections == 3


# Sealed


def sealing(peer: Peer) -> None:
    SealingPeer(peer).log_on().serve()


def test_a_logon_takes_two_empty_posts_and_serves_all_exchanges(user: User) -> None:
    with ScriptedServer(sealing) as server:
        line = sealed_line_to(server, user)
        for _ in range(3):
            assert exchange(line) == b"<reply><request/></reply>"
        line.discard()
    assert server.connections == 1
    logon, exchanges = server.requests[:2], server.requests[2:]
    assert [request.body for request in logon] == [b"", b""]
    assert all(request.headers["content-length"] == "0" for request in logon)
    assert len(exchanges) == 3
    for request in exchanges:
        assert "authorization" not in request.headers
        assert request.headers["content-type"].startswith(CONTENT)
        assert b"<request/>" not in request.body


def test_a_sealed_fault_is_a_reply(user: User) -> None:
    def faulty(peer: Peer) -> None:
        other = SealingPeer(peer).log_on()
        other.request()
        other.reply(FAULT, 500)

    with ScriptedServer(faulty) as server:
        assert exchange(sealed_line_to(server, user)) == FAULT


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (200, ProtocolError, "is not sealed, so nothing in it is believed"),
        (500, MIError, "HTTP status 500"),
        (404, ConnectionFailed, "HTTP status 404"),
    ],
)
def test_a_reply_in_the_clear_to_a_sealed_request_is_never_data(
    user: User, status: int, kind: type[MIError], message: str
) -> None:
    def downgrade(peer: Peer) -> None:
        SealingPeer(peer).log_on().request()
        peer.reply(status, FAULT)

    with ScriptedServer(downgrade) as server:
        assert "Fault" not in fails(sealed_line_to(server, user), kind, message).message


def test_a_reply_that_was_changed_is_not_believed(user: User) -> None:
    def tampering(peer: Peer) -> None:
        other = SealingPeer(peer).log_on()
        other.request()
        send = peer.reply

        def changed(status: int, body: bytes, **headers: str) -> None:
            send(status, body.replace(body[-40:-30], bytes(10)), **headers)

        peer.reply = changed  # type: ignore[assignment]
        other.reply(b"<reply/>" * 10)

    with ScriptedServer(tampering) as server:
        fails(sealed_line_to(server, user), ProtocolError, "signature of the reply is wrong")
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 401])
def test_a_logon_that_the_server_forgot_is_done_again_once(user: User, status: int) -> None:
    def forgetful(peer: Peer) -> None:
        other = SealingPeer(peer).log_on()
        other.reply(other.request())
        peer.request()
        peer.reply(status)
        peer.wait_for_end()

    with ScriptedServer(forgetful, sealing) as server:
        line = sealed_line_to(server, user)
        exchange(line)
        assert exchange(line, repeatable=False) == b"<reply><request/></reply>"
        line.discard()
    assert server.connections == 2
    with ScriptedServer(forgetful, once(400, b"")) as server:
        line = sealed_line_to(server, user)
        exchange(line)
        fails(line, ProtocolError, "HTTP status 400")
    assert server.connections == 2


@pytest.mark.parametrize(("status", "kind"), [(400, ProtocolError), (401, AuthenticationFailed)])
def test_a_logon_that_just_succeeded_was_not_forgotten(
    user: User, status: int, kind: type[MIError]
) -> None:
    def refusing(peer: Peer) -> None:
        SealingPeer(peer).log_on().request()
        peer.reply(status)
        peer.wait_for_end()

    with ScriptedServer(refusing) as server:
        fails(sealed_line_to(server, user), kind, f"HTTP status {status}")
    assert server.connections == 1


def test_a_new_connection_is_logged_on_anew(user: User) -> None:
    def brief(peer: Peer) -> None:
        other = SealingPeer(peer).log_on()
        other.reply(other.request())

    with ScriptedServer(brief) as server:
        line = sealed_line_to(server, user)
        for _ in range(2):
            assert exchange(line) == b"<request/>"
            time.sleep(0.05)
        line.discard()
    assert server.connections == 2
    assert len(server.requests) == 6


@pytest.mark.parametrize(("first", "last"), [("close", ""), ("", "close")])
def test_what_belongs_to_a_logon_never_goes_out_on_another_connection(
    user: User, first: str, last: str
) -> None:
    def proxy(peer: Peer) -> None:
        other = SealingPeer(peer)
        peer.reply(401, WWW_Authenticate=f"Negotiate {other.step()}", Connection=first)
        other.step()
        peer.reply(200, Connection=last)

    with ScriptedServer(proxy) as server:
        line = sealed_line_to(server, user)
        for _ in range(2):
            error = fails(line, ConnectionFailed, "closed the connection that was being logged on")
            assert "proxy" in str(error.advice)
            assert not error.outcome_unknown
    assert server.connections == 2


@pytest.mark.parametrize(
    ("reason", "options", "has_tab"),
    [
        ("OK", {}, True),
        ("Success", {}, False),
        ("OK", {"server_kind": "omi"}, False),
        ("OK", {"server_kind": "winrm3"}, True),
    ],
)
def test_omi_is_known_by_its_greeting_or_the_callers_word(
    user: User, reason: str, options: dict[str, str], has_tab: bool
) -> None:
    with ScriptedServer(lambda peer: SealingPeer(peer).log_on(reason=reason).serve()) as server:
        line = sealed_line_to(server, user, **options)
        exchange(line)
        line.discard()
    [sealed] = [request.body for request in server.requests if request.body]
    assert (b"\r\n\tContent-Type" in sealed) is has_tab


# Credentials


def test_a_refused_credential_is_never_sent_again() -> None:
    with ScriptedServer(once(401, b"", WWW_Authenticate='Basic realm="WSMAN"')) as server:
        line = line_to(server)
        for _ in range(3):
            fails(line, AuthenticationFailed, "does not accept the credentials of 'ops'")
    assert len(server.requests) == 1


def test_a_refused_logon_is_never_tried_again(user: User) -> None:
    wrong = Credentials.password(user.name, "wrong")
    with ScriptedServer(sealing) as server:
        line = line_to(server, credentials=wrong, packet_privacy=None)
        for _ in range(3):
            fails(line, AuthenticationFailed, "does not accept the credentials")
    assert len(server.requests) == 2


def test_a_logon_that_is_answered_by_the_end_of_the_connection_is_not_tried_again(
    user: User,
) -> None:
    def resetting(peer: Peer) -> None:
        other = SealingPeer(peer)
        peer.reply(401, WWW_Authenticate=f"Negotiate {other.step()}")
        other.step()
        peer.reset()

    with ScriptedServer(resetting) as server:
        line = sealed_line_to(server, user)
        for _ in range(2):
            fails(line, AuthenticationFailed, "closed the connection instead of accepting")
    assert server.connections == 1


def test_the_next_credential_is_tried_where_the_scheme_is_not_offered(user: User) -> None:
    def no_basic(peer: Peer) -> None:
        peer.request()
        peer.reply(401, WWW_Authenticate="Negotiate")

    def ntlm_alone(peer: Peer) -> None:
        SealingPeer(peer).log_on()

    with ScriptedServer(no_basic, ntlm_alone) as server:
        line = line_to(server, credentials=[BASIC, ntlm(user)])
        assert exchange(line) == b"<reply><request/></reply>"
        line.discard()
    assert server.connections == 2


def test_the_next_credential_is_tried_where_the_scheme_may_not_be_used(user: User) -> None:
    with ScriptedServer(sealing) as server:
        line = line_to(server, credentials=[BASIC, ntlm(user)], packet_privacy=None)
        assert exchange(line) == b"<reply><request/></reply>"
        line.discard()
    assert server.connections == 1
    assert not any("Basic" in str(request.headers) for request in server.requests)


def test_without_credentials_nothing_is_sent() -> None:
    with ScriptedServer(echo) as server:
        fails(line_to(server, credentials=None), NotSupported, "no credentials were given")
    assert server.connections == 0


def test_basic_is_not_sent_over_http_unless_it_was_said_to() -> None:
    with ScriptedServer(echo) as server:
        fails(line_to(server, packet_privacy=None), AuthenticationFailed, "in clear")
        fails(line_to(server, packet_privacy=True), AuthenticationFailed, "in clear")
    assert server.connections == 0


# Under TLS


def test_under_tls_nothing_is_sealed_and_the_logon_is_bound(
    user: User, authority: Authority
) -> None:
    context = authority.server("127.0.0.1")
    binding = server_end_point(authority.issued)

    def bound(peer: Peer) -> None:
        SealingPeer(peer, binding).log_on()
        echo(peer)

    with ScriptedServer(bound, tls=context) as server:
        line = sealed_line_to(server, user, ca_file=authority.ca_file)
        for _ in range(2):
            assert exchange(line) == b"<reply><request/></reply>"
        line.discard()
    assert server.requests[-1].headers["content-type"] == SOAP
    assert len(server.requests) == 3


def test_basic_will_do_under_tls(authority: Authority) -> None:
    with ScriptedServer(echo, tls=authority.server("127.0.0.1")) as server:
        line = line_to(server, packet_privacy=None, ca_file=authority.ca_file)
        for _ in range(2):
            assert exchange(line) == b"<reply><request/></reply>"
            line.discard()


def test_a_certificate_that_is_not_trusted_gets_no_credentials(authority: Authority) -> None:
    with ScriptedServer(echo, tls=authority.server("127.0.0.1")) as server:
        fails(line_to(server), CertificateRejected, "issuer")
    assert not server.requests


def test_the_name_is_checked_without_the_issuer(authority: Authority) -> None:
    with ScriptedServer(echo, tls=authority.server("server01")) as server:
        fails(line_to(server, cert_ca_check=False), CertificateRejected, "name")
        line = line_to(server, cert_ca_check=False, cert_cn_check=False)
        assert exchange(line)
        line.discard()
    with ScriptedServer(echo, tls=authority.server("127.0.0.1")) as server:
        line = line_to(server, cert_ca_check=False)
        assert exchange(line)
        line.discard()


def test_switching_the_issuers_check_off_means_nothing_without_tls() -> None:
    with ScriptedServer(echo) as server:
        line = line_to(server, cert_ca_check=False)
        assert exchange(line)
        line.discard()


# Ends


def test_an_exchange_that_takes_too_long_costs_the_connection_but_not_the_line() -> None:
    with ScriptedServer(lambda peer: peer.wait_for_end(), echo) as server:
        line = line_to(server)
        fails(line, OperationTimeout, "waiting for the reply", seconds=0.2)
        assert server.ends.acquire(timeout=5)
        assert exchange(line)
        line.discard()


def test_a_drip_ends_on_time() -> None:
    def drip(peer: Peer) -> None:
        peer.request()
        peer.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000, 0.02)

    with ScriptedServer(drip) as server:
        started = time.monotonic()
        fails(line_to(server), OperationTimeout, "reading the reply", seconds=0.3)
        assert time.monotonic() - started < 10  # however much else there is to do


def test_a_logon_that_takes_too_long_says_so(user: User) -> None:
    with ScriptedServer(lambda peer: peer.stall()) as server:
        fails(sealed_line_to(server, user), OperationTimeout, "while authenticating", seconds=0.3)


def test_a_release_says_that_it_was_one() -> None:
    with ScriptedServer(lambda peer: peer.stall()) as server:
        grace = Expiry.after(0.2, "grace")
        with pytest.raises(OperationTimeout, match="while releasing"):
            line_to(server).exchange(b"<release/>", grace, CancelToken(), repeatable=True)


@pytest.mark.parametrize("repeatable", [True, False])
def test_a_cancel_ends_the_exchange_and_costs_the_connection(repeatable: bool) -> None:
    with ScriptedServer(lambda peer: peer.wait_for_end(), echo) as server:
        line, token = line_to(server), CancelToken()
        threading.Timer(0.1, token.cancel).start()
        started = time.monotonic()
        with pytest.raises(OperationCancelled):
            line.exchange(b"<request/>", Expiry(), token, repeatable=repeatable)
        assert time.monotonic() - started < 10  # however much else there is to do
        assert server.ends.acquire(timeout=5)
        assert exchange(line)
        line.discard()
    assert server.connections == 2


def test_ctrl_c_costs_the_connection_but_not_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from protocols.network.sockets import BoundedSocket  # noqa: PLC0415

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with ScriptedServer(lambda peer: peer.wait_for_end(), echo) as server:
        line = line_to(server)
        with monkeypatch.context() as patched:
            patched.setattr(BoundedSocket, "recv_into", interrupted)
            with pytest.raises(KeyboardInterrupt):
                exchange(line)
        assert server.ends.acquire(timeout=5)
        assert exchange(line)
        line.discard()


def test_an_aborted_line_ends_its_exchange_and_begins_no_other() -> None:
    with ScriptedServer(lambda peer: peer.wait_for_end()) as server:
        line = line_to(server)
        threading.Timer(0.1, line.abort).start()
        with pytest.raises(InvalidParameter, match="the session is closed"):
            exchange(line)
        assert server.ends.acquire(timeout=5)
        fails(line, InvalidParameter, "the session is closed")
    assert server.connections == 1


def test_nothing_is_left_open(user: User) -> None:
    with ScriptedServer(sealing) as server:
        line = sealed_line_to(server, user)
        exchange(line)
        line.discard()
        del line
        gc.collect()  # an unclosed socket is a warning, and that an error


# Whatever else goes wrong


@pytest.mark.parametrize("error", [RuntimeError("odd"), RecursionError(), MemoryError()])
def test_no_foreign_exception_leaves(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    with ScriptedServer(echo) as server:
        line = line_to(server)
        monkeypatch.setattr(line._link._adapter, "send", broken)
        with pytest.raises(ProtocolError, match=type(error).__name__) as caught:
            exchange(line)
        assert caught.value.__cause__ is error


STARTS = [
    b"",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 500 Error\r\nContent-Type: text/html\r\n\r\n",
    b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ",
]


def test_arbitrary_bytes_are_a_reply_or_an_error_of_ours() -> None:
    said = [b""]

    def script(peer: Peer) -> None:
        peer.request()
        peer.send(said[0])

    with ScriptedServer(script) as server:

        @given(st.sampled_from(STARTS), st.binary(max_size=60))
        @settings(max_examples=150)
        def check(start: bytes, rest: bytes) -> None:
            said[0] = start + rest
            line = line_to(server)
            try:
                assert exchange(line)
            except MIError as error:
                tells_no_secret(error)
            line.discard()

        check()


def test_an_error_that_is_being_handled_is_not_taken_for_the_cause() -> None:
    with ScriptedServer(lose) as server:
        line = line_to(server)
        try:
            raise OperationCancelled("of another exchange")  # noqa: TRY301 - it is handled here
        except OperationCancelled:
            fails(line, ConnectionFailed, "was lost")


@responses.activate
def test_requests_can_be_stood_in_for() -> None:
    responses.post("http://server01:5985/wsman", body=b"<reply/>", content_type=SOAP)
    options = DestinationOptions(credentials=BASIC, packet_privacy=False)
    line = Line(Address.of("server01", options), options, SessionCallbacks())
    assert exchange(line) == b"<reply/>"
