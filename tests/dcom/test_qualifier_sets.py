from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from mi.errors import ProtocolError
from mi.results import CimType, Flags
from mi.schema import Property, Qualifier
from protocols.dcom import qualifier_sets
from protocols.dcom.heaps import HeapWriter, heap_at
from tests.dcom.samples import EmbedNothing, ReadNothing, flag, qualifier

ENABLED = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS


def written(*given: Qualifier) -> tuple[bytes, bytes]:
    """A set, and its heap."""
    heap = HeapWriter()
    octets = qualifier_sets.write(given, heap, EmbedNothing())
    assert len(octets) == qualifier_sets.length(given)
    return octets, heap.octets()


def read(octets: bytes, heap: bytes = b"\0\0\0\x80") -> Sequence[Qualifier]:
    data = heap + octets
    found = heap_at(data, 0, len(heap), ReadNothing())
    return qualifier_sets.read(found, len(heap), len(data))


@pytest.mark.parametrize(
    "given",
    [
        flag("key", Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS),
        flag("in", Flags.ENABLE_OVERRIDE | Flags.RESTRICTED),
        qualifier("ID", CimType.SINT32, 3, Flags.DISABLE_OVERRIDE | Flags.RESTRICTED),
        qualifier("Values", CimType.STRING_ARRAY, ["a", "\u6f22"], ENABLED | Flags.TRANSLATABLE),
        qualifier("Weight", CimType.REAL64, 0.5),
        Qualifier("Description", CimType.STRING, "text", ENABLED, propagated=True),
        qualifier("Empty", CimType.STRING, None),
    ],
    ids=lambda one: one.name,
)
def test_a_qualifier_is_read_as_it_was_written(given: Qualifier) -> None:
    assert read(*written(given)) == (given,)


def test_one_that_says_no_flavor_has_the_default_ones() -> None:
    (found,) = read(*written(Qualifier("read", CimType.BOOLEAN, value=True)))
    assert found.flags == ENABLED


def test_flavors_are_written_as_windows_has_them() -> None:
    fixed = Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS
    octets, _ = written(flag("key", fixed))
    assert octets == bytes.fromhex("0f000000 01000080 13 0b000000 ffff")
    octets, _ = written(Qualifier("read", CimType.BOOLEAN, True, Flags.RESTRICTED, propagated=True))  # noqa: FBT003
    assert octets[8] == 0x20
    octets, _ = written(flag("dynamic", Flags.RESTRICTED))
    assert octets[8] == 0x01


def test_a_null_without_a_form_is_left_out() -> None:
    nulls = [qualifier(kind.name, kind, None) for kind in CimType]
    found = read(*written(*nulls))
    assert {one.type for one in found} == {
        *(kind for kind in CimType if kind.is_array),
        CimType.STRING, CimType.DATETIME, CimType.REFERENCE, CimType.INSTANCE,
    }  # fmt: skip
    assert {one.value for one in found} == {None}


def test_several_are_read_in_order() -> None:
    found = read(*written(flag("b"), flag("a")))
    assert [one.name for one in found] == ["b", "a"]


@pytest.mark.parametrize(
    "octets",
    [b"", struct.pack("<I", 3), struct.pack("<I", 5), struct.pack("<IB", 5, 0),
     struct.pack("<IIBI", 13, 0x80000001, 0, 11), struct.pack("<IIBI", 13, 0x80000001, 0, 1)],
)  # fmt: skip
def test_a_set_that_is_cut_off_is_refused(octets: bytes) -> None:
    with pytest.raises(ProtocolError):
        read(octets)


def test_cimtype_is_told_apart_and_the_others_come_by_name() -> None:
    said = qualifier("CimType", CimType.STRING, "ref:Other")
    word, others = qualifier_sets.split([flag("write"), said, flag("Key"), flag("abstract")])
    assert word == "ref:Other"
    assert list(others) == ["abstract", "Key", "write"]
    assert qualifier_sets.split([qualifier("CIMTYPE", CimType.SINT32, 5)])[0] == ""
    assert qualifier_sets.split([])[0] == ""


@pytest.mark.parametrize(
    ("declared", "word"),
    [
        (Property("p", CimType.UINT32), "uint32"),
        (Property("p", CimType.STRING_ARRAY), "string"),
        (Property("p", CimType.STRING, "Ignored"), "string"),
        (Property("p", CimType.REFERENCE, "Other"), "ref:Other"),
        (Property("p", CimType.REFERENCE), "ref"),
        (Property("p", CimType.INSTANCE_ARRAY, "Other"), "object:Other"),
        (Property("p", CimType.INSTANCE), "object"),
    ],
)
def test_cimtype_says_what_a_property_holds(declared: Property, word: str) -> None:
    found = qualifier_sets.cim_type_qualifier(declared)
    assert (found.name, found.value, found.propagated) == ("CIMTYPE", word, False)
