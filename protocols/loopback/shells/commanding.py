"""Command, Receive, Send and Signal: what is said to a shell about its commands."""

from __future__ import annotations

from typing import Final

from mi.errors import ProtocolError
from mi.shell_calls import CTRL_BREAK, CTRL_C, POWERSHELL_CTRL_C, TERMINATE
from protocols.loopback.operation import Operation, Outcome
from protocols.loopback.peer import ClientGone
from protocols.loopback.refusals import refuse
from protocols.loopback.shells.attention import Terminated
from protocols.loopback.shells.cmd import work_of
from protocols.loopback.shells.managing import found_shell, read
from protocols.loopback.shells.open_shells import new_id
from protocols.loopback.shells.pipes import Taken
from protocols.loopback.shells.process import Process
from protocols.loopback.shells.shell import Shell
from protocols.wsman.shell_messages import (
    SEND_RESPONSE,
    SIGNAL_RESPONSE,
    CommandLine,
    Send,
    Signal,
    StreamPiece,
    write_command_id,
)
from protocols.wsman.shell_output import DONE, RUNNING, Receive, Received
from protocols.wsman.shells import decoded

__all__ = ["command", "receive", "send", "signal"]

_BARE_OPTION: Final = "winrs_skip_cmd_shell"
_CONSOLE_OPTION: Final = "winrs_consolemode_stdin"
_KEEP_ALIVE: Final = "wsman_cmdshell_option_keepalive"
_INTERRUPTS: Final = (CTRL_C, CTRL_BREAK, POWERSHELL_CTRL_C, "powershell/signal/crtl_c")


def command(operation: Operation) -> Outcome:
    """Begin to run a command.

    Raises:
        Refusal: it cannot be run, or a quota is reached, or another one is not through.
    """
    asked, shell = read(CommandLine.read, operation), found_shell(operation)
    with shell:
        shell.check_connected()
        shell.check_free()
        operation.shells.check_operations()
        takes_id = operation.shells.quotas.has_disconnect and asked.command_id is not None
        command_id = (asked.command_id or "").upper() if takes_id else new_id()
        shell.start(_process(operation, shell, asked, command_id))
    return Outcome(write_command_id(command_id))


def _process(operation: Operation, shell: Shell, asked: CommandLine, command_id: str) -> Process:
    streams = shell.opening.output_streams
    if shell.remoting is not None:
        return shell.remoting.begin(command_id, _fragment(asked.arguments), streams)
    honours = operation.shells.quotas.honours_options
    work = work_of(
        operation.shells.commands,
        operation.shells.new_prompt(shell.opening),
        asked.command,
        asked.arguments,
        is_bare=honours and operation.has_option(_BARE_OPTION),
    )
    process = shell.new_process(command_id, work)
    process.takes_ctrl_c = not honours or operation.value_of(_CONSOLE_OPTION) != "false"
    return process


def _fragment(arguments: tuple[str, ...]) -> bytes:
    """Return the fragment that begins a pipeline (MS-PSRP 3.1.5.3.3)."""
    try:
        return decoded("".join(arguments))
    except ProtocolError as error:
        raise refuse("SCHEMA_VALIDATION_ERROR", error.message) from error


# Output


def receive(operation: Operation) -> Outcome:
    """Return what a command, or the shell itself, has written since.

    Raises:
        Refusal: nothing came in time, the command was ended, or there is none.
        ClientGone: nobody waits any more.
    """
    asked, shell = read(Receive.read, operation), found_shell(operation)
    if not asked.streams or not set(asked.streams) <= set(shell.opening.output_streams):
        raise refuse("SHELL_INVALID_DESIRED_STREAMS", " ".join(asked.streams))
    with shell:
        shell.check_connected()
        process = shell.process(asked.command_id)
        taken = _take(operation, shell, process, asked)
    if taken is None:
        return Outcome(_kept_alive(operation, asked).write())
    return Outcome(_received(taken, asked.command_id).write())


def _take(operation: Operation, shell: Shell, process: Process, asked: Receive) -> Taken | None:
    def is_there() -> bool:
        return shell.is_connected and operation.is_connected()

    try:
        taken = process.take(asked.streams, operation.room, operation.time_limit, is_there)
    except Terminated:
        raise refuse("ERROR_OPERATION_ABORTED") from None
    if taken is None and not operation.is_connected():
        raise ClientGone
    if taken is None:
        shell.check_connected()
    return taken


def _kept_alive(operation: Operation, asked: Receive) -> Received:
    """Return an answer without output, where the client wants that and the server does it."""
    if not (operation.shells.quotas.answers_keep_alive and operation.has_option(_KEEP_ALIVE)):
        raise refuse("OPERATION_TIMEDOUT")
    return Received(state=RUNNING, command_id=asked.command_id)


def _received(taken: Taken, command_id: str | None) -> Received:
    pieces = tuple(
        StreamPiece(one.stream, one.data, command_id, one.is_end) for one in taken.pieces
    )
    if command_id is None:
        return Received(pieces)
    state = DONE if taken.is_done else RUNNING
    return Received(pieces, state, taken.exit_code, command_id)


# Input and signals


def send(operation: Operation) -> Outcome:
    """Write to the input of a command, or of the shell itself.

    Raises:
        Refusal: there is none, or no such stream.
    """
    asked, shell = read(Send.read, operation), found_shell(operation)
    with shell:
        shell.check_connected()
        for piece in asked.pieces:
            if piece.name not in shell.opening.input_streams:
                raise refuse("SHELL_INVALID_INPUT_STREAM", piece.name)
            process = shell.process(piece.command_id)
            if shell.remoting is not None:
                shell.remoting.feed(piece.data)
            else:
                process.stdin.feed(piece.data, is_end=piece.is_end)
    return Outcome(SEND_RESPONSE)


def signal(operation: Operation) -> Outcome:
    """Pass a signal on; one to a command that is not there is no error (recorded).

    Raises:
        Refusal: there is no such shell, or no such signal.
    """
    asked, shell = read(Signal.read, operation), found_shell(operation)
    code, command_id = asked.code.lower(), asked.command_id or ""
    with shell:
        shell.check_connected()
        if code == TERMINATE:
            shell.end_command(command_id)
        elif code not in _INTERRUPTS:
            raise refuse("ACTION_NOT_SUPPORTED", asked.code)
        elif shell.has(command_id):
            shell.process(command_id).ctrl_c()
    return Outcome(SIGNAL_RESPONSE)
