import pytest
from hypothesis import given
from hypothesis import strategies as st
from impacket.dcerpc.v5.dcomrt import DUALSTRINGARRAY

from mi.errors import ProtocolError
from protocols.dcom.ndr import NdrReader, NdrWriter
from protocols.dcom.string_bindings import (
    TCP,
    DualStringArray,
    SecurityBinding,
    StringBinding,
)

TEXT = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), min_size=1, max_size=12)
ARRAYS = st.builds(
    DualStringArray,
    st.lists(st.builds(StringBinding, st.integers(1, 0xFFFF), TEXT)).map(tuple),
    st.lists(st.builds(SecurityBinding, st.integers(1, 0xFFFF), TEXT)).map(tuple),
)
SOME = DualStringArray((StringBinding(TCP, "s[135]"),), (SecurityBinding(10, ""),))


def test_the_halves_end_with_a_zero_each() -> None:
    assert SOME.packet() == bytes.fromhex(
        "0d00 0900 0700 7300 5b00 3100 3300 3500 5d00 0000 0000 0a00 ffff 0000 0000"
    )


@given(ARRAYS)
def test_whatever_is_written_is_read(array: DualStringArray) -> None:
    writer = NdrWriter()
    array.write(writer)
    assert DualStringArray.read(NdrReader(writer.data)) == array
    assert DualStringArray.read_packet(array.packet() + b"more") == array


def test_impacket_reads_the_same() -> None:
    writer = NdrWriter()
    SOME.write(writer)
    other = DUALSTRINGARRAY(writer.data)
    assert other["wSecurityOffset"] == 9
    text = "".join(map(chr, other["aStringArray"][1:7]))
    assert text == "s[135]"


@pytest.mark.parametrize(
    ("binding", "port"),
    [
        (StringBinding(TCP, "server01[49670]"), 49670),
        (StringBinding(TCP, "2001:db8::1[49670]"), 49670),
        (StringBinding(TCP, "server01"), None),
        (StringBinding(TCP, "server01[0]"), None),
        (StringBinding(TCP, "server01[65536]"), None),
        (StringBinding(15, "server01[49670]"), None),
    ],
)
def test_only_tcp_has_ports(binding: StringBinding, port: int | None) -> None:
    assert binding.port == port
    assert DualStringArray((StringBinding(15, "x[1]"), binding)).port == port


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("0100 0200 0000", "begin after the end"),
        ("0200 0200 0700 7300", "does not end"),
        ("0200 0000 0a00 ffff", "does not end"),
        ("0500 0000 0000", "ends early"),
    ],
)
def test_sizes_that_lie_are_told(data: str, words: str) -> None:
    with pytest.raises(ProtocolError, match=words):
        DualStringArray.read_packet(bytes.fromhex(data))


def test_a_structure_says_its_size_twice() -> None:
    with pytest.raises(ProtocolError, match="size of a DUALSTRINGARRAY"):
        DualStringArray.read(NdrReader(bytes.fromhex("02000000 0100 0000 0000")))
