import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from mi.control import CancelToken, Expiry
from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidParameter,
    MIError,
    NotSupported,
    OperationTimeout,
    ProtocolError,
)
from protocols.loopback.users import User
from protocols.network.bounds import Bounds
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket
from protocols.winrm.connection import reach
from protocols.winrm.proxies import Proxy, system_proxy
from tests.winrm.connect_proxy import ConnectProxy
from tests.winrm.scripted import Peer, ScriptedServer

ELSEWHERE = Place("server01", 5985)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """What is behind the proxy: it answers a request with hello."""

    def hello(peer: Peer) -> None:
        peer.request()
        peer.send(b"hello")
        peer.wait_for_end()

    with ScriptedServer(hello) as running:
        yield running


def bounds(seconds: float = 5) -> Bounds:
    return Bounds(Expiry.after(seconds, "timeout"), CancelToken(), 1_000_000)


def proxy_at(port: int, *credentials: Credentials | Callable[[], Credentials]) -> Proxy:
    return Proxy(Place("127.0.0.1", port), credentials)


def tunnel(proxy: Proxy, target: Place, seconds: float = 5) -> BoundedSocket:
    with bounds(seconds) as fresh:
        dial = partial(reach, proxy.place, fresh, is_proxy=True)
        connection = proxy.tunnel(target, dial, fresh)
        assert (fresh.is_sent, fresh.received) == (False, 0)
        return connection


def says_hello(proxy: Proxy, server: ScriptedServer) -> bool:
    """Whether a tunnel leads to the server."""
    connection = tunnel(proxy, Place("127.0.0.1", server.port))
    with bounds() as connection.bounds, connection, connection.makefile("rb") as file:
        connection.sendall(b"POST / HTTP/1.1\r\n\r\n")
        return file.read(5) == b"hello"


def by(user: User, scheme: str, password: str | None = None) -> Credentials:
    return Credentials.password(user.name, password or user.password, scheme=scheme)


def fails(proxy: Proxy, kind: type[MIError], match: str, target: Place = ELSEWHERE) -> MIError:
    with pytest.raises(kind, match=match) as caught:
        tunnel(proxy, target)
    return caught.value


# Who asks


def test_a_proxy_that_asks_nobody_gets_no_credentials(server: ScriptedServer, user: User) -> None:
    with ConnectProxy() as there:
        assert says_hello(proxy_at(there.port, by(user, "Basic")), server)
    assert there.asked == [(f"127.0.0.1:{server.port}", None)]


@pytest.mark.parametrize("closes", [False, True])
@pytest.mark.parametrize(
    ("scheme", "offered"),
    [
        ("Basic", ("Negotiate", "Basic")),
        ("Digest", ("Basic", "Digest")),
    ],
)
def test_the_scheme_that_was_chosen_is_used_where_it_is_offered(
    server: ScriptedServer, user: User, scheme: str, offered: tuple[str, ...], closes: bool
) -> None:
    with ConnectProxy(user, offered, closes=closes) as there:
        assert says_hello(proxy_at(there.port, by(user, scheme)), server)
    assert [how for _, how in there.asked] == [None, scheme]
    assert (there.logons, there.connections) == (1, 1 + closes)


@pytest.mark.parametrize("name", ["NTLM", "Negotiate"])
def test_ntlm_keeps_to_one_connection(server: ScriptedServer, user: User, name: str) -> None:
    with ConnectProxy(user, (name, "Basic")) as there:
        assert says_hello(proxy_at(there.port, by(user, "Default")), server)
    assert [how for _, how in there.asked] == [None, name, name]
    assert (there.logons, there.connections) == (1, 1)


def test_ntlm_does_not_go_on_where_the_proxy_closes_the_connection(user: User) -> None:
    with ConnectProxy(user, ("NTLM",), closes=True) as there:
        fails(proxy_at(there.port, by(user, "Ntlmdomain")), ConnectionFailed, "was being logged on")
    assert there.refused == 0


def test_a_challenge_that_became_too_old_is_answered_anew(
    server: ScriptedServer, user: User
) -> None:
    with ConnectProxy(user, ("Digest",), is_stale=True) as there:
        assert says_hello(proxy_at(there.port, by(user, "Digest")), server)
    assert [how for _, how in there.asked] == [None, "Digest", "Digest"]


def test_a_scheme_that_is_not_offered_makes_room_for_the_next(
    server: ScriptedServer, user: User
) -> None:
    with ConnectProxy(user, ("Basic",)) as there:
        proxy = proxy_at(there.port, by(user, "Digest"), lambda: by(user, "Basic"))
        assert says_hello(proxy, server)
    assert [how for _, how in there.asked] == [None, "Basic"]


@pytest.mark.parametrize("scheme", ["Basic", "Digest", "NTLM"])
def test_a_wrong_password_is_sent_once_and_never_in_another_way(user: User, scheme: str) -> None:
    with ConnectProxy(user, (scheme, "Basic")) as there:
        proxy = proxy_at(
            there.port,
            by(user, {"NTLM": "Ntlmdomain"}.get(scheme, scheme), "wrong"),
            by(user, "Basic" if scheme != "Basic" else "Digest", "wrong"),
        )
        for _ in range(3):
            error = fails(proxy, AuthenticationFailed, "does not accept the credentials of")
            assert "wrong" not in repr(error)
    assert there.refused == 1


def test_another_user_is_tried_after_a_refusal(server: ScriptedServer, user: User) -> None:
    nobody = Credentials.password("nobody", "pw", scheme="Basic")
    with ConnectProxy(user, ("Basic",)) as there:
        assert says_hello(proxy_at(there.port, nobody, by(user, "Basic")), server)
    assert (there.refused, there.logons) == (1, 1)


def test_until_credentials_were_accepted_one_logon_runs_at_a_time(user: User) -> None:
    with ConnectProxy(user, ("Basic",)) as there:
        proxy = proxy_at(there.port, by(user, "Basic", "wrong"))
        threads = [
            threading.Thread(target=fails, args=(proxy, AuthenticationFailed, "does not accept"))
            for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert there.refused == 1


def test_once_accepted_credentials_serve_all_connections(
    server: ScriptedServer, user: User
) -> None:
    with ConnectProxy(user, ("Basic",)) as there:
        proxy = proxy_at(there.port, by(user, "Basic"))
        assert all(says_hello(proxy, server) for _ in range(3))
    assert there.logons == 3


@pytest.mark.parametrize("credentials", [(), (Credentials.password("a", "b", scheme="Digest"),)])
def test_a_proxy_that_wants_to_know_more_says_what_it_takes(
    user: User, credentials: tuple[Credentials, ...]
) -> None:
    with ConnectProxy(user, ("Negotiate", "Basic")) as there:
        error = fails(
            proxy_at(there.port, *credentials), AuthenticationFailed, "it offers Negotiate, Basic"
        )
    assert "proxy_credentials=" in str(error.advice)


def test_credentials_that_are_not_for_proxies_are_told(user: User) -> None:
    with ConnectProxy(user, ("Basic",)) as there:
        fails(proxy_at(there.port, Credentials.current_user()), NotSupported, "with a proxy")


# What goes wrong


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (403, "rules"),
        (405, "CONNECT"),
        (501, "CONNECT"),
        (502, "cannot reach the server"),
        (504, "cannot reach the server"),
        (418, "who runs"),
    ],
)
def test_a_refusal_to_connect_says_what_to_do(status: int, advice: str) -> None:
    def refuse(peer: Peer) -> None:
        peer.request()
        peer.reply(status, b"<html>no</html>", reason="No\tway")
        peer.wait_for_end()

    with ScriptedServer(refuse) as there:
        error = fails(
            proxy_at(there.port), ConnectionFailed, f"server01:5985: HTTP status {status}"
        )
        assert there.ends.acquire(timeout=5)
    assert advice in str(error.advice)
    assert "No way" in str(error)


def test_a_server_that_the_proxy_cannot_reach_is_told() -> None:
    with ConnectProxy(reaches=lambda *_: ("127.0.0.1", 1)) as there:
        fails(proxy_at(there.port), ConnectionFailed, "status 502 Bad Gateway")


def test_a_proxy_that_cannot_be_reached_is_told_from_the_server() -> None:
    error = fails(proxy_at(1), ConnectionFailed, "the proxy 127.0.0.1:1 cannot be reached")
    assert "address of the proxy" in str(error.advice)


@pytest.mark.parametrize(
    ("said", "match"),
    [
        (b"", "RemoteDisconnected"),
        (b"SSH-2.0-OpenSSH_9\r\n", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", "HTTPException"),
        (b"HTTP/1.1 407 Who\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "IncompleteRead"),
    ],
)
def test_a_proxy_that_is_none_is_told(said: bytes, match: str) -> None:
    def say(peer: Peer) -> None:
        peer.request()
        peer.send(said)

    with ScriptedServer(say) as there:
        fails(proxy_at(there.port), ConnectionFailed, f"not answer as HTTP should: {match}")


def test_pages_without_end_are_not_read_to_it(user: User) -> None:
    def endless(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n" + b"x" * 70_000)
        peer.wait_for_end()

    with ScriptedServer(endless) as there:
        fails(proxy_at(there.port), AuthenticationFailed, "offers Basic")
        assert there.ends.acquire(timeout=5)


def test_headers_without_end_are_bounded() -> None:
    def endless(peer: Peer) -> None:
        peer.request()
        while True:
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)

    with ScriptedServer(endless) as there:
        fails(proxy_at(there.port), ProtocolError, "does not end")


def test_a_proxy_that_does_not_answer_costs_no_more_than_the_time() -> None:
    started = time.monotonic()
    with (
        ScriptedServer(lambda peer: peer.stall()) as there,
        pytest.raises(OperationTimeout, match="while asking the proxy"),
    ):
        tunnel(proxy_at(there.port), ELSEWHERE, 0.2)
    assert time.monotonic() - started < 10  # however much else there is to do


def test_ctrl_c_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with ScriptedServer(lambda peer: peer.wait_for_end()) as there:
        monkeypatch.setattr(BoundedSocket, "sendall", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tunnel(proxy_at(there.port), ELSEWHERE)
        assert there.ends.acquire(timeout=5)


# The system's proxy


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def of_system(scheme: str = "http", target: Place = ELSEWHERE) -> Proxy | None:
    with bounds() as fresh:
        return system_proxy(target, scheme, fresh)


def test_the_environment_names_a_proxy_by_scheme(environment: pytest.MonkeyPatch) -> None:
    assert of_system() is None
    environment.setenv("http_proxy", "http://one:3128/")
    environment.setenv("https_proxy", "two:3129")
    for scheme, place in (("http", Place("one", 3128)), ("https", Place("two", 3129))):
        found = of_system(scheme)
        assert found is not None
        assert found.place == place


def test_the_environment_may_except_hosts(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("all_proxy", "http://one:3128")
    environment.setenv("no_proxy", "server01,.contoso.com")
    assert of_system() is None
    assert of_system(target=Place("web.contoso.com", 5985)) is None
    assert of_system(target=Place("server02", 5985)) is not None


@pytest.mark.parametrize("scheme", ["NTLM", "Digest", "Basic"])
def test_a_user_in_the_environment_logs_on_by_what_is_offered(
    environment: pytest.MonkeyPatch, server: ScriptedServer, user: User, scheme: str
) -> None:
    with ConnectProxy(user, (scheme,)) as there:
        environment.setenv(
            "http_proxy", f"http://{user.name}:{user.password}@127.0.0.1:{there.port}"
        )
        environment.setenv("no_proxy", "localhost")
        found = of_system()
        assert found is not None
        assert says_hello(found, server)
    assert there.asked[-1][1] == scheme


def test_a_user_without_a_password_is_one_too(
    environment: pytest.MonkeyPatch, server: ScriptedServer
) -> None:
    with ConnectProxy(User("ops", ""), ("NTLM", "Basic")) as there:
        environment.setenv("http_proxy", f"http://ops@127.0.0.1:{there.port}")
        found = of_system()
        assert found is not None
        assert says_hello(found, server)
    assert there.asked[-1][1] == "Basic"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://ops:hunter2@", InvalidParameter),
        ("http://ops:hunter2@proxy:0", InvalidParameter),
        ("socks5://ops:hunter2@proxy:1080", NotSupported),
    ],
)
def test_what_is_no_proxy_is_told_without_the_password(
    environment: pytest.MonkeyPatch, url: str, kind: type[MIError]
) -> None:
    environment.setenv("all_proxy", url)
    with pytest.raises(kind, match="the system's setting of a proxy") as caught:
        of_system()
    assert "hunter2" not in str(caught.value)


def test_nothing_is_left_open_when_a_tunnel_is_refused(user: User) -> None:
    with ConnectProxy(user, ("Basic",)) as there:
        fails(proxy_at(there.port), AuthenticationFailed, "wants to know")
        there._sockets[0].settimeout(5)
        assert there._sockets[0].recv(1) == b""
        assert isinstance(there._sockets[0], socket.socket)
