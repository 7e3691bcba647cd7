"""A far side of PowerShell remoting made of psrpcore's own server, and a session that reaches it.

It stands where a server would: what `run` is given are the calls of `mi.shell_calls`, and what it
returns behaves as operations do. Scripts are a table of functions of the server's pipeline.
"""

from __future__ import annotations

from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psrpcore
from psrpcore import types as ps

from mi.errors import InvalidParameter, MIError
from mi.powershell.script_calls import Far
from mi.shell_calls import (
    CommandEnded,
    CommandStarted,
    ConnectShell,
    DisconnectShell,
    FollowCommand,
    OpenShell,
    Output,
    ReceiveOutput,
    RunCommand,
    SendInput,
    ShellDescription,
    SignalCommand,
)

__all__ = ["ANSWERS", "FarSide", "Operation"]

Act = Callable[[psrpcore.ServerPipeline], Any]


class Operation:
    """What `run` returns: an iterator of results, which is closed, left or cancelled."""

    def __init__(self, call: Any, results: Iterator[Any]) -> None:
        self.call = call
        self._results = results
        self.ends: list[str] = []

    def __iter__(self) -> Operation:
        return self

    def __next__(self) -> Any:
        if self.ends:
            raise InvalidParameter("the operation is closed")
        return next(self._results)

    def result(self) -> Any:
        return next(self, None)

    def close(self) -> None:
        self.ends.append("close")

    def leave(self) -> None:
        self.ends.append("leave")

    def cancel(self) -> None:
        self.ends.append("cancel")


class FarSide:
    """The server's half.

    Attributes:
        scripts: what each script does, by its text.
        operations: what was run, in order.
        refusals: errors to raise for the next calls of a kind.
        limit: bytes of output in one piece.
    """

    def __init__(self, envelope_size: int = 512000) -> None:
        self.far = Far(self.run, envelope_size)
        self.scripts: dict[str, Act] = {}
        self.operations: list[Operation] = []
        self.refusals: dict[type[Any], list[BaseException]] = {}
        self.pool = psrpcore.ServerRunspacePool()
        self.limit: int | None = None
        self.asked: list[psrpcore.PowerShell] = []
        self.received: list[Any] = []
        self.pending: dict[UUID, list[Act]] = {}
        self.outgoing: dict[UUID | None, deque[bytes]] = {}
        self.is_done = True  # whether the end of a pipeline is that of its command

    def calls(self, kind: type[Any]) -> list[Any]:
        return [one.call for one in self.operations if isinstance(one.call, kind)]

    def ends(self, kind: type[Any]) -> list[list[str]]:
        return [one.ends for one in self.operations if isinstance(one.call, kind)]

    def run(self, call: Any, **keywords: Any) -> Operation:
        del keywords
        operation = Operation(call, self._results(call))
        self.operations.append(operation)
        return operation

    def _results(self, call: Any) -> Iterator[Any]:
        refusals = self.refusals.get(type(call))
        if refusals:
            raise refusals.pop(0)
        yield from ANSWERS[type(call)](self, call)

    def _open(self, call: OpenShell) -> Iterator[Any]:
        assert call.creation_xml is not None
        self.pool = psrpcore.ServerRunspacePool()
        self._take(call.creation_xml)
        yield ShellDescription(call.shell_id or "", call.resource_uri)

    def _connect(self, call: ConnectShell) -> Iterator[Any]:
        assert call.connect_xml is not None
        self.pool.disconnect()
        self.pool.connect()
        self.pool.prepare_message(self.pool.our_capability)
        self._take(call.connect_xml)
        response = b"".join(self.outgoing.pop(None))
        yield ShellDescription(call.shell_id, call.resource_uri, connect_response=response)

    def _receive(self, _: ReceiveOutput) -> Iterator[Any]:
        while self.outgoing.get(None):
            yield Output("stdout", self.outgoing[None].popleft())

    def _command(self, call: RunCommand) -> Iterator[Any]:
        pipeline_id = UUID(call.command_id or "")
        psrpcore.ServerPipeline(self.pool, pipeline_id)
        self._take(b64decode("".join(call.arguments)))
        yield CommandStarted(str(pipeline_id).upper())
        yield from self._written(pipeline_id)

    def _follow(self, call: FollowCommand) -> Iterator[Any]:
        yield CommandStarted(call.command_id)
        yield from self._written(UUID(call.command_id))

    def _written(self, pipeline_id: UUID) -> Iterator[Any]:
        while True:
            pieces = self.outgoing.setdefault(pipeline_id, deque())
            if not pieces:
                break
            yield Output("stdout", pieces.popleft(), command_id=str(pipeline_id))
        if self.is_done:
            yield CommandEnded(None)

    def _send(self, call: SendInput) -> Iterator[Any]:
        self._take(call.data)
        yield None

    def _signal(self, call: SignalCommand) -> Iterator[Any]:
        pipeline = self.pool.pipeline_table[UUID(call.command_id)]
        pipeline.stop()
        self._flush()
        yield None

    def _nothing(self, _: Any) -> Iterator[Any]:
        yield None

    # Its own half of the conversation

    def _take(self, data: bytes) -> None:
        self.pool.receive_data(psrpcore.PSRPPayload(data, psrpcore.StreamType.default, None))
        for event in iter(self.pool.next_event, None):
            if isinstance(event, psrpcore.CreatePipelineEvent):
                self._create(event)
            elif isinstance(event, psrpcore.PipelineInputEvent):
                self.received.append(event.data)
            elif isinstance(event, psrpcore.EndOfPipelineInputEvent):
                self._go_on(event.pipeline_id)
            elif isinstance(event, psrpcore.PipelineHostResponseEvent):
                self.received.append(event.error or event.result)
                self._go_on(event.pipeline_id)
        self._flush()

    def _create(self, event: psrpcore.CreatePipelineEvent) -> None:
        asked = event.pipeline
        self.asked.append(asked)
        pipeline = self.pool.pipeline_table[event.pipeline_id]
        pipeline.start()
        act = self.scripts.get(asked.commands[0].command_text, lambda one: None)
        if asked.no_input:
            self._act(pipeline, act)
        else:
            self.pending[event.pipeline_id] = [act]

    def _go_on(self, pipeline_id: UUID) -> None:
        self._act(self.pool.pipeline_table[pipeline_id], self.pending[pipeline_id].pop(0))

    def _act(self, pipeline: psrpcore.ServerPipeline, act: Act) -> None:
        """Do what a script does; where it returns something to do, that waits for the client."""
        following = act(pipeline)
        if callable(following):
            self.pending.setdefault(pipeline.pipeline_id, []).append(following)
        elif following is not False and pipeline.state == ps.PSInvocationState.Running:
            pipeline.complete()

    def fail(self, pipeline: psrpcore.ServerPipeline, error: ps.ErrorRecord) -> None:
        """Let a pipeline fail, for which psrpcore has no method."""
        state = ps.PipelineState(
            PipelineState=int(ps.PSInvocationState.Failed), ExceptionAsErrorRecord=error
        )
        pipeline.prepare_message(state)
        pipeline.state = ps.PSInvocationState.Failed

    def _flush(self) -> None:
        while (payload := self.pool.data_to_send(self.limit)) is not None:
            self.outgoing.setdefault(payload.pipeline_id, deque()).append(payload.data)

    def break_pool(self, text: str) -> None:
        """Let the pool break instead of opening."""
        error = ps.ErrorRecord(
            Exception=ps.NETException(Message=text), CategoryInfo=ps.ErrorCategoryInfo()
        )
        self.pool.set_broken(error)
        self._flush()

    def refuse(self, kind: type[Any], *errors: MIError) -> None:
        """Let the next calls of a kind fail."""
        self.refusals.setdefault(kind, []).extend(errors)


ANSWERS: dict[type[Any], Callable[[FarSide, Any], Iterator[Any]]] = {
    OpenShell: FarSide._open,
    ReceiveOutput: FarSide._receive,
    RunCommand: FarSide._command,
    SendInput: FarSide._send,
    SignalCommand: FarSide._signal,
    DisconnectShell: FarSide._nothing,
    ConnectShell: FarSide._connect,
    FollowCommand: FarSide._follow,
}
