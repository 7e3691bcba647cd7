"""Kerberos over RPC, with a real KDC: three tokens, sealed or signed, bare or inside SPNEGO."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mi.callbacks import SessionCallbacks
from mi.credentials import Credentials, Scheme
from mi.errors import AuthenticationFailed, NotSupported, OperationTimeout, ProtocolError
from mi.options import DestinationOptions
from protocols.dcom.packets import Packet, PacketType
from protocols.wmidcom.rpc.connection import RpcConnection
from protocols.wmidcom.services import WbemFlags
from tests.kdc import OPS, PASSWORD, Kdc, missing, missing_text
from tests.wmidcom.rpc.calling import CIMV2, SEMI, close, encoded, soon
from tests.wmidcom.rpc.peer import Peer

if missing():
    pytest.skip(missing_text(), allow_module_level=True)

from protocols.wmidcom.rpc import kerberos

SERVER = "server07.loopback.test"
SERVICE = f"host/{SERVER}"
OTHER = "host/other07.loopback.test"


@pytest.fixture(scope="module")
def known(realm: Kdc) -> None:
    """Let the realm know the peer, and another server, whose key stays with it."""
    realm.add_service(SERVICE)
    realm.admin(f"addprinc -randkey {OTHER}")


@pytest.fixture
def served(kdc: Kdc, known: None) -> Iterator[Peer]:
    """A peer with a key in the realm."""
    with Peer(kdc.keytab) as running:
        yield running


def reach(peer: Peer, credentials: Credentials, **more: Any) -> RpcConnection:
    told: list[str] = more.pop("told", [])
    options = DestinationOptions(
        connect_to=f"127.0.0.1:{peer.activator_port}", credentials=credentials, **more
    )
    callbacks = SessionCallbacks(write_message=lambda channel, text: told.append(text))
    return RpcConnection(more.get("host", SERVER), options, callbacks)


def works(peer: Peer, made: RpcConnection) -> None:
    services = made.services(CIMV2, None, soon())
    peer.objects = [encoded(number, "é" * 3000) for number in range(5)]
    found = services.exec_query("SELECT * FROM Part", SEMI, (), soon()).next(9, 1, soon())
    assert [one["Id"] for one in found.objects] == [0, 1, 2, 3, 4]
    services.delete_instance("X" * 20_000, WbemFlags.NONE, (), soon())
    close(made)


@pytest.mark.parametrize("privacy", [None, False])
@pytest.mark.parametrize(
    ("scheme", "service"), [(Scheme.KERBEROS, 16), (Scheme.NEGOTIATE, 9), (Scheme.DEFAULT, 9)]
)
def test_a_password_gets_a_ticket_that_logs_on_and_protects(
    served: Peer, scheme: Scheme, service: int, privacy: bool | None
) -> None:
    credentials = Credentials.password(OPS, PASSWORD, scheme=scheme)
    works(served, reach(served, credentials, packet_privacy=privacy))
    assert served.binds == [(service, 6 if privacy is None else 5)] * 2
    assert served.logons == 2
    assert served.alters.count(True) == 2, "the third token of each logon, and no other"


@pytest.mark.parametrize("privacy", [None, False])
def test_a_server_may_not_protect_headers(served: Peer, privacy: bool | None) -> None:
    served.signs_headers = False
    credentials = Credentials.password(OPS, PASSWORD, scheme="Kerberos")
    works(served, reach(served, credentials, packet_privacy=privacy))


def test_the_current_user_s_ticket_will_do(served: Peer, kdc: Kdc) -> None:
    kdc.kinit()
    works(served, reach(served, Credentials.current_user()))
    assert served.binds == [(9, 6), (9, 6)]


def test_a_keytab_will_do(served: Peer, kdc: Kdc) -> None:
    works(served, reach(served, Credentials.keytab(OPS, kdc.user_keytab())))


def test_delegation_needs_a_ticket_for_it_and_does_no_harm(served: Peer, kdc: Kdc) -> None:
    credentials = Credentials.password(OPS, PASSWORD, scheme="Kerberos")
    told: list[str] = []
    works(served, reach(served, credentials, delegation=True, told=told))
    assert not told
    kdc.kinit("-F")
    works(served, reach(served, Credentials.current_user(), delegation=True, told=told))
    assert "may not act for the current user towards others" in told[0]


@pytest.mark.usefixtures("kdc")
def test_an_address_has_no_name_for_kerberos(served: Peer) -> None:
    credentials = Credentials.password(OPS, PASSWORD, scheme="Kerberos")
    made = RpcConnection("127.0.0.1", served.options(credentials=credentials), SessionCallbacks())
    with pytest.raises(NotSupported, match="Kerberos knows servers by their names"):
        made.services(CIMV2, None, soon())
    given = served.options(credentials=credentials, service_principal=SERVICE)
    works(served, RpcConnection("127.0.0.1", given, SessionCallbacks()))


def test_a_user_without_a_realm_is_none_of_kerberos(served: Peer) -> None:
    made = reach(served, Credentials.password(".\\ops", PASSWORD, scheme="Kerberos"))
    with pytest.raises(NotSupported, match="nothing tells the realm"):
        made.services(CIMV2, None, soon())


def test_a_password_that_the_realm_refuses_is_sent_nowhere_else(served: Peer) -> None:
    made = reach(served, Credentials.password(OPS, "wrong"))
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="does not accept the password"):
            made.services(CIMV2, None, soon())
    assert served.connections == 0


def test_without_a_ticket_negotiate_is_ntlm_and_says_so(served: Peer) -> None:
    told: list[str] = []
    ours = Credentials.password(served.user.name, served.user.password)
    works(served, reach(served, ours, told=told))
    assert served.binds == [(10, 6), (10, 6)]
    assert any("NTLM is used, since Kerberos cannot be" in text for text in told)


def test_without_a_ticket_and_a_password_there_is_nothing(served: Peer) -> None:
    made = reach(served, Credentials.current_user())
    with pytest.raises(AuthenticationFailed, match="no Kerberos ticket"):
        made.services(CIMV2, None, soon())
    assert served.connections == 0


def test_a_ticket_that_the_server_cannot_read_is_refused_once(served: Peer) -> None:
    credentials = Credentials.password(OPS, PASSWORD, scheme="Kerberos")
    made = reach(served, credentials, service_principal=OTHER)
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="does not let anybody log on so"):
            made.services(CIMV2, None, soon())
    assert served.connections == 1


def test_a_server_that_answers_with_no_token_is_told(served: Peer) -> None:
    def garble(data: bytes) -> bytes:
        packet = Packet.read(data)
        if packet.type is not PacketType.BIND_ACK or packet.verifier is None:
            return data
        verifier = packet.verifier._replace(token=b"nonsense")
        return Packet(packet.type, packet.call_id, packet.body, packet.flags, verifier).packed()

    served.tamper = garble
    made = reach(served, Credentials.password(OPS, PASSWORD, scheme="Kerberos"))
    with pytest.raises(AuthenticationFailed):
        made.services(CIMV2, None, soon())


def test_whoever_has_no_time_leaves_the_question_to_the_next(
    served: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asked = kerberos.Kerberos._ask, []

    def slowly(self: kerberos.Kerberos) -> object:
        asked.append(self)
        time.sleep(0.5)
        return ask(self)

    monkeypatch.setattr(kerberos.Kerberos, "_ask", slowly)
    made = reach(served, Credentials.password(OPS, PASSWORD, scheme="Kerberos"))
    with pytest.raises(OperationTimeout, match="while authenticating"):
        made.services(CIMV2, None, soon(0.1))
    works(served, made)
    assert len(asked) == 2, "once for each connection, and not once more for the first"


@pytest.mark.parametrize("privacy", [None, False])
def test_a_reply_that_was_changed_is_not_believed(
    served: Peer, tampered: Callable[[Peer, int], None], privacy: bool | None
) -> None:
    credentials = Credentials.password(OPS, PASSWORD, scheme="Kerberos")
    made = reach(served, credentials, packet_privacy=privacy)
    services = made.services(CIMV2, None, soon())
    tampered(served, 30)
    with pytest.raises(ProtocolError, match="signature of the reply is wrong"):
        services.delete_instance("X.A=1", WbemFlags.NONE, (), soon())
    close(made)
