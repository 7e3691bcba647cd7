"""The acceptor lets its one user in, by each of its schemes; security.py has the mechanisms."""

import base64
from collections.abc import Iterator

import pytest
import spnego
from requests.auth import HTTPDigestAuth
from requests.utils import parse_dict_header
from spnego.channel_bindings import GssChannelBindings

from protocols.loopback.acceptor import Acceptor, Outcome, Policy, Verdict
from protocols.loopback.digest import DigestRealm
from protocols.loopback.users import User, registered
from protocols.wsman import framing
from tests.kdc import OPS, Kdc, requires_kerberos

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
        if outcome.challenge is None or client.complete:
            return outcome
        assert outcome.challenge.startswith("Negotiate ")
        token = client.step(base64.b64decode(outcome.challenge.partition(" ")[2]))
        if token is None:
            return outcome


def sealed_by(client: spnego.ContextProxy, plain: bytes, **lies: int) -> tuple[str, bytes]:
    """Return the Content-Type and the body of what a client seals."""
    sealed = client.wrap_winrm(plain)
    part = (sealed.header, sealed.data, lies.get("length", len(plain)))
    return framing.content_type(framing.SPNEGO), framing.frame(framing.SPNEGO, [part])


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
    assert acceptor.unseal(*sealed_by(client, b"question")) == b"question"
    [part] = framing.split(*acceptor.seal(b"answer"))
    assert client.unwrap_winrm(part.header, bytes(part.sealed)) == b"answer"


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
    part = (b"header", b"sealed", 6)
    body = framing.frame(framing.SPNEGO, [part])
    assert acceptor.unseal(framing.content_type(framing.SPNEGO), body) is None
    with pytest.raises(ValueError, match="no keys"):
        acceptor.seal(b"plain")


def test_what_was_sealed_for_another_connection_is_nothing(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    handshake(acceptor, initiator(user.name, user.password))
    other = initiator(user.name, user.password)
    handshake(Acceptor(Policy(user)), other)
    assert acceptor.unseal(*sealed_by(other, b"question")) is None
    kind = framing.content_type(framing.SPNEGO)
    assert acceptor.unseal(kind, framing.frame(framing.SPNEGO, [(b"", b"", 0)])) is None


def test_what_is_not_sealed_as_was_agreed_upon_is_nothing(user: User) -> None:
    acceptor, client = Acceptor(Policy(user)), initiator(user.name, user.password)
    handshake(acceptor, client)
    part = (b"x" * 16, b"sealed", 6)
    for protocol, parts in ((framing.KERBEROS, 1), (framing.SPNEGO, 2)):
        body = framing.frame(protocol, [part] * parts)
        assert acceptor.unseal(framing.content_type(protocol), body) is None
    kind, body = sealed_by(client, b"question")
    assert acceptor.unseal(kind, body[:-30]) is None
    assert acceptor.unseal("application/soap+xml", body) is None


# Requests that say all themselves


def test_a_certificate_stands_for_the_user_where_it_is_allowed(user: User) -> None:
    header = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
    policy = Policy(user, schemes=("Certificate", "Basic"), certificate=b"der")
    assert policy.challenges == [("WWW-Authenticate", 'Basic realm="WSMAN"')]
    for shown, verdict in (
        (b"der", Verdict.ACCEPTED), (b"another", Verdict.REFUSED), (None, Verdict.REFUSED),
    ):  # fmt: skip
        acceptor = Acceptor(policy, shown)
        assert acceptor.authenticate(header).verdict is verdict
        assert not acceptor.can_seal
    without = Acceptor(Policy(user, certificate=b"der"), b"der")
    assert without.authenticate(header).verdict is Verdict.ANONYMOUS


def digest(user: User, challenge: str, password: str | None = None, path: str = "/wsman") -> str:
    answers = HTTPDigestAuth(user.name, user.password if password is None else password)
    answers.init_per_thread_state()
    answers._thread_local.chal = parse_dict_header(challenge.partition(" ")[2])
    return str(answers.build_digest_header("POST", f"http://h{path}"))


def test_digest_is_an_answer_to_a_challenge(user: User) -> None:
    policy = Policy(user, schemes=("Digest",), digest=DigestRealm(user))
    [(_, challenge)] = policy.challenges
    header = digest(user, challenge)
    acceptor = Acceptor(policy)
    assert acceptor.authenticate(header, "/wsman").verdict is Verdict.ACCEPTED
    assert acceptor.authenticate(header, "/wsman").verdict is Verdict.CONTINUE  # it was used
    assert acceptor.logons == 1
    wrong = digest(user, challenge, "wrong")
    assert Acceptor(policy).authenticate(wrong, "/wsman").verdict is Verdict.REFUSED


def test_digest_without_a_realm_lets_nobody_in(user: User) -> None:
    policy = Policy(user, schemes=("Digest",))
    assert policy.challenges == [("WWW-Authenticate", "Digest")]
    assert Acceptor(policy).authenticate("Digest x", "/").verdict is Verdict.REFUSED


def test_which_headers_bring_tokens(user: User) -> None:
    acceptor = Acceptor(Policy(user))
    assert all(map(acceptor.is_handshake, ("Negotiate x", "kerberos x", "CredSSP x")))
    assert not any(map(acceptor.is_handshake, ("Basic x", "Digest x", None)))


# Other mechanisms


def test_credssp_brings_the_password(user: User) -> None:
    acceptor = Acceptor(Policy(user, schemes=("CredSSP",)))
    client = spnego.client(
        user.name,
        user.password,
        protocol="credssp",
        options=spnego.NegotiateOptions.use_negotiate,
    )
    token = client.step()
    while True:
        outcome = acceptor.authenticate(f"CredSSP {base64.b64encode(token or b'').decode()}")
        if outcome.verdict is not Verdict.CONTINUE:
            break
        token = client.step(base64.b64decode(str(outcome.challenge).partition(" ")[2]))
    assert outcome == Outcome(Verdict.ACCEPTED, None, user.name)
    message = b"x" * 40_000
    kind, body = acceptor.seal(message)
    assert kind.startswith("multipart/x-multi-encrypted;")
    parts = framing.split(kind, body)
    assert [part.length for part in parts] == [16384, 16384, 7232]
    assert b"".join(client.unwrap_winrm(one.header, bytes(one.sealed)) for one in parts) == message
    pieces = [message[start : start + 16384] for start in range(0, len(message), 16384)]
    wrapped = [(one.header, one.data, len(piece)) for piece in pieces
               for one in [client.wrap_winrm(piece)]]  # fmt: skip
    assert acceptor.unseal(kind, framing.frame(framing.CREDSSP, wrapped)) == message


def test_a_part_that_is_not_as_long_as_it_claims_is_nothing(user: User) -> None:
    acceptor, client = Acceptor(Policy(user)), initiator(user.name, user.password)
    handshake(acceptor, client)
    assert acceptor.unseal(*sealed_by(client, b"question", length=7)) is None


def test_kerberos_without_a_keytab_lets_nobody_in(user: User) -> None:
    acceptor = Acceptor(Policy(user, schemes=("Kerberos",)))
    assert acceptor.authenticate("Kerberos YWJj") == Outcome(Verdict.REFUSED)


@requires_kerberos
@pytest.mark.parametrize("scheme", ["Negotiate", "Kerberos"])
def test_kerberos_lets_its_principal_in(user: User, kdc: Kdc, scheme: str) -> None:
    kdc.kinit()
    client = spnego.client(hostname="server.loopback.test", service="HTTP",
                           protocol=scheme.lower())  # fmt: skip
    policy = Policy(user, schemes=(scheme,), keytab=kdc.keytab, principal=OPS)
    acceptor = Acceptor(policy)
    token = base64.b64encode(client.step() or b"").decode()
    outcome = acceptor.authenticate(f"{scheme} {token}")
    assert outcome.verdict is Verdict.ACCEPTED
    client.step(base64.b64decode(str(outcome.challenge).partition(" ")[2]))
    [part] = framing.split(*acceptor.seal(b"answer"))
    assert part.protocol == (framing.KERBEROS if scheme == "Kerberos" else framing.SPNEGO)
    assert client.unwrap_winrm(part.header, bytes(part.sealed)) == b"answer"
    nobody = Acceptor(Policy(user, schemes=(scheme,), keytab=kdc.keytab))
    again = spnego.client(hostname="server.loopback.test", service="HTTP", protocol="kerberos")
    token = base64.b64encode(again.step() or b"").decode()
    assert nobody.authenticate(f"{scheme} {token}").verdict is Verdict.REFUSED
