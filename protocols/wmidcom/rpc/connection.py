"""WMI on another machine: the activator, the exporter that it names, and the logins (MS-WMI 3.2).

A session has two connections, and logs on over each once: to the port that makes objects, which
also counts who still wants them, and to the port where they live. Further namespaces cost a login
of WMI's own, without credentials; a subscription has a connection of its own, for it waits long.
"""

from __future__ import annotations

import logging
from functools import partial
from threading import Lock

from mi.callbacks import SessionCallbacks
from mi.control import CancelToken, Expiry
from mi.errors import InvalidParameter, MIError, ProtocolError
from mi.instance import Instance
from mi.options import DestinationOptions
from protocols.dcom.activation import ActivationReply
from protocols.dcom.interfaces import LEVEL1_LOGIN, NTLM_LOGIN, SERVICES
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.wbem_objects import object_in
from protocols.network.turns import Turns
from protocols.security.discretion import Forgetting
from protocols.wmidcom.rpc.activator import PingSet, activate
from protocols.wmidcom.rpc.exporter import Exporter, RemoteObject
from protocols.wmidcom.rpc.line import Line
from protocols.wmidcom.rpc.logons import new_admission
from protocols.wmidcom.rpc.namespaces import RpcServices
from protocols.wmidcom.rpc.pinger import Pinger
from protocols.wmidcom.rpc.target import Target
from protocols.wmidcom.rpc.waiting import within
from protocols.wmidcom.services import Bounds

__all__ = ["RpcConnection"]

_logger = logging.getLogger("mi.wmidcom")


class _Presence:
    """What an activation has left: the objects, and what keeps them alive."""

    def __init__(self, exporter: Exporter, line: Line, login: RemoteObject, pings: PingSet) -> None:
        self.exporter = exporter
        self.line = line
        self.login = login
        self.services: dict[tuple[str, str | None], RpcServices] = {}
        self._pings = pings
        self._pinger = Pinger(self)

    def ping(self) -> None:
        """Ask the server to keep what is open.

        Raises:
            WbemError: it does not know of it.
            MIError: there was no answer.
        """
        self._pings.ping(self.exporter.pinged, Expiry.of_grace())

    def leave(self) -> None:
        """In a child process: forget all of it, and send nothing."""
        self.exporter.is_lost = True
        self.line.leave()

    def end(self) -> None:
        """Ask for nothing any more."""
        self._pinger.stop()

    def release(self, expiry: Expiry) -> None:
        """Give back whatever nobody else has.

        Raises:
            MIError: there was no answer.
        """
        self.services.clear()
        self.login.abandon()
        self.exporter.release_orphans(expiry, CancelToken())


class RpcConnection:
    """The way to WMI on one machine; nothing is connected before it is asked for anything."""

    def __init__(
        self, destination: str | None, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> None:
        """Know the way.

        Args:
            destination: as the caller named it.
            options: a copy that nobody else changes.
            callbacks: told what happens outside any operation.

        Raises:
            InvalidParameter: the destination is no host name and no address, or an option cannot
                be used.
        """
        if destination is None:
            raise InvalidParameter("DCOM goes to a host with a name")
        self._target = Target.of(destination, options)
        self._admission = new_admission(self._target, options, callbacks)
        self._reader = ObjectReader(destination)
        self._is_closed = False
        self._begin_life()

    def _begin_life(self) -> None:
        self._turns = Turns()
        self._lock = Lock()
        self._activator = Line(self._target, self._target.place, self._admission)
        self._presence: _Presence | None = None
        self._lines: list[Line] = []

    def after_fork(self) -> None:
        """In a child process: forget what is the parent's, and send nothing on it."""
        for line in (self._activator, *self._lines):
            line.leave()
        if self._presence is not None:
            self._presence.leave()
        self._admission.after_fork()
        self._begin_life()

    def services(self, namespace: str, locale: str | None, bounds: Bounds) -> RpcServices:
        """Log in to a namespace, if that was not done before (IWbemLevel1Login::NTLMLogin).

        Raises:
            WbemError: the namespace is not there, access is denied …
            MIError: there was no answer, or no logon.
        """
        key = namespace.lower(), locale
        presence = self._presence
        if presence is not None and not presence.exporter.is_lost and key in presence.services:
            return presence.services[key]
        with Forgetting(), within(*bounds) as waiting:
            self._turns.take_within(waiting)
            try:
                presence = self._present(bounds)
                if key not in presence.services:
                    presence.services[key] = self._log_in(presence, namespace, locale, bounds)
                return presence.services[key]
            finally:
                self._turns.give_back()

    def close(self, expiry: Expiry) -> None:
        """Release all that is left on the server, and disconnect; twice is allowed."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._turns.close()
        presence = self._presence
        if presence is not None:
            presence.end()
            try:
                presence.release(expiry)
            except MIError as error:
                _logger.warning("what was left open could not be released: %s", error)
        for line in (*self._lines, self._activator):
            line.close(expiry)

    # Inside

    def _present(self, bounds: Bounds) -> _Presence:
        """Return what there is on the server; make it where there is nothing, or not any more."""
        presence = self._presence
        if presence is not None and not presence.exporter.is_lost:
            return presence
        if presence is not None:
            presence.end()
            presence.line.retire()  # others may have objects there that they still read
        made = activate(self._activator, bounds)
        line = self._new_line(_port(made))
        exporter = Exporter(made, line, self._explained)
        login = exporter.adopt(made.references[0], LEVEL1_LOGIN)
        self._presence = _Presence(exporter, line, login, PingSet(self._activator))
        return self._presence

    def _new_line(self, port: int, group: int = 0) -> Line:
        line = Line(self._target, self._target.at(port), self._admission, group)
        with self._lock:
            if self._is_closed:
                raise InvalidParameter("the session is closed")
            self._lines = [one for one in self._lines if not one.is_closed]
            self._lines.append(line)
        return line

    def _log_in(
        self, presence: _Presence, namespace: str, locale: str | None, bounds: Bounds
    ) -> RpcServices:
        reply = presence.exporter.call(
            presence.login,
            NTLM_LOGIN,
            bounds,
            wszNetworkResource=f"//./{namespace}",
            wszPreferredLocale=locale,
            lFlags=0,
            pCtx=None,
        )
        thing = presence.exporter.adopt(reply.values["ppNamespace"], SERVICES)
        new_line = partial(self._new_line, presence.line.port, presence.line.group)
        return RpcServices(presence.exporter, thing, namespace, self._reader, new_line)

    def _explained(self, reference: bytes) -> Instance | None:
        found = self._reader.read(object_in(reference))
        return found if isinstance(found, Instance) else None


def _port(made: ActivationReply) -> int:
    port = made.bindings.port
    if port is None:
        raise ProtocolError("the server does not say at which TCP port the object is")
    return port
