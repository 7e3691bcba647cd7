from __future__ import annotations

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from protocols.dcom.class_writing import class_block, class_part, origin_number
from protocols.dcom.object_reader import ObjectReader, read_class_part
from protocols.dcom.object_writer import write_class
from tests.dcom.samples import EVERY_TYPE, PART, EmbedNothing, class_of, flag, method, qualifiers


def test_a_class_part_has_the_properties_by_name_and_their_values_as_declared() -> None:
    class_ = class_of("C", Property("b", CimType.UINT64), Property("A", CimType.UINT8))
    found = read_class_part(class_part(class_, EmbedNothing()))
    assert [(slot.declared.name, slot.order, slot.offset) for slot in found.slots] == [
        ("A", 1, 8),
        ("b", 0, 0),
    ]
    assert found.values_length == 9


def test_a_class_without_a_name_refers_to_nothing() -> None:
    octets = class_part(Class(""), EmbedNothing())
    assert octets == bytes.fromhex(
        "1d000000 00 ffffffff 00000000 04000000 04000000 00000000 00000080"
    )


def test_a_class_has_its_superclass_before_it() -> None:
    class_ = class_of(
        "C",
        Property("A1", CimType.UINT8, origin="A", propagated=True),
        Property(
            "B1", CimType.UINT8, origin="B", propagated=True, qualifiers=qualifiers(flag("key"))
        ),
        Property("C1", CimType.UINT8, origin="C"),
        superclass="B",
        derivation=("B", "A"),
    )
    block = class_block(class_, class_part(class_, EmbedNothing()), EmbedNothing())
    parent = read_class_part(block[block.index(b"\0root\\cimv2\0") + 12 :])
    assert (parent.name, parent.derivation) == ("B", ("A",))
    assert [(slot.declared.name, slot.declared.propagated) for slot in parent.slots] == [
        ("A1", True),
        ("B1", False),
    ]


def test_origins_are_numbers() -> None:
    class_ = class_of("C", superclass="B", derivation=("B", "A"))
    assert [origin_number(class_, name) for name in ("b", "A", "C", None, "Z")] == [0, 1, 2, 2, 2]


def test_a_class_of_every_type_is_read_as_it_was_written() -> None:
    found = ObjectReader().read(write_class(EVERY_TYPE), "root/cimv2")
    assert isinstance(found, Class)
    assert {name: one.type for name, one in found.properties.items()} == {
        name: one.type for name, one in EVERY_TYPE.properties.items()
    }


def test_default_values_and_methods_are_written() -> None:
    class_ = class_of(
        "C",
        Property("Texts", CimType.STRING_ARRAY, origin="C", default=["a"]),
        methods=NameMap([("M", method("M", return_type=CimType.UINT8, origin="C"))]),
    )
    found = ObjectReader().read(write_class(class_), "root/cimv2")
    assert isinstance(found, Class)
    assert found.properties["Texts"].default == ["a"]
    assert found.methods["M"].return_type is CimType.UINT8
    assert PART.superclass is None
