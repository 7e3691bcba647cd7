"""What the parts of a connection share: its thread, and all that it holds in COM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from mi.control import Expiry
from protocols.wmidcom.com.system import System
from protocols.wmidcom.com.worker import Worker
from protocols.wmidcom.services import Bounds

__all__ = ["Held", "Session"]

T = TypeVar("T")


class Held(Protocol):
    """What has to be released, once or more often."""

    def release(self) -> None:
        """Let go of it."""
        ...


class Session:
    """Everything that is done in COM is done by `call`, everything that is held there is here.

    Attributes:
        system: COM.
        server_name: the server as its objects are to name it.
    """

    def __init__(self, system: System, server_name: str | None) -> None:
        """Make a session that has done nothing yet.

        Args:
            system: COM.
            server_name: the server as its objects are to name it.
        """
        self.system = system
        self.server_name = server_name
        self._worker = Worker(system)
        self._held: set[Any] = set()

    def call(
        self,
        work: Callable[[], T],
        bounds: Bounds,
        phase: str,
        *,
        discard: Callable[[T], object] = lambda _: None,
    ) -> T:
        """Return what `work` returns, done in the thread (see `Worker.call`)."""
        return self._worker.call(work, bounds, phase, discard=discard)

    def hold(self, held: Any) -> None:
        """Release something when the session ends."""
        self._held.add(held)

    def let_go(self, held: Held) -> None:
        """Release something when its turn comes."""
        self._held.discard(held)
        self._worker.post(held.release)

    def close(self, expiry: Expiry) -> None:
        """Release all that is held, and end the thread."""
        if self._held:
            self._worker.post(self._release_all)
        self._worker.close(expiry)

    def _release_all(self) -> None:
        while self._held:
            self._held.pop().release()
