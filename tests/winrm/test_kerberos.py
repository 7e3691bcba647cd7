"""Logging on with Kerberos: what each answer of a server means."""

import threading
from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest

from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    MIError,
    NotSupported,
    OperationTimeout,
    ProtocolError,
)
from mi.options import DestinationOptions
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.encryption import Seal
from protocols.winrm.endpoint import Address
from protocols.wsman import framing
from tests.kdc import OPS, PASSWORD, REALM, Kdc, missing, missing_text
from tests.winrm.wires import FakeWire, answer

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

import krb5

from protocols.loopback.kerberos import KerberosContext
from protocols.loopback.security import NotAccepted
from protocols.winrm.kerberos import Kerberos

ADDRESS = Address("http", "server.loopback.test", 5985, "/wsman")
SERVICE = "HTTP/server.loopback.test"


def kerberos(credentials: Credentials | None = None, **options: object) -> Kerberos:
    given = Credentials.password("ops", PASSWORD) if credentials is None else credentials
    return Kerberos(given, ADDRESS, DestinationOptions(**options))  # type: ignore[misc]


class Server:
    """The platform's acceptor behind HTTP; it can be told to answer as others do."""

    def __init__(self, kdc: Kdc, *schemes: str, binding: bytes | None = None) -> None:
        self.schemes = schemes or ("Negotiate", "Kerberos")
        self.keytab = kdc.keytab
        self.binding = binding and b"tls-server-end-point:" + binding
        self.context: KerberosContext | None = None
        self.final: Callable[[str], Answer] = lambda token: answer(200, token)

    def __call__(self, authorization: str) -> Answer:
        scheme, _, text = authorization.partition(" ")
        if scheme not in self.schemes:
            return answer(401, *self.schemes)
        self.context = KerberosContext(self.keytab, self.binding)
        try:
            token = self.context.step(b64decode(text))
        except NotAccepted as refusal:
            carried = b64encode(refusal.token or b"").decode()
            return answer(401, *self.schemes, f"{scheme} {carried}")
        return self.final(f"{scheme} {b64encode(token or b'').decode()}")


def seals(seal: Seal | None, server: Server) -> bool:
    """Whether a message passes both ways."""
    assert seal is not None
    assert server.context is not None
    sealed, header = seal.security.wrap(b"question")
    assert server.context.unwrap(header, sealed) == b"question"
    header, sealed = server.context.wrap(b"answer")
    return seal.security.unwrap(sealed, header) == b"answer"


def test_one_exchange_logs_on_and_leaves_the_means_to_seal(kdc: Kdc) -> None:
    server = Server(kdc)
    wire = FakeWire(server)
    method = kerberos()
    seal = method.log_on(wire)
    assert seals(seal, server)
    assert seal is not None
    assert (seal.protocol, seal.longest_padding) == (framing.SPNEGO, 8)
    assert len(wire.headers) == 1
    assert str(wire.headers[0]).startswith("Negotiate YII")  # SPNEGO's, and no bare ticket
    assert wire.finishing == []  # nothing may go along: OMI crashes
    assert (method.logs_on, method.certificate, method.authorization()) == (True, None, None)
    assert method.unauthorized(answer(401), None) is None
    assert str(method.user) == "ops"


def test_without_sealing_it_leaves_nothing(kdc: Kdc) -> None:
    assert kerberos().log_on(FakeWire(Server(kdc), is_sealing=False)) is None


def test_a_server_that_offers_kerberos_by_its_own_name_alone_gets_it_bare(kdc: Kdc) -> None:
    server = Server(kdc, "Kerberos", "Basic")
    method = kerberos()
    wire = FakeWire(server)
    seal = method.log_on(wire)
    assert [str(header).partition(" ")[0] for header in wire.headers] == ["Negotiate", "Kerberos"]
    assert seals(seal, server)
    assert seal is not None
    assert seal.protocol == framing.KERBEROS
    again = FakeWire(server)
    method.log_on(again)  # it knows by now
    assert [str(header).partition(" ")[0] for header in again.headers] == ["Kerberos"]


def test_a_server_without_kerberos_has_not_looked_at_the_ticket(kdc: Kdc) -> None:
    method = kerberos()
    for _ in range(2):
        with pytest.raises(Rejected) as caught:
            method.log_on(FakeWire(Server(kdc, "Basic")))
        assert not caught.value.is_refusal
        assert "does not take Kerberos; it offers Basic" in caught.value.error.message


def test_a_401_without_a_word_refuses_the_ticket(kdc: Kdc) -> None:
    with pytest.raises(Rejected) as caught:
        kerberos().log_on(FakeWire(lambda _: answer(401, "Negotiate")))
    assert caught.value.is_refusal
    assert f"ticket of {OPS} for {SERVICE}" in caught.value.error.message
    assert f"setspn -Q {SERVICE}" in str(caught.value.error.advice)


def test_a_server_that_says_why_is_heard(kdc: Kdc) -> None:
    kdc.admin("addprinc -randkey HTTP/elsewhere.loopback.test")  # and not in the keytab
    method = kerberos(service_principal="HTTP/elsewhere.loopback.test")
    with pytest.raises(Rejected) as caught:
        method.log_on(FakeWire(Server(kdc)))
    assert caught.value.is_refusal
    assert "HTTP/elsewhere.loopback.test" in caught.value.error.message


def test_a_logon_is_bound_to_the_certificate(kdc: Kdc) -> None:
    binding = bytes(range(32))
    kerberos().log_on(FakeWire(Server(kdc, binding=binding), binding=binding))
    for wrong in (bytes(32), None):
        with pytest.raises(Rejected):
            kerberos().log_on(FakeWire(Server(kdc, binding=binding), binding=wrong))


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (200, AuthenticationFailed, f"does not prove that it is {SERVICE}"),
        (404, ConnectionFailed, "HTTP status 404"),
        (400, ProtocolError, "HTTP status 400"),
    ],
)
@pytest.mark.parametrize("is_sealing", [True, False])
def test_a_server_that_does_not_prove_itself_is_told_nothing(
    kdc: Kdc, status: int, kind: type[MIError], message: str, *, is_sealing: bool
) -> None:
    with pytest.raises(kind, match=message):
        kerberos().log_on(FakeWire(lambda _: answer(status), is_sealing=is_sealing))


def test_whatever_the_status_a_server_that_proves_itself_is_believed(kdc: Kdc) -> None:
    server = Server(kdc)
    server.final = lambda token: answer(500, token)
    assert seals(kerberos().log_on(FakeWire(server)), server)


def test_a_token_that_is_none_is_an_error(kdc: Kdc) -> None:
    with pytest.raises(Rejected) as caught:
        kerberos().log_on(FakeWire(lambda _: answer(200, "Negotiate AAAA")))
    assert caught.value.is_refusal


def test_a_logon_that_goes_on_gets_another_token(kdc: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [b"first", b"second", None]

    class Slow:
        complete = True
        is_delegated = False

        def step(self, token: bytes | None = None) -> bytes | None:
            return tokens.pop(0)

    method = kerberos()
    monkeypatch.setattr(method, "context", lambda *_: Slow())
    wire = FakeWire(lambda sent: answer(401 if "Zmlyc3Q" in sent else 200, "Negotiate YQ=="))
    assert method.log_on(wire) is not None
    assert wire.headers == ["Negotiate Zmlyc3Q=", "Negotiate c2Vjb25k"]


# Tickets


def test_a_ticket_is_got_once_for_all_connections(kdc: Kdc) -> None:
    method, before = kerberos(), kdc.log.count("ISSUE")
    for _ in range(3):
        method.log_on(FakeWire(Server(kdc)))
    assert kdc.log.count("ISSUE") == before + 2  # the user's, and the service's


def test_a_wrong_password_is_refused_by_the_kdc_and_not_told_to_the_server(kdc: Kdc) -> None:
    wire = FakeWire(Server(kdc))
    with pytest.raises(Rejected) as caught:
        kerberos(Credentials.password("ops", "wrong")).log_on(wire)
    assert caught.value.is_refusal
    assert wire.headers == []
    assert isinstance(caught.value.__cause__, krb5.Krb5Error)


def test_the_current_user_without_a_ticket_may_come_back_with_one(kdc: Kdc) -> None:
    method = kerberos(Credentials.current_user())
    with pytest.raises(Rejected, match="no Kerberos ticket of the current user") as caught:
        method.log_on(FakeWire(Server(kdc)))
    assert caught.value.may_pass
    kdc.kinit()
    method.log_on(FakeWire(Server(kdc)))


def test_delegation_is_told_where_the_ticket_does_not_allow_it(kdc: Kdc) -> None:
    wire = FakeWire(Server(kdc))
    kerberos(delegation=True).log_on(wire)
    assert wire.told == []
    kdc.kinit()  # not forwardable
    kerberos(Credentials.current_user(), delegation=True).log_on(wire)
    [told] = wire.told
    assert told.startswith(f"{SERVICE} may not act for the current user towards others")
    assert "kinit -f" in told


def test_a_ticket_within_another_protocol_is_no_other_ticket(kdc: Kdc) -> None:
    server = KerberosContext(kdc.keytab, None)
    method = kerberos()
    context = method.inner_context(FakeWire(Server(kdc)))
    context.step(server.step(context.step() or b""))
    assert context.complete


def test_a_kdc_that_hangs_is_waited_for_once(kdc: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    method, over, asked = kerberos(), threading.Event(), []
    real = method._tickets.credential

    def slow() -> object:
        asked.append(1)
        over.wait(10)
        return real()

    monkeypatch.setattr(method._tickets, "credential", slow)
    with pytest.raises(OperationTimeout):
        method.log_on(FakeWire(Server(kdc), seconds=0.1))
    over.set()
    method.log_on(FakeWire(Server(kdc)))
    assert asked == [1]  # two at once would be two attempts with one password


# Names


def test_an_address_has_no_kerberos_name_and_says_so() -> None:
    address = Address("http", "192.0.2.1", 5985, "/")
    credentials = Credentials.password(OPS, PASSWORD)
    with pytest.raises(NotSupported, match=r"knows servers by their names, and 192\.0\.2\.1 is"):
        Kerberos(credentials, address, DestinationOptions())
    Kerberos(credentials, address, DestinationOptions(service_principal=SERVICE))


@pytest.mark.parametrize("name", [".\\ops", "OTHER\\ops"])
def test_a_user_of_no_realm_has_none_either(kdc: Kdc, name: str) -> None:
    with pytest.raises(NotSupported, match="nothing tells the realm of") as caught:
        kerberos(Credentials.password(name, "x"))
    assert "user@REALM" in str(caught.value.advice)


@pytest.mark.parametrize(
    "name", ["ops", OPS, "ops@loopback.test", "LOOPBACK\\ops", "loopback.test\\ops"]
)
def test_each_form_of_a_user_name_logs_on(kdc: Kdc, name: str) -> None:
    server = Server(kdc)
    kerberos(Credentials.password(name, PASSWORD)).log_on(FakeWire(server))
    assert server.context is not None
    assert server.context.principal == f"ops@{REALM}"


def test_a_domain_that_was_given_apart_does_too(kdc: Kdc) -> None:
    kerberos(Credentials.password("ops", PASSWORD, REALM)).log_on(FakeWire(Server(kdc)))
