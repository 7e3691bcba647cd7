"""The life of a command in a shell: begun, read from, written to, signalled, and ended.

Output comes by Receive after Receive until the server says Done. That its time for one is over is
no failure, in whichever of its ways it says so: a fault, or an answer without output.

What the server keeps of a command is freed by a Signal, after its end too, or by deleting the
shell. A command that is Done holds up nobody, so that Signal may wait.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final

from mi.shell_calls import (
    TERMINATE,
    CommandEnded,
    CommandStarted,
    FollowCommand,
    Output,
    ReceiveOutput,
    RunCommand,
    SendInput,
    SignalCommand,
)
from protocols.meanings.numbers import NUMBERS
from protocols.wsman.bulk import WORTH
from protocols.wsman.dialects import Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.shell_faults import Fate, fate_of
from protocols.wsman.shell_messages import (
    CommandLine,
    Connect,
    Send,
    Signal,
    StreamPiece,
    read_command_id,
)
from protocols.wsman.shell_output import Receive, Received
from protocols.wsman.shell_requests import Asking, ShellRequests
from protocols.wsman.shells import ACTION_COMMAND, ACTION_CONNECT, ACTION_SEND, ACTION_SIGNAL

__all__ = ["Execution", "Input", "Reception", "Signalling", "piece_size"]

_OVERHEAD: Final = 4096  # bytes of an envelope around the base64
_BASE64: Final = 4  # characters for each of
_BYTES: Final = 3  # bytes
_LEAST_PIECE: Final = 4096  # bytes; no server wants less

# What was sent is larger than the server takes, which has not looked into it then.
_TOO_LARGE: Final = frozenset(
    NUMBERS[name] for name in ("ENVELOPE_TOO_LARGE", "SERVER_ENVELOPE_LIMIT", "ENCODING_LIMIT")
)


class _State(Enum):
    NEW = auto()
    """The Command is to be answered."""
    RUNNING = auto()
    """A Receive is to be answered."""
    DONE = auto()
    """The command has ended, and is to be signalled once more some time."""
    OVER = auto()
    """Nothing is to be sent."""


class Execution(Asking):
    """The conversation of a `RunCommand`, or of a `FollowCommand`."""

    def __init__(
        self,
        call: RunCommand | FollowCommand,
        settings: Settings,
        dialect: Dialect,
        schemas: SchemaView,
    ) -> None:
        """Begin it; dialect and classes are of no use here.

        Raises:
            InvalidParameter: something in the command cannot be sent.
        """
        del dialect, schemas
        self._call = call
        self._requests = ShellRequests(call.shell.resource_uri, call.shell.shell_id, settings)
        self._command_id = ""
        self._state = _State.NEW
        super().__init__(self._first(call))

    def _first(self, call: RunCommand | FollowCommand) -> Request:
        if isinstance(call, RunCommand):
            line = CommandLine(call.command, call.arguments, call.command_id)
            request = self._requests.request(ACTION_COMMAND, line.write(), call.options)
            return replace(request, is_patient=call.is_patient)
        if call.connects:
            body = Connect(call.command_id).write()
            return self._requests.request(ACTION_CONNECT, body)
        self._go_on(call.command_id)
        return self._receive()

    @property
    def may_wait(self) -> bool:
        """Whether what `abandon` returns may be sent later, or never if its shell is deleted."""
        return self._state is _State.DONE

    def answered(self, reply: Reply) -> list[Any]:
        """Return what comes of the command: its start, its output, its end.

        Raises:
            ProtocolError: the answer is none.
        """
        return self._started(reply) if self._state is _State.NEW else self._output(reply)

    def refused(self, fault: Fault) -> list[Any]:
        """Return nothing, where no more is said than that nothing has come.

        Raises:
            MIError: the command was not begun, or what the fault says of it.
        """
        fate = fate_of(fault)
        if fate is Fate.WAITING and self._state is _State.RUNNING:
            return []
        if fate is not Fate.OPEN or self._state is _State.NEW:
            self._state = _State.OVER  # there is nothing that a Signal could free
        return super().refused(fault)

    def lose(self) -> None:
        """Take note that an answer is lost: there may be a command, of the name proposed."""
        self.next = None
        if self._state is _State.NEW and self._call.command_id is not None:
            self._command_id, self._state = self._call.command_id, _State.RUNNING

    def abandon(self) -> Request | None:
        """End the conversation; return the Signal that ends the command, or frees its place."""
        self.next = None
        if self._state not in (_State.RUNNING, _State.DONE):
            return None
        body = Signal(TERMINATE, self._command_id).write()
        return self._requests.request(ACTION_SIGNAL, body, repeatable=True)

    def _started(self, reply: Reply) -> list[Any]:
        if isinstance(self._call, RunCommand):
            self._go_on(read_command_id(reply.body))
        else:
            self._go_on(self._call.command_id)
        self.next = self._receive()
        return [CommandStarted(self._command_id)]

    def _go_on(self, command_id: str) -> None:
        self._command_id, self._state = command_id, _State.RUNNING

    def _receive(self) -> Request:
        body = Receive(self._call.streams, self._command_id).write()
        return self._requests.receive(body, keep_alive=self._call.keep_alive)

    def _output(self, reply: Reply) -> list[Any]:
        received = Received.read(reply.body, reply.texts)
        results: list[Any] = _outputs(received)
        if received.is_done:
            self.next, self._state = None, _State.DONE
            results.append(CommandEnded(received.exit_code))
        return results


class Reception(Asking):
    """The conversation of a `ReceiveOutput`: what a shell itself writes, without end."""

    def __init__(
        self, call: ReceiveOutput, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        requests = ShellRequests(call.shell.resource_uri, call.shell.shell_id, settings)
        body = Receive(call.streams).write()
        super().__init__(requests.receive(body, keep_alive=call.keep_alive))

    def answered(self, reply: Reply) -> list[Any]:
        """Return the output that has come.

        Raises:
            ProtocolError: the answer is none.
        """
        received = Received.read(reply.body, reply.texts)
        if received.is_done:
            self.next = None
        return _outputs(received)

    def refused(self, fault: Fault) -> list[Any]:
        """Return nothing, where no more is said than that nothing has come.

        Raises:
            MIError: what else the fault says.
        """
        return [] if fate_of(fault) is Fate.WAITING else super().refused(fault)


class Input(Asking):
    """The conversation of a `SendInput`, in as many pieces as the server's limit wants."""

    def __init__(
        self, call: SendInput, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        self._call = call
        self._requests = ShellRequests(call.shell.resource_uri, call.shell.shell_id, settings)
        self._begin = 0  # of the piece that is to be answered
        self._size = piece_size(settings.max_envelope_size)
        super().__init__(self._send())

    def answered(self, reply: Reply) -> list[Any]:
        """Go on to the next piece."""
        del reply
        self._begin += self._size
        self.next = self._send() if self._begin < len(self._call.data) else None
        return []

    def refused(self, fault: Fault) -> list[Any]:
        """Go on with smaller pieces, where that is what the server wants.

        Raises:
            MIError: what else the fault says.
        """
        is_too_large = any(number in _TOO_LARGE for number in fault.numbers)
        if not is_too_large or self._size <= _LEAST_PIECE:
            return super().refused(fault)
        self._size //= 2
        self.next = self._send()
        return []

    def _send(self) -> Request:
        end = self._begin + self._size
        data = self._call.data
        is_end = self._call.is_end and end >= len(data)
        piece = StreamPiece(
            self._call.stream, data[self._begin : end], self._call.command_id, is_end
        )
        if len(piece.data) < WORTH:
            return self._requests.request(ACTION_SEND, Send((piece,)).write())
        body = Send((piece,)).write_apart()
        return replace(self._requests.request(ACTION_SEND, body), bulk=piece.data)


class Signalling(Asking):
    """The conversation of a `SignalCommand`."""

    def __init__(
        self, call: SignalCommand, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin it; dialect and classes are of no use here."""
        del dialect, schemas
        requests = ShellRequests(call.shell.resource_uri, call.shell.shell_id, settings)
        body = Signal(call.code, call.command_id).write()
        # To end a command twice is to end it; to interrupt it twice is more than once.
        is_repeatable = call.code == TERMINATE
        super().__init__(requests.request(ACTION_SIGNAL, body, repeatable=is_repeatable))

    def refused(self, fault: Fault) -> list[Any]:
        """Return nothing where the command has ended before.

        Raises:
            MIError: what else the fault says.
        """
        self.next = None
        return [] if fate_of(fault) is Fate.ENDED else super().refused(fault)


def _outputs(received: Received) -> list[Any]:
    return [
        Output(piece.name, piece.data, piece.is_end, piece.command_id)
        for piece in received.pieces
        if piece.data or piece.is_end
    ]


def piece_size(envelope_size: int) -> int:
    """Return how many bytes of input fit into an envelope of so many."""
    characters = max(envelope_size - _OVERHEAD, _BASE64)
    return characters // _BASE64 * _BYTES
