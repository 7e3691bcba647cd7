import pytest

from mi.results import Result
from protocols.meanings.numbers import MEANINGS, NUMBERS
from protocols.wsman.fault_subcodes import ROWS, Row, known_detail, number_of, row_of


def result_of(subcode: str, detail: str | None = None) -> Result:
    number = number_of("Sender", subcode, detail)
    assert number is not None
    return MEANINGS[number].result


def row_id(row: Row) -> str:
    return " ".join(filter(None, (row.code, row.subcode, row.detail)))


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_each_row_is_found_by_its_codes(row: Row) -> None:
    assert number_of(row.code, row.subcode, row.detail) == NUMBERS[row.names[0]]


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_each_row_is_the_only_one_of_its_codes(row: Row) -> None:
    assert [each for each in ROWS if each[:3] == row[:3]] == [row]


@pytest.mark.parametrize("row", ROWS, ids=row_id)
def test_each_name_of_a_row_is_written_with_its_subcode(row: Row) -> None:
    for name in row.names:
        assert row_of(name).subcode is not None or row.subcode is None
        assert name in row_of(name).names


@pytest.mark.parametrize(
    ("subcode", "detail", "result"),
    [
        ("w:AccessDenied", None, Result.ACCESS_DENIED),
        ("a:DestinationUnreachable", "InvalidResourceURI", Result.INVALID_CLASS),
        ("a:DestinationUnreachable", None, Result.NOT_FOUND),
        ("a:ActionNotSupported", None, Result.NOT_SUPPORTED),
        ("a:ActionNotSupported", "ActionMismatch", Result.NOT_SUPPORTED),
        ("w:UnsupportedFeature", None, Result.NOT_SUPPORTED),
        ("w:UnsupportedFeature", "Locale", Result.NOT_SUPPORTED),
        ("b:PolymorphismModeNotSupported", None, Result.NOT_SUPPORTED),
        ("w:FragmentDialectNotSupported", None, Result.NOT_SUPPORTED),
        ("w:AlreadyExists", None, Result.ALREADY_EXISTS),
        ("w:InvalidSelectors", "InsufficientSelectors", Result.INVALID_PARAMETER),
        ("w:InvalidSelectors", "UnexpectedSelectors", Result.INVALID_PARAMETER),
        ("w:InvalidSelectors", "TypeMismatch", Result.TYPE_MISMATCH),
        ("w:InvalidParameter", None, Result.INVALID_PARAMETER),
        ("w:InvalidParameter", "TypeMismatch", Result.TYPE_MISMATCH),
        ("w:InvalidOptions", None, Result.INVALID_PARAMETER),
        ("w:SchemaValidationError", None, Result.INVALID_PARAMETER),
        ("x:InvalidRepresentation", None, Result.INVALID_PARAMETER),
        ("a:InvalidMessageInformationHeader", None, Result.INVALID_PARAMETER),
        ("n:InvalidEnumerationContext", None, Result.INVALID_ENUMERATION_CONTEXT),
        ("w:CannotProcessFilter", None, Result.INVALID_QUERY),
        ("n:CannotProcessFilter", None, Result.INVALID_QUERY),
        ("n:FilterDialectRequestedUnavailable", None, Result.QUERY_LANGUAGE_NOT_SUPPORTED),
        ("n:FilteringNotSupported", None, Result.FILTERED_ENUMERATION_NOT_SUPPORTED),
        ("e:FilteringNotSupported", None, Result.FILTERED_ENUMERATION_NOT_SUPPORTED),
        ("e:FilteringRequestedUnavailable", None, Result.FILTERED_ENUMERATION_NOT_SUPPORTED),
        ("w:QuotaLimit", None, Result.SERVER_LIMITS_EXCEEDED),
        ("w:EncodingLimit", None, Result.SERVER_LIMITS_EXCEEDED),
        ("w:Concurrency", None, Result.FAILED),
        ("w:TimedOut", None, Result.FAILED),
        ("w:InvalidBookmark", None, Result.INVALID_PARAMETER),
        ("e:InvalidExpirationTime", None, Result.INVALID_PARAMETER),
        ("w:InternalError", None, Result.FAILED),
    ],
)
def test_a_subcode_means_the_result_that_is_natural_for_it(
    subcode: str, detail: str | None, result: Result
) -> None:
    assert result_of(subcode, detail) is result


@pytest.mark.parametrize("code", ["MustUnderstand", "VersionMismatch", "DataEncodingUnknown"])
def test_a_code_that_never_has_a_subcode_tells_by_itself(code: str) -> None:
    number = number_of(code, None, None)
    assert number is not None
    assert MEANINGS[number].result is Result.NOT_SUPPORTED
    assert number_of(code, "w:Unheard", None) == number


@pytest.mark.parametrize("code", ["Sender", "Receiver", "Unknown"])
def test_other_codes_tell_nothing_by_themselves(code: str) -> None:
    assert number_of(code, None, None) is None
    assert number_of(code, "w:Unheard", "Of") is None


def test_an_unknown_detail_leaves_the_subcode_to_decide() -> None:
    assert number_of("Sender", "w:TimedOut", "OperationTimeout") == NUMBERS["OPERATION_TIMEDOUT"]


def test_the_code_does_not_tell_rows_apart_since_servers_disagree_on_it() -> None:
    assert number_of("Receiver", "w:QuotaLimit", None) == number_of("Sender", "w:QuotaLimit", None)


@pytest.mark.parametrize("subcode", ["TimedOut", "q:TimedOut", "W:timedout"])
def test_a_subcode_in_a_namespace_that_nobody_knows_counts_by_its_name(subcode: str) -> None:
    assert number_of("Receiver", subcode, None) == NUMBERS["OPERATION_TIMEDOUT"]


def test_a_subcode_is_told_from_its_namesake_by_its_prefix() -> None:
    assert number_of("Receiver", "n:TimedOut", None) == NUMBERS["ENUMERATE_TIMED_OUT"]


def test_a_subcode_that_omi_misspells_is_understood() -> None:
    number = number_of("Receiver", "a:EndpointUnavilable", None)
    assert number == NUMBERS["ENDPOINT_UNAVAILABLE"]


@pytest.mark.parametrize(
    ("written", "detail"),
    [
        (
            "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/InvalidResourceURI",
            "InvalidResourceURI",
        ),
        (" wsman:faultDetail/ResourceNotFound\n", "ResourceNotFound"),
        ("AmbigousSelectors", "AmbiguousSelectors"),
        ("AutherizationMode", "AuthorizationMode"),
        ("CharechterSet", "CharacterSet"),
        ("FormatSecurityTocken", "FormatSecurityToken"),
        ("UriLimitExceeded", "URILimitExceeded"),
        ("InvalidEPR", "InvalidEPR"),
        ("", ""),
    ],
)
def test_a_detail_is_known_by_its_last_segment_however_it_is_spelt(
    written: str, detail: str
) -> None:
    assert known_detail(written) == detail


def test_a_number_without_codes_of_its_own_is_written_as_an_internal_error() -> None:
    assert row_of("QUOTA_MAX_OPERATIONS").subcode == "w:InternalError"
    assert row_of("RESOURCE_NOT_FOUND").detail == "InvalidResourceURI"
