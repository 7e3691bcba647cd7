"""The shells that powershell.exe is started in, kept for the next script."""

from __future__ import annotations

from threading import Lock
from typing import Final, NamedTuple

from mi.operation import Operation
from mi.powershell.script_calls import ScriptCalls
from mi.shell_calls import CMD, OpenShell, ShellDescription, ShellOption

__all__ = ["CommandShells", "OpenedShell"]

_UTF_8: Final = ShellOption("WINRS_CODEPAGE", "65001")


class OpenedShell(NamedTuple):
    """A shell, and the operation that holds it open."""

    description: ShellDescription
    operation: Operation[ShellDescription]


class CommandShells:
    """Shells that are open and idle; a shell runs one command at a time.

    They end with the session, as all that it has open does.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: list[OpenedShell] = []

    def take(self, calls: ScriptCalls) -> tuple[OpenedShell, bool]:
        """Return a shell, for nobody else until it is given back, and whether it is a new one.

        Args:
            calls: of the script that wants one, in whose time it is opened.
        """
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        operation = calls.run(OpenShell(resource_uri=CMD, options=(_UTF_8,)))
        try:
            shell = OpenedShell(next(operation), operation)
        except BaseException:
            calls.end(operation)
            raise
        calls.keep(operation)
        return shell, True

    def give_back(self, shell: OpenedShell) -> None:
        """Keep a shell whose command is through."""
        with self._lock:
            self._idle.append(shell)
