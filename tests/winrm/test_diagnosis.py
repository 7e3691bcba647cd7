"""The diagnosis of a host: every finding, one logon at most, and no password in the open."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

import mi
from mi import Credentials, Finding, Scheme, Verdict
from mi.control import Expiry
from protocols.loopback import Endpoint, Stall
from protocols.winrm.handler import WinrmHandler
from tests.kdc import OPS, PASSWORD, Kdc, requires_kerberos
from tests.winrm.diagnosing import (
    HOST,
    configured,
    diagnose,
    verdicts,
)

OK, WARNING, FAILED, SKIPPED = Verdict


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


# Who asks


@pytest.mark.parametrize("privacy", [None, False])
def test_basic_in_clear_is_never_tried(endpoint: Endpoint, privacy: bool | None) -> None:
    found = diagnose(endpoint, credentials=endpoint.basic_credentials, packet_privacy=privacy)
    assert found["logon"].verdict is (FAILED if privacy is None else SKIPPED)
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


# Kerberos


def test_where_kerberos_cannot_be_is_told(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = Credentials.password(endpoint.user.name, endpoint.user.password)
    assert "so NTLM" in diagnose(endpoint, credentials=by_name)["ticket"].detail
    alone = Credentials.password("ops@LAB.EXAMPLE", "secret", scheme="Kerberos")
    assert diagnose(endpoint, credentials=alone)["ticket"].verdict is FAILED
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


# The end of it


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


def test_what_cannot_be_looked_at_is_an_error() -> None:
    handler, expiry = WinrmHandler(), Expiry.after(1, "deadline")
    with pytest.raises(mi.InvalidParameter):
        handler.diagnose("http://a", mi.DestinationOptions(), expiry)
    with pytest.raises(mi.InvalidParameter):
        handler.diagnose("a", mi.DestinationOptions(cert_revocation_check=True), expiry)
