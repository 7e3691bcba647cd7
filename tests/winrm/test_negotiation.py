"""Negotiate: Kerberos where there is a ticket for the server, NTLM where there is none."""

from base64 import b64decode, b64encode

import pytest
import spnego

from mi.credentials import Credentials, Scheme
from mi.errors import NotSupported
from mi.options import DestinationOptions
from protocols.loopback.users import User
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address
from protocols.winrm.negotiation import Negotiate
from tests.kdc import OPS, PASSWORD, Kdc, requires_kerberos
from tests.winrm.wires import FakeWire, answer

ADDRESS = Address("http", "server.loopback.test", 5985, "/wsman")
NUMERIC = Address("http", "192.0.2.1", 5985, "/wsman")
NTLM = "Negotiate TlRMTVNTUA"


def negotiate(credentials: Credentials, address: Address = ADDRESS) -> Negotiate:
    return Negotiate(credentials, address, DestinationOptions())


class NtlmServer:
    """pyspnego's acceptor of NTLM behind HTTP."""

    def __init__(self) -> None:
        self._context: spnego.ContextProxy | None = None

    def __call__(self, authorization: str) -> Answer:
        if self._context is None or self._context.complete:
            self._context = spnego.server(protocol="ntlm")
        try:
            token = self._context.step(b64decode(authorization.partition(" ")[2]))
        except spnego.exceptions.SpnegoError:
            self._context = None
            return answer(401, "Negotiate")
        carried = b64encode(token or b"").decode()
        return answer(401, f"Negotiate {carried}") if token else answer(200)


def test_an_address_means_ntlm_at_once(user: User) -> None:
    method = negotiate(Credentials.password(user.name, user.password), NUMERIC)
    wire = FakeWire(NtlmServer())
    assert method.scheme is Scheme.NTLM_DOMAIN
    assert method.log_on(wire) is not None
    assert str(wire.headers[0]).startswith(NTLM)
    assert wire.told == []
    assert (method.logs_on, method.certificate, method.authorization()) == (True, None, None)
    assert str(method.user) == user.name


def test_a_refusal_of_ntlm_alone_does_not_speak_of_kerberos(user: User) -> None:
    method = negotiate(Credentials.password(user.name, "wrong"), NUMERIC)
    with pytest.raises(Rejected) as caught:
        method.log_on(FakeWire(NtlmServer()))
    assert "NTLM was tried" not in str(caught.value.error.advice)


def test_who_has_no_password_needs_kerberos() -> None:
    for credentials in (Credentials.current_user(), Credentials.keytab(OPS, "x", None, "Default")):
        with pytest.raises(NotSupported, match="Kerberos"):
            negotiate(credentials, NUMERIC)


@requires_kerberos
def test_a_ticket_means_kerberos_and_nothing_else_is_sent(kdc: Kdc) -> None:
    from protocols.loopback.kerberos import KerberosContext  # noqa: PLC0415 - where installed

    context = KerberosContext(kdc.keytab, None)

    def server(authorization: str) -> Answer:
        token = context.step(b64decode(authorization.partition(" ")[2]))
        return answer(200, f"Negotiate {b64encode(token or b'').decode()}")

    wire = FakeWire(server)
    method = negotiate(Credentials.password("ops", PASSWORD))
    assert method.scheme is Scheme.KERBEROS
    assert method.log_on(wire) is not None
    assert len(wire.headers) == 1
    assert context.principal == OPS


@requires_kerberos
def test_where_the_realm_has_no_ticket_it_is_ntlm_from_then_on(kdc: Kdc, user: User) -> None:
    method = negotiate(Credentials.password(user.name, user.password))
    first, second = FakeWire(NtlmServer()), FakeWire(NtlmServer())
    assert method.log_on(first) is not None
    [told] = first.told
    assert told.startswith("NTLM is used, since Kerberos cannot be: the Kerberos realm does not")
    asked = kdc.log.count("CLIENT_NOT_FOUND")
    assert method.log_on(second) is not None
    assert second.told == []
    assert kdc.log.count("CLIENT_NOT_FOUND") == asked
    assert all(str(wire.headers[0]).startswith(NTLM) for wire in (first, second))


@requires_kerberos
def test_an_unknown_service_is_a_reason_for_ntlm(kdc: Kdc, user: User) -> None:
    kdc.admin(f"addprinc -pw {user.password} {user.name}")
    elsewhere = Address("http", "unknown.loopback.test", 5985, "/wsman")
    method = negotiate(Credentials.password(user.name, user.password), elsewhere)
    assert method.log_on(FakeWire(NtlmServer())) is not None


@requires_kerberos
def test_a_refusal_after_that_says_what_became_of_kerberos(kdc: Kdc, user: User) -> None:
    method = negotiate(Credentials.password(user.name, "wrong"))
    with pytest.raises(Rejected) as caught:
        method.log_on(FakeWire(NtlmServer()))
    assert "NTLM was tried: the Kerberos realm does not know" in str(caught.value.error.advice)


@requires_kerberos
def test_a_secret_that_the_realm_refused_is_not_tried_by_ntlm(kdc: Kdc) -> None:
    wire = FakeWire(NtlmServer())
    with pytest.raises(Rejected) as caught:
        negotiate(Credentials.password("ops", "wrong")).log_on(wire)
    assert caught.value.is_refusal
    assert wire.headers == []


@requires_kerberos
def test_who_has_no_password_gets_the_reason_instead(kdc: Kdc) -> None:
    with pytest.raises(Rejected, match="no Kerberos ticket"):
        negotiate(Credentials.current_user()).log_on(FakeWire(NtlmServer()))
