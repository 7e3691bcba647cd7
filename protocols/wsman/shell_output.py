"""Receive, and the output that answers it: nearly all of what a shell ever sends.

The base64 of a long piece is decoded where it lies in what came (`bulk`), so that next to the
decoding itself all the rest is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mi.errors import ProtocolError
from protocols.wsman import markup, soap
from protocols.wsman.bulk import Texts
from protocols.wsman.shell_messages import StreamPiece
from protocols.wsman.shells import SHELL, numbered, part_of

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["DONE", "PENDING", "RUNNING", "Receive", "Received"]

_STATES: Final = f"{SHELL}/CommandState"
PENDING: Final = f"{_STATES}/Pending"
"""The command is being ended."""
RUNNING: Final = f"{_STATES}/Running"
DONE: Final = f"{_STATES}/Done"
"""The command has ended, and this is the last of its output."""

_DECLARED: Final = f'xmlns:rsp="{SHELL}"'
_STREAM: Final = f"{{{SHELL}}}Stream"
_STATE: Final = f"{{{SHELL}}}CommandState"
_EXIT_CODE: Final = "ExitCode"
_COMMAND_ID: Final = "CommandId"
_LAST: Final = "/Done"
_EXIT_CODES: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Receive:
    """The request for output (MS-WSMV 2.2.4.29).

    Attributes:
        streams: the names of the streams.
        command_id: of the command, or None for the shell itself.
    """

    streams: tuple[str, ...]
    command_id: str | None = None

    def write(self) -> str:
        """Return the body."""
        wanted = markup.text(" ".join(self.streams))
        return (
            f"<rsp:Receive {_DECLARED}><rsp:DesiredStream{_identified(self.command_id)}>{wanted}"
            "</rsp:DesiredStream></rsp:Receive>"
        )

    @classmethod
    def read(cls, body: _Element) -> Receive:
        """Return what an s:Body asks.

        Raises:
            ProtocolError: it is no Receive, or names no streams.
        """
        wanted = soap.child(part_of(body, "Receive"), f"{{{SHELL}}}DesiredStream")
        if wanted is None:
            raise ProtocolError("the Receive names no streams")
        return cls(tuple(soap.text(wanted).split()), wanted.get(_COMMAND_ID) or None)


@dataclass(frozen=True, slots=True)
class Received:
    """The answer to a Receive (MS-WSMV 2.2.4.30).

    Attributes:
        pieces: of the streams, in the order in which they were written.
        state: the URI of the command's state, or None where it is not said.
        exit_code: 0 to 4294967295, or None where none is said.
        command_id: the command that the state is of, or None.
    """

    pieces: tuple[StreamPiece, ...] = ()
    state: str | None = None
    exit_code: int | None = None
    command_id: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether the command has ended; the specification's own example has pieces behind it."""
        return self.state is not None and self.state.endswith(_LAST)

    def write(self) -> str:
        """Return the body, in Windows' form."""
        inside = "".join(piece.write() for piece in self.pieces)
        return (
            f"<rsp:ReceiveResponse {_DECLARED}>{inside}{self._written_state()}"
            "</rsp:ReceiveResponse>"
        )

    def _written_state(self) -> str:
        if self.state is None:
            return ""
        code = ""
        if self.exit_code is not None:
            code = f"<rsp:{_EXIT_CODE}>{self.exit_code}</rsp:{_EXIT_CODE}>"
        return (
            f"<rsp:CommandState{_identified(self.command_id)}"
            f' State="{markup.attribute(self.state)}">{code}</rsp:CommandState>'
        )

    @classmethod
    def read(cls, body: _Element, texts: Texts | None = None) -> Received:
        """Return the output in an s:Body; of several states the last one counts.

        Args:
            body: the element.
            texts: what was taken out of it, or None.

        Raises:
            ProtocolError: it is no answer to a Receive, or a piece is not base64.
        """
        answer = part_of(body, "ReceiveResponse")
        pieces = tuple(_pieces(answer, dict(texts or {})))
        states = list(answer.iterchildren(_STATE))
        if not states:
            return cls(pieces)
        last = states[-1]
        return cls(pieces, last.get("State"), _exit_code(last), last.get(_COMMAND_ID) or None)


def _pieces(answer: _Element, texts: Texts) -> Iterator[StreamPiece]:
    for stream in answer.iterchildren(_STREAM):
        text = stream.text or ""
        # Out of there: a mark that a server repeats would multiply what it stands for.
        run = texts.pop(text, None)
        yield from StreamPiece.read_all(stream, (text,) if run is None else run)


def _exit_code(state: _Element) -> int | None:
    """Return the exit code, which OMI may write as an attribute, and some with a sign."""
    text = soap.text_of(state, f"{{{SHELL}}}{_EXIT_CODE}") or state.get(_EXIT_CODE, "")
    sign = -1 if text.startswith("-") else 1
    number = numbered(text.removeprefix("-"))
    return None if number is None else sign * number % _EXIT_CODES


def _identified(command_id: str | None) -> str:
    return "" if command_id is None else f' CommandId="{markup.attribute(command_id)}"'
