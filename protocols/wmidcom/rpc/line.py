"""A way to one port of a server, for whoever comes: one call at a time, over one connection.

It connects and logs on when the first call needs it, and again after a connection broke. A call
that was sent is never sent again. What is open on the server belongs to its objects and not to a
connection, so the others that use the line go on as if nothing had been.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from mi.control import CancelToken, Expiry
from mi.errors import MIError
from protocols.network.bounds import Bounds
from protocols.network.patience import Patience
from protocols.network.places import Place
from protocols.network.turns import Turns
from protocols.security.admission import Admission
from protocols.wmidcom.rpc import logons
from protocols.wmidcom.rpc.association import Association, ContextRefused, RpcFault
from protocols.wmidcom.rpc.entrance import Entrance
from protocols.wmidcom.rpc.request import Request
from protocols.wmidcom.rpc.target import Target
from protocols.wmidcom.rpc.waiting import Patient, within

__all__ = ["Line"]

_logger = logging.getLogger("mi.wmidcom")

# Of servers that have too much to do, and did not begin (C706 appendix E, MS-ERREF 2.1):
# RPC_S_SERVER_TOO_BUSY, nca_s_server_too_busy, RPC_E_SERVERCALL_RETRYLATER.
_BUSY: Final = (1723, 0x1C010014, 0x8001010A)


class Line:
    """The connections to one port: one, and more only where a server adds no interface to it.

    Attributes:
        is_closed: whether there are no more calls.
    """

    def __init__(
        self, target: Target, place: Place, admission: Admission[logons.Method], group: int = 0
    ) -> None:
        """Know the way; nothing is connected yet.

        Args:
            target: the server.
            place: the port.
            admission: what became of the credentials of the session.
            group: the association group to join, 0 for a new one.
        """
        self._place = place
        self._entrance = Entrance(target, place, admission)
        self._group = group
        self._turns = Turns()
        self._main: Association | None = None
        self._further: dict[bytes, Association] = {}
        self.is_closed = False

    @property
    def port(self) -> int:
        """The port."""
        return self._place.port

    @property
    def is_unreachable(self) -> bool:
        """Whether nobody listened there the last time."""
        return self._entrance.is_unreachable

    @property
    def group(self) -> int:
        """The association group of its connections; 0 before there is one."""
        return self._group

    def call(self, request: Request, expiry: Expiry, cancel: CancelToken) -> bytes:
        """Return the stub of a reply, once those who came before are through.

        A server that has too much to do is asked again, a little later.

        Raises:
            RpcFault: there is none.
            AuthenticationFailed: the server refuses whatever there is to log on with.
            NotSupported: it has no such interface.
            ConnectionFailed: it cannot be reached, or the connection was lost.
            ProtocolError: it does not speak RPC as it should.
            OperationTimeout: the time was over first.
            OperationCancelled: the operation was cancelled.
            InvalidParameter: the line is closed.
        """
        patience = Patience(expiry, cancel)
        while True:
            try:
                return self._call(request, expiry, cancel)
            except RpcFault as fault:
                if fault.status not in _BUSY or not patience.is_left:
                    raise
                _logger.info("%s is busy (fault %s)", self._place.authority, fault)
            patience.wait()

    def _call(self, request: Request, expiry: Expiry, cancel: CancelToken) -> bytes:
        with within(expiry, cancel) as bounds:
            self._turns.take_within(bounds)
            try:
                return self._ask(request, bounds, expiry, cancel)
            except MIError as error:
                error.outcome_unknown = request.is_change and bounds.is_sent and not bounds.is_cut
                raise
            finally:
                self._turns.give_back()

    def close(self, expiry: Expiry) -> None:
        """Close the connections; a call that does not end by `expiry` is cut off."""
        self.is_closed = True
        self._turns.close()
        self._turns.wait_for_all(expiry)
        self._end()

    def retire(self) -> None:
        """Close the connections if nobody uses them now; whoever comes later connects anew."""
        with suppress(MIError):
            self._turns.take(Expiry.at_once(), CancelToken())
            try:
                self._end()
            finally:
                self._turns.give_back()

    def leave(self) -> None:
        """In a child process: forget the connections, which are the parent's."""
        for association in self._associations():
            association.leave()
        self._main = None
        self._further = {}
        self._turns = Turns()

    # Inside

    def _associations(self) -> list[Association]:
        return [*self._further.values(), *([] if self._main is None else [self._main])]

    def _end(self) -> None:
        for association in self._associations():
            association.end()
        self._main = None
        self._further = {}

    def _ask(self, request: Request, bounds: Bounds, expiry: Expiry, cancel: CancelToken) -> bytes:
        iid = request.interface.iid
        association = self._further.get(iid, self._main)
        if association is not None and association.is_stale:
            self._end()
            association = None
        if association is None:
            return self._open(request, bounds)
        try:
            return self._ask_over(association, request, bounds, expiry, cancel)
        except ContextRefused:
            return self._open(request, bounds, is_further=True)

    def _ask_over(
        self,
        association: Association,
        request: Request,
        bounds: Bounds,
        expiry: Expiry,
        cancel: CancelToken,
    ) -> bytes:
        if request.patience is None:
            return self._exchange(association, request, bounds)
        with Patient(expiry, cancel, request.patience) as patient:
            try:
                return self._exchange(association, request, patient)
            finally:
                bounds.is_sent = patient.is_sent

    def _exchange(self, association: Association, request: Request, bounds: Bounds) -> bytes:
        association.attend(bounds)
        try:
            return association.call(
                request.interface.iid, request.method.opnum, request.stub, request.ipid, bounds
            )
        except ContextRefused:
            raise
        except RpcFault as fault:
            if not fault.is_whole:
                self._drop(association)
            raise
        except BaseException:  # Ctrl-C, too: nobody knows what comes next on it
            self._drop(association)
            raise

    def _drop(self, association: Association) -> None:
        association.end()
        if self._main is association:
            self._main = None
        self._further = {iid: one for iid, one in self._further.items() if one is not association}

    def _open(self, request: Request, bounds: Bounds, *, is_further: bool = False) -> bytes:
        """Ask over a new connection, which is kept if it can be used for more."""

        def keep(association: Association) -> None:
            self._group = association.group or self._group
            if is_further:
                self._further[request.interface.iid] = association
            else:
                self._main = association

        return self._entrance.first_call(request, self._group, bounds, keep)
