"""Tokens in headers, there and back."""

import pytest

from mi.errors import ProtocolError
from protocols.winrm.handshake import ConnectionMethod, carried_token, token_in
from tests.winrm.wires import answer


def test_a_token_is_carried_in_base64() -> None:
    assert carried_token("Negotiate", b"\0\1\2\xff") == "Negotiate AAEC/w=="
    assert carried_token("Negotiate", None) == "Negotiate "


@pytest.mark.parametrize(
    "offers",
    [
        ("Negotiate AAEC/w==",),
        ("Kerberos", "negotiate AAEC/w=="),
        ('Basic realm="x", Negotiate AAEC/w==, Kerberos',),
    ],
)
def test_a_servers_token_is_found_among_its_offers(offers: tuple[str, ...]) -> None:
    assert token_in(answer(401, *offers), "Negotiate") == b"\0\1\2\xff"
    assert token_in(answer(401, *offers), "Kerberos") is None


@pytest.mark.parametrize("offers", [(), ("Negotiate",), ("NegotiateX AAEC",), ("Basic AAEC",)])
def test_there_may_be_none(offers: tuple[str, ...]) -> None:
    assert token_in(answer(401, *offers), "Negotiate") is None


def test_one_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="the server's Negotiate token is garbled"):
        token_in(answer(401, "Negotiate AAECA"), "Negotiate")


def test_what_logs_a_connection_on_says_no_more_in_requests() -> None:
    method = ConnectionMethod()
    assert (method.logs_on, method.certificate) == (True, None)
    assert method.authorization() is None
    assert method.unauthorized(answer(401), None) is None
