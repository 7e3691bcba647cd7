"""Windows' own classes, as far as they are known: written and read again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Method, Parameter, Property
from mi.values import parse_value
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class, write_instance
from protocols.loopback.declarations import declared_classes
from tests.dcom.samples import class_of, flag, qualifiers

TABLE = Path("../shared/reference/win32-classes.json")
known = pytest.mark.skipif(not TABLE.exists(), reason="the table of classes is not here")
TYPES = {one.cim_name: one for one in CimType if not one.is_array}


def rows() -> list[dict[str, Any]]:
    if not TABLE.exists():
        return []
    table = json.loads(TABLE.read_text("utf-8"))
    return [*table["classes"], *table["support_classes"]]


def kind_of(row: dict[str, Any]) -> CimType:
    scalar = TYPES[row["type"]]
    return scalar.array if row.get("array") else scalar


def class_name_of(row: dict[str, Any]) -> str | None:
    held = kind_of(row).scalar in {CimType.REFERENCE, CimType.INSTANCE}
    return (row.get("embedded_class") or row.get("reference_class")) if held else None


def property_of(row: dict[str, Any]) -> Property:
    marks = [flag("key")] if row["key"] else []
    marks += [flag("read")] if row["read_only"] else [flag("read"), flag("write")]
    return Property(
        row["name"], kind_of(row), class_name_of(row), origin=row["origin"],
        qualifiers=qualifiers(*marks),
    )  # fmt: skip


def method_of(row: dict[str, Any]) -> Method:
    directions = {"in": ("in",), "out": ("out",), "inout": ("in", "out")}
    parameters = [
        Parameter(
            one["name"], kind_of(one), class_name_of(one),
            qualifiers=qualifiers(*map(flag, directions[one["direction"]])),
        )
        for one in row["parameters"]
    ]  # fmt: skip
    returned = row["returns"]
    return Method(
        row["name"],
        None if returned is None else TYPES[returned],
        NameMap((one.name, one) for one in parameters),
        row["origin"],
        qualifiers=qualifiers(*([flag("static")] if row["static"] else [])),
    )


def declared(row: dict[str, Any]) -> Class:
    return class_of(
        row["name"],
        *map(property_of, row["properties"]),
        superclass=row["superclass"],
        derivation=tuple(row["derivation"]),
        methods=NameMap((one.name, one) for one in map(method_of, row.get("methods", ()))),
    )


def facts(class_: Class) -> Any:
    return (
        class_.name,
        class_.superclass,
        class_.derivation,
        {
            name: (one.type, one.class_name, one.origin, one.flags, set(one.qualifiers))
            for name, one in class_.properties.items()
        },
        {
            name: (
                one.return_type,
                one.origin,
                one.is_static,
                [(p.name, p.type, p.class_name, p.flags) for p in one.parameters.values()],
            )
            for name, one in class_.methods.items()
        },
    )


def again(class_: Class) -> Class:
    found = ObjectReader().read(write_class(class_), class_.namespace)
    assert isinstance(found, Class)
    return found


@known
def test_there_are_as_many_as_there_should_be() -> None:
    assert len(rows()) > 100


@known
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["name"])
def test_a_class_of_windows_is_read_as_it_was_written(row: dict[str, Any]) -> None:
    class_ = declared(row)
    assert facts(again(class_)) == facts(class_)


def value_of(declared: Property, value: Any) -> Any:
    if declared.type.is_array and value is not None:
        return value
    if declared.type is CimType.DATETIME and isinstance(value, str):
        return parse_value(value, CimType.DATETIME)
    return value


@known
@pytest.mark.parametrize(
    "row", [row for row in rows() if row.get("samples")], ids=lambda row: row["name"]
)
def test_a_sample_of_it_is_read_as_it_was_written(row: dict[str, Any]) -> None:
    class_ = declared(row)
    plain = [
        one
        for one in class_.properties.values()
        if one.type.scalar not in {CimType.REFERENCE, CimType.INSTANCE}
        and one.type is not CimType.DATETIME_ARRAY
    ]
    for sample in row["samples"]:
        values = {one.name: value_of(one, sample[one.name]) for one in plain if one.name in sample}
        given = Instance(class_, values)
        found = ObjectReader().read(write_instance(given, class_), class_.namespace)
        assert found == given


@pytest.mark.parametrize(
    "class_", declared_classes(), ids=lambda one: f"{one.namespace}:{one.name}"
)
def test_a_class_of_the_sample_repository_is_read_as_it_was_written(class_: Class) -> None:
    found = again(class_)
    assert facts(found) == facts(class_)
    assert list(found.properties) == list(class_.properties)
    assert found.flags == class_.flags
