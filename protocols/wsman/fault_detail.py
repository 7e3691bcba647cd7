"""What stands in the Detail of a fault: WSManFault, extended status, CIM_Error.

Windows sends f:WSManFault, nested as often as providers called one another, the innermost being
the cause; inside may stand a `__ExtendedStatus` of WMI. Since Server 2012 it may send an
MSFT_WmiError instead, and OMI an OMI_Error or what a provider made. These are the only instances
on the wire whose values carry their types.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mi.elements import Element
from mi.errors import TypeMismatch
from mi.instance import Instance
from mi.results import CimType
from mi.values import format_value, parse_value
from protocols.meanings.numbers import normalize
from protocols.wsman import markup, soap
from protocols.wsman.namespaces import (
    CIM_BINDING,
    CIM_COMMON,
    DMTF_CIM_SCHEMA,
    SOAP,
    WSMAN_FAULT,
    XSI,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Detail", "number_from", "read_detail", "read_instance", "write_instance"]

_WSMAN_FAULT: Final = f"{{{WSMAN_FAULT}}}WSManFault"
_MESSAGE: Final = f"{{{WSMAN_FAULT}}}Message"
_PROVIDER_FAULT: Final = f"{{{WSMAN_FAULT}}}ProviderFault"
_EXTENDED_ERROR: Final = f"{{{WSMAN_FAULT}}}ExtendedError"
_NIL: Final = f"{{{XSI}}}nil"
_TYPE: Final = f"{{{XSI}}}type"
_TEXT: Final = f"{{{SOAP}}}Text"
_IS_ERROR: Final = f"{{{CIM_BINDING}}}IsCIM_Error"
_STATUS_CLASS: Final = "__ExtendedStatus"
_CLASSES: Final = ("MSFT_WmiError", "OMI_Error", "CIM_Error", _STATUS_CLASS)

_TYPES: Final = {
    "cimBoolean": CimType.BOOLEAN,
    "cimUnsignedByte": CimType.UINT8,
    "cimByte": CimType.SINT8,
    "cimUnsignedShort": CimType.UINT16,
    "cimShort": CimType.SINT16,
    "cimUnsignedInt": CimType.UINT32,
    "cimInt": CimType.SINT32,
    "cimUnsignedLong": CimType.UINT64,
    "cimLong": CimType.SINT64,
    "cimFloat": CimType.REAL32,
    "cimDouble": CimType.REAL64,
    "cimChar16": CimType.CHAR16,
    "cimDateTime": CimType.DATETIME,
    "cimString": CimType.STRING,
}
"""The types of the CIM binding (DSP0230) by their local name."""

_TYPE_NAMES: Final = {cim_type: name for name, cim_type in _TYPES.items()}

# CIM_Error 2.x, MSFT_WmiError, OMI_Error and __ExtendedStatus: what is a string stands for itself.
_DECLARED: Final = {
    "CIMStatusCode": CimType.UINT32,
    "ErrorSourceFormat": CimType.UINT16,
    "ErrorType": CimType.UINT16,
    "MessageArguments": CimType.STRING_ARRAY,
    "OMI_Category": CimType.UINT32,
    "OMI_Code": CimType.UINT32,
    "PerceivedSeverity": CimType.UINT16,
    "ProbableCause": CimType.UINT16,
    "RecommendedActions": CimType.STRING_ARRAY,
    "StatusCode": CimType.UINT32,
    "error_Category": CimType.UINT16,
    "error_Code": CimType.UINT32,
}


@dataclass(frozen=True, slots=True)
class Detail:
    """What an s:Detail says, its w:FaultDetail excepted.

    Attributes:
        wsman_codes: the numbers of the nested WSManFaults, outermost first.
        provider: the name of the provider that failed, or None.
        message: the innermost text that is not empty, or "".
        extended_status: the `__ExtendedStatus` instance of WMI, or None.
        extended_error: the instance of a CIM_Error class, or None.
    """

    wsman_codes: tuple[int, ...] = ()
    provider: str | None = None
    message: str = ""
    extended_status: Instance | None = None
    extended_error: Instance | None = None


def read_detail(element: _Element) -> Detail:
    """Return what an s:Detail element says; what is not known in it is passed over."""
    numbers = (number_from(fault.get("Code")) for fault in element.iter(_WSMAN_FAULT))
    providers = [found.get("provider", "").strip() for found in element.iter(_PROVIDER_FAULT)]
    instances = [read_instance(found) for found in _instance_elements(element)]
    status = next((found for found in instances if found.class_name == _STATUS_CLASS), None)
    error = next((found for found in instances if found.class_name != _STATUS_CLASS), None)
    return Detail(
        tuple(number for number in numbers if number is not None),
        providers[-1] if providers else None,
        _message(element, status, error),
        status,
        error,
    )


def _instance_elements(detail: _Element) -> Iterator[_Element]:
    """Yield the elements that are instances, in s:Detail itself and in each f:ExtendedError."""
    for parent in (detail, *detail.iter(_EXTENDED_ERROR)):
        for child in parent:
            if child.get(_IS_ERROR) in soap.TRUE or soap.local_name(child) in _CLASSES:
                yield child


def _message(detail: _Element, status: Instance | None, error: Instance | None) -> str:
    """Return the text nearest to the cause. Wiseman explains itself by a bare s:Text."""
    texts: list[Any] = [found.text for found in detail.iter(_TEXT, _MESSAGE, _PROVIDER_FAULT)]
    if status is not None:
        texts.append(status.get("Description"))
    if error is not None:
        texts += [error.get("error_WindowsErrorMessage"), error.get("Message")]
    stripped = (str(text or "").strip() for text in reversed(texts))
    return next((text for text in stripped if text), "")


def number_from(value: Any) -> int | None:
    """Return a fault's number, however it was written, normalized; None where there is none."""
    try:
        return normalize(int(value))
    except (TypeError, ValueError):
        return None


def read_instance(element: _Element) -> Instance:
    """Return an instance by the xsi:type of each of its values, else by CIM_Error's declaration.

    A value that does not fit its type stays text: an error that cannot be read is worth more than
    an error about it.
    """
    groups: dict[str, list[_Element]] = {}
    for child in element:
        groups.setdefault(soap.local_name(child), []).append(child)
    values: dict[str, Any] = {}
    types: dict[str, CimType] = {}
    for name, group in groups.items():
        values[name], types[name] = _read_values(name, group)
    return Instance.received(soap.local_name(element), values, None, None, types=types)


def _read_values(name: str, group: list[_Element]) -> tuple[Any, CimType]:
    declared = _DECLARED.get(name, CimType.STRING)
    # The prefix is not looked up: Windows itself sends types whose prefix nobody declared.
    scalar = _TYPES.get(group[0].get(_TYPE, "").rpartition(":")[2], declared.scalar)
    is_array = declared.is_array or len(group) > 1
    try:
        values = [_read_value(found, scalar) for found in group]
    except TypeMismatch:
        scalar = CimType.STRING
        values = [_read_value(found, scalar) for found in group]
    if not is_array:
        return values[0], scalar
    return (None if values == [None] else values), scalar.array


def _read_value(element: _Element, cim_type: CimType) -> Any:
    if element.get(_NIL) in soap.TRUE:
        return None
    return parse_value("".join(element.itertext()), cim_type)


def write_instance(instance: Instance) -> str:
    """Return an instance as the markup of details: in Windows' form, every value with its type.

    Raises:
        InvalidParameter: a value holds a character that XML cannot carry.
    """
    name = instance.class_name
    mark = "" if name == _STATUS_CLASS else f' xmlns:b="{CIM_BINDING}" b:IsCIM_Error="true"'
    inside = "".join(map(_write_element, instance.elements()))
    return (
        f'<p:{name} xmlns:xsi="{XSI}" xmlns:p="{DMTF_CIM_SCHEMA}/{name}"'
        f' xmlns:cim="{CIM_COMMON}" xsi:type="p:{name}_Type"{mark}>{inside}</p:{name}>'
    )


def _write_element(element: Element) -> str:
    cim_type = (element.type or CimType.STRING).scalar
    start = f'<p:{element.name} xsi:type="cim:{_TYPE_NAMES.get(cim_type, "cimString")}"'
    values = element.value if isinstance(element.value, list) else [element.value]
    return "".join(
        f'{start} xsi:nil="true"/>'
        if value is None
        else f"{start}>{markup.text(format_value(value))}</p:{element.name}>"
        for value in values
    )
