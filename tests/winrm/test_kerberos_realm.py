"""Kerberos for real: a KDC of MIT's, an endpoint with a keytab, and whole operations, sealed."""

import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

import mi
from mi import Credentials, Scheme
from protocols.loopback import Endpoint
from tests.hostile import is_clear
from tests.kdc import (
    OPS,
    PASSWORD,
    REALM,
    Kdc,
    join,
    requires_faketime,
    requires_kerberos,
)
from tests.winrm.authority import Authority
from tests.winrm.interceptor import Interceptor
from tests.winrm.scripted import Peer, ScriptedServer

pytestmark = requires_kerberos

HOST = "server.loopback.test"
NAMES = (HOST, "alias.loopback.test", "server")
SCHEMES = ("Negotiate", "Kerberos", "CredSSP", "Basic")
BY_PASSWORD = Credentials.password(OPS, PASSWORD, scheme=Scheme.KERBEROS)
WAYS = [Scheme.KERBEROS, Scheme.NEGOTIATE]


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the names of the tests be known to the dialler, and to nothing else."""
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, flags: int = 0, **others: Any) -> Any:
        if host in NAMES and not flags & socket.AI_NUMERICHOST:
            host = "127.0.0.1"
        return real(host, *arguments, flags=flags, **others)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def endpoint(kdc: Kdc) -> Iterator[Endpoint]:
    with Endpoint(schemes=SCHEMES, keytab=kdc.keytab, principal=OPS) as running:
        yield running


def session(
    endpoint: Endpoint, credentials: Credentials | None, host: str = HOST, **options: Any
) -> mi.Session:
    return mi.connect(host, destination_port=endpoint.port, credentials=credentials, **options)


def works(
    endpoint: Endpoint, credentials: Credentials | None, host: str = HOST, **options: Any
) -> None:
    """Let two operations run, each sealed."""
    with session(endpoint, credentials, host, **options) as opened:
        opened.test_connection()
        assert len(opened.enumerate_instances("Win32_Service").all()) == 125
    assert all(one.is_sealed for one in endpoint.exchanges)
    assert (endpoint.logons, endpoint.refused_logons) == (1, 0)


def fails(
    endpoint: Endpoint, credentials: Credentials | None, host: str = HOST, **options: Any
) -> str:
    """Return what the error says, which is the same the second time."""
    with session(endpoint, credentials, host, **options) as opened:
        with pytest.raises(mi.AuthenticationFailed) as first:
            opened.test_connection()
        with pytest.raises(mi.AuthenticationFailed) as second:
            opened.test_connection()
    assert first.value.message == second.value.message
    assert endpoint.exchanges == []
    return f"{first.value.message} {first.value.advice}"


# What one can show


@pytest.mark.parametrize("scheme", WAYS)
def test_a_password(endpoint: Endpoint, scheme: Scheme) -> None:
    works(endpoint, Credentials.password(OPS, PASSWORD, scheme=scheme))
    assert endpoint.requests == len(endpoint.exchanges) + 1  # the logon is one exchange


@pytest.mark.parametrize("scheme", WAYS)
def test_a_keytab(endpoint: Endpoint, kdc: Kdc, scheme: Scheme) -> None:
    works(endpoint, Credentials.keytab("ops", kdc.user_keytab(), scheme=scheme))


@pytest.mark.parametrize(
    "credentials", [None, Credentials.current_user(), Credentials.current_user("Kerberos")]
)
def test_the_ticket_in_the_cache(
    endpoint: Endpoint, kdc: Kdc, credentials: Credentials | None
) -> None:
    kdc.kinit()
    works(endpoint, credentials)


def test_the_ticket_in_a_cache_that_is_named(endpoint: Endpoint, kdc: Kdc) -> None:
    cache = f"FILE:{kdc.folder / 'named'}"
    kdc.kinit(cache=cache)
    works(endpoint, Credentials.current_user("Kerberos", ticket_cache=cache))


def test_nothing_may_become_something(endpoint: Endpoint, kdc: Kdc) -> None:
    with session(endpoint, None) as opened:
        with pytest.raises(mi.AuthenticationFailed, match="no credentials were given") as caught:
            opened.test_connection()
        assert "kinit" in str(caught.value.advice)
        kdc.kinit()
        opened.test_connection()


def test_an_expired_ticket(endpoint: Endpoint, kdc: Kdc) -> None:
    kdc.kinit("-l", "1s")
    time.sleep(2.1)  # a ticket counts whole seconds, and is good in its last
    said = fails(endpoint, Credentials.current_user())
    assert "the Kerberos ticket of the current user has expired" in said
    assert "kinit -R" in said


def test_a_wrong_password_is_one_attempt_at_the_kdc_and_none_at_the_server(
    endpoint: Endpoint, kdc: Kdc
) -> None:
    for scheme in WAYS:
        before = kdc.log.count("PREAUTH_FAILED")
        said = fails(endpoint, Credentials.password(OPS, "wrong", scheme=scheme))
        assert "the realm does not accept the password or key of ops@LOOPBACK.TEST" in said
        assert kdc.log.count("PREAUTH_FAILED") == before + 1
    assert endpoint.requests == 0


@pytest.mark.parametrize("scheme", WAYS)
def test_64_threads_with_a_wrong_password_are_one_attempt_at_the_kdc(
    endpoint: Endpoint, kdc: Kdc, scheme: Scheme
) -> None:
    before = kdc.log.count("PREAUTH_FAILED")
    failures: list[BaseException] = []

    def work(opened: mi.Session) -> None:
        try:
            opened.test_connection()
        except mi.MIError as error:
            failures.append(error)

    wrong = Credentials.password(OPS, "wrong", scheme=scheme)
    with session(endpoint, wrong, max_connections=8, timeout=60) as opened:
        threads = [threading.Thread(target=work, args=(opened,)) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert kdc.log.count("PREAUTH_FAILED") == before + 1
    assert [type(failure) for failure in failures] == [mi.AuthenticationFailed] * 64
    assert endpoint.requests == 0


@pytest.mark.parametrize("scheme", [*WAYS, Scheme.CRED_SSP])
@pytest.mark.parametrize(
    "form",
    [
        {"user": OPS},
        {"user": "ops"},
        {"user": "LOOPBACK\\ops"},
        {"user": "ops", "domain": "LOOPBACK"},
        {"user": "ops", "domain": REALM},
    ],
)
def test_each_form_of_a_user_name(
    endpoint: Endpoint, kdc: Kdc, scheme: Scheme, form: dict[str, str]
) -> None:
    before = kdc.log
    works(endpoint, Credentials.password(**form, password=PASSWORD, scheme=scheme))
    assert f"{OPS} for HTTP/{HOST}@{REALM}" in kdc.log.removeprefix(before)


@pytest.mark.parametrize("name", ["ops@loopback.test", "ops@Loopback.Test", "loopback.test\\ops"])
def test_a_realm_in_the_wrong_case(endpoint: Endpoint, name: str) -> None:
    works(endpoint, Credentials.password(name, PASSWORD, scheme=Scheme.KERBEROS))


def test_a_local_account_of_the_server_is_not_asked_for_at_the_kdc(
    endpoint: Endpoint, kdc: Kdc
) -> None:
    before = kdc.log
    name, password = f".\\{endpoint.user.name}", endpoint.user.password
    works(endpoint, Credentials.password(name, password))
    by_ticket = Credentials.password(name, password, scheme=Scheme.KERBEROS)
    with (
        session(endpoint, by_ticket) as opened,
        pytest.raises(mi.NotSupported, match="nothing tells the realm of"),
    ):
        opened.test_connection()
    assert kdc.log == before


def test_a_user_whom_the_realm_does_not_know_is_tried_by_ntlm(endpoint: Endpoint, kdc: Kdc) -> None:
    works(endpoint, Credentials.password(endpoint.user.name, endpoint.user.password))
    assert f"CLIENT_NOT_FOUND: {endpoint.user.name}@{REALM}" in kdc.log


# What the server is called


def test_a_service_that_the_realm_does_not_know(endpoint: Endpoint) -> None:
    said = fails(endpoint, BY_PASSWORD, service_principal="HTTP/unknown.loopback.test")
    assert "the Kerberos realm knows no service HTTP/unknown.loopback.test" in said
    assert "service_principal=" in said
    assert endpoint.requests == 0


def test_a_service_that_the_server_is_not(endpoint: Endpoint, kdc: Kdc) -> None:
    kdc.admin("addprinc -randkey HTTP/wrong.loopback.test")  # and not in the keytab
    said = fails(endpoint, BY_PASSWORD, service_principal="HTTP/wrong.loopback.test")
    assert "HTTP/wrong.loopback.test" in said
    assert endpoint.requests == 1


def test_a_service_named_with_its_port(endpoint: Endpoint, kdc: Kdc) -> None:
    kdc.add_service(f"HTTP/{HOST}:{endpoint.port}")
    works(endpoint, BY_PASSWORD, encode_port_in_spn=True)
    assert f"for HTTP/{HOST}:{endpoint.port}@{REALM}" in kdc.log


def test_an_alias_is_asked_for_as_it_was_written(endpoint: Endpoint, kdc: Kdc) -> None:
    alias = "alias.loopback.test"  # as a CNAME of the server would be
    said = fails(endpoint, BY_PASSWORD, alias)
    assert f"knows no service HTTP/{alias}" in said
    works(endpoint, BY_PASSWORD, alias, service_principal=f"HTTP/{HOST}")


def test_a_short_name_stays_short(endpoint: Endpoint, kdc: Kdc) -> None:
    kdc.add_service("HTTP/server")
    works(endpoint, BY_PASSWORD, "server")
    assert f"for HTTP/server@{REALM}" in kdc.log


def test_another_place_to_connect_to_is_no_other_name(endpoint: Endpoint, kdc: Kdc) -> None:
    kdc.add_service("HTTP/nowhere.loopback.test")
    elsewhere = f"{endpoint.host}:{endpoint.port}"
    works(endpoint, BY_PASSWORD, "nowhere.loopback.test", connect_to=elsewhere)
    assert f"for HTTP/nowhere.loopback.test@{REALM}" in kdc.log


def test_a_name_is_not_looked_up_backwards(endpoint: Endpoint, kdc: Kdc) -> None:
    """This machine's own name leads to an address that most often has another one."""
    own = socket.gethostname().lower()
    kdc.add_service(f"HTTP/{own}")
    works(endpoint, BY_PASSWORD, own, connect_to=f"{endpoint.host}:{endpoint.port}")
    assert f"for HTTP/{own}@{REALM}" in kdc.log


def test_an_address_is_asked_for_by_ntlm_and_by_kerberos_not_at_all(
    endpoint: Endpoint, kdc: Kdc
) -> None:
    before = kdc.log
    with (
        session(endpoint, BY_PASSWORD, "127.0.0.1") as opened,
        pytest.raises(mi.NotSupported, match=r"names, and 127\.0\.0\.1 is an address"),
    ):
        opened.test_connection()
    works(endpoint, endpoint.credentials_for(Scheme.NEGOTIATE), "127.0.0.1")
    assert kdc.log == before


# Clocks


@pytest.fixture(scope="module")
def early_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kdc]:
    """A realm whose clock is an hour ahead."""
    folder = tmp_path_factory.mktemp("early")
    with Kdc(folder, ahead=3600, client=" kdc_timesync = 0") as running:
        yield running


@requires_faketime
def test_clocks_that_differ(early_realm: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    join(early_realm, monkeypatch)
    with Endpoint(keytab=early_realm.keytab, principal=OPS) as endpoint:
        said = fails(endpoint, BY_PASSWORD)
    assert "the clocks of this machine, the server and the Kerberos realm differ too much" in said
    assert "NTP" in said


@requires_faketime
def test_a_server_whose_clock_is_not_the_realms(
    early_realm: Kdc, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(early_realm, monkeypatch)
    early_realm.configure()  # so that this machine follows the realm's clock, as it does by itself
    with Endpoint(keytab=early_realm.keytab, principal=OPS) as endpoint:
        fails(endpoint, BY_PASSWORD)
        assert endpoint.refused_logons == 1


# Delegation


def test_delegation_only_where_it_is_asked_for(endpoint: Endpoint, kdc: Kdc) -> None:
    works(endpoint, BY_PASSWORD)
    assert endpoint.delegated == []
    with session(endpoint, BY_PASSWORD, delegation=True) as opened:
        opened.test_connection()
    assert endpoint.delegated == [OPS]


def test_delegation_of_a_ticket_that_was_not_made_for_it_is_told(
    endpoint: Endpoint, kdc: Kdc
) -> None:
    kdc.kinit()
    told: list[str] = []
    callbacks = mi.SessionCallbacks(write_message=lambda channel, text: told.append(text))
    options = mi.DestinationOptions(destination_port=endpoint.port, delegation=True)
    with (
        mi.Application() as application,
        application.new_session("WINRM", HOST, options, callbacks) as opened,
    ):
        opened.test_connection()
    assert endpoint.delegated == []
    assert any("not forwardable" in text for text in told)


# Other ways


def test_under_tls_it_is_bound_to_the_certificate_and_costs_one_exchange(kdc: Kdc) -> None:
    with Endpoint(
        keytab=kdc.keytab, principal=OPS, tls=True, channel_bindings=True, certificate_names=(HOST,)
    ) as endpoint:
        with session(endpoint, BY_PASSWORD, transport="HTTPS", ca_file=endpoint.ca_file) as opened:
            opened.test_connection()
            opened.test_connection()
        assert endpoint.requests == 3
        assert endpoint.logons == 1


def test_what_opens_tls_on_the_way_is_refused_by_the_server_and_told(
    kdc: Kdc, authority: Authority
) -> None:
    with Endpoint(
        keytab=kdc.keytab, principal=OPS, tls=True, channel_bindings=True, certificate_names=(HOST,)
    ) as endpoint:
        between = Interceptor(endpoint, authority, HOST)
        options = {"transport": "HTTPS", "ca_file": authority.ca_file, "dialer": between}
        said = fails(endpoint, BY_PASSWORD, **options)
        between.close()
        assert "something in between may open TLS" in said
        assert between.fingerprint in said
        assert (endpoint.logons, endpoint.refused_logons) == (0, 1)


def test_a_server_that_has_only_kerberos_by_its_own_name(kdc: Kdc) -> None:
    with Endpoint(schemes=("Kerberos",), keytab=kdc.keytab, principal=OPS) as endpoint:
        works(endpoint, BY_PASSWORD)


def test_a_server_that_has_only_basic_is_told_nothing(kdc: Kdc) -> None:
    with Endpoint(schemes=("Basic",)) as endpoint:
        assert "does not take Kerberos; it offers Basic" in fails(endpoint, BY_PASSWORD)


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(
    "token",
    [
        "",
        "%%%%",
        b64encode(b"x" * 40).decode(),
        b64encode(b"\x60\x82" + b"x" * 40_000).decode(),
        "A" * 1_000_000,
    ],
    ids=["nothing", "no base 64", "garbage", "40 KB", "1 MB"],
)
def test_a_server_that_does_not_prove_itself_is_told_nothing(
    kdc: Kdc, token: str, status: int
) -> None:
    def serve(peer: Peer) -> None:
        while True:
            peer.request()
            peer.reply(status, WWW_Authenticate=f"Negotiate {token}".strip())

    with ScriptedServer(serve) as server:
        options = server.options(credentials=BY_PASSWORD)
        with mi.connect(HOST, options=options) as opened, pytest.raises(mi.MIError) as caught:
            opened.test_connection(timeout=10)
        is_clear(caught.value, "Kerberos|prove|garbled|LineTooLong")
        assert len(server.requests) == 1
        assert server.requests[0].body == b""


def test_credssp_proves_itself_by_kerberos(endpoint: Endpoint) -> None:
    works(endpoint, Credentials.password(OPS, PASSWORD, scheme=Scheme.CRED_SSP))
    assert endpoint.delegated == [OPS]


def test_a_second_connection_asks_the_kdc_for_nothing(endpoint: Endpoint, kdc: Kdc) -> None:
    with session(endpoint, BY_PASSWORD) as opened:
        opened.test_connection()
        asked = kdc.log.count("ISSUE")
        endpoint.drop_connections()
        opened.test_connection()
    assert endpoint.logons == 2
    assert kdc.log.count("ISSUE") == asked


def test_a_kdc_that_is_away_leaves_ntlm(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    realm = Kdc(tmp_path_factory.mktemp("away"))  # and not started
    join(realm, monkeypatch)
    with Endpoint() as endpoint:
        works(endpoint, endpoint.credentials_for(Scheme.NEGOTIATE))


def test_a_kdc_that_is_away_is_told(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    realm = Kdc(tmp_path_factory.mktemp("gone"))
    join(realm, monkeypatch)
    with Endpoint() as endpoint:
        assert "no server of the Kerberos realm can be found" in fails(endpoint, BY_PASSWORD)
