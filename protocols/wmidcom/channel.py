"""What the operations of a session share: a connection, class declarations, what is left open.

Nothing is connected before a result is asked for, and no transport is imported. A process that was
forked has the channel too, and begins anew: what was open is the parent's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from mi.calls import Call, SubscribeEventLog
from mi.control import CancelToken, Control, Expiry
from mi.credentials import Credentials
from mi.errors import InvalidParameter, MIError, NotSupported
from mi.options import DestinationOptions
from mi.store import SchemaStore
from protocols.channels.fetches import Fetches
from protocols.channels.forks import outlive
from protocols.channels.orphans import Orphans
from protocols.security.discretion import Forgetting
from protocols.wmidcom.access import Access, Schemas
from protocols.wmidcom.enumerations import ENUMERATIONS
from protocols.wmidcom.locales import wmi_locale
from protocols.wmidcom.operations import OPERATIONS
from protocols.wmidcom.run import Reading, Run, Single, Work
from protocols.wmidcom.services import (
    Bounds,
    WbemConnection,
    WbemError,
    WbemServices,
)

__all__ = ["WmidcomChannel"]

_logger = logging.getLogger("mi.wmidcom")

_ADVICE: Final[dict[type[Call[Any]], str]] = {
    SubscribeEventLog: "Use protocol='WINRM', or subscribe to new records: SELECT * FROM"
    " __InstanceCreationEvent WHERE TargetInstance ISA 'Win32_NTLogEvent'.",
}

_ELSEWHERE: Final = "Use protocol='WINRM', which carries more than WMI."


class WmidcomChannel:
    """The way to one WMI service, and what the operations of a session share beside it.

    Attributes:
        schemas: the class declarations that are known.
        fetching: those on their way.
        server_name: the destination as the caller named it, for the values that are made here.
        most: objects that the caller wants at once, or None.
        user: who asks, as the caller wrote it, or None.
        has_answered: whether the server has let this session do something.
        life: another object in each process that has the channel.
    """

    def __init__(
        self,
        connect: Callable[[], WbemConnection],
        destination: str | None,
        options: DestinationOptions,
    ) -> None:
        """Make a channel, which has no connection yet.

        Args:
            connect: makes the connection; it is called once, when it is first needed.
            destination: the host as the caller named it, or None for this machine.
            options: of the session.
        """
        self._connect = connect
        self._locale = options.ui_locale
        self.schemas: Schemas = SchemaStore() if options.schema is None else options.schema
        self.server_name = destination
        self.most: int | None = options.max_elements
        self.user = _user(options)
        self.has_answered = False
        self._connection: WbemConnection | None = None
        self._is_closed = False
        self._begin_life()
        outlive(self)

    def _begin_life(self) -> None:
        self.life = object()
        self._lock = Lock()
        self.fetching = Fetches()
        self._orphans: Orphans[Run] = Orphans(_logger)

    def after_fork(self) -> None:
        """Begin anew in a child process: what was open is the parent's, locked or not."""
        self._begin_life()
        if self._connection is not None:
            self._connection.after_fork()

    def start(self, call: Call[Any], control: Control) -> Run:
        """Return the run of `call`, which has asked for nothing yet.

        Raises:
            NotSupported: this kind of call has no row in the tables, or an option is not to be had.
            MIError: the call cannot be put so.
        """
        return Run(self, call, control, self._work(call, control))

    def _work(self, call: Call[Any], control: Control) -> Work:
        operation = OPERATIONS.get(type(call))
        if operation is not None:
            return Single(operation, Access(self, call, control), call)
        enumeration = ENUMERATIONS.get(type(call))
        if enumeration is None:
            advice = _ADVICE.get(type(call), _ELSEWHERE)
            raise NotSupported(f"{call.operation} is not to be had over WMIDCOM", advice=advice)
        access = Access(self, call, control)
        return Reading(enumeration(access, call, control), access, is_endless=call.endless)

    def close(self, expiry: Expiry) -> None:
        """Release what dropped runs left open, and close the connection; twice is allowed."""
        with self._lock:
            self._is_closed = True
            connection = self._connection
        if connection is None:
            return
        with Forgetting():
            try:
                self.release_dropped(Bounds(expiry, CancelToken()))
            except MIError as error:
                _logger.warning("what was left open could not be released: %s", error)
            connection.close(expiry)

    # For runs

    def services(self, namespace: str, bounds: Bounds) -> WbemServices:
        """Return the services of a namespace; connect and log in if need be.

        Raises:
            InvalidParameter: the session is closed, or WMI does not know its language.
            NotSupported: something that is needed is not installed.
            WbemError, MIError: as `WbemConnection.services`.
        """
        locale = wmi_locale(self._locale)
        return self._connected().services(namespace, locale, bounds)

    def adopt(self, run: Run) -> None:
        """Take over a run that was dropped: no lock, nothing sent, in any thread."""
        self._orphans.adopt(run)

    def release(self, run: Run) -> None:
        """Release what `run` has open, within the grace time.

        Raises:
            MIError: the server does not know of it.
        """
        if run.life is not self.life or self._is_closed:
            return
        _release(run, Bounds(Expiry.of_grace(), CancelToken()))

    def release_dropped(self, bounds: Bounds) -> None:
        """Release what dropped runs have open, for no longer than the caller wants to wait.

        Raises:
            MIError: his time is over, or he cancelled.
        """
        cancel = bounds.cancel

        def part_with(run: Run, expiry: Expiry) -> None:
            _release(run, Bounds(expiry, cancel))

        self._orphans.release(part_with, bounds.expiry, cancel)

    # Inside

    def _connected(self) -> WbemConnection:
        """Return the connection, made when it is first needed."""
        connection = self._connection
        if connection is None or self._is_closed:
            with self._lock:
                if self._is_closed:
                    raise InvalidParameter("the session is closed")
                connection = self._connection or self._connect()
                self._connection = connection
        return connection


def _release(run: Run, bounds: Bounds) -> None:
    enumerator = run.leave()
    if enumerator is None:
        return
    try:
        enumerator.release(bounds)
    except WbemError as failure:  # the server has forgotten it, which is as good
        _logger.info("the server released nothing: %s", failure)
    run.forget()


def _user(options: DestinationOptions) -> str | None:
    """Return the user's name if there is one, and no callable that would have to be asked."""
    given = options.credentials or ()
    named = [one.user for one in given if isinstance(one, Credentials)]
    return str(named[0]) if len(named) == 1 and named[0] is not None else None
