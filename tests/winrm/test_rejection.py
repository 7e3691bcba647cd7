import pytest
from urllib3 import HTTPHeaderDict

from mi.credentials import UserName
from mi.errors import AuthenticationFailed, ConnectionFailed
from protocols.security.rejection import may_be_same, refused, unanswered
from protocols.winrm.adapter import Answer
from protocols.winrm.endpoint import Address
from protocols.winrm.rejection import is_offered, not_offered

ADDRESS = Address("http", "server01", 5985, "/wsman")


def unauthorized(*offers: str) -> Answer:
    headers = HTTPHeaderDict()
    for offer in offers:
        headers.add("WWW-Authenticate", offer)
    return Answer(401, headers, b"", "Unauthorized")


WINDOWS = unauthorized("Negotiate", "Kerberos", "CredSSP", 'Basic realm="WSMAN"')


@pytest.mark.parametrize(
    ("offers", "schemes"),
    [
        (WINDOWS, ["basic", "credssp", "kerberos", "negotiate"]),
        (unauthorized('Basic realm="WSMAN"', "Negotiate", "Kerberos"), ["basic", "negotiate"]),
        (unauthorized("NEGOTIATE TlRMTVNTUAAC=="), ["negotiate"]),
        (unauthorized('Digest realm="x", nonce="y", qop="auth"'), ["digest"]),
        (unauthorized('Basic realm="a", charset="UTF-8", Negotiate'), ["basic", "negotiate"]),
    ],
)
def test_schemes_are_read_out_of_one_header_or_several(offers: Answer, schemes: list[str]) -> None:
    for scheme in ("Basic", "CredSSP", "Digest", "Negotiate"):
        assert is_offered(scheme, offers) is (scheme.lower() in schemes)
    assert not is_offered("realm", offers)
    assert not is_offered("nonce", offers)


def test_a_refusal_that_offers_nothing_is_one_of_the_credential() -> None:
    assert is_offered("Basic", unauthorized())


def test_a_scheme_that_is_not_offered_says_what_is() -> None:
    rejection = not_offered("Digest", WINDOWS, ADDRESS)
    assert not rejection.is_refusal
    assert isinstance(rejection.error, AuthenticationFailed)
    assert str(rejection) == (
        "server01:5985 does not take Digest; it offers Negotiate, Kerberos, CredSSP, Basic"
    )
    assert "offers nothing" in str(not_offered("Digest", unauthorized(), ADDRESS))


def test_a_refused_credential_says_whose_and_that_it_stays_refused() -> None:
    rejection = refused(UserName("ops", "CONTOSO"), ADDRESS)
    assert rejection.is_refusal
    assert r"credentials of 'CONTOSO\\ops'" in rejection.error.message
    assert "does not send them again" in str(rejection.error.advice)
    assert not rejection.may_pass
    assert str(refused(UserName("ops"), ADDRESS, "Look.").error.advice).startswith("Look. To spare")


def test_a_logon_without_an_answer_says_that_nobody_knows() -> None:
    for is_unknown in (True, False):
        lost = ConnectionFailed("lost", outcome_unknown=is_unknown)
        rejection = unanswered(UserName("ops"), ADDRESS, lost)
        assert rejection.is_refusal
        assert "Nobody knows" in str(rejection.error.advice)
        assert rejection.error.outcome_unknown is is_unknown


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ops", "OPS", True),
        ("ops", "admin", False),
        ("CONTOSO\\ops", "contoso\\Ops", True),
        ("CONTOSO\\ops", "FABRIKAM\\ops", False),
        ("CONTOSO\\ops", "ops", True),
        ("CONTOSO\\ops", "ops@contoso.com", True),
        ("ops@contoso.com", "ops@fabrikam.com", True),
    ],
)
def test_names_that_may_be_one_account_are_told(one: str, other: str, expected: bool) -> None:
    names = UserName.parse(one), UserName.parse(other)
    assert may_be_same(*names) is may_be_same(*reversed(names)) is expected


def test_a_refusal_of_a_bound_logon_names_the_certificate() -> None:
    rejection = refused(UserName("ops"), ADDRESS)
    rejection.bound_to("ab12")
    assert "Check the user name" in str(rejection.error.advice)
    assert "has the SHA-256 ab12" in str(rejection.error.advice)
