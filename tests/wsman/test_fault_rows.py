import pytest

from mi.results import Result
from protocols.wsman.fault_rows import (
    ADVICE,
    KEEPS_CONTEXT,
    SYSTEM_ROWS,
    WBEM_ROWS,
    WSMAN_ROWS,
    Row,
)

ROWS = (*WSMAN_ROWS, *SYSTEM_ROWS, *WBEM_ROWS)


@pytest.mark.parametrize("rows", [WSMAN_ROWS, WBEM_ROWS])
def test_rows_stand_in_the_order_of_their_numbers(rows: tuple[Row, ...]) -> None:
    numbers = [row[0] for row in rows]
    assert numbers == sorted(set(numbers))


def test_no_two_rows_have_one_name() -> None:
    names = [row[1] for row in ROWS]
    assert len(set(names)) == len(names)


def test_what_keeps_an_enumeration_is_in_the_table() -> None:
    assert KEEPS_CONTEXT.issubset(row[1] for row in WSMAN_ROWS)


def test_advice_is_a_sentence_that_says_what_to_do() -> None:
    given = [*ADVICE.values(), *(row[4] for row in ROWS if row[4])]
    assert all(text[0].isupper() and text.endswith(".") for text in given)


def test_there_is_no_advice_on_success() -> None:
    assert Result.OK not in ADVICE
