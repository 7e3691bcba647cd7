"""The diagnosis of a host: every finding, one logon at most, and no password in the open."""

import json
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

import mi
from mi import Credentials, Diagnosis, Finding, Scheme, Verdict
from mi.control import Expiry
from protocols.loopback import Cut, Endpoint, Replace, Stall
from protocols.loopback.service import Limits
from protocols.winrm import diagnosis, survey
from protocols.winrm.diagnosis import NAMES, Examination
from protocols.winrm.handler import WinrmHandler
from tests.kdc import OPS, PASSWORD, Kdc, requires_kerberos
from tests.winrm.authority import Authority
from tests.winrm.connect_proxy import ConnectProxy
from tests.winrm.scripted import Peer, ScriptedServer

OK, WARNING, FAILED, SKIPPED = Verdict
HOST = "server.loopback.test"
CONFIGURATION = (
    '<cfg:Config xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config">'
    "<cfg:MaxEnvelopeSizekb>{size}</cfg:MaxEnvelopeSizekb><cfg:Client><cfg:AllowUnencrypted>true"
    "</cfg:AllowUnencrypted></cfg:Client><cfg:Service><cfg:AllowUnencrypted>{clear}"
    "</cfg:AllowUnencrypted><cfg:Auth><cfg:CbtHardeningLevel>{level}</cfg:CbtHardeningLevel>"
    "</cfg:Auth></cfg:Service></cfg:Config>"
)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as running:
        yield running


def diagnose(
    endpoint: Endpoint, host: str = "", *, seconds: float = 30, **options: Any
) -> Diagnosis:
    """Return a diagnosis that has every finding once, in their order."""
    given: dict[str, Any] = {
        "destination_port": endpoint.port,
        "credentials": endpoint.credentials,
        **options,
    }
    if endpoint.ca_file is not None:
        given = {"transport": "HTTPS", "ca_file": endpoint.ca_file} | given
    with mi.Application() as application:
        found = application.diagnose(
            host or endpoint.host, mi.DestinationOptions(**given), deadline=seconds
        )
    has_lines(found)
    assert endpoint.logons + endpoint.refused_logons <= 1
    assert endpoint.open_contexts == 0
    return found


def has_lines(found: Diagnosis) -> None:
    """Look whether each finding is there once, in one line, and with the line that mends it."""
    assert [finding.name for finding in found] == list(NAMES)
    for finding in found:
        assert "\n" not in f"{finding.detail}{finding.advice}", finding
        assert finding.advice or finding.verdict in (OK, SKIPPED), finding
    assert found.as_dict() == json.loads(json.dumps(found.as_dict()))


def verdicts(found: Diagnosis) -> dict[str, Verdict]:
    return {finding.name: finding.verdict for finding in found}


def configured(
    endpoint: Endpoint, size: int = 500, clear: str = "false", level: str = "Relaxed"
) -> None:
    """Let the endpoint tell its configuration, as it tells administrators."""
    body = CONFIGURATION.format(size=size, clear=clear, level=level).encode()

    def told(fault: bytes) -> bytes:
        return re.sub(
            rb"(<s:Body[^>]*>).*(</s:Body>)", rb"\1" + body + rb"\2", fault, flags=re.DOTALL
        )

    endpoint.disturb(Replace("Get", envelope=told, status=200))


# What is right


def test_all_that_can_be_found_is_found_with_one_logon(endpoint: Endpoint) -> None:
    configured(endpoint)
    found = diagnose(endpoint)
    assert found.is_ok
    assert {name for name, verdict in verdicts(found).items() if verdict is OK} == {
        "name",
        "port",
        "service",
        "schemes",
        "logon",
        "sealing",
        "identify",
        "clear text",
        "channel binding",
        "envelope size",
        "wmi",
    }
    assert found["schemes"].detail == "Negotiate, Basic"
    assert "by NTLM_DOMAIN in" in found["logon"].detail
    assert "Microsoft Corporation" in found["identify"].detail
    assert "Windows Server" in found["wmi"].detail
    assert endpoint.logons == 1
    assert all(one.is_sealed for one in endpoint.exchanges)


def test_everything_that_is_not_right_has_its_line(endpoint: Endpoint) -> None:
    configured(endpoint, size=150, clear="true", level="None")
    found = diagnose(endpoint, packet_privacy=False)
    assert [one.name for one in found if one.verdict in (WARNING, FAILED)] == ["tls", "logon"]


@pytest.mark.parametrize(
    ("how", "name", "verdict", "told"),
    [
        ({"size": 150}, "envelope size", WARNING, "150 KB; max_envelope_size=150"),
        ({"size": 8000}, "envelope size", OK, "8000 KB"),
        ({"clear": "true"}, "clear text", WARNING, "AllowUnencrypted; winrm set"),
        ({"level": "None"}, "channel binding", WARNING, "CbtHardeningLevel; winrm set"),
        ({"level": "Strict"}, "channel binding", OK, "Strict"),
    ],
)
def test_the_configuration_says_what_the_service_demands(
    endpoint: Endpoint, how: Any, name: str, verdict: Verdict, told: str
) -> None:
    configured(endpoint, **how)
    finding = diagnose(endpoint)[name]
    assert finding.verdict is verdict
    detail, _, advice = told.partition("; ")
    assert detail in finding.detail
    assert advice in (finding.advice or "")


def test_a_configuration_that_is_not_told_is_no_failure(endpoint: Endpoint) -> None:
    found = diagnose(endpoint)
    for name in ("clear text", "channel binding", "envelope size"):
        assert found[name].verdict is SKIPPED
        assert "administrator" in str(found[name].advice)
    assert found.is_ok


def test_a_configuration_without_the_settings_says_nothing(endpoint: Endpoint) -> None:
    def told(fault: bytes) -> bytes:
        return re.sub(rb"(<s:Body[^>]*>).*(</s:Body>)", rb"\1<x/>\2", fault, flags=re.DOTALL)

    endpoint.disturb(Replace("Get", envelope=told, status=200))
    found = diagnose(endpoint)
    for name in ("clear text", "channel binding", "envelope size"):
        assert (found[name].verdict, found[name].detail) == (SKIPPED, "the service does not say")


def test_other_kinds_of_servers_have_no_configuration_and_no_wmi(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, server_kind="omi")
    for name in ("clear text", "channel binding", "envelope size", "wmi"):
        assert found[name].verdict is SKIPPED
        assert "omi" in found[name].detail
    assert [one.name for one in endpoint.exchanges] == ["Identify"]


# The way


def test_a_name_that_nobody_knows_ends_the_search(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, "nowhere.invalid")
    assert verdicts(found)["name"] is FAILED
    assert all(finding.verdict is SKIPPED for finding in list(found)[1:])
    assert found["wmi"].detail == "not tried, for the name comes first"
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


def served(*replies: Any, tls: ssl.SSLContext | None = None, **options: Any) -> Diagnosis:
    """Return the diagnosis of a server that plays these scripts, one for each connection."""
    with ScriptedServer(*replies, tls=tls) as server, mi.Application() as application:
        given = server.options(credentials=Credentials.password("a", "b"))
        given.update(**options)
        found = application.diagnose("127.0.0.1", given, deadline=20)
    has_lines(found)
    return found


def idle(peer: Peer) -> None:
    peer.wait_for_end()


def replying(status: int, **headers: str) -> Any:
    def reply(peer: Peer) -> None:
        peer.request()
        peer.reply(status, **headers)
        peer.wait_for_end()

    return reply


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
    monkeypatch.setattr(diagnosis, "_PATIENCE", 0.1)
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


# Who asks


def test_a_wrong_password_is_one_logon_and_the_end(endpoint: Endpoint) -> None:
    other = Credentials.password("other", "wrong")
    wrong = Credentials.password(endpoint.user.name, "wrong")
    found = diagnose(endpoint, credentials=[wrong, other, endpoint.credentials])
    assert found["logon"].verdict is FAILED
    assert "does not accept the credentials" in found["logon"].detail
    assert found["wmi"].verdict is SKIPPED
    assert (endpoint.logons, endpoint.refused_logons) == (0, 1)


@pytest.mark.parametrize("privacy", [None, False])
def test_basic_in_clear_is_never_tried(endpoint: Endpoint, privacy: bool | None) -> None:
    found = diagnose(endpoint, credentials=endpoint.basic_credentials, packet_privacy=privacy)
    assert found["logon"].verdict is SKIPPED
    assert "nothing was sent" in found["logon"].detail
    assert found["tls"].verdict is (SKIPPED if privacy is None else WARNING)
    assert endpoint.logons == endpoint.refused_logons == 0


@pytest.mark.parametrize("scheme", [Scheme.BASIC, Scheme.CRED_SSP])
def test_no_password_goes_to_whoever_answers(scheme: Scheme) -> None:
    with Endpoint(tls=True, schemes=("Basic", "CredSSP")) as endpoint:
        own = endpoint.credentials_for(scheme)
        found = diagnose(endpoint, "localhost", credentials=own, cert_ca_check=False)
        assert found["logon"].verdict is SKIPPED
        assert "certificate_fingerprint=" in str(found["logon"].advice)
        assert endpoint.logons == 0
    with Endpoint(tls=True, schemes=("Basic", "CredSSP")) as endpoint:
        found = diagnose(endpoint, "localhost", credentials=endpoint.credentials_for(scheme))
        assert found["logon"].verdict is OK


def test_messages_in_clear_are_warned_of() -> None:
    with Endpoint(allow_unencrypted=True) as endpoint:
        found = diagnose(endpoint, packet_privacy=False)
        assert (found["sealing"].verdict, found["wmi"].verdict) == (WARNING, OK)


def test_a_callable_is_asked_once_and_its_failure_is_a_finding(endpoint: Endpoint) -> None:
    asked: list[int] = []

    def ask() -> Credentials:
        asked.append(1)
        if len(asked) > 1:
            raise LookupError
        return endpoint.credentials

    assert diagnose(endpoint, credentials=ask)["wmi"].verdict is OK
    assert asked == [1]
    with Endpoint() as another:
        found = diagnose(another, credentials=ask)
        assert found["ticket"].verdict is FAILED
        assert found["logon"].verdict is SKIPPED


def test_a_connection_that_is_lost_after_the_logon_costs_no_second_one(endpoint: Endpoint) -> None:
    endpoint.disturb(Cut("Get"))
    found = diagnose(endpoint)
    assert found["clear text"].verdict is SKIPPED
    assert found["wmi"].verdict is FAILED
    assert "second logon is not spent" in found["wmi"].detail
    assert endpoint.logons == 1


def test_a_connection_that_is_lost_with_the_answer_to_the_logon_costs_no_second_one(
    endpoint: Endpoint,
) -> None:
    endpoint.disturb(Cut("Identify", count=None))
    assert diagnose(endpoint)["logon"].verdict is FAILED
    assert endpoint.logons == 1


def test_who_may_not_use_wmi_is_told_which_right_is_missing() -> None:
    with Endpoint(limits=Limits(denied=("root/cimv2",))) as endpoint:
        found = diagnose(endpoint)
        assert found["wmi"].verdict is FAILED
        assert found["wmi"].advice
        assert found["logon"].verdict is OK


def test_a_namespace_without_windows_is_told(endpoint: Endpoint) -> None:
    found = diagnose(endpoint, default_namespace="root/interop")
    assert found["wmi"].verdict in (WARNING, FAILED)


def test_no_system_at_all_is_told(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        diagnosis, "_QUERY", "SELECT Caption FROM Win32_OperatingSystem WHERE Caption = 'x'"
    )
    assert diagnose(endpoint)["wmi"].verdict is WARNING


def test_what_was_begun_is_released(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "_QUERY", "SELECT Name FROM Win32_Service")
    endpoint.disturb(Replace("Pull", envelope=lambda reply: reply.replace(b"PullResponse", b"x")))
    assert diagnose(endpoint)["wmi"].verdict is FAILED
    assert endpoint.exchanges[-1].name == "Release"


def test_all_of_it_ends_on_time(endpoint: Endpoint) -> None:
    endpoint.disturb(Stall("Identify"))
    found = diagnose(endpoint, seconds=0.6)
    assert found["logon"].verdict is FAILED
    assert "waiting for the reply" in found["logon"].detail


def test_a_search_that_is_dropped_closes_its_connection(endpoint: Endpoint) -> None:
    options = mi.DestinationOptions(
        destination_port=endpoint.port, credentials=endpoint.credentials
    )
    findings = iter(WinrmHandler().diagnose(endpoint.host, options, Expiry.after(10, "deadline")))
    assert next(finding for finding in findings if finding.name == "logon").verdict is OK
    findings.close()  # type: ignore[attr-defined]


# Kerberos


def test_where_kerberos_cannot_be_is_told(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = Credentials.password(endpoint.user.name, endpoint.user.password)
    assert "no Kerberos name" in diagnose(endpoint, credentials=by_name)["ticket"].detail
    monkeypatch.setitem(sys.modules, "protocols.security.tickets", None)
    with Endpoint() as another:
        finding = diagnose(another, "localhost", credentials=by_name)["ticket"]
    assert "HTTP/localhost" in finding.detail
    assert "[kerberos]" in str(finding.advice)


@pytest.fixture
def realm_endpoint(kdc: Kdc, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    real = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **how: Any) -> Any:
        return real("127.0.0.1" if host == HOST else host, *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with ExitStack() as stack:
        yield stack.enter_context(
            Endpoint(schemes=("Negotiate", "Kerberos"), keytab=kdc.keytab, principal=OPS)
        )


@requires_kerberos
def test_a_ticket_is_asked_for_by_password(realm_endpoint: Endpoint) -> None:
    own = Credentials.password(OPS, PASSWORD, scheme=Scheme.KERBEROS)
    found = diagnose(realm_endpoint, HOST, credentials=own)
    assert found["ticket"] == Finding(
        "ticket", SKIPPED, f"one for HTTP/{HOST} is asked for when logging on"
    )
    assert "by KERBEROS" in found["logon"].detail


@requires_kerberos
@pytest.mark.parametrize("scheme", [Scheme.KERBEROS, Scheme.NEGOTIATE])
def test_a_wrong_password_is_one_attempt_at_the_kdc_and_none_at_the_server(
    kdc: Kdc, realm_endpoint: Endpoint, scheme: Scheme
) -> None:
    before = kdc.log.count("PREAUTH_FAILED")
    wrong = Credentials.password(OPS, "wrong", scheme=scheme)
    found = diagnose(realm_endpoint, HOST, credentials=wrong)
    assert found["logon"].verdict is FAILED
    assert "does not accept the password" in found["logon"].detail
    assert kdc.log.count("PREAUTH_FAILED") == before + 1
    assert (realm_endpoint.logons, realm_endpoint.refused_logons) == (0, 0)


@requires_kerberos
def test_a_ticket_in_the_cache_is_shown(kdc: Kdc, realm_endpoint: Endpoint) -> None:
    missing = diagnose(realm_endpoint, HOST, credentials=None)["ticket"]
    assert (missing.verdict, missing.advice) == (FAILED, "Run: kinit")
    kdc.kinit()
    with Endpoint(schemes=("Negotiate", "Kerberos"), keytab=kdc.keytab, principal=OPS) as another:
        found = diagnose(another, HOST, credentials=None)
    assert found["ticket"].verdict is OK
    assert f"{OPS} may ask for HTTP/{HOST} for" in found["ticket"].detail
    assert found["logon"].detail.startswith("the current user by")


# The handler


def test_what_cannot_be_looked_at_is_an_error() -> None:
    handler, expiry = WinrmHandler(), Expiry.after(1, "deadline")
    with pytest.raises(mi.InvalidParameter):
        handler.diagnose("http://a", mi.DestinationOptions(), expiry)
    with pytest.raises(mi.InvalidParameter):
        handler.diagnose("a", mi.DestinationOptions(cert_revocation_check=True), expiry)


def test_nothing_is_asked_before_there_is_a_connection() -> None:
    examination = Examination("a", mi.DestinationOptions(), Expiry.after(1, "deadline"))
    assert list(examination._identify()) == []
    with pytest.raises(mi.ConnectionFailed):
        examination._ask(diagnosis.Request("", ""))
