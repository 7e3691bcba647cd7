"""The values of MOF, where their type is known and where it is not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from mi.instance import Instance
from mi.results import CimType
from mi.serial.mof_literals import constant, inferred_type, literal
from mi.serial.mof_syntax import AliasUse, ArraySyntax, InstanceSyntax, Literal
from mi.serial.mof_tokens import Unreadable

MOMENT = "20240229010203.000000+000"


@pytest.mark.parametrize(
    ("kind", "value", "cim_type", "expected"),
    [
        ("integer", 255, CimType.UINT8, 255),
        ("integer", 5, CimType.REAL32, 5.0),
        ("real", 0.1, CimType.REAL32, 0.10000000149011612),
        ("boolean", True, CimType.BOOLEAN, True),
        ("string", "5", CimType.STRING, "5"),
        ("string", "18446744073709551615", CimType.UINT64, 2**64 - 1),
        ("string", "-5", CimType.SINT64, -5),
        ("string", MOMENT, CimType.DATETIME, datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)),
        ("string", "x", CimType.CHAR16, "x"),
        ("char16", "x", CimType.CHAR16, "x"),
        ("null", None, CimType.UINT8, None),
        ("null", None, CimType.REFERENCE, None),
    ],
)
def test_a_literal_is_what_its_type_makes_of_it(
    kind: str, value: Any, cim_type: CimType, expected: Any
) -> None:
    found = literal(Literal(0, kind, value), cim_type)
    assert (found, type(found)) == (expected, type(expected))


def test_a_string_may_be_the_path_of_a_reference() -> None:
    found = literal(Literal(0, "string", 'A.k="v"'), CimType.REFERENCE)
    assert (found, found.key) == (Instance("A", {"k": "v"}), {"k": "v"})


@pytest.mark.parametrize(
    ("kind", "value", "cim_type", "reason"),
    [
        ("integer", 256, CimType.UINT8, "256 is outside uint8"),
        ("real", 1.0, CimType.UINT8, "is not an integer"),
        ("string", "5", CimType.UINT8, "is not an integer"),
        ("string", "x", CimType.UINT64, "is not the text of a uint64"),
        ("string", "x", CimType.DATETIME, "is not the text of a"),
        ("string", "x", CimType.REFERENCE, "is the path of a class, not of an instance"),
        ("string", "x", CimType.INSTANCE, "this is no instance"),
        ("integer", 5, CimType.REFERENCE, "this is no reference"),
        ("integer", 1, CimType.BOOLEAN, "is not a boolean"),
        ("char16", "x", CimType.STRING, "this is a character and no string"),
    ],
)
def test_a_literal_that_does_not_fit_is_refused_where_it_stands(
    kind: str, value: Any, cim_type: CimType, reason: str
) -> None:
    with pytest.raises(Unreadable) as raised:
        literal(Literal(7, kind, value), cim_type)
    assert raised.value.offset == 7
    assert reason in raised.value.reason


NULL = Literal(0, "null", None)


@pytest.mark.parametrize(
    ("syntax", "told"),
    [
        (Literal(0, "integer", 2**31 - 1), CimType.SINT32),
        (Literal(0, "integer", 2**31), CimType.SINT64),
        (Literal(0, "integer", 2**63), CimType.UINT64),
        (Literal(0, "real", 1.0), CimType.REAL64),
        (Literal(0, "string", MOMENT), CimType.STRING),
        (Literal(0, "char16", "x"), CimType.CHAR16),
        (Literal(0, "boolean", value=False), CimType.BOOLEAN),
        (NULL, None),
        (AliasUse(0, "$a"), CimType.INSTANCE),
        (InstanceSyntax(0, "A", None, ()), CimType.INSTANCE),
        (ArraySyntax(0, ()), None),
        (ArraySyntax(0, (NULL, NULL)), None),
        (ArraySyntax(0, (NULL, Literal(0, "char16", "x"))), CimType.CHAR16_ARRAY),
        (ArraySyntax(0, (AliasUse(0, "$a"),)), CimType.INSTANCE_ARRAY),
        (ArraySyntax(0, (Literal(0, "integer", 1), Literal(0, "integer", 2**40))),
         CimType.SINT64_ARRAY),
        (ArraySyntax(0, (Literal(0, "integer", 1), Literal(0, "string", "x"))),
         CimType.SINT32_ARRAY),
    ],
)  # fmt: skip
def test_a_value_tells_a_type(syntax: Any, told: CimType | None) -> None:
    assert inferred_type(syntax) is told


def test_a_number_that_is_too_large_for_all_types_is_refused() -> None:
    number = Literal(3, "integer", 2**64)
    for syntax in (number, ArraySyntax(0, (number,))):
        with pytest.raises(Unreadable, match="no type of CIM holds so large a number"):
            inferred_type(syntax)


def test_a_constant_is_a_literal_or_an_array_of_them() -> None:
    items = (Literal(1, "integer", 1), NULL)
    assert constant(ArraySyntax(0, items), CimType.UINT8_ARRAY) == [1, None]
    assert constant(items[0], CimType.UINT8) == 1
    assert constant(NULL, CimType.UINT8_ARRAY) is None


@pytest.mark.parametrize(
    ("syntax", "cim_type", "reason"),
    [
        (ArraySyntax(0, ()), CimType.UINT8, "this is not a single constant"),
        (AliasUse(0, "$a"), CimType.INSTANCE, "this is not a single constant"),
        (Literal(0, "integer", 1), CimType.UINT8_ARRAY, "an array of uint8 is expected, in braces"),
    ],
)
def test_what_is_no_constant_is_refused(syntax: Any, cim_type: CimType, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        constant(syntax, cim_type)
