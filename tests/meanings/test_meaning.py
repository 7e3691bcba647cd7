from mi.results import ErrorCategory, Result
from protocols.meanings.meaning import Meaning, by_number, found_in


def test_the_rows_of_a_table_are_counted_from_its_first_number() -> None:
    row = (7, "SEVENTH", Result.FAILED, ErrorCategory.RESOURCE_BUSY, "Wait.")
    assert by_number([row], 0x100) == {
        0x107: Meaning(0x107, "SEVENTH", Result.FAILED, ErrorCategory.RESOURCE_BUSY, "Wait.")
    }


def test_a_row_without_a_category_has_that_of_its_result() -> None:
    (meaning,) = by_number([(2, "DENIED", Result.ACCESS_DENIED, None, "Ask.")]).values()
    assert meaning.category is ErrorCategory.ACCESS_DENIED


def test_an_error_of_the_system_may_come_as_an_hresult_of_it() -> None:
    meanings = by_number([(1326, "LOGON_FAILURE", Result.ACCESS_DENIED, None, "Check it.")])
    assert found_in(meanings, 1326) is meanings[1326]
    assert found_in(meanings, 0x8007052E) is meanings[1326]
    assert found_in(meanings, 0x8004052E) is None
    assert found_in(meanings, 0x80070005) is None
