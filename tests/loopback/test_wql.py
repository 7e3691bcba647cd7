"""WQL: what WMI evaluates for data and nothing else; any text is a query or our error."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import InvalidQuery
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from protocols.loopback import wql
from protocols.loopback.conditions import Comparison, IsA, Joined, Not

TRUSTEE = Class("Trustee", "root/test")
THING = Class(
    "Thing",
    "root/test",
    properties=NameMap(
        (name, Property(name, kind))
        for name, kind in {
            "Name": CimType.STRING,
            "Number": CimType.SINT32,
            "Real": CimType.REAL64,
            "Flag": CimType.BOOLEAN,
            "When": CimType.DATETIME,
            "Tags": CimType.STRING_ARRAY,
            "Inside": CimType.INSTANCE,
            "To": CimType.REFERENCE,
        }.items()
    ),
)
INSTANCES = [
    Instance(THING, values, server_name="HOST")
    for values in (
        {"Name": "one", "Number": 1, "Real": 0.5, "Flag": True},
        {"Name": "Two", "Number": 2, "Inside": Instance("Trustee", namespace="root/test")},
        {"Name": 'C:\\"x"\'', "Number": -3, "To": Instance("Trustee", {"K": 1})},
        {"Number": 4, "When": "20260302101500.000000+000"},
    )
]


def is_a(name: str, ancestor: str) -> bool:
    ancestry = {"thing": ("thing", "base"), "trustee": ("trustee",)}
    return ancestor.lower() in ancestry[name.lower()]


def where(condition: str) -> wql.Select:
    return wql.parse(f"SELECT * FROM Thing WHERE {condition}")  # noqa: S608 - to be parsed here


def found(condition: str) -> list[int]:
    query = where(condition)
    return [one["Number"] for one in INSTANCES if query.predicate(THING, is_a)(one)]


@pytest.mark.parametrize(
    ("text", "class_name", "properties"),
    [
        ("SELECT * FROM Thing", "Thing", None),
        ("select Name , number from THING", "THING", ("Name", "number")),
        ("  SELECT\n*\tFROM Thing  ", "Thing", None),
    ],
)
def test_a_query_names_properties_or_all_and_a_class(
    text: str, class_name: str, properties: tuple[str, ...] | None
) -> None:
    query = wql.parse(text)
    assert (query.class_name, query.properties, query.condition) == (class_name, properties, None)
    assert query.predicate(THING, is_a)(INSTANCES[0])


def test_selected_properties_are_spelled_as_the_class_spells_them_each_once() -> None:
    assert wql.parse("SELECT NAME, number, name FROM Thing").selected(THING) == ("Name", "Number")
    assert wql.parse("SELECT * FROM Thing").selected(THING) is None
    assert wql.parse("SELECT __CLASS, Name FROM Thing").selected(THING) == ("Name",)
    with pytest.raises(InvalidQuery, match="no property Other"):
        wql.parse("SELECT Other FROM Thing").selected(THING)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("Number = 1", [1]),
        ("Number <> 1", [2, -3, 4]),
        ("Number != 1", [2, -3, 4]),
        ("Number < 2", [1, -3]),
        ("Number <= 2", [1, 2, -3]),
        ("Number > 2", [4]),
        ("Number >= 2", [2, 4]),
        ("2 <= Number", [2, 4]),
        ("2 > Number", [1, -3]),
        ("2 = Number", [2]),
        ("Number = -3", [-3]),
        ("Number = +2", [2]),
        ("Number = 0x2", [2]),
        ("Number = '2'", [2]),
        ("Number < 1.5", [1, -3]),
        ("Real = .5", [1]),
        ("Real = 5e-1", [1]),
        ("Real > 4.", []),
        ("Flag = TRUE", [1]),
        ("Flag <> false", [1, 2, -3, 4]),
        ("Name = 'ONE'", [1]),
        ('Name = "two"', [2]),
        (r"""Name = 'C:\\"x"\''""", [-3]),
        (r'''Name = "C:\\\"x\"'"''', [-3]),
        ("Name LIKE 't%'", [2]),
        ("NOT Name LIKE 't%'", [1, -3, 4]),
        ("Name IS NULL", [4]),
        ("Name IS NOT NULL", [1, 2, -3]),
        ("Name = NULL", [4]),
        ("Name <> NULL", [1, 2, -3]),
        ("When > '20260301'", [4]),
        ("Number = 1 OR Number = 2 AND Name = 'two'", [1, 2]),
        ("(Number = 1 OR Number = 2) AND Name = 'two'", [2]),
        ("NOT Number = 1 AND NOT (Number = 2)", [-3, 4]),
        ("NOT NOT Number = 1", [1]),
        ("((Number = 1))", [1]),
        ("Number=1 OR(Number=2)", [1, 2]),
        ("__CLASS = 'thing'", [1, 2, -3, 4]),
        ("__NAMESPACE = 'root\\\\test'", [1, 2, -3, 4]),
        ("__SERVER = 'other'", []),
        ("__this ISA 'Base'", [1, 2, -3, 4]),
        ("__CLASS ISA 'Trustee'", []),
        ("Inside ISA 'Trustee'", [2]),
        ("To ISA 'Trustee'", [-3]),
        ("To = 'Trustee.K=1'", [-3]),
        ("Tags IS NULL", [1, 2, -3, 4]),
    ],
)
def test_a_condition_finds(condition: str, numbers: list[int]) -> None:
    assert found(condition) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT",
        "SELECT FROM Thing",
        "SELECT * FROM",
        "SELECT * Thing",
        "SELECT *, Name FROM Thing",
        "SELECT Name, FROM Thing",
        "SELECT Name Number FROM Thing",
        "SELECT * FROM Thing WHERE",
        "SELECT * FROM Thing Name = 1",
        "SELECT * FROM Thing WHERE Name",
        "SELECT * FROM Thing WHERE Name =",
        "SELECT * FROM Thing WHERE Name = Number",
        "SELECT * FROM Thing WHERE 1 = 1",
        "SELECT * FROM Thing WHERE Name == 'x'",
        "SELECT * FROM Thing WHERE Name , 'x'",
        "SELECT * FROM Thing WHERE Name = 'x",
        'SELECT * FROM Thing WHERE Name = "x\\"',
        "SELECT * FROM Thing WHERE Name = 'x' 'y'",
        "SELECT * FROM Thing WHERE (Number = 1",
        "SELECT * FROM Thing WHERE Number = 1)",
        "SELECT * FROM Thing WHERE Number = 1 AND",
        "SELECT * FROM Thing WHERE NOT",
        "SELECT * FROM Thing WHERE Name IS 'x'",
        "SELECT * FROM Thing WHERE Name IS NOT 'x'",
        "SELECT * FROM Thing WHERE __this ISA Base",
        "SELECT * FROM Thing WHERE Name LIKE",
        "SELECT * FROM Thing WHERE Number = 12abc",
        "SELECT * FROM Thing WHERE Number = " + "9" * 5000,
        "SELECT * FROM Thing; DROP",
        "SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE TargetInstance ISA 'Thing'",
        "ASSOCIATORS OF {Thing.Name='x'}",
        "SELECT * FROM Thing WHERE " + "(" * 500 + "Number = 1" + ")" * 500,
        "SELECT * FROM Thing WHERE " + "NOT " * 500 + "Number = 1",
    ],
)
def test_what_is_no_query_is_an_error_that_says_where(text: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        wql.parse(text)
    assert caught.value.message


@given(st.text(max_size=60) | st.text("SELECTFROMWHERE *'\"\\()=<>!.,_x0 ", max_size=60))
def test_any_text_is_a_query_or_our_error(text: str) -> None:
    for parse in (wql.parse, where):
        try:
            parse(text).predicate(THING, is_a)
        except InvalidQuery:
            continue


@given(st.text(max_size=30))
def test_every_text_can_be_quoted(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    one = Instance(THING, {"Name": text})
    assert where(f"Name = '{escaped}'").predicate(THING, is_a)(one)


# A condition as Python understands it, next to the same one as text.

_NUMBERS = st.integers(-3, 3)
_SIGNS = {
    "=": lambda one, other: one == other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one is not None and one < other,
    ">=": lambda one, other: one is not None and one >= other,
}


def _comparison(sign: str, number: int, mirrored: bool) -> tuple[str, Any]:
    mirror = {"<": ">", ">=": "<=", "=": "=", "<>": "<>"}[sign]
    text = f"{number} {mirror} Number" if mirrored else f"Number {sign} {number}"
    return text, lambda value: _SIGNS[sign](value, number)


_LEAVES = st.builds(_comparison, st.sampled_from(sorted(_SIGNS)), _NUMBERS, st.booleans())
_CONDITIONS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.tuples(inner, inner).map(
            lambda pair: (
                f"({pair[0][0]}) AND ({pair[1][0]})",
                lambda value: pair[0][1](value) and pair[1][1](value),
            )
        )
        | st.tuples(inner, inner).map(
            lambda pair: (
                f"({pair[0][0]}) OR ({pair[1][0]})",
                lambda value: pair[0][1](value) or pair[1][1](value),
            )
        )
        | inner.map(lambda one: (f"NOT ({one[0]})", lambda value: not one[1](value)))
    ),
    max_leaves=8,
)


@given(_CONDITIONS, st.lists(_NUMBERS | st.none(), max_size=6))
def test_a_condition_agrees_with_a_plain_filter(
    condition: tuple[str, Any], values: list[int | None]
) -> None:
    text, plain = condition
    instances = [Instance(THING, {"Number": value}) for value in values]
    test = where(text).predicate(THING, is_a)
    assert [one["Number"] for one in filter(test, instances)] == list(filter(plain, values))


# Events


@pytest.mark.parametrize(
    ("clause", "within"), [("WITHIN 5", 5.0), ("within 0.5 ", 0.5), ("", None)]
)
def test_an_event_query_may_say_how_often_to_look(clause: str, within: float | None) -> None:
    query = wql.parse_event_query(f"SELECT * FROM Happened {clause}")  # noqa: S608 - as above
    assert (query.class_name, query.within) == ("Happened", within)


@pytest.mark.parametrize("clause", ["WITHIN", "WITHIN x", "WITHIN '5'", "WITHIN 5 GROUP"])
def test_how_often_to_look_is_a_number_of_seconds(clause: str) -> None:
    with pytest.raises(InvalidQuery):
        wql.parse_event_query(f"SELECT * FROM Happened {clause}")  # noqa: S608 - as above


def test_an_event_query_may_be_about_what_is_in_its_properties() -> None:
    where = "WHERE Target ISA 'Thing' AND NOT Target.Inside.Name LIKE 'o%'"
    query = wql.parse_event_query(f"SELECT * FROM Happened WITHIN 5 {where}")  # noqa: S608 - as above
    inner = Comparison("Target.Inside.Name", "LIKE", "o%")
    assert query.condition == Joined((IsA("Target", "Thing"), Not(inner)), all)
