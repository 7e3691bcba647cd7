r"""Class declarations as MOF: constants, qualifiers, lines."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mi.errors import InvalidParameter, NotSupported
from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial import mof_declarations as declarations
from mi.serial.mof_tokens import tokens
from tests.mi.serial.cim_objects import named

DEFAULT = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS


def true(name: str, flags: Flags = DEFAULT, *, propagated: bool = False) -> Qualifier:
    return Qualifier(name, CimType.BOOLEAN, value=True, flags=flags, propagated=propagated)


def lines(declared: Class) -> list[str]:
    return list(declarations.class_lines(declared))


# Constants


@pytest.mark.parametrize(
    ("value", "cim_type", "text"),
    [
        (None, CimType.UINT8, "NULL"),
        (True, CimType.BOOLEAN, "True"),
        (-5, CimType.SINT8, "-5"),
        (0.1, CimType.REAL64, "1.0000000000000001E-01"),
        (0.10000000149011612, CimType.REAL32, "1.00000001E-01"),
        ("'", CimType.CHAR16, r"'\''"),
        ("\ud83d", CimType.CHAR16, r"'\xD83D'"),
        ('a"b\\c\n\x01é', CimType.STRING, r'"a\"b\\c\n\x0001é"'),
        (datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), CimType.DATETIME,
         '"20240229010203.000000+000"'),
        (timedelta(days=1), CimType.DATETIME, '"00000001000000.000000:000"'),
        (Instance("A", {"k": "v"}), CimType.REFERENCE, r'"A.k=\"v\""'),
        ([1, None], CimType.UINT8_ARRAY, "{1, NULL}"),
        ([], CimType.STRING_ARRAY, "{}"),
    ],
)  # fmt: skip
def test_a_constant_is_written_by_its_type(value: Any, cim_type: CimType, text: str) -> None:
    assert declarations.constant(value, cim_type) == text
    assert list(tokens(text))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_mof_has_no_word_for_is_refused(value: float) -> None:
    with pytest.raises(InvalidParameter, match="MOF has no word for it"):
        declarations.constant(value, CimType.REAL64)


def test_an_embedded_instance_is_no_constant() -> None:
    with pytest.raises(NotSupported, match="an embedded instance is a default"):
        declarations.constant(Instance("A"), CimType.INSTANCE)


# Qualifiers


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        (true("q"), "q"),
        (Qualifier("q", CimType.BOOLEAN, value=False), "q(False)"),
        (Qualifier("q", CimType.STRING, "x"), 'q("x")'),
        (Qualifier("q", CimType.STRING), "q(NULL)"),
        (Qualifier("q", CimType.STRING_ARRAY, ["x", "y"]), 'q{"x", "y"}'),
        (true("q", Flags.DISABLE_OVERRIDE | Flags.RESTRICTED | Flags.TRANSLATABLE),
         "q : DisableOverride Restricted Translatable"),
    ],
)  # fmt: skip
def test_a_qualifier_is_written_with_its_value_and_what_is_not_usual(
    qualifier: Qualifier, text: str
) -> None:
    assert lines(Class("A", qualifiers=named(qualifier)))[0] == f"[{text}]"


@pytest.mark.parametrize(
    ("cim_type", "value", "told"),
    [
        (CimType.BOOLEAN, True, CimType.BOOLEAN),
        (CimType.UINT32, 5, CimType.SINT32),
        (CimType.UINT64, 2**40, CimType.SINT64),
        (CimType.UINT8_ARRAY, [None, 5], CimType.SINT32_ARRAY),
        (CimType.UINT8_ARRAY, [], CimType.STRING_ARRAY),
        (CimType.REAL32, 1.0, CimType.REAL64),
        (CimType.CHAR16, "x", CimType.CHAR16),
        (CimType.DATETIME, timedelta(1), CimType.STRING),
        (CimType.UINT8, None, CimType.STRING),
    ],
)
def test_what_type_a_value_tells_is_known(cim_type: CimType, value: Any, told: CimType) -> None:
    assert declarations.told_type(Qualifier("q", cim_type, value)) is told


# Classes


def test_a_class_is_written_line_by_line() -> None:
    declared = Class(
        "A",
        superclass="B",
        properties=named(
            Property("p", CimType.STRING, default="d", qualifiers=named(true("key"))),
            Property("a", CimType.UINT8_ARRAY, array_size=2),
            Property("b", CimType.UINT8_ARRAY),
            Property("r", CimType.REFERENCE, "D"),
            Property("o", CimType.REFERENCE_ARRAY),
            Property("e", CimType.INSTANCE, "E"),
        ),
        methods=named(
            Method("Go", CimType.UINT32, named(
                Parameter("x", CimType.STRING, qualifiers=named(true("In"))),
                Parameter("y", CimType.REFERENCE, "D", qualifiers=named(true("Out"))),
                Parameter("z", CimType.INSTANCE_ARRAY),
            ), qualifiers=named(true("static"))),
            Method("Stop"),
            Method("Find", CimType.REFERENCE),
            Method("Make", CimType.INSTANCE),
        ),
    )  # fmt: skip
    assert "\n".join(lines(declared)).split("\n") == [
        "class A : B",
        "{",
        "    [key]",
        '    string p = "d";',
        "    uint8 a[2];",
        "    uint8 b[];",
        "    D ref r;",
        "    object ref o[];",
        '    [EmbeddedInstance("E")]',
        "    string e;",
        "    [static]",
        "    uint32 Go(",
        "        [In] string x,",
        "        [IN(False), Out] D ref y,",
        "        [EmbeddedObject] string z[]);",
        "    void Stop();",
        "    object ref Find();",
        "    [EmbeddedObject]",
        "    string Make();",
        "};",
        "",
    ]


def test_an_array_that_a_method_returns_is_refused() -> None:
    with pytest.raises(NotSupported, match="cannot say that m returns an array"):
        lines(Class("A", methods=named(Method("m", CimType.UINT8_ARRAY))))


def test_what_a_class_inherits_is_left_to_its_superclass() -> None:
    inherited = named(true("read", propagated=True))
    overridden = named(true("read", propagated=True), true("write"))
    declared = Class(
        "A",
        superclass="B",
        properties=named(
            Property("inherited", CimType.UINT8, propagated=True, qualifiers=inherited),
            Property("overridden", CimType.UINT8, propagated=True, qualifiers=overridden),
            Property("own", CimType.UINT8, qualifiers=inherited),
        ),
        methods=named(Method("m", propagated=True)),
        qualifiers=named(true("Association", propagated=True), true("dynamic")),
    )
    local = declarations.local(declared)
    assert list(local.properties) == ["overridden", "own"]
    assert list(local.properties["overridden"].qualifiers) == ["write"]
    assert (list(local.methods), list(local.qualifiers)) == ([], ["dynamic"])


def test_a_class_without_a_superclass_declares_all_that_it_has() -> None:
    declared = Class("A", properties=named(Property("x", CimType.UINT8, propagated=True)))
    assert declarations.local(declared) is declared


def test_the_qualifiers_of_a_class_are_those_of_all_that_is_in_it() -> None:
    parameter = Parameter("x", CimType.UINT8, qualifiers=named(true("d")))
    declared = Class(
        "A",
        properties=named(Property("p", CimType.UINT8, qualifiers=named(true("b")))),
        methods=named(Method("m", None, named(parameter), qualifiers=named(true("c")))),
        qualifiers=named(true("a")),
    )
    assert [one.name for one in declarations.all_qualifiers(declared)] == list("abcd")
