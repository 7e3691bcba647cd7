"""Classes of MOF."""

from typing import Any

import pytest

from mi.errors import InvalidParameter
from mi.results import CimType, Flags
from mi.schema import Class
from mi.serial import mof


def read(text: str) -> Class:
    *_, declared = mof.read(text, namespace="root/x", server_name="server01")
    assert isinstance(declared, Class)
    return declared


def test_a_class_is_where_the_text_is() -> None:
    declared = read("class A {};")
    assert (declared.name, declared.namespace, declared.server_name) == ("A", "root/x", "server01")
    assert (declared.superclass, declared.derivation) == (None, ())


@pytest.mark.parametrize(
    ("text", "cim_type", "class_name"),
    [
        ("UINT8 x;", CimType.UINT8, None),
        ("datetime x[];", CimType.DATETIME_ARRAY, None),
        ("B ref x;", CimType.REFERENCE, "B"),
        ("object ref x;", CimType.REFERENCE, None),
        ('[EmbeddedInstance("B")] string x;', CimType.INSTANCE, "B"),
        ("[EmbeddedObject] string x[];", CimType.INSTANCE_ARRAY, None),
        ('[CIMTYPE("object:B")] string x;', CimType.INSTANCE, "B"),
        ("object x;", CimType.INSTANCE, None),
        ("Known x[];", CimType.INSTANCE_ARRAY, "Known"),
    ],
)
def test_a_property_is_of_every_type(text: str, cim_type: CimType, class_name: str | None) -> None:
    prop = read(f"class Known {{}}; class A {{ {text} }};").properties["X"]
    assert (prop.type, prop.class_name, prop.origin) == (cim_type, class_name, "A")


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("uint8 x = 5;", 5),
        ("uint8 x[4] = {1, NULL};", [1, None]),
        ("uint8 x = NULL;", None),
        ('string x = "a" "b";', "ab"),
    ],
)
def test_a_property_has_its_default(text: str, default: Any) -> None:
    assert read(f"class A {{ {text} }};").properties["x"].default == default


def test_the_size_of_an_array_is_known() -> None:
    declared = read("class A { uint8 x[4]; void m(uint8 y[5]); };")
    assert declared.properties["x"].array_size == 4
    assert declared.methods["m"].parameters["y"].array_size == 5


def test_a_method_has_a_type_and_parameters() -> None:
    declared = read(
        "class A { [static] uint32 Go([in] string a, [out] B ref b[], string c); void Stop();"
        " [EmbeddedObject] string Make(); B ref Find(); };"
    )
    go = declared.methods["go"]
    assert (go.return_type, go.is_static, go.origin) == (CimType.UINT32, True, "A")
    assert [(one.name, one.type, one.class_name) for one in go.parameters.values()] == [
        ("a", CimType.STRING, None),
        ("b", CimType.REFERENCE_ARRAY, "B"),
        ("c", CimType.STRING, None),
    ]
    assert go.parameters["b"].flags == Flags.PARAMETER | Flags.OUT
    assert go.parameters["c"].flags == Flags.PARAMETER | Flags.IN
    returned = [declared.methods[name].return_type for name in ("Stop", "Make", "Find")]
    assert returned == [None, CimType.INSTANCE, CimType.REFERENCE]


TOP = """
[Association, Abstract : Restricted]
class Top { [key] string Id; [read, MaxLen(8)] string Text; uint32 Go(); };
"""


def test_a_class_has_what_it_inherits() -> None:
    declared = read(f"{TOP} class Sub : top {{ [MaxLen(4)] string text; uint8 Own; void go(); }};")
    assert (declared.superclass, declared.derivation) == ("Top", ("Top",))
    assert list(declared.properties) == ["Id", "text", "Own"]
    assert [one.origin for one in declared.properties.values()] == ["Top", "Top", "Sub"]
    assert [one.propagated for one in declared.properties.values()] == [True, True, False]
    text = declared.properties["Text"].qualifiers
    assert (text["MaxLen"].value, text["read"].value) == (4, True)
    assert (declared.methods["Go"].return_type, declared.methods["Go"].origin) == (None, "Top")
    assert declared.keys == ("Id",)
    assert declared.flags == Flags.CLASS | Flags.ASSOCIATION


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class A : B {};", "line 1, column 7: the superclass B is not known"),
        ("class A { unit8 x; };", "line 1, column 17: unit8, the type of x, is not known"),
        ("class A { unit8 m(); };", "line 1, column 17: unit8, the type of m, is not known"),
        ("class A { void x; };", "void, the type of x, is not known"),
        ("class A { void m(void a); };", "void, the type of a, is not known"),
        ("class A { uint8 x; uint8 X; };", "column 26: there is a X here already"),
        ("class A { void m(); void M(); };", "column 26: there is a M here already"),
        ("class A { void m(uint8 a, uint8 A); };", "column 33: there is a A here already"),
        ("class A { uint8 x = 256; };", "column 21: 256 is outside uint8"),
        ("class A { uint8 x[] = 1; };", "column 23: an array of uint8 is expected, in braces"),
        ("class A { [EmbeddedObject] string x = $a; };", "this is not a single constant"),
    ],
)
def test_what_is_no_class_is_refused_where_it_stands(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read(text)
