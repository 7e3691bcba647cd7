"""Keeping a session's objects alive: a server collects what nobody has asked for in six minutes."""

from __future__ import annotations

import logging
from threading import Thread
from typing import Final, Protocol
from weakref import ref

from mi.errors import MIError
from protocols.network.bounds import Bell
from protocols.wmidcom.services import WbemError

__all__ = ["PING_PERIOD", "Pinger", "Pinging"]

_logger = logging.getLogger("mi.wmidcom")

PING_PERIOD: Final = 120.0
"""Seconds between pings (MS-DCOM 3.2.6.1); after three that are missing the objects go."""


class Pinging(Protocol):
    """What wants something kept alive."""

    def ping(self) -> None:
        """Ask once.

        Raises:
            WbemError: the server does not know of it.
            MIError: there was no answer.
        """
        ...


class Pinger:
    """Asks again and again, in a thread of its own, for as long as somebody wants it."""

    def __init__(self, wanting: Pinging) -> None:
        """Begin.

        Args:
            wanting: who wants it; when nobody else has it any more, this ends, too.
        """
        self._bell = bell = Bell()
        self._wanting = ref(wanting, lambda _: bell.ring())
        self._is_over = False
        Thread(target=self._run, name="mi-ping", daemon=True).start()

    def stop(self) -> None:
        """Ask no more; a ping that is under way goes on."""
        self._is_over = True
        self._bell.ring()

    def _run(self) -> None:
        while not self._bell.wait(PING_PERIOD) and not self._is_over:
            wanting = self._wanting()
            if wanting is None:
                return
            try:
                wanting.ping()
            except (MIError, WbemError) as error:
                _logger.info("the server was not asked to keep what is open: %s", error)
            del wanting
