"""The bodies of what is said to a shell: Command, Send, Signal, Disconnect, Reconnect, Connect.

Each is one value, written by the one side and read by the other (MS-WSMV 2.2.4 and 3.1.4.11 to
3.1.4.17). Receive, whose answers are the bulk of it all, is in `shell_output`; Create and Delete
are WS-Transfer's, and what is created is in `shells`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from mi.errors import ProtocolError
from protocols.wsman import markup, soap
from protocols.wsman.bulk import PLACE
from protocols.wsman.durations import format_duration, parse_duration
from protocols.wsman.shells import (
    SHELL,
    decoded,
    encoded,
    part_of,
    read_powershell,
    write_powershell,
)

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = [
    "RECONNECT",
    "SEND_RESPONSE",
    "SIGNAL_RESPONSE",
    "CommandLine",
    "Connect",
    "Disconnect",
    "Send",
    "Signal",
    "StreamPiece",
    "read_command_id",
    "read_connected",
    "read_reconnect",
    "write_command_id",
    "write_connected",
]

_DECLARED: Final = f'xmlns:rsp="{SHELL}"'
_NAME: Final = f"{{{SHELL}}}"
_COMMAND_ID: Final = "CommandId"

RECONNECT: Final = f"<rsp:Reconnect {_DECLARED}/>"
"""The body of a Reconnect of a shell."""
SEND_RESPONSE: Final = f"<rsp:SendResponse {_DECLARED}/>"
SIGNAL_RESPONSE: Final = f"<rsp:SignalResponse {_DECLARED}/>"
"""The bodies of the answers that say no more than that it was done; Disconnect's is empty."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command that a shell is to run (MS-WSMV 2.2.4.7).

    Attributes:
        command: its name, with what was not taken apart.
        arguments: each as it goes to the command line; the server puts one space between them.
        command_id: the name that the client proposes, or None.
    """

    command: str
    arguments: tuple[str, ...] = ()
    command_id: str | None = None

    def write(self) -> str:
        """Return the body."""
        arguments = "".join(
            f"<rsp:Arguments>{markup.text(argument)}</rsp:Arguments>" for argument in self.arguments
        )
        return (
            f"<rsp:CommandLine {_DECLARED}{_identified(self.command_id)}>"
            f"<rsp:Command>{markup.text(self.command)}</rsp:Command>{arguments}</rsp:CommandLine>"
        )

    @classmethod
    def read(cls, body: _Element) -> CommandLine:
        """Return what an s:Body asks; blanks at the ends of an argument belong to it.

        Raises:
            ProtocolError: it is no CommandLine, or has no Command.
        """
        asked = part_of(body, "CommandLine")
        command = soap.child(asked, f"{_NAME}Command")
        if command is None:
            raise ProtocolError("the CommandLine has no Command")
        arguments = tuple(one.text or "" for one in asked.iterchildren(f"{_NAME}Arguments"))
        return cls(command.text or "", arguments, asked.get(_COMMAND_ID) or None)


def write_command_id(command_id: str) -> str:
    """Return the answer to a Command, for the inside of s:Body."""
    return (
        f"<rsp:CommandResponse {_DECLARED}><rsp:CommandId>{markup.text(command_id)}"
        "</rsp:CommandId></rsp:CommandResponse>"
    )


def read_command_id(body: _Element) -> str:
    """Return what names the command that a shell has begun.

    Raises:
        ProtocolError: nothing does.
    """
    command_id = soap.text_of(part_of(body, "CommandResponse"), f"{_NAME}{_COMMAND_ID}")
    if not command_id:
        raise ProtocolError("the reply to Command does not name the command")
    return command_id


class StreamPiece(NamedTuple):
    """A piece of a stream, in either direction (MS-WSMV 2.2.4.40).

    Attributes:
        name: of the stream.
        data: the bytes.
        command_id: of the command, or None for the shell itself.
        is_end: whether the stream ends with it.
    """

    name: str
    data: bytes
    command_id: str | None = None
    is_end: bool = False

    def write(self, text: str | None = None) -> str:
        """Return the rsp:Stream, in Windows' form.

        Args:
            text: what stands for the bytes; else it is they in base64.
        """
        end = ' End="true"' if self.is_end else ""
        return (
            f'<rsp:Stream Name="{markup.attribute(self.name)}"{_identified(self.command_id)}{end}>'
            f"{encoded(self.data) if text is None else text}</rsp:Stream>"
        )

    @classmethod
    def read(cls, stream: _Element) -> StreamPiece:
        """Return what an rsp:Stream holds; often it is nil, or empty, and says the end alone.

        Raises:
            ProtocolError: it is not base64.
        """
        return cls.read_all(stream, (stream.text or "",))[0]

    @classmethod
    def read_all(cls, stream: _Element, texts: Iterable[str | memoryview]) -> list[StreamPiece]:
        """Return what several elements hold that begin alike.

        Args:
            stream: one of them.
            texts: of all of them.

        Raises:
            ProtocolError: one is not base64.
        """
        name, command_id = stream.get("Name", ""), stream.get(_COMMAND_ID) or None
        is_end = stream.get("End", "").lower() in soap.TRUE  # Windows takes pypsrp's True, too
        return [cls(name, decoded(text), command_id, is_end) for text in texts]


@dataclass(frozen=True, slots=True)
class Send:
    """What is written to streams of a command (MS-WSMV 2.2.4.34).

    Attributes:
        pieces: in order.
    """

    pieces: tuple[StreamPiece, ...]

    def write(self) -> str:
        """Return the body."""
        return _sent("".join(piece.write() for piece in self.pieces))

    def write_apart(self) -> str:
        """Return the body of one long piece without its base64 (`bulk`)."""
        [piece] = self.pieces
        return _sent(piece.write(PLACE))

    @classmethod
    def read(cls, body: _Element) -> Send:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Send, or something in it is not base64.
        """
        streams = part_of(body, "Send").iterchildren(f"{_NAME}Stream")
        return cls(tuple(map(StreamPiece.read, streams)))


def _sent(inside: str) -> str:
    return f"<rsp:Send {_DECLARED}>{inside}</rsp:Send>"


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal to a command (MS-WSMV 2.2.4.38).

    Attributes:
        code: the URI of the signal.
        command_id: of the command, or None for the shell.
    """

    code: str
    command_id: str | None = None

    def write(self) -> str:
        """Return the body."""
        return (
            f"<rsp:Signal {_DECLARED}{_identified(self.command_id)}>"
            f"<rsp:Code>{markup.text(self.code)}</rsp:Code></rsp:Signal>"
        )

    @classmethod
    def read(cls, body: _Element) -> Signal:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Signal.
        """
        asked = part_of(body, "Signal")
        return cls(soap.text_of(asked, f"{_NAME}Code"), asked.get(_COMMAND_ID) or None)


@dataclass(frozen=True, slots=True)
class Disconnect:
    """How a shell is left to itself (MS-WSMV 3.1.4.15).

    Attributes:
        idle_timeout: seconds after which the server may delete it, or None.
        buffer_mode: `Block` or `Drop`, or None.
    """

    idle_timeout: float | None = None
    buffer_mode: str | None = None

    def write(self) -> str:
        """Return the body."""
        mode, idle = "", ""
        if self.buffer_mode is not None:
            mode = f"<rsp:BufferMode>{markup.text(self.buffer_mode)}</rsp:BufferMode>"
        if self.idle_timeout is not None:
            idle = f"<rsp:IdleTimeOut>{format_duration(self.idle_timeout)}</rsp:IdleTimeOut>"
        return f"<rsp:Disconnect {_DECLARED}>{mode}{idle}</rsp:Disconnect>"

    @classmethod
    def read(cls, body: _Element) -> Disconnect:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Disconnect, or its time-out is no xs:duration.
        """
        asked = part_of(body, "Disconnect")
        idle = soap.text_of(asked, f"{_NAME}IdleTimeOut")
        return cls(
            parse_duration(idle).total_seconds() if idle else None,
            soap.text_of(asked, f"{_NAME}BufferMode") or None,
        )


def read_reconnect(body: _Element) -> str | None:
    """Return the command that a Reconnect is about, or None for the shell.

    Windows' client sends an empty body for a shell (MS-WSMV 4.7.10).
    """
    asked = soap.child(body, f"{_NAME}Reconnect")
    return None if asked is None else asked.get(_COMMAND_ID) or None


_CONNECT_XML: Final = "connectXml"
_CONNECT_RESPONSE_XML: Final = "connectResponseXml"


@dataclass(frozen=True, slots=True)
class Connect:
    """How a shell is taken over that another client has disconnected from (MS-WSMV 3.1.4.17).

    Attributes:
        command_id: of the command to take over, or None for the shell.
        connect_xml: what PowerShell wants, not encoded, or None.
    """

    command_id: str | None = None
    connect_xml: bytes | None = field(default=None, repr=False)

    def write(self) -> str:
        """Return the body."""
        inside = write_powershell(_CONNECT_XML, self.connect_xml)
        return f"<rsp:Connect {_DECLARED}{_identified(self.command_id)}>{inside}</rsp:Connect>"

    @classmethod
    def read(cls, body: _Element) -> Connect:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Connect, or something in it is not base64.
        """
        asked = part_of(body, "Connect")
        return cls(asked.get(_COMMAND_ID) or None, read_powershell(asked, _CONNECT_XML))


def write_connected(response: bytes | None = None) -> str:
    """Return the answer to a Connect, for the inside of s:Body, with what PowerShell says."""
    inside = write_powershell(_CONNECT_RESPONSE_XML, response)
    return f"<rsp:ConnectResponse {_DECLARED}>{inside}</rsp:ConnectResponse>"


def read_connected(body: _Element) -> bytes | None:
    """Return what PowerShell answers to a Connect, not encoded, or None.

    Raises:
        ProtocolError: it is no answer to a Connect, or not base64.
    """
    return read_powershell(part_of(body, "ConnectResponse"), _CONNECT_RESPONSE_XML)


def _identified(command_id: str | None) -> str:
    return "" if command_id is None else f' CommandId="{markup.attribute(command_id)}"'
