from __future__ import annotations

import struct
from typing import Any

import pytest

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class, Property
from protocols.dcom import instance_plans
from protocols.dcom.instance_plans import InstancePlan
from protocols.dcom.object_reader import read_class_part
from protocols.dcom.object_writer import write_instance
from tests.dcom.samples import EVERY_TYPE, PART, VALUES, ReadNothing, class_of

NO_QUALIFIERS = struct.pack("<IB", 4, 1)


def parts(instance: Instance, class_: Class) -> tuple[InstancePlan, bytes]:
    """The plan of a class, and an instance without it."""
    plain = Instance.received(instance.class_name, dict(instance), class_.layout, None)
    block = write_instance(plain, class_)[9:]
    (length,) = struct.unpack_from("<I", block, 0)
    return InstancePlan(read_class_part(block[:length])), block[length:]


def read(plan: InstancePlan, data: bytes) -> dict[str, Any]:
    return plan.read(b"-" + data, 1, len(data) + 1, ReadNothing())


def test_an_instance_is_read_in_one_go() -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "seven"}), PART)
    assert read(plan, data) == {"Id": 7, "Text": "seven"}
    assert plan.layout == PART.layout


def test_null_values_are_none_whatever_stands_for_them() -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": None}), PART)
    assert read(plan, data) == {"Id": 7, "Text": None}
    assert read(plan, data.replace(struct.pack("<II", 7, 0), struct.pack("<II", 7, 0xFFFF))) == {
        "Id": 7,
        "Text": None,
    }


def test_texts_are_read_from_both_of_their_forms_and_the_dictionary() -> None:
    for text in ("", "latin", "\u6f22"):
        plan, data = parts(Instance("Part", {"Id": 1, "Text": text}), PART)
        assert read(plan, data)["Text"] == text
    plan, data = parts(Instance("Part", {"Id": 1, "Text": "x"}), PART)
    place = struct.unpack_from("<I", data, 14)[0]
    for reference, text in ((0x80000001, "key"), (0xFFFFFFFF, None)):
        entries = struct.pack("<II", 1, place), struct.pack("<II", 1, reference)
        assert read(plan, data.replace(*entries))["Text"] == text


def test_texts_of_a_huge_heap_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_plans, "_UNCOUNTED", 100)
    class_ = class_of("Texts", *(Property(f"T{n}", CimType.STRING) for n in range(20)))
    given = Instance("Texts", {f"T{n}": "x" * 50 for n in range(20)})
    plan, data = parts(given, class_)
    assert read(plan, data) == dict(given)
    (first,) = struct.unpack_from("<I", data, 14)
    table = struct.pack("<20I", *[first] * 20)
    shared = data[:14] + table + data[14 + len(table) :]
    assert len(set(read(plan, shared).values())) == 1  # few octets are shared


def test_a_text_that_many_properties_share_cannot_use_up_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(instance_plans, "_UNCOUNTED", 0)
    class_ = class_of("Texts", *(Property(f"T{n}", CimType.STRING) for n in range(20)))
    plan, data = parts(Instance("Texts", {"T0": "x" * 5000} | dict.fromkeys(_names(), "")), class_)
    (first,) = struct.unpack_from("<I", data, 14)
    table = struct.pack("<20I", *[first] * 20)
    with pytest.raises(ProtocolError, match="many times"):
        read(plan, data[:14] + table + data[14 + len(table) :])


def _names() -> list[str]:
    return [f"T{n}" for n in range(1, 20)]


def test_every_other_type_is_read_too() -> None:
    objects = {CimType.REFERENCE, CimType.INSTANCE}
    class_ = class_of(
        "Plain", *(p for p in EVERY_TYPE.properties.values() if p.type.scalar not in objects)
    )
    values = {name: VALUES[name] for name in class_.properties}
    plan, data = parts(Instance("Plain", values), class_)
    assert read(plan, data) == values


def test_what_is_not_set_has_the_default_of_its_class_and_its_own_copy_of_it() -> None:
    class_ = class_of(
        "Defaults",
        Property("Number", CimType.SINT32, default=7),
        Property("Parts", CimType.INSTANCE_ARRAY, default=[Instance("Inner")]),
        Property("Whole", CimType.INSTANCE, default=Instance("Inner")),
        Property("Null", CimType.STRING),
    )
    plan, data = parts(Instance("Defaults"), class_)
    found, again = read(plan, data), read(plan, data)
    assert list(found) == ["Null", "Number", "Parts", "Whole"]
    assert (found["Null"], found["Number"]) == (None, 7)
    assert [one.class_name for one in (*found["Parts"], found["Whole"])] == ["Inner", "Inner"]
    assert found["Parts"][0] is not again["Parts"][0]
    assert found["Whole"] is not again["Whole"]


def test_patterns_of_bits_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instance_plans, "_MOST_SHAPES", 4)
    class_ = class_of("Bits", *(Property(f"P{n}", CimType.UINT8) for n in range(6)))
    plan, _ = parts(Instance("Bits"), class_)
    for number in range(64):
        values = {f"P{n}": (n if number >> n & 1 else None) for n in range(6)}
        given = Instance.received("Bits", values, class_.layout, None)
        assert read(plan, parts(given, class_)[1]) == values
    assert len(plan._shapes) <= 4


def test_a_class_without_properties_has_instances() -> None:
    plan, data = parts(Instance("Empty"), class_of("Empty"))
    assert read(plan, data) == {}


def test_a_class_may_leave_room_between_values() -> None:
    plan, _ = parts(Instance("Part"), PART)
    octets = plan.part.octets
    wide = octets.replace(struct.pack("<IHII", 8, 1, 4, 0), struct.pack("<IHII", 8, 1, 6, 0))
    wide = wide.replace(b"\5" + b"\xff" * 8, b"\5" + b"\xff" * 12)
    wide = struct.pack("<IBII", len(wide), 0, 0, 13) + wide[13:]
    heap = b"\0x\0"
    table = struct.pack("<BIHIH", 0, 7, 0xEEEE, 0, 0xEEEE)
    body = table + NO_QUALIFIERS + struct.pack("<I", 0x80000000 | len(heap)) + heap
    data = struct.pack("<IBI", 9 + len(body), 0, 0) + body
    assert read(InstancePlan(read_class_part(wide)), data) == {"Id": 7, "Text": "x"}


# Qualifiers


def test_qualifiers_of_instances_are_passed_over() -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "x"}), PART)
    of_instance = struct.pack("<IIBIH", 15, 0x80000001, 0, 11, 0xFFFF)
    of_properties = struct.pack("<B", 2) + struct.pack("<I", 4) + of_instance
    for given in (of_instance + b"\1", struct.pack("<I", 4) + of_properties):
        longer = data.replace(NO_QUALIFIERS, given)
        longer = struct.pack("<I", len(longer)) + longer[4:]
        assert read(plan, longer) == {"Id": 7, "Text": "x"}


@pytest.mark.parametrize(
    "wrong",
    [
        struct.pack("<IB", 4, 0),
        struct.pack("<IB", 4, 3),
        struct.pack("<IB", 3, 1),
        struct.pack("<IB", 0xFFFFFF, 1),
        struct.pack("<IBI", 4, 2, 4),
        struct.pack("<IBI", 4, 2, 0xFFFFFFFF),
    ],
)
def test_qualifiers_that_are_cut_off_are_refused(wrong: bytes) -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "x"}), PART)
    longer = data.replace(NO_QUALIFIERS, wrong)
    longer = struct.pack("<I", len(longer)) + longer[4:]
    with pytest.raises(ProtocolError):
        read(plan, longer)


# What cannot be read


def test_an_instance_that_is_cut_off_is_refused() -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "x"}), PART)
    for length in range(len(data)):
        with pytest.raises(ProtocolError):
            read(plan, data[:length])


def test_a_length_that_is_wrong_is_refused() -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "x"}), PART)
    for length in (0, 20, len(data) - 1, len(data) + 1, 0xFFFFFFFF):
        with pytest.raises(ProtocolError):
            read(plan, struct.pack("<I", length) + data[4:])


@pytest.mark.parametrize("reference", [0x7FFFFFFF, 9, 0x8000000B])
def test_a_text_that_is_not_there_is_refused(reference: int) -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "x"}), PART)
    (place,) = struct.unpack_from("<I", data, 14)
    wrong = data.replace(struct.pack("<II", 7, place), struct.pack("<II", 7, reference))
    with pytest.raises(ProtocolError):
        read(plan, wrong)


def test_a_text_without_an_end_is_refused() -> None:
    plan, data = parts(Instance("Part", {"Id": 7, "Text": "x"}), PART)
    with pytest.raises(ProtocolError, match=r"Part\.Text"):
        read(plan, data[:-1] + b"x")
