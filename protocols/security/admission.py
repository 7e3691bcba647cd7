"""Who may log on when: until a credential has been accepted, one connection at a time.

One wrong password must never lock an account: what several connections try at once, each of them
tries. Once the server has taken a credential, others log on with it as they come; when it refuses
it later, all begin anew, one at a time.
"""

from __future__ import annotations

from threading import Lock
from typing import Generic, TypeVar

from protocols.network.bounds import Bounds
from protocols.network.turns import Turns
from protocols.security.logon import Logon, Way
from protocols.security.rejection import Rejected

__all__ = ["Admission", "Entry"]

M = TypeVar("M", bound=Way)


class Entry(Generic[M]):
    """The leave for one connection to log on; to be closed when it has, or could not.

    Attributes:
        method: the way to do it.
    """

    __slots__ = ("_admission", "_has_turn", "method")

    def __init__(self, admission: Admission[M], method: M, *, has_turn: bool) -> None:
        self._admission = admission
        self._has_turn = has_turn
        self.method = method

    @property
    def is_first(self) -> bool:
        """Whether nobody has been accepted so yet, as far as this one has not."""
        return self._has_turn

    def accept(self) -> None:
        """Know that the server took the credential; the next connection may come."""
        if self._has_turn:
            self._admission.accept(self.method)
            self.close()

    def reject(self, rejection: Rejected) -> None:
        """Know that it did not; while nobody else may try."""
        self._admission.reject(self.method, rejection)

    def close(self) -> None:
        """Let the next connection come; again, do nothing."""
        if self._has_turn:
            self._has_turn = False
            self._admission.leave()


class Admission(Generic[M]):
    """What became of the credentials of a session, for all its connections."""

    def __init__(self, logon: Logon[M]) -> None:
        self._logon = logon
        self._begin_life()
        self._current: M | None = None
        self._accepted: M | None = None

    def _begin_life(self) -> None:
        self._turns = Turns()
        self._lock = Lock()

    def after_fork(self) -> None:
        """Begin anew in a child process, which knows what its parent did."""
        self._begin_life()

    @property
    def method(self) -> M | None:
        """The way in which connections log on, or are about to; None before the first."""
        return self._current

    def enter(self, bounds: Bounds) -> Entry[M]:
        """Return the leave to log on, which may have to wait for that of others.

        Raises:
            OperationTimeout: others did not end in time.
            OperationCancelled: the operation was cancelled meanwhile.
            MIError: there is nothing left to log on with.
        """
        accepted = self._accepted
        if accepted is not None:
            return Entry(self, accepted, has_turn=False)
        self._turns.take_within(bounds)
        try:
            accepted = self._accepted
            method = self._logon.method() if accepted is None else accepted
        except BaseException:
            self._turns.give_back()
            raise
        self._current = method
        entry = Entry(self, method, has_turn=True)
        if accepted is not None:
            entry.close()
        return entry

    def accept(self, method: M) -> None:
        """Let the connections that come log on by `method` at once."""
        self._accepted = method

    def reject(self, method: M, rejection: Rejected) -> None:
        """Remember a rejection, once, whichever connection comes with it first.

        Raises:
            MIError: it is all that there is, and may work another time.
        """
        with self._lock:
            if self._current is method:
                self._current = self._accepted = None
                self._logon.reject(rejection)

    def leave(self) -> None:
        """Let the next connection come."""
        self._turns.give_back()
