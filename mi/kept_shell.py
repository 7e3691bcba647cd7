"""A shell that is kept: opened when it is needed, replaced when it is lost, deleted at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakSet

from mi.command import Command
from mi.control import Expiry
from mi.errors import InvalidParameter, MIError, ShellLost
from mi.operation import Operation
from mi.shell_calls import ConnectShell, OpenShell, ShellDescription

if TYPE_CHECKING:
    from mi.session_shells import SessionShells

__all__ = ["KeptShell", "refuse_late"]


class KeptShell:
    """What a `Shell` has on the server; any thread may use it.

    Attributes:
        reopens: whether a new one may take its place.
        is_closed: whether it is wanted no more.
        is_spoilt: whether something may run in it that nobody knows of, so that it must go.
    """

    def __init__(
        self, session: SessionShells, opening: OpenShell | ConnectShell, *, reopens: bool
    ) -> None:
        """Open nothing yet."""
        self.reopens = reopens and isinstance(opening, OpenShell)
        self.is_closed = False
        self.is_spoilt = False
        self._session = session
        self._opening = opening
        self._turn = Lock()
        self._held: Operation[ShellDescription] | None = None
        self._shell: ShellDescription | None = None
        self._commands: WeakSet[Command] = WeakSet()
        self._runs = 0  # commands under way of which there is no `Command`

    @property
    def shell(self) -> ShellDescription | None:
        """The shell, if it is open."""
        return self._shell

    @property
    def is_of_another(self) -> bool:
        """Whether another client has opened it."""
        return isinstance(self._opening, ConnectShell)

    def open(self, end: Expiry) -> ShellDescription:
        """Return the shell, which is opened unless it is open.

        Raises:
            InvalidParameter: it is closed.
            MIError: it cannot be opened.
        """
        remaining = end.remaining()
        if not self._turn.acquire(timeout=-1 if remaining is None else remaining):
            raise end.error("waiting for the shell to be opened")
        try:
            if self.is_closed:
                raise InvalidParameter("the shell is closed")
            if self._shell is None:
                refuse_late(end, "opening the shell")
                self._held = self._session.run(_named(self._opening), deadline=end)
                self._shell = next(self._held)
            return self._shell
        finally:
            self._turn.release()

    def close(self) -> None:
        """Delete it, unless it was disconnected, and open no other."""
        self.is_closed = True
        held = self._held
        if held is not None:
            held.close()  # also while another thread opens it
        self.let_go()

    def let_go(self) -> None:
        """Delete it, so that another may take its place."""
        with self._turn:
            held, self._held, self._shell, self.is_spoilt = self._held, None, None, False
        if held is not None:
            held.close()

    # What runs in it

    def add(self, command: Command) -> None:
        """Take note of a command that runs in it."""
        with self._turn:
            self._commands.add(command)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Take note that a command runs in it."""
        with self._turn:
            self._runs += 1
        try:
            yield
        finally:
            with self._turn:
                self._runs -= 1

    def may_be_replaced(self, error: MIError) -> bool:
        """Return whether another may take its place, since it cannot run a command.

        Servers before 2012 R2 do not count down what a shell has run (MS-WSMV note 118), so that
        only a new one helps.
        """
        if not self.reopens or self._shell is None:
            return False
        return isinstance(error, ShellLost) or self._is_free()

    def _is_free(self) -> bool:
        with self._turn:
            return self._runs == 0 and not any(one.is_running for one in self._commands)


def refuse_late(end: Expiry, phase: str) -> None:
    """Do nothing while there is time for `phase`.

    Raises:
        OperationTimeout: there is none.
    """
    if end.remaining() == 0:
        raise end.error(phase)


def _named(opening: OpenShell | ConnectShell) -> OpenShell | ConnectShell:
    """Return how a shell is opened, with a name of its own.

    By that it can be deleted though the answer, which names it, was lost.
    """
    if isinstance(opening, ConnectShell):
        return opening
    from uuid import uuid4  # noqa: PLC0415 - it asks the platform for more than is needed here

    return replace(opening, shell_id=str(uuid4()).upper())
