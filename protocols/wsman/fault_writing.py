"""Faults as markup, the server's side: in the form in which Windows writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.wsman import markup
from protocols.wsman.fault_detail import write_instance
from protocols.wsman.namespaces import FAULT_DETAIL, WSMAN_FAULT

if TYPE_CHECKING:
    from protocols.wsman.fault import Fault

__all__ = ["write_fault"]


def write_fault(fault: Fault, *, machine: str = "localhost") -> str:
    """Return the s:Fault element as Windows writes it, for the inside of s:Body.

    Args:
        fault: what to say; `not_understood` goes into the header and is not written here.
        machine: the name of the server.
    """
    subcode = fault.subcode and f"<s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode>"
    detail = _write_detail(fault, machine)
    return (
        f"<s:Fault><s:Code><s:Value>s:{fault.code}</s:Value>{subcode or ''}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{markup.text(fault.reason)}</s:Text></s:Reason>'
        f"{detail and f'<s:Detail>{detail}</s:Detail>'}</s:Fault>"
    )


def _write_detail(fault: Fault, machine: str) -> str:
    parts = []
    if fault.detail is not None:
        parts.append(f"<w:FaultDetail>{FAULT_DETAIL}/{fault.detail}</w:FaultDetail>")
    if fault.wsman_codes:
        parts.append(_write_wsman_fault(fault, machine))
    if fault.extended_error is not None:
        parts.append(write_instance(fault.extended_error))
    return "".join(parts)


def _write_wsman_fault(fault: Fault, machine: str) -> str:
    """Return the f:WSManFault, each number inside the one before it, the text innermost."""
    text = markup.text(fault.message)
    for number in reversed(fault.wsman_codes[1:]):
        text = _wsman_fault(number, machine, text)
    if fault.provider is not None:
        status = ""
        if fault.extended_status is not None:
            instance = write_instance(fault.extended_status)
            status = f"<f:ExtendedError>{instance}</f:ExtendedError>"
        name = markup.attribute(fault.provider)
        text = f'<f:ProviderFault provider="{name}">{text}{status}</f:ProviderFault>'
    return _wsman_fault(fault.wsman_codes[0], machine, text)


def _wsman_fault(number: int, machine: str, text: str) -> str:
    return (
        f'<f:WSManFault xmlns:f="{WSMAN_FAULT}" Code="{number}"'
        f' Machine="{markup.attribute(machine)}"><f:Message>{text}</f:Message></f:WSManFault>'
    )
