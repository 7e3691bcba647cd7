import hashlib

import pytest
from requests.utils import parse_dict_header

from mi.errors import ProtocolError
from protocols.winrm.digest import DigestAnswers

# RFC 7616 3.9.1
CHALLENGE = (
    'realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="7ypf/xlj9XXwf", '
    'opaque="FQhe/qaU925kf"'
)


def answers() -> DigestAnswers:
    return DigestAnswers("Mufasa", "Circle of Life")


@pytest.mark.parametrize(("algorithm", "digest"), [("MD5", "md5"), ("SHA-256", "sha256")])
@pytest.mark.parametrize("offers", ["Digest {}", 'NTLM, digest {}, Basic realm="x"'])
def test_the_answer_is_the_one_of_the_standard(algorithm: str, digest: str, offers: str) -> None:
    header = answers().header(
        offers.format(CHALLENGE.format(algorithm)), "CONNECT", "server01:5985"
    )
    said = parse_dict_header(header.removeprefix("Digest "))

    def hashed(*parts: str) -> str:
        return hashlib.new(digest, ":".join(parts).encode()).hexdigest()

    assert said["uri"] == "server01:5985"
    assert said["username"] == "Mufasa"
    assert said["opaque"] == "FQhe/qaU925kf"
    assert said["response"] == hashed(
        hashed("Mufasa", "http-auth@example.org", "Circle of Life"),
        "7ypf/xlj9XXwf",
        "00000001",
        said["cnonce"],
        "auth",
        hashed("CONNECT", "server01:5985"),
    )


def test_the_same_nonce_is_counted_on() -> None:
    ours, offers = answers(), "Digest " + CHALLENGE.format("MD5")
    assert "nc=00000001" in ours.header(offers, "POST", "/wsman")
    assert "nc=00000002" in ours.header(offers, "POST", "/wsman")


@pytest.mark.parametrize(
    "offers",
    [
        "",
        "Basic realm=x",
        'Digest nonce="x"',
        'Digest realm="x"',
        'Digest realm="x", nonce',
        'Digest realm, nonce="y"',
        'Digest realm="x", nonce,"a',
        'Digest realm="x", nonce="y", algorithm=ROT13',
        'Digest realm="x", nonce="y", qop="auth-int"',
        'Digest realm="x\r\nX-Injected: yes", nonce="y"',
        'Digest realm="x", nonce="y\rX-Injected: yes"',
        'Digest realm="x", nonce="y", opaque="\n"',
    ],
)
def test_a_challenge_that_cannot_be_answered_is_told(offers: str) -> None:
    with pytest.raises(ProtocolError, match="cannot be answered"):
        answers().header(offers, "POST", "/wsman")


def test_a_challenge_may_go_on_in_the_next_line() -> None:
    header = answers().header('Digest realm="a\r\n b",\n\tnonce="y"', "POST", "/wsman")
    assert 'realm="a b"' in header
    assert 'nonce="y"' in header


def test_a_nonce_may_be_too_old() -> None:
    assert answers().is_stale('Digest realm="x", nonce="y", stale=TRUE')
    assert not answers().is_stale('Digest realm="x", nonce="y"')
    assert not answers().is_stale("")


def test_what_a_challenge_names_without_a_value_is_not_there() -> None:
    assert "qop" not in answers().header('Digest realm="x", nonce="y", qop', "POST", "/wsman")
    assert not answers().is_stale('Digest realm="x", nonce="y", stale')
