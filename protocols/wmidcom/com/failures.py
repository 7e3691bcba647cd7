"""What WMI has to say about a failure besides its number: the `__ExtendedStatus` of the thread."""

from __future__ import annotations

from mi.errors import ProtocolError
from mi.instance import Instance
from protocols.wmidcom.com.interfaces import Interface
from protocols.wmidcom.com.object_reader import ObjectReader
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.system import System
from protocols.wmidcom.services import WbemError

__all__ = ["explained"]


def explained(error: WbemError, system: System, reader: ObjectReader) -> WbemError:
    """Return a failure of this thread with what WMI says of it, if it does (GetErrorInfo)."""
    return error if error.status else WbemError(error.hresult, _status(system, reader))


def _status(system: System, reader: ObjectReader) -> Instance | None:
    address = system.take_error()
    if not address:
        return None
    try:
        with (
            Interface(system, address) as information,
            WbemObject(system, information.query(WbemObject.INTERFACE_ID)) as found,
        ):
            return reader.instance(found)
    except (WbemError, ProtocolError):  # it is no object of WMI's; the number must do
        return None
