from __future__ import annotations

import struct

import pytest

from mi.errors import ProtocolError
from mi.results import CimType, Flags
from mi.schema import Class, Property
from protocols.dcom import class_parts
from protocols.dcom.class_parts import ClassPart
from protocols.dcom.class_writing import class_part
from tests.dcom.samples import PART, EmbedNothing, ReadNothing, class_of, flag, qualifiers

OCTETS = class_part(PART, EmbedNothing())
FIRST = struct.pack("<IHII", 19, 0, 0, 0)  # what is said of Part.Id
SECOND = struct.pack("<IHII", 8, 1, 4, 0)  # and of Part.Text


def read(octets: bytes) -> ClassPart:
    return class_parts.read(octets, ReadNothing())


def of(class_: Class) -> ClassPart:
    return read(class_part(class_, EmbedNothing()))


def test_a_class_part_says_what_instances_need() -> None:
    found = read(OCTETS)
    assert (found.octets, found.name, found.derivation) == (OCTETS, "Part", ())
    assert found.values_length == 8
    assert [(slot.declared.name, slot.order, slot.offset) for slot in found.slots] == [
        ("Id", 0, 0),
        ("Text", 1, 4),
    ]
    assert found.layout == PART.layout
    assert found.layout.keys == ("Id",)
    assert found.layout.flags["Id"] == Flags.PROPERTY | Flags.KEY


def test_a_class_of_nothing_has_no_name() -> None:
    found = of(Class(""))
    assert (found.name, found.slots, found.values_length) == ("", (), 0)


def test_ancestors_and_qualifiers_are_told() -> None:
    found = of(
        class_of(
            "C", derivation=("B", "\u6f22"), superclass="B", qualifiers=qualifiers(flag("dynamic"))
        )
    )
    assert found.derivation == ("B", "\u6f22")
    assert list(found.qualifiers) == ["dynamic"]


def test_default_values_are_kept_inherited_ones_too() -> None:
    found = of(
        class_of(
            "D",
            Property("Own", CimType.SINT32, default=-5),
            Property("Inherited", CimType.STRING, default="x", propagated=True),
            Property("None", CimType.UINT8),
        )
    )
    assert found.defaults == {"Inherited": "x", "None": None, "Own": -5}


@pytest.mark.parametrize(
    ("kind", "class_name", "found"),
    [
        (CimType.REFERENCE, "Other", "Other"),
        (CimType.REFERENCE, None, None),
        (CimType.REFERENCE, "object", None),
        (CimType.INSTANCE_ARRAY, "Other", "Other"),
        (CimType.STRING, "Other", None),
    ],
)
def test_the_class_of_what_a_property_holds_is_told(
    kind: CimType, class_name: str | None, found: str | None
) -> None:
    (slot,) = of(class_of("C", Property("P", kind, class_name))).slots
    assert slot.declared.class_name == found
    assert "CIMTYPE" not in slot.declared.qualifiers


@pytest.mark.parametrize("length", [0, 12, 13, len(OCTETS) + 1, 0xFFFFFFFF])
def test_a_part_ends_before_what_it_is_in(length: int) -> None:
    assert class_parts.end_of_part(b"--" + OCTETS, 2, len(OCTETS) + 2) == len(OCTETS) + 2
    data = struct.pack("<I", length) + OCTETS[4:]
    if length == 13:  # a head, and nothing more
        assert class_parts.end_of_part(data, 0, len(data)) == length
        return
    with pytest.raises(ProtocolError, match="cut off"):
        class_parts.end_of_part(data, 0, len(data))


def test_a_part_that_is_cut_off_is_refused() -> None:
    for length in range(13, len(OCTETS)):
        with pytest.raises(ProtocolError):
            read(OCTETS[:length])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (struct.pack("<III", 2, 0, 0)[:4], struct.pack("<I", 0x4001), "more properties"),
        (struct.pack("<I", 2), struct.pack("<I", 300), "more properties"),
        (FIRST, struct.pack("<IHII", 19, 2, 0, 0), "beyond"),
        (FIRST, struct.pack("<IHII", 19, 1, 0, 0), "same place"),
        (FIRST, struct.pack("<IHII", 1, 0, 0, 0), "not the number"),
        (FIRST, struct.pack("<IHII", 19, 0, 5, 0), "no room"),
        (FIRST, struct.pack("<IHII", 19, 0, 2, 0), "same place"),
        (b"\0Text\0", b"\0iD\0\0\0", "one name"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(old: bytes, new: bytes, said: str) -> None:
    octets = OCTETS.replace(old, new, 1)
    assert octets != OCTETS
    with pytest.raises(ProtocolError, match=said):
        read(octets)


def test_the_bits_have_their_room() -> None:
    assert OCTETS[9:13] == struct.pack("<I", 9)
    with pytest.raises(ProtocolError, match="bits"):
        read((OCTETS[:9] + bytes(4) + OCTETS[13:]).replace(b"\5" + b"\xff" * 8, b""))


def test_properties_that_are_described_once_and_named_often_are_refused_soon() -> None:
    long = class_of("Long", *(Property(f"P{n}", CimType.UINT8) for n in range(3000)))
    octets = bytearray(class_part(long, EmbedNothing()))
    start = octets.index(struct.pack("<I", 3000)) + 4
    information = octets[start + 4 : start + 8]
    for place in range(3000):
        octets[start + 8 * place + 4 : start + 8 * place + 8] = information
    with pytest.raises(ProtocolError):
        read(bytes(octets))


def test_bits_take_an_octet_for_four_properties() -> None:
    assert [class_parts.bits_length(count) for count in (0, 1, 4, 5, 45)] == [0, 1, 1, 2, 12]
