"""The way in at one port: connecting, logging on, and refusals, which may come with an answer."""

import socket
from collections.abc import Callable
from typing import Any

import pytest

import mi
from mi.credentials import Credentials
from mi.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    NotSupported,
    OperationTimeout,
)
from protocols.dcom import interfaces
from protocols.dcom.interfaces import ENUMERATOR
from protocols.dcom.packets import Header, Packet, PacketType
from protocols.wmidcom.rpc.connection import RpcConnection
from tests.wmidcom.rpc.calling import (
    CIMV2,
    SEMI,
    close,
    connection,
    delete,
    faulting,
    logged_in,
    soon,
)
from tests.wmidcom.rpc.peer import Asked, Peer, Replied

SOON = 0.2


def test_a_logon_that_takes_too_long_says_so(peer: Peer) -> None:
    peer.on_packet = lambda packet, there: b""
    made = connection(peer)
    with pytest.raises(OperationTimeout, match="while authenticating"):
        made.services(CIMV2, None, soon(SOON))
    close(made)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = mi.DestinationOptions(
        destination_port=port,
        credentials=Credentials.password("ops", "secret", scheme="ntlmdomain"),
    )
    made = RpcConnection("127.0.0.1", options, mi.SessionCallbacks())
    with pytest.raises(ConnectionFailed, match="cannot be reached") as caught:
        made.services(CIMV2, None, soon())
    assert "TCP port 135" in str(caught.value.advice)
    assert caught.value.extended_error["error_Code"] == 0x800706BA
    assert caught.value.extended_error["error_Type"] == "HRESULT"
    close(made)


def test_a_dialer_s_own_failure_keeps_its_number(peer: Peer) -> None:
    def dial(host: str, port: int, seconds: float | None) -> socket.socket:
        raise ConnectionFailed("no tunnel", native_code=7, native_type="TUNNEL")

    made = connection(peer, dialer=dial)
    with pytest.raises(ConnectionFailed, match="no tunnel") as caught:
        made.services(CIMV2, None, soon())
    assert (caught.value.native_code, caught.value.native_type) == (7, "TUNNEL")
    close(made)


def test_a_dialer_brings_every_connection(peer: Peer) -> None:
    dialled: list[tuple[str, int]] = []

    def dial(host: str, port: int, seconds: float | None) -> socket.socket:
        dialled.append((host, port))
        return socket.create_connection(("127.0.0.1", port))

    made = connection(peer, "server01.invalid", dialer=dial)
    made.services(CIMV2, None, soon())
    close(made)
    assert [host for host, _ in dialled] == ["server01.invalid"] * 2


def test_an_interface_that_is_nowhere_is_not_supported(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    others = {iid: one for iid, one in interfaces.INTERFACES.items() if one is not ENUMERATOR}
    monkeypatch.setattr(interfaces, "INTERFACES", others)
    with pytest.raises(NotSupported, match="has no interface IEnumWbemClassObject"):
        found.next(1, 0.1, soon())
    delete(services)
    close(made)


# Refusals


def test_access_that_is_denied_later_is_remembered(peer: Peer) -> None:
    peer.answers["NTLMLogin"] = faulting(5)
    made = connection(peer)
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="whom the server has accepted before"):
            made.services(CIMV2, None, soon())
    assert peer.connections == 2
    close(made)


def test_a_server_that_hangs_up_on_the_last_token_may_have_refused(peer: Peer) -> None:
    def hang_up(packet: Packet, there: Any) -> bytes | None:
        if packet.type is PacketType.REQUEST:
            raise EOFError
        return None

    peer.on_packet = hang_up
    made = connection(peer)
    for _ in range(2):
        with pytest.raises(AuthenticationFailed, match="closed the connection instead of"):
            made.services(CIMV2, None, soon())
    assert peer.connections == 1
    close(made)


def test_whoever_was_accepted_before_is_not_refused_by_a_lost_connection(peer: Peer) -> None:
    def hang_up(_: Asked) -> Replied:
        raise EOFError

    usual, peer.answers["NTLMLogin"] = peer.answers["NTLMLogin"], hang_up
    made = connection(peer)
    with pytest.raises(ConnectionFailed, match="was lost"):
        made.services(CIMV2, None, soon())
    peer.answers["NTLMLogin"] = usual
    delete(made.services(CIMV2, None, soon()))
    close(made)


def test_a_list_of_credentials_goes_on_to_another_user(peer: Peer) -> None:
    wrong = Credentials.password("somebody", "wrong", scheme="Ntlmdomain")
    made = connection(peer, credentials=[wrong, peer.credentials])
    delete(made.services(CIMV2, None, soon()))
    assert peer.connections == 3
    close(made)


def naked(packet: Packet) -> bytes:
    return Packet(packet.type, packet.call_id, packet.body, packet.flags).packed()


def other_level(packet: Packet) -> bytes:
    assert packet.verifier is not None
    verifier = packet.verifier._replace(level=2)
    return Packet(packet.type, packet.call_id, packet.body, packet.flags, verifier).packed()


@pytest.mark.parametrize("change", [naked, other_level])
def test_a_server_that_would_log_on_in_another_way_is_not_trusted(
    peer: Peer, change: Callable[[Packet], bytes]
) -> None:
    def tamper(data: bytes) -> bytes:
        packet = Packet.read(data)
        return change(packet) if packet.type is PacketType.BIND_ACK else data

    peer.tamper = tamper
    made = connection(peer)
    with pytest.raises(AuthenticationFailed, match="does not log on as it was asked to"):
        made.services(CIMV2, None, soon())
    close(made)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (PacketType.BIND_NAK, b"\x08\x00\x01\x05\x00\x00"),
        (PacketType.FAULT, bytes(8) + b"\x05\x00\x00\x00" + bytes(4)),
    ],
)
def test_a_scheme_that_is_not_taken_is_no_refusal_of_the_user(
    peer: Peer, kind: PacketType, body: bytes
) -> None:
    peer.tamper = lambda data: Packet(kind, Header.read(data, len(data)).call_id, body).packed()
    made = connection(peer)
    with pytest.raises(AuthenticationFailed, match="does not let anybody log on so"):
        made.services(CIMV2, None, soon())
    close(made)
