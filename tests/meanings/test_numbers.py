import pytest

from mi.results import CATEGORY_OF_RESULT, ErrorCategory, Result
from protocols.meanings.meaning import Meaning
from protocols.meanings.numbers import (
    MEANINGS,
    NUMBERS,
    meaning_of,
    meaning_of_errno,
    meaning_of_result,
    native_type,
    normalize,
)

OPERATION_TIMEDOUT = 2150858793


@pytest.mark.parametrize("row", MEANINGS.values(), ids=lambda row: row.name)
def test_each_row_has_a_name_of_its_own_and_is_never_a_success(row: Meaning) -> None:
    assert NUMBERS[row.name] == row.number
    assert row.number == normalize(row.number)
    assert row.result is not Result.OK
    assert row.category is not ErrorCategory.NOT_SPECIFIED or row.result is Result.FAILED
    assert row.advice.endswith(".")


def test_the_rows_of_ws_management_are_numbered_from_0x80338000() -> None:
    assert NUMBERS["RESOURCE_NOT_FOUND"] == 0x80338000
    assert NUMBERS["OPERATION_TIMEDOUT"] == OPERATION_TIMEDOUT
    assert NUMBERS["UNSUPPORTED_FEATURE_IDENTIFY"] == 0x803381F9


@pytest.mark.parametrize(
    ("number", "category"),
    [
        (OPERATION_TIMEDOUT, ErrorCategory.OPERATION_TIMEOUT),
        (0x00040004, ErrorCategory.OPERATION_TIMEOUT),
        (2150858802, ErrorCategory.RESOURCE_BUSY),
        (2150858806, ErrorCategory.AUTHENTICATION_ERROR),
        (2150859174, ErrorCategory.QUOTA_EXCEEDED),
        (2150858823, ErrorCategory.LIMITS_EXCEEDED),
        (995, ErrorCategory.OPERATION_STOPPED),
        (5, ErrorCategory.ACCESS_DENIED),
    ],
)
def test_a_number_may_have_a_category_of_its_own(number: int, category: ErrorCategory) -> None:
    assert MEANINGS[number].category is category


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        (2150858793, 2150858793),
        (-2144108503, 2150858793),
        (-2147217392, 0x80041010),
        (32768, 0x80338000),
        (0x8029, 0x80338029),
        (5, 5),
        (12175, 12175),
        (65536, 65536),
    ],
)
def test_a_number_may_come_signed_or_as_its_low_half(sent: int, number: int) -> None:
    assert normalize(sent) == number


def test_a_system_error_may_come_as_an_hresult() -> None:
    aborted = meaning_of(0x800703E3)
    assert aborted is not None
    assert aborted.name == "ERROR_OPERATION_ABORTED"
    assert meaning_of(0x8007FFFF) is None


def test_all_numbers_of_the_powershell_plugin_mean_the_same() -> None:
    assert meaning_of(0x80540123) == MEANINGS[0x80540FA0]


def test_a_number_that_nobody_knows_means_nothing() -> None:
    assert meaning_of(0x80338FFF) is None


@pytest.mark.parametrize("result", [result for result in Result if result is not Result.OK])
def test_each_result_of_mi_means_itself(result: Result) -> None:
    meaning = meaning_of_result(int(result))
    assert meaning is not None
    assert (meaning.result, meaning.category) == (result, CATEGORY_OF_RESULT[result])


@pytest.mark.parametrize("number", [0, 18, 1002, -1])
def test_what_is_no_failed_result_of_mi_means_nothing(number: int) -> None:
    assert meaning_of_result(number) is None


def test_a_number_of_the_c_library_means_what_omi_makes_of_it() -> None:
    denied = meaning_of_errno(13)
    assert denied is not None
    assert denied == meaning_of_result(2)
    assert meaning_of_errno(5) is None


@pytest.mark.parametrize(
    ("number", "kind"),
    [(5, "WIN32"), (12175, "WIN32"), (2150858793, "WINRM"), (0x80041010, "HRESULT")],
)
def test_the_kind_of_a_number_is_told_by_where_it_lies(number: int, kind: str) -> None:
    assert native_type(number) == kind
