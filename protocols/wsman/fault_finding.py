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
from protocols.wsman.fault_codes import (
    MEANINGS,
    NUMBERS,
    Meaning,
    meaning_of,
    meaning_of_result,
    native_type,
)
from protocols.wsman.fault_detail import number_from
from protocols.wsman.fault_subcodes import number_of

if TYPE_CHECKING:
    from protocols.wsman.fault import Fault

__all__ = ["Finding", "decide"]

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


_FAILED: Final = MEANINGS[NUMBERS["PROVIDER_FAILURE"]]


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
            or self.meaning.advice is not None
        )


def decide(fault: Fault) -> Finding:
    """Return the meaning that decides, with its number, or else the number nearest to the cause."""
    findings = [found for found in _findings(fault) if found is not None]
    decisive = next((found for found in findings if found.is_telling), Finding(_FAILED))
    for found in (decisive, *findings):
        if found.number is not None:
            return Finding(decisive.meaning, found.number, found.native_type)
    return decisive


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
    return None if number is None else Finding(_result(number), number, "MI")


def _error_findings(error: Instance) -> Iterator[Finding | None]:
    """Yield what an instance of CIM_Error says: MSFT_WmiError, OMI_Error or a provider's own."""
    kind = str(error.get("error_Type") or "").upper() or None
    code = number_from(error.get("error_Code"))
    yield _resulted(code) if kind == "MI" else _coded(code, kind)
    named = _OMI_MESSAGE_ID.match(str(error.get("MessageID") or ""))
    yield _resulted(int(named[1])) if named else None
    yield _resulted(number_from(error.get("CIMStatusCode")))


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
