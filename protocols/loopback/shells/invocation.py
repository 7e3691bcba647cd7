r"""What a scripted command is given when it is run, and how it answers.

    def ipconfig(invocation: Invocation) -> int:
        invocation.stdout.line("Windows IP Configuration")
        return 0

    endpoint.commands["ipconfig"] = ipconfig

A command returns its exit code, None for 0; whatever it raises by mistake is told on stderr, and
its exit code is then 1. It may be asked to end wherever it waits: CtrlC is raised there once, and
Terminated. One that catches neither ends as Windows' programs do.
"""

from __future__ import annotations

import codecs
import ntpath
from collections import UserDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from protocols.loopback.shells.attention import Attention
from protocols.loopback.shells.files import HOME, FileSystem
from protocols.loopback.shells.pipes import Input

__all__ = [
    "UTF_8",
    "Commands",
    "Environment",
    "Exit",
    "Invocation",
    "NeverRan",
    "Prompt",
    "Scripted",
    "Sink",
    "Writer",
    "encoding_of",
    "program_name",
]

UTF_8: Final = 65001
"""The codepage of UTF-8."""


class NeverRan(Exception):
    """The command could not be run: its state is Done, and it has no exit code."""


class Exit(Exception):
    """The whole line of commands is to end, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Environment(MutableMapping[str, str]):
    """Environment variables: their names are told apart without case, and kept as written."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values: dict[str, tuple[str, str]] = {}
        self.update(values or {})

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        kept = self._values.get(name.lower(), (name, ""))[0]
        self._values[name.lower()] = kept, value

    def __delitem__(self, name: str) -> None:
        del self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._values.values())

    def __len__(self) -> int:
        return len(self._values)


def encoding_of(codepage: int) -> str:
    """Return Python's name for a codepage; that of codepage 437 where it has none."""
    name = "utf-8" if codepage == UTF_8 else f"cp{codepage}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp437"


@dataclass
class Prompt:
    r"""Where a command runs: what `cd`, `set` and `chcp` change, for the rest of its line alone.

    Attributes:
        files: the files there are.
        environment: the variables.
        directory: the working directory.
        codepage: the number of the codepage in which its text goes out.
        user: who runs it, `DOMAIN\user`.
    """

    files: FileSystem = field(default_factory=FileSystem)
    environment: Environment = field(default_factory=Environment)
    directory: str = HOME
    codepage: int = 437
    user: str = r"WIN-LAB01\operator"

    def copy(self) -> Prompt:
        """Return one that can be changed on its own; the files are the same."""
        return replace(self, environment=Environment(self.environment))

    def path(self, name: str) -> str:
        """Return the whole path of a file that may be named from the working directory."""
        return self.files.absolute(name.strip('"'), self.directory)


class Sink(Protocol):
    """Takes the bytes of a stream."""

    def __call__(self, data: bytes, /) -> None:
        """Take them."""
        ...


class Writer:
    """An output stream of a command."""

    def __init__(self, sink: Sink, prompt: Prompt) -> None:
        self._sink = sink
        self._prompt = prompt

    def write(self, data: str | bytes) -> None:
        """Write bytes as they are, or text in the codepage, with `?` for what that does not have.

        Raises:
            CtrlC, Terminated: this was asked.
        """
        if isinstance(data, str):
            data = data.encode(encoding_of(self._prompt.codepage), "replace")
        self._sink(data)

    def line(self, text: str = "") -> None:
        """Write a line of text, with Windows' end.

        Raises:
            CtrlC, Terminated: this was asked.
        """
        self.write(f"{text}\r\n")


@dataclass(frozen=True)
class Invocation:
    """One run of a command.

    Attributes:
        name: the command as it was called, without its path and `.exe`, in lower case.
        arguments: what follows, split as Windows' programs split it.
        tail: what follows, as it was written.
        stdin: what the client sends; it can be read while it comes.
        stdout: the output.
        stderr: the other output.
        prompt: its directory, environment, codepage and user.
        attention: what it is asked from outside.
    """

    name: str
    arguments: tuple[str, ...]
    tail: str
    stdin: Input
    stdout: Writer
    stderr: Writer
    prompt: Prompt
    attention: Attention = field(repr=False)

    @property
    def environment(self) -> Environment:
        """The variables."""
        return self.prompt.environment

    @property
    def files(self) -> FileSystem:
        """The files there are, in memory."""
        return self.prompt.files

    @property
    def directory(self) -> str:
        """The working directory."""
        return self.prompt.directory

    def sleep(self, seconds: float | None = None) -> None:
        """Wait for so many seconds, or for ever.

        Raises:
            CtrlC, Terminated: this was asked meanwhile.
        """
        self.attention.wait_for(lambda: False, seconds)


Scripted = Callable[[Invocation], int | None]
"""A command: it is given its invocation, and returns its exit code."""

_EXTENSIONS: Final = (".exe", ".com", ".cmd", ".bat")


def program_name(command: str) -> str:
    r"""Return the name of a program: `C:\Windows\System32\IPCONFIG.EXE` is `ipconfig`."""
    name = ntpath.basename(command.strip().strip('"')).lower()
    stem, extension = ntpath.splitext(name)
    return stem if extension in _EXTENSIONS else name


class Commands(UserDict[str, Scripted]):
    """The scripted commands by their names, in any case, with or without path and `.exe`."""

    def __getitem__(self, name: str) -> Scripted:
        return super().__getitem__(program_name(name))

    def __setitem__(self, name: str, command: Scripted) -> None:
        super().__setitem__(program_name(name), command)

    def __delitem__(self, name: str) -> None:
        super().__delitem__(program_name(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and program_name(name) in self.data
