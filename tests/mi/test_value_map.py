"""What a number means, by the ValueMap and Values qualifiers."""

from typing import Any

import pytest

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Qualifier
from mi.value_map import meaning_of


def _qualifiers(**lists: Any) -> NameMap[Qualifier]:
    return NameMap(
        (name, Qualifier(name, CimType.STRING_ARRAY, value)) for name, value in lists.items()
    )


_SERVICE = _qualifiers(ValueMap=["0", "1", "10", "..", "20..29"], Values=["Success", "Not Supported", "Service Already Running", "Other", "Reserved"])  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        (0, "Success"),
        (10, "Service Already Running"),
        (20, "Reserved"),
        (29, "Reserved"),
        (30, "Other"),
        (-1, "Other"),
        (None, None),
        (0.0, None),
    ],
)
def test_a_number_means_what_stands_at_its_place_or_in_its_range(
    value: Any, meaning: str | None
) -> None:
    assert meaning_of(value, _SERVICE) == meaning


@pytest.mark.parametrize(
    ("entry", "inside", "outside"), [("5..", 5, 4), ("..5", 5, 6), (" 3 .. 4 ", 4, 5)]
)
def test_a_range_may_be_open_at_either_end(entry: str, inside: int, outside: int) -> None:
    qualifiers = _qualifiers(ValueMap=[entry], Values=["it"])
    assert meaning_of(inside, qualifiers) == "it"
    assert meaning_of(outside, qualifiers) is None


def test_without_a_value_map_numbers_count_from_0() -> None:
    qualifiers = _qualifiers(values=["zero", "one"])
    assert [meaning_of(number, qualifiers) for number in range(3)] == ["zero", "one", None]


def test_text_is_mapped_too_and_knows_no_ranges() -> None:
    qualifiers = _qualifiers(ValueMap=["OK", ".."], Values=["Fine", "Rest"])
    assert meaning_of("OK", qualifiers) == "Fine"
    assert meaning_of("Bad", qualifiers) is None


def test_a_map_that_is_longer_than_its_values_has_no_meaning_for_the_rest() -> None:
    assert meaning_of(1, _qualifiers(ValueMap=["0", "1"], Values=["zero"])) is None


@pytest.mark.parametrize("qualifiers", [{}, {"ValueMap": ["0"]}, {"Values": None}])
def test_where_nothing_is_said_nothing_is_meant(qualifiers: dict[str, Any]) -> None:
    assert meaning_of(0, _qualifiers(**qualifiers)) is None
