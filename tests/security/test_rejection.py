import pytest

from mi.credentials import UserName
from mi.errors import AuthenticationFailed, ConnectionFailed
from protocols.network.places import Place
from protocols.security.rejection import Rejected, may_be_same, refused, unanswered

SERVER = Place("server01", 5985)


def test_a_refused_credential_says_whose_and_that_it_stays_refused() -> None:
    rejection = refused(UserName("ops", "CONTOSO"), SERVER)
    assert rejection.is_refusal
    assert not rejection.may_pass
    assert "server01:5985 does not accept the credentials of 'CONTOSO\\\\ops'" in str(rejection)
    assert "this session does not send them again" in str(rejection.error.advice)
    assert refused(UserName("ops"), SERVER, "Look.").error.advice.startswith("Look.")  # type: ignore[union-attr]


def test_a_logon_without_an_answer_says_that_nobody_knows() -> None:
    lost = ConnectionFailed("lost", outcome_unknown=True)
    rejection = unanswered(UserName("ops"), SERVER, lost)
    assert rejection.is_refusal
    assert rejection.error.outcome_unknown
    assert "closed the connection instead of accepting" in rejection.error.message


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("CONTOSO\\ops", "ops@contoso.com", True),
        ("ops", "OPS", True),
        ("CONTOSO\\ops", "contoso\\ops", True),
        ("CONTOSO\\ops", "FABRIKAM\\ops", False),
        ("ops", "admin", False),
    ],
)
def test_names_that_may_be_one_account_are_told(one: str, other: str, expected: bool) -> None:
    assert may_be_same(UserName.parse(one), UserName.parse(other)) is expected


def test_a_refusal_of_a_bound_logon_names_the_certificate() -> None:
    rejection = Rejected(AuthenticationFailed("no", advice="Check."), is_refusal=True)
    rejection.bound_to("abc")
    assert str(rejection.error.advice).startswith("Check. If they are right")
    assert "abc" in str(rejection.error.advice)
