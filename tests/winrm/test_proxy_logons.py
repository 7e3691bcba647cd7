from base64 import b64encode

import pytest

from mi.credentials import Credentials, UserName
from mi.errors import NotSupported, ProtocolError
from protocols.winrm.proxy_logons import ProxyLogon, spoken

AUTHORITY = "server01:5985"
PASSWORD = "pw"
DIGEST = 'Digest realm="x", nonce="{}", qop="auth"'


def logon(scheme: str, name: str = "", user: str = "ops", password: str = PASSWORD) -> ProxyLogon:
    known = spoken(Credentials.password(user, password, scheme=scheme))
    return known.begin(UserName.parse(user), password, name or known.names[0])


@pytest.mark.parametrize(
    ("scheme", "offered", "name"),
    [
        ("Basic", ["NTLM", "basic"], "Basic"),
        ("Digest", ["Digest"], "Digest"),
        ("NegoWithCreds", ["Negotiate", "NTLM"], "NTLM"),
        ("Ntlmdomain", ["negotiate"], "Negotiate"),
        ("Default", ["Kerberos", "Basic"], None),
        ("Basic", [], None),
    ],
)
def test_a_scheme_is_known_by_the_names_that_proxies_have_for_it(
    scheme: str, offered: list[str], name: str | None
) -> None:
    assert spoken(Credentials.password("ops", "pw", scheme=scheme)).offered(offered) == name


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials.password("ops", "secret", scheme="Kerberos"),
        Credentials.current_user(),
        Credentials.keytab("ops", "file"),
        Credentials.certificate("file"),
    ],
)
def test_what_is_not_for_proxies_is_told_without_the_secret(credentials: Credentials) -> None:
    with pytest.raises(NotSupported, match="with a proxy") as caught:
        spoken(credentials)
    assert "BASIC, DIGEST" in str(caught.value.advice)
    assert "secret" not in str(caught.value)


def test_basic_says_all_at_once_and_nothing_more() -> None:
    ours = logon("Basic", user=".\\ops")
    assert ours.first("", AUTHORITY) == f"Basic {b64encode(b'ops:pw').decode()}"
    assert ours.next("Basic") is None
    assert not ours.holds_connection
    with pytest.raises(NotSupported, match="colon"):
        logon("Basic", user="a:b")


def test_digest_answers_and_once_more_where_it_came_too_late() -> None:
    ours = logon("Digest")
    assert f'uri="{AUTHORITY}"' in ours.first(DIGEST.format("one"), AUTHORITY)
    assert ours.next(DIGEST.format("two")) is None
    again = ours.next(DIGEST.format("two") + ", stale=true")
    assert again is not None
    assert 'nonce="two"' in again
    assert f'uri="{AUTHORITY}"' in again
    assert ours.next(DIGEST.format("three") + ", stale=true") is None
    assert not ours.holds_connection


def test_ntlm_begins_at_once_under_the_name_that_was_offered() -> None:
    for name in ("NTLM", "Negotiate"):
        ours = logon("Ntlmdomain", name)
        assert ours.first("", AUTHORITY).startswith(f"{name} TlRMTVNTUAAB")
        assert ours.holds_connection
        assert ours.next(name) is None  # no challenge: it was refused
        assert ours.next(f"{name} a") is None


def test_a_challenge_that_is_none_is_told() -> None:
    ours = logon("Ntlmdomain")
    ours.first("", AUTHORITY)
    with pytest.raises(ProtocolError, match="NTLM challenge cannot be answered"):
        ours.next("NTLM bm90aGluZw==")


def test_ntlm_needs_a_password() -> None:
    with pytest.raises(NotSupported, match="password that is not empty"):
        logon("Ntlmdomain", password="")
