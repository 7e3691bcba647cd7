"""What is found before anybody says who he is."""

import re
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

import mi
from mi import Credentials, Finding, Verdict
from mi.control import Expiry
from protocols.loopback import Endpoint
from protocols.winrm import interview, survey
from protocols.winrm.diagnosis import Examination
from tests.winrm.authority import Authority
from tests.winrm.connect_proxy import ConnectProxy
from tests.winrm.diagnosing import HOST, diagnose, replying, served, verdicts
from tests.winrm.scripted import Peer, idle

OK, WARNING, FAILED, SKIPPED = Verdict


# The way


def test_a_name_that_nobody_knows_ends_the_search(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, "nowhere.invalid")
    assert verdicts(found)["name"] is FAILED
    assert all(finding.verdict is SKIPPED for finding in list(found)[1:])
    assert found["wmi"].detail == "not tried, since name is not ok"
    assert endpoint.connections == 0


def test_a_port_that_does_not_answer_ends_the_search(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, destination_port=1)
    assert found["port"].verdict is FAILED
    assert "winrm quickconfig" in str(found["port"].advice)
    assert not found.is_ok


def test_many_addresses_are_counted(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, **how: Any) -> Any:
        found = real("127.0.0.1", port, **how)
        return found + [(*found[0][:4], (f"127.0.0.{one}", port)) for one in range(2, 8)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    detail = diagnose(endpoint, "server01")["name"].detail
    assert detail == "server01 is 127.0.0.1, 127.0.0.2, 127.0.0.3, 127.0.0.4 and 3 more"


def test_a_dialer_knows_the_way(endpoint: Endpoint) -> None:
    def dial(host: str, port: int, timeout: float | None) -> socket.socket:
        return socket.create_connection((endpoint.host, endpoint.port), timeout)

    found = diagnose(endpoint, "nowhere.invalid", dialer=dial)
    assert found["name"].verdict is SKIPPED
    assert found["wmi"].verdict is OK


def test_the_proxy_is_what_is_looked_up_and_it_is_asked_once_with_a_wrong_password(
    endpoint: Endpoint,
) -> None:
    with ConnectProxy(
        endpoint.user, ("Basic",), reaches=lambda *_: (endpoint.host, endpoint.port)
    ) as p:
        found = diagnose(endpoint, HOST, proxy=p.url, proxy_credentials=endpoint.basic_credentials)
        assert found["name"].detail == "the proxy 127.0.0.1 is 127.0.0.1"
        assert found["wmi"].verdict is OK
        wrong = Credentials.password(endpoint.user.name, "wrong", scheme="Basic")
        with mi.Application() as application:
            options = mi.DestinationOptions(
                proxy=p.url, proxy_credentials=wrong, credentials=endpoint.credentials
            )
            assert application.diagnose(HOST, options)["port"].verdict is FAILED
        assert p.refused == 1


# TLS


def test_tls_and_the_certificate_are_told() -> None:
    with Endpoint(tls=True, channel_bindings=True) as endpoint:
        found = diagnose(endpoint, "localhost")
    assert found["tls"].detail.startswith("TLSv1.3, TLS_")
    assert "CN=localhost by CN=Loopback test authority" in found["certificate"].detail
    assert found["certificate"].verdict is WARNING  # it is for a day
    assert found["sealing"].detail == "TLS does it"
    assert found["logon"].verdict is OK


def test_a_certificate_that_is_not_trusted_ends_the_search_and_is_shown() -> None:
    with Endpoint(tls=True) as endpoint:
        found = diagnose(endpoint, "localhost", ca_file=None)
        assert found["tls"].verdict is FAILED
        assert "certificate_fingerprint=" in str(found["tls"].advice)
        assert "SHA-256" in found["certificate"].detail
        assert found["logon"].verdict is SKIPPED
        assert endpoint.logons == endpoint.refused_logons == 0


def test_a_certificate_for_another_name_ends_the_search_and_is_shown() -> None:
    with Endpoint(tls=True, certificate_names=("elsewhere",)) as endpoint:
        found = diagnose(endpoint, "localhost")
        assert found["tls"].verdict is FAILED
        assert "check of its name" in found["tls"].detail
        assert "tls_server_name=" in str(found["tls"].advice)
        assert "for elsewhere" in found["certificate"].detail


def test_a_certificate_that_has_expired_ends_the_search_and_is_shown(authority: Authority) -> None:
    expired = authority.server("127.0.0.1", days=-1)
    found = served(idle, tls=expired, transport="HTTPS", ca_file=authority.ca_file)
    assert found["tls"].verdict is FAILED
    assert "check of its dates" in found["tls"].detail
    assert found["certificate"].verdict is WARNING
    assert "it has expired" in found["certificate"].detail


def test_what_nobody_vouches_for_can_be_pinned() -> None:
    with Endpoint(tls=True) as endpoint:
        warned = diagnose(endpoint, "localhost", cert_ca_check=False)["tls"]
        assert warned.verdict is WARNING
        pin = re.findall(r"certificate_fingerprint='(\w+)'", str(warned.advice))[0]
    with Endpoint(tls=True) as endpoint:
        assert diagnose(endpoint, "localhost", certificate_fingerprint=pin)["tls"].verdict is FAILED


def test_a_port_without_tls_is_told() -> None:
    def refuse(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.wait_for_end()

    found = served(refuse, transport="HTTPS")
    assert found["tls"].verdict is FAILED
    assert "no TLS" in found["tls"].detail
    assert found["certificate"].verdict is SKIPPED


def test_a_handshake_without_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_PATIENCE", 0.2)
    found = served(idle, transport="HTTPS")
    assert "in the TLS handshake" in found["tls"].detail
    assert "destination_port=" in str(found["tls"].advice)


@pytest.mark.parametrize(
    ("days", "verdict", "detail"),
    [(100, OK, "CN=test"), (10, WARNING, "expires in"), (-1, WARNING, "has expired")],
)
def test_the_end_of_a_certificate_is_told_before_it_comes(
    authority: Authority, days: int, verdict: Verdict, detail: str
) -> None:
    authority.files("server01", days=days)
    found = survey._certificate(authority.issued)
    assert found.verdict is verdict
    assert detail in found.detail


def test_a_certificate_that_cannot_be_read_or_had_is_told(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreadable = survey._certificate(b"none")
    assert (unreadable.verdict, bool(unreadable.advice)) == (WARNING, True)
    with Endpoint(tls=True) as secured:
        given = mi.DestinationOptions(
            destination_port=secured.port, transport="HTTPS", credentials=secured.credentials
        )
        monkeypatch.setattr(survey, "secure", _refuse)
        found = list(Examination("localhost", given, Expiry.after(10, "deadline")).findings())
    assert found[3] == Finding("certificate", SKIPPED, "it could not be looked at")


def _refuse(connection: socket.socket, *_: object) -> None:
    connection.close()
    raise mi.ConnectionFailed("no")


# HTTP without a name


@pytest.mark.parametrize(
    ("status", "verdict", "detail"),
    [
        (404, FAILED, "nothing is served"),
        (405, FAILED, "takes no messages"),
        (200, OK, "answers to anybody"),
        (401, OK, "wants to know"),
        (503, WARNING, "stopped or overloaded"),
    ],
)
def test_what_is_served_there_is_told_by_its_status(
    status: int, verdict: Verdict, detail: str
) -> None:
    finding = served(idle, replying(status))["service"]
    assert finding.verdict is verdict
    assert detail in finding.detail


def test_a_server_that_answers_nobody_may_answer_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "_SHORT_PATIENCE", 0.1)
    monkeypatch.setattr(interview, "_PATIENCE", 0.1)
    found = served(idle)
    for name in ("service", "schemes", "clock"):
        assert (found[name].verdict, "OMI" in found[name].detail) == (SKIPPED, True)
    assert found["logon"].verdict is FAILED


def test_what_is_no_http_is_told() -> None:
    found = served(idle, lambda peer: (peer.request(), peer.send(b"SSH-2.0\r\n\r\n")))
    assert found["service"].verdict is FAILED


@pytest.mark.parametrize(
    ("date", "verdict", "detail"),
    [
        (timedelta(), OK, "within 1 s"),
        (timedelta(seconds=30), OK, "within 30 s"),
        (timedelta(minutes=10), WARNING, "ahead of ours"),
        (timedelta(minutes=-10), WARNING, "behind ours"),
        ("yesterday", SKIPPED, "does not say"),
        ("Tue, 01 Jan 2030 00:00:00 -0000", WARNING, "ours"),
    ],
)
def test_the_clocks_are_compared(date: Any, verdict: Verdict, detail: str) -> None:
    text = date if isinstance(date, str) else format_datetime(datetime.now(UTC) + date, usegmt=True)
    finding = served(idle, replying(401, Date=text))["clock"]
    assert finding.verdict is verdict
    assert re.search(detail.replace("30 s", "(29|30) s"), finding.detail)
    assert verdict is not WARNING or "w32tm" in str(finding.advice)


def test_schemes_that_are_not_offered_are_not_made_up() -> None:
    assert served(idle, replying(401))["schemes"] == Finding("schemes", SKIPPED, "none is offered")
