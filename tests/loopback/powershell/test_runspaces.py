"""A runspace pool speaks PSRP with psrpcore's own client, message by message."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random
from typing import Any

import psrpcore
import pytest
from psrpcore import ClientPowerShell, ClientRunspacePool, PSRPPayload, StreamType
from psrpcore.types import (
    HostInfo,
    PSInvocationState,
    RunspacePoolState,
)

from protocols.loopback.powershell.cmdlets import CMDLETS
from protocols.loopback.powershell.records import ErrorInfo, Information
from protocols.loopback.powershell.runspaces import Runspaces
from protocols.loopback.powershell.script_run import ScriptRun, Scripts
from protocols.loopback.refusals import Refusal
from protocols.loopback.shells.attention import Terminated
from protocols.loopback.shells.invocation import Prompt
from protocols.loopback.shells.process import Process

HERE = HostInfo(IsHostNull=False, IsHostUINull=False, IsHostRawUINull=True, UseRunspaceHost=False)
NOBODY = HostInfo(UseRunspaceHost=False)


class Client:
    """A client of a pool; what would go through WinRM is handed over."""

    def __init__(self, scripts: Scripts) -> None:
        self.pool = ClientRunspacePool(host=HERE)
        self.pool.open()
        self.far = Runspaces(scripts, Prompt(), "SHELL", self._said())
        self.events: list[Any] = []
        self.receive(self.far.process)

    def _said(self) -> bytes:
        payload = self.pool.data_to_send()
        return b"" if payload is None else payload.data

    def say(self) -> None:
        """Send what the client has to say besides."""
        while data := self._said():
            self.far.feed(data)

    def receive(self, process: Process, seconds: float = 5.0) -> bool:
        """Receive once; return whether that was the last."""
        taken = process.take(("stdout",), 500_000, seconds, lambda: True)
        if taken is None:
            return False
        for piece in taken.pieces:
            if piece.data:
                self.pool.receive_data(PSRPPayload(piece.data, StreamType.default, None))
        while (event := self.pool.next_event()) is not None:
            self.events.append(event)
        return taken.is_done

    def begin(self, script: str = "", *, host: HostInfo | None = None, **given: Any) -> Process:
        shell = ClientPowerShell(self.pool, host=host or HERE, **given)
        if script:
            shell.add_script(script)
        self.shell = shell
        return self.start(shell)

    def start(self, shell: ClientPowerShell) -> Process:
        shell.start()
        process = self.far.begin(str(shell.pipeline_id).upper(), self._said(), ("stdout",))
        process.start()
        self.say()
        return process

    def run(self, script: str, **given: Any) -> list[Any]:
        """Run a script, and return its output."""
        return self.finish(self.begin(script, **given))

    def finish(self, process: Process) -> list[Any]:
        self.events.clear()
        ended = time.monotonic() + 20.0
        while not self.receive(process):
            assert time.monotonic() < ended
        return [one.data for one in self.of(psrpcore.PipelineOutputEvent)]

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.events if isinstance(one, kind)]

    @property
    def state(self) -> PSInvocationState:
        return self.of(psrpcore.PipelineStateEvent)[-1].state


@pytest.fixture
def scripts() -> Scripts:
    return dict(CMDLETS)


@pytest.fixture
def client(scripts: Scripts) -> Iterator[Client]:
    made = Client(scripts)
    yield made
    made.far.close()


def test_a_pool_opens(client: Client) -> None:
    assert client.pool.state is RunspacePoolState.Opened
    assert "PSVersionTable" in client.pool.application_private_data


def test_what_is_no_powershell_opens_none(scripts: Scripts, client: Client) -> None:
    for creation in (b"", b"nonsense", bytes(60)):
        with pytest.raises(Refusal):
            Runspaces(scripts, Prompt(), "X", creation)
    with pytest.raises(Refusal):
        client.far.begin("1", b"short", ("stdout",))
    with pytest.raises(Refusal):
        client.far.connect(b"nonsense, and more of it than a header")


def test_whatever_is_wrong_in_a_message_is_refused(scripts: Scripts) -> None:
    pool = ClientRunspacePool()
    pool.open()
    payload = pool.data_to_send()
    assert payload is not None
    random = Random(6)
    refused = 0
    for _ in range(150):
        broken = bytearray(payload.data)
        for _ in range(random.randint(1, 3)):
            broken[random.randrange(len(broken))] = random.randrange(256)
        try:
            Runspaces(scripts, Prompt(), "X", bytes(broken))
        except Refusal:
            refused += 1
    assert refused > 50


def test_a_pool_that_is_not_open_yet_cannot_be_taken_over(scripts: Scripts) -> None:
    pool = ClientRunspacePool()
    pool.open()
    payload = pool.data_to_send(200)
    assert payload is not None
    far = Runspaces(scripts, Prompt(), "X", payload.data)
    with pytest.raises(Refusal):
        far.connect(b"")
    while (payload := pool.data_to_send(200)) is not None:
        far.feed(payload.data)
    taken = far.process.take(("stdout",), 500_000, 5.0, lambda: True)
    assert taken is not None
    for piece in taken.pieces:
        pool.receive_data(PSRPPayload(piece.data, StreamType.default, None))
    while pool.next_event() is not None:
        pass
    assert pool.state is RunspacePoolState.Opened


def test_a_pipeline_has_output_and_every_stream(client: Client) -> None:
    output = client.run(
        "Write-Output 1 'two'; Write-Error 'boom' -Category ObjectNotFound -TargetObject t;"
        " Write-Warning w; Write-Verbose v -Verbose; Write-Debug d -Debug; Write-Information i;"
        " Write-Progress A S -PercentComplete 5; Write-Progress A -Completed"
    )
    assert output == [1, "two"]
    assert client.state is PSInvocationState.Completed
    [error] = client.of(psrpcore.ErrorRecordEvent)
    assert str(error.record.Exception.Message) == "boom"
    assert error.record.CategoryInfo.Category.name == "ObjectNotFound"
    assert [one.record.Message for one in client.of(psrpcore.WarningRecordEvent)] == ["w"]
    assert [one.record.Message for one in client.of(psrpcore.VerboseRecordEvent)] == ["v"]
    assert [one.record.Message for one in client.of(psrpcore.DebugRecordEvent)] == ["d"]
    [information] = client.of(psrpcore.InformationRecordEvent)
    assert information.record.MessageData == "i"
    progress = client.of(psrpcore.ProgressRecordEvent)
    assert [one.record.PercentComplete for one in progress] == [5, -1]


def test_a_pipeline_that_fails_says_why(client: Client) -> None:
    assert client.run("Write-Output 1; throw 'bad'; Write-Output 2") == [1]
    assert client.state is PSInvocationState.Failed
    [*_, last] = client.of(psrpcore.PipelineStateEvent)
    assert str(last.reason.Exception.Message) == "bad"
    for host in (HERE, NOBODY):
        assert client.run("exit 3; 1", host=host) == []
        assert client.state is PSInvocationState.Completed


def test_commands_and_statements_are_run_as_they_were_added(
    client: Client, scripts: Scripts
) -> None:
    scripts["Twice"] = lambda run: [value * 2 for value in run.input]
    shell = ClientPowerShell(client.pool)
    shell.add_command("Write-Output").add_argument([1, 2]).add_command("Twice").add_statement()
    shell.add_command("Write-Output").add_parameter("InputObject", "next")
    assert client.finish(client.start(shell)) == [2, 4, "next"]


def test_input_comes_while_it_runs(client: Client) -> None:
    process = client.begin("$input", no_input=False)
    client.shell.send("a")
    client.shell.send("b")
    client.shell.send_eof()
    client.say()
    assert client.finish(process) == ["a", "b"]


def test_a_script_asks_the_client_s_host(client: Client, scripts: Scripts) -> None:
    process = client.begin("Read-Host")
    client.receive(process)
    while not client.of(psrpcore.PipelineHostCallEvent):
        client.receive(process)
    [call] = client.of(psrpcore.PipelineHostCallEvent)
    client.shell.host_response(call.ci, return_value="typed")
    client.say()
    assert client.finish(process) == ["typed"]

    process = client.begin("Read-Host Name; Write-Host hi")
    client.events.clear()
    while not client.of(psrpcore.PipelineHostCallEvent):
        client.receive(process)
    [call] = client.of(psrpcore.PipelineHostCallEvent)
    assert call.method_identifier.name == "Prompt"
    client.shell.host_response(call.ci, return_value={"Name": "me"})
    client.say()
    assert client.finish(process) == ["me"]
    [written] = client.of(psrpcore.PipelineHostCallEvent)
    assert (written.method_identifier.name, written.method_parameters) == ("WriteLine2", ["hi"])
    [information] = client.of(psrpcore.InformationRecordEvent)
    assert information.record.Tags == ["PSHOST"]


def test_a_host_that_fails_fails_the_script(client: Client) -> None:
    process = client.begin("Read-Host")
    while not client.of(psrpcore.PipelineHostCallEvent):
        client.receive(process)
    [call] = client.of(psrpcore.PipelineHostCallEvent)
    error = psrpcore.types.ErrorRecord(
        Exception=psrpcore.types.NETException(Message="no"),
        CategoryInfo=psrpcore.types.ErrorCategoryInfo(),
    )
    client.shell.host_response(call.ci, error_record=error)
    client.say()
    client.finish(process)
    assert client.state is PSInvocationState.Failed


def test_nobody_can_be_asked_where_there_is_no_host(client: Client) -> None:
    client.run("Read-Host Name", host=NOBODY)
    assert client.state is PSInvocationState.Failed
    assert client.run("Write-Host hi", host=NOBODY) == []
    assert client.of(psrpcore.PipelineHostCallEvent) == []
    by_pool = HostInfo(UseRunspaceHost=True)
    client.run("Write-Host hi", host=by_pool)
    assert len(client.of(psrpcore.PipelineHostCallEvent)) == 1


def test_a_pipeline_is_stopped_where_it_waits(client: Client, scripts: Scripts) -> None:
    process = client.begin("Start-Sleep 100")
    process.ctrl_c()
    client.finish(process)
    assert client.state is PSInvocationState.Stopped
    assert "pipeline has been stopped" in str(
        client.of(psrpcore.PipelineStateEvent)[-1].reason.Exception.Message
    )


def test_one_whose_script_has_not_come_is_stopped_too(client: Client) -> None:
    shell = ClientPowerShell(client.pool)
    shell.add_script("x" * 100_000)
    shell.start()
    payload = client.pool.data_to_send(30_000)
    assert payload is not None
    process = client.far.begin("1", payload.data, ("stdout",))
    process.start()
    process.ctrl_c()
    client.finish(process)
    assert client.state is PSInvocationState.Stopped


def test_one_that_is_ended_is_gone(client: Client) -> None:
    process = client.begin("Start-Sleep 100")
    process.terminate()
    process.join()
    with pytest.raises(Terminated):
        client.receive(process)
    assert client.run("1") == [1]


def test_a_long_script_comes_in_pieces_and_a_long_output_goes_in_them(
    client: Client, scripts: Scripts
) -> None:
    shell = ClientPowerShell(client.pool)
    shell.add_script(f"'{'x' * 100_000}'")
    shell.start()
    first = client.pool.data_to_send(30_000)
    assert first is not None
    process = client.far.begin("1", first.data, ("stdout",))
    process.start()
    while (payload := client.pool.data_to_send(30_000)) is not None:
        client.far.feed(payload.data)
    assert client.finish(process) == ["x" * 100_000]


def test_a_pipeline_waits_for_a_runspace_but_not_a_nested_one(client: Client) -> None:
    first = client.begin("Start-Sleep 100")
    waiting = client.begin("'late'")
    assert waiting.take(("stdout",), 500_000, 0.05, lambda: True) is None
    assert client.finish(client.begin("'nested'", is_nested=True)) == ["nested"]
    first.ctrl_c()
    assert client.finish(waiting) == ["late"]
    held = client.begin("Start-Sleep 100")
    waiting = client.begin("'more'")
    client.pool.set_max_runspaces(2)
    client.say()
    assert client.finish(waiting) == ["more"]
    held.terminate()


def test_the_pool_is_asked_how_many_it_runs(client: Client) -> None:
    def asked(number: int) -> Any:
        client.say()
        client.events.clear()
        client.receive(client.far.process)
        return number, [
            one.count if hasattr(one, "count") else one.success
            for one in client.events
            if "Availability" in type(one).__name__
        ]

    assert asked(client.pool.get_available_runspaces() or 0)[1] == [1]
    process = client.begin("Start-Sleep 100")
    assert asked(client.pool.get_available_runspaces() or 0)[1] == [0]
    process.terminate()
    assert asked(client.pool.set_max_runspaces(3) or 0)[1] == [True]
    assert asked(client.pool.set_min_runspaces(2) or 0)[1] == [True]
    assert asked(client.pool.set_min_runspaces(9) or 0)[1] == [False]
    client.run("$kept = 5")
    assert client.run("$kept") == [5]
    assert asked(client.pool.reset_runspace_state() or 0)[1] == [True]
    assert client.run("$kept") == []


def test_metadata_of_commands_is_refused(client: Client) -> None:
    shell = psrpcore.ClientGetCommandMetadata(client.pool, "*")
    client.finish(client.start(shell))  # type: ignore[arg-type]  # it starts as a pipeline does
    assert client.state is PSInvocationState.Failed


def test_another_client_takes_the_pool_over(client: Client) -> None:
    other = ClientRunspacePool()
    other.runspace_pool_id = client.pool.runspace_pool_id
    other.state = RunspacePoolState.Disconnected
    other.connect()
    payload = other.data_to_send()
    assert payload is not None
    answer = client.far.connect(payload.data)
    client.pool = other
    client.events.clear()
    other.receive_data(PSRPPayload(answer, StreamType.default, None))
    names = []
    while (event := other.next_event()) is not None:
        names.append(type(event).__name__)
    assert names == ["SessionCapabilityEvent", "RunspacePoolInitDataEvent"]
    client.receive(client.far.process)
    assert other.state is RunspacePoolState.Opened
    assert client.run("'still here'") == ["still here"]


def test_records_of_a_table_s_own_script_arrive_as_they_are(
    client: Client, scripts: Scripts
) -> None:
    def write(run: ScriptRun) -> None:
        run.information(Information({"a": 1}, "mine", ("t",)))
        run.error(ErrorInfo("m", "PermissionDenied", "Id", "System.UnauthorizedAccessException"))

    scripts["Write-Them"] = write
    client.run("Write-Them")
    [information] = client.of(psrpcore.InformationRecordEvent)
    assert (information.record.MessageData, information.record.Source) == ({"a": 1}, "mine")
    [error] = client.of(psrpcore.ErrorRecordEvent)
    assert error.record.FullyQualifiedErrorId == "Id"
    assert error.record.CategoryInfo.Reason == "UnauthorizedAccessException"


def test_a_client_of_before_powershell_5_gets_no_information(client: Client) -> None:
    client.far.runspaces.their_capability.protocolversion = psrpcore.types.PSVersion("2.2")  # type: ignore[union-attr]
    assert client.run("Write-Information i; 1") == [1]
    assert client.of(psrpcore.InformationRecordEvent) == []
