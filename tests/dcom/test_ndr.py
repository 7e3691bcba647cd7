"""NDR as C706 14 has it: literal bytes first, then whatever there may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import ProtocolError
from protocols.dcom.ndr import MOST_ELEMENTS, NdrReader, NdrWriter

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_values_lie_at_multiples_of_their_size() -> None:
    writer = NdrWriter()
    writer.raw(b"!")
    writer.u16(0x0102)
    writer.raw(b"!")
    writer.u32(0x01020304, -1)
    writer.raw(b"!")
    writer.u64(0x0102030405060708)
    writer.raw(b"!")
    writer.guid(bytes(range(16)))
    assert writer.data == bytes.fromhex(
        "2100 0201 21000000 04030201 ffffffff 2100000000000000 0807060504030201 21000000"
        "000102030405060708090a0b0c0d0e0f"
    )
    reader = NdrReader(writer.data)
    assert (reader.raw(1), reader.u16(), reader.raw(1)) == (b"!", 0x0102, b"!")
    assert (reader.u32(), reader.i32(), reader.raw(1)) == (0x01020304, -1, b"!")
    assert (reader.u64(), reader.raw(1), reader.guid()) == (
        0x0102030405060708,
        b"!",
        bytes(range(16)),
    )
    assert reader.remaining == 0


def test_pointers_are_numbered_as_midl_numbers_them() -> None:
    writer = NdrWriter()
    writer.pointer()
    writer.pointer(is_null=True)
    writer.pointer()
    assert writer.data == bytes.fromhex("00000200 00000000 04000200")


def test_a_wide_string_has_its_three_sizes_and_its_zero() -> None:
    writer = NdrWriter()
    writer.wide("ab")
    writer.wide(None)
    assert writer.data == bytes.fromhex(
        "00000200 03000000 00000000 03000000 6100 6200 0000 0000 00000000"
    )
    reader = NdrReader(writer.data)
    assert (reader.wide(), reader.wide()) == ("ab", None)


def test_a_bstr_has_no_zero() -> None:
    writer = NdrWriter()
    writer.bstr("WQL")
    assert writer.data == bytes.fromhex("00000200 03000000 06000000 03000000 5700 5100 4c00")
    assert NdrReader(writer.data).bstr() == "WQL"


def test_a_null_bstr_has_two_forms() -> None:
    writer = NdrWriter()
    writer.bstr(None)
    assert NdrReader(writer.data).bstr() is None
    blob = bytes.fromhex("00000200 00000000 ffffffff 00000000")
    assert NdrReader(blob).bstr() is None


def test_a_zero_that_somebody_counts_is_no_part_of_a_bstr() -> None:
    writer = NdrWriter()
    writer.bstr("WQL\0")
    assert NdrReader(writer.data).bstr() == "WQL"


@given(TEXT, TEXT, st.binary(max_size=40), st.lists(st.binary(min_size=16, max_size=16)))
def test_whatever_is_written_is_read(
    text: str, other: str, data: bytes, guids: list[bytes]
) -> None:
    writer = NdrWriter()
    writer.bstr(other.rstrip("\0"))
    writer.wide(text)
    writer.interface(data)
    writer.interface(None)
    writer.conformant_guids(guids)
    writer.conformant_u16([len(data), 1])
    writer.conformant_u32([len(text)])
    writer.conformant_bytes(data)
    reader = NdrReader(writer.data)
    assert reader.bstr() == other.rstrip("\0")
    assert reader.wide() == text.removesuffix("\0")  # which a string of C ends with
    assert (reader.interface(), reader.interface()) == (data, None)
    assert reader.conformant_guids() == guids
    assert (reader.conformant_u16(), reader.conformant_u32()) == ([len(data), 1], [len(text)])
    assert reader.conformant_bytes() == data


@pytest.mark.parametrize(
    ("data", "method", "words"),
    [
        ("01", "u32", "ends early"),
        ("ffffff7f 00", "conformant_bytes", "ends early"),
        ("ffffff7f 00", "conformant_guids", "array"),
        ("ffffff7f 00", "conformant_u16", "array"),
        ("ffffff7f 00", "conformant_u32", "array"),
        ("01000000 01000000 00000000 02000000", "wide", "longer than its own size"),
        ("01000000 01000000 01000000 01000000", "wide", "longer than its own size"),
        ("01000000 01000000 02000000 02000000", "bstr", "instead of"),
        ("01000000 01000000 04000000 01000000 6100", "bstr", "longer than its own size"),
        ("01000000 01000000 ffffffff 01000000 6100", "bstr", "null BSTR"),
        ("01000000 02000000 01000000 61", "interface", "size of an object reference"),
    ],
)
def test_sizes_that_lie_are_told(data: str, method: str, words: str) -> None:
    reader = NdrReader(bytes.fromhex(data))
    with pytest.raises(ProtocolError, match=words):
        getattr(reader, method)()


def test_no_array_is_larger_than_any_stub_needs() -> None:
    with pytest.raises(ProtocolError, match=f"{MOST_ELEMENTS} are allowed"):
        NdrReader(bytes.fromhex("01001000")).count()
