"""What Kerberos' error numbers mean, one test per row."""

import pytest

from mi.errors import AuthenticationFailed
from protocols.security.kerberos_failures import kerberos_failure
from protocols.security.rejection import Rejected

BASE = -1765328384
USER, SERVICE = "ops@CONTOSO.COM", "HTTP/server01"


class OfKrb5(Exception):
    """An error as the krb5 package raises it: its text ends with its number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"the library's words {number}")
        self.err_code = number


class OfGssapi(Exception):
    """An error as the gssapi package raises it: its number has no sign."""

    def __init__(self, number: int) -> None:
        super().__init__("Major (851968): long words, Minor (1): the library's words")
        self.min_code = number + (1 << 32)

    def get_all_statuses(self, code: int, is_major: bool) -> list[str]:
        assert (code, is_major) == (self.min_code, False)
        return ["the library's words\0"]


# number (RFC 4120 7.5.9, MIT's own from 128 on), what is said, whether it counts as a refusal
_ROWS = [
    (6, "the Kerberos realm does not know ops@CONTOSO.COM", False),
    (7, "the Kerberos realm knows no service HTTP/server01", False),
    (12, "a policy of the Kerberos realm forbids it to ops@CONTOSO.COM", True),
    (14, "no cipher in common", False),
    (18, "the account of ops@CONTOSO.COM is locked, disabled or expired", True),
    (23, "the password of ops@CONTOSO.COM has expired", True),
    (24, "does not accept the password or key of ops@CONTOSO.COM", True),
    (31, "does not accept the password or key of ops@CONTOSO.COM", True),
    (32, "the Kerberos ticket of ops@CONTOSO.COM has expired", False),
    (33, "the clocks of this machine, the server and the Kerberos realm differ", False),
    (37, "the clocks of this machine, the server and the Kerberos realm differ", False),
    (41, "the server cannot read a ticket for HTTP/server01", False),
    (141, "there is no Kerberos ticket of ops@CONTOSO.COM", False),
    (154, "no server of the Kerberos realm can be found", False),
    (155, "no server of the Kerberos realm can be found", False),
    (156, "no server of the Kerberos realm can be found", False),
    (181, "the keytab has no key of ops@CONTOSO.COM", False),
    (195, "there is no Kerberos ticket of ops@CONTOSO.COM", False),
    (210, "the keytab cannot be read", False),
    (99, "Kerberos does not work for ops@CONTOSO.COM and HTTP/server01", False),
]


def failure(error: Exception, *, is_of_server: bool = False) -> Rejected:
    return kerberos_failure(error, USER, SERVICE, is_of_server=is_of_server)


@pytest.mark.parametrize("kind", [OfKrb5, OfGssapi])
@pytest.mark.parametrize(("number", "message", "is_refusal"), _ROWS)
def test_each_number_says_what_it_is_and_what_to_do(
    kind: type[OfKrb5 | OfGssapi], number: int, message: str, is_refusal: bool
) -> None:
    rejection = failure(kind(BASE + number))
    assert isinstance(rejection.error, AuthenticationFailed)
    assert message in rejection.error.message
    assert rejection.error.message.endswith("(the library's words)")
    assert rejection.error.advice
    assert rejection.is_refusal is is_refusal
    assert rejection.may_pass is not is_refusal


def test_what_the_server_says_is_a_refusal_of_the_ticket() -> None:
    for number in (31, 41):
        rejection = failure(OfGssapi(BASE + number), is_of_server=True)
        assert "the server cannot read a ticket for HTTP/server01" in rejection.error.message
        assert "setspn -Q HTTP/server01" in str(rejection.error.advice)
        assert rejection.is_refusal
        assert not rejection.may_pass
    assert failure(OfGssapi(BASE + 37), is_of_server=True).is_refusal


def test_an_error_without_a_number_is_told_in_its_own_words() -> None:
    rejection = failure(RuntimeError("odd"))
    assert rejection.error.message.endswith("(odd)")
    assert "KRB5_TRACE" in str(rejection.error.advice)
