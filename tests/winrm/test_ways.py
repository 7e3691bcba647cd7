"""Whole sessions over every way to a host: proxies, dialers, other places, and TLS."""

import contextlib
import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import mi
from protocols.loopback import Endpoint
from protocols.loopback.users import User
from tests.winrm.authority import Authority
from tests.winrm.connect_proxy import ConnectProxy
from tests.winrm.interceptor import Interceptor

NAME = "server01.contoso.com"


@pytest.fixture
def tls_endpoint() -> Iterator[Endpoint]:
    """Return an endpoint that demands channel bindings, as CbtHardeningLevel=Strict does."""
    with Endpoint(tls=True, channel_bindings=True, certificate_names=(NAME,)) as running:
        yield running


def caption(endpoint: Endpoint, destination: str = NAME, **options: Any) -> str:
    """Return what an endpoint says of its system, over the way that the options say."""
    given: dict[str, Any] = {"credentials": endpoint.credentials, "timeout": 10, **options}
    given["destination_port"] = endpoint.port
    if endpoint.ca_file is not None:
        given = {"transport": "HTTPS", "ca_file": endpoint.ca_file} | given
    with mi.connect(destination, **given) as session:
        (system,) = session.query_instances("SELECT Caption FROM Win32_OperatingSystem").all()
        return str(system["Caption"])


def to(endpoint: Endpoint) -> dict[str, Any]:
    """Return the options that send the socket to an endpoint, whatever the destination is."""
    return {"connect_to": f"{endpoint.host}:{endpoint.port}"}


def last_message(endpoint: Endpoint) -> str:
    return endpoint.exchanges[-1].request_bytes.decode()


def test_a_destination_is_a_name_wherever_it_is_reached(endpoint: Endpoint) -> None:
    assert "Windows" in caption(endpoint, **to(endpoint))
    address = f"<a:To>http://{NAME}:{endpoint.port}/wsman</a:To>".encode()
    assert all(
        address in one.request_bytes.replace(b' s:mustUnderstand="true"', b"")
        for one in endpoint.exchanges
    )
    assert all(one.is_sealed for one in endpoint.exchanges)


# A machine without IPv6 has no zones either, and the same is said of an IPv4 address.
LOOPBACK = "::1" if socket.has_dualstack_ipv6() else "127.0.0.1"
ZONE = f"%{socket.if_nameindex()[0][0]}" if ":" in LOOPBACK else ""


def test_a_zone_is_of_this_machine_and_is_told_to_nobody() -> None:
    with Endpoint(host=LOOPBACK) as endpoint:
        place = endpoint.url.removeprefix("http://").partition("/")[0]
        assert "Windows" in caption(endpoint, f"{LOOPBACK}{ZONE}")
        assert f">http://{place}/wsman<" in last_message(endpoint)
        elsewhere = place.replace(LOOPBACK, f"{LOOPBACK}{ZONE}")
        assert "Windows" in caption(endpoint, connect_to=elsewhere)
        assert f">http://{NAME}:{endpoint.port}/wsman<" in last_message(endpoint)


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate", "Basic", "Digest"])
def test_sealed_http_goes_through_a_proxy_as_https_does(
    endpoint: Endpoint, tls_endpoint: Endpoint, scheme: str, is_secure: bool
) -> None:
    reached = tls_endpoint if is_secure else endpoint
    place, user = (reached.host, reached.port), endpoint.user
    known = {"NTLM": "Ntlmdomain", "Negotiate": "Default"}.get(scheme, scheme)
    own = mi.Credentials.password(user.name, user.password, scheme=known)
    with ConnectProxy(user, (scheme,), reaches=lambda *_: place) as there:
        assert "Windows" in caption(reached, proxy=there.url, proxy_credentials=own)
    assert {asked for asked, _ in there.asked} == {f"{NAME}:{reached.port}"}
    assert (there.logons, reached.logons) == (1, 1)
    assert all(one.is_sealed is not is_secure for one in reached.exchanges)


def test_a_proxy_s_password_is_not_sent_to_the_server_nor_the_server_s_to_it(
    tls_endpoint: Endpoint,
) -> None:
    own = mi.Credentials.password("proxied", "for the proxy", scheme="Basic")
    reaches = (tls_endpoint.host, tls_endpoint.port)
    with ConnectProxy(
        User("proxied", "for the proxy"), ("Basic",), reaches=lambda *_: reaches
    ) as p:
        assert "Windows" in caption(
            tls_endpoint,
            proxy=p.url,
            proxy_credentials=own,
            credentials=tls_endpoint.basic_credentials,
        )
    assert p.refused == tls_endpoint.refused_logons == 0


def test_a_callable_for_a_proxy_is_asked_once_whatever_the_number_of_connections(
    endpoint: Endpoint,
) -> None:
    user, asked = endpoint.user, []

    def vault() -> mi.Credentials:
        asked.append(1)
        return mi.Credentials.password(user.name, user.password, scheme="Basic")

    with (
        ConnectProxy(user, ("Basic",)) as there,
        mi.connect(
            endpoint.host,
            destination_port=endpoint.port,
            credentials=endpoint.credentials,
            proxy=there.url,
            proxy_credentials=vault,
        ) as session,
    ):
        for _ in range(3):
            session.test_connection()
            endpoint.drop_connections()
    assert asked == [1]
    assert (there.logons, there.refused) == (3, 0)


@pytest.mark.parametrize("is_secure", [False, True])
def test_the_environment_names_a_proxy_only_where_that_was_asked_for(
    endpoint: Endpoint, tls_endpoint: Endpoint, is_secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = tls_endpoint if is_secure else endpoint
    place = reached.host, reached.port
    user = endpoint.user
    with ConnectProxy(user, ("Basic", "Digest"), reaches=lambda *_: place) as there:
        url = f"http://{user.name}:{user.password}@127.0.0.1:{there.port}"
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        assert "Windows" in caption(reached, **to(reached))
        assert there.asked == []
        assert "Windows" in caption(reached, proxy_type="Auto")
        assert there.asked[-1] == (f"{NAME}:{reached.port}", "Digest")


def test_a_change_that_never_left_for_want_of_a_proxy_is_known_to_be_undone(
    endpoint: Endpoint,
) -> None:
    with pytest.raises(mi.AuthenticationFailed) as caught, ConnectProxy(User("a", "b")) as there:
        caption(endpoint, proxy=there.url)
    assert not caught.value.outcome_unknown


def test_a_dialer_may_bring_a_tunnel(tls_endpoint: Endpoint) -> None:
    def through(host: str, port: int, timeout: float | None) -> socket.socket:
        ours, theirs = socket.socketpair()
        server = socket.create_connection((tls_endpoint.host, tls_endpoint.port), timeout)
        for pair in ((theirs, server), (server, theirs)):
            threads.append(threading.Thread(target=_copy, args=pair, daemon=True))
            threads[-1].start()
        ends.extend((theirs, server))
        dialled.append((host, port))
        return ours

    threads: list[threading.Thread] = []
    ends: list[socket.socket] = []
    dialled: list[tuple[str, int]] = []
    assert "Windows" in caption(tls_endpoint, dialer=through)
    for thread in threads:
        thread.join(10)
    for end in ends:
        end.close()
    assert set(dialled) == {(NAME, tls_endpoint.port)}


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


# TLS


def test_a_logon_is_bound_to_the_certificate(tls_endpoint: Endpoint) -> None:
    assert "Windows" in caption(tls_endpoint, **to(tls_endpoint))
    assert tls_endpoint.logons == 1


def test_the_server_may_have_another_name_for_tls(tls_endpoint: Endpoint) -> None:
    with pytest.raises(mi.CertificateRejected, match="check of its name"):
        caption(tls_endpoint, "localhost")
    assert "Windows" in caption(tls_endpoint, "localhost", tls_server_name=NAME)


def test_a_pinned_certificate_needs_no_authority(tls_endpoint: Endpoint) -> None:
    der = ssl.PEM_cert_to_DER_cert(
        ssl.get_server_certificate((tls_endpoint.host, tls_endpoint.port))
    )
    pin = hashlib.sha256(der).hexdigest()
    given = {"ca_file": None, "certificate_fingerprint": pin}
    assert "Windows" in caption(tls_endpoint, "localhost", **given)
    with pytest.raises(mi.CertificateRejected):
        caption(tls_endpoint, "localhost", **given | {"certificate_fingerprint": "0" * 64})


def test_what_opens_tls_on_the_way_is_refused_by_the_server_and_told(
    tls_endpoint: Endpoint, authority: Authority
) -> None:
    between = Interceptor(tls_endpoint, authority, NAME)
    with pytest.raises(mi.AuthenticationFailed) as caught:
        caption(tls_endpoint, dialer=between, ca_file=authority.ca_file)
    between.close()
    assert "something in between may open TLS" in str(caught.value.advice)
    assert between.fingerprint in str(caught.value.advice)
    assert tls_endpoint.refused_logons == 1


def test_credssp_is_bound_to_no_certificate_and_its_refusal_speaks_of_none() -> None:
    with Endpoint(tls=True, schemes=("CredSSP",), certificate_names=(NAME,)) as endpoint:
        wrong = mi.Credentials.password(endpoint.user.name, "wrong", scheme="CredSSP")
        with pytest.raises(mi.AuthenticationFailed, match="does not accept") as caught:
            caption(endpoint, credentials=wrong, **to(endpoint))
        assert "TLS" not in str(caught.value.advice)


def test_a_server_that_wants_a_client_certificate_says_so_after_the_handshake(
    authority: Authority,
) -> None:
    context = authority.server("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.ca_file)
    over = threading.Event()
    open_sockets: list[ssl.SSLSocket] = []

    def refuse(listener: socket.socket) -> None:
        while True:
            raw, _ = listener.accept()
            secured = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
            open_sockets.append(secured)
            if over.is_set():
                return
            with contextlib.suppress(ssl.SSLError):
                secured.do_handshake()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=refuse, args=(listener,), daemon=True)
        thread.start()
        with (
            mi.connect(
                "127.0.0.1",
                transport="HTTPS",
                destination_port=listener.getsockname()[1],
                ca_file=authority.ca_file,
                credentials=mi.Credentials.password("a", "b", scheme="Basic"),
                timeout=5,
            ) as session,
            pytest.raises(mi.ConnectionFailed, match="client's certificate") as caught,
        ):
            session.test_connection()
        over.set()
        socket.create_connection(listener.getsockname()).close()
        thread.join(10)
        for one in open_sockets:
            one.close()
    assert "mi.Credentials.certificate" in str(caught.value.advice)


@pytest.mark.parametrize(
    "options",
    [
        {"cert_revocation_check": True},
        {"connect_to": "a:b"},
        {"tls_server_name": "https://a"},
        {"proxy": "http://"},
        {"proxy": "http://a", "proxy_type": "Auto"},
    ],
)
def test_a_way_that_cannot_be_is_refused_when_the_session_is_made(options: Any) -> None:
    with pytest.raises(mi.InvalidParameter):
        mi.connect("server01", **options)


def test_a_file_that_cannot_be_read_is_told_by_the_first_operation(tmp_path: Path) -> None:
    with (
        mi.connect("server01", transport="HTTPS", ca_file=str(tmp_path / "none")) as session,
        pytest.raises(mi.InvalidParameter, match="no authorities"),
    ):
        session.test_connection()
