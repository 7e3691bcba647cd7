"""The shells that are open at an endpoint: opening, finding, leaving, taking over and ending them.

What it lists is what clients have left behind: `endpoint.open_shells` and `open_commands` count it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from protocols.loopback.powershell.cmdlets import CMDLETS
from protocols.loopback.powershell.powershell_exe import powershell
from protocols.loopback.powershell.script_run import Scripts
from protocols.loopback.refusals import Refusal, refuse
from protocols.loopback.shells.console import console
from protocols.loopback.shells.file_commands import FILE_COMMANDS
from protocols.loopback.shells.files import FileSystem
from protocols.loopback.shells.invocation import Commands, Environment, Prompt
from protocols.loopback.shells.programs import PROGRAMS
from protocols.loopback.shells.quotas import Quotas
from protocols.loopback.shells.shell import Opening, Remoting, Shell

__all__ = ["OpenShells", "new_id", "no_such_shell"]

_PROVIDER: Final = "Shell provider"
_CONFIGURATIONS: Final = (
    "Microsoft.PowerShell",
    "Microsoft.PowerShell32",
    "Microsoft.PowerShell.Workflow",
    "Microsoft.Windows.ServerManagerWorkflows",
)
_VARIABLES: Final = {
    "ComSpec": r"C:\Windows\system32\cmd.exe",
    "NUMBER_OF_PROCESSORS": "2",
    "OS": "Windows_NT",
    "Path": r"C:\Windows\system32;C:\Windows",
    "PATHEXT": ".COM;.EXE;.BAT;.CMD",
    "SystemDrive": "C:",
    "SystemRoot": r"C:\Windows",
    "windir": r"C:\Windows",
}


class OpenShells:
    r"""The shells of one user; any thread may use it.

    Attributes:
        commands: the commands that cmd shells run, by name; tests add their own.
        scripts: the scripts that PowerShell runs, by text, pattern or name; likewise.
        configurations: the scripts of each session configuration, by its name; of the usual ones
            they are `scripts`.
        files: the files that commands find.
        quotas: what is allowed.
        owner: the user, `DOMAIN\user`.
    """

    def __init__(self, quotas: Quotas, owner: str) -> None:
        self.scripts: Scripts = dict(CMDLETS)
        self.configurations: dict[str, Scripts] = dict.fromkeys(_CONFIGURATIONS, self.scripts)
        self.commands = Commands({**PROGRAMS, **FILE_COMMANDS, **powershell(self.scripts)})
        self.commands["cmd"] = console(self.commands)
        self.files = FileSystem()
        self.quotas = quotas
        self.owner = owner
        self._lock = threading.RLock()
        self._shells: dict[str, Shell] = {}

    # What is open

    def __len__(self) -> int:
        with self._lock:
            self._expire()
            return len(self._shells)

    def __iter__(self) -> Iterator[Shell]:
        with self._lock:
            self._expire()
            return iter(list(self._shells.values()))

    @property
    def open_commands(self) -> int:
        """Commands that run, or ended and were not signalled since, in shells that are open."""
        return sum(len(shell.processes) for shell in self)

    # What is asked

    def open(self, opening: Opening, remoting: Remoting | None = None) -> Shell:
        """Open a shell.

        Raises:
            Refusal: there are too many, or one of that id, or its idle time-out is out of bounds.
        """
        with self._lock:
            self._expire()
            quotas = self.quotas
            if len(self._shells) >= quotas.shells_per_user:
                raise refuse("QUOTA_MAX_SHELLS")
            self.check_operations()
            if not quotas.least_idle_timeout <= opening.idle_timeout <= quotas.most_idle_timeout:
                raise refuse("IDLETIMEOUT_OUTOFBOUNDS", f"{opening.idle_timeout} seconds")
            if opening.shell_id in self._shells:
                raise refuse("ALREADY_EXISTS", f"there is a shell {opening.shell_id}")
            shell = Shell(opening, quotas, remoting)
            self._shells[opening.shell_id] = shell
            return shell

    def check_operations(self) -> None:
        """Do nothing, if one more operation is allowed, with the Receive that follows it.

        Raises:
            Refusal: it is not (MaxConcurrentOperationsPerUser).
        """
        under_way = sum(1 + shell.operations for shell in self)
        if under_way + 1 >= self.quotas.operations_per_user:
            raise refuse("QUOTA_MAX_OPERATIONS")

    def find(self, shell_id: str) -> Shell:
        """Return a shell by its id.

        Raises:
            Refusal: there is none.
        """
        with self._lock:
            self._expire()
            found = self._shells.get(_plain(shell_id))
            if found is None:
                raise no_such_shell()
            return found

    def delete(self, shell_id: str) -> None:
        """End a shell with everything in it.

        Raises:
            Refusal: there is none.
        """
        with self._lock:
            shell = self.find(shell_id)
            del self._shells[shell.opening.shell_id]
        shell.close()

    def remoting(self, opening: Opening, creation: bytes, largest: int) -> Remoting:
        """Return what runs a shell of PowerShell.

        Args:
            opening: what the shell is opened with.
            creation: the fragments that open it.
            largest: bytes of output that fit into a reply.

        Raises:
            Refusal: there is no such session configuration, or it is opened by something else
                than PowerShell's fragments.
        """
        name = opening.resource_uri.rpartition("/")[2].partition("?")[0].lower()
        scripts = next(
            (found for known, found in self.configurations.items() if known.lower() == name), None
        )
        if scripts is None:
            raise refuse("RESOURCE_NOT_FOUND", f"there is no session configuration {name}")
        # Only here, so that an endpoint without PowerShell needs neither psrpcore nor its time.
        try:
            from protocols.loopback.powershell.runspaces import Runspaces  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise refuse("POWERSHELL_PLUGIN", str(error)) from error
        return Runspaces(scripts, self.new_prompt(opening), opening.shell_id, creation, largest)

    def discard(self, shell_id: str) -> None:
        """End a shell whose id never reached the client, if there is one."""
        with self._lock:
            shell = self._shells.pop(shell_id, None)
        if shell is not None:
            shell.close()

    def new_prompt(self, opening: Opening) -> Prompt:
        """Return where a command of a shell that is opened so begins."""
        user = self.owner.rpartition("\\")[2]
        own = {"USERNAME": user, "COMPUTERNAME": self.owner.partition("\\")[0]}
        environment = Environment({**_VARIABLES, **own})
        environment.update(opening.environment)
        prompt = Prompt(self.files, environment, codepage=opening.codepage, user=self.owner)
        if opening.directory is not None:
            prompt.directory = prompt.path(opening.directory)
        return prompt

    # What happens to them

    def vanish(self) -> None:
        """Know of no shell any more, as a server that was restarted."""
        with self._lock:
            shells, self._shells = list(self._shells.values()), {}
        for shell in shells:
            shell.close()

    def _expire(self) -> None:
        for shell_id, shell in list(self._shells.items()):
            if shell.is_expired:
                del self._shells[shell_id]
                shell.close()


def _plain(shell_id: str) -> str:
    """Return an id as it is kept; WinRM 1 wrote it with `uuid:`, and clients with any case."""
    return shell_id.strip().removeprefix("uuid:").upper()


def new_id() -> str:
    """Return an id as Windows writes it."""
    return str(uuid.uuid4()).upper()


def no_such_shell() -> Refusal:
    """Return the refusal of a shell that is not there (recorded from Server 2016)."""
    fault = refuse("UNEXPECTED_SELECTORS").fault
    return Refusal(replace(fault, provider=_PROVIDER, wsman_codes=fault.wsman_codes * 2))
