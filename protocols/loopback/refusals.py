"""Why a request is refused, as Windows says it: the fault for each thing that can be wrong.

WinRM wraps what WMI says: a WSManFault of its own, in it the provider's fault with WMI's number and
text, and beside that WMI's extended status (n:CannotProcessFilter of Server 2008 R2, recorded).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mi.errors import (
    AccessDenied,
    AlreadyExists,
    InvalidClass,
    InvalidNamespace,
    InvalidParameter,
    InvalidQuery,
    MethodNotFound,
    MIError,
    NotFound,
    NotSupported,
    TypeMismatch,
)
from mi.instance import Instance
from mi.results import CimType
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.fault import Fault

__all__ = [
    "Refusal",
    "extended_status",
    "not_understood",
    "of_wmi",
    "refuse",
    "refuse_by_wmi",
    "wmi_number",
]

_PROVIDER: Final = "WMI Provider"
_QUERIES: Final = ("ExecQuery", "ExecNotificationQuery")

_TEXTS: Final = {
    "ACTION_MISMATCH": "The action is not one of the resource.",
    "ACTION_NOT_SUPPORTED": "The resource does not support the action.",
    "ALREADY_EXISTS": "The resource exists already.",
    "DIFFERENT_CIM_SELECTOR": "The resource URI and the selector name different namespaces.",
    "BOOKMARKS_NOT_SUPPORTED": "The resource has no bookmarks.",
    "BOOKMARK_EXPIRED": "The events behind the bookmark are not there any more.",
    "ENUMERATE_CANNOT_PROCESS_FILTER": "The filter cannot be processed: missing or not valid.",
    "ENUMERATE_FILTER_DIALECT_REQUESTED_UNAVAILABLE": "The filter dialect is not supported.",
    "ENUMERATION_MODE_UNSUPPORTED": "The enumeration mode is not supported.",
    "ERROR_ACCESS_DENIED": "Access is denied.",
    "ERROR_EVT_CHANNEL_NOT_FOUND": "The specified channel could not be found.",
    "ERROR_EVT_INVALID_QUERY": "The specified query is invalid.",
    "EVENTING_CONCURRENT_CLIENT_RECEIVE": "Another pull of the subscription is in progress.",
    "EVENTING_DELIVERY_MODE_REQUESTED_UNAVAILABLE": "The delivery mode is not supported.",
    "EVENTING_FAST_SENDER": "Events came faster than they were pulled.",
    "EVENTING_FILTERING_REQUESTED_UNAVAILABLE": "The filter dialect is not supported.",
    "EVENTING_INVALID_EXPIRATION_TIME": "The expiration time is not valid.",
    "EVENTING_INVALID_MESSAGE": "There is no such subscription.",
    "INSUFFCIENT_SELECTORS": "Selectors are missing: every key has to be named.",
    "INVALID_BOOKMARK": "The bookmark is not valid.",
    "INVALID_ENUMERATION_CONTEXT": "The enumeration context is not valid.",
    "INVALID_PARAMETER": "The parameters are not valid for the method.",
    "INVALID_REPRESENTATION": "The body is not a valid representation of the resource.",
    "INVALID_SELECTORS": "The selectors are not valid for the resource.",
    "INVALID_URI_WMI_ENUM_WQL": "A query needs a resource URI that ends in an asterisk.",
    "INVALID_URI_WMI_SINGLETON": "The class has one instance, so it takes no keys.",
    "MAX_ENVELOPE_SIZE_EXCEEDED": "The reply is larger than the envelope that was asked for.",
    "MESSAGE_INFORMATION_HEADER_REQUIRED": "A header that is required is missing.",
    "MIN_ENVELOPE_SIZE": "The envelope that was asked for is too small; the least is 8192 bytes.",
    "MISSING_CLASSNAME": "The selector ClassName is missing.",
    "OBJECTONLY_INVALID": "A query that names properties returns objects only.",
    "OPERATION_TIMEDOUT": "The operation cannot be completed within OperationTimeout.",
    "POWERSHELL_PLUGIN": "The fragments of PowerShell cannot be read.",
    "PROVIDER_FAILURE": "The provider could not do what it was asked for.",
    "PULL_IN_PROGRESS": "Another pull of the enumeration is in progress.",
    "PULL_PARAMS_NOT_SAME_AS_ENUM": "The pull is not of the resource that was enumerated.",
    "RESOURCE_NOT_FOUND": "The resource that the request is for was not found.",
    "SCHEMA_VALIDATION_ERROR": "The body of the request is not valid.",
    "SELECTOR_TYPEMISMATCH": "The value of a selector does not fit the type of its key.",
    "SEMANTICCALLBACK_TIMEDOUT": "Nobody waits for the answer any more.",
    "SOAP_FAULT_MUST_UNDERSTAND": "A header that must be understood is not.",
    "SUBSCRIPTION_CLIENT_DID_NOT_CALL_WITHIN_HEARTBEAT": "The subscription was closed, for the"
    " client did not pull within the heartbeat interval.",
    "SUBSCRIPTION_CLOSED": "The subscription is closed.",
    "URI_NON_DMTF_CLASS": "The class is none of the DMTF's, and the resource URI is.",
    "UNEXPECTED_SELECTORS": "The request has selectors that the resource does not.",
    "COMMAND_ALREADY_CLOSED": "The command is closed already.",
    "CONCURRENCY": "Another command of the shell is in progress.",
    "ENUMERATE_SHELLCOMMANDS_EPRS_NOTSUPPORTED": "Commands have no references.",
    "ENUMERATE_SHELLCOMMANDS_FILTER_EXPECTED": "A filter has to name the shell of the commands.",
    "ERROR_FILE_NOT_FOUND": "The system cannot find the file specified.",
    "ERROR_OPERATION_ABORTED": "The I/O operation has been aborted because of either a thread exit"
    " or an application request.",
    "IDLETIMEOUT_OUTOFBOUNDS": "The idle timeout is not within the bounds of the service.",
    "INVALID_OPTIONS": "An option is not supported, and must be complied with.",
    "QUOTA_MAX_COMMANDS_PER_SHELL_PPQ": "The shell has as many commands as it may have.",
    "QUOTA_MAX_OPERATIONS": "The user has as many operations under way as are allowed.",
    "QUOTA_MAX_SHELLS": "The user has as many shells as are allowed.",
    "SERVER_ENVELOPE_LIMIT": "The request is larger than the envelope that the service takes.",
    "SHELL_CLIENTSESSIONID_MISMATCH": "The shell was opened by another session.",
    "SHELL_CONNECTED_TO_DIFFERENT_CLIENT": "The shell is connected to another client.",
    "SHELL_DISCONNECTED": "The shell is disconnected.",
    "SHELL_DISCONNECT_NOT_SUPPORTED": "The shell cannot be disconnected.",
    "SHELL_INVALID_COMMAND_HANDLE": "The shell has no streams of its own.",
    "SHELL_INVALID_DESIRED_STREAMS": "The shell has no such output stream.",
    "SHELL_INVALID_INPUT_STREAM": "The shell has no such input stream.",
}

# WMI's number for an error of the repository, and that of WinRM around it.
_WMI_NUMBERS: Final[tuple[tuple[type[MIError], str, str], ...]] = (
    (InvalidNamespace, "WBEM_E_INVALID_NAMESPACE", "RESOURCE_NOT_FOUND"),
    (InvalidClass, "WBEM_E_INVALID_CLASS", "RESOURCE_NOT_FOUND"),
    (InvalidQuery, "WBEM_E_INVALID_QUERY", "RESOURCE_NOT_FOUND"),
    (AccessDenied, "WBEM_E_ACCESS_DENIED", "ERROR_ACCESS_DENIED"),
    (NotFound, "WBEM_E_NOT_FOUND", "RESOURCE_NOT_FOUND"),
    (AlreadyExists, "WBEM_E_ALREADY_EXISTS", "ALREADY_EXISTS"),
    (MethodNotFound, "WBEM_E_INVALID_METHOD", "PROVIDER_FAILURE"),
    (NotSupported, "WBEM_E_PROVIDER_NOT_CAPABLE", "PROVIDER_FAILURE"),
    (TypeMismatch, "WBEM_E_TYPE_MISMATCH", "PROVIDER_FAILURE"),
    (InvalidParameter, "WBEM_E_INVALID_PARAMETER", "PROVIDER_FAILURE"),
    (MIError, "WBEM_E_FAILED", "PROVIDER_FAILURE"),
)


class Refusal(Exception):
    """A request that is answered by a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def refuse(name: str, explanation: str = "") -> Refusal:
    """Return the refusal by the fault whose number is called `name`.

    Args:
        name: the name of its number.
        explanation: what exactly is wrong, for the innermost text.
    """
    fault = Fault.of(name, _TEXTS[name])
    return Refusal(replace(fault, message=explanation) if explanation else fault)


def not_understood(headers: tuple[str, ...]) -> Refusal:
    """Return the refusal of headers that must be understood, which has no detail (recorded)."""
    fault = refuse("SOAP_FAULT_MUST_UNDERSTAND").fault
    return Refusal(replace(fault, wsman_codes=(), not_understood=headers))


def of_wmi(error: MIError, operation: str, parameter: str) -> Refusal:
    """Return the refusal of what WMI, that is the repository, could not do.

    Args:
        error: what it says.
        operation: WMI's name of what it was asked to do: `GetObject`, `ExecQuery` ….
        parameter: what it was asked for: a path, a query, a class.
    """
    number, name = _names_of(error)
    if operation in _QUERIES and not isinstance(error, InvalidNamespace):
        name = "ENUMERATE_CANNOT_PROCESS_FILTER"
    return _of_provider(name, number, error.message, extended_status(operation, parameter, number))


def refuse_by_wmi(number: str, explanation: str, parameter: str) -> Refusal:
    """Return the refusal of a method call by one of WMI's numbers, by its name."""
    status = extended_status("ExecMethod", parameter, number)
    return _of_provider("PROVIDER_FAILURE", number, explanation, status)


def _of_provider(name: str, number: str, message: str, status: Instance) -> Refusal:
    fault = Fault.of(name, _TEXTS[name], provider=_PROVIDER)
    codes = (*fault.wsman_codes, NUMBERS[number])
    return Refusal(replace(fault, message=message, wsman_codes=codes, extended_status=status))


def wmi_number(error: MIError) -> str:
    """Return the name of WMI's number for what the repository could not do."""
    return _names_of(error)[0]


def _names_of(error: MIError) -> tuple[str, str]:
    return next((one, other) for kind, one, other in _WMI_NUMBERS if isinstance(error, kind))


def extended_status(operation: str, parameter: str, number: str) -> Instance:
    """Return what WMI tells beside the number of a failure, itself given by its name."""
    status = Instance("__ExtendedStatus")
    for name, value, cim_type in (
        ("Description", None, CimType.STRING),
        ("Operation", operation, CimType.STRING),
        ("ParameterInfo", parameter, CimType.STRING),
        ("ProviderName", "WinMgmt", CimType.STRING),
        ("StatusCode", NUMBERS[number], CimType.UINT32),
    ):
        status.add(name, value, cim_type)
    return status
