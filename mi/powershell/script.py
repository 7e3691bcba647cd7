"""What is to be run, whichever way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["DEFAULT_CONFIGURATION", "DisconnectedScript", "Script"]

DEFAULT_CONFIGURATION: Final = "Microsoft.PowerShell"
"""The session configuration of Windows PowerShell; PowerShell 7 has `PowerShell.7`."""

_DEPTHS: Final = range(1, 101)


class DisconnectedScript(NamedTuple):
    """A script that runs on with nobody connected; texts, to be kept and found again by.

    Attributes:
        pool_id: of its runspace pool.
        pipeline_id: its own.
        configuration_name: of the session configuration.
    """

    pool_id: str
    pipeline_id: str
    configuration_name: str


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and what it is given.

    Attributes:
        text: the script.
        parameters: by name, or as a sequence by position.
        input: what is piped into it, or None; it is iterated once, as it is sent.
        is_text: whether its output is wanted as PowerShell formats it, instead of its objects.
        is_command: whether `text` is the name of a command; all that a session configuration
            without a language takes (JEA).
        depth: how deep objects are sent by powershell.exe; a runspace has its own rules.
        shows_progress: whether progress records are wanted from powershell.exe.

    Raises:
        TypeMismatch: one of them has the wrong type.
        InvalidParameter: a name is empty, or the depth is not 1 to 100.
    """

    text: str
    parameters: Mapping[str, Any] | Sequence[Any] = field(default=(), repr=False)
    input: Iterable[Any] | None = field(default=None, repr=False)
    is_text: bool = False
    is_command: bool = False
    depth: int = 2
    shows_progress: bool = False

    def __post_init__(self) -> None:
        text: Any = self.text
        given: Any = self.parameters
        if not isinstance(text, str):
            raise TypeMismatch(f"a script is a string, not {type(text).__name__}")
        if isinstance(given, (str, bytes)) or not isinstance(given, (Mapping, Sequence)):
            raise TypeMismatch("the parameters of a script are a mapping, or a sequence")
        if isinstance(self.input, (str, bytes)):
            raise TypeMismatch(
                "the input of a script is an iterable of values", advice="Put it into a list."
            )
        if self.depth not in _DEPTHS:
            raise InvalidParameter(f"the depth is 1 to 100, not {self.depth}")
        for name in given if isinstance(given, Mapping) else ():
            if not isinstance(name, str) or not name.strip("-"):
                raise InvalidParameter(f"a parameter has a name, which {name!r} is not")

    @property
    def named(self) -> Mapping[str, Any]:
        """The parameters that have names, which some write with a dash."""
        if not isinstance(self.parameters, Mapping):
            return {}
        return {name.lstrip("-"): value for name, value in self.parameters.items()}

    @property
    def positional(self) -> Sequence[Any]:
        """The parameters that have none."""
        return () if isinstance(self.parameters, Mapping) else self.parameters
