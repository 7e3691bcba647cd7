"""CIM_Error instances made here, for errors to which no server sent one of its own.

Built as MI_Utilities_CimErrorFromErrorCode builds them, in the class that Windows itself uses,
MSFT_WmiError (its properties: reference of CIM_Error in CIM 2.x, and MI's additions).
"""

from __future__ import annotations

from mi.errors import MIError
from mi.instance import Instance
from mi.results import CimType

__all__ = ["describe"]

_FATAL = 7  # CIM_Error.PerceivedSeverity
_UNKNOWN_CAUSE = 0  # CIM_Error.ProbableCause
_NAMESPACE = "root"


def describe(error: MIError) -> Instance:
    """Return an MSFT_WmiError instance with the facts of `error`."""
    instance = Instance("MSFT_WmiError", namespace=_NAMESPACE)
    code = int(error.result) if error.native_code is None else error.native_code
    for name, value, cim_type in (
        ("CIMStatusCode", int(error.result), CimType.UINT32),
        ("CIMStatusCodeDescription", error.result.name, CimType.STRING),
        ("Message", error.message, CimType.STRING),
        ("MessageID", _message_id(error), CimType.STRING),
        ("OwningEntity", "management-infrastructure", CimType.STRING),
        ("PerceivedSeverity", _FATAL, CimType.UINT16),
        ("ProbableCause", _UNKNOWN_CAUSE, CimType.UINT16),
        ("ProbableCauseDescription", "Unknown", CimType.STRING),
        ("RecommendedActions", [error.advice] if error.advice else None, CimType.STRING_ARRAY),
        ("error_Category", int(error.category), CimType.UINT16),
        ("error_Code", code & 0xFFFFFFFF, CimType.UINT32),
        ("error_Type", error.native_type or "MI", CimType.STRING),
    ):
        instance.add(name, value, cim_type)
    return instance


def _message_id(error: MIError) -> str:
    if error.native_code is None:
        return f"MI RESULT {int(error.result)}"
    return f"{error.native_type or 'HRESULT'} 0x{error.native_code & 0xFFFFFFFF:08x}"


MIError.describe = describe
