"""The CIM_Error that is made where no server sent one."""

import pytest

from mi.cim_error import describe
from mi.errors import (
    AccessDenied,
    AuthenticationFailed,
    CertificateRejected,
    ConnectionFailed,
    LimitsExceeded,
    MIError,
    NotFound,
    NotSupported,
    OperationTimeout,
    ProtocolError,
)
from mi.results import CimType, ErrorCategory


def test_an_error_made_here_describes_itself_as_windows_would() -> None:
    described = describe(NotFound("no such service", advice="Look at the name."))
    assert described.class_name == "MSFT_WmiError"
    assert dict(described) == {
        "CIMStatusCode": 6,
        "CIMStatusCodeDescription": "NOT_FOUND",
        "ErrorType": 4,
        "Message": "no such service",
        "MessageID": "MI RESULT 6",
        "OwningEntity": "management-infrastructure",
        "PerceivedSeverity": 7,
        "ProbableCause": 0,
        "ProbableCauseDescription": "Unknown",
        "RecommendedActions": ["Look at the name."],
        "error_Category": 13,
        "error_Code": 6,
        "error_Type": "MI",
    }


def test_its_types_are_those_that_windows_states() -> None:
    described = describe(NotFound("gone"))
    types = {element.name: element.type for element in described.elements()}
    assert types["CIMStatusCode"] is types["error_Category"] is CimType.UINT32
    assert types["PerceivedSeverity"] is CimType.UINT16
    assert types["RecommendedActions"] is CimType.STRING_ARRAY
    assert described["RecommendedActions"] is None


@pytest.mark.parametrize(
    ("code", "native_type", "message_id", "error_type", "error_code"),
    [
        (2150859174, "HRESULT", "HRESULT 0x803381a6", "HRESULT", 2150859174),
        (2150858793, "WINRM", "WINRM 0x80338029", "WINRM", 2150858793),
        (-2147217406, None, "HRESULT 0x80041002", "HRESULT", 0x80041002),
        (5, "MI", "MI RESULT 5", "MI", 5),
        (5, "WIN32", "WINDOWS 5", "WIN32", 5),
        (13, "ERRNO", "CRT errno 13", "ERRNO", 13),
        (413, "HTTP", "HTTP 413", "HTTP", 413),
    ],
)
def test_a_native_code_is_told_as_windows_writes_it(
    code: int, native_type: str | None, message_id: str, error_type: str, error_code: int
) -> None:
    described = describe(LimitsExceeded("no", native_code=code, native_type=native_type))
    assert described["MessageID"] == message_id
    assert described["error_Type"] == error_type
    assert described["error_Code"] == error_code
    assert described["CIMStatusCode"] == 27


def test_a_timeout_is_told_by_its_category() -> None:
    described = describe(OperationTimeout("too long"))
    assert (described["CIMStatusCode"], described["error_Category"]) == (1, 15)


@pytest.mark.parametrize(
    ("error", "kind", "cause"),
    [
        (ConnectionFailed("lost"), 2, 6),
        (ProtocolError("garbled"), 2, 0),
        (AccessDenied("no"), 7, 0),
        (AuthenticationFailed("no"), 7, 60),
        (CertificateRejected("no"), 7, 117),
        (MIError("no", category=ErrorCategory.QUOTA_EXCEEDED), 8, 26),
        (MIError("no", category=ErrorCategory.RESOURCE_UNAVAILABLE), 9, 0),
        (NotSupported("no"), 10, 0),
        (OperationTimeout("no"), 4, 111),
        (MIError("no"), 4, 0),
    ],
)
def test_what_kind_of_error_it_is_and_its_probable_cause_are_told_by_the_category(
    error: MIError, kind: int, cause: int
) -> None:
    described = describe(error)
    assert (described["ErrorType"], described["ProbableCause"]) == (kind, cause)
    assert (described["ProbableCauseDescription"] == "Unknown") is (cause == 0)


def test_an_instance_and_its_error_share_nothing_to_free() -> None:
    error = MIError("it failed")
    error.extended_error["Message"] = "changed"
    assert error.message == "it failed"
