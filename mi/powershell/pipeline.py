"""A script in a runspace: what is sent for it, and what comes of it (MS-PSRP 3.1.5.3.3).

The Command carries the beginning of the pipeline, Sends the rest and the input; Receives bring
what it writes, and at last its state. Windows leaves the command open until it is signalled, so
what ends it is that state; the Signal waits for whatever is said to the server next.
"""

from __future__ import annotations

from base64 import b64encode
from threading import Lock
from typing import Any, Final
from uuid import UUID

import psrpcore
from psrpcore import types as ps

from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    ShellLost,
)
from mi.operation import Operation
from mi.powershell.exchange import Payload, reading
from mi.powershell.fragments import FragmentReader
from mi.powershell.host import Host, host_info
from mi.powershell.pipeline_input import PipelineInput
from mi.powershell.prompts import AnswerPrompt
from mi.powershell.psrp_records import error_of, record_of_event
from mi.powershell.psrp_values import has_secret, to_psrp
from mi.powershell.records import Record, Stream
from mi.powershell.runspace_pool import RunspacePool
from mi.powershell.script import DisconnectedScript, Script
from mi.powershell.script_calls import ScriptCalls
from mi.shell_calls import (
    POWERSHELL_CTRL_C,
    CommandEvent,
    CommandStarted,
    FollowCommand,
    Output,
    RunCommand,
    SendInput,
    SignalCommand,
)

__all__ = ["Pipeline", "ResumedPipeline"]

_FAILED: Final = ps.PSInvocationState.Failed
_STOPPED: Final = ps.PSInvocationState.Stopped
_TERMINAL: Final = (ps.PSInvocationState.Completed, _FAILED, _STOPPED)


class Pipeline:
    """A script that runs in a runspace pool; `mi.powershell.running` says what its methods are.

    Args:
        pool: where.
        script: what.
        calls: runs its calls.
        answer: answers its questions, or None.
        owns_pool: whether the pool is closed with it, and may be left with it.
    """

    def __init__(
        self,
        pool: RunspacePool,
        script: Script,
        calls: ScriptCalls,
        answer: AnswerPrompt | None = None,
        *,
        owns_pool: bool = False,
    ) -> None:
        self._owns_pool = owns_pool
        self._pool = pool
        self._script = script
        self._calls = calls
        self._host = Host(answer)
        self._is_asked = answer is not None
        self._reader = FragmentReader()
        self._operation: Operation[CommandEvent] | None = None
        self._input: PipelineInput | None = None
        self._state: ps.PSInvocationState | None = None
        self._stopping = Lock()
        self._is_stop_wanted = False
        self._is_patient = True

    @property
    def exit_code(self) -> int | None:
        """What the script gave to `exit`, or None."""
        return self._host.exit_code

    @property
    def was_stopped(self) -> bool:
        """Whether it was stopped before it was through."""
        return self._state is _STOPPED

    @property
    def is_begun(self) -> bool:
        """Whether the pipeline has started."""
        return self._operation is not None

    def next_records(self) -> list[Record] | None:
        """Wait for what comes next; None is the end."""
        if self._state is not None:
            self._leave()
            return None
        operation = self._operation or self._start()
        try:
            event = next(operation, None)
        except (ShellLost, ConnectionFailed):
            self._pool.lose(self._shell)
            raise
        if isinstance(event, Output):
            return self._read(event.data)
        if isinstance(event, CommandStarted):
            return []
        self._raise_failure()
        raise MIError("PowerShell on the far side ended the script before it was through")

    # Its beginning

    def _start(self) -> Operation[CommandEvent]:
        was_open, was_idle = self._pool.is_open, self._pool.is_idle
        self._is_patient = not was_idle
        try:
            return self._begin()
        except (ShellLost, LimitsExceeded) as error:
            # The server deletes what is idle for too long, and some count all that a shell has ever
            # run; then nothing was begun, and it may be begun in another pool.
            if not (was_idle or (was_open and isinstance(error, ShellLost))):
                raise
            self._pool.lose(self._shell)
            self._is_patient = True
            return self._begin()

    def _begin(self) -> Operation[CommandEvent]:
        script = self._script
        self._shell, self._exchange = self._pool.open(self._calls)
        if has_secret(script.named) or has_secret(list(script.positional)):
            self._pool.exchange_key(self._calls)
        first, *rest = self._exchange.prepare(self._create)
        operation = self._begin_command(first)
        self._send(rest)
        self._begin_input()
        if self._is_stop_wanted:
            self._signal()
        return operation

    def _begin_command(self, first: Payload) -> Operation[CommandEvent]:
        proposed = str(self._core.pipeline_id).upper()
        command = RunCommand(
            self._shell,
            "",
            (b64encode(first.data).decode(),),
            command_id=proposed,
            streams=("stdout",),
            is_patient=self._is_patient,
        )
        self._operation = operation = self._calls.run(command)
        try:
            started = next(operation)
        except BaseException:
            self._exchange.forget(self._core)
            self._operation = None
            raise
        self._command_id = started.command_id if isinstance(started, CommandStarted) else proposed
        return operation

    def _create(self, pool: psrpcore.ClientRunspacePool) -> None:
        script = self._script
        self._core = core = psrpcore.ClientPowerShell(
            pool,
            no_input=script.input is None,
            host=host_info(is_asked=self._is_asked),
            remote_stream_options=ps.RemoteStreamOptions.AddInvocationInfoToErrorRecord,
        )
        try:
            if script.is_command:
                core.add_command(script.text)
            else:
                # Of its own, as another process would be: the next finds none of its variables.
                core.add_script(script.text, use_local_scope=True)
            for value in script.positional:
                core.add_argument(to_psrp(value))
            for name, value in script.named.items():
                core.add_parameter(name, to_psrp(value))
            if script.is_text:
                core.add_command("Out-String").add_parameter("Stream", value=True)
            core.start()
        except BaseException:
            pool.pipeline_table.pop(core.pipeline_id, None)
            raise

    def _send(self, payloads: list[Payload]) -> None:
        for payload in payloads:
            self._calls.do(SendInput(self._shell, self._command_id, payload.data, payload.stream))

    # Its input

    def _begin_input(self) -> None:
        values = self._script.input
        if values is None:
            return
        self._input = PipelineInput(
            values, self._packed, self._send_input, self.stop, self._exchange.limit
        )
        self._input.start()

    def _packed(self, *values: Any) -> bytes:
        """Return the fragments of a value, or without any those of the end."""
        if any(map(has_secret, values)):
            self._pool.exchange_key(self._calls)
        core = self._core
        payloads = self._exchange.prepare(
            lambda _: core.send(to_psrp(values[0])) if values else core.send_eof()
        )
        return b"".join(payload.data for payload in payloads)

    def _send_input(self, data: bytes) -> None:
        self._calls.do(SendInput(self._shell, self._command_id, data))

    def _raise_failure(self) -> None:
        """Raise what kept the input from being sent, in the thread that reads the output."""
        if self._input is not None and self._input.failure is not None:
            raise self._input.failure

    # What comes of it

    def _read(self, data: bytes) -> list[Record]:
        records: list[Record] = []
        for event in self._exchange.receive(self._reader, data, self._core.pipeline_id):
            if isinstance(event, psrpcore.PipelineHostCallEvent):
                records += self._called(event)
                continue
            with reading():
                if isinstance(event, psrpcore.PipelineStateEvent):
                    records += self._changed(event)
                elif (record := record_of_event(event)) is not None:
                    records.append(record)
        return records

    def _changed(self, event: psrpcore.PipelineStateEvent) -> list[Record]:
        if event.state not in _TERMINAL:
            return []
        self._state = event.state
        if self._input is not None:
            self._input.end()
        error = error_of(event.reason)
        if error is None or (self._is_stop_wanted and event.state is _STOPPED):
            return []
        return [Record(Stream.ERROR, error)]

    def _called(self, event: psrpcore.PipelineHostCallEvent) -> list[Record]:
        capability = self._exchange.pool.their_capability
        with reading():
            version = None if capability is None else capability.protocolversion
            record = self._host.written(event, version)
            reply = self._host.reply(event)
        if reply is not None:
            if self._host.needs_key(event):
                self._pool.exchange_key(self._calls)
            self._send(self._exchange.prepare(reply))
        return [] if record is None else [record]

    # Its end

    def stop(self) -> None:
        """Stop it, from any thread; what it wrote before still comes, and then its end."""
        with self._stopping:
            is_first, self._is_stop_wanted = not self._is_stop_wanted, True
        if is_first and self._operation is not None and self._state is None:
            self._signal()

    def _signal(self) -> None:
        self._calls.do(SignalCommand(self._shell, self._command_id, POWERSHELL_CTRL_C))

    def disconnect(self) -> DisconnectedScript:
        """Leave it to itself; return what names it."""
        if not self._owns_pool:
            raise InvalidParameter(
                "the script shares its runspaces with others", advice="Start it with detachable."
            )
        if self._operation is None or self._state is not None:
            raise InvalidParameter("the script has not begun, or it has ended")
        if self._input is not None:
            self._input.end()
        pool_id = self._pool.disconnect(self._calls)
        self.close()
        return DisconnectedScript(
            str(pool_id), str(self._core.pipeline_id), self._pool.configuration_name
        )

    def close(self) -> None:
        """End it, whatever it does; a pool that it shares stays as it is."""
        if self._input is not None:
            self._input.end()
        operation, self._operation = self._operation, None
        try:
            if operation is not None:
                self._exchange.forget(self._core)
                self._calls.end(operation)
        finally:
            if self._owns_pool:
                self._pool.close()

    def _leave(self) -> None:
        operation, self._operation = self._operation, None
        if operation is not None:
            self._exchange.forget(self._core)
            self._calls.leave(operation)
        self._raise_failure()


class ResumedPipeline(Pipeline):
    """A script that was left to itself, and is gone on with.

    Args:
        pool: that of the script, which is connected.
        script: what names it.
        calls: runs its calls.
        answer: answers its questions, or None.
    """

    def __init__(
        self,
        pool: RunspacePool,
        script: DisconnectedScript,
        calls: ScriptCalls,
        answer: AnswerPrompt | None,
    ) -> None:
        super().__init__(pool, Script(""), calls, answer, owns_pool=True)
        self._pipeline_id = UUID(script.pipeline_id)

    def _begin(self) -> Operation[CommandEvent]:
        self._shell, self._exchange = self._pool.open(self._calls)
        self._exchange.prepare(self._find)
        self._command_id = str(self._pipeline_id).upper()
        self._operation = self._calls.run(
            FollowCommand(self._shell, self._command_id, connects=True, streams=("stdout",))
        )
        if self._is_stop_wanted:
            self._signal()
        return self._operation

    def _find(self, pool: psrpcore.ClientRunspacePool) -> None:
        self._core = psrpcore.ClientPowerShell(pool, pipeline_id=self._pipeline_id)
