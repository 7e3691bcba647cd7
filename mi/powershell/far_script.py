"""The script that runs a script in powershell.exe, and says how it is to be read.

It lets the far side serialize each thing that the script writes, and print it as one line of
ASCII: a mark, a letter for the stream, and the CLIXML in base64. So neither the console's width
nor its encoding touches it, and errors keep what they are. What is no such line was printed past
PowerShell, and is text.

The script is compiled by `[scriptblock]::Create`, so that neither a mistake in it nor a brace too
many can change what surrounds it; nothing catches its errors, since a `try` around a script changes
what its errors do. One that ends it reaches powershell.exe, which prints it to its error output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from mi.powershell.literals import Literals, quoted
from mi.powershell.records import Stream
from mi.powershell.script import Script

__all__ = ["EXIT", "LETTERS", "QUIET", "SECRETS", "WRITER", "FarScript"]

LETTERS: Final[Mapping[str, Stream]] = {
    "O": Stream.OUTPUT,
    "E": Stream.ERROR,
    "W": Stream.WARNING,
    "V": Stream.VERBOSE,
    "D": Stream.DEBUG,
    "I": Stream.INFORMATION,
}
"""The letters of the streams, in lines of objects."""

QUIET: Final = "$ProgressPreference='SilentlyContinue'"
"""Keeps what only a person would look at off the error output."""

# A SecureString of the UTF-16 in a line of what was sent apart: nothing logs what .NET is given.
SECRETS: Final = (
    "$__s={param($i)$s=New-Object Security.SecureString;"
    "foreach($c in [Text.Encoding]::Unicode.GetChars([Convert]::FromBase64String($__l[$i+1])))"
    "{$s.AppendChar($c)};,$s}"
)
"""Makes a secret of its number."""
_LETTERS: Final = ";".join(
    f"'System.Management.Automation.{stream.value.capitalize()}Record'='{letter}'"
    for letter, stream in LETTERS.items()
    if stream is not Stream.OUTPUT
)
WRITER: Final = (
    "$__k=@{" + _LETTERS + "};"
    "$__w={process{$t='O';if($null -ne $_){$n=$_.GetType().FullName;"
    "if($__k.ContainsKey($n)){$t=$__k[$n]}};"
    "[Console]::Out.WriteLine('%s'+$t+[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes("
    "[Management.Automation.PSSerializer]::Serialize($_,%d))))}}"
)
"""Prints each object as a line; it lacks the mark and the depth."""
EXIT: Final = "if($LASTEXITCODE){exit $LASTEXITCODE}"
"""Ends the process as the last program has ended."""


@dataclass(frozen=True, slots=True)
class FarScript:
    """What powershell.exe is to run.

    Attributes:
        text: the script around the script.
        secrets: what is sent apart from it, in this order.
    """

    text: str
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, script: Script, mark: str) -> FarScript:
        """Return what runs `script`.

        Args:
            script: the script, and what it is given.
            mark: what lines of objects begin with; ASCII that nobody can guess.

        Raises:
            TypeMismatch: PowerShell has no value for something that it is given.
            InvalidParameter: something that it is given cannot be sent.
        """
        literals = Literals(lambda number: f"&$__s {number}")
        given = literals.of(dict(script.named)) if script.named else None
        if script.positional:
            given = literals.of(list(script.positional))
        piped = "" if script.input is None else f"{literals.of(list(script.input))}|"
        lines = [] if script.shows_progress else [QUIET]
        if literals.secrets:
            lines.append(SECRETS)
        if given is not None:
            lines.append(f"$__p={given}")
        lines.append(f"$__b={_compiled(script)}")
        call = f"{piped}& $__b" + (" @__p" if given is not None else "")
        if script.is_text:
            lines.append(call)
        else:
            lines += [WRITER % (mark, script.depth), f"{call} *>&1|& $__w"]
        return cls("\n".join([*lines, EXIT]), tuple(literals.secrets))


def _compiled(script: Script) -> str:
    if script.is_command:
        return quoted(script.text)
    return f"[scriptblock]::Create({quoted(script.text)})"
