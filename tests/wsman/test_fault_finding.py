import pytest

from mi.instance import Instance
from mi.results import CimType, Result
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.fault import Fault
from protocols.wsman.fault_finding import decide, evidence_in

NOT_FOUND = NUMBERS["RESOURCE_NOT_FOUND"]
PROVIDER_FAILURE = NUMBERS["PROVIDER_FAILURE"]
CANNOT_PROCESS = NUMBERS["ENUMERATE_CANNOT_PROCESS_FILTER"]
INVALID_CLASS = 0x80041010


def instance(class_name: str, **values: object) -> Instance:
    types = {
        name: CimType.UINT32 if isinstance(value, int) else CimType.STRING
        for name, value in values.items()
    }
    return Instance.received(class_name, values, None, None, types=types)


def status(code: int | None) -> Instance:
    return instance("__ExtendedStatus", StatusCode=code)


def test_the_status_of_wmi_is_nearer_to_the_cause_than_the_service() -> None:
    found = decide(Fault(wsman_codes=(CANNOT_PROCESS,), extended_status=status(INVALID_CLASS)))
    assert found.meaning.result is Result.INVALID_CLASS
    assert (found.number, found.native_type) == (INVALID_CLASS, "HRESULT")


def test_a_status_that_only_says_failed_leaves_the_service_to_decide() -> None:
    found = decide(Fault(wsman_codes=(NOT_FOUND,), extended_status=status(0x80041001)))
    assert found.meaning.result is Result.NOT_FOUND
    assert (found.number, found.native_type) == (NOT_FOUND, "WINRM")


def test_a_status_without_a_number_leaves_the_service_to_decide() -> None:
    assert decide(Fault(wsman_codes=(NOT_FOUND,), extended_status=status(None))).number == NOT_FOUND


def test_the_innermost_wsman_fault_that_tells_something_decides() -> None:
    assert decide(Fault(wsman_codes=(PROVIDER_FAILURE, 5))).meaning.result is Result.ACCESS_DENIED
    found = decide(Fault(wsman_codes=(NOT_FOUND, PROVIDER_FAILURE)))
    assert found.meaning.result is Result.NOT_FOUND


def test_the_number_of_an_msft_wmi_error_decides_in_the_words_of_the_server() -> None:
    error = instance("MSFT_WmiError", error_Code=2150859174, error_Type="hresult", CIMStatusCode=1)
    found = decide(Fault(extended_error=error))
    assert found.meaning.result is Result.SERVER_LIMITS_EXCEEDED
    assert (found.number, found.native_type) == (2150859174, "HRESULT")


def test_the_number_of_an_msft_wmi_error_may_be_one_of_mi_itself() -> None:
    found = decide(Fault(extended_error=instance("MSFT_WmiError", error_Code=6, error_Type="MI")))
    assert found.meaning.result is Result.NOT_FOUND
    assert (found.number, found.native_type) == (6, "MI")


def test_an_unknown_number_leaves_the_cim_status_to_decide_but_is_told() -> None:
    error = instance("MSFT_WmiError", error_Code=0x80338FFF, CIMStatusCode=11)
    found = decide(Fault(extended_error=error))
    assert found.meaning.result is Result.ALREADY_EXISTS
    assert (found.number, found.native_type) == (11, "MI")


def test_omi_says_its_result_in_the_message_id() -> None:
    error = instance("OMI_Error", MessageID="OMI:MI_Result:12")
    found = decide(Fault("Receiver", "w:InternalError", extended_error=error))
    assert found.meaning.result is Result.NO_SUCH_PROPERTY
    assert (found.number, found.native_type) == (12, "MI")


@pytest.mark.parametrize("number", ["1002", "0"])
def test_a_result_that_mi_does_not_know_is_a_failure_with_that_number(number: str) -> None:
    found = decide(Fault(extended_error=instance("OMI_Error", MessageID=f"OMI:MI_Result:{number}")))
    assert found.meaning.result is Result.FAILED
    assert (found.number, found.native_type) == (int(number), "MI")


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        ("CIM ERROR:INVALID_NAMESPACE: The target namespace", Result.INVALID_NAMESPACE),
        ("CIM ERROR:INVALID_CLASS: The specified class", Result.INVALID_CLASS),
        ("CIM ERROR:NOT_FOUND: The requested object", Result.NOT_FOUND),
        ("Enumeration context not found", Result.INVALID_ENUMERATION_CONTEXT),
        ("get-instance: instance name parameter is missing", Result.INVALID_PARAMETER),
        ("mandatory parameters (className, namespace) are missing for", Result.INVALID_PARAMETER),
        ("Failed to parse XML. An XML element was expected", Result.INVALID_PARAMETER),
        ("OperationTimeout must be xs:duration", Result.INVALID_OPERATION_TIMEOUT),
    ],
)
def test_the_texts_of_omi_tell_what_its_subcodes_do_not(reason: str, result: Result) -> None:
    found = decide(Fault("Receiver", "w:InternalError", reason=reason))
    assert found.meaning.result is result
    assert found.number is None


@pytest.mark.parametrize("reason", ["CIM ERROR:UNHEARD_OF: x", "CIM ERROR:OK: x", "anything"])
def test_other_texts_tell_nothing(reason: str) -> None:
    assert decide(Fault(reason=reason)).meaning.result is Result.FAILED


def test_a_fault_with_codes_alone_is_decided_by_them_and_has_no_number() -> None:
    found = decide(Fault("Receiver", "w:TimedOut"))
    assert found.meaning.name == "OPERATION_TIMEDOUT"
    assert (found.number, found.native_type) == (None, None)


def test_a_number_that_nobody_knows_is_told_though_the_subcode_decides() -> None:
    found = decide(Fault("Sender", "w:QuotaLimit", wsman_codes=(0x80338FFF,)))
    assert found.meaning.result is Result.SERVER_LIMITS_EXCEEDED
    assert (found.number, found.native_type) == (0x80338FFF, "WINRM")


def test_a_fault_that_says_nothing_is_a_failure() -> None:
    found = decide(Fault("Unknown"))
    assert (found.meaning.result, found.number) == (Result.FAILED, None)


def test_an_errno_is_no_number_of_windows() -> None:
    error = instance("MSFT_WmiError", error_Code=13, error_Type="Errno")
    found = decide(Fault(extended_error=error))
    assert found.meaning.result is Result.ACCESS_DENIED
    assert (found.number, found.native_type) == (13, "ERRNO")
    assert found.is_known


@pytest.mark.parametrize(
    ("fault", "is_known"),
    [
        (Fault("Receiver", "w:TimedOut"), True),
        (Fault(wsman_codes=(5,)), True),
        (Fault(wsman_codes=(0x80338FFF,)), False),
        (Fault(extended_error=instance("OMI_Error", MessageID="OMI:MI_Result:1002")), True),
    ],
)
def test_a_number_without_a_row_is_not_known(fault: Fault, is_known: bool) -> None:
    assert decide(fault).is_known is is_known


def test_the_evidence_of_a_denial_is_all_numbers_that_windows_sent_and_who_said_so() -> None:
    by_provider = instance("__ExtendedStatus", StatusCode=0x80041003, ProviderName="CIMWin32")
    fault = Fault(wsman_codes=(PROVIDER_FAILURE, 5), extended_status=by_provider)
    numbers = {PROVIDER_FAILURE, 5, 0x80041003}
    assert evidence_in(fault) == (numbers, True, True)
    by_wmi = instance("__ExtendedStatus", StatusCode=0x80041003, ProviderName=" WinMgmt ")
    assert evidence_in(Fault(extended_status=by_wmi)) == ({0x80041003}, True, False)


@pytest.mark.parametrize(
    ("provider", "is_of_wmi"),
    [("WMI Provider", True), ("WMIv1 plugin for Windows Remote Management", True),
     ("Config provider", False), (None, False)],
)  # fmt: skip
def test_wmi_says_it_where_its_plug_in_does(provider: str | None, is_of_wmi: bool) -> None:
    assert evidence_in(Fault(provider=provider)) == (set(), is_of_wmi, False)


def test_what_mi_itself_says_is_no_evidence() -> None:
    error = instance("MSFT_WmiError", error_Code=2, error_Type="MI")
    assert evidence_in(Fault("Sender", "w:AccessDenied", extended_error=error)).numbers == set()
