"""What is asked of remote shells, as values, and what comes back.

These calls are made and run as those of `mi.calls`. MI itself has no shells; WinRM has (MS-WSMV
3.1.4.5, 3.1.4.11 to 3.1.4.17). `mi.Shell` makes these values, and so does whoever speaks another
protocol through a shell, as PowerShell remoting does.

What is open on the server ends with the operation that opened it: closing that of an `OpenShell`
deletes the shell, closing that of a `RunCommand` ends the command.

No `repr` shows what may be a secret: what is run, what it is given, and what variables hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final, NamedTuple, TypeAlias, TypeVar

from mi.calls import Call
from mi.errors import InvalidParameter, TypeMismatch

__all__ = [
    "CMD",
    "CTRL_BREAK",
    "CTRL_C",
    "POWERSHELL",
    "POWERSHELL_CTRL_C",
    "TERMINATE",
    "CommandEnded",
    "CommandEvent",
    "CommandStarted",
    "ConnectShell",
    "DisconnectShell",
    "EnumerateShells",
    "FollowCommand",
    "OpenShell",
    "Output",
    "ReceiveOutput",
    "ReconnectShell",
    "RunCommand",
    "SendInput",
    "ShellDescription",
    "ShellOption",
    "SignalCommand",
]

ResultT = TypeVar("ResultT", covariant=True)  # noqa: PLC0105 - as in `mi.calls`

_SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"

CMD: Final = f"{_SHELL}/cmd"
"""The resource URI of shells that run commands of Windows."""
POWERSHELL: Final = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
"""The resource URI of PowerShell's usual session configuration; others have its last segment."""
TERMINATE: Final = f"{_SHELL}/signal/terminate"
"""Ends a command and frees what the server keeps of it (MS-WSMV 3.1.4.12)."""
CTRL_C: Final = f"{_SHELL}/signal/ctrl_c"
"""What Ctrl-C is in a console; the command ends or goes on, as it likes."""
CTRL_BREAK: Final = f"{_SHELL}/signal/ctrl_break"
"""What Ctrl-Break is in a console."""
POWERSHELL_CTRL_C: Final = "powershell/signal/ctrl_c"
"""Stops a pipeline of PowerShell."""


# Results


@dataclass(frozen=True, slots=True)
class ShellDescription:
    """A shell, as the server describes it; what it does not say is None, or empty (rsp:Shell).

    Attributes:
        shell_id: what names it, in the server's form.
        resource_uri: what kind of shell it is.
        name: what its client calls it.
        owner: the user, with the domain.
        client_ip: from where it was opened.
        process_id: of its host process on the server.
        idle_timeout: after how long without a message the server deletes it.
        max_idle_timeout: the longest such time that may be asked for.
        input_streams: the streams that commands read.
        output_streams: the streams that commands write.
        state: `Connected` or `Disconnected`.
        buffer_mode: what becomes of output while it is disconnected: `Block` or `Drop`.
        run_time: how long it has been open.
        inactivity: how long it has not been used.
        environment: the variables that it was given, where the server says so.
        working_directory: the directory that it was given, likewise.
        profile_loaded: whether the user's profile was loaded.
        encoding: of the output, as the server calls it.
        connect_response: what PowerShell answers to `ConnectShell.connect_xml`.
    """

    shell_id: str
    resource_uri: str = CMD
    name: str | None = None
    owner: str | None = None
    client_ip: str | None = None
    process_id: int | None = None
    idle_timeout: timedelta | None = None
    max_idle_timeout: timedelta | None = None
    input_streams: tuple[str, ...] = ()
    output_streams: tuple[str, ...] = ()
    state: str | None = None
    buffer_mode: str | None = None
    run_time: timedelta | None = None
    inactivity: timedelta | None = None
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    working_directory: str | None = None
    profile_loaded: bool | None = None
    encoding: str | None = None
    connect_response: bytes | None = field(default=None, repr=False)


class CommandStarted(NamedTuple):
    """The server has begun the command.

    Attributes:
        command_id: what names it, in the server's form.
    """

    command_id: str


class Output(NamedTuple):
    """A piece of what was written; it may begin and end within a character.

    Attributes:
        stream: `stdout` or `stderr`, for a shell of commands.
        data: the bytes.
        is_end: whether the stream ends with it.
        command_id: the command that has written it, or None for the shell itself.
    """

    stream: str
    data: bytes
    is_end: bool = False
    command_id: str | None = None


class CommandEnded(NamedTuple):
    """The command has ended, and all of its output has come.

    Attributes:
        exit_code: 0 to 4294967295 as Windows has it, or None where the server says none.
    """

    exit_code: int | None


CommandEvent: TypeAlias = CommandStarted | Output | CommandEnded
"""What comes of a `RunCommand`, in this order."""


# Calls


class ShellOption(NamedTuple):
    """An option for the shell's provider (DSP0226, OptionSet).

    Attributes:
        name: such as `WINRS_NOPROFILE` (MS-WSMV 2.2.4.43 and 3.1.4.5.2).
        value: its text.
        must_comply: whether a server that does not know it must refuse.
    """

    name: str
    value: str
    must_comply: bool = False


@dataclass(frozen=True, slots=True)
class _ShellCall(Call[ResultT]):
    """One about shells: they are in no namespace, and what most do may not be done twice."""

    repeatable: ClassVar[bool] = False
    has_namespace: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class OpenShell(_ShellCall[ShellDescription]):
    """Open a shell; the one result is its description.

    The operation then stays open for as long as the shell is wanted: its `close` deletes the
    shell, and so does asking it for a second result.

    Attributes:
        resource_uri: what kind of shell.
        shell_id: a GUID to name it by, or None; servers before WinRM 3 choose their own anyway.
        name: what to call it.
        input_streams: the streams that commands read.
        output_streams: the streams that commands write.
        environment: variables that its commands have besides the user's own.
        working_directory: where its commands begin.
        idle_timeout: seconds without a message after which the server may delete it.
        options: for the provider.
        creation_xml: the fragments that PowerShell wants, not encoded.
    """

    unary: ClassVar[bool] = False

    resource_uri: str = CMD
    shell_id: str | None = None
    name: str | None = None
    input_streams: tuple[str, ...] = ("stdin",)
    output_streams: tuple[str, ...] = ("stdout", "stderr")
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    working_directory: str | None = None
    idle_timeout: float | None = None
    options: tuple[ShellOption, ...] = ()
    creation_xml: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.environment is not None:
            if not isinstance(self.environment, Mapping):
                raise TypeMismatch("the environment is a mapping of names to values")
            for name, value in self.environment.items():
                _check_text(variable=name, **{f"value of {name}": value})
            object.__setattr__(self, "environment", dict(self.environment))
        if self.idle_timeout is not None and self.idle_timeout <= 0:
            raise InvalidParameter("the idle time-out is more than 0 seconds")


@dataclass(frozen=True, slots=True)
class ConnectShell(_ShellCall[ShellDescription]):
    """Take over a shell that another client has disconnected from; else as `OpenShell`.

    Attributes:
        shell_id: what names it.
        resource_uri: what kind of shell it is.
        connect_xml: the fragments that PowerShell wants, not encoded.
    """

    unary: ClassVar[bool] = False

    shell_id: str
    resource_uri: str = CMD
    connect_xml: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RunCommand(_ShellCall[CommandEvent]):
    """Run a command in a shell; the results are what comes of it, as it comes.

    It waits for ever unless a time-out is given. Closing the operation ends the command.

    Attributes:
        shell: where.
        command: the command, or what PowerShell wants in its place, which is "".
        arguments: sent as they are; the server puts one space between them.
        command_id: a GUID to name it by, or None; servers before WinRM 3 choose their own anyway.
        options: for the provider.
        streams: the streams to receive.
        keep_alive: whether a server whose time for a Receive is over may say so by an answer
            without output, as Windows' own client wants it, instead of by a fault.
        is_patient: whether a server that has no room for a command is asked again, a little later.
    """

    unary: ClassVar[bool] = False
    endless: ClassVar[bool] = True

    shell: ShellDescription
    command: str = field(repr=False)
    arguments: tuple[str, ...] = field(default=(), repr=False)
    command_id: str | None = None
    options: tuple[ShellOption, ...] = ()
    streams: tuple[str, ...] = ("stdout", "stderr")
    keep_alive: bool = True
    is_patient: bool = True

    def __post_init__(self) -> None:
        _check_text(command=self.command)
        _check_text(**{f"argument {index}": text for index, text in enumerate(self.arguments)})


@dataclass(frozen=True, slots=True)
class FollowCommand(_ShellCall[CommandEvent]):
    """Go on with a command that was begun before its shell was left; else as `RunCommand`.

    Attributes:
        shell: where; it is reconnected or connected.
        command_id: what names the command.
        connects: whether another client has begun it, so that it has to be connected, too.
        streams: the streams to receive.
        keep_alive: as in `RunCommand`.
    """

    unary: ClassVar[bool] = False
    endless: ClassVar[bool] = True

    shell: ShellDescription
    command_id: str
    connects: bool = False
    streams: tuple[str, ...] = ("stdout", "stderr")
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class ReceiveOutput(_ShellCall[Output]):
    """Receive what a shell itself writes, as PowerShell's runspace pools do; it never ends.

    Attributes:
        shell: whose.
        streams: the streams to receive.
        keep_alive: as in `RunCommand`.
    """

    unary: ClassVar[bool] = False
    endless: ClassVar[bool] = True

    shell: ShellDescription
    streams: tuple[str, ...] = ("stdout",)
    keep_alive: bool = True


@dataclass(frozen=True, slots=True)
class SendInput(_ShellCall[None]):
    """Write to a stream of a command, or of a shell, in as many messages as it takes.

    Attributes:
        shell: where.
        command_id: of the command, or None for the shell.
        data: what to write.
        stream: the name of the stream.
        is_end: whether nothing more will be written to it.
    """

    optional: ClassVar[bool] = True

    shell: ShellDescription
    command_id: str | None
    data: bytes = field(repr=False)
    stream: str = "stdin"
    is_end: bool = False


@dataclass(frozen=True, slots=True)
class SignalCommand(_ShellCall[None]):
    """Send a signal to a command.

    Attributes:
        shell: where.
        command_id: of the command.
        code: the URI of the signal.
    """

    optional: ClassVar[bool] = True
    repeatable: ClassVar[bool] = True

    shell: ShellDescription
    command_id: str
    code: str = TERMINATE


@dataclass(frozen=True, slots=True)
class DisconnectShell(_ShellCall[None]):
    """Leave a shell and its commands to themselves, to be found again later (WinRM 3).

    What this session has open of it is no longer deleted when that is closed.

    Attributes:
        shell: which.
        idle_timeout: seconds after which the server may delete it, or None for its own choice.
        buffer_mode: what becomes of output meanwhile: `Block` makes commands wait, `Drop` loses
            the oldest; None for the server's choice.
    """

    optional: ClassVar[bool] = True

    shell: ShellDescription
    idle_timeout: float | None = None
    buffer_mode: str | None = None


@dataclass(frozen=True, slots=True)
class ReconnectShell(_ShellCall[None]):
    """Go on with a shell that this very session has disconnected from.

    Attributes:
        shell: which.
    """

    optional: ClassVar[bool] = True

    shell: ShellDescription


@dataclass(frozen=True, slots=True)
class EnumerateShells(_ShellCall[ShellDescription]):
    """Get the shells that are open on the server, as far as this user may see them.

    Attributes:
        shell_id: of the one that is wanted, or None for all.
    """

    unary: ClassVar[bool] = False
    repeatable: ClassVar[bool] = True

    shell_id: str | None = None


def _check_text(**texts: str) -> None:
    for name, text in texts.items():
        if not isinstance(text, str):
            raise TypeMismatch(f"the {name} is a string, not {text!r}")
