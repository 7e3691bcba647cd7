"""No secret gets out of a session by WMIDCOM, whatever happens to it; see `tests.secrecy`.

Secrets are the passwords, the tokens of logons, the keys that seal, and what was sealed.
"""

import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

import mi
from mi import Credentials, Scheme
from protocols.loopback import DcomEndpoint
from protocols.loopback.users import User
from protocols.wmidcom.rpc.association import Association
from protocols.wmidcom.rpc.packet_stream import PacketStream
from protocols.wmidcom.rpc.security import NtlmSecurity
from protocols.wmidcom.rpc.sspi import SspiSecurity
from tests.kdc import OPS, PASSWORD, Kdc, kdc, realm, requires_kerberos
from tests.secrecy import Secrets, Seen, fails, look_around, search, seen
from tests.wmidcom.endpoints import silent

__all__ = ["kdc", "realm", "seen"]  # they are fixtures

SERVER = "server08.loopback.test"
MARKER = "MARKED-IN-A-SEALED-MESSAGE"
QUERY = mi.wql.query(
    "SELECT Name FROM Win32_Service WHERE Name = {} OR Name = {}", "Spooler", MARKER
)
EVENTS = "SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE TargetInstance ISA 'Win32_Process'"
SPOOLER = mi.Instance.from_path('Win32_Service.Name="Spooler"')


def key_of(security: Any) -> bytes:
    """Return the key that packets are sealed with."""
    if isinstance(security, NtlmSecurity):
        return bytes(security._context.session_key)
    from gssapi import OID, raw  # noqa: PLC0415 - of an extra

    wanted = OID.from_int_seq("1.2.840.113554.1.2.2.5.5")  # GSS_C_INQ_SSPI_SESSION_KEY
    return bytes(raw.inquire_sec_context_by_oid(security._context._context, wanted)[0])


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """Learn each token and key when it is used."""
    known = Secrets()
    verifier, token_of, call = Association._verifier, Association._token_of, Association.call

    def told(association: Association, token: bytes) -> Any:
        known.add(token)
        return verifier(association, token)

    def heard(association: Association, packet: Any) -> bytes:
        token = token_of(association, packet)
        known.add(token)
        return token

    def called(association: Association, *given: Any) -> bytes:
        known.add(key_of(association._security))
        known.keys += 1
        return call(association, *given)

    monkeypatch.setattr(Association, "_verifier", told)
    monkeypatch.setattr(Association, "_token_of", heard)
    monkeypatch.setattr(Association, "call", called)
    return known


def connect(endpoint: DcomEndpoint, credentials: Credentials, **more: Any) -> mi.Session:
    options = mi.DestinationOptions(
        connect_to=f"{endpoint.host}:{endpoint.port}", credentials=credentials, timeout=5, **more
    )
    return mi.connect(SERVER, protocol="WMIDCOM", options=options)


def use(session: mi.Session, seen: Seen) -> None:
    """Do a bit of everything, and let some of it fail."""
    session.test_connection()
    with session.query_instances(QUERY) as operation:
        next(operation)
        look_around(session, seen)
        seen.add("operation", repr(operation))
    seen.add("result", repr(session.invoke("Win32_Process", "Create", {"CommandLine": MARKER})))
    happening = threading.Timer(
        0.3, session.invoke, ("Win32_Process", "Create", {"CommandLine": "x"})
    )
    with session.subscribe(EVENTS) as events:
        happening.start()
        next(events)
        look_around(session, seen)
    happening.join(30)
    for failing in (
        lambda: session.get_instance(mi.Instance.from_path('Win32_Service.Name="none"')),
        lambda: session.get_class("No_Such_Class"),
        lambda: session.query_instances("SELECT FROM").all(),
        lambda: session.test_connection(namespace="root/nowhere"),
    ):
        fails(failing, seen)
    look_around(session, seen)


def disturb(endpoint: DcomEndpoint, credentials: Credentials, seen: Seen) -> None:
    """Let sessions fail that have logged on, in several ways."""
    receive = PacketStream.receive

    def changed(stream: PacketStream) -> bytes:
        packet = receive(stream)
        return packet[:-1] + bytes([packet[-1] ^ 1])

    with connect(endpoint, credentials) as session:
        session.test_connection()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(PacketStream, "receive", changed)
            fails(lambda: session.get_instance(SPOOLER), seen)
        look_around(session, seen)
    with connect(endpoint, credentials) as session, silent(endpoint):
        fails(lambda: session.get_instance(SPOOLER, timeout=0.3), seen)
        look_around(session, seen)


@pytest.mark.parametrize("scheme", [Scheme.NTLM_DOMAIN, Scheme.NEGOTIATE])
@pytest.mark.parametrize("is_private", [True, False], ids=["sealed", "signed"])
def test_a_session_keeps_its_secrets_whatever_happens_to_it(
    scheme: Scheme,
    is_private: bool,
    seen: Seen,
    secrets: Secrets,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with DcomEndpoint() as endpoint:
        secrets.add(endpoint.user.password)
        secrets.add(MARKER)
        own = endpoint.credentials_for(scheme)
        with connect(endpoint, own, packet_privacy=is_private) as session:
            seen.add("session", repr(session))
            use(session, seen)
            session.close()
            look_around(session, seen)
        disturb(endpoint, own, seen)
    assert secrets.keys
    search(seen, secrets, capsys)


@pytest.mark.parametrize("scheme", [Scheme.NTLM_DOMAIN, Scheme.NEGOTIATE])
def test_a_password_that_is_refused_is_kept_too(
    scheme: Scheme, seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    with DcomEndpoint() as endpoint:
        wrong = f"not {endpoint.user.password}"
        secrets.add(wrong)
        secrets.add(endpoint.user.password)
        own = Credentials.password(endpoint.user.name, wrong, scheme=scheme)
        del wrong
        with connect(endpoint, own) as session:
            for _ in range(3):
                fails(session.test_connection, seen)
                look_around(session, seen)
        assert endpoint.refused_logons == 1
    search(seen, secrets, capsys)


@pytest.fixture
def served(kdc: Kdc) -> Kdc:
    kdc.add_service(f"host/{SERVER}")
    return kdc


@requires_kerberos
@pytest.mark.parametrize("scheme", [Scheme.KERBEROS, Scheme.NEGOTIATE])
def test_kerberos_keeps_its_secrets(
    served: Kdc, scheme: Scheme, seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    for secret in (PASSWORD, "wrong " + PASSWORD, MARKER):
        secrets.add(secret)
    with DcomEndpoint(keytab=served.keytab, principal=OPS) as endpoint:
        with connect(endpoint, Credentials.password(OPS, PASSWORD, scheme=scheme)) as session:
            use(session, seen)
        wrong = Credentials.password(OPS, "wrong " + PASSWORD, scheme=Scheme.KERBEROS)
        with connect(endpoint, wrong) as session:
            fails(session.test_connection, seen)
            look_around(session, seen)
    assert secrets.keys
    search(seen, secrets, capsys)


def of_ntlm() -> NtlmSecurity:
    user = User.random()
    own = Credentials.password(user.name, user.password)
    assert own.user is not None
    return NtlmSecurity(own, own.user, SERVER, 6)


@pytest.mark.parametrize("make", [of_ntlm, lambda: SspiSecurity(None, b"", 9)])
def test_no_security_context_pickles(make: Callable[[], object]) -> None:
    """Before its first step, too: it has the password by then."""
    with pytest.raises(TypeError, match="does not pickle: it holds keys"):
        pickle.dumps(make())
