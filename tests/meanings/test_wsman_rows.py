from mi.results import Result
from protocols.meanings import advice
from protocols.meanings.wsman_rows import WSMAN_ROWS

SENTENCES = {name: text for name, text in vars(advice).items() if name.isupper()}


def test_rows_stand_in_the_order_of_their_numbers() -> None:
    numbers = [row[0] for row in WSMAN_ROWS]
    assert numbers == sorted(set(numbers))


def test_no_row_is_a_success() -> None:
    assert Result.OK not in {row[2] for row in WSMAN_ROWS}


def test_the_advice_of_a_row_is_one_of_the_sentences() -> None:
    assert {row[4] for row in WSMAN_ROWS} <= set(SENTENCES.values())
