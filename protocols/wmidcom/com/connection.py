r"""This machine's WMI as a connection: IWbemLocator::ConnectServer for each namespace.

A call takes COM alone, so there is no network, no logon, and no firewall in its way: WMI sees the
user that the process runs as.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Final

from mi.callbacks import SessionCallbacks
from mi.control import Expiry
from mi.credentials import Credentials
from mi.errors import InvalidParameter
from mi.options import DestinationOptions
from protocols.wmidcom.com.interfaces import Locator, Services, text_of
from protocols.wmidcom.com.namespace import Namespace
from protocols.wmidcom.com.object_reader import nothing
from protocols.wmidcom.com.services import ComServices
from protocols.wmidcom.com.session import Session
from protocols.wmidcom.com.system import System, WindowsSystem
from protocols.wmidcom.services import Bounds

__all__ = ["ComConnection"]

_USE_MAX_WAIT: Final = 0x80  # WBEM_FLAG_CONNECT_USE_MAX_WAIT: for two minutes, not for ever


class ComConnection:
    """The way to this machine's WMI."""

    def __init__(
        self,
        destination: str | None,
        options: DestinationOptions,
        callbacks: SessionCallbacks,  # noqa: ARG002 - nothing happens here that nobody asked for
        system: Callable[[], System] = WindowsSystem,
    ) -> None:
        """Make a connection, which has touched nothing yet.

        Args:
            destination: as the caller named this machine, or None.
            options: a copy that nobody else changes.
            callbacks: told what happens outside any operation.
            system: loads COM.

        Raises:
            InvalidParameter: credentials are given.
        """
        for one in options.credentials or ():
            # A callable is asked for nobody's password: whatever it says could not be used.
            if not isinstance(one, Credentials) or one.user is not None:
                raise InvalidParameter(
                    "this machine's WMI takes no credentials: it sees the user of this process",
                    advice="Leave credentials= out, or name the host to reach it by its network.",
                )
        self._destination = destination
        self._find = nothing if options.schema is None else options.schema.find
        self._load = system
        self._begin_life()

    def _begin_life(self) -> None:
        self._lock = Lock()
        self._session: Session | None = None
        self._services: dict[tuple[str, str | None], ComServices] = {}

    def services(self, namespace: str, locale: str | None, bounds: Bounds) -> ComServices:
        """Connect to a namespace, if that was not done before."""
        key = (namespace.lower(), locale)
        found = self._services.get(key)
        if found is None or found.is_broken:
            found = self._services[key] = self._connected(namespace, locale, bounds)
        return found

    def _connected(self, namespace: str, locale: str | None, bounds: Bounds) -> ComServices:
        with self._lock:
            session = self._session = self._session or Session(self._load(), self._destination)
        services = session.call(
            partial(_connect, session.system, namespace, locale),
            bounds,
            "connecting to WMI",
            discard=Services.release,
        )
        connected = Namespace(session.system, services, namespace, self._destination, self._find)
        return ComServices(session, connected)

    def after_fork(self) -> None:
        """Forget what is the parent's."""
        self._begin_life()

    def close(self, expiry: Expiry) -> None:
        """Release all that is held, and end the thread; twice is allowed."""
        with self._lock:
            session = self._session
        if session is not None:
            session.close(expiry)


def _connect(system: System, namespace: str, locale: str | None) -> Services:
    """Return the services of a namespace; this is for the threads that use COM."""
    with (
        Locator(system, system.create(Locator.CLASS_ID, Locator.INTERFACE_ID)) as locator,
        text_of(namespace.replace("/", "\\"), system) as path,
        text_of(locale, system) as language,
    ):
        address = locator.take_address(
            Locator.CONNECT_SERVER, path, None, None, language, _USE_MAX_WAIT, None, None
        )
    services = Services(system, address)
    try:
        system.protect(address)
    except BaseException:
        services.release()
        raise
    return services
