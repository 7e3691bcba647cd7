"""WMI's objects as parameters: references that carry them along (MS-WMI 2.2.4, 2.2.13)."""

from __future__ import annotations

from typing import Final

from protocols.dcom.guids import guid
from protocols.dcom.objref import CustomReference, read_custom

__all__ = ["object_in", "object_reference"]

_IID_OBJECT: Final = guid("DC12A681-737F-11CF-884D-00AA004B2E24")  # IWbemClassObject
_CLSID_OBJECT: Final = guid("4590F812-1D3A-11D0-891F-00AA004B2E24")


def object_reference(data: bytes, iid: bytes = _IID_OBJECT) -> bytes:
    """Return the OBJREF that carries an encoded object along.

    Args:
        data: the object's EncodingUnit (MS-WMIO 2.2.1).
        iid: as which interface; an error object travels as another.
    """
    return CustomReference(iid, _CLSID_OBJECT, data).packed()


def object_in(reference: bytes) -> bytes:
    """Return the encoded object that an OBJREF carries along.

    Raises:
        ProtocolError: it carries none.
    """
    return read_custom(reference, _CLSID_OBJECT)
