"""Scripts within the script that `mi.powershell` runs them by, and the objects it prints.

A real PowerShell would run the whole; here it is taken apart, and what is in it is run.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from mi.errors import TypeMismatch
from mi.powershell.encoded_command import READER
from mi.powershell.far_script import EXIT, LETTERS, QUIET, SECRETS, WRITER
from mi.powershell.records import Stream
from protocols.loopback.powershell.literal_reader import LiteralReader
from protocols.loopback.powershell.records import (
    ErrorInfo,
    Information,
    StreamName,
    TerminatingError,
)
from protocols.loopback.powershell.script_run import Host

__all__ = ["FarScript", "ObjectLines"]

_LACKS: Final = (
    "the endpoint's PowerShell is made with psrpcore, which is not installed here: "
    "pip install 'management-infrastructure[powershell]'"
)
_MARK_AND_DEPTH: Final = re.compile(
    re.escape(WRITER).replace("%s", r"(?P<mark>[^']*)", 1).replace("%d", r"(?P<depth>\d+)", 1)
)


@dataclass(frozen=True, slots=True)
class FarScript:
    """A script, and what it is given.

    Attributes:
        script: the script, or the name of a command.
        is_command: which of the two.
        arguments: by position.
        parameters: by name.
        input: what is piped into it, or None.
        mark: what lines of objects begin with, or None where its output is text.
        shows_progress: whether progress is wanted.
    """

    script: str
    is_command: bool
    arguments: tuple[Any, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    input: list[Any] | None = None
    mark: str | None = None
    shows_progress: bool = True

    @classmethod
    def read(cls, text: str, stdin: Callable[[], bytes]) -> FarScript | None:
        """Return what is in a script, or None where it is none that runs another.

        Args:
            text: the script that powershell.exe was given.
            stdin: reads its input to the end, which is done only where it is the script.
        """
        secrets: tuple[str, ...] = ()
        if text == READER:
            try:
                whole, *sealed = (b64decode(line, validate=True) for line in stdin().split())
            except (Error, ValueError):
                return None
            text = whole.decode()
            secrets = tuple(one.decode("utf-16-le") for one in sealed)
        try:
            return cls._read(LiteralReader(text, secrets))
        except (ValueError, KeyError):
            return None

    @classmethod
    def _read(cls, reader: LiteralReader) -> FarScript:
        is_quiet = reader.takes(f"{QUIET}\n")
        reader.takes(f"{SECRETS}\n")
        given: Any = reader.value() if reader.takes("$__p=") else ()
        reader.takes("\n")
        reader.expect("$__b=")
        is_block = reader.takes("[scriptblock]::Create(")
        script = reader.quoted()
        reader.expect(")\n" if is_block else "\n")
        writer = _MARK_AND_DEPTH.match(reader.text, reader.place)
        if writer is not None:
            reader.place = writer.end()
            reader.expect("\n")
        piped = reader.value() if not reader.takes("& $__b") else None
        if not reader.text.endswith(EXIT):
            raise ValueError("the end of the script is missing")
        return cls(
            script,
            is_command=not is_block,
            arguments=tuple(given) if isinstance(given, list) else (),
            parameters=given if isinstance(given, dict) else {},
            input=piped,
            mark=None if writer is None else writer["mark"],
            shows_progress=not is_quiet,
        )


class ObjectLines:
    """The host of a script whose objects are printed, each as a line.

    Args:
        mark: what the lines begin with.
        print_line: prints one.
        outer: what is done with all that is no object.
    """

    def __init__(self, mark: str, print_line: Callable[[str], None], outer: Host) -> None:
        self._mark = mark
        self._print_line = print_line
        self._outer = outer

    def write(self, stream: StreamName, value: Any, /) -> None:
        """Write a value to a stream."""
        if stream is StreamName.PROGRESS:
            self._outer.write(stream, value)
            return
        letter, make = _KINDS[stream]
        content = b64encode(_serialized(make(value)).encode()).decode()
        self._print_line(f"{self._mark}{letter}{content}")

    def ask(self, prompt: str, /) -> str:
        """Ask as the host around it does."""
        return self._outer.ask(prompt)

    def call(self, request: Callable[[Any], int], /) -> Any:
        """Ask as the host around it does."""
        return self._outer.call(request)


def _serialized(value: Any) -> str:
    try:
        from psrpcore import types as ps  # noqa: PLC0415 - for whoever runs PowerShell here
    except ModuleNotFoundError as error:
        raise TerminatingError(ErrorInfo(_LACKS)) from error

    from mi.powershell.psrp_values import to_psrp  # noqa: PLC0415 - as above

    class Sealed(ps.PSCryptoProvider):
        """What nobody but its user can read."""

        def encrypt(self, _: str) -> str:
            return "01000000d08c9ddf0115d1118c7a00c04fc297eb"

    with suppress(TypeMismatch):  # psrpcore makes an object of what has attributes
        value = to_psrp(value)
    return ps.serialize_clixml([(value, ps.ClixmlStream.OUTPUT)], Sealed())


def _error(error: ErrorInfo) -> Any:
    from protocols.loopback.powershell.pipeline_host import error_record  # noqa: PLC0415 - as above

    return error_record(error)


def _text(name: str) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        from psrpcore import types as ps  # noqa: PLC0415 - as above

        return getattr(ps, name)(Message=text)

    return make


def _information(record: Information | str) -> Any:
    from psrpcore import types as ps  # noqa: PLC0415 - as above

    if isinstance(record, str):  # Write-Host's
        record = Information(record, "Write-Host", ("PSHOST",))
    return ps.InformationRecord.create(record.data, record.source, tags=list(record.tags))


def _letter(stream: Stream) -> str:
    return next(letter for letter, one in LETTERS.items() if one is stream)


_KINDS: Final[Mapping[StreamName, tuple[str, Callable[[Any], Any]]]] = {
    StreamName.OUTPUT: (_letter(Stream.OUTPUT), lambda value: value),
    StreamName.ERROR: (_letter(Stream.ERROR), _error),
    StreamName.WARNING: (_letter(Stream.WARNING), _text("WarningRecord")),
    StreamName.VERBOSE: (_letter(Stream.VERBOSE), _text("VerboseRecord")),
    StreamName.DEBUG: (_letter(Stream.DEBUG), _text("DebugRecord")),
    StreamName.INFORMATION: (_letter(Stream.INFORMATION), _information),
    StreamName.HOST: (_letter(Stream.INFORMATION), _information),
}
