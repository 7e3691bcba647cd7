import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest

from mi.control import CancelToken, Expiry
from mi.credentials import CertificateFiles, Credentials
from mi.errors import (
    AuthenticationFailed,
    CertificateRejected,
    ConnectionFailed,
    InvalidParameter,
    NotSupported,
    OperationCancelled,
    OperationTimeout,
    TypeMismatch,
)
from mi.options import DestinationOptions
from protocols.loopback.users import User
from protocols.network.bounds import Bounds
from protocols.network.places import Place
from protocols.network.sockets import BoundedSocket
from protocols.winrm.connector import Connector
from protocols.winrm.endpoint import Address
from protocols.winrm.proxies import Proxy
from tests.winrm.authority import Authority
from tests.winrm.connect_proxy import ConnectProxy
from tests.winrm.scripted import Peer, ScriptedServer


def echo(peer: Peer) -> None:
    while data := peer._socket.recv(5):
        peer.send(data)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(echo) as running:
        yield running


def connector(server: ScriptedServer, host: str = "127.0.0.1", **options: object) -> Connector:
    given = server.options(**options)
    return Connector(Address.of(host, given), given)


def connect(
    made: Connector, seconds: float = 5, certificate: CertificateFiles | None = None
) -> BoundedSocket:
    with Bounds(Expiry.after(seconds, "timeout"), CancelToken(), 100_000) as fresh:
        return made.connect(fresh, certificate)


def works(connection: BoundedSocket) -> bool:
    """Whether what is sent comes back."""
    with Bounds(Expiry.after(5, "timeout"), CancelToken(), 1000) as connection.bounds, connection:
        connection.sendall(b"hello")
        buffer = bytearray(5)
        assert connection.recv_into(buffer) == 5
        return bytes(buffer) == b"hello"


def test_a_connection_is_made_to_the_destination(server: ScriptedServer) -> None:
    assert works(connect(connector(server)))


def test_a_connection_may_be_made_elsewhere(server: ScriptedServer) -> None:
    made = connector(server, "nowhere.invalid", connect_to=f"127.0.0.1:{server.port}")
    assert works(connect(made))


def test_a_zone_reaches_the_system(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[object] = []

    def reach(self: BoundedSocket, where: object, give_up_at: float | None) -> None:
        reached.append(where)

    monkeypatch.setattr(BoundedSocket, "reach", reach)
    index, name = socket.if_nameindex()[0]
    for host, elsewhere in ((f"fe80::1%{name}", None), ("server01", f"[fe80::1%{name}]:80")):
        connect(connector(server, host, connect_to=elsewhere)).close()
    assert [where[3] for where in reached] == [index, index]  # type: ignore[index]
    assert [where[1] for where in reached] == [server.port, 80]  # type: ignore[index]


def test_options_that_contradict_one_another_are_told_at_once(server: ScriptedServer) -> None:
    with pytest.raises(InvalidParameter):
        connector(server, cert_revocation_check=True)
    with pytest.raises(NotSupported):
        connector(server, proxy="socks5://proxy")


# TLS


def test_tls_knows_the_destination_by_its_name_wherever_it_is(authority: Authority) -> None:
    with ScriptedServer(echo, tls=authority.server("server01")) as server:
        there = f"127.0.0.1:{server.port}"
        trusted = {"ca_file": authority.ca_file, "connect_to": there}
        assert works(connect(connector(server, "server01", **trusted)))
        assert works(connect(connector(server, "else", tls_server_name="server01", **trusted)))
        with pytest.raises(CertificateRejected, match="check of its name"):
            connect(connector(server, "else", **trusted))


def test_the_name_is_checked_where_the_issuer_is_not(authority: Authority) -> None:
    with ScriptedServer(echo, tls=authority.server("server01")) as server:
        lax = {"cert_ca_check": False, "connect_to": f"127.0.0.1:{server.port}"}
        assert works(connect(connector(server, "server01", **lax)))
        assert works(connect(connector(server, "else", cert_cn_check=False, **lax)))
        with pytest.raises(CertificateRejected, match="check of its name"):
            connect(connector(server, "else", **lax))


def test_a_pinned_certificate_is_taken_and_no_other(authority: Authority) -> None:
    with ScriptedServer(echo, tls=authority.server("server01", days=-1)) as server:
        pinned = hashlib.sha256(authority.issued).hexdigest()
        connection = connect(connector(server, certificate_fingerprint=pinned))
        assert works(connection)  # and closed
        assert hashlib.sha256(connection.certificate).hexdigest() == pinned
        with pytest.raises(CertificateRejected, match="check of its fingerprint") as caught:
            connect(connector(server, certificate_fingerprint="ab" * 32))
        assert pinned in caught.value.message
        with pytest.raises(CertificateRejected, match="check of its dates"):
            connect(
                connector(
                    server,
                    certificate_fingerprint=pinned,
                    cert_ca_check=True,
                    ca_file=authority.ca_file,
                )
            )


def test_a_client_certificate_has_a_context_of_its_own(authority: Authority) -> None:
    asking = authority.server("127.0.0.1")
    asking.verify_mode = ssl.CERT_OPTIONAL
    asking.load_verify_locations(authority.ca_file)
    seen: list[bytes | None] = []

    def look(peer: Peer) -> None:
        peer._socket.recv(1)
        assert isinstance(peer._socket, ssl.SSLSocket)
        seen.append(peer._socket.getpeercert(binary_form=True))
        peer.send(b"x")

    own = CertificateFiles(authority.files("client", password=b"pw"), None, "pw")
    shown = authority.issued
    with ScriptedServer(look, tls=asking) as server:
        made = connector(server, ca_file=authority.ca_file)
        for certificate in (None, own, None):
            with connect(made, certificate=certificate) as connection:
                connection.sendall(b"x")
                assert connection.recv_into(bytearray(1))
    assert seen == [None, shown, None]


def test_what_has_no_certificate_has_none(server: ScriptedServer) -> None:
    with connect(connector(server)) as connection:
        assert connection.certificate == b""


# Through a proxy


def test_a_proxy_is_asked_for_what_is_reached_at_last(authority: Authority) -> None:
    with (
        ScriptedServer(echo, tls=authority.server("server01")) as server,
        ConnectProxy(reaches=lambda *_: ("127.0.0.1", server.port)) as there,
    ):
        proxied = {"ca_file": authority.ca_file, "proxy": there.url}
        assert works(connect(connector(server, "server01", **proxied)))
        assert works(connect(connector(server, "server01", connect_to="gate:1", **proxied)))
        assert works(connect(connector(server, "server01", connect_to="[fe80::1%lo]", **proxied)))
    assert [place for place, _ in there.asked] == [
        f"server01:{server.port}",
        "gate:1",
        f"[fe80::1]:{server.port}",
    ]


def test_connections_share_what_became_of_the_proxy_s_credentials(server: ScriptedServer) -> None:
    wrong = Credentials.password("ops", "wrong", scheme="Basic")
    with ConnectProxy(User("ops", "right"), ("Basic",)) as there:
        made = connector(server, proxy=there.url, proxy_credentials=wrong)
        for _ in range(2):
            with pytest.raises(AuthenticationFailed, match="does not accept"):
                connect(made)
    assert there.refused == 1


def test_the_system_is_asked_for_a_proxy_once(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User("ops", "right")
    with ConnectProxy(user, ("Basic",)) as there:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("http_proxy", f"http://ops:right@127.0.0.1:{there.port}")
        made = connector(server, proxy_type="Auto")
        assert works(connect(made))
        monkeypatch.delenv("http_proxy")
        assert works(connect(made))
    assert there.logons == 2


def test_two_that_ask_the_system_at_once_get_the_same_proxy(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = connector(server, proxy_type="Auto")
    found: list[Proxy | None] = []

    def look(*_: object) -> Proxy:
        if not found:
            found.append(None)
            found.append(made._chosen_proxy(fresh))
        return Proxy(Place("proxy", len(found)))

    monkeypatch.setattr("protocols.winrm.connector.system_proxy", look)
    with Bounds(Expiry(), CancelToken(), 0) as fresh:
        assert made._chosen_proxy(fresh) is found[1]


def test_the_caller_s_credentials_are_for_the_system_s_proxy_too(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy(User("ops", "right"), ("Basic",)) as there:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("http_proxy", there.url)
        own = Credentials.password("ops", "right", scheme="Basic")
        assert works(connect(connector(server, proxy_type="Auto", proxy_credentials=own)))


def test_the_environment_counts_only_when_asked(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert works(connect(connector(server)))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert works(connect(connector(server, proxy_type="Auto")))


# A dialer


class Dialer:
    """Brings sockets to a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[tuple[str, int, float | None]] = []

    def __call__(self, host: str, port: int, timeout: float | None) -> socket.socket:
        self.asked.append((host, port, timeout))
        return socket.create_connection(("127.0.0.1", self.port), timeout)


def test_a_dialer_is_told_where_to_and_how_much_time_there_is(server: ScriptedServer) -> None:
    dialer = Dialer(server.port)
    with connect(connector(server, "server01", dialer=dialer)) as connection:
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert works(connection)
    ((host, port, timeout),) = dialer.asked
    assert (host, port) == ("server01", server.port)
    assert timeout is not None
    assert 0 < timeout <= 5


def test_a_dialer_brings_the_socket_to_a_proxy_and_below_tls(authority: Authority) -> None:
    with (
        ScriptedServer(echo, tls=authority.server("server01")) as server,
        ConnectProxy(reaches=lambda *_: ("127.0.0.1", server.port)) as there,
    ):
        dialer = Dialer(there.port)
        made = connector(
            server, "server01", dialer=dialer, proxy="proxy:3128", ca_file=authority.ca_file
        )
        assert works(connect(made))
    assert dialer.asked[0][:2] == ("proxy", 3128)
    assert there.asked == [(f"server01:{server.port}", None)]


def test_any_plain_socket_will_do(server: ScriptedServer) -> None:
    def bring(host: str, port: int, timeout: float | None) -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=lambda: theirs.sendall(theirs.recv(5))).start()
        pairs.append(theirs)
        return ours

    pairs: list[socket.socket] = []
    assert works(connect(connector(server, dialer=bring)))
    pairs[0].close()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Refused.*Connection refused"),
        (ValueError("password hunter2"), "ValueError$"),
    ],
)
def test_a_dialer_that_fails_is_a_failed_connection(
    server: ScriptedServer, failure: Exception, told: str
) -> None:
    def fail(host: str, port: int, timeout: float | None) -> socket.socket:
        raise failure

    with pytest.raises(ConnectionFailed, match="brought no connection") as caught:
        connect(connector(server, dialer=fail))
    assert caught.value.__cause__ is failure
    assert "hunter2" not in str(caught.value)


def test_an_error_of_ours_passes_through_a_dialer(server: ScriptedServer) -> None:
    def fail(host: str, port: int, timeout: float | None) -> socket.socket:
        raise CertificateRejected("the jump host is not who it should be")

    with pytest.raises(CertificateRejected, match="jump host"):
        connect(connector(server, dialer=fail))


@pytest.mark.parametrize("kind", ["nothing", "tls"])
def test_what_is_no_plain_socket_is_refused(server: ScriptedServer, kind: str) -> None:
    context = ssl.create_default_context()
    given = {
        "nothing": lambda: None,
        "tls": lambda: context.wrap_socket(socket.socket(), server_hostname="a"),
    }[kind]()
    with pytest.raises(TypeMismatch, match="instead of a plain socket"):
        connect(connector(server, dialer=lambda *_: given))
    if given is not None:
        given.close()


def test_a_dialer_that_hangs_is_left_behind_and_what_it_brings_later_is_closed(
    server: ScriptedServer,
) -> None:
    over, brought = threading.Event(), threading.Event()
    late: list[socket.socket] = []

    def hang(host: str, port: int, timeout: float | None) -> socket.socket:
        over.wait(60)
        late.append(socket.create_connection(("127.0.0.1", server.port)))
        brought.set()
        return late[0]

    started = time.monotonic()
    with pytest.raises(OperationTimeout, match="while connecting"):
        connect(connector(server, dialer=hang), 0.2)
    assert time.monotonic() - started < 10  # however much else there is to do
    over.set()
    assert brought.wait(5)
    for thread in threading.enumerate():
        if thread.name == "mi-dialer":
            thread.join(60)
    assert late[0].fileno() == -1


def test_a_cancel_ends_the_wait_for_a_dialer(server: ScriptedServer) -> None:
    token, over = CancelToken(), threading.Event()

    def hang(host: str, port: int, timeout: float | None) -> socket.socket:
        threading.Timer(0.1, token.cancel).start()
        over.wait(60)
        raise OSError

    made = connector(server, dialer=hang)
    with Bounds(Expiry(), token, 0) as fresh, pytest.raises(OperationCancelled):
        made.connect(fresh)
    over.set()


def test_ctrl_c_while_a_dialer_works_closes_what_it_brings(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought: list[socket.socket] = []

    def bring(host: str, port: int, timeout: float | None) -> socket.socket:
        brought.append(socket.create_connection(("127.0.0.1", server.port)))
        return brought[0]

    class Interrupted:
        def __init__(self, work: object, name: str) -> None:
            self._work = work

        def result(self, bounds: Bounds) -> None:
            self._work()  # type: ignore[operator]
            raise KeyboardInterrupt

    monkeypatch.setattr("protocols.network.dialling.Errand", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        connect(connector(server, dialer=bring))
    assert brought[0].fileno() == -1


def test_options_are_not_needed_for_a_connector_to_nobody() -> None:
    options = DestinationOptions(destination_port=1)
    with pytest.raises(ConnectionFailed, match="cannot be reached"):
        connect(Connector(Address.of("127.0.0.1", options), options))
