"""What both endpoints are: on loopback alone, for one user, gone without a trace."""

import os
import socket
import threading
import time
from pathlib import Path

import pytest

import mi
from mi.credentials import Scheme
from mi.errors import InvalidParameter
from protocols.loopback import DcomEndpoint, Endpoint

pytestmark = pytest.mark.parametrize("kind", [Endpoint, DcomEndpoint])
Kind = type[Endpoint] | type[DcomEndpoint]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "server01"])  # noqa: S104 - refused
def test_it_serves_no_other_machines(kind: Kind, host: str) -> None:
    with pytest.raises(InvalidParameter, match="loopback") as caught:
        kind(host=host)
    assert "127.0.0.1" in str(caught.value.advice)


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_is_one_of_tcp(kind: Kind, port: int) -> None:
    with pytest.raises(InvalidParameter, match="is no port"):
        kind(port=port)


def test_it_says_where_it_is(kind: Kind) -> None:
    assert repr(kind(port=5985)) == f"<{kind.__name__} on 127.0.0.1, port 5985>"


def test_it_gives_the_options_by_which_its_user_connects(kind: Kind) -> None:
    with kind() as endpoint:
        protocol = "WINRM" if isinstance(endpoint, Endpoint) else "WMIDCOM"
        options = endpoint.options(timeout=5)
        assert options.timeout == 5
        assert endpoint.options(credentials=None).credentials is None
        with mi.connect(endpoint.host, protocol=protocol, options=options) as session:
            assert session.get_class("Win32_Service").name == "Win32_Service"
        assert endpoint.logons


def test_there_are_none_before_it_listens(kind: Kind) -> None:
    with pytest.raises(InvalidParameter, match="does not listen yet"):
        kind().options()


@pytest.mark.usefixtures("no_user_file")
def test_its_user_is_known_only_as_long_as_it_lives(kind: Kind) -> None:
    with kind() as endpoint:
        assert endpoint.user.name in Path(os.environ["NTLM_USER_FILE"]).read_text()
    assert "NTLM_USER_FILE" not in os.environ


@pytest.mark.usefixtures("no_user_file")
def test_a_port_that_is_taken_leaves_nothing_behind(kind: Kind) -> None:
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = kind(port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"), endpoint:
            pass
    assert set(threading.enumerate()) == before
    assert "NTLM_USER_FILE" not in os.environ


def test_it_can_be_closed_twice_and_begin_again_on_the_same_port(kind: Kind) -> None:
    endpoint = kind()
    ports = set()
    for count in (1, 2):
        with endpoint:
            ports.add(endpoint.port)
            address = endpoint.host, endpoint.port
            with socket.create_connection(address, timeout=10) as client:
                client.sendall(b"this is neither HTTP nor RPC\r\n\r\n")
                while client.recv(1000):
                    pass
            assert endpoint.connections == count
        assert endpoint.open_connections == 0
        endpoint.close()
    assert len(ports) == 1


def test_a_client_of_its_can_be_dropped(kind: Kind) -> None:
    with (
        kind() as endpoint,
        socket.create_connection((endpoint.host, endpoint.port), timeout=10) as client,
    ):
        end = time.monotonic() + 10
        while not endpoint.open_connections:
            assert time.monotonic() < end
            time.sleep(0.001)
        endpoint.drop_connections()
        assert client.recv(1) == b""


def test_its_user_has_credentials_for_each_scheme(kind: Kind) -> None:
    endpoint = kind()
    assert endpoint.credentials.scheme is Scheme.NTLM_DOMAIN
    negotiate = endpoint.credentials_for("Negotiate")
    assert negotiate.scheme is Scheme.NEGOTIATE
    assert negotiate.user is not None
    assert negotiate.user.user == endpoint.user.name
    assert negotiate.reveal() == endpoint.user.password


@pytest.fixture
def no_user_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has named a file of users."""
    monkeypatch.delenv("NTLM_USER_FILE", raising=False)
