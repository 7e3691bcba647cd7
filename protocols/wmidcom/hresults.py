r"""What a number means that WMI, COM or the RPC runtime answers with: one table, one error.

WMI's own numbers, and those of the system, mean what they mean in a fault of WinRM, so their rows
are shared (`protocols.meanings`). Here are those that only DCOM has, and the sentences that differ:
the way to WMI by DCOM has doors that WinRM's does not have, and not those of WinRM.

The number comes as an HRESULT, as the status of an RPC fault (C706 appendix E, MS-RPCE 2.2.2.6), or
as an error of the system, which may stand in an HRESULT (HRESULT_FROM_WIN32).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mi.cim_error import describe
from mi.errors import MIError, error_for
from mi.instance import Instance
from mi.results import CimType, ErrorCategory, Result
from protocols.meanings import advice
from protocols.meanings.circumstances import NOWHERE, Circumstances
from protocols.meanings.meaning import Meaning, Row, by_number, found_in
from protocols.meanings.numbers import MEANINGS, native_type
from protocols.meanings.numbers import meaning_of as shared_meaning
from protocols.wmidcom.services import WbemError

__all__ = ["DCOM_ROWS", "NoClass", "error_of", "is_number", "meaning_of"]

_R = Result
_C = ErrorCategory

AT_THE_DOOR: Final = (
    "Let {user} in on the server: add it to the group Distributed COM Users there, or give it"
    " Remote Launch and Remote Activation in dcomcnfg; a local account other than Administrator"
    " needs LocalAccountTokenFilterPolicy set to 1, too."
)
IN_THE_NAMESPACE: Final = (
    "Give {user} Enable Account and Remote Enable on {namespace}: wmimgmt.msc, WMI Control,"
    " Properties, Security. If it has them, the provider of {class} asks for more, which most often"
    " is to be an administrator."
)
WMI_EVENT_LOG: Final = (
    "Look into the server's event log Microsoft-Windows-WMI-Activity/Operational for what failed."
)
WMI_SERVICE: Final = "Check that the service Winmgmt runs on the server, and try again."
FIREWALL: Final = (
    "Let WMI through the server's firewall: Enable-NetFirewallRule -DisplayGroup 'Windows"
    " Management Instrumentation (WMI)'."
)
LEVEL: Final = "Leave packet_privacy= out: the server wants messages that are sealed."
VERSION: Final = "Use protocol='WINRM' for this server: it does not speak DCOM as this client does."
ACCOUNT: Final = "Have the account of {user} looked at: it cannot be used to log on now."
BOOK_KEEPING: Final = "Do it again: the server has forgotten what this session had open there."

DCOM_ROWS: Final[tuple[Row, ...]] = (
    # Errors of the system
    (1326, "ERROR_LOGON_FAILURE", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, advice.LOGON),
    (1327, "ERROR_ACCOUNT_RESTRICTION", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, ACCOUNT),
    (1330, "ERROR_PASSWORD_EXPIRED", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, ACCOUNT),
    (1331, "ERROR_ACCOUNT_DISABLED", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, ACCOUNT),
    (1385, "ERROR_LOGON_TYPE_NOT_GRANTED", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, ACCOUNT),
    (1909, "ERROR_ACCOUNT_LOCKED_OUT", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, ACCOUNT),
    (1723, "RPC_S_SERVER_TOO_BUSY", _R.SERVER_LIMITS_EXCEEDED, None, advice.LATER),
    (1727, "RPC_S_CALL_FAILED_DNE", _R.FAILED, _C.RESOURCE_UNAVAILABLE, FIREWALL),
    (1728, "RPC_S_PROTOCOL_ERROR", _R.FAILED, _C.PROTOCOL_ERROR, VERSION),
    (1745, "RPC_S_PROCNUM_OUT_OF_RANGE", _R.NOT_SUPPORTED, None, VERSION),
    (1753, "EPT_S_NOT_REGISTERED", _R.FAILED, _C.RESOURCE_UNAVAILABLE, FIREWALL),
    (1764, "RPC_S_CANNOT_SUPPORT", _R.NOT_SUPPORTED, None, VERSION),
    (1783, "RPC_X_BAD_STUB_DATA", _R.FAILED, _C.PROTOCOL_ERROR, VERSION),
    (1818, "RPC_S_CALL_CANCELLED", _R.FAILED, _C.OPERATION_STOPPED, advice.AGAIN),
    (1825, "RPC_S_SEC_PKG_ERROR", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, advice.LOGON),
    (1910, "OR_INVALID_OXID", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    (1911, "OR_INVALID_OID", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    (1912, "OR_INVALID_SET", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    # Statuses of RPC faults
    (0x1C010002, "nca_s_op_rng_error", _R.NOT_SUPPORTED, None, VERSION),
    (0x1C010003, "nca_s_unk_if", _R.NOT_SUPPORTED, None, VERSION),
    (0x1C01000B, "nca_s_proto_error", _R.FAILED, _C.PROTOCOL_ERROR, VERSION),
    (0x1C010014, "nca_s_server_too_busy", _R.SERVER_LIMITS_EXCEEDED, None, advice.LATER),
    (0x1C010017, "nca_s_unsupported_type", _R.NOT_SUPPORTED, None, VERSION),
    (0x1C00001A, "nca_s_fault_context_mismatch", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    (0x1C00001B, "nca_s_fault_remote_no_memory", _R.SERVER_LIMITS_EXCEEDED, None, advice.MEMORY),
    # COM and DCOM
    (0x80004001, "E_NOTIMPL", _R.NOT_SUPPORTED, None, advice.INCAPABLE),
    (0x80004002, "E_NOINTERFACE", _R.NOT_SUPPORTED, None, VERSION),
    (0x80004003, "E_POINTER", _R.INVALID_PARAMETER, None, advice.PARAMETER),
    (0x80004005, "E_FAIL", _R.FAILED, None, WMI_EVENT_LOG),
    (0x8000FFFF, "E_UNEXPECTED", _R.FAILED, None, WMI_EVENT_LOG),
    (0x80010002, "RPC_E_CALL_CANCELED", _R.FAILED, _C.OPERATION_STOPPED, advice.AGAIN),
    (0x80010105, "RPC_E_SERVERFAULT", _R.FAILED, None, WMI_EVENT_LOG),
    (0x80010108, "RPC_E_DISCONNECTED", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    (0x8001010A, "RPC_E_SERVERCALL_RETRYLATER", _R.SERVER_LIMITS_EXCEEDED, None, advice.LATER),
    (0x80010110, "RPC_E_VERSION_MISMATCH", _R.NOT_SUPPORTED, None, VERSION),
    (0x80010111, "RPC_E_INVALID_HEADER", _R.FAILED, _C.PROTOCOL_ERROR, VERSION),
    (0x80010113, "RPC_E_INVALID_IPID", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    (0x80010114, "RPC_E_INVALID_OBJECT", _R.FAILED, _C.RESOURCE_UNAVAILABLE, BOOK_KEEPING),
    (0x8001011B, "RPC_E_ACCESS_DENIED", _R.ACCESS_DENIED, None, AT_THE_DOOR),
    (0x8001011C, "RPC_E_REMOTE_DISABLED", _R.ACCESS_DENIED, _C.NOT_ENABLED,
     "Enable DCOM on the server: dcomcnfg, My Computer, Properties, Default Properties."),
    (0x8001011F, "RPC_E_TIMEOUT", _R.FAILED, _C.OPERATION_TIMEOUT, advice.LONGER),
    (0x80040154, "REGDB_E_CLASSNOTREG", _R.FAILED, _C.NOT_INSTALLED, WMI_SERVICE),
    (0x80080005, "CO_E_SERVER_EXEC_FAILURE", _R.FAILED, _C.RESOURCE_UNAVAILABLE, WMI_SERVICE),
    (0x80090302, "SEC_E_UNSUPPORTED_FUNCTION", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR,
     advice.LOGON),
    (0x80090308, "SEC_E_INVALID_TOKEN", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, advice.LOGON),
    (0x8009030C, "SEC_E_LOGON_DENIED", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR, advice.LOGON),
    (0x80090322, "SEC_E_WRONG_PRINCIPAL", _R.ACCESS_DENIED, _C.AUTHENTICATION_ERROR,
     advice.MUTUAL),
)  # fmt: skip
"""The numbers that only DCOM has; those of WMI and the system are in `protocols.meanings`."""

# What the rows of others say of WinRM, in DCOM's words.
_SENTENCES: Final[Mapping[str, str]] = {
    "WBEM_E_ACCESS_DENIED": IN_THE_NAMESPACE,
    "ERROR_ACCESS_DENIED": AT_THE_DOOR,
    "E_ACCESSDENIED": AT_THE_DOOR,
    "WBEM_E_ENCRYPTED_CONNECTION_REQUIRED": LEVEL,
    "RPC_S_SERVER_UNAVAILABLE": FIREWALL,
    "HRESULT_RPC_S_SERVER_UNAVAILABLE": FIREWALL,
    "WBEM_E_NOT_AVAILABLE": WMI_SERVICE,
}
_KINDS_OF_SENTENCES: Final[Mapping[str, str]] = {
    advice.EVENT_LOG: WMI_EVENT_LOG,
    advice.SERVICE: WMI_SERVICE,
}
_OWN: Final[Mapping[int, Meaning]] = by_number(DCOM_ROWS)
_FAILED: Final = MEANINGS[0x80041001]
_NO_CLASS: Final = MEANINGS[0x80041010]
_UNSIGNED: Final = 0xFFFFFFFF
_PREFIXES: Final = ("HRESULT_", "WBEM_E_", "WBEMESS_E_", "RPC_E_", "RPC_S_", "ERROR_", "SEC_E_")
# Of names that say nothing to whoever reads them.
_TEXTS: Final[Mapping[str, str]] = {
    "E_ACCESSDENIED": "access denied",
    "E_FAIL": "unspecified failure",
    "E_INVALIDARG": "invalid argument",
    "E_NOINTERFACE": "no such interface",
    "E_NOTIMPL": "not implemented",
    "E_OUTOFMEMORY": "out of memory",
    "E_POINTER": "invalid pointer",
    "E_UNEXPECTED": "unexpected failure",
    "REGDB_E_CLASSNOTREG": "WMI is not registered",
    "CO_E_SERVER_EXEC_FAILURE": "WMI could not be started",
    "nca_s_op_rng_error": "no such operation",
    "nca_s_unk_if": "no such interface",
}
_EXTENDED_STATUS: Final = "MSFT_ExtendedStatus"  # MSFT_WmiError and what WMI itself said


class NoClass(WbemError):
    """The failure of a request for a class that is not there.

    WMI answers it like any for an object, by WBEM_E_NOT_FOUND; to MI it is INVALID_CLASS.
    """


def meaning_of(number: int) -> Meaning | None:
    """Return the row of a number, or None; an error of the system may come as an HRESULT of it."""
    return found_in(_OWN, number) or shared_meaning(number)


def is_number(error: WbemError, *names: str) -> bool:
    """Return whether a failure has one of some names."""
    meaning = meaning_of(error.hresult)
    return meaning is not None and meaning.name in names


def error_of(failure: WbemError, circumstances: Circumstances = NOWHERE) -> MIError:
    """Return the error of the library that a failure is.

    Its `native_code` is the number, its message the provider's where the server sent a status, and
    its `extended_error` an MSFT_ExtendedStatus with that status, or else an MSFT_WmiError.

    Args:
        failure: what the transport was answered.
        circumstances: what was asked for, and by whom.
    """
    number = failure.hresult & _UNSIGNED
    known = meaning_of(number)
    meaning = _NO_CLASS if isinstance(failure, NoClass) else known or _FAILED
    sentence = _SENTENCES.get(meaning.name) or _KINDS_OF_SENTENCES.get(
        meaning.advice, meaning.advice
    )
    facts: dict[str, Any] = {
        "category": meaning.category,
        "native_code": number,
        "native_type": native_type(number),
        "advice": sentence.format_map(circumstances.words),
    }
    text = _text(number, known, failure.status)
    error = error_for(meaning.result, text, **facts)
    if failure.status is None:
        return error
    extended = _extended(error, failure.status)
    return error_for(meaning.result, text, extended_error=extended, **facts)


def _text(number: int, known: Meaning | None, status: Instance | None) -> str:
    """Return what WMI says of it, or else what the name of the number says."""
    said = _said(status, "Description") or _named(known)
    name = f"{known.name}, " if known is not None else ""
    about = [_said(status, part) for part in ("Operation", "ParameterInfo")]
    where = ": ".join(part for part in about if part)
    return f"{said} ({name}0x{number:08X}{f'; {where}' if where else ''})"


def _named(known: Meaning | None) -> str:
    if known is None:
        return "the server failed"
    name = known.name
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return _TEXTS.get(name) or name.replace("_", " ").lower()


def _said(status: Instance | None, name: str) -> str:
    said = None if status is None else status.get(name)
    return said.strip() if isinstance(said, str) else ""


def _extended(error: MIError, status: Instance) -> Instance:
    extended = Instance(_EXTENDED_STATUS)
    for element in describe(error).elements():
        extended.add(element.name, element.value, element.type)
    extended.add("original_error", status, CimType.INSTANCE)
    return extended
