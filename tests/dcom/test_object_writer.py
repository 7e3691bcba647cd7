from __future__ import annotations

import pytest

from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import (
    write_class,
    write_instance,
    write_parameters,
    write_results,
)
from tests.dcom.samples import KEY, PART, class_of, find, flag, method, qualifiers

OPEN = method(
    "Open",
    Parameter("Path", CimType.STRING),
    Parameter("Mode", CimType.UINT32),
    Parameter("Handle", CimType.UINT64, qualifiers=qualifiers(flag("out"))),
    return_type=CimType.UINT32,
)


def read(data: bytes | None) -> Instance:
    assert data is not None
    found = ObjectReader().read(data, "root/cimv2")
    assert isinstance(found, Instance)
    return found


# Instances


def test_only_what_is_named_is_written() -> None:
    class_ = class_of(
        "C", KEY, Property("A", CimType.SINT32, default=7), Property("B", CimType.STRING)
    )
    given = Instance.received("C", {"Id": 1, "A": 5, "B": "x"}, class_.layout, None)
    assert dict(read(write_instance(given, class_, ["ID", "b"]))) == {"A": 7, "B": "x", "Id": 1}
    assert dict(read(write_instance(given, class_, []))) == {"A": 7, "B": None, "Id": None}
    assert dict(read(write_instance(given, class_, ["Unknown"])))["B"] is None


def test_the_bits_tell_null_from_what_is_not_set() -> None:
    class_ = class_of(
        "C", *(Property(name, CimType.UINT8, default=1) for name in "ABC"),
        Property("D", CimType.UINT8), Property("E", CimType.UINT8),
    )  # fmt: skip
    given = Instance.received("C", {"A": 5, "B": None, "E": None}, class_.layout, None)
    data = write_instance(given, class_)
    tables = data[data.rindex(bytes((0b11_10_01_00, 0b01))) :]
    assert tables[2:7] == bytes((5, 0, 0, 0, 0))


def test_an_object_says_where_it_is_from_if_it_knows() -> None:
    given = Instance("Part", {"Id": 1}, namespace="root/cimv2", server_name="SRV")
    assert b"\6\0SRV\0\0root\\cimv2\0" in write_instance(given, PART)
    assert write_instance(Instance("Part", {"Id": 1}), PART)[8] == 2


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TypeMismatch):
        write_instance(Instance("Part", {"Id": "x"}), PART)
    with pytest.raises(InvalidParameter, match="null character"):
        write_instance(Instance("Part", {"Id": 1, "Text": "a\0"}), PART)


def test_a_reference_is_written_as_a_path() -> None:
    class_ = class_of("Link", Property("To", CimType.REFERENCE))
    given = Instance("Link", {"To": Instance("Part", {"Id": 5}, namespace="root/cimv2")})
    assert b"\\\\.\\root\\cimv2:Part.Id=5\0" in write_instance(given, class_)


# Embedded objects


def test_an_embedded_object_has_its_class_where_that_is_known() -> None:
    outer = class_of("Outer", Property("Inner", CimType.INSTANCE, "Part"))
    given = Instance("Outer", {"Inner": Instance("Part", {"Id": 5})})
    found = read(write_instance(given, outer, find=find))["Inner"]
    assert dict(found) == {"Id": 5, "Text": None}
    assert found.element("Id").type is CimType.UINT32
    assert found.key == {"Id": 5}


def test_one_of_an_unknown_class_is_written_with_what_it_has() -> None:
    outer = class_of("Outer", Property("Inner", CimType.INSTANCE))
    inner = Instance("Other")
    inner.add("Name", "x", flags=Flags.KEY)
    inner.add("Number", 5)
    inner.add("Null")
    found = read(write_instance(Instance("Outer", {"Inner": inner}), outer))["Inner"]
    assert dict(found) == {"Name": "x", "Null": None, "Number": 5}
    assert found.key == {"Name": "x"}
    assert found.element("Number").type is CimType.SINT32


def test_an_object_that_holds_itself_is_refused() -> None:
    outer = class_of("Outer", Property("Inner", CimType.INSTANCE))
    given = Instance("Outer", {"Inner": None})
    given.add("Self", [None], CimType.INSTANCE_ARRAY)
    given["Self"][0] = given
    loop = class_of("Outer", Property("Self", CimType.INSTANCE_ARRAY))
    with pytest.raises(InvalidParameter, match="or itself"):
        write_instance(given, loop, find=lambda _namespace, _name: loop)
    assert outer.name == "Outer"


# Parameters of methods


def test_what_goes_in_is_an_instance_of_its_signature() -> None:
    found = read(write_parameters(OPEN, Instance("Anything", {"Path": "C:", "Mode": 3})))
    assert found.class_name == "__PARAMETERS"
    assert dict(found) == {"Mode": 3, "Path": "C:"}
    assert found.element("Mode").type is CimType.UINT32


def test_what_is_not_given_is_null() -> None:
    assert dict(read(write_parameters(OPEN, None))) == {"Mode": None, "Path": None}


def test_what_comes_out_has_a_return_value() -> None:
    given = Instance("Anything", {"ReturnValue": 5})
    given.add("Handle", 2**64 - 1)
    found = read(write_results(OPEN, given))
    assert dict(found) == {"Handle": 2**64 - 1, "ReturnValue": 5}


def test_a_method_of_nothing_has_neither() -> None:
    nothing = Method("Nothing")
    assert write_parameters(nothing, None) is None
    assert write_results(nothing, Instance("Anything")) is None


def test_the_signatures_that_a_server_sent_are_used_both_ways() -> None:
    class_ = class_of("C", methods=NameMap([("Open", OPEN)]))
    found = ObjectReader().read(write_class(class_))
    assert isinstance(found, Class)
    known = found.methods["Open"]
    values = Instance("Anything", {"Path": "C:", "ReturnValue": 5})
    assert read(write_parameters(known, values))["Path"] == "C:"
    assert read(write_results(known, values))["ReturnValue"] == 5
