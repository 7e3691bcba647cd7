"""One port of a server: time and cancel in every phase, logons, and what breaks."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from mi.control import CancelToken
from mi.errors import (
    ConnectionFailed,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
)
from protocols.dcom.fragments import Call, write_call, write_fault
from protocols.dcom.packets import TRAILER_SIZE, Header, Packet, PacketFlags, PacketType, Verifier
from protocols.wmidcom.rpc import association, packet_stream
from protocols.wmidcom.services import WbemError, WbemFlags
from tests.wmidcom.rpc.calling import (
    SEMI,
    cancel_after,
    close,
    delete,
    encoded,
    faulting,
    logged_in,
    soon,
)
from tests.wmidcom.rpc.peer import Asked, Peer, Replied

SOON = 0.2
NONE = WbemFlags.NONE


def stalling(peer: Peer, seconds: float = 10) -> Callable[[Asked], Replied]:
    def stall(_: Asked) -> Replied:
        peer.stall.wait(seconds)
        return Replied()

    return stall


# Time and cancel


def test_a_call_that_takes_too_long_ends_on_time_and_costs_its_connection(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.answers["DeleteInstance"] = stalling(peer)
    started = time.monotonic()
    with pytest.raises(OperationTimeout, match="while waiting for the reply") as caught:
        delete(services, soon(SOON))
    assert time.monotonic() - started < 3
    assert caught.value.outcome_unknown
    peer.answers["DeleteInstance"] = lambda _: Replied()
    delete(services)
    assert peer.logons == 3
    close(made)


def test_what_changes_nothing_has_no_unknown_outcome(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.answers["GetObject"] = stalling(peer)
    with pytest.raises(OperationTimeout) as caught:
        services.get_instance("X.A=1", NONE, (), soon(SOON))
    assert not caught.value.outcome_unknown
    close(made)


def test_a_call_that_was_not_sent_yet_has_no_unknown_outcome(peer: Peer) -> None:
    made, services = logged_in(peer)

    def silent(packet: Packet, there: Any) -> bytes | None:
        return b"" if packet.type is PacketType.ALTER_CONTEXT else None

    peer.on_packet = silent
    with pytest.raises(OperationTimeout) as caught:
        delete(services, soon(SOON))
    assert not caught.value.outcome_unknown
    assert "DeleteInstance" not in peer.methods()
    close(made)


def test_a_cancel_ends_a_call_at_once(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.answers["DeleteInstance"] = stalling(peer)
    started = time.monotonic()
    with pytest.raises(OperationCancelled):
        delete(services, soon(cancel=cancel_after(SOON)))
    assert time.monotonic() - started < 3
    close(made)


def test_whoever_is_cancelled_before_asks_nothing(peer: Peer) -> None:
    made, services = logged_in(peer)
    token = CancelToken()
    token.cancel()
    with pytest.raises(OperationCancelled):
        delete(services, soon(cancel=token))
    assert "DeleteInstance" not in peer.methods()
    close(made)


def test_a_cancel_while_the_server_waits_costs_no_connection(peer: Peer) -> None:
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    peer.answers["Next"] = stalling(peer, 0.4)
    with pytest.raises(OperationCancelled):
        found.next(1, 5, soon(cancel=cancel_after(SOON)))
    found.release(soon())
    assert peer.logons == 2
    close(made)


@pytest.mark.parametrize("cancels", [True, False])
def test_a_server_that_does_not_answer_when_it_should_is_cut(peer: Peer, *, cancels: bool) -> None:
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    peer.answers["Next"] = stalling(peer)
    started = time.monotonic()
    bounds = soon(cancel=cancel_after(SOON)) if cancels else soon(SOON)
    with pytest.raises((OperationCancelled, OperationTimeout)):
        found.next(1, 0.1, bounds)
    assert time.monotonic() - started < 5
    delete(services)
    assert peer.logons == 3
    close(made)


def test_others_get_their_turn_between_polls(peer: Peer) -> None:
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())

    def timed_out(asked: Asked) -> Replied:
        time.sleep(0.05)
        return Replied(0x40004)

    peer.answers["Next"] = timed_out
    waiting = threading.Thread(target=found.next, args=(1, 1.0, soon()))
    waiting.start()
    time.sleep(0.1)
    delete(services)
    names = peer.methods()
    assert "Next" in names[names.index("DeleteInstance") - 3 :]
    waiting.join(30)
    assert peer.methods()[-1] == "Next", "it went on after that"
    close(made)


def test_waiting_for_others_ends_on_time(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.answers["DeleteInstance"] = stalling(peer, 3)
    other = threading.Thread(target=delete, args=(services,))
    other.start()
    time.sleep(0.1)
    with pytest.raises(OperationTimeout, match="waiting for a free connection") as caught:
        delete(services, soon(SOON))
    assert not caught.value.outcome_unknown
    peer.stall.set()
    other.join(30)
    close(made)


# What breaks


def test_an_idle_connection_that_the_server_closed_is_made_anew(peer: Peer) -> None:
    made, services = logged_in(peer)
    exporter_connection = peer._sockets[-1]
    exporter_connection.shutdown(socket.SHUT_RDWR)
    delete(services)
    assert peer.logons == 3
    close(made)


def test_a_connection_that_is_lost_while_waiting_is_told_and_nothing_is_sent_again(
    peer: Peer,
) -> None:
    made, services = logged_in(peer)

    def hang_up(_: Asked) -> Replied:
        raise EOFError

    peer.answers["DeleteInstance"] = hang_up
    with pytest.raises(ConnectionFailed, match="was lost while waiting for the reply") as caught:
        delete(services)
    assert caught.value.outcome_unknown
    assert peer.methods().count("DeleteInstance") == 1
    peer.answers["DeleteInstance"] = lambda _: Replied()
    delete(services)
    close(made)


def test_a_connection_that_is_reset_is_lost(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    made, services = logged_in(peer)

    def reset(*_: object) -> int:
        raise ConnectionResetError(104, "Connection reset by peer")

    with monkeypatch.context() as patched:
        patched.setattr(packet_stream.BoundedSocket, "recv_into", reset)
        with pytest.raises(ConnectionFailed, match="Connection reset by peer"):
            delete(services)
    with monkeypatch.context() as patched:
        patched.setattr(packet_stream.BoundedSocket, "sendall", reset)
        with pytest.raises(ConnectionFailed, match="Connection reset by peer"):
            delete(services)
    delete(services)
    close(made)


def test_ctrl_c_costs_the_connection_and_no_turn(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, services = logged_in(peer)

    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(packet_stream.BoundedSocket, "recv_into", interrupted)
        with pytest.raises(KeyboardInterrupt):
            delete(services)
    delete(services)
    close(made)


@pytest.mark.parametrize("status", [5, 0x1C010002, 0x800706BA])
def test_a_fault_is_the_answer_and_the_connection_goes_on(peer: Peer, status: int) -> None:
    made, services = logged_in(peer)
    peer.answers["DeleteInstance"] = faulting(status)
    with pytest.raises(WbemError) as caught:
        delete(services)
    assert caught.value.hresult == status
    peer.answers["DeleteInstance"] = lambda _: Replied()
    delete(services)
    assert peer.logons == 2
    close(made)


@pytest.mark.parametrize("status", [1723, 0x1C010014, 0x8001010A])
def test_a_busy_server_is_asked_again(
    peer: Peer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.network.patience._FIRST", 0.002)
    made, services = logged_in(peer)
    busy = faulting(status)

    def answer(asked: Asked) -> Replied:
        return busy(asked) if peer.methods().count("DeleteInstance") < 4 else Replied()

    peer.answers["DeleteInstance"] = answer
    delete(services)
    assert peer.methods().count("DeleteInstance") == 4
    close(made)


def test_a_server_that_stays_busy_is_left_in_peace(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("protocols.network.patience._FIRST", 0.002)
    made, services = logged_in(peer)
    peer.answers["DeleteInstance"] = faulting(1723)
    with pytest.raises(WbemError) as caught:
        delete(services)
    assert caught.value.hresult == 1723
    assert peer.methods().count("DeleteInstance") == 6
    close(made)


def sealed_fault(packet: bytes) -> bytes:
    """Return a fault with a verifier, whatever was to be sent."""
    header = Header.read(packet, len(packet))
    fault = Packet.read(write_fault(header.call_id, 0, 5))
    return Packet(
        fault.type, fault.call_id, fault.body, fault.flags, Verifier(10, 6, bytes(16))
    ).packed()


def test_a_fault_with_a_proof_costs_the_connection(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.tamper = lambda data: sealed_fault(data) if response(data) else data
    with pytest.raises(WbemError):
        delete(services)
    peer.tamper = lambda packet: packet
    delete(services)
    assert peer.logons == 3
    close(made)


# Interfaces


def test_a_server_that_adds_no_interface_gets_another_connection(peer: Peer) -> None:
    peer.adds_interfaces = False
    made, services = logged_in(peer)
    delete(services)
    delete(services)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    found.next(1, 0.1, soon())
    found.next(1, 0.1, soon())
    found.release(soon())
    close(made)
    # The activator; the login, the services, the enumerator, what gives references back.
    assert peer.logons == peer.connections == 5


def test_another_connection_that_breaks_is_made_anew(peer: Peer) -> None:
    peer.adds_interfaces = False
    made, services = logged_in(peer)
    found = services.exec_query("SELECT * FROM X", SEMI, (), soon())
    found.next(1, 0.1, soon())

    def hang_up(_: Asked) -> Replied:
        raise EOFError

    usual, peer.answers["Next"] = peer.answers["Next"], hang_up
    with pytest.raises(ConnectionFailed):
        found.next(1, 0.1, soon())
    peer.answers["Next"] = usual
    found.next(1, 0.1, soon())
    close(made)


# Bad input


def response(data: bytes) -> bool:
    return data[2] == PacketType.RESPONSE


def _call_id(data: bytes) -> bytes:
    return data[:12] + b"\xee\x00\x00\x00" + data[16:]


def _kind(data: bytes) -> bytes:
    return data[:2] + bytes([PacketType.REQUEST]) + data[3:]


def _bind(data: bytes) -> bytes:
    return Packet(PacketType.BIND_ACK, 1, bytes(20)).packed()


def _short(data: bytes) -> bytes:
    return Packet(PacketType.RESPONSE, Header.read(data, len(data)).call_id, b"12").packed()


def _without_proof(data: bytes) -> bytes:
    header = Header.read(data, len(data))
    return next(write_call(Call(header.call_id, 0, bytes(16)), 5840, None))


def _level(data: bytes) -> bytes:
    """Say that it is signed and not sealed (MS-RPCE 2.2.2.11)."""
    at = len(data) - Header.read(data, len(data)).token_size - TRAILER_SIZE + 1
    return data[:at] + b"\x05" + data[at + 1 :]


HOSTILE = {
    "another call": (_call_id, "is answered instead of call|signature"),
    "a request": (_kind, "a request comes|signature"),
    "a bind": (_bind, "BIND_ACK comes where a call was expected"),
    "no header": (_short, "ends within its header"),
    "no proof": (_without_proof, "has no signature"),
    "a lower level": (_level, r"is protected in another way .*, level 5"),
    "http": (lambda data: b"HTTP/1.1 400 Bad Request\r\n\r\n", "this is no RPC"),
    "too large": (lambda data: data[:8] + b"\xff\xff" + data[10:], "65535 bytes"),
    "too small": (lambda data: data[:8] + b"\x10\x00" + data[10:], "16 bytes"),
    "big-endian": (lambda data: data[:4] + b"\0\0\0\0" + data[8:], "data representation"),
    "unknown": (lambda data: data[:2] + b"\x63" + data[3:], "no RPC packet of the type 99"),
    "sealed bytes": (lambda data: data[:30] + b"!!!!" + data[34:], "signature of the reply is"),
    "its proof": (lambda data: data[:-4] + b"!!!!", "signature of the reply is wrong"),
    "its head": (lambda data: data[:16] + b"!" + data[17:], "signature of the reply is wrong"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_reply_is_one_clear_error_and_costs_the_connection(
    peer: Peer, name: str
) -> None:
    change, words = HOSTILE[name]
    made, services = logged_in(peer)
    peer.tamper = lambda data: change(data) if response(data) else data
    with pytest.raises(ProtocolError, match=words) as caught:
        delete(services)
    assert caught.value.outcome_unknown
    peer.tamper = lambda data: data
    delete(services)
    close(made)


def test_fragments_without_end_are_cut_off(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(association, "LARGEST_REPLY", 100_000)
    made, services = logged_in(peer)
    path = "x" * 100_000
    peer.answers["GetObject"] = lambda _: Replied(values={"ppObject": path.encode()})
    with pytest.raises(ProtocolError, match="more than 100000 bytes"):
        services.get_instance("X.A=1", NONE, (), soon())
    delete(services)
    close(made)


def test_a_fragment_of_another_call_in_the_midst_is_told(peer: Peer) -> None:
    made, services = logged_in(peer)
    peer.largest = 1432
    peer.answers["GetObject"] = lambda _: Replied(values={"ppObject": bytes(5000)})

    def restart(data: bytes) -> bytes:
        header = Header.read(data, len(data))
        if header.type is not PacketType.RESPONSE or header.flags & PacketFlags.FIRST:
            return data
        return header._replace(flags=header.flags | PacketFlags.FIRST).packed() + data[16:]

    peer.tamper = restart
    with pytest.raises(ProtocolError, match=r"signature|disorder"):
        services.get_instance("X.A=1", NONE, (), soon())
    close(made)


def test_a_stub_that_lies_is_one_clear_error(peer: Peer) -> None:
    made, services = logged_in(peer)
    for reference in (b"", b"MEOW", encoded(1)[:40], b"MEOW\4\0\0\0" + bytes(40)):
        peer.answers["GetObject"] = lambda _, given=reference: Replied(values={"ppObject": given})
        with pytest.raises(ProtocolError):
            services.get_instance("X.A=1", NONE, (), soon())
    peer.answers["GetObject"] = lambda _: Replied()
    with pytest.raises(ProtocolError, match="returned no object"):
        services.get_instance("X.A=1", NONE, (), soon())
    assert peer.logons == 2, "a wrong stub is no wrong packet"
    close(made)
