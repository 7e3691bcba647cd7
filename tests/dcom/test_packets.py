"""Packets, literally and as impacket reads them (C706 12.6.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5.rpcrt import MSRPCHeader

from mi.errors import ProtocolError
from protocols.dcom.packets import (
    LARGEST_FRAGMENT,
    Header,
    Packet,
    PacketFlags,
    PacketType,
    Verifier,
)

PACKETS = st.builds(
    Packet,
    st.sampled_from(PacketType),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=40),
    st.sampled_from([PacketFlags.WHOLE, PacketFlags.FIRST, PacketFlags.LAST | PacketFlags.OBJECT]),
    st.none()
    | st.builds(
        Verifier,
        st.sampled_from([9, 10, 16]),
        st.integers(2, 6),
        st.binary(min_size=1, max_size=20),
        st.integers(0, 9),
    ),
)
PLAIN = Packet(PacketType.REQUEST, 7, b"body").packed()
SIGNED = Packet(PacketType.RESPONSE, 7, b"body!", verifier=Verifier(10, 6, b"token", 3)).packed()


def test_a_packet_is_what_the_specification_says() -> None:
    assert bytes.fromhex("05000003 10000000 1400 0000 07000000") + b"body" == PLAIN


def test_a_verifier_lies_at_a_multiple_of_four() -> None:
    assert (
        bytes.fromhex("05000203 10000000 2500 0500 07000000")
        + b"body!\0\0\0"
        + (bytes.fromhex("0a060300 03000000") + b"token")
        == SIGNED
    )


@given(PACKETS)
def test_whatever_is_written_is_read(packet: Packet) -> None:
    read = Packet.read(packet.packed())
    assert (read.type, read.call_id, read.flags) == (packet.type, packet.call_id, packet.flags)
    if packet.verifier is None:
        assert (read.body, read.verifier) == (packet.body, None)
    else:
        padding = -len(packet.body) % 4
        assert read.body == packet.body + bytes(padding)
        assert read.verifier == packet.verifier._replace(padding=padding)


@given(PACKETS)
def test_impacket_reads_the_same(packet: Packet) -> None:
    other = MSRPCHeader(packet.packed())
    assert (other["type"], other["flags"]) == (packet.type, packet.flags)
    assert other["call_id"] == packet.call_id
    token = b"" if packet.verifier is None else packet.verifier.token
    assert other["auth_len"] == len(token)
    assert other["auth_data"] == token


@given(st.binary(max_size=60))
def test_whatever_comes_is_a_packet_or_an_error(data: bytes) -> None:
    try:
        Packet.read(data)
    except ProtocolError:
        return
    assert len(data) >= 16


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (PLAIN[:15], "within its header"),
        (b"\x04" + PLAIN[1:], "of version 4.0"),
        (b"\x05\x02" + PLAIN[2:], "of version 5.2"),
        (PLAIN[:4] + b"\x00" + PLAIN[5:], "data representation 0x00000000"),
        (PLAIN[:2] + b"\x01" + PLAIN[3:], "of the type 1"),
        (PLAIN[:8] + b"\x0f" + PLAIN[9:], "has 15 bytes"),
        (PLAIN[:8] + b"\x15" + PLAIN[9:], "has 21 bytes; up to 20 are allowed"),
        (PLAIN + b"more", "24 bytes instead of 20"),
        (PLAIN[:10] + b"\x01" + PLAIN[11:], "has 20 bytes"),
        (SIGNED[:26] + b"\x09" + SIGNED[27:], "more padding than bytes"),
    ],
)
def test_what_is_none_is_told(data: bytes, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        Packet.read(data)


def test_a_packet_is_no_larger_than_was_agreed() -> None:
    size = LARGEST_FRAGMENT + 1
    header = Header(PacketType.RESPONSE, PacketFlags.WHOLE, size, 0, 1).packed()
    with pytest.raises(ProtocolError, match="5840 are allowed"):
        Header.read(header)
    assert Header.read(header, size).size == size
