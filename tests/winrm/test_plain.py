"""Schemes that stand in every request: Basic, client certificates, nobody."""

from base64 import b64decode

import pytest

from mi.credentials import CertificateFiles, Credentials
from mi.errors import AuthenticationFailed, NotSupported
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address
from protocols.winrm.plain import Anonymous, Basic, ClientCertificate
from tests.winrm.wires import FakeWire, answer

ADDRESS = Address("https", "server01", 5986, "/wsman")


def never(_: str) -> Answer:
    raise AssertionError("nothing is sent")


def basic(name: str) -> Basic:
    return Basic(Credentials.password(name, "pass:wörd", scheme="Basic"), ADDRESS)


def test_basic_needs_no_logon() -> None:
    method = basic("ops")
    assert not method.logs_on
    assert method.certificate is None
    assert method.log_on(FakeWire(never, is_sealing=False)) is None


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("CONTOSO\\ops", "CONTOSO\\ops"),
        ("ops@contoso.com", "ops@contoso.com"),
        (".\\ops", "ops"),
        ("ops", "ops"),
    ],
)
def test_basic_sends_each_form_of_a_user_name_as_servers_want_it(name: str, sent: str) -> None:
    scheme, value = basic(name).authorization().split()
    assert scheme == "Basic"
    assert b64decode(value).decode() == f"{sent}:pass:wörd"


def test_a_domain_that_was_given_apart_is_part_of_the_name() -> None:
    method = Basic(Credentials.password("ops", "x", "CONTOSO", "Basic"), ADDRESS)
    assert b64decode(method.authorization().split()[1]) == b"CONTOSO\\ops:x"


def test_basic_cannot_carry_a_colon_in_the_name() -> None:
    with pytest.raises(NotSupported, match="colon"):
        basic("a:b")


@pytest.mark.parametrize("method", [basic("ops"), Anonymous(ADDRESS)])
def test_what_cannot_seal_is_not_sent_where_messages_are_to_be_sealed(
    method: Basic | Anonymous,
) -> None:
    with pytest.raises(Rejected) as caught:
        method.log_on(FakeWire(never))
    assert not caught.value.is_refusal
    assert isinstance(caught.value.error, AuthenticationFailed)
    assert "in clear" in caught.value.error.message
    assert "packet_privacy=False" in str(caught.value.error.advice)


def test_a_401_to_basic_is_a_refusal_where_basic_is_offered() -> None:
    method = basic("ops")
    assert method.unauthorized(answer(401, 'Basic realm="WSMAN"'), "Basic x").is_refusal
    assert method.unauthorized(answer(401), "Basic x").is_refusal
    assert not method.unauthorized(answer(401, "Negotiate", "Kerberos"), "Basic x").is_refusal


def test_a_certificate_is_shown_by_tls_and_named_in_the_header() -> None:
    method = ClientCertificate(Credentials.certificate("ops.pem", "ops.key", "x"), ADDRESS)
    assert method.certificate == CertificateFiles("ops.pem", "ops.key", "x")
    assert (method.logs_on, method.user) == (False, None)
    assert method.log_on(FakeWire(never, is_sealing=False)) is None
    header = method.authorization()
    assert header == "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    rejection = method.unauthorized(answer(401, "Negotiate"), header)
    assert rejection.is_refusal
    assert "certmapping" in str(rejection.error.advice)


def test_a_certificate_is_not_for_plain_http() -> None:
    with pytest.raises(NotSupported, match="plain HTTP") as caught:
        ClientCertificate(Credentials.certificate("x"), Address("http", "h", 5985, "/"))
    assert "transport='HTTPS'" in str(caught.value.advice)


def test_nobody_says_nothing_and_can_be_refused() -> None:
    method = Anonymous(ADDRESS)
    assert (method.user, method.certificate, method.logs_on) == (None, None, False)
    assert method.log_on(FakeWire(never, is_sealing=False)) is None
    assert method.authorization() is None
    rejection = method.unauthorized(answer(401, "Negotiate"), None)
    assert "does not take requests of nobody; it offers Negotiate" in rejection.error.message
