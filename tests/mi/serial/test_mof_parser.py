"""MOF parsed to its syntax."""

from typing import Any

import pytest

from mi.serial.mof_parser import productions
from mi.serial.mof_syntax import (
    AliasUse,
    ArraySyntax,
    ClassSyntax,
    FeatureSyntax,
    InstanceSyntax,
    Literal,
    Pragma,
    QualifierDeclaration,
)
from mi.serial.mof_tokens import Unreadable


def parsed(text: str) -> Any:
    (production,) = productions(text)
    return production


def feature(text: str) -> FeatureSyntax:
    declared = parsed(f"class A {{ {text} }};")
    assert isinstance(declared, ClassSyntax)
    (found,) = declared.features
    return found


def value(text: str) -> Any:
    instance = parsed(f"instance of A {{ x = {text}; }};")
    assert isinstance(instance, InstanceSyntax)
    ((_, _, found),) = instance.values
    return found


def test_an_empty_text_declares_nothing() -> None:
    assert list(productions(" // nothing\n")) == []


# Classes


def test_a_class_has_a_name_perhaps_an_alias_and_perhaps_a_superclass() -> None:
    assert parsed("class A {};") == ClassSyntax(6, (), "A", None, ())
    assert parsed("CLASS A AS $x : B {};").superclass == "B"


def test_qualifiers_have_values_and_flavors() -> None:
    declared = parsed('[a, b(5), c{"x", "y"}, d("p" "q") : F G, e({1}), f : H, I] class A {};')
    found = [
        (one.name, one.value, [word for _, word in one.flavors]) for one in declared.qualifiers
    ]
    assert found == [
        ("a", None, []),
        ("b", Literal(6, "integer", 5), []),
        ("c", ArraySyntax(11, (Literal(12, "string", "x"), Literal(17, "string", "y"))), []),
        ("d", Literal(25, "string", "pq"), ["F", "G"]),
        ("e", ArraySyntax(43, (Literal(44, "integer", 1),)), []),
        ("f", None, ["H"]),
        ("I", None, []),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("uint8 x;", ("uint8", False, "x", False, None)),
        ("uint8 x[];", ("uint8", False, "x", True, None)),
        ("uint8 x[16];", ("uint8", False, "x", True, 16)),
        ("B REF x;", ("B", True, "x", False, None)),
        ("B ref ref;", ("B", True, "ref", False, None)),
        ("uint8 Ref;", ("uint8", False, "Ref", False, None)),
        ("[key] uint8 x;", ("uint8", False, "x", False, None)),
    ],
)
def test_a_property_has_a_type_and_a_name(text: str, expected: Any) -> None:
    found = feature(text)
    assert expected == (
        found.type_name, found.is_reference, found.name, found.is_array, found.array_size,
    )  # fmt: skip
    assert (found.default, found.parameters) == (None, None)


def test_a_property_may_have_a_default() -> None:
    assert feature("uint8 x = 5;").default == Literal(20, "integer", 5)
    assert isinstance(feature("uint8 x[] = {1, 2};").default, ArraySyntax)


def test_a_method_has_parameters() -> None:
    assert feature("void m();").parameters == ()
    found = feature("uint32 m([in] string a, [out] B ref b[], uint8 c[4]);").parameters
    assert found is not None
    assert [(one.name, one.type_name, one.is_reference, one.array_size) for one in found] == [
        ("a", "string", False, None), ("b", "B", True, None), ("c", "uint8", False, 4),
    ]  # fmt: skip
    assert [one.is_array for one in found] == [False, True, True]


# Instances


def test_an_instance_has_a_class_and_values() -> None:
    found = parsed("[q] Instance OF A as $a { x = 1; [q] Y = NULL; };")
    assert (found.offset, found.class_name, found.alias) == (4, "A", "$a")
    assert found.values == (
        (26, "x", Literal(30, "integer", 1)),
        (37, "Y", Literal(41, "null", None)),
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("TRUE", Literal(20, "boolean", value=True)),
        ("false", Literal(20, "boolean", value=False)),
        ("1.5", Literal(20, "real", 1.5)),
        ("'c'", Literal(20, "char16", "c")),
        ('"a" /* and */ "b"', Literal(20, "string", "ab")),
        ("$alias", AliasUse(20, "$alias")),
        ("{}", ArraySyntax(20, ())),
        ("{NULL, $a}", ArraySyntax(20, (Literal(21, "null", None), AliasUse(27, "$a")))),
        ("instance of B {}", InstanceSyntax(20, "B", None, ())),
    ],
)
def test_values_are_literals_aliases_arrays_and_instances(text: str, found: Any) -> None:
    assert value(text) == found


def test_instances_may_be_written_64_in_one_another_and_no_more() -> None:
    def nested(depth: int) -> str:
        return "instance of A {x=" * depth + "1" + ";}" * depth

    assert isinstance(value(nested(64)), InstanceSyntax)
    with pytest.raises(Unreadable, match="more than 64 instances are in one another"):
        value(nested(65))


# Qualifier declarations and pragmas


def test_a_qualifier_is_declared_with_its_type_and_its_flavors() -> None:
    text = 'Qualifier Q : string[] = {"a"}, Scope(class, any), Flavor(Restricted, Translatable);'
    found = parsed(text)
    assert isinstance(found, QualifierDeclaration)
    assert (found.name, found.type_name, found.is_array) == ("Q", "string", True)
    assert isinstance(found.default, ArraySyntax)
    assert [word for _, word in found.flavors] == ["Restricted", "Translatable"]
    bare = parsed("qualifier Q : uint32;")
    assert (bare.type_name, bare.is_array, bare.default, bare.flavors) == (
        "uint32",
        False,
        None,
        (),
    )


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ('#pragma namespace("root" "\\\\x")', "namespace", "root\\x"),
        ("#PRAGMA autorecover()", "autorecover", ""),
        ('#pragma classflags("forceupdate", "x")', "classflags", "forceupdate"),
        ("#pragma deleteclass(A, nofail)", "deleteclass", "A"),
    ],
)
def test_a_pragma_has_a_name_and_an_argument(text: str, name: str, argument: str) -> None:
    assert parsed(text) == Pragma(0, name, argument)


# Refusals


@pytest.mark.parametrize(
    ("text", "offset", "reason"),
    [
        (
            "nonsense",
            0,
            "a class, an instance, a qualifier or a pragma is expected, not 'nonsense'",
        ),
        ("[q] qualifier X : uint8;", 4, "a class, an instance, a qualifier or a pragma is expec"),
        ("class A {}", 10, "';' is expected, not the end"),
        ("class 5 {};", 6, "a name is expected, not a number"),
        ('class A : "B" {};', 10, "a name is expected, not a string"),
        ("class A { uint8; };", 15, "a name is expected, not ';'"),
        ("class A { uint8 x[0]; };", 18, "this is not the size of an array"),
        ("class A { uint8 x[a]; };", 18, "']' is expected, not 'a'"),
        ("class A { uint8 x = ; };", 20, "a value is expected, not ';'"),
        ("class A { uint8 m(a); };", 19, "a name is expected, not ')'"),
        ("class A { uint8 m(uint8 a uint8 b); };", 26, "',' is expected, not 'uint8'"),
        ("[a b] class A {};", 3, "',' is expected, not 'b'"),
        ("instance A {};", 9, "'of' is expected, not 'A'"),
        ("instance of A as A {};", 17, "an alias is expected, not 'A'"),
        ("instance of A { x };", 18, "'=' is expected, not '}'"),
        ("instance of A { x = {{}}; };", 21, "a value is expected, not '{'"),
        ("instance of A { x = y; };", 20, "a value is expected, not 'y'"),
        ("qualifier Q : uint8, Sco(a);", 21, "'Scope' or 'Flavor' is expected, not 'Sco'"),
        ("qualifier Q : uint8, 5;", 21, "'Scope' or 'Flavor' is expected, not a number"),
        ("#pragma 'a'", 8, "a name is expected, not a character"),
        ("#pragma a(", 10, "',' is expected, not the end"),
        ("#pragma a($b", 12, "',' is expected, not the end"),
        ("class A { #pragma a() };", 10, "a name is expected, not a pragma"),
        ("$a", 0, "is expected, not an alias"),
    ],
)
def test_what_is_no_mof_is_refused_where_it_stands(text: str, offset: int, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        list(productions(text))
    assert raised.value.offset == offset
    assert reason in raised.value.reason


def test_nothing_long_is_repeated() -> None:
    with pytest.raises(Unreadable) as raised:
        list(productions("n" * 5000))
    assert len(raised.value.reason) <= 201
