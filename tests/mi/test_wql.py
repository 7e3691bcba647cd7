"""WQL text: values as literals, patterns, and what a query selects."""

import re
from datetime import UTC, datetime, timedelta
from enum import Enum, IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.cim_datetime import CimDateTime
from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.wql import Projection, like, projection, query
from protocols.loopback.comparison import liker


class _Color(str, Enum):  # noqa: UP042 - whose str() is its name
    RED = "red"


class _Level(IntEnum):
    HIGH = 3


# Queries

_WHERE = "SELECT * FROM X WHERE"


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("Spooler", "'Spooler'"),
        ("it's", r"'it\'s'"),
        ('say "hi"', "'say \"hi\"'"),
        ("c:\\windows\\", r"'c:\\windows\\'"),
        ("\\'", r"'\\\''"),
        ("' OR Name LIKE '%", r"'\' OR Name LIKE \'%'"),
        ("", "''"),
        ("a\nb", "'a\nb'"),
        ("{}", "'{}'"),
        (_Color.RED, "'red'"),
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (-1, "-1"),
        (2**64 - 1, "18446744073709551615"),
        (_Level.HIGH, "3"),
        (1.5, "1.5"),
        (1e16, "1.0e+16"),
        (datetime(2015, 2, 26, 17, 59, 57, tzinfo=UTC), "'20150226175957.000000+000'"),
        (timedelta(1), "'00000001000000.000000:000'"),
        (CimDateTime("20160107******.******+***"), "'20160107******.******+***'"),
    ],
)
def test_a_value_is_written_as_a_wql_literal_and_escaped(value: Any, literal: str) -> None:
    assert query(f"{_WHERE} A = {{}}", value) == f"{_WHERE} A = {literal}"


def test_the_values_take_their_places_in_order() -> None:
    text = query(f"{_WHERE} A = {{}} AND (B > {{}} OR C = {{}})", "a", 5, 1.5)
    assert text == f"{_WHERE} A = 'a' AND (B > 5 OR C = 1.5)"


def test_a_query_without_values_is_taken_as_it_is() -> None:
    assert query("SELECT * FROM X") == "SELECT * FROM X"


def test_a_doubled_brace_is_a_brace() -> None:
    text = query("ASSOCIATORS OF {{Win32_Service.Name={}}} WHERE ClassDefsOnly", "Spooler")
    assert text == "ASSOCIATORS OF {Win32_Service.Name='Spooler'} WHERE ClassDefsOnly"


@pytest.mark.parametrize("operator", ["IS", "is", "IS NOT", "Is  Not", "IS\nNOT\n"])
def test_none_is_null_after_is(operator: str) -> None:
    assert query(f"{_WHERE} A {operator} {{}}", None) == f"{_WHERE} A {operator} NULL"


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("SELECT * FROM X WHERE A = {}", None),
        ("SELECT * FROM X WHERE A <> {}", None),
        ("SELECT * FROM X WHERE THIS {}", None),
        ("SELECT * FROM X WHERE A IS {}", 5),
        ("SELECT * FROM X WHERE A IS NOT {}", "NTFS"),
    ],
)
def test_null_and_is_come_together_or_not_at_all(template: str, value: Any) -> None:
    with pytest.raises(InvalidParameter, match="NULL stands after IS or IS NOT"):
        query(template, value)


@pytest.mark.parametrize(
    "value",
    [
        ["a", "b"],
        ("a",),
        {"a"},
        b"a",
        object(),
        1j,
        2**64,
        -(2**63) - 1,
        float("inf"),
        float("nan"),
        Instance("X", {"A": 1}),
        datetime(2015, 2, 26),  # noqa: DTZ001 - that it is naive is the point
        timedelta(-1),
    ],
)
def test_what_has_no_literal_is_refused(value: Any) -> None:
    with pytest.raises(TypeMismatch):
        query("SELECT * FROM X WHERE A = {}", value)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("SELECT * FROM X WHERE A = {}", ()),
        ("SELECT * FROM X WHERE A = {}", (1, 2)),
        ("SELECT * FROM X", (1,)),
    ],
)
def test_there_are_as_many_values_as_placeholders(template: str, values: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidParameter, match=r"placeholders cannot take \d values"):
        query(template, *values)


@pytest.mark.parametrize("placeholder", ["{0}", "{name}", "{!r}", "{:d}", "{a.b}"])
def test_a_placeholder_is_plain(placeholder: str) -> None:
    with pytest.raises(InvalidParameter, match=r"holds a placeholder other than \{\}"):
        query(f"{_WHERE} A = {placeholder}", 1)


@pytest.mark.parametrize("template", ["A = {", "A = }", "A = {} }", "A = {{}"])
def test_a_lone_brace_is_refused_with_the_way_out(template: str) -> None:
    with pytest.raises(InvalidParameter, match="Double a brace"):
        query(template, 1)


@pytest.mark.parametrize(
    "template",
    [
        "SELECT * FROM X WHERE A = '{}'",
        'SELECT * FROM X WHERE A = "{}"',
        "SELECT * FROM X WHERE A LIKE '%{}%'",
        r"SELECT * FROM X WHERE A = 'it\'s {}'",
        'SELECT * FROM X WHERE A = "it\'s {}"',
        "SELECT * FROM X WHERE A = 'b' AND C = '{}'",
        r"SELECT * FROM X WHERE A = 'b\{}",
    ],
)
def test_a_placeholder_in_quotes_is_refused_for_the_value_brings_its_own(template: str) -> None:
    with pytest.raises(InvalidParameter, match=r"stands in quotes\. The value brings its own\."):
        query(template, "x")


@pytest.mark.parametrize(
    "template",
    [
        r"SELECT * FROM X WHERE A = 'c:\\' AND B = {}",
        'SELECT * FROM X WHERE A = "it\'s" AND B = {}',
        "SELECT * FROM X WHERE A = 'say \"' AND B = {}",
        "SELECT * FROM X WHERE A = '' AND B = {}",
    ],
)
def test_quotes_that_are_closed_are_no_hindrance(template: str) -> None:
    assert query(template, "x") == template.replace("{}", "'x'")


_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)


@given(st.text())
def test_no_text_escapes_from_its_literal(text: str) -> None:
    written = query("{}", text)
    match = _LITERAL.fullmatch(written)
    assert match is not None
    assert re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL) == text


# Patterns


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Spooler", "Spooler"),
        ("100%", "100[%]"),
        ("a_b", "a[_]b"),
        ("[a]", "[[]a]"),
        ("a^b", "a^b"),
        ("", ""),
    ],
)
def test_like_escapes_what_a_pattern_means(text: str, pattern: str) -> None:
    assert like(text) == pattern


@given(st.text(alphabet="ab%_[]^-\\'é", max_size=12), st.text(alphabet="ab%_[]^-", max_size=12))
def test_a_pattern_matches_its_text_and_nothing_else(text: str, other: str) -> None:
    matches = liker(like(text), CimType.STRING)
    assert matches(text)
    assert matches(other) == (other == text)


def test_a_pattern_is_a_value_like_any_other() -> None:
    text = query("SELECT * FROM X WHERE A LIKE {}", like("it's 100%") + "%")
    assert text == r"SELECT * FROM X WHERE A LIKE 'it\'s 100[%]%'"


# What a query selects


@pytest.mark.parametrize(
    ("text", "class_name", "properties"),
    [
        ("SELECT * FROM Win32_Service", "Win32_Service", None),
        ("select*from Win32_Service", "Win32_Service", None),
        ("SELECT Name FROM Win32_Service", "Win32_Service", ("Name",)),
        ("SELECT Name, State FROM X", "X", ("Name", "State")),
        ("SELECT Name,State,Name FROM X", "X", ("Name", "State")),
        ("Select name From win32_service Where x = 1", "win32_service", ("name",)),
        ("\n SELECT\n Name,\n\tState\nFROM\nX\nWHERE A = 'b\nc'\n", "X", ("Name", "State")),
        ("SELECT * FROM X WHERE A = 'SELECT B FROM C'", "X", None),
        ('SELECT A FROM X WHERE B = "it\'s FROM Y"', "X", ("A",)),
        ("SELECT X.A, x.B FROM X", "X", ("A", "B")),
        ("SELECT X.* FROM X", "X", None),
        ("SELECT *, A FROM X", "X", None),
        ("SELECT __PATH, __CLASS FROM X", "X", ("__PATH", "__CLASS")),
        ("SELECT TargetInstance.Name FROM E WITHIN 5 WHERE A = 1", "E", ("TargetInstance",)),
        ("SELECT E.TargetInstance.Name FROM E", "E", ("TargetInstance",)),
        ("SELECT * FROM __InstanceCreationEvent WITHIN 10", "__InstanceCreationEvent", None),
        ("SELECT SELECTED FROM FROMAGE", "FROMAGE", ("SELECTED",)),
    ],
)
def test_a_projection_is_the_class_after_from_and_the_selected_names(
    text: str, class_name: str, properties: tuple[str, ...] | None
) -> None:
    assert projection(text) == Projection(class_name, properties)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ASSOCIATORS OF {Win32_Service.Name='Spooler'} WHERE ResultClass = X",
        "REFERENCES OF {Win32_Service.Name='Spooler'}",
        "SELECT COUNT(*) FROM X",
        "SELECT FROM X",
        "SELECT A B FROM X",
        "SELECT A, FROM X",
        "SELECT * FROM X, Y",
        "SELECT * FROM X GROUP WITHIN 10",
        "SELECT * FROM 'X'",
        "SELECT * FROM X;",
        "SELECTA FROM X",
        "SELECT 'A' FROM X",
        "http://schemas.dmtf.org/wbem/wscim/1/*",
    ],
)
def test_what_is_no_plain_select_has_no_projection(text: str) -> None:
    assert projection(text) is None


def test_a_long_hostile_query_is_looked_at_quickly() -> None:
    assert projection("SELECT " + "A, " * 50_000 + "!") is None
    assert projection("SELECT " + " " * 50_000 + "!") is None
