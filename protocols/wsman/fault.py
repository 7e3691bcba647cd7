"""SOAP faults: what a server says went wrong, as a value, and that value as an `MIError`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mi.errors import MIError, error_for
from mi.instance import Instance
from mi.results import Result
from protocols.wsman.namespaces import PREFIXES, SOAP, WSMAN, WSMAN_FAULT

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["Fault"]

_PREFIX_OF: Final = {uri: prefix for prefix, uri in PREFIXES.items()}
_TIMEOUTS: Final = (2150858793, 2150858780)


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault (SOAP 1.2 part 1, 5.4; DSP0226 14).

    Attributes:
        code: local name of the code: `Sender`, `Receiver`, `MustUnderstand` ….
        subcode: its name with Windows' prefix, `w:TimedOut`, or None.
        detail: last segment of the w:FaultDetail URI, `InvalidResourceURI`, or None.
        reason: the text of the reason.
        wsman_code: the code of f:WSManFault, or None.
        extended_error: the server's own CIM_Error instance, or None.
    """

    code: str = "Receiver"
    subcode: str | None = None
    detail: str | None = None
    reason: str = ""
    wsman_code: int | None = None
    extended_error: Instance | None = None

    @classmethod
    def read(cls, element: _Element, header: _Element | None = None) -> Fault:  # noqa: ARG003 - names
        """Return the fault that an s:Fault element and the message's header describe."""
        subcode = element.find(f"{{{SOAP}}}Code/{{{SOAP}}}Subcode/{{{SOAP}}}Value")
        name = None
        if subcode is not None:
            prefix, _, local = (subcode.text or "").strip().rpartition(":")
            known = _PREFIX_OF.get(subcode.nsmap.get(prefix or None, ""))
            name = f"{known}:{local}" if known else local
        code = element.findtext(f"{{{SOAP}}}Code/{{{SOAP}}}Value", "s:Receiver")
        wsman = element.find(f"{{{SOAP}}}Detail/{{{WSMAN_FAULT}}}WSManFault")
        detail = element.findtext(f"{{{SOAP}}}Detail/{{{WSMAN}}}FaultDetail")
        return cls(
            code.strip().rpartition(":")[2],
            name,
            detail.strip().rpartition("/")[2] if detail else None,
            element.findtext(f"{{{SOAP}}}Reason/{{{SOAP}}}Text", "").strip(),
            int(wsman.get("Code", "0")) if wsman is not None else None,
        )

    @property
    def is_timeout(self) -> bool:
        """Whether the server's time for the request ran out; a Pull may be sent again."""
        return self.wsman_code in _TIMEOUTS or self.subcode in ("w:TimedOut", "n:TimedOut")

    @property
    def ends_context(self) -> bool:
        """Whether an enumeration that it answers is over, so that nothing is left to release."""
        return not self.is_timeout

    def error(self) -> MIError:
        """Return the error that this fault is."""
        return error_for(Result.FAILED, self.reason)
