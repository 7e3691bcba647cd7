"""Values on the command line become values of the types that the class declares."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

import mi
from mi.cli.assignments import ASSIGNMENT, Assignment, assigned

TYPES = {
    "Name": mi.CimType.STRING,
    "Size": mi.CimType.UINT64,
    "IsReady": mi.CimType.BOOLEAN,
    "Ratio": mi.CimType.REAL64,
    "Since": mi.CimType.DATETIME,
    "Owner": mi.CimType.REFERENCE,
    "Part": mi.CimType.INSTANCE,
    "Tags": mi.CimType.STRING_ARRAY,
    "Data": mi.CimType.UINT8_ARRAY,
    "Times": mi.CimType.DATETIME_ARRAY,
    "Parts": mi.CimType.INSTANCE_ARRAY,
}


def read(*given: str, types: Any = TYPES) -> dict[str, Any]:
    return assigned([ASSIGNMENT.convert(one, None, None) for one in given], types)


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("Name=a=b", "Name", "a=b"),
        ("Name=", "Name", ""),
        ("NAME=two\nlines", "NAME", "two\nlines"),
        ("Size=0x10", "Size", 16),
        ("IsReady=TRUE", "IsReady", True),
        ("Ratio=1e3", "Ratio", 1000.0),
        ("Tags=one", "Tags", ["one"]),
        ("Data=7", "Data", [7]),
        ("Since=20260301083000.000000+060", "Since",
         datetime.fromisoformat("2026-03-01T08:30:00+01:00")),
        ("Since=2026-03-01T08:30:00Z", "Since", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("Since=P3DT1H2M3.5S", "Since", timedelta(3, 3600 + 120 + 3.5)),
        ("Since=PT5M", "Since", timedelta(minutes=5)),
        ("Since=00000001000000.000000:000", "Since", timedelta(days=1)),
        ("Name:=null", "Name", None),
        ("Size:=7", "Size", 7),
        ("Tags:=[]", "Tags", []),
        ('Times:=["2026-03-01T08:30:00Z", null]', "Times",
         [datetime(2026, 3, 1, 8, 30, tzinfo=UTC), None]),
        ("Other=x", "Other", "x"),
    ],
)  # fmt: skip
def test_a_value_is_read_as_its_type(given: str, name: str, value: Any) -> None:
    assert read(given) == {name: value}


def test_an_array_is_said_value_by_value() -> None:
    assert read("Tags=a", "Data=1", "tags=b", "Data=2") == {"Tags": ["a", "b"], "Data": [1, 2]}


def test_without_a_class_values_are_text() -> None:
    assert read("Size=7", "Tag=a", "Tag=b", types=None) == {"Size": "7", "Tag": ["a", "b"]}


def test_a_reference_is_a_path() -> None:
    owner = read('Owner=Win32_Service.Name="WinRM"')["Owner"]
    assert (owner.class_name, owner.key) == ("Win32_Service", {"Name": "WinRM"})


def test_an_embedded_instance_is_json_with_its_class() -> None:
    part = read('Part:={"__CLASS": "X_Part", "Id": 7, "Names": ["a"]}')["Part"]
    assert (part.class_name, dict(part)) == ("X_Part", {"Id": 7, "Names": ["a"]})
    parts = read('Parts:=[{"__CLASS": "X_Part", "Inner": {"__CLASS": "X_In"}}]')["Parts"]
    assert parts[0]["Inner"].class_name == "X_In"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["Size=seven"], "Size: 'seven' is not the text of a uint64"),
        (["Size=-1"], "Size: "),
        (["Since=tomorrow"], "Since: "),
        (["Since=P"], "Since: "),
        (["Since=2026-03-01T08:30:00"], "no offset from UTC"),
        (["Owner=WinRM"], "Owner: "),
        (["Part=x"], "__CLASS"),
        (['Part:={"Id": 7}'], "has its class under"),
        (["Name=a", "name=b"], "Name is given 2 times"),
        (["Tags=a", "Tags:=[]"], "Tags is given 2 times"),
    ],
)
def test_a_value_that_does_not_fit_is_a_usage_error(given: list[str], error: str) -> None:
    with pytest.raises(click.UsageError, match=error):
        read(*given)


@pytest.mark.parametrize("given", ["Name", "=x", "a b=c", "Name:=", "Name:={", "7=x"])
def test_what_is_no_assignment_is_refused(given: str) -> None:
    with pytest.raises(click.BadParameter):
        ASSIGNMENT.convert(given, None, None)


def test_what_was_read_already_stays() -> None:
    one = Assignment("Name", "x", is_text=True)
    assert ASSIGNMENT.convert(one, None, None) is one
