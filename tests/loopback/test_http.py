"""An endpoint lives as long as its context, on loopback alone, and leaves nothing behind."""

import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import mi
from mi.credentials import Scheme
from mi.errors import InvalidParameter
from protocols.loopback import Endpoint, Exchange, Limits, Repository, Stall
from protocols.wsman.identify import IDENTIFY


def test_it_answers_while_its_context_lasts_and_no_longer(connect: Any) -> None:
    with Endpoint(allow_unencrypted=True) as endpoint:
        assert connect(endpoint).get("Win32_Service", Name="WinRM").status == 200
        address = endpoint.host, endpoint.port
    with pytest.raises(OSError):  # noqa: PT011 - refused, or reset
        socket.create_connection(address, timeout=5).recv(1)
    endpoint.close()


def test_every_thread_ends_with_it() -> None:
    before = set(threading.enumerate())
    with Endpoint() as endpoint:
        idle = [socket.create_connection((endpoint.host, endpoint.port)) for _ in range(3)]
        stall = endpoint.disturb(Stall(where="accept"))
        stalled = socket.create_connection((endpoint.host, endpoint.port))
        assert stall.reached.wait(10)
    assert set(threading.enumerate()) == before
    for one in (*idle, stalled):
        one.close()


def test_its_url_says_scheme_port_and_path() -> None:
    assert Endpoint(port=5985).url == "http://127.0.0.1:5985/wsman"
    assert Endpoint(port=1, host="::1", tls=True, path="/x").url == "https://[::1]:1/x"


def test_its_options_trust_its_authority_and_name_its_path() -> None:
    with (
        Endpoint(tls=True, path="/x") as endpoint,
        mi.connect(endpoint.host, options=endpoint.options()) as session,
    ):
        assert session.test_connection() is not None


def test_schemes_are_known_in_any_case_and_no_others() -> None:
    with (
        Endpoint(schemes=("negotiate",)) as endpoint,
        mi.connect(endpoint.host, options=endpoint.options()) as session,
    ):
        assert session.test_connection() is not None
    with pytest.raises(InvalidParameter, match="no scheme 'NTLM'") as caught:
        Endpoint(schemes=("Basic", "NTLM"))
    assert "NTLM is a part of Negotiate" in str(caught.value.advice)
    with pytest.raises(InvalidParameter, match="no certificates without TLS"):
        Endpoint(schemes=("Certificate",))


def test_a_path_begins_with_a_slash() -> None:
    with pytest.raises(InvalidParameter, match="does not begin with a slash"):
        Endpoint(path="wsman")


def test_ipv6_is_answered_where_there_is_any(connect: Any) -> None:
    if not socket.has_ipv6:
        pytest.skip("Windows or any other without IPv6")
    with Endpoint(host="::1", allow_unencrypted=True) as endpoint:
        assert connect(endpoint).ask(IDENTIFY).status == 200


def test_its_credentials_are_its_users_in_either_scheme() -> None:
    endpoint = Endpoint()
    for given, scheme in (
        (endpoint.credentials, Scheme.NTLM_DOMAIN), (endpoint.basic_credentials, Scheme.BASIC),
    ):  # fmt: skip
        assert given.scheme is scheme
        assert given.user is not None
        assert given.user.user == endpoint.user.name
        assert given.reveal() == endpoint.user.password


def test_it_serves_the_repository_it_is_given(connect: Any) -> None:
    empty = Repository()
    with Endpoint(empty, allow_unencrypted=True) as endpoint:
        assert endpoint.repository is empty
        assert connect(endpoint).get("Win32_Service", Name="WinRM").status == 500


def test_its_limits_are_those_it_is_given(connect: Any) -> None:
    with Endpoint(limits=Limits(product_version="2.0"), allow_unencrypted=True) as endpoint:
        assert b"<wsmid:ProductVersion>2.0<" in connect(endpoint).ask(IDENTIFY).body


def test_it_counts_and_records_what_it_is_asked(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint)
    first = client.enumerate("Win32_Service")
    assert (endpoint.open_contexts, endpoint.open_connections) == (1, 1)
    client.pull(first.context, "Win32_Service")
    assert (endpoint.requests, endpoint.connections) == (2, 1)
    assert (endpoint.logons, endpoint.refused_logons) == (1, 0)
    assert endpoint.open_contexts == len(endpoint.contexts) == 0
    assert endpoint.bytes_received > 1000
    assert endpoint.bytes_sent > 100_000
    one, other = endpoint.exchanges
    assert isinstance(one, Exchange)
    assert [one.name, other.name] == ["Enumerate", "Pull"]
    assert one.reply_bytes == first.body
    assert (one.status, one.is_sealed, one.connection) == (200, False, 1)
    assert b"Enumerate" in one.request_bytes


def test_connections_can_be_dropped_as_idle_ones_are(endpoint: Endpoint, connect: Any) -> None:
    client = connect(endpoint)
    client.ask(IDENTIFY)
    endpoint.drop_connections()
    deadline = time.monotonic() + 10
    while endpoint.open_connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert endpoint.open_connections == 0
    client.connection.close()
    assert client.ask(IDENTIFY).status == 200
    assert endpoint.connections == 2


def test_what_was_to_go_wrong_can_be_called_off(endpoint: Endpoint, connect: Any) -> None:
    endpoint.disturb(Stall("Identify"))
    endpoint.undisturb()
    assert connect(endpoint).ask(IDENTIFY).status == 200


def test_tls_has_a_certificate_for_its_names_from_its_own_authority() -> None:
    with Endpoint(tls=True, certificate_names=("here.example",)) as endpoint:
        context = ssl.create_default_context(cafile=endpoint.ca_file)
        address = endpoint.host, endpoint.port
        with (
            socket.create_connection(address) as raw,
            context.wrap_socket(raw, server_hostname="here.example") as wrapped,
        ):
            wrapped.sendall(b"POST /wsman HTTP/1.1\r\n\r\n")
            assert wrapped.recv(100).startswith(b"HTTP/1.1 401 ")
        with socket.create_connection(address) as raw, pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname="localhost")
    assert endpoint.ca_file is not None
    assert not Path(endpoint.ca_file).exists()


def test_the_user_has_credentials_for_each_scheme_and_a_certificate_where_it_counts() -> None:
    with Endpoint() as endpoint:
        digest = endpoint.credentials_for("Digest")
        assert (str(digest.user), digest.scheme) == (endpoint.user.name, Scheme.DIGEST)
        with pytest.raises(InvalidParameter, match="has no certificate") as caught:
            endpoint.credentials_for("ClientCertificate")
        assert "tls=True" in str(caught.value.advice)
    with Endpoint(tls=True, schemes=("Certificate",)) as endpoint:
        files = endpoint.credentials_for(Scheme.CLIENT_CERTIFICATE).certificate_files
        assert files is not None
        assert Path(files.certificate).exists()
        assert endpoint.delegated == []


def test_its_shells_can_be_scripted_and_are_counted(endpoint: Endpoint) -> None:
    assert (endpoint.open_shells, endpoint.open_commands) == (0, 0)
    assert endpoint.commands is endpoint.shells.commands
    assert endpoint.scripts is endpoint.shells.scripts
    endpoint.files.write(r"C:\Windows\a.txt", b"x")
    assert endpoint.shells.files.read(r"c:\windows\A.TXT") == b"x"
    assert endpoint.event_log.last("System") > 0
    assert endpoint.shells.owner == rf"WIN-LAB01\{endpoint.user.name}"
