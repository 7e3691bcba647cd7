"""CIM_Error instances made here, for errors to which no server sent one of its own.

Built as MI_Utilities_CimErrorFromErrorCode builds them, in the class that Windows itself uses:
MSFT_WmiError, which is CIM_Error (CIM schema 2.x) and four properties of MI's own. Types are those
that Windows states when it sends one in a fault.
"""

from __future__ import annotations

from mi.errors import MIError
from mi.instance import Instance
from mi.results import CimType, ErrorCategory

__all__ = ["describe"]

_FATAL = 7  # CIM_Error.PerceivedSeverity
# CIM_Error.ErrorType and ProbableCause by category; a cause has a number where MI knows one.
_KINDS = {
    ErrorCategory.CONNECTION_ERROR: (2, 6, "Connection Error"),
    ErrorCategory.PROTOCOL_ERROR: (2, 0, "Unknown"),
    ErrorCategory.ACCESS_DENIED: (7, 0, "Unknown"),
    ErrorCategory.SECURITY_ERROR: (7, 117, "Authentication or Encryption Failure"),
    ErrorCategory.AUTHENTICATION_ERROR: (7, 60, "Authentication Failure"),
    ErrorCategory.LIMITS_EXCEEDED: (8, 26, "Server Limits Exceeded"),
    ErrorCategory.QUOTA_EXCEEDED: (8, 26, "Server Limits Exceeded"),
    ErrorCategory.RESOURCE_UNAVAILABLE: (9, 0, "Unknown"),
    ErrorCategory.NOT_IMPLEMENTED: (10, 0, "Unknown"),
    ErrorCategory.OPERATION_TIMEOUT: (4, 111, "Timeout"),
}
_SOFTWARE = (4, 0, "Unknown")
_UNSIGNED = 0xFFFFFFFF  # an HRESULT may come as a negative number


def describe(error: MIError) -> Instance:
    """Return an MSFT_WmiError instance with the facts of `error`."""
    instance = Instance("MSFT_WmiError")
    native_type = _native_type(error)
    kind, cause, cause_text = _KINDS.get(error.category, _SOFTWARE)
    code = int(error.result) if error.native_code is None else error.native_code & _UNSIGNED
    for name, value, cim_type in (
        ("CIMStatusCode", int(error.result), CimType.UINT32),
        ("CIMStatusCodeDescription", error.result.name, CimType.STRING),
        ("ErrorType", kind, CimType.UINT16),
        ("Message", error.message, CimType.STRING),
        ("MessageID", _message_id(native_type, code), CimType.STRING),
        ("OwningEntity", "management-infrastructure", CimType.STRING),
        ("PerceivedSeverity", _FATAL, CimType.UINT16),
        ("ProbableCause", cause, CimType.UINT16),
        ("ProbableCauseDescription", cause_text, CimType.STRING),
        ("RecommendedActions", [error.advice] if error.advice else None, CimType.STRING_ARRAY),
        ("error_Category", int(error.category), CimType.UINT32),
        ("error_Code", code, CimType.UINT32),
        ("error_Type", native_type, CimType.STRING),
    ):
        instance.add(name, value, cim_type)
    return instance


def _native_type(error: MIError) -> str:
    if error.native_code is None:
        return "MI"
    return error.native_type or "HRESULT"


def _message_id(native_type: str, code: int) -> str:
    """Return the code as Windows writes it: `MI RESULT 6`, `HRESULT 0x803381a6`, `WINDOWS 5`."""
    return _MESSAGE_IDS.get(native_type, "{native_type} 0x{code:08x}").format(
        native_type=native_type, code=code
    )


_MESSAGE_IDS = {
    "MI": "MI RESULT {code}",
    "WIN32": "WINDOWS {code}",
    "ERRNO": "CRT errno {code}",
    "HTTP": "HTTP {code}",
}
