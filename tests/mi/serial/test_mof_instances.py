"""Instances of MOF, with the aliases in them."""

from typing import Any

import pytest

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.serial import mof, mof_instances

CLASS = """
class Target { [key] string Name; [key] uint32 Number; uint8 Other; };
class Holder {
    [key] string Id = "default";
    Target ref Reference; Target ref References[];
    [EmbeddedInstance("Target")] string One; [EmbeddedObject] string Many[];
    datetime When; uint64 Big; real32 Small; char16 Letter; uint8 Octets[];
};
"""


def read(text: str, declared: str = "") -> list[Any]:
    found = mof.read(declared + text, namespace="root/x", server_name="s")
    return [one for one in found if isinstance(one, Instance)]


def one(text: str, declared: str = "") -> Instance:
    *_, found = read(text, declared)
    assert isinstance(found, Instance)
    return found


# Without the class


def test_an_instance_without_its_class_has_the_types_that_its_values_tell() -> None:
    found = one(
        'instance of A { s = "20240229010203.000000+000"; i = 5; j = 3000000000; r = 1.5; b = TRUE;'
        " c = 'c'; n = NULL; e = {}; a = {1, NULL, 3000000000}; m = {NULL}; };"
    )
    assert (found.class_name, found.namespace, found.server_name) == ("A", "root/x", "s")
    assert {name: element.type for name, element in zip(found, found.elements(), strict=True)} == {
        "s": CimType.STRING, "i": CimType.SINT32, "j": CimType.SINT64, "r": CimType.REAL64,
        "b": CimType.BOOLEAN, "c": CimType.CHAR16, "n": None, "e": None,
        "a": CimType.SINT64_ARRAY, "m": None,
    }  # fmt: skip
    assert (found["a"], found["e"], found["m"]) == ([1, None, 3000000000], [], [None])


def test_the_type_of_a_whole_number_is_provisional() -> None:
    found = one("instance of A { i = 5; };")
    found["i"] = 2**40
    assert found.element("i").type is CimType.SINT64


def test_nothing_of_what_was_read_counts_as_modified() -> None:
    assert one("instance of A { i = 5; };").modified == frozenset()
    assert one('instance of Holder { Id = "x"; };', CLASS).modified == frozenset()


# With the class


def test_an_instance_of_a_known_class_has_its_types_and_its_defaults() -> None:
    found = one(
        'instance of holder { WHEN = "20240229010203.000000+000"; big = "5"; small = 0.1;'
        " letter = 'x'; octets = {0x10, 101b}; };",
        CLASS,
    )
    assert found.class_name == "Holder"
    assert (found["Id"], found["One"], found["Big"], found["Small"]) == (
        "default", None, 5, 0.10000000149011612,
    )  # fmt: skip
    assert (found["Letter"], found["Octets"], found["When"].year) == ("x", [16, 5], 2024)
    assert found.key == {"Id": "default"}


# Aliases


def test_an_alias_may_be_used_before_it_is_declared() -> None:
    first, second = read('instance of A { e = $x; }; instance of B as $X { s = "v"; };')
    assert first["e"] == second == Instance("B", {"s": "v"})
    assert first.element("e").type is CimType.INSTANCE
    assert first["e"] is not second


def test_an_instance_is_embedded_by_its_alias_or_where_it_is_written() -> None:
    found = one(
        'instance of Target as $T { Name = "n"; Number = 1; Other = 2; };'
        'instance of Holder { One = $T; Many = {$T, instance of Target { Name = "m"; }}; };',
        CLASS,
    )
    assert found["One"]["Other"] == 2
    assert [target["Name"] for target in found["Many"]] == ["n", "m"]
    assert found["One"].element("Number").type is CimType.UINT32


def test_a_reference_is_the_keys_of_what_the_alias_means() -> None:
    found = one(
        'instance of Target as $T { Name = "n"; Number = 1; Other = 2; };'
        "instance of Holder { Reference = $T; References = "
        '{instance of Target { Name = "m"; Number = 2; }, "Target.Name=\\"p\\",Number=3"}; };',
        CLASS,
    )
    assert dict(found["Reference"]) == {"Name": "n", "Number": 1}
    assert found["Reference"].element("Number")[2] is CimType.UINT32
    assert all(Flags.KEY in element.flags for element in found["Reference"].elements())
    assert [target.key["Number"] for target in found["References"]] == [2, 3]
    assert (found["Reference"].namespace, found["Reference"].server_name) == ("root/x", "s")


def test_a_reference_to_an_instance_of_an_unknown_class_is_all_that_is_not_null() -> None:
    found = one(
        'instance of Other as $T { a = "x"; b = NULL; }; instance of Holder { Reference = $T; };',
        CLASS,
    )
    assert dict(found["Reference"]) == {"a": "x"}


def test_references_may_go_round_in_a_circle() -> None:
    declared = "class N { [key] string Id; N ref Next; };"
    first, second = read(
        'instance of N as $a { Id = "a"; Next = $b; };'
        'instance of N as $b { Id = "b"; Next = $a; };',
        declared,
    )
    assert (dict(first["Next"]), dict(second["Next"])) == ({"Id": "b"}, {"Id": "a"})


def test_instances_that_exist_only_to_be_a_value_are_no_result() -> None:
    text = "instance of B as {} {{ x = 1; }}; instance of A {{ e = {}; }};"
    assert len(read(text.format("$Alias0000000A", "$alias0000000a"))) == 1
    assert len(read(text.format("$Other", "$Other"))) == 2
    assert len(read(text.format("$Alias0000000A", "1"))) == 2


def test_what_grows_without_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mof_instances, "_MOST_EXPANDED", 1000)
    text = 'instance of A as $a0 { x = "x"; };' + "".join(
        f"instance of A as $a{number} {{ x = $a{number - 1}; y = $a{number - 1}; }};"
        for number in range(1, 41)
    )
    with pytest.raises(InvalidParameter, match="the aliases stand for too many values"):
        read(text)


def test_what_holds_itself_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="more than 64 instances are in one another"):
        read("instance of A as $a { x = $a; };")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("instance of A { x = $a; };", "line 1, column 21: the alias \\$a is not known"),
        ("instance of A as $a {}; instance of B as $A {};",
         "line 1, column 25: there is an alias \\$A already"),
        ("instance of A { x = 1; X = 2; };", "line 1, column 24: X has a value already"),
        ("instance of A { x = 18446744073709551616; };", "no type of CIM holds so large a number"),
        ("instance of A { x = {1, $a}; };", "an instance is not SINT32"),
    ],
)  # fmt: skip
def test_what_is_no_instance_is_refused_where_it_stands(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read(text)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("Unknown = 1;", "line 9, column 22: the class Holder has no property Unknown"),
        ('Id = "a"; ID = "b";', "line 9, column 32: ID has a value already"),
        ("Id = 5;", "line 9, column 27: 5 is not a string"),
        ("Octets = 5;", "line 9, column 31: an array of uint8 is expected, in braces"),
        ("Octets = {256};", "line 9, column 32: 256 is outside uint8"),
        ("One = {};", "line 9, column 28: this is not a single constant"),
        ("Id = instance of Target {};", "line 9, column 27: an instance is not STRING"),
        ("Reference = instance of Target {};", "line 9, column 34: this Target names no object"),
        ("Reference = 5;", "line 9, column 34: this is no reference"),
        ('Reference = "nonsense";', "line 9, column 34: 'nonsense' is the path of a class"),
    ],
)
def test_what_does_not_fit_its_class_is_refused_where_it_stands(values: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read(f"instance of Holder {{ {values} }};", CLASS)
