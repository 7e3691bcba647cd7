"""A pipeline of a runspace pool: its commands as the client gave them, run with the table."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

from psrpcore import PowerShell, ServerHostRequestor, ServerPipeline, ServerRunspacePool
from psrpcore.types import PipelineState, PSInvocationState

from protocols.loopback.powershell.engine import Engine, Passed, Piped
from protocols.loopback.powershell.pipeline_host import PipelineHost, error_record
from protocols.loopback.powershell.records import ErrorInfo, TerminatingError
from protocols.loopback.powershell.script_run import ScriptExit, ScriptRun, Scripts
from protocols.loopback.shells.attention import CtrlC, Terminated
from protocols.loopback.shells.invocation import Prompt
from protocols.loopback.shells.process import Process

if TYPE_CHECKING:
    from psrpcore import PipelineHostResponseEvent
    from psrpcore._command import Command  # what PowerShell.commands holds; it has no other name

__all__ = ["Pipeline", "Pool"]

_HOST_FAILED: Final = "The host of the client could not do what it was asked for."


class Pool(Protocol):
    """The pool that a pipeline is in."""

    runspaces: ServerRunspacePool
    scripts: Scripts
    prompt: Prompt
    variables: dict[str, Any]

    def send(self, write: Callable[[], Any], /) -> Any:
        """Let something write messages, and send them."""
        ...

    def take_runspace(self, pipeline: Pipeline, /) -> bool:
        """Whether a pipeline has a runspace, or gets one."""
        ...

    def give_back(self, pipeline: Pipeline, /) -> None:
        """Let another pipeline have the runspace of one that has ended."""
        ...


class Pipeline:
    """A pipeline; what the client says about it comes in other threads than that it runs in."""

    def __init__(
        self, pool: Pool, pipeline_id: uuid.UUID, command_id: str, streams: Sequence[str]
    ) -> None:
        self._pool = pool
        self._pipeline = ServerPipeline(pool.runspaces, pipeline_id)
        self.process = Process(command_id, self._run, streams, keeps_pieces=True)
        self._attention = self.process.attention
        self._asked: list[PowerShell | ErrorInfo] = []
        self._input: deque[Any] = deque()
        self._is_input_ended = False
        self._answers: dict[int, PipelineHostResponseEvent] = {}
        self._has_host = False

    @property
    def is_ended(self) -> bool:
        """Whether it has nothing more to say."""
        return self.process.output.is_done or self._attention.is_terminated

    # What the client says

    def begin(self, asked: PowerShell) -> None:
        """Let it run: all of what it is to do is known."""
        with self._attention.condition:
            self._asked = [asked]
            self._is_input_ended = self._is_input_ended or asked.no_input
            self._attention.condition.notify_all()

    def refuse(self, error: ErrorInfo) -> None:
        """Let it fail at once."""
        with self._attention.condition:
            self._asked = [error]
            self._attention.condition.notify_all()

    def feed(self, value: Any) -> None:
        """Take an object of its input."""
        with self._attention.condition:
            self._input.append(value)
            self._attention.condition.notify_all()

    def end_input(self) -> None:
        """Let its input end."""
        with self._attention.condition:
            self._is_input_ended = True
            self._attention.condition.notify_all()

    def settle(self, answer: PipelineHostResponseEvent) -> None:
        """Take the answer of the client's host."""
        with self._attention.condition:
            self._answers[answer.ci] = answer
            self._attention.condition.notify_all()

    def wake(self) -> None:
        """Let it look again whether there is a runspace for it."""
        with self._attention.condition:
            self._attention.condition.notify_all()

    # What it says itself

    def perform(self, write: Callable[[ServerPipeline], Any], /) -> Any:
        """Let something be written, as soon as there is room, and send it."""
        self.process.output.wait_for_room()
        return self._pool.send(lambda: write(self._pipeline))

    def answer(self, call: int, /) -> Any:
        """Return what the client answers to a call of its host."""
        self._attention.wait_for(lambda: call in self._answers)
        found = self._answers.pop(call)
        if found.error is not None:
            raise TerminatingError(ErrorInfo(f"{_HOST_FAILED} {found.error}", activity=""))
        return found.result

    # Its run

    def _run(self, _: Process) -> None:
        try:
            self._end_well()
        finally:
            self._pool.give_back(self)

    def _end_well(self) -> None:
        try:
            asked = self._awaited()
            self._execute(asked)
            self._pool.send(self._pipeline.complete)
        except ScriptExit as end:
            if self._has_host:
                code = end.code
                self.perform(lambda pipeline: ServerHostRequestor(pipeline).set_should_exit(code))
            self._pool.send(self._pipeline.complete)
        except TerminatingError as failed:
            self._fail(failed.error)
        except CtrlC:
            self._stop()
        except Terminated:
            self._pipeline.state = PSInvocationState.Stopped
            self._pipeline.close()
            raise
        self._pipeline.close()

    def _awaited(self) -> PowerShell:
        """Start, and return what to do, once all of it has come and there is a runspace."""
        self._attention.wait_for(lambda: bool(self._asked))
        [asked] = self._asked
        if not getattr(asked, "is_nested", False):  # which is in that of the one around it
            self._attention.wait_for(lambda: self._pool.take_runspace(self))
        self._pool.send(self._pipeline.start)
        if isinstance(asked, ErrorInfo):
            raise TerminatingError(asked)
        return asked

    def _stop(self) -> None:
        if self._pipeline.state is PSInvocationState.NotStarted:
            self._pool.send(self._pipeline.start)
        self._pool.send(self._pipeline.stop)

    def _fail(self, error: ErrorInfo) -> None:
        """Say that it failed, and why; psrpcore has the message and the state, but no method."""
        state = PipelineState(
            PipelineState=int(PSInvocationState.Failed), ExceptionAsErrorRecord=error_record(error)
        )
        self._pool.send(lambda: self._pipeline.prepare_message(state))
        self._pipeline.state = PSInvocationState.Failed

    def _execute(self, asked: PowerShell) -> None:
        host = asked.host
        if host.UseRunspaceHost and self._pool.runspaces.host is not None:
            host = self._pool.runspaces.host
        self._has_host = not host.IsHostNull
        has_user = not (host.IsHostNull or host.IsHostUINull)
        run = ScriptRun(
            "",
            PipelineHost(self, self._pool.prompt, has_user=has_user),
            self._pool.prompt,
            self._attention,
            input=self._read_input(),
            variables=self._pool.variables,
        )
        engine = Engine(self._pool.scripts)
        for statement in _statements(asked.commands):
            _run_statement(engine, statement, run)

    def _read_input(self) -> Iterator[Any]:
        while True:
            self._attention.wait_for(lambda: bool(self._input) or self._is_input_ended)
            if not self._input:
                return
            yield self._input.popleft()


def _statements(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """Return the commands of each statement; psrpcore marks the last of every one."""
    current: list[Command] = []
    for command in commands:
        current.append(command)
        if command.end_of_statement:
            yield current
            current = []


def _run_statement(engine: Engine, statement: Sequence[Command], run: ScriptRun) -> None:
    """Run commands one after another, each with the output of the one before."""
    *before, last = statement

    def take(value: Any) -> None:
        _run_command(engine, last, replace(run, input=[value]))

    takes_each = bool(before) and _takes_each(last)
    given = run.input
    for command in before:
        is_taken = takes_each and command is before[-1]
        piped = Passed(run.host, take=take) if is_taken else Piped(run.host)
        _run_command(engine, command, replace(run, input=given, host=piped))
        given = piped.values
    if not takes_each:
        _run_command(engine, last, replace(run, input=given))


def _takes_each(command: Command) -> bool:
    """Whether a command writes something for each object of its input, and nothing at the end."""
    given = {name.lstrip("-").lower() for name, _ in command.parameters if name}
    return command.command_text.lower() == "out-string" and "stream" in given


def _run_command(engine: Engine, command: Command, run: ScriptRun) -> None:
    inner = replace(
        run,
        script=command.command_text,
        arguments=tuple(value for name, value in command.parameters if not name),
        parameters={name.lstrip("-"): value for name, value in command.parameters if name},
    )
    if command.is_script:
        engine.run(inner)
    else:
        engine.call(command.command_text, inner)
