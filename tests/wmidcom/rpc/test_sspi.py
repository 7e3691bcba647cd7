"""The platform's own means: here pyspnego has its own NTLM, or the Kerberos of this machine."""

import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import spnego

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.credentials import Credentials, Scheme
from mi.errors import AuthenticationFailed, NotSupported, ProtocolError
from mi.options import DestinationOptions
from protocols.network.bounds import Bounds
from protocols.security.rejection import Rejected
from protocols.wmidcom.rpc import logons
from protocols.wmidcom.rpc.connection import RpcConnection
from protocols.wmidcom.rpc.sspi import Sspi, SspiSecurity
from protocols.wmidcom.rpc.target import Target
from protocols.wmidcom.rpc.ways import Way
from protocols.wmidcom.services import WbemFlags
from tests.kdc import Kdc, requires_kerberos
from tests.wmidcom.rpc.calling import CIMV2, SEMI, close, encoded, soon
from tests.wmidcom.rpc.peer import Peer

SERVER = "server08.loopback.test"


@pytest.fixture
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What decides as on a Windows machine, which has no gssapi."""
    found = importlib.util.find_spec
    monkeypatch.setattr(logons, "sys", type("Sys", (), {"platform": "win32"}))
    monkeypatch.setattr(logons, "find_spec", lambda name: None if name == "gssapi" else found(name))


@pytest.fixture
def bounds() -> Iterator[Bounds]:
    with Bounds(Expiry.after(10, "timeout"), CancelToken(), 0) as one:
        yield one


def way(host: str = SERVER, **options: Any) -> Way:
    given = DestinationOptions(**options)
    return Way(Target.of(host, given), given, SessionCallbacks())


def method(credentials: Credentials) -> Any:
    given = way(credentials=credentials)
    door = logons.new_admission(given.target, given.options, SessionCallbacks())
    with Bounds(Expiry(), CancelToken(), 0) as bounds:
        entry = door.enter(bounds)
    entry.close()
    return entry.method


@pytest.mark.usefixtures("on_windows")
def test_on_windows_it_is_for_what_nothing_else_can() -> None:
    current = method(Credentials.current_user())
    assert (type(current), current.scheme, current.user) == (Sspi, Scheme.NEGOTIATE, None)
    bare = method(Credentials.password("ops@CONTOSO.COM", "secret", scheme="Kerberos"))
    assert (type(bare), bare.scheme) == (Sspi, Scheme.KERBEROS)
    assert not isinstance(method(Credentials.password("ops", "secret")), Sspi)


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows it is SSPI's")
def test_elsewhere_it_is_for_nothing() -> None:
    assert not isinstance(method(Credentials.password("ops", "secret")), Sspi)


def test_an_address_has_no_name_for_it() -> None:
    with pytest.raises(NotSupported, match="is an address"):
        Sspi(Credentials.current_user(), way("192.0.2.1"), 9)


def test_who_cannot_log_on_is_told(bounds: Bounds, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise spnego.exceptions.NoCredentialError(context_msg="none")

    monkeypatch.setattr(spnego, "client", fail)
    with pytest.raises(Rejected) as caught:
        Sspi(Credentials.current_user(), way(), 9).security(bounds)
    assert (caught.value.is_refusal, caught.value.may_pass) == (False, True)
    assert isinstance(caught.value.error, AuthenticationFailed)
    ours = Credentials.password("ops", "secret")
    with pytest.raises(Rejected) as caught:
        Sspi(ours, way(), 9).security(bounds)
    assert (caught.value.is_refusal, caught.value.may_pass) == (True, False)


class Broken:
    """A context that takes nothing."""

    complete = False

    def step(self, token: bytes | None) -> bytes:
        raise spnego.exceptions.InvalidTokenError(context_msg="no")

    def unwrap_iov(self, buffers: object) -> object:
        raise spnego.exceptions.BadMICError(context_msg="no")


def test_what_is_no_token_is_a_refusal() -> None:
    security = SspiSecurity(Broken(), b"first", 9)
    assert security.step() == b"first"
    with pytest.raises(Rejected, match="is not accepted"):
        security.step(b"second")


def test_what_was_changed_is_not_believed() -> None:
    with pytest.raises(ProtocolError, match="signature of the reply is wrong"):
        SspiSecurity(Broken(), None, 9).unprotect(b"", b"", b"", b"")


@requires_kerberos
@pytest.mark.parametrize("signs_headers", [True, False])
@pytest.mark.usefixtures("on_windows")
def test_a_session_goes_over_it(kdc: Kdc, *, signs_headers: bool) -> None:
    kdc.add_service(f"host/{SERVER}")
    kdc.kinit()
    with Peer(kdc.keytab) as peer:
        peer.signs_headers = signs_headers
        options = DestinationOptions(
            connect_to=f"127.0.0.1:{peer.activator_port}",
            credentials=Credentials.current_user("Kerberos"),
        )
        made = RpcConnection(SERVER, options, SessionCallbacks())
        services = made.services(CIMV2, None, soon())
        peer.objects = [encoded(number, "é" * 3000) for number in range(3)]
        found = services.exec_query("SELECT * FROM Part", SEMI, (), soon()).next(9, 1, soon())
        assert [one["Id"] for one in found.objects] == [0, 1, 2]
        services.delete_instance("X" * 20_000, WbemFlags.NONE, (), soon())
        close(made)
        assert peer.binds == [(16, 6), (16, 6)]
