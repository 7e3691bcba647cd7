"""The objects that a server has made for us, and the calls on them (MS-DCOM 3.2.4.4).

All of them live in one exporter, whose port the activation tells. A reference to an object of
another one is never followed: who answers there is not known. What nobody wants any more is given
back before the next call, or in the end.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from mi.control import CancelToken, Expiry
from mi.errors import ConnectionFailed, MIError, ProtocolError
from mi.instance import Instance
from protocols.dcom.activation import ActivationReply
from protocols.dcom.guids import text_of
from protocols.dcom.interfaces import RELEASE, REMOTE_UNKNOWN
from protocols.dcom.kinds import Release
from protocols.dcom.methods import Interface, Method, Reply, is_failure
from protocols.dcom.objref import Standard, read_standard
from protocols.dcom.orpc import OUR_VERSION, OrpcThis
from protocols.wmidcom.rpc.association import RpcFault
from protocols.wmidcom.rpc.line import Line
from protocols.wmidcom.rpc.request import Request
from protocols.wmidcom.services import Bounds, WbemError

__all__ = ["Exporter", "RemoteObject"]

_logger = logging.getLogger("mi.wmidcom")

_NO_PING: Final = 0x1000  # SORF_NOPING, MS-DCOM 2.2.18.1
_MOST_RELEASES: Final = 256  # in one call
# What is answered where the objects are gone: the service was restarted, or has forgotten us.
_GONE: Final = frozenset((0x80010108, 0x80010113, 0x80010114, 0x800401FD, 0x1C010003))


class RemoteObject:
    """One interface pointer; once nothing refers to it here, it is given back to the server.

    Attributes:
        ipid: what it is called on.
        interface: what it is.
    """

    __slots__ = ("_exporter", "_is_held", "interface", "ipid", "standard")

    def __init__(self, exporter: Exporter, interface: Interface, standard: Standard) -> None:
        self._exporter = exporter
        self._is_held = True
        self.interface = interface
        self.ipid = standard.ipid
        self.standard = standard

    def abandon(self) -> None:
        """Let it be given back with the next call; again, do nothing."""
        was_held, self._is_held = self._is_held, False
        if was_held:
            self._exporter.orphan(self.standard)

    def __del__(self) -> None:
        self.abandon()


class Exporter:
    """The objects of one activation.

    Attributes:
        is_lost: whether they are gone, as far as that is known.
    """

    def __init__(
        self,
        activation: ActivationReply,
        line: Line,
        explain: Callable[[bytes], Instance | None],
    ) -> None:
        """Know the objects of an activation.

        Args:
            activation: what the activator said.
            line: the way to its port.
            explain: returns what an error object says, if it is one of WMI's.
        """
        self._oxid = activation.oxid
        self._remote_unknown = activation.remote_unknown
        self._version = OUR_VERSION.agreed(activation.version)
        self._line = line
        self._explain = explain
        self._orphans: deque[Standard] = deque()
        self._lock = Lock()
        self._held: dict[int, int] = {}
        self.is_lost = False

    # Objects

    def adopt(self, reference: bytes | None, interface: Interface) -> RemoteObject:
        """Return the object that a server's answer refers to.

        Raises:
            ProtocolError: it refers to none, or to one elsewhere.
        """
        if reference is None:
            raise ProtocolError(f"the server returned no {interface.name}")
        found = read_standard(reference)
        if found.iid != interface.iid:
            raise ProtocolError(
                f"the server returned the interface {text_of(found.iid)} instead of"
                f" {interface.name}"
            )
        if found.standard.oxid != self._oxid:
            raise ProtocolError(
                f"the server returned a reference to an {interface.name} that lives elsewhere,"
                " which is not followed"
            )
        if not found.standard.flags & _NO_PING:
            with self._lock:
                self._held[found.standard.oid] = self._held.get(found.standard.oid, 0) + 1
        return RemoteObject(self, interface, found.standard)

    def orphan(self, standard: Standard) -> None:
        """Take over what nobody holds any more: no lock, nothing sent, in any thread."""
        self._orphans.append(standard)

    @property
    def pinged(self) -> frozenset[int]:
        """The objects that live only as long as they are asked for."""
        with self._lock:
            return frozenset(self._held)

    def release(self, thing: RemoteObject, bounds: Bounds, line: Line | None = None) -> None:
        """Give an object back; where its connection is gone, do nothing.

        Args:
            thing: the object.
            bounds: of the call.
            line: the way to go, if not that of all.

        Raises:
            MIError: there was no answer.
        """
        thing.abandon()
        self.release_orphans(bounds.expiry, bounds.cancel, line)

    def release_orphans(
        self, expiry: Expiry, cancel: CancelToken, line: Line | None = None
    ) -> None:
        """Give back what nobody holds any more.

        Raises:
            MIError: there was no answer.
        """
        while self._orphans and not self.is_lost:
            given_back = self._take_orphans()
            releases = [Release(one.ipid, one.references) for one in given_back]
            stub = RELEASE.request(
                self._this(), cInterfaceRefs=len(releases), InterfaceRefs=releases
            )
            request = Request(REMOTE_UNKNOWN, RELEASE, stub, self._remote_unknown)
            try:
                (line or self._line).call(request, expiry, cancel)
            except RpcFault as fault:
                _logger.info("the server took nothing back: %s", fault)
            except BaseException:  # the caller's time, his cancel, or a Ctrl-C
                self._orphans.extend(given_back)
                raise
            self._forget(given_back)

    def _take_orphans(self) -> list[Standard]:
        taken: list[Standard] = []
        while len(taken) < _MOST_RELEASES:
            try:
                taken.append(self._orphans.popleft())
            except IndexError:
                break  # another thread has the rest
        return taken

    def _forget(self, given_back: list[Standard]) -> None:
        with self._lock:
            for one in given_back:
                count = self._held.get(one.oid, 0) - 1
                if count > 0:
                    self._held[one.oid] = count
                else:
                    self._held.pop(one.oid, None)

    # Calls

    def call(  # noqa: PLR0913 - a call has as many facts
        self,
        thing: RemoteObject,
        method: Method,
        bounds: Bounds,
        *,
        line: Line | None = None,
        patience: float | None = None,
        is_change: bool = False,
        **values: Any,
    ) -> Reply:
        """Return the reply of a method that succeeded.

        Args:
            thing: the object.
            method: of its interface.
            bounds: of the call.
            line: the way to go, if not that of all.
            patience: seconds that the server was told to wait at most, or None.
            is_change: whether it may change something.
            **values: the parameters.

        Raises:
            WbemError: it failed.
            MIError: there was no answer; `outcome_unknown` is set where that matters.
        """
        way = line or self._line
        if self._orphans and patience is None:
            self.release_orphans(bounds.expiry, bounds.cancel, line)
        stub = method.request(self._this(), **values)
        request = Request(thing.interface, method, stub, thing.ipid, patience, is_change)
        try:
            reply = method.read_reply(way.call(request, bounds.expiry, bounds.cancel))
        except RpcFault as fault:
            status = fault.status
        except ProtocolError as error:
            error.outcome_unknown = is_change
            raise
        except ConnectionFailed:
            self.is_lost = self.is_lost or way.is_unreachable
            raise
        else:
            if not is_failure(reply.hresult):
                return reply
            raise self._failed(reply.hresult, self._explained(reply))
        raise self._failed(status, None)

    def _failed(self, number: int, status: Instance | None) -> WbemError:
        if number in _GONE:
            self.is_lost = True
        return WbemError(number, status)

    def _explained(self, reply: Reply) -> Instance | None:
        """Return what came along to explain a failure, if it can be read."""
        error = reply.that.error
        if error is None:
            return None
        try:
            return self._explain(error)
        except MIError as failure:
            _logger.info("what explains a failure cannot be read: %s", failure)
            return None

    def _this(self) -> OrpcThis:
        return OrpcThis(uuid4().bytes_le, self._version)
