"""No secret gets out: every scheme and kind of failure, all of it logged, and all of it searched.

Searched is what `tests.secrecy` says; what a diagnosis finds; and what endpoints and this project
keep as recordings. Sessions by WMIDCOM are in `tests/wmidcom/test_secrets.py`.

Secrets are the passwords, in the forms in which they are sent; the tokens of logons; the keys that
seal; and what was sealed.
"""

import json
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import mi
from mi import Credentials, Scheme
from protocols.loopback import Cut, Endpoint, Replace, Stall
from protocols.loopback.users import User, registered
from protocols.winrm.encryption import PyspnegoSecurity, Sealing
from protocols.winrm.link import Link
from protocols.winrm.proxies import _Asking
from tests.kdc import OPS, PASSWORD, Kdc, kdc, realm, requires_kerberos
from tests.secrecy import Secrets, Seen, fails, look_around, search, seen
from tests.winrm.authority import Authority
from tests.winrm.connect_proxy import ConnectProxy

__all__ = ["kdc", "realm", "seen"]  # they are fixtures

HOST = "server.loopback.test"
MARKER = "MARKED-IN-A-SEALED-MESSAGE"
QUERY = mi.wql.query(
    "SELECT Name FROM Win32_Service WHERE Name = {} OR Name = {}", "Spooler", MARKER
)


def key_of(security: Any) -> bytes:
    """Return the key that messages are sealed with; CredSSP's own are inside of OpenSSL."""
    if isinstance(security, PyspnegoSecurity):
        context = security._wrap.__self__
        return bytes(getattr(context, "_auth_context", context).session_key)
    from gssapi import OID, raw  # noqa: PLC0415 - of an extra

    wanted = OID.from_int_seq("1.2.840.113554.1.2.2.5.5")  # GSS_C_INQ_SSPI_SESSION_KEY
    return bytes(raw.inquire_sec_context_by_oid(security._context, wanted)[0])


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """Learn each token, key and message when it is used."""
    known = Secrets()
    post, seal, ask = Link.post, Sealing.__init__, _Asking._request

    def learn(header: str | None) -> None:
        scheme, _, token = (header or "").partition(" ")
        if not scheme.endswith(","):  # else it is a list of what is offered
            known.add(token)

    def posted(link: Link, body: bytes, headers: dict[str, str], *rest: Any, **more: Any) -> Any:
        learn(headers.get("Authorization"))
        answer = post(link, body, headers, *rest, **more)
        learn(answer.headers.get("WWW-Authenticate"))
        return answer

    def sealed(sealing: Sealing, given: Any, **more: Any) -> None:
        known.add(key_of(given.security))
        known.keys += 1
        seal(sealing, given, **more)

    def asked(asking: _Asking, authorization: str | None) -> bytes:
        learn(authorization)
        return ask(asking, authorization)

    monkeypatch.setattr(Link, "post", posted)
    monkeypatch.setattr(Sealing, "__init__", sealed)
    monkeypatch.setattr(_Asking, "_request", asked)
    return known


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the name of the test's host be known."""
    real = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **others: Any) -> Any:
        return real("127.0.0.1" if host == HOST else host, *arguments, **others)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def use(session: mi.Session, seen: Seen) -> None:
    """Do a bit of everything, and let some of it fail."""
    session.test_connection()
    with session.query_instances(QUERY) as operation:
        seen.add("operation", repr(operation))
        next(operation)
        look_around(session, seen)
        seen.add("operation", repr(operation))
    started = session.invoke("Win32_Process", "Create", {"CommandLine": MARKER})
    seen.add("result", repr(started))
    with session.subscribe_event_log("System", read_existing=True) as events:
        next(events)
        look_around(session, seen)
    for failing in (
        lambda: session.get_instance(mi.Instance.from_path('Win32_Service.Name="none"')),
        lambda: session.get_class("No_Such_Class"),
        lambda: session.query_instances("SELECT FROM").all(),
    ):
        fails(failing, seen)
    look_around(session, seen)


def diagnose(options: mi.DestinationOptions, seen: Seen, host: str = "localhost") -> None:
    """Take in what a diagnosis finds, as it is and as programs get it."""
    with mi.Application() as application:
        found = application.diagnose(host, options)
        seen.add("diagnosis", f"{found!r} {json.dumps(found.as_dict())}")
        seen.pickle(found)


def replay(endpoint: Endpoint, seen: Seen) -> None:
    """Take in what an endpoint recorded, but for the messages themselves, which are its own."""
    for one in endpoint.exchanges:
        seen.add("recording", repr(one))
        for message in (one.request_bytes, one.reply_bytes):
            seen.add("recording", message.decode().replace(MARKER, ""))


def disturbances(endpoint: Endpoint) -> list[Callable[[], object]]:
    """Return what lets an exchange fail, in its several phases."""
    return [
        lambda: endpoint.disturb(Cut("Identify", count=None)),
        lambda: endpoint.disturb(Stall("Identify", "before-reply")),
        lambda: endpoint.disturb(Stall("Identify", "body")),
        lambda: endpoint.disturb(Replace("Identify", status=500, body=b"no")),
        lambda: endpoint.disturb(Replace("Identify", envelope=b"<not xml")),
        lambda: endpoint.disturb(Replace("Identify", body=lambda body: body[:-40] + b"x" * 40)),
        lambda: endpoint.disturb(Replace("Identify", headers={"Content-Encoding": "gzip"})),
    ]


ROWS = {
    "ntlm": (Scheme.NTLM_DOMAIN, {"schemes": ("Negotiate",)}),
    "negotiate": (Scheme.NEGOTIATE, {"schemes": ("Negotiate",)}),
    "ntlm over tls": (Scheme.NTLM_DOMAIN, {"schemes": ("Negotiate",), "tls": True}),
    "credssp": (Scheme.CRED_SSP, {"schemes": ("CredSSP",)}),
    "basic": (Scheme.BASIC, {"schemes": ("Basic",), "tls": True}),
    "digest": (Scheme.DIGEST, {"schemes": ("Digest",), "tls": True}),
    "certificate": (Scheme.CLIENT_CERTIFICATE, {"schemes": ("Certificate",), "tls": True}),
}


def options_for(endpoint: Endpoint, credentials: Credentials, **more: Any) -> mi.DestinationOptions:
    given: dict[str, Any] = {
        "destination_port": endpoint.port,
        "credentials": credentials,
        "timeout": 5,
        "max_connections": 1,
        **more,
    }
    if endpoint.ca_file is not None:
        given |= {"transport": "HTTPS", "ca_file": endpoint.ca_file}
    return mi.DestinationOptions(**given)


@pytest.mark.parametrize("scheme", ROWS)
def test_a_session_keeps_its_secrets_whatever_happens_to_it(
    scheme: str, seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    which, how = ROWS[scheme]
    with Endpoint(**how) as endpoint:
        secrets.add(endpoint.user.password)
        secrets.add(f"{endpoint.user.name}:{endpoint.user.password}")
        secrets.add(MARKER)
        options = options_for(endpoint, endpoint.credentials_for(which))
        seen.add("options", f"{options!r} {options.values!r}")
        with mi.connect("localhost", options=options) as session:
            use(session, seen)
            session.close()
            look_around(session, seen)
        diagnose(options, seen)
        options.timeout = 0.3
        for disturb in disturbances(endpoint):
            with mi.connect("localhost", options=options) as session:
                disturb()
                fails(session.test_connection, seen)
                look_around(session, seen)
            endpoint.undisturb()
        replay(endpoint, seen)
    assert bool(secrets.keys) is any(one.is_sealed for one in endpoint.exchanges)
    search(seen, secrets, capsys)


@pytest.mark.parametrize("scheme", [name for name in ROWS if name != "certificate"])
def test_a_password_that_is_refused_is_kept_too(
    scheme: str, seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    which, how = ROWS[scheme]
    with Endpoint(**how) as endpoint:
        wrong = f"not {endpoint.user.password}"
        secrets.add(wrong)
        secrets.add(endpoint.user.password)
        secrets.add(f"{endpoint.user.name}:{wrong}")
        options = options_for(
            endpoint, Credentials.password(endpoint.user.name, wrong, scheme=which)
        )
        del wrong
        with mi.connect("localhost", options=options) as session:
            for _ in range(3):
                fails(session.test_connection, seen)
                look_around(session, seen)
        diagnose(options, seen)
        endpoint.disturb(Stall(where="authentication", seconds=1))
        options.timeout = 0.3
        with mi.connect("localhost", options=options) as session:
            fails(session.test_connection, seen)
        for number in range(10):
            seen.add("filler", str(number))
    search(seen, secrets, capsys)


@requires_kerberos
@pytest.mark.parametrize("scheme", [Scheme.KERBEROS, Scheme.NEGOTIATE])
def test_kerberos_keeps_its_secrets(
    kdc: Kdc, scheme: Scheme, seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.add(PASSWORD)
    secrets.add("wrong " + PASSWORD)
    secrets.add(MARKER)
    right = Credentials.password(OPS, PASSWORD, scheme=scheme)
    wrong = Credentials.password(OPS, "wrong " + PASSWORD, scheme=Scheme.KERBEROS)
    with Endpoint(schemes=("Negotiate", "Kerberos"), keytab=kdc.keytab, principal=OPS) as endpoint:
        with mi.connect(HOST, options=options_for(endpoint, right)) as session:
            use(session, seen)
        with mi.connect(HOST, options=options_for(endpoint, wrong)) as session:
            fails(session.test_connection, seen)
            look_around(session, seen)
        for own in (right, wrong):
            diagnose(options_for(endpoint, own), seen, HOST)
        replay(endpoint, seen)
    assert secrets.keys
    search(seen, secrets, capsys)


@pytest.mark.parametrize("scheme", ["NTLM", "Digest", "Basic"])
@pytest.mark.parametrize("is_right", [True, False])
def test_a_proxy_s_password_is_kept(
    scheme: str,
    is_right: bool,
    seen: Seen,
    secrets: Secrets,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ExitStack() as stack:
        endpoint = stack.enter_context(Endpoint())
        user = stack.enter_context(registered(User.random()))
        proxy = stack.enter_context(ConnectProxy(user, (scheme,)))
        given = user.password if is_right else f"not {user.password}"
        secrets.add(given)
        secrets.add(f"{user.name}:{given}")
        own = Credentials.password(
            user.name, given, scheme={"NTLM": Scheme.NTLM_DOMAIN}.get(scheme, scheme)
        )
        del given
        options = options_for(
            endpoint, endpoint.credentials, proxy=proxy.url, proxy_credentials=own
        )
        seen.add("options", repr(options))
        session = stack.enter_context(mi.connect("localhost", options=options))
        if is_right:
            use(session, seen)
        else:
            fails(session.test_connection, seen)
        look_around(session, seen)
        diagnose(options, seen)
        for number in range(20):
            seen.add("filler", str(number))
    search(seen, secrets, capsys)


def test_the_password_of_a_key_is_kept(
    tmp_path: Path, seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    authority = Authority(tmp_path)
    secrets.add("the key's password")
    secrets.add("not the key's password")
    file = authority.files("client", password=b"the key's password")
    context = authority.server("localhost")
    context.verify_mode = ssl.CERT_OPTIONAL
    for password in ("the key's password", "not the key's password"):
        own = Credentials.certificate(file, key_password=password)
        del password
        with mi.connect(
            "localhost", transport="HTTPS", destination_port=1, credentials=own
        ) as session:
            fails(session.test_connection, seen)
            look_around(session, seen)
    search(seen, secrets, capsys)


def test_a_callable_that_fails_does_not_tell_what_was_typed(
    seen: Seen, secrets: Secrets, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets.add("typed by somebody")

    def ask() -> Credentials:
        typed = "typed by " + "some" + "body"
        raise ValueError(len(typed))

    with mi.connect("localhost", destination_port=1, credentials=ask) as session:
        fails(session.test_connection, seen)
    for number in range(20):
        seen.add("filler", str(number))
    search(seen, secrets, capsys)


RECORDINGS = Path(__file__).parent / "wire"


def test_no_recording_holds_a_token_or_a_header_with_one() -> None:
    found = [path for path in RECORDINGS.rglob("*") if path.is_file()]
    assert len(found) > 30
    for path in found:
        recorded = path.read_bytes()
        for forbidden in (b"Authorization:", b"Authenticate:", b"NTLMSSP\0", b"TlRMTVNTUA"):
            assert forbidden.lower() not in recorded.lower(), path


def test_what_is_searched_for_would_be_found() -> None:
    known, seen = Secrets(), Seen()
    known.add("a password of ours")
    for text in (
        "a password of ours",
        "'YSBwYXNzd29yZCBvZiBvdXJz'",
        "6120706173737764".replace("737764", "73776f7264206f66206f757273"),
    ):
        seen.add("somewhere", text)
        assert known.found_in(text), text


def test_the_witness_hears_what_pyspnego_says_of_others(seen: Seen) -> None:
    import spnego  # noqa: PLC0415 - only here

    spnego.client("ops", "pw", protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm).step()
    assert any("NTLM step output" in text for _, text in seen.texts)
