"""The order of credentials, and what becomes of those that are refused, whatever is spoken."""

from dataclasses import dataclass

import pytest

from mi.credentials import Credentials, Scheme, UserName
from mi.errors import AuthenticationFailed, MIError, NotSupported, TypeMismatch
from mi.options import DestinationOptions
from protocols.network.places import Place
from protocols.security.logon import Logon, asked
from protocols.security.rejection import Rejected, refused

SERVER = Place("server01", 135)
OPS = Credentials.password("CONTOSO\\ops", "secret")
ADMIN = Credentials.password("admin", "secret")


@dataclass
class Way:
    """A way to log on: the credential itself."""

    credentials: Credentials

    @property
    def user(self) -> UserName | None:
        return self.credentials.user


def new_way(credentials: Credentials) -> Way:
    if credentials.scheme is Scheme.BASIC:
        raise NotSupported("no BASIC here")
    return Way(credentials)


def logon(*credentials: Credentials) -> Logon[Way]:
    return Logon(DestinationOptions(credentials=list(credentials) or None), new_way)


def refuse(session: Logon[Way]) -> None:
    user = session.method().user
    assert user is not None
    session.reject(refused(user, SERVER))


def test_one_way_serves_until_it_is_rejected() -> None:
    session = logon(OPS, ADMIN)
    assert session.method() is session.method()
    refuse(session)
    assert session.method().credentials is ADMIN


def test_a_refused_user_is_not_tried_in_another_way() -> None:
    session = logon(OPS, Credentials.password("ops@contoso.com", "other"))
    refuse(session)
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="does not accept the credentials of"):
            session.method()


def test_what_cannot_be_used_is_passed_over() -> None:
    basic = Credentials.password("basic", "secret", scheme="Basic")
    assert logon(basic, ADMIN).method().credentials is ADMIN
    with pytest.raises(NotSupported, match="no BASIC here"):
        logon(basic).method()


def test_what_may_pass_is_told_and_tried_again() -> None:
    session = logon(OPS)
    method = session.method()
    later = Rejected(AuthenticationFailed("not yet"), is_refusal=False, may_pass=True)
    with pytest.raises(AuthenticationFailed, match="not yet"):
        session.reject(later)
    assert session.method() is method


def test_a_rejection_of_nothing_is_only_remembered() -> None:
    session = logon(OPS)
    session.method()
    session.reject(Rejected(AuthenticationFailed("not so"), is_refusal=False))
    with pytest.raises(AuthenticationFailed, match="not so"):
        session.method()
    session.reject(refused(UserName("ops"), SERVER))
    with pytest.raises(AuthenticationFailed, match="does not accept"):
        session.method()


def test_a_scheme_that_is_not_taken_weighs_less_than_a_refusal() -> None:
    session = logon(OPS, ADMIN)
    refuse(session)
    session.method()
    session.reject(Rejected(AuthenticationFailed("not so"), is_refusal=False))
    with pytest.raises(AuthenticationFailed, match="does not accept"):
        session.method()


def test_whoever_forgot_to_say_who_he_is_is_told_so() -> None:
    session = logon()
    session.method()
    session.reject(Rejected(AuthenticationFailed("no ticket", advice="kinit."), is_refusal=True))
    with pytest.raises(AuthenticationFailed, match="no credentials were given") as caught:
        session.method()
    assert str(caught.value.advice).endswith("kinit.")


def test_a_list_without_anything_is_no_credential() -> None:
    session = logon(OPS)
    session._sources.clear()
    with pytest.raises(NotSupported, match="no credentials can be used"):
        session.method()


# Callables


def test_a_callable_is_asked() -> None:
    assert asked(OPS) is OPS
    assert asked(lambda: ADMIN) is ADMIN


@pytest.mark.parametrize("error", [TypeMismatch("no"), KeyboardInterrupt()])
def test_an_error_of_our_own_and_ctrl_c_pass(error: MIError | KeyboardInterrupt) -> None:
    def fail() -> Credentials:
        raise error

    with pytest.raises(type(error)):
        asked(fail)


def test_the_words_of_others_are_not_repeated() -> None:
    def fail() -> Credentials:
        raise RuntimeError("secret")

    with pytest.raises(AuthenticationFailed, match="failed: RuntimeError") as caught:
        asked(fail)
    assert "secret" not in str(caught.value)
