"""Tickets of a realm: by password, by keytab, from a cache; asked for once, kept while good."""

import gc
from typing import Any

import pytest

from mi.credentials import Credentials
from tests.kdc import OPS, PASSWORD, REALM, Kdc, missing, missing_text

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

import gssapi
import krb5

from protocols.security.tickets import Tickets, default_realm, held

BY_PASSWORD = Credentials.password("ops", PASSWORD)


def tickets(
    credentials: Credentials, principal: str | None = OPS, *, forwardable: bool = False
) -> Tickets:
    return Tickets(credentials, principal, forwardable=forwardable)


def number(error: Any) -> int:
    code = int(getattr(error, "err_code", 0) or error.min_code - (1 << 32))
    return code + 1765328384


def test_the_machines_realm_is_that_of_its_configuration(kdc: Kdc) -> None:
    assert default_realm() == REALM


def test_a_machine_without_a_configuration_is_of_no_realm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5_CONFIG", "/nonexistent")
    assert default_realm() is None


def asked(kdc: Kdc) -> int:
    """Return how many tickets of a user the KDC has issued."""
    return sum("AS_REQ" in line and "ISSUE" in line for line in kdc.log.splitlines())


def test_a_password_gets_a_ticket_once(kdc: Kdc) -> None:
    before, mine = asked(kdc), tickets(BY_PASSWORD)
    credential = mine.credential()
    assert str(credential.name) == OPS
    assert mine.credential() is credential
    assert asked(kdc) == before + 1


def test_a_keytab_does_as_well(kdc: Kdc) -> None:
    mine = tickets(Credentials.keytab("ops", kdc.user_keytab()))
    assert str(mine.credential().name) == OPS


def test_a_ticket_that_is_over_is_got_again(kdc: Kdc, monkeypatch: pytest.MonkeyPatch) -> None:
    before, mine = asked(kdc), tickets(BY_PASSWORD)
    mine.credential()
    monkeypatch.setattr("protocols.security.tickets._is_good", lambda credential: False)
    mine.credential()
    assert asked(kdc) == before + 2


def test_whether_a_ticket_is_good_is_the_librarys_to_say() -> None:
    from protocols.security import tickets as module  # noqa: PLC0415 - to look inside

    class Ended:
        @property
        def lifetime(self) -> int:
            raise gssapi.exceptions.ExpiredCredentialsError(11 << 16, 0)

    class Ending:
        lifetime = 0

    assert not module._is_good(Ended())  # type: ignore[arg-type]
    assert not module._is_good(Ending())  # type: ignore[arg-type]


def is_there(cache: str) -> bool:
    context = krb5.init_context()
    try:
        krb5.cc_get_principal(context, krb5.cc_resolve(context, cache.encode()))
    except krb5.Krb5Error:
        return False
    return True


def test_nothing_stays_in_memory_when_nobody_needs_it_any_more(
    kdc: Kdc, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def new_unique(context: krb5.Context, kind: bytes) -> krb5.CCache:
        cache = make(context, kind)
        made.append(f"{kind.decode()}:{(cache.name or b'').decode()}")
        return cache

    make = krb5.cc_new_unique
    monkeypatch.setattr(krb5, "cc_new_unique", new_unique)
    monkeypatch.setattr("protocols.security.tickets._is_good", lambda credential: False)
    mine = tickets(BY_PASSWORD)
    mine.credential()
    mine.credential()
    assert [is_there(cache) for cache in made] == [False, True]
    del mine
    gc.collect()
    assert [is_there(cache) for cache in made] == [False, False]


@pytest.mark.parametrize("forwardable", [False, True])
def test_a_ticket_for_others_is_asked_for_only_where_it_is_wanted(
    kdc: Kdc, forwardable: bool
) -> None:
    mine = tickets(BY_PASSWORD, forwardable=forwardable)
    credential = mine.credential()
    name = gssapi.Name("HTTP/server.loopback.test@", gssapi.NameType.kerberos_principal)
    flags = gssapi.RequirementFlag.delegate_to_peer
    context = gssapi.SecurityContext(name=name, creds=credential, flags=flags, usage="initiate")
    context.step()
    assert (flags in context.actual_flags) is forwardable


def test_the_current_user_shows_what_is_in_his_cache(kdc: Kdc) -> None:
    mine = tickets(Credentials.current_user(), None)
    with pytest.raises(gssapi.exceptions.GSSError):
        _ = mine.credential().lifetime
    kdc.kinit()
    assert str(mine.credential().name) == OPS


def test_another_cache_can_be_named(kdc: Kdc) -> None:
    cache = f"FILE:{kdc.folder / 'another'}"
    kdc.kinit(cache=cache)
    mine = tickets(Credentials.current_user(ticket_cache=cache), None)
    assert str(mine.credential().name) == OPS


@pytest.mark.parametrize(
    ("credentials", "principal", "expected"),
    [
        (Credentials.password("ops", "wrong"), OPS, 24),
        (Credentials.password("nobody", "x"), f"nobody@{REALM}", 6),
        (Credentials.password("ops", "x"), "ops@NOWHERE.TEST", 154),
        (Credentials.keytab("ops", "/nonexistent"), OPS, 210),
    ],
)
def test_what_cannot_be_got_says_so_by_its_number(
    kdc: Kdc, credentials: Credentials, principal: str, expected: int
) -> None:
    with pytest.raises(krb5.Krb5Error) as caught:
        tickets(credentials, principal).credential()
    assert number(caught.value) == expected


def test_a_wrong_password_is_one_attempt(kdc: Kdc) -> None:
    before = kdc.log.count("PREAUTH_FAILED")
    with pytest.raises(krb5.Krb5Error):
        tickets(Credentials.password("ops", "wrong")).credential()
    assert kdc.log.count("PREAUTH_FAILED") == before + 1


def test_what_a_cache_holds_can_be_told_without_asking_the_kdc(kdc: Kdc) -> None:
    with pytest.raises(gssapi.exceptions.GSSError):
        held(None)
    kdc.kinit()
    user, seconds = held(None)
    assert user == OPS
    assert 0 < seconds <= 24 * 3600
    cache = f"FILE:{kdc.folder / 'third'}"
    with pytest.raises(gssapi.exceptions.GSSError):
        held(cache)
    kdc.kinit(cache=cache)
    assert held(cache)[0] == OPS
