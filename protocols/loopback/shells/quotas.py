"""How many shells, commands and operations a server allows, and for how long (WinRM's settings)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mi.options import ServerKind

__all__ = ["QUOTAS", "Quotas"]

_LEAST_IDLE: Final = 60.0
_LONGEST_IDLE: Final = 2_147_483.647
_UNLIMITED: Final = 2_147_483_647


@dataclass(frozen=True, slots=True)
class Quotas:
    """What a server allows; the defaults are those of Server 2016 and later.

    Attributes:
        shells_per_user: MaxShellsPerUser.
        operations_per_user: MaxConcurrentOperationsPerUser.
        processes_per_shell: MaxProcessesPerShell.
        idle_timeout: seconds that a shell lives unused, if it asks for no other time.
        least_idle_timeout: the least of them that may be asked for.
        most_idle_timeout: the most.
        counts_ended: whether a command of a cmd shell counts as an operation until its shell is
            deleted, though it has ended and was signalled (Server 2008 R2; MS-WSMV, note 118).
        has_disconnect: whether shells can be left and found again (WinRM 3).
        honours_options: whether WINRS_SKIP_CMD_SHELL and WINRS_CONSOLEMODE_STDIN say something
            (not in 2012 R2 and later; MS-WSMV, note 117).
        answers_keep_alive: whether a Receive that waits in vain, and asks to be kept alive, gets
            an answer without output instead of a fault.
    """

    shells_per_user: int = _UNLIMITED
    operations_per_user: int = 1500
    processes_per_shell: int = _UNLIMITED
    idle_timeout: float = 7200.0
    least_idle_timeout: float = _LEAST_IDLE
    most_idle_timeout: float = _LONGEST_IDLE
    counts_ended: bool = False
    has_disconnect: bool = True
    honours_options: bool = False
    answers_keep_alive: bool = False


QUOTAS: Final = {
    ServerKind.WINRM3: Quotas(),
    ServerKind.WINRM2: Quotas(
        shells_per_user=5,
        operations_per_user=15,
        processes_per_shell=15,
        idle_timeout=180.0,
        counts_ended=True,
        has_disconnect=False,
        honours_options=True,
    ),
}
"""The defaults of each kind of server that the endpoint can be; WINRM2's are Server 2008 R2's."""
