"""What faults mean to a shell and its commands, as one table.

Everything else is an error like any other; what it says stands in `protocols.meanings`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from mi.errors import MIError, NotFound, ShellLost
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.fault import Fault

__all__ = ["Fate", "error_of", "fate_of"]


class Fate(Enum):
    """What has become of a shell, or of a command, that answers with a fault."""

    WAITING = auto()
    """Nothing: the server's time for the request was over, and it may be asked again."""
    GONE = auto()
    """The shell is not there any more, and neither is any command of it."""
    ENDED = auto()
    """The command is not there any more."""
    LEFT = auto()
    """The shell is disconnected: it and its commands go on, but not with this client."""
    OPEN = auto()
    """Nothing: the request alone was refused."""


# Windows takes the name of a shell that is not there for a wrong selector; a profile that was
# unloaded takes every shell of its user along (0x800703FA, as WinRM's Ruby client has found).
_FATES: Final = {
    NUMBERS[name]: fate
    for fate, names in {
        Fate.GONE: (
            "UNEXPECTED_SELECTORS", "INVALID_SELECTORS", "SHELL_ALREADY_CLOSED",
            "ERROR_KEY_DELETED",
        ),
        Fate.ENDED: (
            "SHELL_INVALID_COMMAND_HANDLE", "COMMAND_ALREADY_CLOSED", "COMMAND_TERMINATED",
            "ERROR_OPERATION_ABORTED",
        ),
        Fate.LEFT: (
            "SHELL_DISCONNECTED", "SERVICE_STREAM_DISCONNECTED",
            "SHELL_CONNECTED_TO_DIFFERENT_CLIENT", "SHELL_CLIENTSESSIONID_MISMATCH",
        ),
    }.items()
    for name in names
}  # fmt: skip


# The setting of winrm/config, or of a plugin's quotas, whose limit each of these is about.
_LIMITS: Final = {
    NUMBERS[name]: setting
    for name, setting in {
        "QUOTA_MAX_SHELLS": "MaxShellsPerUser",
        "QUOTA_MAX_SHELLUSERS": "MaxConcurrentUsers",
        "QUOTA_MAX_OPERATIONS": "MaxConcurrentOperationsPerUser",
        "QUOTA_MAX_SHELLS_PPQ": "MaxShells",
        "QUOTA_MAX_USERS_PPQ": "MaxConcurrentUsers",
        "QUOTA_MAX_PLUGINSHELLS_PPQ": "MaxShells",
        "QUOTA_MAX_PLUGINOPERATIONS_PPQ": "MaxConcurrentOperations",
        "QUOTA_MAX_OPERATIONS_USER_PPQ": "MaxConcurrentOperationsPerUser",
        "QUOTA_MAX_COMMANDS_PER_SHELL_PPQ": "MaxConcurrentCommandsPerShell",
    }.items()
}


def fate_of(fault: Fault) -> Fate:
    """Return what a fault that answers a request to a shell means to it."""
    if fault.is_timeout:
        return Fate.WAITING
    return next((_FATES[code] for code in fault.numbers if code in _FATES), Fate.OPEN)


def error_of(fault: Fault) -> MIError:
    """Return the error that a fault is.

    It is `ShellLost` where the shell is not there any more, and `NotFound` where the command is
    not; that of a quota names its setting.
    """
    error = fault.error()
    lost = _LOST.get(fate_of(fault))
    if lost is not None:
        kind, message, advice = lost
        return kind(
            f"{message}: {error.message}",
            native_code=error.native_code,
            native_type=error.native_type,
            advice=advice,
            extended_error=fault.extended_error,
        )
    limit = next((_LIMITS[code] for code in fault.numbers if code in _LIMITS), None)
    if limit is not None and limit not in error.message:
        error.advice = f"The limit is {limit} of the server. {error.advice or ''}".rstrip()
    return error


_LOST: Final[dict[Fate, tuple[type[MIError], str, str]]] = {
    Fate.GONE: (
        ShellLost,
        "the shell is not there any more",
        "The server deletes shells that are idle for too long. Open another.",
    ),
    Fate.ENDED: (NotFound, "the command is not there any more", "Start it again."),
}
