"""What is answered to each call: which object it is on, and the row of its method."""

from __future__ import annotations

import threading
from typing import Any, Final

from mi.errors import MIError
from protocols.dcom.guids import guid
from protocols.dcom.methods import Interface
from protocols.dcom.orpc import ERROR_EXTENSION, Extension, OrpcThat
from protocols.dcom.wbem_objects import object_reference
from protocols.loopback.repository import Repository
from protocols.loopback.rpc.exported import Exporter
from protocols.loopback.rpc.given import Fault
from protocols.loopback.rpc.own_answers import OWN_ROWS, OwnAnswers
from protocols.loopback.rpc.wmi_answers import WMI_ROWS, Login, WmiAnswers
from protocols.loopback.wmi.failures import Failure

__all__ = ["Answers"]

_BAD_STUB: Final = 0x000006F7  # RPC_X_BAD_STUB_DATA
_NO_METHOD: Final = 0x1C010002  # nca_s_op_rng_error
_NO_OBJECT: Final = 0x80010114  # RPC_E_INVALID_OBJECT
_ERROR_INTERFACE: Final = guid("1CF2B120-547D-101B-8E65-08002B2BD119")  # IErrorInfo


class Answers:
    """What an endpoint answers; any thread may ask.

    Attributes:
        exporter: what clients hold.
        own: the rows of DCOM's own interfaces.
        calls: the names of the methods that were called, in order.
    """

    def __init__(self, repository: Repository, host: str, patience: float | None = None) -> None:
        """Make it.

        Args:
            repository: what WMI has.
            host: where the exporter listens, as clients are told.
            patience: seconds after which an object goes that nobody asks to keep; None is never.
        """
        self.exporter = Exporter(patience)
        self.own = OwnAnswers(self.exporter, Login(), host)
        self._wmi = WmiAnswers(self.exporter, repository)
        self._lock = threading.Lock()
        self.calls: list[str] = []

    def answer(self, interface: Interface, opnum: int, ipid: bytes | None, stub: bytes) -> bytes:
        """Return the stub of the reply to a call.

        Raises:
            Fault: there is no such method or object, or the request cannot be read.
        """
        method = interface.methods.get(opnum)
        own, wmi = OWN_ROWS.get(interface.iid), WMI_ROWS.get(interface.iid)
        row = (own or wmi or {}).get(opnum)
        if method is None or row is None:
            raise Fault(_NO_METHOD)
        thing = None if own else self._thing(interface, ipid)
        try:
            _, values = method.read_request(stub)
            with self._lock:
                self.calls.append(method.name)
            given = row(self.own if own else self._wmi, thing, values)
        except MIError:
            raise Fault(_BAD_STUB) from None
        except Failure as failed:
            return method.reply(failed.hresult, _that(failed))
        return method.reply(given.hresult, **given.values)

    def _thing(self, interface: Interface, ipid: bytes | None) -> Any:
        found = None if ipid is None else self.exporter.find(ipid)
        if found is None or found.interface.iid != interface.iid:
            raise Fault(_NO_OBJECT)
        return found.thing


def _that(failed: Failure) -> OrpcThat:
    """Return what a reply begins with that tells why a call failed."""
    if failed.status is None:
        return OrpcThat()
    told = object_reference(failed.status, _ERROR_INTERFACE)
    return OrpcThat((Extension(ERROR_EXTENSION, told),))
