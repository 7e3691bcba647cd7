"""The program powershell.exe: what its command line means, and what it writes where.

powershell -NoProfile -EncodedCommand VwByAGkAdABlAC0A…
powershell -NonInteractive -Command -          the script comes on stdin
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from protocols.loopback.powershell import clixml, far_files
from protocols.loopback.powershell.engine import Engine
from protocols.loopback.powershell.far_scripts import FarScript, ObjectLines
from protocols.loopback.powershell.records import (
    ErrorInfo,
    Information,
    Progress,
    StreamName,
    TerminatingError,
)
from protocols.loopback.powershell.script_run import Host, ScriptExit, ScriptRun, Scripts
from protocols.loopback.shells.invocation import Invocation, Scripted, encoding_of

__all__ = ["CommandLine", "powershell"]

# What takes a value, by the shortest form that PowerShell takes for it, and what does not.
_VALUED: Final = {
    "encodedcommand": ("e", "ec"),
    "command": ("c",),
    "file": ("f",),
    "executionpolicy": ("ex", "ep"),
    "inputformat": ("inp", "if"),
    "outputformat": ("o", "of"),
    "configurationname": ("config",),
    "version": ("v",),
    "windowstyle": ("w",),
}
_SWITCHES: Final = ("noprofile", "nologo", "noninteractive", "noexit", "sta", "mta")
_SCRIPTS: Final = ("encodedcommand", "command", "file")
_FROM_STDIN: Final = re.compile(r"\[(?:System\.)?Console\]::(?:In\.ReadToEnd|OpenStandardInput)")
_SILENT: Final = re.compile(
    r"\$ProgressPreference\s*=\s*['\"]?(SilentlyContinue|Ignore)", re.IGNORECASE
)
_NO_HOST: Final = "A command that prompts the user failed because the host cannot be asked."
_BAD_ARGUMENT: Final = 0xFFFD0000
"""The exit code of a command line that PowerShell does not understand."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What a command line asks for.

    Attributes:
        script: the text to run; None for what comes on stdin.
        is_encoded: whether it came encoded.
        options: the other parameters by their whole names, in lower case.
    """

    script: str | None
    is_encoded: bool
    options: Mapping[str, str]

    @classmethod
    def parse(cls, arguments: tuple[str, ...]) -> CommandLine:
        """Return what arguments ask for.

        Raises:
            ValueError: something in them is not understood.
        """
        options: dict[str, str] = {}
        place = 0
        while place < len(arguments):
            word = arguments[place]
            if word[:1] not in ("-", "/") or word == "-":
                return cls(*_command(" ".join(arguments[place:])), options)
            name = _parameter(word[1:].lower())
            if name in _SWITCHES:
                options[name], place = "", place + 1
            elif name == "encodedcommand":
                return cls(_decoded(arguments[place + 1 : place + 2]), is_encoded=True,
                           options=options)  # fmt: skip
            elif name in _SCRIPTS:
                return cls(*_command(" ".join(arguments[place + 1 :])), options)
            else:
                options[name], place = " ".join(arguments[place + 1 : place + 2]), place + 2
        return cls(None, is_encoded=False, options=options)


def _command(text: str) -> tuple[str | None, bool]:
    return (None if text == "-" else text), False


def _parameter(word: str) -> str:
    """Return the whole name of a parameter, which may be shortened."""
    for name, shorts in _VALUED.items():
        if word in shorts or (name.startswith(word) and word.startswith(shorts[0])):
            return name
    found = next((name for name in _SWITCHES if word and name.startswith(word)), None)
    if found is None:
        raise ValueError(f"-{word} is no parameter of powershell.exe")
    return found


def _decoded(words: tuple[str, ...]) -> str:
    try:
        return base64.b64decode("".join(words), validate=True).decode("utf-16-le")
    except ValueError as error:
        raise ValueError("the encoded command is not base64 of UTF-16") from error


class _Console:
    """The host of a script in powershell.exe."""

    def __init__(self, invocation: Invocation, *, is_xml: bool, shows_progress: bool) -> None:
        self._invocation = invocation
        self._is_xml = is_xml
        self._shows_progress = shows_progress
        self._objects = 0
        self._is_open = False
        if is_xml and shows_progress:
            self._progress(clixml.PREPARING)

    def write(self, stream: StreamName, value: Any, /) -> None:
        self._WRITERS[stream](self, value)

    def ask(self, prompt: str, /) -> str:
        self._invocation.stdout.write(f"{prompt}: ")
        return next(iter(self.input()), "")

    def input(self) -> Iterator[str]:
        """Return the lines of stdin, as they come."""
        encoding = encoding_of(self._invocation.prompt.codepage)
        for line in self._invocation.stdin.lines():
            yield line.decode(encoding, "replace").rstrip("\r\n")

    def call(self, _: Callable[[Any], int], /) -> Any:
        raise TerminatingError(ErrorInfo(_NO_HOST, "NotImplemented", "HostFunctionNotImplemented"))

    def close(self) -> None:
        """Write what ends the document on stderr, if there is one."""
        if self._is_open:
            self._invocation.stderr.write(clixml.CLOSING)

    def _output(self, value: Any) -> None:
        for line in _shown(value):
            self._invocation.stdout.line(line)

    def _error(self, error: ErrorInfo) -> None:
        for line in clixml.error_text(error):
            self._line("Error", line)

    def _information(self, record: Information) -> None:
        self._output(record.data)

    def _progress(self, progress: Progress) -> None:
        if self._is_xml and self._shows_progress:
            self._markup(clixml.progress_markup(progress, self._objects))
            self._objects += 1

    def _line(self, stream: str, text: str) -> None:
        if self._is_xml:
            self._markup(clixml.text_markup(stream, f"{text}\r\n"))
        else:
            self._invocation.stderr.line(text)

    def _aside(self, stream: str, text: str) -> None:
        """Write a warning or the like: on stdout, unless it is XML."""
        if self._is_xml:
            self._markup(clixml.text_markup(stream, text))
        else:
            self._invocation.stdout.line(f"{stream.upper()}: {text}")

    def _markup(self, markup: str) -> None:
        if not self._is_open:
            self._is_open = True
            self._invocation.stderr.write(clixml.OPENING)
        self._invocation.stderr.write(markup)

    _WRITERS: Final[Mapping[StreamName, Callable[..., None]]] = {
        StreamName.OUTPUT: _output,
        StreamName.HOST: _output,
        StreamName.ERROR: _error,
        StreamName.INFORMATION: _information,
        StreamName.PROGRESS: _progress,
        StreamName.WARNING: lambda self, text: self._aside("warning", text),
        StreamName.VERBOSE: lambda self, text: self._aside("verbose", text),
        StreamName.DEBUG: lambda self, text: self._aside("debug", text),
    }


def _shown(value: Any) -> list[str]:
    """Return an object as the console shows it, roughly: text is text, a mapping a list."""
    if isinstance(value, Mapping):
        width = max((len(str(name)) for name in value), default=0)
        return ["", *(f"{name!s:{width}} : {one}" for name, one in value.items()), ""]
    return str(value).splitlines() or [""]


def powershell(scripts: Scripts) -> Mapping[str, Scripted]:
    """Return the commands `powershell` and `pwsh`, which run scripts of a table."""

    def run(invocation: Invocation) -> int:
        try:
            asked = CommandLine.parse(invocation.arguments)
        except ValueError as error:
            invocation.stderr.line(str(error))
            return _BAD_ARGUMENT
        if asked.script == far_files.SCRIPT:
            return far_files.serve(invocation)
        task, is_whole = _task(asked, invocation)
        is_xml = asked.is_encoded or asked.options.get("outputformat", "").lower() == "xml"
        console = _Console(invocation, is_xml=is_xml, shows_progress=task.shows_progress)
        code = _run(scripts, task, console, invocation, is_whole=is_whole)
        console.close()
        return code

    return {"powershell": run, "pwsh": run}


def _task(asked: CommandLine, invocation: Invocation) -> tuple[FarScript, bool]:
    """Return what is to be run, and whether it is all there is, or was in another script."""
    script = asked.script
    if script is not None:
        found = FarScript.read(script, invocation.stdin.read)
        if found is not None:
            return found, False
    if script is None or (asked.is_encoded and _FROM_STDIN.search(script)):
        script = _from_stdin(invocation)
    shows_progress = not _SILENT.search(asked.script or "") and not _SILENT.search(script)
    return FarScript(script, is_command=False, shows_progress=shows_progress), True


def _from_stdin(invocation: Invocation) -> str:
    """Return the script that comes on stdin, as text or as base64 of UTF-8 or UTF-16."""
    encoding = encoding_of(invocation.prompt.codepage)
    text = invocation.stdin.read().decode(encoding, "replace").lstrip("\ufeff").strip()
    try:
        data = base64.b64decode(text, validate=True) if text else b""
        return data.decode("utf-16-le" if b"\0" in data[:4] else "utf-8") or text
    except ValueError:  # no base64, or of neither
        return text


def _run(
    scripts: Scripts, task: FarScript, console: _Console, invocation: Invocation, *, is_whole: bool
) -> int:
    host: Host = console
    if task.mark is not None:
        host = ObjectLines(task.mark, invocation.stdout.line, console)
    run = ScriptRun(
        task.script,
        host,
        invocation.prompt,
        invocation.attention,
        task.arguments,
        task.parameters,
        input=console.input() if is_whole else task.input or (),
    )
    try:
        if task.is_command:
            Engine(scripts).call(task.script, run)
        else:
            Engine(scripts).run(run)
    except ScriptExit as end:
        return end.code
    except TerminatingError as failed:
        console.write(StreamName.ERROR, failed.error)
        return 1
    # One within another ends well, whatever it has written.
    return int(run.has_failed and is_whole)
