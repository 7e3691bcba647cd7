"""A class is shown whole, in every output."""

import csv
import io
import json
from typing import Any

import pytest

import mi
from mi.cli.output.declaration import (
    METHOD_COLUMNS,
    PROPERTY_COLUMNS,
    VALUE_COLUMNS,
    tables,
    value_rows,
)
from mi.names import NameMap

_TRUE = {
    name: mi.Qualifier(name, mi.CimType.BOOLEAN, value=True)
    for name in ("key", "read", "out", "static")
}


def _qualifiers(*names: str) -> NameMap[mi.Qualifier]:
    return NameMap((name, _TRUE[name]) for name in names)


def _class() -> mi.Class:
    properties = (
        mi.Property("Name", mi.CimType.STRING, qualifiers=_qualifiers("key", "read")),
        mi.Property("Tags", mi.CimType.STRING_ARRAY, default=["a"], origin="CIM_Base"),
        mi.Property("Owner", mi.CimType.REFERENCE, class_name="CIM_User"),
        mi.Property("Parts", mi.CimType.INSTANCE_ARRAY),
        mi.Property("Target", mi.CimType.REFERENCE),
    )
    methods = (
        mi.Method(
            "Create", mi.CimType.UINT32,
            NameMap(
                (parameter.name, parameter)
                for parameter in (
                    mi.Parameter("Line", mi.CimType.STRING),
                    mi.Parameter("Id", mi.CimType.UINT32, qualifiers=_qualifiers("out")),
                )
            ),
            qualifiers=_qualifiers("static"),
        ),
        mi.Method("Forget"),
    )  # fmt: skip
    return mi.Class(
        "CIM_Thing", "root/cimv2", superclass="CIM_Base", derivation=("CIM_Base", "CIM_Object"),
        properties=NameMap((prop.name, prop) for prop in properties),
        methods=NameMap((method.name, method) for method in methods),
        qualifiers=NameMap([("Locale", mi.Qualifier("Locale", mi.CimType.SINT32, 1033))]),
    )  # fmt: skip


_TABLE = """\
CIM_Thing : CIM_Base

Property  Type          Traits         Default
Name      string        key read-only
Tags      string[]                     ["a"]
Owner     CIM_User ref
Parts     object[]
Target    object ref

Method  Returns        Parameters
Create  static uint32  in string Line, out uint32 Id
Forget
"""


def test_a_class_is_a_table_of_properties_and_one_of_methods(cli: Any) -> None:
    assert cli("class", "server01", "CIM_Thing", answer=_class()).out == _TABLE


def test_a_class_without_methods_has_one_table_alone(cli: Any) -> None:
    out = cli("class", "server01", "CIM_Thing", answer=mi.Class("CIM_Thing")).out
    assert out == "CIM_Thing\n"


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_json_holds_everything_that_the_server_told(cli: Any, output: str) -> None:
    form = json.loads(cli("class", "server01", "CIM_Thing", "-o", output, answer=_class()).out)
    assert list(form) == ["name", "namespace", "superclass", "derivation", "traits", "qualifiers",
                          "properties", "methods"]  # fmt: skip
    assert form["derivation"] == ["CIM_Base", "CIM_Object"]
    assert form["qualifiers"] == {"Locale": 1033}
    assert form["properties"][0] == {
        "name": "Name", "type": "string", "traits": ["key", "read-only"], "default": None,
        "origin": None, "qualifiers": {"key": True, "read": True},
    }  # fmt: skip
    assert form["properties"][1]["default"] == ["a"]
    assert [prop["type"] for prop in form["properties"]] == [
        "string", "string[]", "CIM_User ref", "object[]", "object ref",
    ]  # fmt: skip
    create, forget = form["methods"]
    assert (create["returns"], create["static"], forget["returns"]) == ("uint32", True, None)
    assert create["parameters"][1] == {
        "name": "Id", "type": "uint32", "traits": ["out"], "qualifiers": {"out": True},
    }  # fmt: skip


def test_csv_has_a_row_for_each_property(cli: Any) -> None:
    out = cli("class", "server01", "CIM_Thing", "-o", "csv", answer=_class()).out
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["Property", "Type", "Traits", "Default"]
    assert [row[0] for row in rows[1:]] == ["Name", "Tags", "Owner", "Parts", "Target"]


def test_on_a_terminal_a_class_is_the_same_tables_drawn(cli: Any) -> None:
    out = cli("class", "server01", "CIM_Thing", answer=_class(), terminals="stdout").out
    assert "CIM_Thing : CIM_Base" in out.splitlines()[0]
    assert "in string Line, out uint32 Id" in out
    bare = cli("class", "server01", "CIM_Thing", answer=mi.Class("CIM_Thing"), terminals="stdout")
    assert len(bare.out.splitlines()) == 1


def _texts(name: str, *values: str) -> tuple[str, mi.Qualifier]:
    return name, mi.Qualifier(name, mi.CimType.STRING_ARRAY, list(values))


def test_what_values_mean_is_a_table_in_which_the_same_meanings_share_a_row() -> None:
    mapped = NameMap(
        [_texts("ValueMap", "0", "2", ".."), _texts("Values", "Fine", "Denied", "Odd")]
    )
    modes = NameMap([_texts("ValueMap", "Auto", "Manual"), _texts("Values", "Auto", "Manual")])
    counted = NameMap([_texts("Values", "Off", "On")])
    mode = mi.Parameter("Mode", mi.CimType.STRING, qualifiers=modes)
    methods = (
        mi.Method("Start", mi.CimType.UINT32, NameMap([("Mode", mode)]), qualifiers=mapped),
        mi.Method("Stop", mi.CimType.UINT32, qualifiers=mapped),
    )
    declared = mi.Class(
        "X_Thing",
        properties=NameMap(
            [
                ("State", mi.Property("State", mi.CimType.UINT16, qualifiers=counted)),
                ("Bare", mi.Property("Bare", mi.CimType.UINT16)),
            ]
        ),
        methods=NameMap((one.name, one) for one in methods),
    )
    assert list(value_rows(declared)) == [
        ("State", "0 Off, 1 On"),
        ("Start, Stop", "0 Fine, 2 Denied, .. Odd"),
        ("Start.Mode", "Auto, Manual"),
    ]
    assert [header for header, _ in tables(declared)] == [
        PROPERTY_COLUMNS, METHOD_COLUMNS, VALUE_COLUMNS,
    ]  # fmt: skip
