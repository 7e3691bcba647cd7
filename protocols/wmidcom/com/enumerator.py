"""IEnumWbemClassObject: what a query, an enumeration or a subscription gives, piece by piece."""

from __future__ import annotations

from ctypes import byref, c_uint32, c_void_p
from functools import partial
from time import monotonic
from typing import Any, Final

from protocols.wmidcom.com.interfaces import Enumerator
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.objects import WbemObject
from protocols.wmidcom.com.semisynchronous import SLICE
from protocols.wmidcom.com.session import Session
from protocols.wmidcom.com.system import succeeded
from protocols.wmidcom.services import Batch, Bounds, WbemError

__all__ = ["ComEnumerator"]

_MILLISECONDS: Final = 1000
_END: Final = 1  # WBEM_S_FALSE


class ComEnumerator:
    """An enumerator that a thread of COM asks in slices, so that others have their turn."""

    def __init__(self, session: Session, enumerator: Enumerator, namespace: Namespace) -> None:
        """Take over an enumerator.

        Args:
            session: what it belongs to.
            enumerator: the interface.
            namespace: what it enumerates.
        """
        self._session = session
        self._enumerator = enumerator
        self._namespace = namespace
        self._failure: WbemError | None = None
        session.hold(enumerator)

    def next(self, count: int, wait: float, bounds: Bounds) -> Batch:
        """Return up to `count` objects, fewer or none if they do not come within `wait` seconds."""
        if self._failure is not None:
            raise self._failure
        until = monotonic() + wait
        while True:
            left = max(0.0, until - monotonic())
            batch = self._session.call(
                partial(self._next, count, min(left, SLICE)), bounds, "waiting for the next objects"
            )
            if batch.objects or batch.is_end or left <= SLICE:
                return batch

    def release(self, bounds: Bounds) -> None:  # noqa: ARG002 - nobody waits for it
        """Let go of it, when its turn comes."""
        self._session.let_go(self._enumerator)

    # In the thread

    def _next(self, count: int, wait: float) -> Batch:
        addresses = (c_void_p * count)()
        returned = c_uint32()
        self._session.system.forget_error()
        with self._enumerator.shared() as enumerator:
            hresult = enumerator.raw(
                Enumerator.NEXT, int(wait * _MILLISECONDS), count, addresses, byref(returned)
            )
        failure = self._failure_of(hresult)
        found = [WbemObject(self._session.system, one or 0) for one in addresses[: returned.value]]
        objects = self._read(found)
        if failure is not None and not objects:
            raise failure
        self._failure = failure
        return Batch(objects, is_end=hresult == _END)

    def _failure_of(self, hresult: int) -> WbemError | None:
        try:
            succeeded(hresult)
        except WbemError as error:
            return self._namespace.failure(error)
        return None

    def _read(self, found: list[WbemObject]) -> list[Any]:
        try:
            return [self._namespace.reader.read(one) for one in found]
        finally:
            for one in found:
                one.release()
