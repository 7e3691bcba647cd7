from __future__ import annotations

import struct

import pytest

from protocols.dcom.binding import Bind, BindAck, BindNak, Offer, Syntax, auth3, new_bind
from protocols.dcom.fragments import Call, write_call
from protocols.dcom.interfaces import (
    ACTIVATOR,
    CREATE_INSTANCE,
    EXPORTER,
    LEVEL1_LOGIN,
    REMOTE_UNKNOWN,
    SERVER_ALIVE_2,
    SERVICES,
)
from protocols.dcom.methods import Interface
from protocols.dcom.packets import (
    LARGEST_FRAGMENT,
    AuthLevel,
    AuthService,
    Packet,
    PacketFlags,
    PacketType,
)
from protocols.loopback import DcomEndpoint
from tests.loopback.rpc.client import Faulted, Guard, RpcClient, activated

ACCESS_DENIED = 5


def test_a_client_binds_logs_on_and_calls(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        answer = client.bind(ACTIVATOR, Guard(endpoint.user))
        assert answer.flags & PacketFlags.HEADER_SIGN
        assert client.ack is not None
        assert client.ack.address == str(endpoint.port)
        assert client.ack.group
        assert activated(client).results == (0,)
    assert (endpoint.logons, endpoint.refused_logons) == (1, 0)


def test_packets_may_be_signed_only(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user, level=AuthLevel.INTEGRITY))
        assert activated(client).results == (0,)


def test_further_interfaces_are_added_without_a_token(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user))
        assert client.alter(EXPORTER).results[0].outcome == 0
        assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0
    assert endpoint.logons == 1


def test_a_client_may_log_on_once_more(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user))
        guard = Guard(endpoint.user)
        packet = Packet(
            PacketType.ALTER_CONTEXT,
            5,
            client.offer(EXPORTER).body(),
            verifier=guard.verifier(guard.step()),
        )
        answer = client.exchange(packet)
        assert answer.type is PacketType.ALTER_CONTEXT_RESPONSE
        assert answer.verifier is not None
        client.send(auth3(5, guard.verifier(guard.step(answer.verifier.token))).packed())
        client.guard = guard
        assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0
    assert endpoint.logons == 2


def test_a_wrong_password_shows_at_the_first_call(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user, "wrong"))
        for _ in range(2):
            with pytest.raises(Faulted) as caught:
                activated(client)
            assert caught.value.status == ACCESS_DENIED
    assert (endpoint.logons, endpoint.refused_logons) == (0, 1)
    assert endpoint.calls == []


@pytest.mark.parametrize("level", [AuthLevel.CONNECT, AuthLevel.PACKET])
def test_less_than_signatures_is_refused(endpoint: DcomEndpoint, level: AuthLevel) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user, level=level))
        with pytest.raises(Faulted) as caught:
            activated(client)
        assert caught.value.status == ACCESS_DENIED


def test_nobody_calls_without_a_logon_but_to_ask_whether_somebody_is_there(
    endpoint: DcomEndpoint,
) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(EXPORTER)
        assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0
        with pytest.raises(Faulted) as caught:
            client.call_raw(ACTIVATOR, CREATE_INSTANCE.opnum, b"")
        assert caught.value.status == ACCESS_DENIED


def test_another_way_to_log_on_is_refused(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        guard = Guard(endpoint.user)
        verifier = guard.verifier(guard.step())._replace(service=99)
        answer = client.exchange(new_bind(1, client.offer(ACTIVATOR), verifier))
        assert answer.type is PacketType.BIND_NAK
        assert BindNak.read(answer.body).reason == 8


def test_a_token_that_is_none_is_refused(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        guard = Guard(endpoint.user, service=AuthService.NEGOTIATE)
        answer = client.exchange(new_bind(1, client.offer(ACTIVATOR), guard.verifier(b"nonsense")))
        assert answer.type is PacketType.FAULT
    assert endpoint.refused_logons == 1


def test_a_last_token_without_a_first_is_refused(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR)
        client.send(auth3(1, Guard(endpoint.user).verifier(b"nonsense")).packed())
        with pytest.raises(Faulted):
            activated(client)
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR)
        client.send(Packet(PacketType.AUTH3, 1, bytes(4)).packed())
        assert client.receive() == b""


def test_an_interface_that_is_not_there_is_told(endpoint: DcomEndpoint) -> None:
    unknown = Interface("Unknown", bytes(16), {})
    with RpcClient(endpoint.port) as client:
        client.bind(unknown, Guard(endpoint.user))
        assert client.ack is not None
        assert client.ack.results[0][:2] == (2, 1)
        with pytest.raises(Faulted) as caught:
            client.call_raw(unknown, 3, b"")
        assert caught.value.status == 0x1C010003


def test_values_are_written_in_one_way_only(endpoint: DcomEndpoint) -> None:
    other = Offer(0, Syntax(ACTIVATOR.iid), (Syntax(bytes(16), 1),))
    with RpcClient(endpoint.port) as client:
        answer = client.exchange(Packet(PacketType.BIND, 1, Bind((other,)).body()))
        assert BindAck.read(answer.body).results[0][:2] == (2, 2)


def test_a_client_stays_in_its_group(endpoint: DcomEndpoint) -> None:
    for asked, groups in ((0, 1), (0, 2), (1, 2)):
        bind = Bind((Offer(0, Syntax(ACTIVATOR.iid)),), asked)
        with RpcClient(endpoint.port) as client:
            answer = client.exchange(Packet(PacketType.BIND, 1, bind.body()))
            assert BindAck.read(answer.body).group == asked or groups
        assert endpoint.groups == groups


def test_an_answer_comes_in_as_many_pieces_as_the_client_wants(endpoint: DcomEndpoint) -> None:
    for receive in (0, 2000, 60_000):
        bind = Bind((Offer(0, Syntax(EXPORTER.iid)),), receive=receive)
        with RpcClient(endpoint.port) as client:
            client.offer(EXPORTER)
            client.exchange(Packet(PacketType.BIND, 1, bind.body()))
            assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0


def test_a_call_may_come_in_pieces(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(LEVEL1_LOGIN, Guard(endpoint.user))
        call = Call(9, 0, bytes(20_000), 6, bytes(16))
        packets = list(write_call(call, LARGEST_FRAGMENT, client.guard))
        assert len(packets) > 1
        for packet in packets:
            for piece in (packet[:10], packet[10:]):
                client.send(piece)
        with pytest.raises(Faulted):
            client.answer()


@pytest.mark.parametrize("where", [-1, 30])
def test_a_packet_that_was_changed_ends_the_connection(endpoint: DcomEndpoint, where: int) -> None:
    with RpcClient(endpoint.port) as client:
        client.bind(ACTIVATOR, Guard(endpoint.user))
        (packet,) = write_call(Call(9, 0, b"stub", 4), LARGEST_FRAGMENT, client.guard)
        changed = bytearray(packet)
        changed[where] ^= 1
        client.send(bytes(changed))
        assert client.receive() == b""


def test_a_request_of_another_logon_ends_the_connection(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        guard = Guard(endpoint.user)
        client.bind(ACTIVATOR, guard)
        guard.context_id = 8
        (packet,) = write_call(Call(9, 0, b"stub", 4), LARGEST_FRAGMENT, guard)
        client.send(packet)
        assert client.receive() == b""


def test_what_is_no_rpc_ends_the_connection(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert client.receive() == b""


def test_other_packets_are_passed_over(endpoint: DcomEndpoint) -> None:
    with RpcClient(endpoint.port) as client:
        client.send(Packet(PacketType.ORPHANED, 1, b"").packed())
        client.bind(EXPORTER)
        assert client.call(EXPORTER, SERVER_ALIVE_2).hresult == 0


@pytest.mark.parametrize(
    ("interface", "opnum", "status"),
    [
        (SERVICES, 6, 0x80010114),
        (SERVICES, 99, 0x1C010002),
        (REMOTE_UNKNOWN, 4, 0x6F7),
        (ACTIVATOR, 4, 0x6F7),
    ],
)
def test_a_call_that_cannot_be_answered_is_told_why(
    endpoint: DcomEndpoint, interface: Interface, opnum: int, status: int
) -> None:
    with RpcClient(endpoint.object_port) as client:
        client.bind(interface, Guard(endpoint.user))
        with pytest.raises(Faulted) as caught:
            client.call_raw(interface, opnum, struct.pack("<I", 5), bytes(16))
        assert caught.value.status == status
