"""Binds and their answers, literally and as impacket reads them (C706 12.6.4, MS-RPCE 2.2.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5.rpcrt import CtxItem, MSRPCBind, MSRPCBindAck, MSRPCBindNak

from mi.errors import ProtocolError
from protocols.dcom.binding import (
    NDR,
    Bind,
    BindAck,
    BindNak,
    ContextResult,
    Offer,
    Outcome,
    Syntax,
    auth3,
    expect,
    new_bind,
)
from protocols.dcom.interfaces import ACTIVATOR
from protocols.dcom.packets import Packet, PacketFlags, PacketType, Verifier

VERIFIER = Verifier(10, 6, b"NTLMSSP\0")
SYNTAXES = st.builds(
    Syntax,
    st.binary(min_size=16, max_size=16),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
)
SIZES = st.integers(0, 0xFFFF)
BINDS = st.builds(
    Bind,
    st.lists(
        st.builds(
            Offer, st.integers(0, 0xFFFF), SYNTAXES, st.lists(SYNTAXES, max_size=3).map(tuple)
        ),
        max_size=3,
    ).map(tuple),
    st.integers(0, 2**32 - 1),
    SIZES,
    SIZES,
)
ACKS = st.builds(
    BindAck,
    st.lists(
        st.builds(ContextResult, st.integers(0, 9), st.integers(0, 9), SYNTAXES), max_size=3
    ).map(tuple),
    st.integers(0, 2**32 - 1),
    st.text("0123456789\\pipe", max_size=8),
    SIZES,
    SIZES,
)
ONE = Bind((Offer(0, Syntax(ACTIVATOR.iid)),))


def test_a_bind_is_what_the_specification_says() -> None:
    assert ONE.body() == bytes.fromhex(
        "d016 d016 00000000 01000000 0000 0100 a001000000000000c000000000000046 0000 0000"
        "045d888aeb1cc9119fe808002b104860 0200 0000"
    )


def test_an_ack_is_what_the_specification_says() -> None:
    ack = BindAck((ContextResult(),), 0x1234, "135")
    assert ack.body() == bytes.fromhex(
        "d016 d016 34120000 0400 31333500 0000 01000000 0000 0000"
        "045d888aeb1cc9119fe808002b104860 0200 0000"
    )
    assert BindAck.read(ack.body()) == ack


@given(BINDS, ACKS)
def test_whatever_is_written_is_read(bind: Bind, ack: BindAck) -> None:
    assert Bind.read(bind.body()) == bind
    assert BindAck.read(ack.body()) == ack


def test_impacket_reads_the_same() -> None:
    bind = MSRPCBind(ONE.body())
    assert (bind["max_tfrag"], bind["assoc_group"], bind["ctx_num"]) == (5840, 0, 1)
    item = CtxItem(bind["ctx_items"])
    assert item["AbstractSyntax"][:16] == ACTIVATOR.iid
    assert item["TransferSyntax"][:16] == NDR.id
    packet = Packet(PacketType.BIND_ACK, 1, BindAck((ContextResult(),), 7, "49670").body())
    ack = MSRPCBindAck(packet.packed())
    assert ack["SecondaryAddr"].rstrip(b"\0" if isinstance(ack["SecondaryAddr"], bytes) else "\0")
    assert ack["assoc_group"] == 7
    assert ack.getCtxItem(1)["Result"] == Outcome.ACCEPTED
    nak = Packet(PacketType.BIND_NAK, 1, BindNak(8).body())
    assert MSRPCBindNak(nak.body)["RejectedReason"] == 8
    assert BindNak.read(nak.body) == BindNak(8)


def test_a_bind_says_that_headers_can_be_protected() -> None:
    assert new_bind(1, ONE, VERIFIER).flags & PacketFlags.HEADER_SIGN
    assert not new_bind(1, ONE, VERIFIER, is_signing=False).flags & PacketFlags.HEADER_SIGN


def test_the_end_of_a_logon_has_four_bytes_of_nothing() -> None:
    packed = auth3(2, VERIFIER).packed()
    assert packed[:20] == bytes.fromhex("05001003 10000000 2400 0800 02000000 00000000")


@pytest.mark.parametrize("kind", [Bind, BindAck, BindNak])
def test_what_ends_early_is_told(kind: type[Bind | BindAck | BindNak]) -> None:
    with pytest.raises(ProtocolError, match="ends early"):
        kind.read(b"\1")


def test_an_answer_answers_its_own_call() -> None:
    packet = Packet(PacketType.BIND_ACK, 3, b"")
    assert expect(packet, 3, PacketType.BIND_ACK) is packet
    for call_id, kind in ((4, PacketType.BIND_ACK), (3, PacketType.BIND_NAK)):
        with pytest.raises(ProtocolError, match="BIND_ACK of call 3 does not answer"):
            expect(packet, call_id, kind)
