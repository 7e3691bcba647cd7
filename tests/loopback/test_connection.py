"""A connection asks HTTP first, then who it is, then whether it may read, and only then what."""

import base64
import http.client
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from protocols.loopback import Cut, Endpoint, Limits, Replace, Slow, Stall
from protocols.loopback.peer import Peer
from protocols.wsman import framing
from protocols.wsman.envelope import serialize
from protocols.wsman.headers import Addressing
from protocols.wsman.identify import IDENTIFY

OPTIMIZED = "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>"


@pytest.fixture
def sealed() -> Iterator[Endpoint]:
    """An endpoint that wants bodies sealed, as Windows does."""
    with Endpoint() as endpoint:
        yield endpoint


def until_closed(endpoint: Endpoint) -> None:
    deadline = time.monotonic() + 10
    while endpoint.open_connections and time.monotonic() < deadline:
        time.sleep(0.005)
    assert endpoint.open_connections == 0


def asked(client: Any, method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client.connection.request(method, path, body, {**client.headers, **named})
    reply = client.connection.getresponse()
    return reply.status, reply.read()


# HTTP


def test_http_itself_refuses_what_is_not_its(client: Any) -> None:
    assert asked(client, "GET", "/wsman") == (405, b"")
    assert asked(client, "POST", "/other") == (404, b"")
    assert asked(client, "POST", "/wsman", b"<x/>", Content_Type="text/plain") == (415, b"")
    assert asked(client, "POST", "/WSMAN?x=y", b"<x/>") == (400, b"")


def test_a_request_that_cannot_be_read_ends_the_connection(
    endpoint: Endpoint, connect: Any
) -> None:
    client = connect(endpoint)
    assert asked(client, "POST", "/wsman", Content_Length="9999999")[0] == 413
    until_closed(endpoint)


def test_the_client_may_end_the_connection(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint)
    answer = client.post(client.envelope(IDENTIFY), Connection="close")
    assert dict(answer.headers)["Connection"] == "close"
    until_closed(endpoint)


def test_half_a_request_is_none(endpoint: Endpoint) -> None:
    with socket.create_connection((endpoint.host, endpoint.port)) as half:
        half.sendall(b"POST /wsman HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")
    until_closed(endpoint)
    assert endpoint.requests == 0


# Who


def test_nobody_is_answered_without_saying_who(shared: Endpoint, connect: Any) -> None:
    answer = connect(shared, basic=False).ask(IDENTIFY)
    assert answer.status == 401
    offered = [value for name, value in answer.headers if name == "WWW-Authenticate"]
    assert offered == ["Negotiate", 'Basic realm="WSMAN"']
    assert answer.body == b""


def test_a_wrong_password_is_refused_and_counted(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint, basic=False)
    answer = client.post(client.envelope(IDENTIFY), Authorization=client.basic("wrong"))
    assert answer.status == 401
    assert client.log_on(password="wrong").status == 401
    assert (endpoint.logons, endpoint.refused_logons) == (0, 2)


def test_the_schemes_are_those_it_is_given(connect: Any) -> None:
    with Endpoint(schemes=("Negotiate",), allow_unencrypted=True) as endpoint:
        answer = connect(endpoint).ask(IDENTIFY)
    assert [value for name, value in answer.headers if name == "WWW-Authenticate"] == ["Negotiate"]


def test_identify_may_be_asked_by_nobody_and_nothing_else(sealed: Endpoint, connect: Any) -> None:
    client = connect(sealed, basic=False)
    client.headers["WSMANIDENTIFY"] = "unauthenticated"
    answer = client.ask(IDENTIFY)
    assert answer.status == 200
    assert b"OS: 0.0.0" in answer.body
    assert client.get("Win32_Service", Name="WinRM").status == 401


# Sealing


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
def test_ntlm_authenticates_once_and_seals_every_body_both_ways(
    sealed: Endpoint, connect: Any, protocol: str
) -> None:
    client = connect(sealed, basic=False)
    assert client.log_on(protocol=protocol).status == 200
    for name in ("WinRM", "Winmgmt", "RpcSs"):
        answer = client.get("Win32_Service", Name=name)
        assert answer.status == 200
        assert framing.is_sealed(dict(answer.headers)["Content-Type"])
    assert (sealed.logons, sealed.connections, sealed.requests) == (1, 1, 5)
    assert all(one.is_sealed for one in sealed.exchanges)


def test_faults_are_sealed_too(sealed: Endpoint, connect: Any) -> None:
    client = connect(sealed, basic=False)
    client.log_on()
    answer = client.get("Nope")
    assert answer.status == 500
    assert answer.text("//s:Fault/s:Code/s:Value") == "s:Sender"


def test_the_body_may_come_sealed_with_the_last_token(sealed: Endpoint, connect: Any) -> None:
    client = connect(sealed, basic=False)
    token = client.begin_log_on()
    text = base64.b64encode(token).decode()
    answer = client.sealed(client.envelope(IDENTIFY), Authorization=f"Negotiate {text}")
    assert answer.status == 200
    assert b"IdentifyResponse" in answer.body
    assert (sealed.logons, sealed.requests) == (1, 2)


def test_a_body_that_is_not_sealed_is_not_even_read(sealed: Endpoint, connect: Any) -> None:
    client = connect(sealed, basic=False)
    client.log_on()
    answer = client.post(client.envelope(IDENTIFY))
    assert (answer.status, answer.body) == (500, b"")
    basic = connect(sealed)
    assert basic.post(basic.envelope(IDENTIFY)).status == 500
    assert sealed.exchanges == []


def test_a_sealed_body_on_another_connection_is_a_bad_request(
    sealed: Endpoint, connect: Any
) -> None:
    client = connect(sealed, basic=False)
    client.log_on()
    client.connection.close()
    answer = client.get("Win32_Service", Name="WinRM")
    assert (answer.status, answer.body) == (400, b"")


def test_what_is_sealed_or_framed_wrongly_is_a_bad_request(sealed: Endpoint, connect: Any) -> None:
    client = connect(sealed, basic=False)
    client.log_on()
    kind = framing.content_type(framing.SPNEGO)
    envelope = client.envelope(IDENTIFY)
    kerberos = framing.frame(framing.KERBEROS, [(b"x" * 16, envelope, len(envelope))])
    for body, content_type in (
        (b"nonsense", kind),
        (framing.frame(framing.SPNEGO, [(b"x" * 16, envelope, len(envelope))]), kind),
        (kerberos, framing.content_type(framing.KERBEROS)),
    ):
        answer = client.post(body, Content_Type=content_type)
        assert (answer.status, answer.body) == (400, b"")


def test_an_envelope_that_is_none_is_a_bad_request(client: Any) -> None:
    assert client.post(b"<html/>").status == 400


# Clients that go away


def test_nothing_is_opened_for_a_client_that_went_before_its_reply(
    endpoint: Endpoint, connect: Any
) -> None:
    client = connect(endpoint)
    stall = endpoint.disturb(Stall("Enumerate"))
    client.send_only(_enumerate(client))
    assert stall.reached.wait(10)
    client.connection.close()
    until_closed(endpoint)
    assert endpoint.open_contexts == 0
    assert endpoint.exchanges == []


def _enumerate(client: Any, class_name: str = "Win32_Service") -> bytes:
    """Return the bytes of an Enumerate, without sending it."""
    asked: list[bytes] = []
    client.ask = lambda request: asked.append(client.envelope(request))
    client.enumerate(class_name)
    del client.ask
    return asked[0]


@pytest.mark.parametrize("where", ["headers", "body"])
def test_an_enumeration_whose_reply_never_arrived_is_forgotten(
    endpoint: Endpoint, connect: Any, where: str
) -> None:
    client = connect(endpoint)
    stall = endpoint.disturb(Stall("Enumerate", where))
    client.send_only(_enumerate(client))
    assert stall.reached.wait(10)
    client.reset()
    until_closed(endpoint)
    assert endpoint.open_contexts == 0
    assert len(endpoint.exchanges) == 1


@pytest.mark.parametrize("is_first", [True, False])
def test_an_enumeration_whose_reply_was_not_read_is_forgotten(
    endpoint: Endpoint, connect: Any, monkeypatch: pytest.MonkeyPatch, *, is_first: bool
) -> None:
    """The reset may come instead of the end of the connection, or just after it."""
    client = connect(endpoint)
    sock = client.send_only(_enumerate(client))
    sock.recv(1, socket.MSG_PEEK)
    if is_first:
        client.reset()
    else:
        monkeypatch.setattr(Peer, "left_unread", lambda _: True)
        sock.shutdown(socket.SHUT_WR)
    until_closed(endpoint)
    assert endpoint.open_contexts == 0


def test_one_whose_reply_was_read_stays_when_the_connection_ends(
    endpoint: Endpoint, connect: Any
) -> None:
    client = connect(endpoint)
    context = client.enumerate("Win32_Service").context
    client.connection.close()
    until_closed(endpoint)
    assert endpoint.open_contexts == 1
    assert client.release(context, "Win32_Service").status == 200


# Disturbances


def test_a_stall_ends_by_time_or_when_it_is_told(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint)
    endpoint.disturb(Stall("Identify", seconds=0.01))
    assert client.ask(IDENTIFY).status == 200
    for where in ("before-reply", "headers", "body"):
        stall = Stall("Identify", where)
        endpoint.disturb(stall)
        threading.Timer(0.05, stall.until.set).start()
        assert client.ask(IDENTIFY).status == 200
        assert stall.reached.is_set()


def test_a_connection_that_is_taken_and_not_read_stalls(connect: Any) -> None:
    with Endpoint(allow_unencrypted=True) as endpoint:
        stall = Stall(where="accept")
        endpoint.disturb(stall)
        client = connect(endpoint)
        client.send_only(client.envelope(IDENTIFY))
        assert stall.reached.wait(10)
        assert endpoint.requests == 0
        stall.until.set()
        assert client.connection.getresponse().status == 200


def test_a_handshake_can_stall_before_its_token_is_answered(sealed: Endpoint, connect: Any) -> None:
    stall = Stall(where="authentication")
    sealed.disturb(stall)
    threading.Timer(0.05, stall.until.set).start()
    assert connect(sealed, basic=False).log_on().status == 200
    assert stall.reached.is_set()


def test_an_enumeration_whose_reply_was_cut_is_forgotten(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint)
    endpoint.disturb(Cut("Enumerate", 400))
    with pytest.raises(http.client.IncompleteRead):
        client.enumerate("Win32_Service")
    assert endpoint.open_contexts == 0


def test_a_reply_can_be_another(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint)
    endpoint.disturb(Replace("Identify", b"<other/>", count=2))
    assert client.ask(IDENTIFY).body == b"<other/>"
    assert client.ask(IDENTIFY).body == b"<other/>"
    assert endpoint.exchanges[0].reply_bytes == b"<other/>"
    endpoint.disturb(Replace("Identify", body=b"raw", status=503, headers={"X-New": "1"}))
    answer = client.ask(IDENTIFY)
    assert (answer.status, answer.body, dict(answer.headers)["X-New"]) == (503, b"raw", "1")
    assert endpoint.exchanges[-1].status == 503


def test_a_sealed_reply_can_be_another_before_it_is_sealed(sealed: Endpoint, connect: Any) -> None:
    client = connect(sealed, basic=False)
    client.log_on()
    sealed.disturb(Replace("Identify", lambda envelope: envelope.replace(b"3.0", b"9.9")))
    assert b"Stack: 9.9" in client.ask(IDENTIFY).body


def test_the_replies_of_a_handshake_can_be_others(sealed: Endpoint, connect: Any) -> None:
    sealed.disturb(Replace("authentication", status=503))
    client = connect(sealed, basic=False)
    assert client.negotiate(b"NTLMSSP\0").status == 503


def test_an_enumeration_that_a_replaced_reply_hides_is_forgotten(
    endpoint: Endpoint, connect: Any
) -> None:
    client = connect(endpoint)
    for lie in (
        Replace("Enumerate", b"<other/>"),
        Replace("Enumerate", body=b"raw"),
        Replace("Enumerate", status=503),
        Replace("Enumerate", headers={"Content-Encoding": "gzip"}),
    ):
        endpoint.disturb(lie)
        client.enumerate("Win32_Service")
        assert endpoint.open_contexts == 0
    endpoint.disturb(Replace("Enumerate", lambda envelope: envelope + b" "))
    client.enumerate("Win32_Service")
    assert endpoint.open_contexts == 1


def test_a_slow_provider_times_out_where_the_request_allows_less(connect: Any) -> None:
    with Endpoint(limits=Limits(max_timeout=0.05), allow_unencrypted=True) as endpoint:
        client = connect(endpoint)
        endpoint.disturb(Slow("Get", seconds=30))
        answer = client.get("Win32_Service", Name="WinRM")
        assert answer.text("//s:Subcode/s:Value") == "w:TimedOut"
        endpoint.disturb(Slow("Get", seconds=0.01))
        assert client.get("Win32_Service", Name="WinRM").status == 200


def test_a_pull_that_timed_out_can_be_pulled_again(connect: Any) -> None:
    with Endpoint(limits=Limits(max_timeout=0.02), allow_unencrypted=True) as endpoint:
        client = connect(endpoint)
        context = client.enumerate("Win32_LogicalDisk").context
        endpoint.disturb(Slow("Pull", seconds=5))
        assert client.pull(context, "Win32_LogicalDisk").code == "2150858793"
        assert client.pull(context, "Win32_LogicalDisk").status == 200


def test_a_reset_in_the_middle_is_no_error_of_the_endpoints(endpoint: Endpoint) -> None:
    raw = socket.create_connection((endpoint.host, endpoint.port))
    raw.sendall(b"POST")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()
    until_closed(endpoint)


def test_under_tls_a_body_need_not_be_sealed() -> None:
    with Endpoint(tls=True) as endpoint:
        context = ssl.create_default_context(cafile=endpoint.ca_file)
        secure = http.client.HTTPSConnection(
            endpoint.host, endpoint.port, context=context, timeout=30
        )
        user = endpoint.user
        both = base64.b64encode(f"{user.name}:{user.password}".encode()).decode()
        headers = {"Content-Type": "application/soap+xml", "Authorization": f"Basic {both}"}
        body = serialize(IDENTIFY, Addressing(endpoint.url, 512_000), "uuid:1")
        secure.request("POST", "/wsman", body, headers)
        assert secure.getresponse().status == 200
        secure.close()
