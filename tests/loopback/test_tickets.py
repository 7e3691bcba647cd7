"""Who has a ticket is let in by the platform's own Kerberos, whoever made the client."""

import pytest
import spnego

from protocols.loopback.security import NotAccepted
from tests.kdc import OPS, Kdc, missing, missing_text

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

from protocols.loopback.tickets import TicketAcceptor


def first_token(host: str, protocol: str) -> bytes:
    return spnego.client(hostname=host, service="HTTP", protocol=protocol).step() or b""


@pytest.mark.parametrize("protocol", ["negotiate", "kerberos"])
def test_a_ticket_lets_its_user_in(kdc: Kdc, protocol: str) -> None:
    kdc.kinit()
    acceptor = TicketAcceptor(kdc.keytab)
    assert not acceptor.complete
    assert acceptor.step(first_token("server.loopback.test", protocol))
    assert acceptor.complete
    assert acceptor.principal == OPS


def test_a_ticket_for_somebody_else_is_refused_in_kerberos_own_words(kdc: Kdc) -> None:
    kdc.kinit()
    kdc.admin("addprinc -randkey HTTP/foreign.loopback.test")
    with pytest.raises(NotAccepted) as caught:
        TicketAcceptor(kdc.keytab).step(first_token("foreign.loopback.test", "kerberos"))
    assert caught.value.token


def test_what_is_no_token_is_refused(kdc: Kdc) -> None:
    with pytest.raises(NotAccepted) as caught:
        TicketAcceptor(kdc.keytab).step(b"abc")
    assert not caught.value.token
