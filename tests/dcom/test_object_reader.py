from __future__ import annotations

import struct
import tracemalloc
from dataclasses import replace

import pytest

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Parameter, Property
from mi.serial.embedding import DEEPEST
from protocols.dcom import object_reader
from protocols.dcom.object_reader import ObjectReader, read_class_part
from protocols.dcom.object_writer import write_class, write_instance
from tests.dcom import samples
from tests.dcom.samples import EVERY_TYPE, KEY, PART, VALUES, again, class_of, find
from tests.dcom.vectors import BASE, INSTANCE, MY_CLASS


def read(data: bytes, namespace: str | None = None) -> Instance:
    found = ObjectReader().read(data, namespace)
    assert isinstance(found, Instance)
    return found


def declared(data: bytes) -> Class:
    found = ObjectReader().read(data)
    assert isinstance(found, Class)
    return found


def unit(block: bytes | bytearray) -> bytes:
    return struct.pack("<II", 0x12345678, len(block)) + block


# Instances


def test_every_type_is_read_as_it_was_written() -> None:
    given = Instance(EVERY_TYPE, VALUES)
    found = again(given, EVERY_TYPE)
    for name in EVERY_TYPE.properties:
        assert found[name] == given[name], name
        assert type(found[name]) is type(given[name]), name
    assert found == given


def test_elements_have_the_types_and_flags_that_their_class_says() -> None:
    found = again(Instance(PART, {"Id": 5}), PART)
    assert found.element("Id").type is CimType.UINT32
    assert found.element("Id").flags == Flags.PROPERTY | Flags.KEY | Flags.NOT_MODIFIED
    assert found.element("Text").flags == Flags.PROPERTY | Flags.NULL | Flags.NOT_MODIFIED
    assert found.key == {"Id": 5}
    assert found.is_received
    assert found.is_typed


def test_null_is_not_empty_and_an_absent_value_is_the_default() -> None:
    class_ = class_of(
        "Defaults",
        KEY,
        Property("Number", CimType.SINT32, default=7),
        Property("Texts", CimType.STRING_ARRAY, default=["a", "b"]),
        Property("Whole", CimType.INSTANCE, "Part", default=samples.part(1, "x")),
    )
    values = {"Id": 1, "Number": None, "Texts": []}
    given = Instance.received("Defaults", values, class_.layout, None)
    found = again(given, class_)
    assert dict(found) == {**values, "Whole": samples.part(1, "x")}
    found = read(write_instance(given, class_, ["Id"], find))
    assert dict(found) == {
        "Id": 1, "Number": 7, "Texts": ["a", "b"], "Whole": samples.part(1, "x"),
    }  # fmt: skip
    found["Texts"].append("c")
    assert read(write_instance(given, class_, ["id"], find))["Texts"] == ["a", "b"]


def test_fellows_do_not_share_their_default_lists() -> None:
    class_ = class_of("Lists", Property("Texts", CimType.STRING_ARRAY, default=["a"]))
    data = write_instance(Instance("Lists"), class_)
    reader = ObjectReader()
    one, other = reader.read(data), reader.read(data)
    assert isinstance(one, Instance)
    assert isinstance(other, Instance)
    one["Texts"].append("b")
    assert other["Texts"] == ["a"]


def test_properties_come_by_name_as_from_winrm() -> None:
    class_ = class_of("Order", *(Property(name, CimType.STRING) for name in ("b", "C", "a_", "aB")))
    assert list(read(write_instance(Instance(class_), class_))) == ["a_", "aB", "b", "C"]


def test_a_namespace_keeps_the_spelling_in_which_it_was_asked_for() -> None:
    assert read(INSTANCE, "root").namespace == "root"
    assert read(INSTANCE, "root/cimv2").namespace == "ROOT"
    assert read(INSTANCE).namespace == "ROOT"


def test_the_server_is_called_as_the_reader_was_told_or_as_it_calls_itself() -> None:
    assert read(INSTANCE).server_name == "DPRAVAT-DEV"
    found = ObjectReader("server01").read(INSTANCE)
    assert isinstance(found, Instance)
    assert found.server_name == "server01"
    found = ObjectReader("server01").read(BASE)
    assert found.server_name == "server01"


def test_an_object_that_does_not_say_where_it_is_from_is_where_it_was_asked_for() -> None:
    given = Instance.received("Part", {"Id": 1}, PART.layout, None)
    found = read(write_instance(given, PART), "root/x")
    assert (found.namespace, found.server_name) == ("root/x", None)


def test_instances_in_a_row_are_read_alike_whatever_was_before_them() -> None:
    reader = ObjectReader()
    others = write_instance(Instance(EVERY_TYPE, VALUES), EVERY_TYPE, find=find)
    for data in (INSTANCE, INSTANCE, others, others, INSTANCE, MY_CLASS, others):
        assert reader.read(data, "root") == ObjectReader().read(data, "root")
    assert reader.read(INSTANCE, "root").namespace == "root"
    assert reader.read(INSTANCE, "other").namespace == "ROOT"


def test_class_parts_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_reader, "_MOST_OCTETS", 1000)
    reader = ObjectReader()
    for number in range(50):
        class_ = class_of(f"Class{number}", KEY)
        reader.read(write_instance(Instance(class_, {"Id": 1}), class_))
    assert len(reader._parts) < 10
    assert len(reader._plans) <= len(reader._parts)


def test_what_follows_the_object_has_no_meaning() -> None:
    assert read(INSTANCE + b"slack") == read(INSTANCE)
    longer = struct.pack("<II", 0x12345678, len(INSTANCE)) + INSTANCE[8:] + bytes(8)
    assert read(longer) == read(INSTANCE)


# Embedded objects


def nested(levels: int) -> Instance:
    inner = Instance("Box")
    for _ in range(levels):
        inner = Instance("Box", {"Inner": inner})
    return inner


def test_objects_may_be_embedded_as_deep_as_winrm_has_them() -> None:
    class_ = class_of("Box", Property("Inner", CimType.INSTANCE))
    assert again(nested(DEEPEST), class_) == nested(DEEPEST)


def test_an_object_that_is_embedded_deeper_is_refused() -> None:
    class_ = class_of("Box", Property("Inner", CimType.INSTANCE))
    block = write_instance(nested(DEEPEST), class_)[8:]
    with pytest.raises(ProtocolError, match="deeper"):
        read(wrapped(block))


def wrapped(block: bytes, count: int = 1) -> bytes:
    """An instance that refers `count` times to one object."""
    class_ = class_of("Boxes", Property("Inner", CimType.INSTANCE_ARRAY))
    data = write_instance(Instance("Boxes", {"Inner": []}), class_)[8:]
    name = data.rindex(b"\0Boxes\0")
    array = name + len(b"\0Boxes\0")
    place = array - name + 4 + 4 * count  # of the object, after the array
    heap = data[name:array] + struct.pack(f"<I{count}I", count, *[place] * count)
    heap += struct.pack("<I", len(block)) + block
    before = bytearray(data[: name - 4])
    start = instance_position(unit(bytes(before))) - 8
    struct.pack_into("<I", before, start, len(before) + 4 + len(heap) - start)
    return unit(before + struct.pack("<I", 0x80000000 | len(heap)) + heap)


def instance_position(data: bytes) -> int:
    """Where the instance begins, after its class."""
    position = first_part(data)
    return int(position + struct.unpack_from("<I", data, position)[0])


def test_one_object_that_is_referred_to_again_and_again_is_refused() -> None:
    block = write_instance(Instance(PART, {"Id": 1, "Text": "x" * 500}), PART)[8:]
    assert read(wrapped(block, 1))["Inner"] == [samples.part(1, "x" * 500)]
    with pytest.raises(ProtocolError, match=r"again and again|many times"):
        read(wrapped(block, 60))
    with pytest.raises(ProtocolError, match=r"again and again|many times"):
        read(wrapped(block, 4000))


def test_an_embedded_class_is_an_instance_with_its_default_values() -> None:
    found = read(wrapped(write_class(replace(PART, namespace=None))[8:]))
    (inner,) = found["Inner"]
    assert inner == Instance.received("Part", {"Id": None, "Text": None}, PART.layout, None)
    own = read(wrapped(MY_CLASS[8:]))["Inner"][0]
    assert own["Data2"] == "defaultValue"
    assert own.namespace == "ROOT"


def test_what_many_properties_share_takes_no_more_memory_than_it_has() -> None:
    class_ = class_of("Texts", *(Property(f"T{n}", CimType.STRING) for n in range(1000)))
    names = [f"T{n}" for n in range(1000)]
    given = Instance("Texts", dict.fromkeys(names, "") | {"T0": "x" * 50_000})
    data = bytearray(write_instance(given, class_))
    table = instance_position(bytes(data)) + 9 + 250
    (long,) = struct.unpack_from("<I", data, table)
    struct.pack_into("<1000I", data, table, *[long] * 1000)
    tracemalloc.start()
    try:
        with pytest.raises(ProtocolError, match="many times"):
            read(bytes(data))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * len(data)


# Classes


def test_a_class_is_read_as_it_was_written() -> None:
    assert declared(write_class(PART)).properties == declared(write_class(PART)).properties
    found = declared(write_class(PART))
    assert found.namespace == "root/cimv2"
    assert found.keys == ("Id",)
    assert found.properties["Text"].origin == "Part"


def three_levels() -> Class:
    return class_of(
        "C",
        Property("A1", CimType.UINT8, origin="A", propagated=True),
        Property("B1", CimType.UINT8, origin="B", propagated=True),
        Property("C1", CimType.UINT8, origin="C"),
        superclass="B",
        derivation=("B", "A"),
    )


def origins(class_: Class) -> dict[str, str | None]:
    return {name: one.origin for name, one in class_.properties.items()}


def test_origins_are_counted_from_the_nearest_ancestor() -> None:
    assert origins(declared(write_class(three_levels()))) == {"A1": "A", "B1": "B", "C1": "C"}


def test_origins_that_a_server_counts_from_the_farthest_are_told_apart() -> None:
    class_ = three_levels()
    turned = replace(
        class_,
        properties=NameMap(
            (one.name, replace(one, origin={"A": "B", "B": "A"}.get(one.origin or "", "C")))
            for one in class_.properties.values()
        ),
    )
    data = write_class(class_)
    parent, current = parts(data)
    assert parent != current
    found = declared(data.replace(current, parts(write_class(turned))[1]))
    assert origins(found) == {"A1": "A", "B1": "B", "C1": "C"}


def parts(data: bytes) -> tuple[bytes, bytes]:
    """The class parts of a class: of its superclass, and its own."""
    found, start = [], first_part(data)
    for _ in range(2):
        length = struct.unpack_from("<I", data, start)[0]
        found.append(data[start : start + length])
        start += length
        start += struct.unpack_from("<I", data, start)[0]
    return found[0], found[1]


def first_part(data: bytes) -> int:
    position = 9
    if data[8] & 4:
        for _ in range(2):
            position = data.index(b"\0", position + 1) + 1
    return position


def test_an_origin_beyond_the_class_itself_is_not_known() -> None:
    current = parts(write_class(PART))[1]
    wrong = current.replace(struct.pack("<IHII", 8, 1, 4, 0), struct.pack("<IHII", 8, 1, 4, 9))
    assert current != wrong
    assert origins(declared(write_class(PART).replace(current, wrong))) == {
        "Id": "Part",
        "Text": None,
    }


def test_methods_are_read_with_their_signatures() -> None:
    given = samples.method("M", Parameter("P", CimType.UINT8), origin="C")
    data = write_class(class_of("C", methods=NameMap([("M", given)])))
    assert declared(data).methods["M"].parameters["P"].type is CimType.UINT8
    place = data.rindex(b"\1\x1d\0\0\0")
    with pytest.raises(ProtocolError, match="not a class"):
        declared(data[:place] + b"\2" + data[place + 1 :])


# What cannot be read


@pytest.mark.parametrize("data", [BASE, MY_CLASS, INSTANCE], ids=["base", "derived", "instance"])
def test_an_object_that_is_cut_off_is_refused(data: bytes) -> None:
    for length in range(len(data)):
        try:
            ObjectReader().read(data[:length])
        except ProtocolError:
            continue
        assert data is not INSTANCE  # the examples of classes have slack at their end
        assert length > 178


def test_another_signature_is_refused() -> None:
    with pytest.raises(ProtocolError, match="signature"):
        read(b"MEOW" + INSTANCE[4:])


def test_a_class_without_a_name_is_refused() -> None:
    nameless = write_class(Class("", "root"))
    with pytest.raises(ProtocolError, match="no name"):
        declared(nameless)


def test_an_instance_of_no_class_is_refused() -> None:
    part = parts(write_class(Class("")))[1]
    with pytest.raises(ProtocolError, match="no class"):
        read(unit(b"\x02" + part + bytes(40)))


def test_a_class_part_is_read_by_itself() -> None:
    octets = parts(write_class(PART))[1]
    assert read_class_part(octets).name == "Part"
