from mi.results import ErrorCategory, Result
from protocols.meanings.meaning import Meaning, by_number


def test_the_rows_of_a_table_are_counted_from_its_first_number() -> None:
    row = (7, "SEVENTH", Result.FAILED, ErrorCategory.RESOURCE_BUSY, "Wait.")
    assert by_number([row], 0x100) == {
        0x107: Meaning(0x107, "SEVENTH", Result.FAILED, ErrorCategory.RESOURCE_BUSY, "Wait.")
    }


def test_a_row_without_a_category_has_that_of_its_result() -> None:
    (meaning,) = by_number([(2, "DENIED", Result.ACCESS_DENIED, None, "Ask.")]).values()
    assert meaning.category is ErrorCategory.ACCESS_DENIED
