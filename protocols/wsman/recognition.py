"""Which kind of server it is, told from what it says: of itself, and of a request that it refuses.

Nobody is asked on the caller's behalf. What Identify says is taken when the caller has asked for
it; a fault says more than that something failed if it names a form that only newer servers know, or
comes in a form of the server's own. Such a refusal happens before anything is dispatched to a
provider, so that the request may be put in another form, be it one that changes something.
"""

from __future__ import annotations

import re
from typing import Final

from mi.instance import Instance
from mi.options import ServerKind
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.envelope import Request
from protocols.wsman.fault import Fault
from protocols.wsman.namespaces import CIM_XML_SCHEMA, DMTF_ALL_CLASSES

__all__ = ["declares_nothing", "kind_of_fault", "kind_of_identity", "refuses_form"]

# What stands in ProductVendor and, for Microsoft, in ProductVersion (MS-WSMV note 71; recorded for
# Windows, OMI and openwsman).
_VENDORS: Final = (
    (re.compile("open management infrastructure", re.IGNORECASE), ServerKind.OMI),
    (re.compile("idrac|dell", re.IGNORECASE), ServerKind.IDRAC),
    (re.compile("openwsman", re.IGNORECASE), ServerKind.OPENWSMAN),
    (re.compile("intel", re.IGNORECASE), ServerKind.AMT),
)
_MICROSOFT: Final = re.compile("microsoft", re.IGNORECASE)
_STACK: Final = re.compile(r"Stack:\s*([0-9]+)")
_OLD_STACKS: Final = {"1": ServerKind.WINRM1, "2": ServerKind.WINRM2}

# Windows 7 and older know DMTF's resource URIs for classes of the standard's version 2 alone.
_URI_REFUSALS: Final = frozenset(
    NUMBERS[name] for name in ("URI_NON_DMTF_CLASS", "URI_WRONG_DMTF_VERSION")
)
_UNKNOWN_URIS: Final = frozenset(
    NUMBERS[name] for name in ("RESOURCE_NOT_FOUND", "INVALID_RESOURCE_URI")
)

_OF_ALL: Final = frozenset((DMTF_ALL_CLASSES, CIM_XML_SCHEMA))


def kind_of_identity(identity: Instance) -> ServerKind | None:
    """Return the kind of the server that says this of itself, or None if that is not known."""
    vendor = str(identity.get("ProductVendor") or "")
    stack = _STACK.search(str(identity.get("ProductVersion") or ""))
    if _MICROSOFT.search(vendor) and stack is not None:
        return _OLD_STACKS.get(stack[1], ServerKind.WINRM3)
    return next((kind for pattern, kind in _VENDORS if pattern.search(vendor)), None)


def kind_of_fault(fault: Fault, request: Request) -> ServerKind | None:
    """Return the kind of the server that refuses a request so, or None if that does not tell."""
    if refuses_form(fault, request):
        return ServerKind.WINRM2
    error = fault.extended_error
    if error is not None and error.class_name == "OMI_Error":
        return ServerKind.OMI
    return None


def refuses_form(fault: Fault, request: Request) -> bool:
    """Return whether the server refuses the resource URI for its form, whatever it names.

    The resources that stand for all classes, or for their declarations, hold no class that might
    not be there; so where Windows itself, and no provider, does not know one of them, this is an
    older one. That has not been seen.
    """
    if any(number in _URI_REFUSALS for number in fault.wsman_codes):
        return True
    return request.resource_uri in _OF_ALL and _is_unknown_uri(fault)


def declares_nothing(fault: Fault) -> bool:
    """Return whether the server does not know the resource that class declarations are.

    A server that knows it says of a class that is not there what WMI, or OMI, says of that.
    """
    is_elsewhere = fault.subcode == "a:DestinationUnreachable" and not fault.wsman_codes
    return (is_elsewhere and fault.extended_error is None) or _is_unknown_uri(fault)


def _is_unknown_uri(fault: Fault) -> bool:
    return (
        fault.wsman_code in _UNKNOWN_URIS
        and len(fault.wsman_codes) == 1
        and fault.provider is None
        and fault.extended_status is None
        and fault.extended_error is None
    )
