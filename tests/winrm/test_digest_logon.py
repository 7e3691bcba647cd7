"""Digest: one challenge serves many requests, a stale one is renewed, a wrong password is not."""

import pytest

from mi.credentials import Credentials
from mi.errors import AuthenticationFailed, ConnectionFailed, ProtocolError
from protocols.loopback.digest import DigestRealm
from protocols.loopback.users import User
from protocols.security.rejection import Rejected
from protocols.winrm.adapter import Answer
from protocols.winrm.digest_logon import Digest
from protocols.winrm.endpoint import Address
from tests.winrm.wires import FakeWire, answer

ADDRESS = Address("https", "server01", 5986, "/wsman?x=1")


@pytest.fixture
def user() -> User:
    return User.random()


def digest(user: User, name: str | None = None, password: str | None = None) -> Digest:
    given = Credentials.password(name or user.name, password or user.password, scheme="Digest")
    return Digest(given, ADDRESS)


def challenged(method: Digest, *offers: str) -> FakeWire:
    wire = FakeWire(lambda _: answer(401, *offers), is_sealing=False)
    assert method.log_on(wire) is None
    return wire


def value(header: str) -> str:
    scheme, _, rest = header.partition(" ")
    assert scheme == "Digest"
    return rest


def test_a_challenge_is_asked_for_once_and_answered_in_every_request(user: User) -> None:
    realm, method = DigestRealm(user), digest(user)
    wire = challenged(method, "Negotiate", realm.challenge(), 'Basic realm="x"')
    assert wire.headers == [None]
    assert (method.logs_on, method.certificate) == (False, None)
    for _ in range(3):
        header = value(method.authorization())
        assert realm.is_right(header, ADDRESS.path)
        assert realm.is_fresh(header)
    method.log_on(wire)  # of another connection
    assert wire.headers == [None]


@pytest.mark.parametrize("form", ["LOOPBACK\\{}", ".\\{}", "{}"])
def test_each_form_of_a_user_name_is_hashed_as_servers_know_it(user: User, form: str) -> None:
    realm, method = DigestRealm(user), digest(user, form.format(user.name))
    challenged(method, realm.challenge())
    assert realm.is_right(value(method.authorization()), ADDRESS.path)


def test_a_user_of_a_realm_is_named_whole(user: User) -> None:
    method = digest(user, "ops@contoso.com")
    challenged(method, DigestRealm(user).challenge())
    assert 'username="ops@contoso.com"' in method.authorization()


def test_a_stale_nonce_is_renewed(user: User) -> None:
    realm, method = DigestRealm(user), digest(user)
    challenged(method, realm.challenge())
    sent = method.authorization()
    assert method.unauthorized(answer(401, realm.challenge(is_stale=True)), sent) is None
    header = value(method.authorization())
    assert realm.is_fresh(header)
    assert header != sent


def test_a_nonce_that_was_good_before_is_renewed_even_if_it_is_not_called_stale(
    user: User,
) -> None:
    realm, method = DigestRealm(user), digest(user)
    challenged(method, realm.challenge())
    method.authorization()
    assert method.unauthorized(answer(401, realm.challenge()), method.authorization()) is None


def test_a_first_answer_that_is_not_accepted_is_a_refusal(user: User) -> None:
    method = digest(user, password="wrong")
    challenged(method, DigestRealm(user).challenge())
    sent = method.authorization()
    rejection = method.unauthorized(answer(401, DigestRealm(user).challenge()), sent)
    assert rejection is not None
    assert rejection.is_refusal


@pytest.mark.parametrize("offers", [("Negotiate",), ()])
def test_a_server_without_digest_has_not_looked_at_the_credential(
    user: User, offers: tuple[str, ...]
) -> None:
    method = digest(user)
    with pytest.raises(Rejected) as caught:
        challenged(method, *offers)
    assert not caught.value.is_refusal
    assert "does not take Digest" in caught.value.error.message
    rejection = method.unauthorized(answer(401, *offers), "Digest x")
    assert rejection is not None
    assert not rejection.is_refusal


def test_a_server_that_asks_for_no_logon_says_by_its_status_why(user: User) -> None:
    with pytest.raises(ConnectionFailed, match="HTTP status 404"):
        digest(user).log_on(FakeWire(lambda _: answer(404), is_sealing=False))


def test_a_challenge_that_nobody_can_answer_is_an_error(user: User) -> None:
    method = digest(user)
    challenged(method, 'Digest realm="x", nonce="y", algorithm=ROT13')
    with pytest.raises(ProtocolError, match="cannot be answered"):
        method.authorization()


def test_it_cannot_seal(user: User) -> None:
    def never(_: str) -> Answer:
        raise AssertionError("nothing is sent")

    with pytest.raises(Rejected) as caught:
        digest(user).log_on(FakeWire(never))
    assert isinstance(caught.value.error, AuthenticationFailed)
    assert "all messages through the network in clear" in caught.value.error.message
