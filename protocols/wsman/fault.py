"""SOAP faults: what a server says went wrong, as a value, and that value as an `MIError`.

Reading never fails: a fault with half its parts missing still is one. What it means is found in
`fault_finding`, by the tables of `protocols.meanings` and `fault_subcodes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from mi.errors import MIError, error_for
from mi.instance import Instance
from mi.results import ErrorCategory, Result
from protocols.meanings.advice import DENIED
from protocols.meanings.circumstances import NOWHERE, Circumstances
from protocols.meanings.numbers import NUMBERS
from protocols.wsman import soap
from protocols.wsman.denials import denial_of
from protocols.wsman.fault_detail import Detail, number_from, read_detail
from protocols.wsman.fault_finding import Finding, decide, evidence_in
from protocols.wsman.fault_kinds import CLOSED, KEEPS_CONTEXT, QUOTAS, TIMEOUTS
from protocols.wsman.fault_subcodes import known_detail, number_of, row_of
from protocols.wsman.namespaces import (
    ADDRESSING_FAULT,
    CIM_BINDING_FAULT,
    ENUMERATION_FAULT,
    EVENTING_FAULT,
    PREFIXES,
    SOAP,
    TRANSFER_FAULT,
    WSMAN,
    WSMAN_FAULT_ACTION,
    XML,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Fault"]

_CODE: Final = f"{{{SOAP}}}Code"
_VALUE: Final = f"{{{SOAP}}}Value"
_SUBCODE: Final = f"{{{SOAP}}}Subcode"
_REASON_TEXT: Final = f"{{{SOAP}}}Reason/{{{SOAP}}}Text"
_DETAIL: Final = f"{{{SOAP}}}Detail"
_FAULT_DETAIL: Final = f"{{{WSMAN}}}FaultDetail"
_NOT_UNDERSTOOD: Final = f"{{{SOAP}}}NotUnderstood"
_LANGUAGE: Final = f"{{{XML}}}lang"
_PREFIX_OF: Final = {uri: prefix for prefix, uri in PREFIXES.items()}
_ACTIONS: Final = {
    "a": ADDRESSING_FAULT,
    "n": ENUMERATION_FAULT,
    "x": TRANSFER_FAULT,
    "e": EVENTING_FAULT,
    "b": CIM_BINDING_FAULT,
}
# A server that names one of these means its own connections and formats, not ours with it.
_CATEGORIES: Final = {
    int(category): category
    for category in ErrorCategory
    if category
    not in (
        ErrorCategory.NOT_SPECIFIED,
        ErrorCategory.CONNECTION_ERROR,
        ErrorCategory.PROTOCOL_ERROR,
    )
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault (SOAP 1.2 part 1, 5.4; DSP0226, fault handling).

    Attributes:
        code: local name of the code: `Sender`, `Receiver`, `MustUnderstand` ….
        subcode: with Windows' prefix for its namespace, `w:TimedOut`; bare in an unknown one.
        detail: last segment of the w:FaultDetail URI, `InvalidResourceURI`, or None.
        reason: the text of the reason.
        message: the text nearest to the cause, or "" where there is only the reason.
        wsman_codes: the numbers of the nested WSManFaults, outermost first.
        provider: the provider that failed, or None.
        extended_status: WMI's `__ExtendedStatus`, or None.
        extended_error: the server's own instance of a CIM_Error class, or None.
        not_understood: `{namespace}name` of each header that the server did not understand.
        circumstances: what is known where it came in; no part of the fault itself.
    """

    code: str = "Receiver"
    subcode: str | None = None
    detail: str | None = None
    reason: str = ""
    message: str = ""
    wsman_codes: tuple[int, ...] = ()
    provider: str | None = None
    extended_status: Instance | None = None
    extended_error: Instance | None = None
    not_understood: tuple[str, ...] = ()
    circumstances: Circumstances = field(default=NOWHERE, compare=False, repr=False)

    @classmethod
    def of(cls, name: str, reason: str, *, provider: str | None = None) -> Self:
        """Return the fault by which Windows reports the number called `name`."""
        row = row_of(name)
        return cls(row.code, row.subcode, row.detail, reason, reason, (NUMBERS[name],), provider)

    @classmethod
    def read(cls, element: _Element, header: _Element | None = None) -> Self:
        """Return the fault of an s:Fault element; it never fails, whatever is missing.

        Args:
            element: the s:Fault.
            header: the s:Header of the message, which names headers that were not understood.
        """
        code = element.find(_CODE)
        detail = element.find(_DETAIL)
        said = Detail() if detail is None else read_detail(detail)
        uri = "" if detail is None else detail.findtext(_FAULT_DETAIL, "")
        return cls(
            code=_code(code),
            subcode=_subcode(code),
            detail=known_detail(uri) or None,
            reason=_reason(element),
            message=said.message,
            wsman_codes=said.wsman_codes,
            provider=said.provider,
            extended_status=said.extended_status,
            extended_error=said.extended_error,
            not_understood=_not_understood(header),
        )

    @property
    def wsman_code(self) -> int | None:
        """The number of the outermost WSManFault, or None."""
        return self.wsman_codes[0] if self.wsman_codes else None

    @property
    def action(self) -> str:
        """The action URI of a message with this fault (DSP0226)."""
        if self.subcode is None:
            return ADDRESSING_FAULT
        return _ACTIONS.get(self.subcode.partition(":")[0], WSMAN_FAULT_ACTION)

    @property
    def is_timeout(self) -> bool:
        """Whether the server's time for the request ran out; a Pull may then be sent again."""
        return any(number in TIMEOUTS for number in self._numbers())

    @property
    def is_quota(self) -> bool:
        """Whether the server has too much to do; the request was not begun, and may be sent again.

        Which of several quotas it was is not always said.
        """
        return any(number in QUOTAS for number in self._numbers())

    @property
    def ends_context(self) -> bool:
        """Whether the enumeration that got it is over, so that there is nothing to release.

        What refuses the request alone, for its form, a quota, its time or the size of the answer,
        leaves the enumeration open.
        """
        return next(self._numbers(), None) not in KEEPS_CONTEXT

    @property
    def ends_subscription(self) -> bool:
        """Whether the subscription that was pulled is closed or forgotten on the server.

        OMI has no word of its own for it (recorded): there is nothing at the address.
        """
        is_unknown = self.subcode == "a:DestinationUnreachable"
        return is_unknown or any(number in CLOSED for number in self._numbers())

    @property
    def numbers(self) -> tuple[int, ...]:
        """What the service itself says, as numbers, whatever its provider said."""
        return tuple(self._numbers())

    def _numbers(self) -> Iterator[int]:
        error = self.extended_error
        sent = None if error is None else number_from(error.get("error_Code"))
        meant = number_of(self.code, self.subcode, self.detail)
        yield from (number for number in (self.wsman_code, sent, meant) if number is not None)

    def under(self, circumstances: Circumstances) -> Self:
        """Return this fault, which came in under these circumstances."""
        return replace(self, circumstances=circumstances)

    def error(self) -> MIError:
        """Return the error that this fault is.

        Its message is the server's text nearest to the cause, its `native_code` the number that
        decided, its `extended_error` the server's own instance where it sent one, and its advice
        the sentence of that number's row, or of the cause for which access was denied.
        """
        found = decide(self)
        return error_for(
            found.meaning.result,
            self._text(found),
            category=self._category() or found.meaning.category,
            native_code=found.number,
            native_type=found.native_type,
            advice=self._advice(found),
            extended_error=self.extended_error,
        )

    def _advice(self, found: Finding) -> str:
        sentence = found.meaning.advice
        if sentence is DENIED and found.meaning.result is Result.ACCESS_DENIED:
            sentence = denial_of(evidence_in(self), self.circumstances).advice
        return sentence.format_map(self.circumstances.words)

    def _category(self) -> ErrorCategory | None:
        """Return the category that the server itself names, if it can be taken over."""
        error = self.extended_error
        if error is None:
            return None
        number = error.get("error_Category", error.get("OMI_Category"))
        return _CATEGORIES.get(number) if isinstance(number, int) else None

    def _text(self, found: Finding) -> str:
        text = self.message or self.reason or self._silence(found)
        if self.not_understood:
            names = (name.rpartition("}")[2] for name in self.not_understood)
            text = f"{text} ({', '.join(names)})"
        if not found.is_known:
            text = f"{text} (error {found.number}, 0x{found.number or 0:08X})"
        if self.extended_status is None:
            return text
        said = (self.extended_status.get(name) for name in ("Operation", "ParameterInfo"))
        about = [str(part) for part in said if part]
        return f"{text} ({': '.join(about)})" if about else text

    def _silence(self, found: Finding) -> str:
        """Return what stands for the text of a fault that has none: OMI sends such."""
        name = found.meaning.name if found.number == found.meaning.number else None
        number = str(found.number) if found.number is not None and found.is_known else None
        codes = ", ".join(filter(None, (self.code, self.subcode, self.detail, name, number)))
        return f"the server gives no reason for its fault ({codes})"


# Reading


def _code(code: _Element | None) -> str:
    text = "" if code is None else code.findtext(_VALUE, "")
    return text.strip().rpartition(":")[2] or "Receiver"


def _subcode(code: _Element | None) -> str | None:
    value = None if code is None else code.find(f"{_SUBCODE}/{_VALUE}")
    if value is None:
        return None
    namespace, name = soap.qname(value, value.text or "")
    prefix = _PREFIX_OF.get(namespace)
    return f"{prefix}:{name}" if prefix else name or None


def _reason(fault: _Element) -> str:
    """Return the text in English where there are several, else the first that is not empty."""
    found = [
        (text.get(_LANGUAGE), (text.text or "").strip()) for text in fault.iterfind(_REASON_TEXT)
    ]
    texts = [text for _, text in found if text]
    return next((text for language, text in found if text and language == "en-US"), "") or (
        texts[0] if texts else ""
    )


def _not_understood(header: _Element | None) -> tuple[str, ...]:
    found = [] if header is None else header.iterfind(_NOT_UNDERSTOOD)
    names = (soap.qname(element, element.get("qname", "")) for element in found)
    return tuple(f"{{{namespace}}}{name}" for namespace, name in names)
