"""The acceptor lets its one user in: by NTLM, bare or in SPNEGO, and by Basic."""

import base64
from collections.abc import Iterator

import pytest
import spnego
from spnego.channel_bindings import GssChannelBindings

from protocols.loopback.acceptor import Acceptor, Outcome, Policy, Verdict
from protocols.loopback.users import User, registered

BINDING = b"tls-server-end-point:0123456789abcdef"


@pytest.fixture
def user() -> Iterator[User]:
    with registered(User.random()) as known:
        yield known


def initiator(
    name: str, password: str, protocol: str = "ntlm", binding: bytes | None = None
) -> spnego.ContextProxy:
    options = spnego.NegotiateOptions
    return spnego.client(
        name,
        password,
        protocol=protocol,
        options=options.use_ntlm if protocol == "ntlm" else options.use_negotiate,
        channel_bindings=GssChannelBindings(application_data=binding) if binding else None,
    )


def handshake(acceptor: Acceptor, client: spnego.ContextProxy) -> Outcome:
    token = client.step()
    while True:
        text = base64.b64encode(token or b"").decode()
        outcome = acceptor.authenticate(f"Negotiate {text}")
        if outcome.token is None or client.complete:
            return outcome
        token = client.step(base64.b64decode(outcome.token))
        if token is None:
            return outcome


def basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
def test_ntlm_authenticates_the_connection_and_seals_its_bodies(user: User, protocol: str) -> None:
    acceptor = Acceptor(Policy(user))
    client = initiator(user.name, user.password, protocol)
    assert handshake(acceptor, client).verdict is Verdict.ACCEPTED
    assert (acceptor.logons, acceptor.refused) == (1, 0)
    assert acceptor.can_seal
    assert acceptor.authenticate(None).verdict is Verdict.ACCEPTED
    sealed = client.wrap_winrm(b"question")
    assert acceptor.unseal(sealed.header, sealed.data) == b"question"
    assert client.unwrap_winrm(*acceptor.seal(b"answer")) == b"answer"


@pytest.mark.parametrize("domain", ["LOOPBACK", ".", "loopback"])
def test_the_user_may_name_the_domain(user: User, domain: str) -> None:
    client = initiator(f"{domain}\\{user.name}", user.password)
    assert handshake(Acceptor(Policy(user)), client).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("protocol", ["ntlm", "negotiate"])
def test_a_wrong_password_is_refused_and_counted_once(user: User, protocol: str) -> None:
    acceptor = Acceptor(Policy(user))
    outcome = handshake(acceptor, initiator(user.name, "wrong", protocol))
    assert outcome == Outcome(Verdict.REFUSED)
    assert (acceptor.logons, acceptor.refused) == (0, 1)
    assert acceptor.authenticate(None).verdict is Verdict.ANONYMOUS


def test_the_user_of_another_endpoint_is_refused(user: User) -> None:
    with registered(User.random()) as other:
        acceptor = Acceptor(Policy(user))
        outcome = handshake(acceptor, initiator(other.name, other.password))
    assert outcome.verdict is Verdict.REFUSED
    assert not acceptor.can_seal


def test_a_new_token_begins_a_new_logon(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    handshake(acceptor, initiator(user.name, user.password))
    assert handshake(acceptor, initiator(user.name, "wrong")).verdict is Verdict.REFUSED
    assert not acceptor.is_authenticated
    outcome = handshake(acceptor, initiator(user.name, user.password))
    assert outcome.verdict is Verdict.ACCEPTED
    assert (acceptor.logons, acceptor.refused) == (2, 1)


@pytest.mark.parametrize(
    "token", ["!", "AAAA", base64.b64encode(b"NTLMSSP\0\1\0\0\0").decode(), "YIIFoA=="]
)
def test_what_is_no_token_is_a_refusal(user: User, token: str) -> None:
    assert Acceptor(Policy(user)).authenticate(f"Negotiate {token}").verdict is Verdict.REFUSED


def test_a_logon_can_be_bound_to_the_certificate(user: User) -> None:
    policy = Policy(user, channel_binding=BINDING)
    for binding, verdict in (
        (BINDING, Verdict.ACCEPTED), (b"other", Verdict.REFUSED), (None, Verdict.REFUSED),
    ):  # fmt: skip
        client = initiator(user.name, user.password, binding=binding)
        assert handshake(Acceptor(policy), client).verdict is verdict


def test_basic_stands_in_every_request(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    header = basic(user.name, user.password)
    assert acceptor.authenticate(header).verdict is Verdict.ACCEPTED
    assert acceptor.authenticate(header).verdict is Verdict.ACCEPTED
    assert acceptor.logons == 1
    assert acceptor.authenticate(None).verdict is Verdict.ANONYMOUS
    assert not acceptor.can_seal


@pytest.mark.parametrize("header", ["Basic !", "Basic ÿ", "Basic dXNlcg==", "Basic /w=="])
def test_basic_that_names_nobody_is_refused(user: User, header: str) -> None:
    assert Acceptor(Policy(user)).authenticate(header).verdict is Verdict.REFUSED


def test_basic_with_a_wrong_password_or_user_is_refused(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    for header in (basic(user.name, "wrong"), basic("other", user.password)):
        assert acceptor.authenticate(header).verdict is Verdict.REFUSED
    assert acceptor.refused == 2


def test_a_scheme_that_is_not_offered_names_nobody(user: User) -> None:
    acceptor = Acceptor(Policy(user, schemes=("Negotiate",)))
    assert acceptor.authenticate(basic(user.name, user.password)).verdict is Verdict.ANONYMOUS
    assert acceptor.authenticate("Kerberos AAAA").verdict is Verdict.ANONYMOUS
    assert acceptor.authenticate("Negotiate ").verdict is Verdict.ANONYMOUS


def test_the_schemes_are_offered_each_in_a_header_of_its_own(user: User) -> None:
    assert Policy(user).challenges == [
        ("WWW-Authenticate", "Negotiate"),
        ("WWW-Authenticate", 'Basic realm="WSMAN"'),
    ]


def test_nothing_is_sealed_or_unsealed_before_a_logon(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    assert acceptor.unseal(b"header", b"sealed") is None
    with pytest.raises(ValueError, match="no keys"):
        acceptor.seal(b"plain")


def test_what_was_sealed_for_another_connection_is_nothing(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    handshake(acceptor, initiator(user.name, user.password))
    other = initiator(user.name, user.password)
    handshake(Acceptor(Policy(user)), other)
    sealed = other.wrap_winrm(b"question")
    assert acceptor.unseal(sealed.header, sealed.data) is None
    assert acceptor.unseal(b"", b"") is None
