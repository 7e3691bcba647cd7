"""A script in a process of powershell.exe, which needs nothing but a shell."""

from __future__ import annotations

from threading import Lock
from typing import Final

from mi.errors import LimitsExceeded, MIError, NotSupported, ShellLost
from mi.operation import Operation
from mi.powershell.command_shells import CommandShells, OpenedShell
from mi.powershell.encoded_command import EncodedCommand
from mi.powershell.process_output import ProcessOutput
from mi.powershell.records import Record
from mi.powershell.script import DisconnectedScript
from mi.powershell.script_calls import ScriptCalls
from mi.shell_calls import (
    CTRL_C,
    CommandEnded,
    CommandEvent,
    CommandStarted,
    Output,
    RunCommand,
    SendInput,
    ShellOption,
    SignalCommand,
)

__all__ = ["Process"]

# Without it powershell.exe has a console for its input, and does not wait for the end of that.
_CONSOLE_INPUT: Final = ShellOption("WINRS_CONSOLEMODE_STDIN", "TRUE")
_PIPED_INPUT: Final = ShellOption("WINRS_CONSOLEMODE_STDIN", "FALSE")


class Process:
    """A script that runs in a process; `mi.powershell.running` says what its methods are.

    Args:
        shells: where.
        command: what.
        output: reads what comes.
        calls: runs its calls.
    """

    def __init__(
        self,
        shells: CommandShells,
        command: EncodedCommand,
        output: ProcessOutput,
        calls: ScriptCalls,
    ) -> None:
        self._shells = shells
        self._command = command
        self._output = output
        self._calls = calls
        self._shell: OpenedShell | None = None
        self._operation: Operation[CommandEvent] | None = None
        self._command_id: str | None = None
        self._stopping = Lock()
        self._is_stop_wanted = False
        self._is_over = False
        self._exit_code: int | None = None

    @property
    def exit_code(self) -> int | None:
        """The exit code of the process, once it has ended."""
        return self._exit_code

    @property
    def was_stopped(self) -> bool:
        """Whether it was stopped before it was through."""
        return self._is_over and self._is_stop_wanted

    @property
    def is_begun(self) -> bool:
        """Whether the process has started."""
        return self._command_id is not None

    def next_records(self) -> list[Record] | None:
        """Wait for what comes next; None is the end."""
        if self._is_over:
            return None
        if self._operation is None:
            self._operation = self._start()
            self._begin()
        event = next(self._operation, None)
        if isinstance(event, Output):
            return self._output.feed(event.stream, event.data)
        if not isinstance(event, CommandEnded):
            raise MIError("the shell ended PowerShell before it was through")
        self._exit_code, self._is_over = event.exit_code, True
        self._give_back()
        return self._output.finish()

    # Its beginning

    def _start(self) -> Operation[CommandEvent]:
        """Start the process, in another shell where the one that was kept does not take it.

        The server may have deleted it, or, before 2012 R2, count all that it has ever run (MS-WSMV
        note 118). In neither case was the command begun, so it is not done twice.
        """
        command = self._command
        option = _CONSOLE_INPUT if command.stdin is None else _PIPED_INPUT
        while True:
            self._shell, is_new = self._shells.take(self._calls)
            shell = self._shell.description
            call = RunCommand(
                shell, command.command, command.arguments, options=(option,), is_patient=is_new
            )
            operation = self._calls.run(call)
            try:
                started = next(operation)
            except (ShellLost, LimitsExceeded):
                self._discard()
                if is_new:
                    raise
                continue
            if not isinstance(started, CommandStarted):
                raise MIError("the shell did not say that PowerShell has started")
            self._command_id = started.command_id
            return operation

    def _begin(self) -> None:
        shell, stdin = self._shell, self._command.stdin
        if stdin is not None and shell is not None:
            self._calls.do(SendInput(shell.description, self._command_id, stdin, is_end=True))
        if self._is_stop_wanted:
            self._signal()

    # Its end

    def stop(self) -> None:
        """Stop it, as Ctrl-C does, from any thread; what it wrote before still comes."""
        with self._stopping:
            is_first, self._is_stop_wanted = not self._is_stop_wanted, True
        if is_first and self._operation is not None and not self._is_over:
            self._signal()

    def disconnect(self) -> DisconnectedScript:
        """Refuse: a process cannot be left and found again by its script."""
        raise NotSupported(
            "a script in a process cannot be disconnected", advice="Use the runspace engine."
        )

    def _signal(self) -> None:
        if self._shell is not None and self._command_id is not None:
            self._calls.do(SignalCommand(self._shell.description, self._command_id, CTRL_C))

    def close(self) -> None:
        """End it; a shell in which something may still run is of no use to the next script."""
        operation, self._operation = self._operation, None
        if operation is not None:
            self._calls.end(operation)
        self._discard()

    def _give_back(self) -> None:
        shell, self._shell = self._shell, None
        operation, self._operation = self._operation, None
        if operation is not None:
            self._calls.end(operation)
        if shell is not None:
            self._shells.give_back(shell)

    def _discard(self) -> None:
        shell, self._shell = self._shell, None
        if shell is not None:
            shell.operation.close()
