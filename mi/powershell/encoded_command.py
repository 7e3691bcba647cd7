"""The command line of powershell.exe, and what it reads from its input.

A script that fits is an `-EncodedCommand`: UTF-16 in base64, which needs no quoting. A longer one,
and every one with secrets, since command lines are seen by others and are logged, is read from the
input by a short one: a line of base64 for the script, and one for each secret.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final

from mi.powershell.far_script import FarScript

__all__ = ["EXECUTABLE", "LONGEST_COMMAND_LINE", "READER", "EncodedCommand"]

EXECUTABLE: Final = "powershell.exe"
"""Windows PowerShell, which every Windows has; PowerShell 7 is `pwsh.exe`."""

LONGEST_COMMAND_LINE: Final = 8191
"""Characters that cmd.exe takes; CreateProcess would take 32767, but there is cmd between."""

_SWITCHES: Final = ("-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand")
_WRAPPING: Final = 64  # characters that the shell puts around a line: its own path, /C, quotes
# `$input` is the input; reading the console past it would race with powershell.exe itself.
READER: Final = (
    "$__l=@($input);. ([scriptblock]::Create([Text.Encoding]::UTF8.GetString("
    "[Convert]::FromBase64String($__l[0]))))"
)
"""Runs the script that comes on the input."""


@dataclass(frozen=True, slots=True)
class EncodedCommand:
    """How powershell.exe is started.

    Attributes:
        command: the program.
        arguments: its arguments; none needs quoting.
        stdin: what it is to read, or None.
    """

    command: str
    arguments: tuple[str, ...]
    stdin: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, script: FarScript, executable: str = EXECUTABLE) -> EncodedCommand:
        """Return what runs a script."""
        whole = cls(executable, (*_SWITCHES, _encoded(script.text)))
        if not script.secrets and whole.length <= LONGEST_COMMAND_LINE - _WRAPPING:
            return whole
        lines = [script.text.encode(), *(secret.encode("utf-16-le") for secret in script.secrets)]
        stdin = b"".join(b64encode(line) + b"\r\n" for line in lines)
        return cls(executable, (*_SWITCHES, _encoded(READER)), stdin)

    @property
    def length(self) -> int:
        """The characters of the command line."""
        return len(" ".join((self.command, *self.arguments)))


def _encoded(script: str) -> str:
    return b64encode(script.encode("utf-16-le")).decode()
