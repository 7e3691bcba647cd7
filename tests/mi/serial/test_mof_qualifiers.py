"""Qualifiers of MOF: declared, and used."""

from typing import Any

import pytest

from mi.errors import InvalidParameter
from mi.names import NameMap
from mi.results import CimType, Flags
from mi.schema import Class, Qualifier
from mi.serial import mof

DEFAULT = Flags.ENABLE_OVERRIDE | Flags.TO_SUBCLASS


def read(used: str, declared: str = "") -> NameMap[Qualifier]:
    (found,) = mof.read(f"{declared} [{used}] class A {{}};")
    assert isinstance(found, Class)
    return found.qualifiers


@pytest.mark.parametrize(
    ("used", "cim_type", "value"),
    [
        ("q", CimType.BOOLEAN, True),
        ("q(false)", CimType.BOOLEAN, False),
        ('q("x")', CimType.STRING, "x"),
        ("q('x')", CimType.CHAR16, "x"),
        ("q(5)", CimType.SINT32, 5),
        ("q(5.0)", CimType.REAL64, 5.0),
        ("q(NULL)", CimType.STRING, None),
        ('q{"a", "b"}', CimType.STRING_ARRAY, ["a", "b"]),
        ("q{}", CimType.STRING_ARRAY, []),
        ("q({1, 2})", CimType.SINT32_ARRAY, [1, 2]),
    ],
)
def test_a_qualifier_that_nobody_declared_has_the_type_its_value_tells(
    used: str, cim_type: CimType, value: Any
) -> None:
    assert read(used)["Q"] == Qualifier("q", cim_type, value, DEFAULT)


@pytest.mark.parametrize(
    ("declared", "used", "cim_type", "value"),
    [
        ("uint32", "q(5)", CimType.UINT32, 5),
        ("uint32 = 7", "q", CimType.UINT32, 7),
        ("uint32", "q", CimType.UINT32, None),
        ("boolean = false", "q", CimType.BOOLEAN, True),
        ("boolean = true", "q(false)", CimType.BOOLEAN, False),
        ('string[] = {"d"}', "q", CimType.STRING_ARRAY, ["d"]),
        ("uint8", "q{1, 2}", CimType.UINT8_ARRAY, [1, 2]),
        ("uint8[]", "q(NULL)", CimType.UINT8_ARRAY, None),
    ],
)
def test_a_qualifier_that_was_declared_has_that_type(
    declared: str, used: str, cim_type: CimType, value: Any
) -> None:
    found = read(used, f"Qualifier Q : {declared}, Scope(any);")["q"]
    assert (found.type, found.value) == (cim_type, value)


def test_a_later_declaration_takes_the_place_of_an_earlier_one() -> None:
    declared = "Qualifier q : uint8, Scope(any); Qualifier Q : uint16, Scope(any);"
    assert read("q(5)", declared)["q"].type is CimType.UINT16


@pytest.mark.parametrize(
    ("declared", "used", "flags"),
    [
        ("", "", DEFAULT),
        ("", "DisableOverride", Flags.DISABLE_OVERRIDE | Flags.TO_SUBCLASS),
        ("", "restricted Translatable",
         Flags.ENABLE_OVERRIDE | Flags.RESTRICTED | Flags.TRANSLATABLE),
        ("", "NotToSubclass ToInstance Amended", Flags.ENABLE_OVERRIDE | Flags.RESTRICTED),
        ("Restricted, DisableOverride", "", Flags.RESTRICTED | Flags.DISABLE_OVERRIDE),
        ("Restricted, DisableOverride", "ToSubclass EnableOverride NotToInstance", DEFAULT),
    ],
)  # fmt: skip
def test_flavors_are_those_declared_unless_others_are_used(
    declared: str, used: str, flags: Flags
) -> None:
    declaration = f"Qualifier q : boolean, Flavor({declared});" if declared else ""
    assert read(f"q : {used}", declaration)["q"].flags == flags


@pytest.mark.parametrize(
    ("declared", "used", "message"),
    [
        ("", "q : Nonsense", "line 1, column 7: Nonsense is not a flavor"),
        ("", "q, Q(5)", "line 1, column 6: there is a Q here already"),
        ("", 'q{1, "x"}', "column 8: 'x' is not an integer"),
        ("", "q($a)", "this is not a single constant"),
        ("Qualifier q : uint8;", "q(256)", "256 is outside uint8"),
        ("Qualifier q : Thing;", "q", "line 1, column 1: Thing is not the type of a qualifier"),
        ("Qualifier q : uint8 = 256;", "q", "line 1, column 23: 256 is outside uint8"),
        ("Qualifier q : uint8, Flavor(Odd);", "q", "line 1, column 29: Odd is not a flavor"),
    ],
)
def test_what_is_no_qualifier_is_refused_where_it_stands(
    declared: str, used: str, message: str
) -> None:
    with pytest.raises(InvalidParameter, match=message):
        read(used, declared)
