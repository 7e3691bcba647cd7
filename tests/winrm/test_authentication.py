from base64 import b64decode
from collections.abc import Callable

import pytest
from urllib3 import HTTPHeaderDict

from mi.credentials import Credentials, Scheme, UserName
from mi.errors import AuthenticationFailed, MIError, NotSupported, TypeMismatch
from mi.options import DestinationOptions
from protocols.winrm.adapter import Answer
from protocols.winrm.authentication import Logon, Method
from protocols.winrm.endpoint import Address
from protocols.winrm.rejection import Rejected, not_offered, refused

ADDRESS = Address("https", "server01", 5986, "/wsman")
ops = Credentials.password("CONTOSO\\ops", "secret")
ops_basic = Credentials.password("ops@contoso.com", "secret", scheme=Scheme.BASIC)
admin = Credentials.password(".\\admin", "pass:wörd", scheme="Basic")


def logon(*credentials: Credentials | Callable[[], Credentials]) -> Logon:
    return Logon(DestinationOptions(credentials=list(credentials) or None), ADDRESS)


def unauthorized(*offers: str) -> Answer:
    headers = HTTPHeaderDict()
    for offer in offers:
        headers.add("WWW-Authenticate", offer)
    return Answer(401, headers, b"", "Unauthorized")


def refuse(session: Logon, method: Method) -> None:
    session.reject(refused(method.user, ADDRESS))


# Schemes


@pytest.mark.parametrize("scheme", [Scheme.DEFAULT, Scheme.NEGOTIATE, Scheme.NTLM_DOMAIN])
def test_negotiate_is_the_default_and_logs_a_connection_on(scheme: Scheme) -> None:
    method = logon(Credentials.password("ops", "secret", scheme=scheme)).method()
    assert method.logs_on
    assert method.authorization is None
    assert str(method.user) == "ops"


@pytest.mark.parametrize("scheme", [Scheme.KERBEROS, Scheme.CRED_SSP, Scheme.DIGEST])
def test_a_scheme_that_is_not_in_this_release_names_those_that_are(scheme: Scheme) -> None:
    with pytest.raises(NotSupported, match=f"{scheme.name} is not in this release") as caught:
        logon(Credentials.password("ops", "secret", scheme=scheme)).method()
    assert "DEFAULT, NEGOTIATE, NTLM_DOMAIN, BASIC" in str(caught.value.advice)


def test_the_current_user_is_not_in_this_release() -> None:
    for session in (logon(), logon(Credentials.current_user())):
        with pytest.raises(NotSupported, match="current user is not in this release") as caught:
            session.method()
        assert "mi.Credentials.password(" in str(caught.value.advice)


def never(_: str) -> Answer:
    raise AssertionError("nothing is sent")


def test_basic_stands_in_every_request_and_needs_no_logon() -> None:
    method = logon(admin).method()
    assert not method.logs_on
    assert method.log_on(never, None, is_sealing=False) is None


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
    method = logon(Credentials.password(name, "pass:wörd", scheme="Basic")).method()
    scheme, value = str(method.authorization).split()
    assert scheme == "Basic"
    assert b64decode(value).decode() == f"{sent}:pass:wörd"


def test_basic_cannot_carry_a_colon_in_the_name() -> None:
    with pytest.raises(NotSupported, match="colon"):
        logon(Credentials.password("a:b", "secret", scheme="Basic")).method()


def test_basic_is_not_sent_where_messages_are_to_be_sealed() -> None:
    session = logon(admin)
    with pytest.raises(Rejected) as caught:
        session.method().log_on(never, None, is_sealing=True)
    session.reject(caught.value)
    with pytest.raises(AuthenticationFailed, match="in clear") as error:
        session.method()
    assert "packet_privacy=False" in str(error.value.advice)


# Lockout


def test_a_refusal_is_remembered() -> None:
    session = logon(ops)
    refuse(session, session.method())
    raised = []
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="does not accept") as caught:
            session.method()
        raised.append(caught.value)
    assert raised[0] is not raised[1]


def test_the_same_method_serves_until_it_is_rejected() -> None:
    session = logon(ops, admin)
    assert session.method() is session.method()


def test_a_list_does_not_advance_to_the_same_user() -> None:
    session = logon(ops, ops_basic)
    refuse(session, session.method())
    with pytest.raises(AuthenticationFailed, match=r"CONTOSO\\\\ops"):
        session.method()


def test_a_list_advances_to_a_different_user() -> None:
    session = logon(ops, ops_basic, admin)
    refuse(session, session.method())
    assert str(session.method().user) == ".\\admin"


def test_a_list_advances_when_the_scheme_is_not_offered() -> None:
    session = logon(ops, ops_basic)
    session.method()
    session.reject(not_offered("NTLM", unauthorized("Basic"), ADDRESS))
    assert session.method().authorization is not None


def test_a_list_advances_over_what_is_not_in_this_release() -> None:
    kerberos = Credentials.password("ops", "secret", scheme="Kerberos")
    session = logon(kerberos, ops)
    assert session.method().logs_on
    refuse(session, session.method())
    with pytest.raises(AuthenticationFailed):
        session.method()


def test_a_refusal_weighs_more_than_a_scheme_that_is_not_offered() -> None:
    session = logon(ops, admin)
    refuse(session, session.method())
    session.method()
    session.reject(not_offered("Basic", unauthorized("Negotiate"), ADDRESS))
    with pytest.raises(AuthenticationFailed, match="does not accept"):
        session.method()


def test_a_rejection_without_a_method_is_only_remembered() -> None:
    session = logon()
    session.reject(refused(UserName("ops"), ADDRESS))
    with pytest.raises(AuthenticationFailed):
        session.method()


def test_a_401_to_basic_is_a_refusal_where_basic_is_offered() -> None:
    session = logon(admin)
    session.method()
    assert session.unauthorized(unauthorized('Basic realm="WSMAN"')).is_refusal
    assert session.unauthorized(unauthorized()).is_refusal
    assert not session.unauthorized(unauthorized("Negotiate", "Kerberos")).is_refusal


# Callables


def test_a_callable_is_asked_when_its_turn_comes() -> None:
    asked = []

    def ask() -> Credentials:
        asked.append(1)
        return admin

    session = logon(ops, ask)
    refuse(session, session.method())
    assert not asked
    session.method()
    session.method()
    assert asked == [1]


def test_a_callable_that_fails_ends_the_operation_without_its_words() -> None:
    def ask() -> Credentials:
        raise ValueError("the password is secret")

    with pytest.raises(AuthenticationFailed, match="failed: ValueError") as caught:
        logon(ask).method()
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize("error", [TypeMismatch("not credentials"), KeyboardInterrupt()])
def test_an_error_of_our_own_and_ctrl_c_pass(error: MIError | KeyboardInterrupt) -> None:
    def ask() -> Credentials:
        raise error

    session = logon(ask)
    for _ in range(2):  # it is asked again, having given nothing
        with pytest.raises(type(error)):
            session.method()
