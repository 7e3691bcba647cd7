"""What a fault means to MI, found by asking each place in it, nearest to the cause first.

Servers say one thing in up to six places: the status of WMI, the number in an MSFT_WmiError, the
nested WSManFaults, the MI result in an OMI_Error, OMI's texts, and the fault's own codes. The
first that says more than "it failed" decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from mi.instance import Instance
from mi.results import ErrorCategory, Result
from protocols.meanings import advice
from protocols.meanings.meaning import Meaning
from protocols.meanings.numbers import (
    MEANINGS,
    NUMBERS,
    meaning_of,
    meaning_of_errno,
    meaning_of_result,
    native_type,
)
from protocols.wsman.denials import Evidence
from protocols.wsman.fault_detail import number_from
from protocols.wsman.fault_subcodes import number_of

if TYPE_CHECKING:
    from protocols.wsman.fault import Fault

__all__ = ["Finding", "decide", "evidence_in"]

_OMI_MESSAGE_ID: Final = re.compile(r"OMI:MI_Result:([0-9]{1,10})\Z")
_OMI_RESULT_TEXT: Final = re.compile(r"CIM ERROR:([A-Z_]+)")
# OMI sends these with no detail at all.
_OMI_TEXTS: Final = (
    ("Enumeration context not found", Result.INVALID_ENUMERATION_CONTEXT),
    ("get-instance: instance name parameter is missing", Result.INVALID_PARAMETER),
    ("mandatory parameters (className, namespace) are missing", Result.INVALID_PARAMETER),
    ("Failed to parse XML.", Result.INVALID_PARAMETER),
    ("OperationTimeout must be xs:duration", Result.INVALID_OPERATION_TIMEOUT),
)

# OMI's ids of CIM_Error.ProbableCause, and the numbers that mean the same.
_CAUSES: Final = {
    26: NUMBERS["QUOTA_LIMIT"],
    60: NUMBERS["FAILED_AUTHENTICATION"],
    111: NUMBERS["OPERATION_TIMEDOUT"],
    117: NUMBERS["FAILED_AUTHENTICATION"],
}
_MI: Final = "MI"
_ERRNO: Final = "ERRNO"
_FAILED: Final = MEANINGS[NUMBERS["PROVIDER_FAILURE"]]
# Of what nobody can say more than where to look.
_VAGUE: Final = (advice.EVENT_LOG, advice.LOG)
# Who speaks in an extended status if it is WMI itself, and none of its providers.
_WMI: Final = ("", "winmgmt")


class Finding(NamedTuple):
    """What one place in a fault says, or all of them together.

    Attributes:
        meaning: what that means to MI.
        number: the server's number, or None where it gave none.
        native_type: what kind of number that is.
    """

    meaning: Meaning
    number: int | None = None
    native_type: str | None = None

    @property
    def is_telling(self) -> bool:
        """Whether it says more than that something failed."""
        return (
            self.meaning.result is not Result.FAILED
            or self.meaning.category is not ErrorCategory.NOT_SPECIFIED
            or self.meaning.advice not in _VAGUE
        )

    @property
    def is_known(self) -> bool:
        """Whether there is a number that has a row of its own, or none at all."""
        if self.number is None or self.native_type in (_MI, _ERRNO):
            return True
        return meaning_of(self.number) is not None


def decide(fault: Fault) -> Finding:
    """Return the meaning that decides, with its number, or else the number nearest to the cause."""
    findings = [found for found in _findings(fault) if found is not None]
    decisive = next((found for found in findings if found.is_telling), Finding(_FAILED))
    for found in (decisive, *findings):
        if found.number is not None:
            return Finding(decisive.meaning, found.number, found.native_type)
    return decisive


def evidence_in(fault: Fault) -> Evidence:
    """Return what a fault says about who denied something, and where."""
    status = fault.extended_status
    provider = "" if status is None else str(status.get("ProviderName") or "")
    return Evidence(
        frozenset(
            found.number
            for found in _findings(fault)
            if found is not None and found.number is not None and found.native_type != _MI
        ),
        is_of_wmi="wmi" in (fault.provider or "").lower() or status is not None,
        is_of_provider=provider.strip().lower() not in _WMI,
    )


def _findings(fault: Fault) -> Iterator[Finding | None]:
    if fault.extended_status is not None:
        yield _coded(number_from(fault.extended_status.get("StatusCode")))
    if fault.extended_error is not None:
        yield from _error_findings(fault.extended_error)
    yield from map(_coded, reversed(fault.wsman_codes))
    yield _omi_finding(fault.reason)
    yield _coded(number_of(fault.code, fault.subcode, fault.detail), is_sent=False)


def _coded(number: int | None, kind: str | None = None, *, is_sent: bool = True) -> Finding | None:
    """Return what a Windows number says; one that we put for a subcode is not the server's."""
    if number is None:
        return None
    meaning = meaning_of(number) or _FAILED
    return Finding(meaning, number, kind or native_type(number)) if is_sent else Finding(meaning)


def _resulted(number: int | None) -> Finding | None:
    """Return what one of MI's results says."""
    return None if number is None else Finding(_result(number), number, _MI)


def _error_findings(error: Instance) -> Iterator[Finding | None]:
    """Yield what an instance of CIM_Error says: MSFT_WmiError, OMI_Error or a provider's own."""
    kind = str(error.get("error_Type", error.get("OMI_Type")) or "").upper() or None
    code = number_from(error.get("error_Code", error.get("OMI_Code")))
    if kind == _MI:
        yield _resulted(code)
    elif kind == _ERRNO and code is not None:
        yield Finding(meaning_of_errno(code) or _FAILED, code, _ERRNO)
    else:
        yield _coded(code, kind)
    named = _OMI_MESSAGE_ID.match(str(error.get("MessageID") or ""))
    yield _resulted(int(named[1])) if named else None
    yield _resulted(number_from(error.get("CIMStatusCode")))
    cause = _CAUSES.get(number_from(error.get("ProbableCause")) or 0)
    yield _coded(cause, is_sent=False)


def _omi_finding(reason: str) -> Finding | None:
    named = _OMI_RESULT_TEXT.match(reason)
    if named is not None and named[1] in Result.__members__:
        return Finding(_result(Result[named[1]]))
    for text, result in _OMI_TEXTS:
        if reason.startswith(text):
            return Finding(_result(result))
    return None


def _result(number: int) -> Meaning:
    return meaning_of_result(number) or _FAILED
