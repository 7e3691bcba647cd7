"""A runspace pool: the shell of PowerShell, which speaks PSRP by psrpcore's server side.

One lock is for psrpcore, which knows no threads: a client's requests and every pipeline's script
take it to write or to read a message, and never hold it while they wait.
"""

from __future__ import annotations

import struct
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as ET

import psrpcore
from psrpcore import PSRPCoreError, PSRPPayload, ServerRunspacePool, StreamType

from protocols.loopback.powershell.pipelines import Pipeline
from protocols.loopback.powershell.records import ErrorInfo
from protocols.loopback.powershell.script_run import Scripts
from protocols.loopback.refusals import refuse
from protocols.loopback.shells.invocation import Prompt
from protocols.loopback.shells.process import Process

__all__ = ["Runspaces"]

_LARGEST_FRAGMENT: Final = 32_768  # as Windows sends them
_LEAST_FRAGMENT: Final = 1024
_HEADER: Final = 21  # bytes of a fragment's (MS-PSRP 2.2.4)
_LENGTH: Final = slice(17, 21)  # where in it the length of its data is
_PIPELINE_ID: Final = slice(_HEADER + 24, _HEADER + 40)  # in a message's first (MS-PSRP 2.2.1)
_STREAM: Final = "stdout"
_NO_METADATA: Final = ErrorInfo(
    "Metadata of commands is not to be had here.", "NotImplemented", activity=""
)
# What psrpcore raises for what is no fragment, no message, no XML, or not that of its message.
_UNREADABLE: Final = (
    PSRPCoreError,
    ET.ParseError,
    struct.error,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class Runspaces:
    """A runspace pool with its pipelines; any thread may use it."""

    def __init__(
        self,
        scripts: Scripts,
        prompt: Prompt,
        shell_id: str,
        creation: bytes,
        largest: int = _LARGEST_FRAGMENT,
    ) -> None:
        """Open it.

        Args:
            scripts: what it can run.
            prompt: where that runs.
            shell_id: the shell that it is.
            creation: the fragments that open it, or the first of them.
            largest: bytes that a fragment to the client may have.

        Raises:
            Refusal: they are not PowerShell's.
        """
        self._largest = max(_LEAST_FRAGMENT, min(largest, _LARGEST_FRAGMENT))
        self.scripts = scripts
        self.prompt = prompt
        self.variables: dict[str, Any] = {}
        self.runspaces = ServerRunspacePool()
        # What the pool itself reads and writes is no process, but has the streams of one.
        self.process = Process(shell_id, lambda _: None, (_STREAM,), keeps_pieces=True)
        self._lock = threading.RLock()
        self._pipelines: dict[uuid.UUID, Pipeline] = {}
        self._occupied = threading.Lock()  # taken last, and alone: who holds it waits for nothing
        self._running: set[Pipeline] = set()
        if not creation:
            raise refuse("POWERSHELL_PLUGIN", "the shell is opened without creationXml")
        self.feed(creation)

    # What the shell is asked

    def begin(self, command_id: str, data: bytes, streams: Sequence[str]) -> Process:
        """Return the process of a new pipeline; it is not started.

        Raises:
            Refusal: what it is to do cannot be read.
        """
        if len(data) < _PIPELINE_ID.stop:
            raise refuse("POWERSHELL_PLUGIN", "the command has no fragment of a pipeline")
        pipeline_id = uuid.UUID(bytes_le=data[_PIPELINE_ID])
        with self._lock:
            for ended in [key for key, one in self._pipelines.items() if one.is_ended]:
                del self._pipelines[ended]
            pipeline = Pipeline(self, pipeline_id, command_id, streams)
            self._pipelines[pipeline_id] = pipeline
            self.feed(data)
        return pipeline.process

    def feed(self, data: bytes) -> None:
        """Take what was sent to the pool or to one of its pipelines.

        Raises:
            Refusal: it cannot be read.
        """
        with self._lock:
            try:
                self.runspaces.receive_data(PSRPPayload(data, StreamType.default, None))
                while (event := self.runspaces.next_event()) is not None:
                    self._take(event)
            except _UNREADABLE as error:
                raise refuse("POWERSHELL_PLUGIN", str(error)) from error
            self._flush()
            self._wake()  # there may be more runspaces now

    def connect(self, data: bytes) -> bytes:
        """Take over the pool for another client; return what it is answered.

        The first two messages, the capabilities and the data of the pool, answer the Connect; the
        others are received (MS-PSRP 3.1.5.4.25). psrpcore makes all of them but the first.

        Raises:
            Refusal: what it says cannot be read.
        """
        with self._lock:
            self._flush()
            try:
                self.runspaces.disconnect()
                self.runspaces.connect()
                self.runspaces.prepare_message(self.runspaces.our_capability)
                self.runspaces.receive_data(PSRPPayload(data, StreamType.default, None))
                while self.runspaces.next_event() is not None:
                    pass
            except _UNREADABLE as error:
                raise refuse("POWERSHELL_PLUGIN", str(error)) from error
            payload = self.runspaces.data_to_send()
            said = b"" if payload is None else payload.data
            end = _end_of_fragment(said, _end_of_fragment(said, 0))
            self.process.output.put(_STREAM, said[end:])
            self._flush()
        return said[:end]

    def close(self) -> None:
        """End it; whoever receives from it is told."""
        self.process.terminate()

    # Its runspaces

    def take_runspace(self, pipeline: Pipeline, /) -> bool:
        """Whether a pipeline has a runspace, or gets one."""
        with self._occupied:
            if pipeline not in self._running and self._free > 0:
                self._running.add(pipeline)
            return pipeline in self._running

    def give_back(self, pipeline: Pipeline, /) -> None:
        """Let another pipeline have the runspace of one that has ended."""
        with self._occupied:
            self._running.discard(pipeline)
        with self._lock:
            self._wake()

    @property
    def _free(self) -> int:
        return max(1, self.runspaces.max_runspaces) - len(self._running)

    def _wake(self) -> None:
        for pipeline in self._pipelines.values():
            pipeline.wake()

    # Messages

    def send(self, write: Callable[[], Any], /) -> Any:
        """Let something write messages, and send them to whom they are for."""
        with self._lock:
            returned = write()
            self._flush()
            return returned

    def _flush(self) -> None:
        while (payload := self.runspaces.data_to_send(self._largest)) is not None:
            target = self.process
            if payload.pipeline_id is not None:
                target = self._pipelines[payload.pipeline_id].process
            target.output.put(_STREAM, payload.data)

    def _take(self, event: Any) -> None:
        of_pipeline = self._OF_PIPELINE.get(type(event))
        pipeline = self._pipelines.get(event.pipeline_id)
        if of_pipeline is not None and pipeline is not None:
            of_pipeline(pipeline, event)
        of_pool = self._OF_POOL.get(type(event))
        if of_pool is not None:
            self.runspaces.runspace_availability_response(event.ci, of_pool(self, event))

    _OF_PIPELINE: Final[Mapping[type, Callable[[Pipeline, Any], None]]] = {
        psrpcore.CreatePipelineEvent: lambda pipeline, event: pipeline.begin(event.pipeline),
        psrpcore.GetCommandMetadataEvent: lambda pipeline, _: pipeline.refuse(_NO_METADATA),
        psrpcore.PipelineInputEvent: lambda pipeline, event: pipeline.feed(event.data),
        psrpcore.EndOfPipelineInputEvent: lambda pipeline, _: pipeline.end_input(),
        psrpcore.PipelineHostResponseEvent: lambda pipeline, event: pipeline.settle(event),
    }
    _OF_POOL: Final[Mapping[type, Callable[[Runspaces, Any], bool | int]]] = {
        psrpcore.GetAvailableRunspacesEvent: lambda self, _: max(0, self._free),
        psrpcore.SetMaxRunspacesEvent: lambda self, event: self._may_be_most(event.count),
        psrpcore.SetMinRunspacesEvent: lambda self, event: self._may_be_least(event.count),
        psrpcore.ResetRunspaceStateEvent: lambda self, _: self._reset(),
    }

    def _may_be_most(self, count: int) -> bool:
        return count >= max(1, self.runspaces.min_runspaces)

    def _may_be_least(self, count: int) -> bool:
        return 1 <= count <= self.runspaces.max_runspaces

    def _reset(self) -> bool:
        self.variables.clear()
        return True


def _end_of_fragment(data: bytes, start: int) -> int:
    """Return the place behind the fragment that begins at a place."""
    return start + _HEADER + int.from_bytes(data[start:][_LENGTH], "big")
