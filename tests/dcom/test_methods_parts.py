from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from mi.errors import ProtocolError
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter
from protocols.dcom import methods_parts, object_blocks
from protocols.dcom.class_parts import end_of_part
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class
from tests.dcom.samples import class_of, flag, method, qualifier, qualifiers

FIXED = Flags.DISABLE_OVERRIDE | Flags.RESTRICTED
OWN = Flags.ENABLE_OVERRIDE | Flags.RESTRICTED


def parameter(name: str, kind: CimType, place: int, *directions: str, **facts: str) -> Parameter:
    marks = [flag(one, OWN) for one in directions]
    number = qualifier("ID", CimType.SINT32, place, FIXED)
    return Parameter(name, kind, qualifiers=qualifiers(number, *marks), **facts)  # type: ignore[arg-type]


CREATE = method(
    "Create",
    parameter("CommandLine", CimType.STRING, 0, "in"),
    parameter("Startup", CimType.INSTANCE, 1, "in", class_name="Win32_ProcessStartup"),
    parameter("ProcessId", CimType.UINT32, 2, "out"),
    parameter("Both", CimType.REFERENCE_ARRAY, 3, "in", "out", class_name="Other"),
    return_type=CimType.UINT32,
    origin="C",
    qualifiers=qualifiers(flag("static", OWN)),
)
NOTHING = method("Nothing", origin="C")
INHERITED = method("Old", return_type=CimType.SINT32, origin="B", propagated=True)


def class_with(*methods: Method) -> Class:
    return class_of(
        "C",
        superclass="B",
        derivation=("B",),
        methods=NameMap((one.name, one) for one in methods),
    )


def again(*methods: Method) -> Class:
    found = ObjectReader().read(write_class(class_with(*methods)), "root/cimv2")
    assert isinstance(found, Class)
    return found


def test_methods_are_read_as_they_were_written() -> None:
    found = again(CREATE, NOTHING, INHERITED)
    assert list(found.methods) == ["Create", "Nothing", "Old"]
    for given in (CREATE, NOTHING, INHERITED):
        assert found.methods[given.name] == given


def test_parameters_are_in_the_order_of_their_ids_whichever_way_they_go() -> None:
    found = again(CREATE).methods["Create"]
    assert [(name, one.flags) for name, one in found.parameters.items()] == [
        ("CommandLine", Flags.PARAMETER | Flags.IN),
        ("Startup", Flags.PARAMETER | Flags.IN),
        ("ProcessId", Flags.PARAMETER | Flags.OUT),
        ("Both", Flags.PARAMETER | Flags.IN | Flags.OUT),
    ]
    assert found.is_static


def test_parameters_that_say_neither_place_nor_direction_are_given_them() -> None:
    found = again(method("M", Parameter("B", CimType.UINT8), Parameter("A", CimType.UINT8)))
    assert [
        (name, one.qualifiers["ID"].value, "in" in one.qualifiers)
        for name, one in found.methods["M"].parameters.items()
    ] == [("B", 0, True), ("A", 1, True)]
    assert found.methods["M"].return_type is None


def test_a_parameter_without_a_place_comes_last() -> None:
    odd = Parameter("A", CimType.UINT8, qualifiers=qualifiers(qualifier("ID", CimType.STRING, "x")))
    found = again(method("M", odd, parameter("B", CimType.UINT8, 7, "in")))
    assert list(found.methods["M"].parameters) == ["B", "A"]


def test_the_signatures_are_classes() -> None:
    inputs, outputs = methods_parts.input_class(CREATE), methods_parts.output_class(CREATE)
    assert inputs is not None
    assert outputs is not None
    assert inputs.name == outputs.name == "__PARAMETERS"
    assert inputs.flags & Flags.ABSTRACT
    assert list(inputs.properties) == ["CommandLine", "Startup", "Both"]
    assert list(outputs.properties) == ["ProcessId", "Both", "ReturnValue"]
    assert methods_parts.input_class(NOTHING) is None
    assert methods_parts.output_class(NOTHING) is None
    assert methods_parts.input_class(INHERITED) is None


def methods_of(data: bytes) -> int:
    """Where the methods of a class begin: after all else."""
    head = object_blocks.read_head(data, 8, len(data))
    own = object_blocks.skip_superclass(data, head.position, len(data))
    return end_of_part(data, own, len(data))


def changed(old: bytes, new: bytes) -> bytes:
    data = write_class(class_with(INHERITED))
    place = methods_of(data)
    methods = data[place:].replace(old, new, 1)
    assert methods != data[place:]
    return data[:place] + methods


def test_a_method_without_qualifiers_or_signatures_may_refer_to_nothing() -> None:
    data = write_class(class_with(NOTHING))
    start = methods_of(data) + 8
    nothing = struct.pack("<III", *[0xFFFFFFFF] * 3)
    found = ObjectReader().read(data[: start + 12] + nothing + data[start + 24 :], "root/cimv2")
    assert isinstance(found, Class)
    assert found.methods["Nothing"] == replace(NOTHING, origin="C")


def test_an_origin_that_is_none_is_not_known() -> None:
    data = changed(b"\x20\0\0\0" + struct.pack("<I", 0), b"\x20\0\0\0" + struct.pack("<I", 9))
    found = ObjectReader().read(data)
    assert isinstance(found, Class)
    assert found.methods["Old"].origin is None


@pytest.mark.parametrize("count", [2, 100, 0xFFFF])
def test_more_methods_than_there_are_are_refused(count: int) -> None:
    with pytest.raises(ProtocolError):
        ObjectReader().read(changed(struct.pack("<H", 1), struct.pack("<H", count)))


def test_two_methods_of_one_name_are_refused() -> None:
    data = write_class(class_with(NOTHING, replace(NOTHING, name="Nothinh")))
    with pytest.raises(ProtocolError, match="two methods"):
        ObjectReader().read(data.replace(b"Nothinh", b"noThing"))


def test_a_signature_that_is_no_class_is_refused() -> None:
    data = write_class(class_with(INHERITED))
    place = data.rindex(b"\1\x1d\0\0\0")
    with pytest.raises(ProtocolError, match="not a class"):
        ObjectReader().read(data[:place] + b"\2" + data[place + 1 :])
