"""Every fault of the specifications and of Windows, held against a list of its own.

The lists beside this file, `fault_numbers.txt` and `fault_codes.txt`, say what each fault means;
they were written from the descriptions of the errors and not from the tables of the code.
"""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from mi.instance import Instance
from mi.results import CimType, ErrorCategory, Result
from protocols.meanings.numbers import MEANINGS, NUMBERS
from protocols.wsman.envelope import parse, serialize_fault
from protocols.wsman.fault import Fault
from protocols.wsman.fault_subcodes import ROWS

FOLDER = Path(__file__).parent
# MI_Utilities_MapErrorToMiErrorCategory
USUAL = {
    Result.FAILED: ErrorCategory.NOT_SPECIFIED,
    Result.ACCESS_DENIED: ErrorCategory.ACCESS_DENIED,
    Result.INVALID_NAMESPACE: ErrorCategory.METADATA_ERROR,
    Result.INVALID_PARAMETER: ErrorCategory.INVALID_ARGUMENT,
    Result.INVALID_CLASS: ErrorCategory.METADATA_ERROR,
    Result.NOT_FOUND: ErrorCategory.OBJECT_NOT_FOUND,
    Result.NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.CLASS_HAS_CHILDREN: ErrorCategory.METADATA_ERROR,
    Result.CLASS_HAS_INSTANCES: ErrorCategory.METADATA_ERROR,
    Result.INVALID_SUPERCLASS: ErrorCategory.METADATA_ERROR,
    Result.ALREADY_EXISTS: ErrorCategory.RESOURCE_EXISTS,
    Result.NO_SUCH_PROPERTY: ErrorCategory.METADATA_ERROR,
    Result.TYPE_MISMATCH: ErrorCategory.INVALID_TYPE,
    Result.QUERY_LANGUAGE_NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.INVALID_QUERY: ErrorCategory.INVALID_ARGUMENT,
    Result.METHOD_NOT_AVAILABLE: ErrorCategory.METADATA_ERROR,
    Result.METHOD_NOT_FOUND: ErrorCategory.METADATA_ERROR,
    Result.NAMESPACE_NOT_EMPTY: ErrorCategory.METADATA_ERROR,
    Result.INVALID_ENUMERATION_CONTEXT: ErrorCategory.METADATA_ERROR,
    Result.INVALID_OPERATION_TIMEOUT: ErrorCategory.INVALID_ARGUMENT,
    Result.PULL_HAS_BEEN_ABANDONED: ErrorCategory.OPERATION_STOPPED,
    Result.PULL_CANNOT_BE_ABANDONED: ErrorCategory.CLOSE_ERROR,
    Result.FILTERED_ENUMERATION_NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.CONTINUATION_ON_ERROR_NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.SERVER_LIMITS_EXCEEDED: ErrorCategory.RESOURCE_BUSY,
    Result.SERVER_IS_SHUTTING_DOWN: ErrorCategory.RESOURCE_UNAVAILABLE,
}
LONGEST_SENTENCE = 330
ASKED = "uuid:F0824923-8A06-485B-885E-03787485549A"
ANSWERED = "uuid:4DB571F9-F8DE-48FD-872C-2AF08D996249"
OPERATION_TIMEDOUT = 2150858793


class Expected(NamedTuple):
    """What one line of a list says, behind what it is about."""

    result: Result
    category: ErrorCategory


def lines(name: str) -> list[list[str]]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def expected(result: str, category: str | None = None) -> Expected:
    meant = Result[result]
    return Expected(meant, ErrorCategory[category] if category else USUAL[meant])


BY_NUMBER = [
    (int(number, 0), name, expected(*said)) for number, name, *said in lines("fault_numbers.txt")
]
BY_CODE = [
    (code, None if sub == "-" else sub, None if detail == "-" else detail, expected(*said))
    for code, sub, detail, *said in lines("fault_codes.txt")
]


def over_the_wire(fault: Fault) -> Fault:
    """Return what a client reads of a fault that a server writes."""
    read = parse(serialize_fault(fault, ASKED, ANSWERED), ASKED, limit=100_000)
    assert isinstance(read, Fault)
    return read


def assert_it_is_a_sentence(text: str | None) -> None:
    assert text is not None
    assert text[0].isupper()
    assert text.endswith(".")
    assert len(text) <= LONGEST_SENTENCE
    assert "{" not in text.replace('@{MaxEnvelopeSizekb="8192"}', "")


@pytest.mark.parametrize(("number", "name", "meant"), BY_NUMBER, ids=[row[1] for row in BY_NUMBER])
def test_a_number_means_this_result_and_category_and_has_its_advice(
    number: int, name: str, meant: Expected
) -> None:
    assert NUMBERS[name] == number
    error = over_the_wire(Fault(reason="No.", message="No.", wsman_codes=(number,))).error()
    assert (error.result, error.category) == meant
    assert error.native_code == number
    assert error.message == "No."
    assert_it_is_a_sentence(error.advice)


@pytest.mark.parametrize(("number", "name", "meant"), BY_NUMBER, ids=[row[1] for row in BY_NUMBER])
def test_the_same_number_in_the_servers_own_instance_means_the_same(
    number: int, name: str, meant: Expected
) -> None:
    sent = Instance("MSFT_WmiError")
    sent.add("Message", "No.", CimType.STRING)
    sent.add("error_Code", number, CimType.UINT32)
    sent.add("error_Type", "HRESULT", CimType.STRING)
    error = over_the_wire(Fault("Receiver", "w:InternalError", extended_error=sent)).error()
    assert (error.result, error.category) == meant
    assert (error.native_code, error.native_type) == (number, "HRESULT")
    assert error.extended_error == sent
    assert error.message == "No."
    assert_it_is_a_sentence(error.advice)


def row_id(row: tuple[str, str | None, str | None, Expected]) -> str:
    return " ".join(filter(None, row[:3]))


@pytest.mark.parametrize("row", BY_CODE, ids=row_id)
def test_a_code_means_this_result_and_category_and_has_its_advice(
    row: tuple[str, str | None, str | None, Expected],
) -> None:
    code, subcode, detail, meant = row
    error = over_the_wire(Fault(code, subcode, detail, "No.")).error()
    assert (error.result, error.category) == meant
    assert (error.native_code, error.native_type) == (None, None)
    assert_it_is_a_sentence(error.advice)
    assert error.extended_error["CIMStatusCode"] == meant.result


def test_every_number_of_the_code_is_in_the_list() -> None:
    assert set(MEANINGS) == {number for number, _, _ in BY_NUMBER}


def test_every_code_that_omi_knows_is_in_the_codes_own_table() -> None:
    known = {row[:3] for row in ROWS}
    for code, subcode, detail, _ in BY_CODE:
        other = "Sender" if code == "Receiver" else "Receiver"
        assert known & {(code, subcode, detail), (other, subcode, detail)}


@pytest.mark.parametrize("result", USUAL, ids=lambda result: result.name)
def test_a_result_of_mi_itself_has_its_category_and_its_advice(result: Result) -> None:
    sent = Instance("OMI_Error")
    sent.add("MessageID", f"OMI:MI_Result:{int(result)}", CimType.STRING)
    error = over_the_wire(
        Fault("Receiver", "w:InternalError", reason="No.", extended_error=sent)
    ).error()
    assert (error.result, error.category) == (result, USUAL[result])
    assert (error.native_code, error.native_type) == (int(result), "MI")
    assert_it_is_a_sentence(error.advice)


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        (12, expected("SERVER_LIMITS_EXCEEDED")),
        (13, expected("ACCESS_DENIED")),
        (22, expected("INVALID_PARAMETER")),
        (5, expected("FAILED")),
    ],
)
def test_a_number_of_the_c_library_is_not_taken_for_one_of_windows(
    number: int, meant: Expected
) -> None:
    sent = Instance("MSFT_WmiError")
    sent.add("error_Code", number, CimType.UINT32)
    sent.add("error_Type", "ERRNO", CimType.STRING)
    error = over_the_wire(
        Fault("Receiver", "w:InternalError", reason="No.", extended_error=sent)
    ).error()
    assert (error.result, error.category) == meant
    assert (error.native_code, error.native_type) == (number, "ERRNO")
    assert error.message == "No."


@pytest.mark.parametrize(
    ("cause", "meant"),
    [
        (26, expected("SERVER_LIMITS_EXCEEDED", "QUOTA_EXCEEDED")),
        (60, expected("ACCESS_DENIED", "AUTHENTICATION_ERROR")),
        (111, expected("FAILED", "OPERATION_TIMEOUT")),
        (117, expected("ACCESS_DENIED", "AUTHENTICATION_ERROR")),
        (0, expected("FAILED")),
    ],
)
def test_the_probable_cause_counts_where_nothing_else_says_anything(
    cause: int, meant: Expected
) -> None:
    sent = Instance("OMI_Error")
    sent.add("ProbableCause", cause, CimType.UINT16)
    error = over_the_wire(
        Fault("Receiver", "w:InternalError", reason="No.", extended_error=sent)
    ).error()
    assert (error.result, error.category) == meant
    assert error.native_code is None


@pytest.mark.parametrize("number", [0x80338FFF, 0x803385DC, 0x80041FFF, 77])
def test_a_number_that_nobody_knows_is_told_in_both_ways_of_writing_it(number: int) -> None:
    error = over_the_wire(Fault(message="No.", reason="No.", wsman_codes=(number,))).error()
    assert (error.result, error.category) == expected("FAILED")
    assert error.native_code == number
    assert error.message == f"No. (error {number}, 0x{number:08X})"


def test_a_nested_number_that_nobody_knows_is_told_though_another_decides() -> None:
    fault = Fault("Sender", "w:QuotaLimit", reason="Busy.", wsman_codes=(0x80338FFF,))
    error = fault.error()
    assert error.result is Result.SERVER_LIMITS_EXCEEDED
    assert "2150862847, 0x80338FFF" in error.message


def test_a_timeout_is_a_timeout_by_its_number_whatever_the_codes_around_it() -> None:
    fault = replace(Fault("Sender", "w:InternalError"), wsman_codes=(OPERATION_TIMEDOUT,))
    assert over_the_wire(fault).is_timeout
