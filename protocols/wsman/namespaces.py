"""The URIs of WS-Management: namespaces, actions and addresses, as Windows sends them.

Only the versions that Windows, OMI and the devices really use: WS-Addressing and WS-Eventing of
2004/08, WS-Enumeration and WS-Transfer of 2004/09 (as DSP0226 1.0 has them). Elements are always
matched by namespace and local name; the prefixes are only what is written.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ACTION_CREATE",
    "ACTION_DELETE",
    "ACTION_ENUMERATE",
    "ACTION_GET",
    "ACTION_PULL",
    "ACTION_PUT",
    "ACTION_RELEASE",
    "ACTION_RENEW",
    "ACTION_SUBSCRIBE",
    "ACTION_UNSUBSCRIBE",
    "ADDRESSING",
    "ADDRESSING_FAULT",
    "ANONYMOUS",
    "BOOKMARK_EARLIEST",
    "CIM_BINDING",
    "CIM_BINDING_FAULT",
    "CIM_COMMON",
    "CIM_XML_SCHEMA",
    "DELIVERY_PULL",
    "DMTF_ALL_CLASSES",
    "DMTF_CIM_SCHEMA",
    "ENUMERATION",
    "ENUMERATION_FAULT",
    "EVENTING",
    "EVENTING_FAULT",
    "EVENT_LOG",
    "EVENT_QUERY_DIALECT",
    "FAULT_DETAIL",
    "FULL_DUPLEX",
    "IDENTITY",
    "INTERACTIVE",
    "MACHINE_ID",
    "MICROSOFT",
    "PREFIXES",
    "SOAP",
    "SOAP_11",
    "TRANSFER",
    "TRANSFER_FAULT",
    "WINDOWS_EVENT",
    "WMI",
    "WQL_DIALECT",
    "WSMAN",
    "WSMAN_FAULT",
    "WSMAN_FAULT_ACTION",
    "XML",
    "XSI",
    "response_action",
]

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11: Final = "http://schemas.xmlsoap.org/soap/envelope/"
ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ENUMERATION: Final = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
TRANSFER: Final = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
EVENTING: Final = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
WSMAN: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
MICROSOFT: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
CIM_BINDING: Final = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"
CIM_COMMON: Final = "http://schemas.dmtf.org/wbem/wscim/1/common"
WSMAN_FAULT: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
IDENTITY: Final = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
INTERACTIVE: Final = "http://schemas.microsoft.com/wbem/wsman/1/cim/interactive.xsd"
"""The namespace of what providers say and ask while an operation goes on (MS-WSMV 2.2.4.47)."""
MACHINE_ID: Final = "http://schemas.microsoft.com/wbem/wsman/1/machineid"
WINDOWS_EVENT: Final = "http://schemas.microsoft.com/win/2004/08/events/event"
"""The namespace of the events of the Windows event log."""
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XML: Final = "http://www.w3.org/XML/1998/namespace"

PREFIXES: Final = {
    "s": SOAP,
    "a": ADDRESSING,
    "n": ENUMERATION,
    "x": TRANSFER,
    "e": EVENTING,
    "w": WSMAN,
    "p": MICROSOFT,
    "b": CIM_BINDING,
}
"""The prefixes of Windows' own client for the namespaces that fault codes and bodies use."""

ANONYMOUS: Final = f"{ADDRESSING}/role/anonymous"

ACTION_GET: Final = f"{TRANSFER}/Get"
ACTION_PUT: Final = f"{TRANSFER}/Put"
ACTION_CREATE: Final = f"{TRANSFER}/Create"
ACTION_DELETE: Final = f"{TRANSFER}/Delete"
ACTION_ENUMERATE: Final = f"{ENUMERATION}/Enumerate"
ACTION_PULL: Final = f"{ENUMERATION}/Pull"
ACTION_RELEASE: Final = f"{ENUMERATION}/Release"
ACTION_SUBSCRIBE: Final = f"{EVENTING}/Subscribe"
ACTION_RENEW: Final = f"{EVENTING}/Renew"
ACTION_UNSUBSCRIBE: Final = f"{EVENTING}/Unsubscribe"

ADDRESSING_FAULT: Final = f"{ADDRESSING}/fault"
ENUMERATION_FAULT: Final = f"{ENUMERATION}/fault"
EVENTING_FAULT: Final = f"{EVENTING}/fault"
TRANSFER_FAULT: Final = f"{TRANSFER}/fault"
WSMAN_FAULT_ACTION: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
CIM_BINDING_FAULT: Final = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding/fault"
FAULT_DETAIL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"

DMTF_CIM_SCHEMA: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2"
"""Parent of the resource URI of a class, the one that the MI client uses for all classes."""
DMTF_ALL_CLASSES: Final = "http://schemas.dmtf.org/wbem/wscim/1/*"
CIM_XML_SCHEMA: Final = "http://schemas.dmtf.org/wbem/cim-xml/2/cim-schema/2/*"
"""Resource URI of class declarations in CIM-XML (MS-WSMV)."""
WMI: Final = "http://schemas.microsoft.com/wbem/wsman/1/wmi"
"""Parent of Microsoft's resource URIs, which hold the CIM namespace: `…/wmi/root/cimv2/Class`."""
WQL_DIALECT: Final = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
EVENT_LOG: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog"
"""Resource URI of the Windows event log, which is no CIM class."""
EVENT_QUERY_DIALECT: Final = "http://schemas.microsoft.com/win/2004/08/events/eventquery"
DELIVERY_PULL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"
"""The delivery mode in which the client asks for events (DSP0226 10.2.9.5)."""
BOOKMARK_EARLIEST: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/bookmark/earliest"
"""In the place of a bookmark: the oldest event that is there (DSP0226 10.2.6)."""
FULL_DUPLEX: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsman/FullDuplex"
"""Resource URI of what is said about an operation that takes several messages (MS-WSMV 3.2.4.2)."""


def response_action(action: str) -> str:
    """Return the action of the reply to a request with `action`."""
    return f"{action}Response"
