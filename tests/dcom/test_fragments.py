"""Calls in fragments: cut, protected, checked and put together again."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5.rpcrt import MSRPCRequestHeader, MSRPCRespHeader

from mi.errors import ProtocolError
from protocols.dcom.fragments import (
    Assembly,
    Call,
    Fragment,
    Protection,
    read_fragment,
    write_call,
    write_fault,
)
from protocols.dcom.packets import Header, Packet, PacketFlags, PacketType, Verifier

OBJECT = bytes(range(16))
CALLS = st.builds(
    Call,
    st.integers(0, 99),
    st.integers(0, 9),
    st.binary(max_size=3000),
    st.none() | st.integers(0, 30),
    st.none() | st.just(OBJECT),
).filter(lambda call: call.opnum is not None or call.object is None)


class Mask:
    """A protection of no value: it turns bits over, and its proof is a hash of everything."""

    service = 10
    level = 6
    context_id = 0
    token_size = 16

    def protect(self, head: bytes, body: bytes, trailer: bytes) -> tuple[bytes, bytes]:
        return _turned(body), hashlib.md5(head + body + trailer, usedforsecurity=False).digest()

    def unprotect(self, head: bytes, body: bytes, trailer: bytes, token: bytes) -> bytes:
        plain = _turned(body)
        if hashlib.md5(head + plain + trailer, usedforsecurity=False).digest() != token:
            raise ProtocolError("the proof is wrong")
        return plain


def _turned(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in data)


MASK = Mask()


def together(packets: list[bytes], protection: Protection | None, limit: int = 10**6) -> Call:
    assembly = Assembly(limit)
    for packet in packets[:-1]:
        assert assembly.add(read_fragment(packet, protection)) is None
    whole = assembly.add(read_fragment(packets[-1], protection))
    assert whole is not None
    return whole


@given(CALLS, st.integers(120, 1500), st.sampled_from([None, MASK]))
def test_whatever_is_cut_comes_together_again(
    call: Call, largest: int, protection: Protection | None
) -> None:
    packets = list(write_call(call, largest, protection))
    assert all(len(packet) <= largest for packet in packets)
    assert together(packets, protection) == call


def test_a_request_is_what_the_specification_says() -> None:
    [packet] = write_call(Call(3, 1, b"stub", 20, OBJECT), 5840, None)
    assert (
        packet
        == bytes.fromhex("05000083 10000000 2c00 0000 03000000 04000000 0100 1400")
        + OBJECT
        + b"stub"
    )
    other = MSRPCRequestHeader(packet)
    assert (other["op_num"], other["ctx_id"], other["uuid"]) == (20, 1, OBJECT)
    assert other["pduData"] == b"stub"


def test_a_protected_stub_is_filled_up_to_sixteen() -> None:
    [packet] = write_call(Call(3, 1, b"stub", 20), 5840, MASK)
    other = MSRPCRequestHeader(packet)
    assert (other["auth_len"], len(other["pduData"])) == (16, 16)
    assert other["sec_trailer"] == bytes([10, 6, 12, 0, 0, 0, 0, 0])
    assert _turned(other["pduData"]) == b"stub" + bytes(12)


def test_a_response_is_read_by_impacket_too() -> None:
    first, second = write_call(Call(3, 1, bytes(range(60)), None), 64, None)
    one = MSRPCRespHeader(first)
    assert (one["type"], one["flags"], one["ctx_id"]) == (2, 1, 1)
    assert MSRPCRespHeader(second)["flags"] == 2
    assert one["pduData"] + MSRPCRespHeader(second)["pduData"] == bytes(range(60))


def test_a_fault_has_a_status_and_nothing_else() -> None:
    packet = write_fault(3, 1, 0x1C010002, was_executed=False)
    assert packet == bytes.fromhex(
        "05000323 10000000 2000 0000 03000000 10000000 0100 0000 0200011c 00000000"
    )
    fragment = read_fragment(packet, MASK)
    assert (fragment.status, fragment.call.call_id) == (0x1C010002, 3)
    assert not fragment.is_protected
    assert not Packet.read(write_fault(3, 1, 5)).flags & PacketFlags.DID_NOT_EXECUTE


def test_a_fault_may_have_a_proof() -> None:
    fault = Packet.read(write_fault(3, 1, 5))
    signed = Packet(fault.type, 3, fault.body, fault.flags, Verifier(10, 6, b"token"))
    assert read_fragment(signed.packed(), None).is_protected


def changed(packet: bytes, where: int, value: int) -> bytes:
    return packet[:where] + bytes([value]) + packet[where + 1 :]


[PLAIN] = write_call(Call(3, 1, b"stub", 20), 5840, None)
[SEALED] = write_call(Call(3, 1, b"stub", 20), 5840, MASK)
TRAILER = len(SEALED) - 24


@pytest.mark.parametrize(
    ("packet", "protection", "words"),
    [
        (Packet(PacketType.BIND, 1, bytes(20)).packed(), None, "BIND comes where a call"),
        (Packet(PacketType.REQUEST, 1, bytes(7)).packed(), None, "ends within its header"),
        (changed(PLAIN, 3, 0x83), None, "ends within its header"),
        (Packet(PacketType.FAULT, 1, bytes(15)).packed(), None, "fault ends early"),
        (PLAIN, MASK, "has no signature"),
        (SEALED, None, "although nobody has logged on"),
        (changed(SEALED, TRAILER, 9), MASK, "protected in another way .service 9"),
        (changed(SEALED, TRAILER + 1, 2), MASK, "level 2"),
        (changed(SEALED, TRAILER + 4, 1), MASK, "protected in another way"),
        (changed(SEALED, TRAILER + 2, 17), MASK, "more padding than bytes"),
        (changed(SEALED, 20, 2), MASK, "the proof is wrong"),
        (changed(SEALED, 24, 2), MASK, "the proof is wrong"),
        (changed(SEALED, len(SEALED) - 1, 2), MASK, "the proof is wrong"),
    ],
)
def test_what_is_no_fragment_is_told(
    packet: bytes, protection: Protection | None, words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        read_fragment(packet, protection)


def all_of(fragments: list[Fragment]) -> None:
    assembly = Assembly(1000)
    for one in fragments:
        assembly.add(one)


def fragment(flags: PacketFlags, call_id: int = 1, size: int = 10, opnum: int = 4) -> Fragment:
    return Fragment(Call(call_id, 0, bytes(size), opnum), flags)


@pytest.mark.parametrize(
    ("fragments", "words"),
    [
        ([fragment(PacketFlags.LAST)], "in disorder"),
        ([fragment(PacketFlags.FIRST)] * 2, "in disorder"),
        ([fragment(PacketFlags.FIRST), fragment(PacketFlags.LAST, 2)], "in the midst of call 1"),
        (
            [fragment(PacketFlags.FIRST), fragment(PacketFlags.LAST, opnum=5)],
            "in the midst of call 1",
        ),
        ([fragment(PacketFlags.WHOLE, size=1000)], "more than 1000 bytes"),
    ],
)
def test_fragments_that_do_not_belong_together_are_told(
    fragments: list[Fragment], words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        all_of(fragments)


def test_empty_fragments_without_end_are_cut_off_too() -> None:
    endless = [fragment(PacketFlags.NONE, size=0)] * 1000
    with pytest.raises(ProtocolError, match="more than 1000 bytes"):
        all_of([fragment(PacketFlags.FIRST, size=0), *endless])


def test_one_call_follows_the_other() -> None:
    assembly = Assembly(1000)
    for _ in range(100):
        assert assembly.add(fragment(PacketFlags.FIRST, size=400)) is None
        whole = assembly.add(fragment(PacketFlags.LAST, size=400))
        assert whole is not None
        assert len(whole.stub) == 800


def test_the_sizes_of_a_packet_are_in_its_header() -> None:
    assert Header.read(SEALED, len(SEALED)).token_size == 16
