import pytest

from mi.results import CATEGORY_OF_RESULT, ErrorCategory, Result
from protocols.wsman.fault_codes import (
    MEANINGS,
    NUMBERS,
    Meaning,
    meaning_of,
    meaning_of_result,
    native_type,
    normalize,
)

# What MI makes of the numbers whose meaning the specifications and Windows' headers give.
EXPECTED = {
    Result.FAILED: [
        995, 1717, 2147749889, 2147749892, 2147749897, 2147749898, 2147749905,
        2147749907, 2147749908, 2147749909, 2147749938, 2147749955, 2147943418,
        2147944122, 2150858755, 2150858757, 2150858772, 2150858793, 2152992672,
    ],
    Result.ACCESS_DENIED: [
        5, 2147749891, 2147749986, 2147942405, 2150858806, 2150859012, 2150859013,
        2150859014, 2150859177, 2150859180,
    ],
    Result.INVALID_NAMESPACE: [
        2147749902, 2150859067,
    ],
    Result.INVALID_PARAMETER: [
        87, 2147749896, 2147749903, 2147749935, 2147749946, 2147749988, 2147942487,
        2150858754, 2150858767, 2150858769, 2150858773, 2150858791, 2150858809,
        2150858810, 2150858813, 2150858817, 2150858837, 2150858842, 2150858843,
        2150858845, 2150859011, 2150859038, 2150859254,
    ],
    Result.INVALID_CLASS: [
        2147749904, 2150858811,
    ],
    Result.NOT_FOUND: [
        2147749890, 2147942402, 2150858752, 2150858770,
    ],
    Result.NOT_SUPPORTED: [
        2147749900, 2147749910, 2147749924, 2150858753, 2150858768, 2150858771,
        2150858801, 2150858818, 2150858871, 2150858886, 2150859010,
    ],
    Result.CLASS_HAS_CHILDREN: [
        2147749925,
    ],
    Result.CLASS_HAS_INSTANCES: [
        2147749926,
    ],
    Result.INVALID_SUPERCLASS: [
        2147749901,
    ],
    Result.ALREADY_EXISTS: [
        2147749913, 2150858803, 2150858851,
    ],
    Result.NO_SUCH_PROPERTY: [
        2147749937, 2150858899,
    ],
    Result.TYPE_MISMATCH: [
        2147749893, 2150858836, 2150858838, 2150858844,
    ],
    Result.QUERY_LANGUAGE_NOT_SUPPORTED: [
        2147749912, 2150858777,
    ],
    Result.INVALID_QUERY: [
        2147749911, 2147749976, 2150858778, 2150859042,
    ],
    Result.METHOD_NOT_AVAILABLE: [
        2147749973,
    ],
    Result.METHOD_NOT_FOUND: [
        2147749934, 2150858868,
    ],
    Result.INVALID_ENUMERATION_CONTEXT: [
        2150858759, 2150858779,
    ],
    Result.INVALID_OPERATION_TIMEOUT: [
        2150858764, 2150858881,
    ],
    Result.PULL_CANNOT_BE_ABANDONED: [
        2150858758,
    ],
    Result.FILTERED_ENUMERATION_NOT_SUPPORTED: [
        2150858776,
    ],
    Result.SERVER_LIMITS_EXCEEDED: [
        2147749894, 2147749992, 2147749996, 2147942414, 2150858790, 2150858815,
        2150858823, 2150858824, 2150858825, 2150859173, 2150859174, 2150859175,
        2150859176, 2150859179, 2150859236, 2150859237, 2150859238, 2150859239,
        2150859240, 2150859241, 2150859242,
    ],
    Result.SERVER_IS_SHUTTING_DOWN: [
        2147749939,
    ],
}  # fmt: skip
OPERATION_TIMEDOUT = 2150858793


@pytest.mark.parametrize(
    ("number", "result"),
    [(number, result) for result, numbers in EXPECTED.items() for number in numbers],
)
def test_a_number_means_the_result_that_its_specification_gives_it(
    number: int, result: Result
) -> None:
    meaning = meaning_of(number)
    assert meaning is not None
    assert meaning.result is result


@pytest.mark.parametrize("row", MEANINGS.values(), ids=lambda row: row.name)
def test_each_row_has_a_name_of_its_own_and_is_never_a_success(row: Meaning) -> None:
    assert NUMBERS[row.name] == row.number
    assert row.number == normalize(row.number)
    assert row.result is not Result.OK
    assert row.category is not ErrorCategory.NOT_SPECIFIED or row.result is Result.FAILED
    assert row.advice is None or row.advice.endswith(".")


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


@pytest.mark.parametrize(
    ("number", "kind"),
    [(5, "WIN32"), (12175, "WIN32"), (2150858793, "WINRM"), (0x80041010, "HRESULT")],
)
def test_the_kind_of_a_number_is_told_by_where_it_lies(number: int, kind: str) -> None:
    assert native_type(number) == kind


@pytest.mark.parametrize(
    "name", ["OPERATION_TIMEDOUT", "QUOTA_MAX_OPERATIONS", "MAX_ENVELOPE_SIZE", "PULL_IN_PROGRESS"]
)
def test_what_refuses_the_request_alone_keeps_the_enumeration(name: str) -> None:
    assert MEANINGS[NUMBERS[name]].keeps_context


@pytest.mark.parametrize(
    "name", ["INVALID_ENUMERATION_CONTEXT", "PROVIDER_FAILURE", "ERROR_ACCESS_DENIED"]
)
def test_what_fails_the_enumeration_ends_it(name: str) -> None:
    assert not MEANINGS[NUMBERS[name]].keeps_context
