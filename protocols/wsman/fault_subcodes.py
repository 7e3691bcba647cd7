"""The fault codes of the specifications, and the Windows number that each stands for.

A row is (code, subcode, detail, names): what DSP0226, DSP0227, WS-Addressing, WS-Enumeration,
WS-Eventing and WS-Transfer say, and the names in `protocols.meanings` of what Windows and OMI mean
by it, the most likely first. Read, a row gives the first name; written, each name finds its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from protocols.meanings.numbers import NUMBERS

__all__ = ["ROWS", "Row", "known_detail", "number_of", "row_of"]

_S: Final = "Sender"
_R: Final = "Receiver"


class Row(NamedTuple):
    """One line of the table of faults.

    Attributes:
        code: local name of the SOAP code.
        subcode: with Windows' prefix, or None.
        detail: last segment of the w:FaultDetail URI, or None.
        names: of numbers in `protocols.meanings`.
    """

    code: str
    subcode: str | None
    detail: str | None
    names: tuple[str, ...]


_ACCESS: Final = (
    "ERROR_ACCESS_DENIED E_ACCESSDENIED FAILED_AUTHENTICATION WMI_SVC_ACCESS_DENIED"
    " WMI_PROVIDER_ACCESS_DENIED WMI_CANNOT_CONNECT_ACCESS_DENIED"
)
_LINES: Final[tuple[tuple[str, str | None, str | None, str], ...]] = (
    ("VersionMismatch", None, None, "SOAP_VERSION_MISMATCH"),
    ("MustUnderstand", None, None, "SOAP_FAULT_MUST_UNDERSTAND"),
    ("DataEncodingUnknown", None, None, "SOAP_DATA_ENCODING_UNKNOWN"),
    (_S, "w:AccessDenied", None, _ACCESS),
    (_S, "a:ActionNotSupported", "ActionMismatch", "ACTION_MISMATCH"),
    (_S, "a:ActionNotSupported", None, "ACTION_NOT_SUPPORTED INVALID_ACTIONURI"),
    (_S, "w:AlreadyExists", None, "ALREADY_EXISTS"),
    (_S, "w:CannotProcessFilter", None, "CANNOT_PROCESS_FILTER INVALID_FRAGMENT_PATH"),
    (_S, "n:CannotProcessFilter", None, "ENUMERATE_CANNOT_PROCESS_FILTER"),
    (_S, "w:Concurrency", None, "CONCURRENCY"),
    (_S, "e:DeliveryModeRequestedUnavailable", None,
     "EVENTING_DELIVERY_MODE_REQUESTED_UNAVAILABLE"),
    (_R, "w:DeliveryRefused", None, "DELIVERY_REFUSED"),
    (_S, "a:DestinationUnreachable", "InvalidResourceURI",
     "INVALID_RESOURCE_URI RESOURCE_NOT_FOUND"),
    (_S, "a:DestinationUnreachable", None, "DESTINATION_UNREACHABLE"),
    (_S, "w:EncodingLimit", "URILimitExceeded", "URI_LIMIT"),
    (_S, "w:EncodingLimit", "MinimumEnvelopeLimit", "MIN_ENVELOPE_SIZE"),
    (_S, "w:EncodingLimit", "MaxEnvelopeSize", "MAX_ENVELOPE_SIZE"),
    (_S, "w:EncodingLimit", "MaxEnvelopeSizeExceeded", "MAX_ENVELOPE_SIZE_EXCEEDED"),
    (_S, "w:EncodingLimit", "ServiceEnvelopeLimit", "SERVER_ENVELOPE_LIMIT"),
    (_S, "w:EncodingLimit", "SelectorLimit", "SELECTOR_LIMIT"),
    (_S, "w:EncodingLimit", "OptionLimit", "OPTION_LIMIT"),
    (_S, "w:EncodingLimit", "CharacterSet", "CHARACTER_SET"),
    (_S, "w:EncodingLimit", "UnreportableSuccess", "UNREPORTABLE_SUCCESS"),
    (_S, "w:EncodingLimit", "Whitespace", "WHITESPACE"),
    (_S, "w:EncodingLimit", "EncodingType", "ENCODING_TYPE"),
    (_S, "w:EncodingLimit", None, "ENCODING_LIMIT ENVELOPE_TOO_LARGE"),
    (_R, "a:EndpointUnavailable", "InvalidResourceURI", "INVALID_RESOURCE_URI"),
    (_R, "a:EndpointUnavailable", "InvalidValues", "ENDPOINT_UNAVAILABLE_INVALID_VALUE"),
    (_R, "a:EndpointUnavailable", None, "ENDPOINT_UNAVAILABLE"),
    (_R, "e:EventSourceUnableToProcess", "UnusableAddress", "EVENTING_SOURCE_UNABLE_TO_PROCESS"),
    (_R, "e:EventSourceUnableToProcess", None, "EVENTING_SOURCE_UNABLE_TO_PROCESS"),
    (_S, "n:FilterDialectRequestedUnavailable", None,
     "ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE"),
    (_S, "n:FilteringNotSupported", None, "ENUMERATE_FILTERING_NOT_SUPPORTED"),
    (_S, "e:FilteringNotSupported", None, "EVENTING_FILTERING_NOT_SUPPORTED"),
    (_S, "e:FilteringRequestedUnavailable", "FilteringRequired", "FILTERING_REQUIRED"),
    (_S, "e:FilteringRequestedUnavailable", None, "EVENTING_FILTERING_REQUESTED_UNAVAILABLE"),
    (_S, "w:FragmentDialectNotSupported", None,
     "FRAGMENT_DIALECT_REQUESTED_UNAVAILABLE INVALID_FRAGMENT_DIALECT"),
    (_R, "w:InternalError", None, "PROVIDER_FAILURE"),
    (_S, "w:InternalError", "Invalid", "INVALID_XML"),
    (_S, "a:InvalidMessageInformationHeader", "InvalidTimeout", "INVALID_TIMEOUT_HEADER"),
    (_S, "a:InvalidMessageInformationHeader", None,
     "INVALID_MESSAGE_INFORMATION_HEADER INVALID_HEADER"),
    (_S, "w:InvalidBookmark", "Expired", "BOOKMARK_EXPIRED"),
    (_S, "w:InvalidBookmark", "InvalidFormat", "INVALID_BOOKMARK"),
    (_S, "w:InvalidBookmark", None, "INVALID_BOOKMARK"),
    (_R, "n:InvalidEnumerationContext", None, "INVALID_ENUMERATION_CONTEXT"),
    (_S, "n:InvalidExpirationTime", None, "ENUMERATE_INVALID_EXPIRATION_TIME"),
    (_S, "e:InvalidExpirationTime", None, "EVENTING_INVALID_EXPIRATION_TIME"),
    (_S, "e:InvalidMessage", None, "EVENTING_INVALID_MESSAGE"),
    (_S, "w:InvalidOptions", "NotSupported", "OPTIONS_NOT_SUPPORTED"),
    (_S, "w:InvalidOptions", "InvalidName", "OPTIONS_INVALID_NAME"),
    (_S, "w:InvalidOptions", "InvalidValue", "OPTIONS_INVALID_VALUE"),
    (_S, "w:InvalidOptions", None, "INVALID_OPTIONS INVALID_OPTIONSET"),
    (_S, "w:InvalidParameter", "TypeMismatch", "PARAMETER_TYPE_MISMATCH"),
    (_S, "w:InvalidParameter", "InvalidName", "INVALID_PARAMETER_NAME"),
    (_S, "w:InvalidParameter", "InvalidValue", "INVALID_PARAMETER"),
    (_S, "w:InvalidParameter", "Locale", "INVALID_PARAMETER"),
    (_S, "w:InvalidParameter", None,
     "INVALID_PARAMETER ERROR_INVALID_PARAMETER E_INVALIDARG MISSING_CLASSNAME"),
    (_S, "x:InvalidRepresentation", "InvalidValues", "INVALID_XML_VALUES"),
    (_S, "x:InvalidRepresentation", "MissingValues", "INVALID_XML_MISSING_VALUES"),
    (_S, "x:InvalidRepresentation", "InvalidNamespace", "INVALID_XML_NAMESPACE"),
    (_S, "x:InvalidRepresentation", "InvalidFragment", "INVALID_XML_FRAGMENT"),
    (_S, "x:InvalidRepresentation", None, "INVALID_REPRESENTATION"),
    (_S, "w:InvalidSelectors", "InsufficientSelectors",
     "INSUFFCIENT_SELECTORS INVALID_URI_WMI_SINGLETON"),
    (_S, "w:InvalidSelectors", "UnexpectedSelectors", "UNEXPECTED_SELECTORS"),
    (_S, "w:InvalidSelectors", "TypeMismatch", "SELECTOR_TYPEMISMATCH"),
    (_S, "w:InvalidSelectors", "InvalidValue", "INVALID_SELECTOR_VALUE"),
    (_S, "w:InvalidSelectors", "AmbiguousSelectors", "AMBIGUOUS_SELECTORS"),
    (_S, "w:InvalidSelectors", "DuplicateSelectors", "DUPLICATE_SELECTORS"),
    (_S, "w:InvalidSelectors", None, "INVALID_SELECTORS INVALID_SELECTOR_NAME INVALID_KEY"),
    (_S, "a:MessageInformationHeaderRequired", None, "MESSAGE_INFORMATION_HEADER_REQUIRED"),
    (_S, "w:MetadataRedirect", None, "METADATA_REDIRECT"),
    (_S, "w:NoAck", None, "NO_ACK"),
    (_S, "w:QuotaLimit", None,
     "QUOTA_LIMIT QUOTA_MAX_SHELLS QUOTA_MAX_SHELLUSERS QUOTA_MAX_SHELLS_PPQ"),
    (_S, "w:RenameFailure", "TargetAlreadyExists", "TARGET_ALREADY_EXISTS"),
    (_S, "w:RenameFailure", "InvalidAddress", "RENAME_FAILURE"),
    (_S, "w:RenameFailure", "InvalidSelectorAssignment", "RENAME_FAILURE"),
    (_S, "w:RenameFailure", None, "RENAME_FAILURE"),
    (_S, "w:SchemaValidationError", None, "SCHEMA_VALIDATION_ERROR"),
    (_R, "w:TimedOut", None, "OPERATION_TIMEDOUT"),
    (_R, "n:TimedOut", None, "ENUMERATE_TIMED_OUT"),
    (_R, "n:UnableToRenew", None, "ENUMERATE_UNABLE_TO_RENEW"),
    (_R, "e:UnableToRenew", None, "EVENTING_UNABLE_TO_RENEW"),
    (_S, "n:UnsupportedExpirationType", None, "ENUMERATE_UNSUPPORTED_EXPIRATION_TYPE"),
    (_S, "e:UnsupportedExpirationType", None, "EVENTING_UNSUPPORTED_EXPIRATION_TYPE"),
    (_S, "w:UnsupportedFeature", "AuthorizationMode", "AUTHORIZATION_MODE_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "AddressingMode", "UNSUPPORTED_ADDRESSING_MODE"),
    (_S, "w:UnsupportedFeature", "Ack", "ACK_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "OperationTimeout", "OPERATION_TIMEOUT_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "Locale",
     "MUSTUNDERSTAND_ON_LOCALE_UNSUPPORTED LOCALE_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "EnumerationMode", "ENUMERATION_MODE_UNSUPPORTED"),
    (_S, "w:UnsupportedFeature", "ExpirationTime", "EXPIRATION_TIME_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "FragmentLevelAccess", "FRAGMENT_TRANSFER_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "DeliveryRetries", "DELIVERY_RETRIES_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "Heartbeats", "HEARTBEATS_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "Bookmarks", "BOOKMARKS_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "MaxElements",
     "MAX_ELEMENTS_NOT_SUPPORTED MAXITEMS_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "MaxTime", "MAXTIME_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "MaxEnvelopeSize", "MAXENVELOPE_SIZE_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "MaxEnvelopePolicy", "MAXENVELOPE_POLICY_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "FilteringRequired", "FILTERING_REQUIRED_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "InsecureAddress", "INSECURE_ADDRESS_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "FormatMismatch", "FORMAT_MISMATCH_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "FormatSecurityToken", "FORMAT_SECURITY_TOKEN_NOT_SUPPORTED"),
    (_S, "w:UnsupportedFeature", "PolicyTooComplex", "POLICY_TOO_COMPLEX"),
    (_S, "w:UnsupportedFeature", "CannotComplyWithPolicy", "POLICY_CANNOT_COMPLY"),
    (_S, "w:UnsupportedFeature", "InvalidResourceURI", "REQUEST_NOT_SUPPORTED_AT_SERVICE"),
    (_S, "w:UnsupportedFeature", "AsynchronousRequest", "UNSUPPORTED_FEATURE"),
    (_S, "w:UnsupportedFeature", "MissingValues", "UNSUPPORTED_FEATURE"),
    (_S, "w:UnsupportedFeature", "InvalidValues", "UNSUPPORTED_FEATURE"),
    (_S, "w:UnsupportedFeature", "InvalidNamespace", "UNSUPPORTED_FEATURE"),
    (_S, "w:UnsupportedFeature", "OptionSet", "UNSUPPORTED_FEATURE"),
    (_S, "w:UnsupportedFeature", None, "UNSUPPORTED_FEATURE"),
    (_S, "b:PolymorphismModeNotSupported", None, "POLYMORPHISM_MODE_UNSUPPORTED"),
    (_R, "e:SourceShuttingDown", None, "SUBSCRIPTION_CLOSED"),
    (_R, "e:DeliveryFailure", None, "EVENTING_DELIVERYFAILED_FROMSOURCE"),
    (_R, "e:SourceCancelling", None, "EVENTING_SUBSCRIPTION_CANCELLED_BYSOURCE"),
    (_R, "w:EventDeliverToUnusable", "PolicyTooComplex", "POLICY_TOO_COMPLEX"),
    (_R, "w:EventDeliverToUnusable", "CannotComplyWithPolicy", "POLICY_CANNOT_COMPLY"),
)  # fmt: skip

ROWS: Final = tuple(
    Row(code, sub, detail, tuple(names.split())) for code, sub, detail, names in _LINES
)
"""The table."""

# openwsman writes these so; it also varies the case (UriLimitExceeded), which is never compared.
_MISSPELT: Final = {
    "ambigousselectors": "AmbiguousSelectors",
    "autherizationmode": "AuthorizationMode",
    "charechterset": "CharacterSet",
    "formatsecuritytocken": "FormatSecurityToken",
    "endpointunavilable": "EndpointUnavailable",
}
_DETAILS: Final = _MISSPELT | {row.detail.lower(): row.detail for row in ROWS if row.detail}


def _local(subcode: str) -> str:
    """Return a subcode without its prefix, spelt well and in lower case."""
    name = subcode.rpartition(":")[2].lower()
    return _MISSPELT.get(name, name).lower()


def _index() -> dict[tuple[str, str | None], Row]:
    """Return the rows by subcode and detail, both with the subcode's prefix and without."""
    index: dict[tuple[str, str | None], Row] = {}
    for row in ROWS:
        if row.subcode is not None:
            detail = row.detail and row.detail.lower()
            index.setdefault((row.subcode.lower(), detail), row)
            index.setdefault((_local(row.subcode), detail), row)
    return index


_BY_SUBCODE: Final = _index()
_BY_CODE: Final = {row.code: row for row in ROWS if row.subcode is None}
_BY_NAME: Final[Mapping[str, Row]] = {name: row for row in reversed(ROWS) for name in row.names}
_INTERNAL_ERROR: Final = _BY_NAME["PROVIDER_FAILURE"]


def known_detail(detail: str) -> str:
    """Return a detail as the specification spells it, without the URI it comes in.

    Windows Vista wrote `wsman:faultDetail/ResourceNotFound`, so only the last segment counts.
    """
    name = detail.strip().rpartition("/")[2]
    return _DETAILS.get(name.lower(), name)


def number_of(code: str, subcode: str | None, detail: str | None) -> int | None:
    """Return the Windows number of a fault by its codes (DSP0226).

    The row of subcode and detail, else that of the subcode, else that of the code, of which only
    those that never have a subcode tell anything. A subcode in a namespace that is not known
    counts by its local name. The code does not tell rows apart: servers disagree on it.
    """
    if subcode is None:
        return _first_number(_BY_CODE.get(code))
    wanted = None if detail is None else detail.lower()
    for name in (subcode.lower(), _local(subcode)):
        row = _BY_SUBCODE.get((name, wanted)) or _BY_SUBCODE.get((name, None))
        if row is not None:
            return NUMBERS[row.names[0]]
    return _first_number(_BY_CODE.get(code))


def _first_number(row: Row | None) -> int | None:
    return None if row is None else NUMBERS[row.names[0]]


def row_of(name: str) -> Row:
    """Return the row of a number's name; what has none Windows sends as w:InternalError."""
    return _BY_NAME.get(name, _INTERNAL_ERROR)
