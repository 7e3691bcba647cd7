"""One shell: what it was opened with, whether a client is connected to it, and its commands."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from protocols.loopback.refusals import refuse
from protocols.loopback.shells.process import Process, Work
from protocols.loopback.shells.quotas import Quotas

__all__ = ["BLOCK", "Opening", "Remoting", "Shell"]

BLOCK: Final = "Block"
"""The buffer mode in which a command waits for a client that is gone."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a shell is opened with.

    Attributes:
        resource_uri: what kind of shell.
        shell_id: what names it.
        name: what its client calls it.
        session_id: the session of the client (p:SessionId), or None.
        environment: variables besides the user's.
        directory: where its commands begin; the user's home if None.
        codepage: of its commands' text.
        has_profile: whether the user's profile is loaded.
        idle_timeout: seconds that it lives unused.
        input_streams: the streams that are written to it.
        output_streams: the streams that its commands write.
    """

    resource_uri: str
    shell_id: str
    name: str | None = None
    session_id: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    directory: str | None = None
    codepage: int = 437
    has_profile: bool = True
    idle_timeout: float = 7200.0
    input_streams: tuple[str, ...] = ("stdin",)
    output_streams: tuple[str, ...] = ("stdout", "stderr")


class Remoting(Protocol):
    """What runs in a shell that speaks a protocol of its own, as PowerShell's do."""

    process: Process
    """What the shell itself reads and writes."""

    def begin(self, command_id: str, data: bytes, streams: Sequence[str]) -> Process:
        """Return the process of a new pipeline; it is not started."""
        ...

    def feed(self, data: bytes) -> None:
        """Take what was sent to the shell or to one of its pipelines."""
        ...

    def connect(self, data: bytes) -> bytes:
        """Take what a new client says, and return what it is answered."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Shell:
    """A shell; any thread may use it."""

    def __init__(self, opening: Opening, quotas: Quotas, remoting: Remoting | None = None) -> None:
        self.opening = opening
        self.remoting = remoting
        self.is_connected = True
        self.idle_timeout = opening.idle_timeout
        self.session_id = opening.session_id
        self.started = 0  # commands so far
        self._quotas = quotas
        self._lock = threading.RLock()
        self._processes: dict[str, Process] = {}
        self._ended: set[str] = set()
        self._opened = self._used = time.monotonic()
        self._busy = 0

    # Its time

    def __enter__(self) -> Self:
        """Use it: it does not idle meanwhile."""
        with self._lock:
            self._busy += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._busy -= 1
            self._used = time.monotonic()

    @property
    def run_time(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened

    @property
    def inactivity(self) -> float:
        """Seconds since it was used."""
        return 0.0 if self._busy else time.monotonic() - self._used

    @property
    def is_expired(self) -> bool:
        """Whether it was unused for longer than it lives so."""
        return self.inactivity > self.idle_timeout

    # Its commands

    @property
    def processes(self) -> list[Process]:
        """The commands that run, and those that nobody has signalled since they ended."""
        with self._lock:
            return list(self._processes.values())

    @property
    def operations(self) -> int:
        """As how many of its user's operations its commands count."""
        return self.started if self._quotas.counts_ended else len(self.processes)

    def check_free(self) -> None:
        """Refuse another command while one runs whose end the client does not know (MS-WSMV 5.3).

        Raises:
            Refusal: one does, or there are as many as may be.
        """
        with self._lock:
            if len(self._processes) >= self._quotas.processes_per_shell:
                raise refuse("QUOTA_MAX_COMMANDS_PER_SHELL_PPQ")
            if self.remoting is None and any(not one.is_received for one in self.processes):
                raise refuse("CONCURRENCY")

    def start(self, process: Process) -> None:
        """Begin to run a command.

        Raises:
            Refusal: another one has its id.
        """
        with self._lock:
            if process.command_id in self._processes or process.command_id in self._ended:
                raise refuse("ALREADY_EXISTS", f"there is a command {process.command_id}")
            self._processes[process.command_id] = process
            self.started += 1
        process.start()

    def new_process(self, command_id: str, work: Work) -> Process:
        """Return a command that can be started."""
        return Process(command_id, work, self.opening.output_streams)

    def process(self, command_id: str | None) -> Process:
        """Return a command, or what the shell itself reads and writes.

        Raises:
            Refusal: there is none of that id, or it is closed.
        """
        with self._lock:
            if command_id is None:
                if self.remoting is None:
                    raise refuse("SHELL_INVALID_COMMAND_HANDLE")
                return self.remoting.process
            if command_id.upper() in self._ended:
                raise refuse("COMMAND_ALREADY_CLOSED")
            found = self._processes.get(command_id.upper())
            if found is None:
                raise refuse("UNEXPECTED_SELECTORS")
            return found

    def has(self, command_id: str) -> bool:
        """Whether there is a command of that id."""
        with self._lock:
            return command_id.upper() in self._processes

    def end_command(self, command_id: str) -> None:
        """End a command and free its place; one that is not there is nothing to complain of."""
        with self._lock:
            process = self._processes.pop(command_id.upper(), None)
            if process is not None:
                self._ended.add(process.command_id)
                process.terminate()

    # Its client

    def check_connected(self) -> None:
        """Do nothing, if a client is connected.

        Raises:
            Refusal: none is.
        """
        if not self.is_connected:
            raise refuse("SHELL_DISCONNECTED")

    def close(self) -> None:
        """End it with everything in it."""
        with self._lock:
            processes = list(self._processes.values())
            self._processes.clear()
        for process in processes:
            process.terminate()
        if self.remoting is not None:
            self.remoting.close()
        for process in processes:
            process.join()
