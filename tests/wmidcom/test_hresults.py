"""What numbers of WMI, COM and RPC mean to MI, held against a list of its own."""

import pickle

import pytest

from mi.errors import AccessDenied, AuthenticationFailed, MIError, NotFound, OperationTimeout
from mi.instance import Instance
from mi.results import CATEGORY_OF_RESULT, CimType, ErrorCategory, Result
from protocols.meanings.circumstances import Circumstances
from protocols.wmidcom.hresults import DCOM_ROWS, error_of, is_number, meaning_of
from protocols.wmidcom.services import WbemError

# wmidcom.md 1.5 of the project's references: MS-WMI 2.2.11 and mi.h side by side.
RESULTS = [
    (0x80041001, Result.FAILED),
    (0x80041002, Result.NOT_FOUND),
    (0x80041003, Result.ACCESS_DENIED),
    (0x80070005, Result.ACCESS_DENIED),
    (0x00000005, Result.ACCESS_DENIED),
    (0x8004100E, Result.INVALID_NAMESPACE),
    (0x80041010, Result.INVALID_CLASS),
    (0x80041017, Result.INVALID_QUERY),
    (0x80041058, Result.INVALID_QUERY),
    (0x80041018, Result.QUERY_LANGUAGE_NOT_SUPPORTED),
    (0x80041008, Result.INVALID_PARAMETER),
    (0x8004102F, Result.INVALID_PARAMETER),
    (0x8004103A, Result.INVALID_PARAMETER),
    (0x8004100C, Result.NOT_SUPPORTED),
    (0x80041024, Result.NOT_SUPPORTED),
    (0x80041019, Result.ALREADY_EXISTS),
    (0x8004102E, Result.METHOD_NOT_FOUND),
    (0x80041055, Result.METHOD_NOT_AVAILABLE),
    (0x80041056, Result.METHOD_NOT_AVAILABLE),
    (0x80041031, Result.NO_SUCH_PROPERTY),
    (0x8004100D, Result.INVALID_SUPERCLASS),
    (0x80041005, Result.TYPE_MISMATCH),
    (0x80041025, Result.CLASS_HAS_CHILDREN),
    (0x80041026, Result.CLASS_HAS_INSTANCES),
    (0x80041006, Result.SERVER_LIMITS_EXCEEDED),
    (0x8004106C, Result.SERVER_LIMITS_EXCEEDED),
    (0x80041033, Result.SERVER_IS_SHUTTING_DOWN),
    (0x80041032, Result.FAILED),
    (0x80041088, Result.FAILED),
    (0x800706BA, Result.FAILED),
    (0x1C010003, Result.NOT_SUPPORTED),
    (0x80010108, Result.FAILED),
    (0x8004FFFF, Result.FAILED),
]


@pytest.mark.parametrize(("number", "result"), RESULTS)
def test_a_number_means_this_result(number: int, result: Result) -> None:
    error = error_of(WbemError(number))
    assert error.result is result
    assert error.native_code == number
    assert error.native_type == ("WIN32" if number < 0x10000 else "HRESULT")
    assert f"0x{number:08X}" in error.message
    assert error.advice
    assert error.extended_error["error_Code"] == number
    assert error.extended_error.class_name == "MSFT_WmiError"


@pytest.mark.parametrize(
    ("number", "kind", "category"),
    [
        (0x8007052E, AuthenticationFailed, ErrorCategory.AUTHENTICATION_ERROR),
        (0x80041088, OperationTimeout, ErrorCategory.OPERATION_TIMEOUT),
        (0x80041002, NotFound, ErrorCategory.OBJECT_NOT_FOUND),
        (0x8001011B, AccessDenied, ErrorCategory.ACCESS_DENIED),
    ],
)
def test_a_number_is_this_error(number: int, kind: type[MIError], category: ErrorCategory) -> None:
    error = error_of(WbemError(number))
    assert type(error) is kind
    assert error.category is category


def test_a_negative_number_is_the_same() -> None:
    assert error_of(WbemError(0x80041002 - (1 << 32))).native_code == 0x80041002


def test_an_error_of_the_system_may_stand_in_an_hresult() -> None:
    one, other = meaning_of(1910), meaning_of(0x80070776)
    assert one is not None
    assert one == other
    assert one.name == "OR_INVALID_OXID"


def test_a_failure_is_known_by_its_name() -> None:
    assert is_number(WbemError(0x80041002), "WBEM_E_FAILED", "WBEM_E_NOT_FOUND")
    assert not is_number(WbemError(0x80041002), "WBEM_E_FAILED")
    assert not is_number(WbemError(0x8004FFFF), "WBEM_E_FAILED")


def status(**said: str | None) -> Instance:
    instance = Instance("__ExtendedStatus")
    for name, value in said.items():
        instance.add(name, value, CimType.STRING)
    return instance


def test_the_servers_own_words_come_first_and_what_it_was_asked_last() -> None:
    said = status(
        Description="The handle is invalid. ", Operation="ExecMethod", ParameterInfo="Win32_X"
    )
    error = error_of(WbemError(0x80041001, said))
    assert error.message == (
        "The handle is invalid. (WBEM_E_FAILED, 0x80041001; ExecMethod: Win32_X)"
    )
    assert error.extended_error.class_name == "MSFT_ExtendedStatus"
    assert error.extended_error["original_error"] == said
    assert error.extended_error["CIMStatusCode"] == 1


def test_a_status_that_says_little_is_kept_all_the_same() -> None:
    error = error_of(WbemError(0x80041001, status(Description=None, Operation="GetObject")))
    assert error.message == "failed (WBEM_E_FAILED, 0x80041001; GetObject)"
    twin = pickle.loads(pickle.dumps(error))
    assert twin.extended_error == error.extended_error


def test_an_unknown_number_is_a_failure_with_it() -> None:
    assert error_of(WbemError(0x8004FFFF)).message == "the server failed (0x8004FFFF)"


def test_names_that_say_nothing_have_words() -> None:
    assert error_of(WbemError(0x80070005)).message == "access denied (E_ACCESSDENIED, 0x80070005)"


def test_the_advice_names_who_asked_and_for_what() -> None:
    asked = Circumstances("Win32_Service", "Win32_Service", "root/cimv2", user=r"CONTOSO\ops")
    error = error_of(WbemError(0x80041003), asked)
    assert r"Give CONTOSO\ops Enable Account and Remote Enable on the namespace root/cimv2" in (
        error.advice or ""
    )


@pytest.mark.parametrize("row", DCOM_ROWS, ids=[row[1] for row in DCOM_ROWS])
def test_every_row_makes_an_error_that_is_whole(
    row: tuple[int, str, Result, ErrorCategory | None, str],
) -> None:
    number, name, result, category, _ = row
    error = error_of(WbemError(number))
    assert (error.result, error.category) == (result, category or CATEGORY_OF_RESULT[result])
    assert name in error.message
    assert "{" not in str(error)


def test_no_number_has_two_rows() -> None:
    numbers = [row[0] for row in DCOM_ROWS]
    assert len(set(numbers)) == len(numbers)
    assert all(row.name == meaning.name for row in map(meaning_of, numbers) if (meaning := row))


def test_a_failure_can_be_pickled() -> None:
    twin = pickle.loads(pickle.dumps(WbemError(0x80041002, status(Description="x"))))
    assert (twin.hresult, str(twin)) == (0x80041002, "0x80041002")
    assert twin.status == status(Description="x")
