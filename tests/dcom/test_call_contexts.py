"""Contexts of calls, literally and whatever there may be (MS-WMI 2.2.13)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import NotSupported, ProtocolError, TypeMismatch
from mi.results import CimType
from protocols.dcom import call_contexts
from protocols.dcom.call_contexts import ContextProperty, read_context, write_context
from protocols.dcom.objref import CustomReference, read_custom

ID = bytes(range(16))


def body(*properties: ContextProperty) -> bytes:
    return read_custom(write_context(ID, properties), call_contexts._CLSID)


def test_a_context_is_what_the_specification_says() -> None:
    architecture = ContextProperty("__ProviderArchitecture", 64, CimType.SINT32)
    assert body(architecture) == bytes.fromhex("01000000") + ID + bytes.fromhex(
        "01000000 16000000"
    ) + "__ProviderArchitecture".encode("utf-16-le") + bytes.fromhex(
        "00000000 0300 4000000000000000"
    )
    required = body(ContextProperty("R", value=True, type=CimType.BOOLEAN))
    assert required[24:] == bytes.fromhex("01000000 5200 00000000 0b00 ffff000000000000")
    listed = body(ContextProperty("P", ["ab", "c"], CimType.STRING_ARRAY))
    assert listed[34:] == bytes.fromhex("0820 02000000 04000000 02000000 61006200 01000000 6300")


@pytest.mark.parametrize(
    ("value", "kind", "read"),
    [
        (True, CimType.BOOLEAN, (True, CimType.BOOLEAN)),
        (200, CimType.UINT8, (200, CimType.UINT8)),
        (-2, CimType.SINT8, (-2, CimType.SINT16)),
        (65535, CimType.UINT16, (65535, CimType.SINT32)),
        (2**32 - 1, CimType.UINT32, (-1, CimType.SINT32)),
        (2**63, CimType.UINT64, (str(2**63), CimType.STRING)),
        (-1.5, CimType.REAL32, (-1.5, CimType.REAL64)),
        ("A", CimType.CHAR16, (65, CimType.SINT16)),
        ("é𝄞", CimType.STRING, ("é𝄞", CimType.STRING)),
        (None, CimType.UINT8, (None, CimType.STRING)),
        ([1, 2], CimType.UINT8_ARRAY, ([1, 2], CimType.UINT8_ARRAY)),
        ([True, False], CimType.BOOLEAN_ARRAY, ([True, False], CimType.BOOLEAN_ARRAY)),
        ([], CimType.STRING_ARRAY, ([], CimType.STRING_ARRAY)),
        ([0.5], CimType.REAL64_ARRAY, ([0.5], CimType.REAL64_ARRAY)),
    ],
)
def test_each_type_has_its_variant(value: Any, kind: CimType, read: tuple[Any, CimType]) -> None:
    reference = write_context(ID, [ContextProperty("x", value, kind)])
    assert read_context(reference) == [ContextProperty("x", *read)]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
            st.integers(-(2**31), 2**31 - 1),
        ),
        max_size=5,
    )
)
def test_whatever_is_written_is_read(given_: list[tuple[str, int]]) -> None:
    properties = [ContextProperty(name, value, CimType.SINT32) for name, value in given_]
    assert read_context(write_context(ID, properties)) == properties


def test_an_object_has_no_place_in_a_context() -> None:
    with pytest.raises(NotSupported, match="x cannot be INSTANCE"):
        body(ContextProperty("x", None, CimType.INSTANCE))
    with pytest.raises(TypeMismatch):
        body(ContextProperty("x", "text", CimType.SINT32))


HEAD = bytes.fromhex("01000000") + ID
NAMED = HEAD + bytes.fromhex("01000000 01000000 5200 00000000")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes.fromhex("02000000") + ID, "number of GUIDs"),
        (HEAD + bytes.fromhex("ffffff7f"), "are allowed"),
        (NAMED + bytes.fromhex("6300"), "of the type 99"),
        (NAMED + bytes.fromhex("0300 00"), "ends early"),
        (NAMED + bytes.fromhex("0820 ffffffff 04000000"), "longer than the context"),
        (NAMED + bytes.fromhex("0320 01000000 02000000 00000000"), "longer than the context"),
    ],
)
def test_what_is_no_context_is_told(data: bytes, words: str) -> None:
    reference = CustomReference(ID, call_contexts._CLSID, data).packed()
    with pytest.raises(ProtocolError, match=words):
        read_context(reference)
