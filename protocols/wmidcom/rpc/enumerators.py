"""What a query has found, as it comes (IEnumWbemClassObject, MS-WMI 3.1.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from mi.control import Expiry
from protocols.dcom.interfaces import NEXT
from protocols.dcom.methods import Reply
from protocols.dcom.wbem_objects import object_in
from protocols.security.discretion import Forgetting
from protocols.wmidcom.rpc.exporter import Exporter, RemoteObject
from protocols.wmidcom.rpc.line import Line
from protocols.wmidcom.services import Batch, Bounds

__all__ = ["RpcEnumerator"]

_END: Final = 1  # WBEM_S_FALSE: fewer than were asked for, and no more
_LONGEST_POLL: Final = 1.0  # seconds: then a cancel and the other threads get their turn


class RpcEnumerator:
    """An enumerator on the server; it is given back there once nobody has it any more."""

    def __init__(
        self,
        exporter: Exporter,
        thing: RemoteObject,
        read: Callable[[bytes], Any],
        line: Line | None = None,
    ) -> None:
        """Take over an enumerator.

        Args:
            exporter: where it lives.
            thing: the enumerator.
            read: returns the object that a server's bytes are.
            line: a connection of its own, which ends with it; None is that of all.
        """
        self._exporter = exporter
        self._thing = thing
        self._read = read
        self._line = line

    def next(self, count: int, wait: float, bounds: Bounds) -> Batch:
        """Return up to `count` objects, fewer or none if they do not come within `wait` seconds.

        Raises:
            WbemError: the enumeration failed.
            MIError: there was no answer.
        """
        with Forgetting():
            return self._next(count, monotonic() + wait, bounds)

    def _next(self, count: int, end: float, bounds: Bounds) -> Batch:
        while True:
            bounds.check("waiting for the reply")
            poll = min(max(end - monotonic(), 0.0), _LONGEST_POLL, _left(bounds))
            reply = self._asked(count, poll, bounds)
            references = reply.values["apObjects"].references
            objects = [self._read(object_in(one)) for one in references]
            is_end = reply.hresult == _END
            if objects or is_end or monotonic() >= end:
                return Batch(objects, is_end, sum(map(len, references)))

    def _asked(self, count: int, poll: float, bounds: Bounds) -> Reply:
        return self._exporter.call(
            self._thing,
            NEXT,
            bounds,
            line=self._line,
            patience=poll,
            lTimeout=int(poll * 1000),
            uCount=count,
        )

    def release(self, bounds: Bounds) -> None:
        """Let go of it on the server; where its connection is gone, or it was, do nothing.

        Raises:
            MIError: there was no answer.
        """
        try:
            with Forgetting():
                self._exporter.release(self._thing, bounds, self._line)
        finally:
            if self._line is not None:
                self._line.close(Expiry.at_once())


def _left(bounds: Bounds) -> float:
    remaining = bounds.expiry.remaining()
    return _LONGEST_POLL if remaining is None else remaining
