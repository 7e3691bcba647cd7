"""The shells that powershell.exe is started in, kept for the next script."""

from __future__ import annotations

from threading import Lock
from typing import Final, NamedTuple

from mi.operation import Operation
from mi.powershell.script_calls import Far
from mi.shell_calls import CMD, OpenShell, ShellDescription, ShellOption

__all__ = ["CommandShells", "OpenedShell"]

_UTF_8: Final = ShellOption("WINRS_CODEPAGE", "65001")


class OpenedShell(NamedTuple):
    """A shell, and the operation that holds it open."""

    description: ShellDescription
    operation: Operation[ShellDescription]


class CommandShells:
    """Shells that are open and idle; a shell runs one command at a time.

    Args:
        far: the session.
    """

    def __init__(self, far: Far) -> None:
        self._far = far
        self._lock = Lock()
        self._idle: list[OpenedShell] = []

    def take(self) -> tuple[OpenedShell, bool]:
        """Return a shell, for nobody else until it is given back, and whether it is a new one."""
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        operation = self._far.run(OpenShell(resource_uri=CMD, options=(_UTF_8,)))
        try:
            return OpenedShell(next(operation), operation), True
        except BaseException:
            operation.close()
            raise

    def give_back(self, shell: OpenedShell) -> None:
        """Keep a shell whose command is through."""
        with self._lock:
            self._idle.append(shell)

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for shell in idle:
            shell.operation.close()
