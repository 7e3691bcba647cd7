"""The endpoint's Digest: nonces are its own, are counted, and wear out."""

import hashlib

import pytest

from protocols.loopback.digest import DigestRealm
from protocols.loopback.users import User

PATH = "/wsman"


def hashed(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def answer(challenge: str, user: User, count: str = "00000001", **instead: str) -> str:
    """Return what a client says; RFC 7616 3.4 in so many words."""
    given = dict(part.split("=", 1) for part in challenge.partition(" ")[2].split(", "))
    realm, nonce = given["realm"].strip('"'), given["nonce"].strip('"')
    name = instead.get("username", user.name)
    secret = hashed(f"{name}:{realm}:{instead.get('password', user.password)}")
    uri = instead.get("uri", PATH)
    response = hashed(f"{secret}:{nonce}:{count}:0a4f:auth:{hashed(f'POST:{uri}')}")
    return (
        f'username="{name}", realm="{realm}", nonce="{nonce}", uri="{uri}", qop=auth,'
        f' nc={count}, cnonce="0a4f", response="{response}"'
    )


@pytest.fixture
def user() -> User:
    return User.random()


def test_a_right_answer_is_right_and_fresh_once(user: User) -> None:
    realm = DigestRealm(user)
    challenge = realm.challenge()
    first, second = answer(challenge, user), answer(challenge, user, "00000002")
    assert realm.is_right(first, PATH)
    assert realm.is_fresh(first)
    assert not realm.is_fresh(first)
    assert realm.is_fresh(second)


@pytest.mark.parametrize(
    "instead", [{"password": "wrong"}, {"username": "somebody"}, {"uri": "/elsewhere"}]
)
def test_a_wrong_one_is_wrong(user: User, instead: dict[str, str]) -> None:
    realm = DigestRealm(user)
    assert not realm.is_right(answer(realm.challenge(), user, **instead), PATH)
    assert not realm.is_right("", PATH)


def test_a_nonce_of_somebody_else_or_a_count_that_is_none_is_not_fresh(user: User) -> None:
    realm = DigestRealm(user)
    assert not realm.is_fresh(answer(DigestRealm(user).challenge(), user))
    assert not realm.is_fresh(answer(realm.challenge(), user, "zz"))
    assert not realm.is_fresh("")


def test_a_nonce_wears_out(user: User) -> None:
    realm = DigestRealm(user, nonce_uses=1)
    challenge = realm.challenge()
    assert realm.is_fresh(answer(challenge, user))
    assert not realm.is_fresh(answer(challenge, user, "00000002"))
    assert "stale=true" in realm.challenge(is_stale=True)
    assert "stale" not in challenge
