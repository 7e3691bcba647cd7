"""Which way a credential goes, and what becomes of those that are refused."""

import sys
from collections.abc import Callable, Iterator

import pytest

from mi.credentials import Credentials, Scheme, UserName
from mi.errors import AuthenticationFailed, MIError, NotSupported, TypeMismatch
from mi.options import DestinationOptions
from protocols.security.rejection import Rejected, refused
from protocols.winrm.authentication import Logon
from protocols.winrm.credssp import CredSsp
from protocols.winrm.digest_logon import Digest
from protocols.winrm.endpoint import Address
from protocols.winrm.handshake import Method
from protocols.winrm.negotiation import Negotiate
from protocols.winrm.ntlm import Ntlm
from protocols.winrm.plain import Anonymous, Basic, ClientCertificate
from protocols.winrm.rejection import not_offered
from tests.kdc import requires_kerberos
from tests.winrm.wires import answer

ADDRESS = Address("https", "192.0.2.1", 5986, "/wsman")
NAMED = Address("https", "server01", 5986, "/wsman")
ops = Credentials.password("CONTOSO\\ops", "secret")
ops_basic = Credentials.password("ops@contoso.com", "secret", scheme=Scheme.BASIC)
admin = Credentials.password(".\\admin", "pass:wörd", scheme="Basic")


def logon(
    *credentials: Credentials | Callable[[], Credentials], address: Address = ADDRESS
) -> Logon:
    return Logon(DestinationOptions(credentials=list(credentials) or None), address)


def refuse(session: Logon, method: Method) -> None:
    assert method.user is not None
    session.reject(refused(method.user, ADDRESS))


# Schemes


@pytest.mark.parametrize(
    ("scheme", "kind"),
    [
        (Scheme.DEFAULT, Negotiate),
        (Scheme.NEGOTIATE, Negotiate),
        (Scheme.NTLM_DOMAIN, Ntlm),
        (Scheme.CRED_SSP, CredSsp),
        (Scheme.DIGEST, Digest),
        (Scheme.BASIC, Basic),
    ],
)
def test_a_password_goes_by_each_scheme(scheme: Scheme, kind: type[Method]) -> None:
    method = logon(Credentials.password("ops", "secret", scheme=scheme)).method()
    assert type(method) is kind
    assert str(method.user) == "ops"
    assert method.certificate is None


def test_a_certificate_and_nobody_have_ways_of_their_own() -> None:
    certificate = logon(Credentials.certificate("ops.pem")).method()
    assert type(certificate) is ClientCertificate
    assert type(logon(Credentials.current_user("None")).method()) is Anonymous


@requires_kerberos
@pytest.mark.parametrize(
    "credentials",
    [
        Credentials.password("ops@CONTOSO.COM", "secret", scheme="Kerberos"),
        Credentials.keytab("ops@CONTOSO.COM", "ops.keytab"),
        Credentials.current_user("Kerberos"),
    ],
)
def test_kerberos_takes_a_password_a_keytab_and_the_current_users_tickets(
    credentials: Credentials,
) -> None:
    from protocols.winrm.kerberos import Kerberos  # noqa: PLC0415 - where it is installed

    assert type(logon(credentials, address=NAMED).method()) is Kerberos


@requires_kerberos
def test_without_credentials_it_is_the_current_user_who_logs_on() -> None:
    assert type(logon(address=NAMED).method()) is Negotiate
    assert type(logon(Credentials.current_user(), address=NAMED).method()) is Negotiate


def test_whoever_forgot_to_say_who_he_is_is_told_so() -> None:
    with pytest.raises(NotSupported, match="no credentials were given, and to log on as") as caught:
        logon().method()
    assert str(caught.value.advice).startswith("Pass credentials=mi.Credentials.password(")
    with pytest.raises(NotSupported) as said:
        logon(Credentials.current_user()).method()
    assert "no credentials" not in said.value.message


def test_a_scheme_that_winrm_has_not_is_not_supported() -> None:
    with pytest.raises(NotSupported, match="ISSUER_CERTIFICATE does not work over WINRM"):
        logon(Credentials(Scheme.ISSUER_CERTIFICATE)).method()


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment in which the libraries of the extra `kerberos` are not installed."""
    for name in ("winrm.kerberos", "security.tickets", "security.service_context"):
        monkeypatch.delitem(sys.modules, f"protocols.{name}", raising=False)
    for name in ("gssapi", "krb5"):
        monkeypatch.setitem(sys.modules, name, None)
    yield
    for name in ("kerberos", "tickets", "service_context"):
        sys.modules.pop(f"protocols.winrm.{name}", None)


@pytest.mark.usefixtures("without_extra")
def test_kerberos_without_its_libraries_names_the_extra() -> None:
    for credentials in (Credentials.password("ops", "x", scheme="Kerberos"), None):
        with pytest.raises(NotSupported, match="libraries that are not installed") as caught:
            logon(*filter(None, [credentials]), address=NAMED).method()
        assert "pip install 'management-infrastructure[kerberos]'" in str(caught.value.advice)


@pytest.mark.usefixtures("without_extra")
def test_negotiate_does_without_them() -> None:
    assert type(logon(ops, address=NAMED).method()) is Negotiate


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
    session.reject(not_offered("NTLM", answer(401, "Basic"), ADDRESS))
    assert type(session.method()) is Basic


def test_a_list_advances_over_what_cannot_be_used_here() -> None:
    kerberos = Credentials.password("ops", "secret", scheme="Kerberos")  # and an address
    session = logon(kerberos, ops)
    assert type(session.method()) is Negotiate
    refuse(session, session.method())
    with pytest.raises(AuthenticationFailed):
        session.method()


def test_a_refusal_weighs_more_than_a_scheme_that_is_not_offered() -> None:
    session = logon(ops, admin)
    refuse(session, session.method())
    session.method()
    session.reject(not_offered("Basic", answer(401, "Negotiate"), ADDRESS))
    with pytest.raises(AuthenticationFailed, match="does not accept"):
        session.method()


def test_a_rejection_without_a_method_is_only_remembered() -> None:
    session = logon()
    session.reject(refused(UserName("ops"), ADDRESS))
    with pytest.raises(AuthenticationFailed):
        session.method()


def passing() -> Rejected:
    return Rejected(
        AuthenticationFailed("no ticket yet", advice="Run kinit."), is_refusal=False, may_pass=True
    )


def test_what_may_pass_is_told_and_tried_again_if_there_is_nothing_else() -> None:
    session = logon(ops)
    method = session.method()
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="no ticket yet"):
            session.reject(passing())
        assert session.method() is method


def test_what_may_pass_lets_a_list_advance() -> None:
    session = logon(ops, admin)
    session.method()
    session.reject(passing())
    assert str(session.method().user) == ".\\admin"


def test_a_refusal_of_one_whose_name_is_not_known_stands_in_nobodys_way() -> None:
    session = logon(Credentials.certificate("ops.pem"), ops)
    session.method()
    session.reject(refused(UserName("?"), ADDRESS))
    assert session.method().user == ops.user


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
