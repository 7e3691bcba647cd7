"""A script in a runspace, before a far side made of psrpcore's own server."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psrpcore
import pytest
from psrpcore import types as ps

from mi.credentials import Credentials
from mi.errors import (
    ConnectionFailed,
    InvalidParameter,
    LimitsExceeded,
    MIError,
    NotSupported,
    ProtocolError,
    ShellLost,
    TypeMismatch,
)
from mi.powershell.objects import SecureString
from mi.powershell.pipeline import Pipeline, ResumedPipeline
from mi.powershell.prompts import PromptKind
from mi.powershell.records import InformationRecord, Record, Stream
from mi.powershell.runspace_pool import RunspacePool
from mi.powershell.script import DisconnectedScript, Script
from mi.powershell.script_calls import ScriptCalls
from mi.shell_calls import (
    POWERSHELL_CTRL_C,
    CommandStarted,
    ConnectShell,
    FollowCommand,
    OpenShell,
    Output,
    ReceiveOutput,
    RunCommand,
    SendInput,
    SignalCommand,
)
from tests.mi.powershell import remoting
from tests.mi.powershell.remoting import FarSide
from tests.sessions import settles

Run = Callable[..., Pipeline]


@pytest.fixture
def side() -> FarSide:
    return FarSide()


@pytest.fixture
def run(side: FarSide) -> Run:
    """Return a function: the text of a script, what it is given -> a pipeline of one pool."""
    pool = RunspacePool(side.far)

    def make(text: str = "x", answer: Any = None, **given: Any) -> Pipeline:
        return Pipeline(pool, Script(text, **given), ScriptCalls(side.far), answer)

    return make


def _all(pipeline: Pipeline) -> list[Record]:
    found: list[Record] = []
    while (records := pipeline.next_records()) is not None:
        found += records
    return found


def _values(pipeline: Pipeline) -> list[Any]:
    return [record.value for record in _all(pipeline)]


def test_what_a_script_writes_comes_as_records(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> None:
        one.write_output([1, "a"])
        one.write_warning("careful")

    side.scripts["x"] = act
    pipeline = run()
    assert _all(pipeline) == [
        Record(Stream.OUTPUT, [1, "a"]),
        Record(Stream.WARNING, "careful"),
    ]
    assert (pipeline.exit_code, pipeline.was_stopped) == (None, False)
    assert pipeline.next_records() is None
    assert side.ends(RunCommand) == [["leave"]]


def test_a_second_one_takes_a_command_and_nothing_more(side: FarSide, run: Run) -> None:
    _all(run())
    begun = len(side.operations)
    _all(run())
    assert [type(one.call) for one in side.operations[begun:]] == [RunCommand]
    (first, second) = side.calls(RunCommand)
    assert first.command_id != second.command_id
    assert (first.command, first.streams) == ("", ("stdout",))


def test_parameters_reach_the_script(side: FarSide, run: Run) -> None:
    _all(run("x", parameters={"Name": "w*", "Count": 3}))
    _all(run("x", parameters=[1, "b"]))
    named, placed = (one.commands[0] for one in side.asked)
    assert named.parameters == [("Name", "w*"), ("Count", 3)]
    assert placed.parameters == [(None, 1), (None, "b")]
    assert (named.is_script, named.use_local_scope) == (True, True)


def test_a_command_is_called_by_its_name(side: FarSide, run: Run) -> None:
    _all(run("Get-Service", is_command=True))
    assert not side.asked[0].commands[0].is_script


def test_text_is_formatted_over_there(side: FarSide, run: Run) -> None:
    _all(run(is_text=True))
    last = side.asked[0].commands[-1]
    assert (last.command_text, last.parameters) == ("Out-String", [("Stream", True)])


def test_a_long_script_is_sent_in_pieces(run: Run) -> None:
    side = FarSide(envelope_size=8192)
    side.scripts["y" * 20000] = lambda one: one.write_output("done")
    pipeline = Pipeline(RunspacePool(side.far), Script("y" * 20000), ScriptCalls(side.far), None)
    assert _values(pipeline) == ["done"]
    sends = side.calls(SendInput)
    assert len(sends) > 3
    assert {one.command_id for one in sends} == {side.calls(RunCommand)[0].command_id}


def test_output_in_pieces_is_put_together(side: FarSide, run: Run) -> None:
    side.limit = 50
    side.scripts["x"] = lambda one: one.write_output("long" * 100)
    assert _values(run()) == ["long" * 100]


def test_an_error_that_ends_the_script_is_its_last_record(side: FarSide, run: Run) -> None:
    error = ps.ErrorRecord(
        Exception=ps.NETException(Message="It broke."), CategoryInfo=ps.ErrorCategoryInfo()
    )

    def act(one: psrpcore.ServerPipeline) -> None:
        one.write_output(1)
        side.fail(one, error)

    side.scripts["x"] = act
    first, last = _values(run())
    assert (first, last.message, last.is_terminating) == (1, "It broke.", True)


def test_input_is_piped_in_while_output_comes(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> None:
        for value in side.received:
            one.write_output(value)

    side.scripts["x"] = act
    side.is_done = False
    pipeline = run(input=iter([1, "b", [3]]))
    assert pipeline.next_records() == []
    assert settles(lambda: bool(side.outgoing.get(pipeline._core.pipeline_id)))
    assert _values(pipeline) == [1, "b", [3]]


def test_a_secret_in_the_input_is_sealed(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: None
    pipeline = run(input=[SecureString("hunter2")])
    pipeline.next_records()
    assert settles(lambda: bool(side.outgoing.get(pipeline._core.pipeline_id)))
    _all(pipeline)
    assert side.received[0].decrypt() == "hunter2"


def test_an_error_of_the_input_is_raised_where_the_output_is_read(side: FarSide, run: Run) -> None:
    def values() -> Any:
        raise ValueError("no input")
        yield 1

    pipeline = run(input=values())
    pipeline.next_records()
    assert settles(lambda: bool(side.calls(SignalCommand)))
    with pytest.raises(ValueError, match="no input"):
        _all(pipeline)


@pytest.mark.parametrize(
    "parameters", [{"P": SecureString("hunter2")}, [Credentials.password("ops", "hunter2")]]
)
def test_secrets_go_by_an_exchanged_key(side: FarSide, run: Run, parameters: Any) -> None:
    _all(run(parameters=parameters))
    _all(run(parameters=parameters))
    (_, value) = side.asked[0].commands[0].parameters[0]
    assert getattr(value, "Password", value).decrypt() == "hunter2"
    keys = [one for one in side.calls(SendInput) if one.command_id is None]
    assert len(keys) == 1
    assert all(b"hunter2" not in one.data for one in side.calls(SendInput))


def test_what_cannot_be_sent_leaves_the_pool_as_it_was(side: FarSide, run: Run) -> None:
    with pytest.raises(TypeMismatch):
        run(parameters=[object()]).next_records()
    assert _all(run()) == []
    assert len(side.calls(OpenShell)) == 1


def test_a_question_is_answered(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> Any:
        one.host_call(ps.HostMethodIdentifier.ReadLine)
        return lambda again: again.write_output(f"hello {side.received[-1]}")

    side.scripts["x"] = act
    asked = []
    pipeline = run(answer=lambda prompt: asked.append(prompt.kind) or "joe")
    assert _values(pipeline) == ["hello joe"]
    assert asked == [PromptKind.LINE]
    assert side.calls(SendInput)[-1].stream == "pr"


def test_a_secret_answer_needs_a_key_first(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> Any:
        one.host_call(ps.HostMethodIdentifier.ReadLineAsSecureString)
        return lambda again: again.write_output(side.received[-1].decrypt())

    side.scripts["x"] = act
    assert _values(run(answer=lambda _: "hunter2")) == ["hunter2"]
    assert len(side.calls(ReceiveOutput)) == 2


def test_what_exit_was_given_is_the_exit_code(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: (
        one.host_call(ps.HostMethodIdentifier.SetShouldExit, [3]) and None
    )
    pipeline = run()
    assert _all(pipeline) == []
    assert pipeline.exit_code == 3


def test_an_old_host_is_written_to(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> None:
        one.host_call(ps.HostMethodIdentifier.WriteLine2, ["told"])

    side.scripts["x"] = act
    first = run()
    assert _values(first) == []
    pool = first._exchange.pool
    assert pool.their_capability is not None
    pool.their_capability.protocolversion = ps.PSVersion("2.2")
    assert _values(run()) == [InformationRecord("told", tags=("PSHOST",))]
    pool.their_capability = None
    again = run()
    again._exchange, again._core = first._exchange, first._core
    assert again._called(_WRITTEN) == []


class _WRITTEN:
    ci = -100
    method_identifier = ps.HostMethodIdentifier.WriteLine2
    method_parameters = ("told",)


def test_what_a_pipeline_has_no_ear_for_is_nothing(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> None:
        state = ps.RunspacePoolStateMsg(RunspaceState=ps.RunspacePoolState.Opened.value)
        one.prepare_message(state)
        one.write_output(1)

    side.scripts["x"] = act
    assert _values(run()) == [1]


# Its end


def test_stopping_it_lets_it_end_and_the_pool_stay(side: FarSide, run: Run) -> None:
    def act(one: psrpcore.ServerPipeline) -> bool:
        one.write_output(1)
        return False

    side.scripts["x"] = act
    side.is_done = False
    pipeline = run()
    assert pipeline.next_records() == [Record(Stream.OUTPUT, 1)]
    pipeline.stop()
    pipeline.stop()
    assert _all(pipeline) == []
    assert pipeline.was_stopped
    (signal,) = side.calls(SignalCommand)
    assert signal.code == POWERSHELL_CTRL_C
    pipeline.stop()
    assert _all(run("other")) == []
    assert len(side.calls(OpenShell)) == 1


def test_what_is_stopped_before_it_starts_is_stopped_when_it_does(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: False
    pipeline = run()
    pipeline.stop()
    assert _all(pipeline) == []
    assert pipeline.was_stopped


def test_what_somebody_else_stops_says_so(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: one.stop()
    pipeline = run()
    (error,) = _values(pipeline)
    assert error.error_id == "PipelineStopped"
    assert pipeline.was_stopped


def test_closing_it_ends_the_command_and_the_pool_stays(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: one.write_output(1) or False
    enough = threading.Event()

    def endless() -> Any:
        while not enough.wait(0.01):
            yield 1

    pipeline = run(input=endless())
    pipeline.next_records()
    pipeline.close()
    pipeline.close()
    enough.set()
    assert side.ends(RunCommand) == [["close"]]
    side.pool.pipeline_table.clear()
    assert _all(run("other")) == []
    assert len(side.calls(OpenShell)) == 1
    run().close()


def test_a_command_that_ends_without_a_word_is_an_error(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: False
    pipeline = run()
    with pytest.raises(MIError, match="ended the script before it was through"):
        _all(pipeline)


def test_a_pool_that_is_gone_is_opened_anew_for_what_was_not_begun(side: FarSide, run: Run) -> None:
    _all(run())
    side.refuse(RunCommand, ShellLost("gone"))
    side.scripts["x"] = lambda one: one.write_output(1)
    assert _values(run()) == [1]
    assert len(side.calls(OpenShell)) == 2


def test_a_pool_that_has_run_all_it_may_is_replaced(side: FarSide, run: Run) -> None:
    _all(run())
    side.refuse(RunCommand, LimitsExceeded("used up"))
    side.scripts["x"] = lambda one: one.write_output(1)
    assert _values(run()) == [1]
    assert len(side.calls(OpenShell)) == 2
    assert [one.is_patient for one in side.calls(RunCommand)] == [True, False, True]


def test_a_pool_that_others_use_is_not_replaced(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: one.write_output(1) or False
    other = run()
    other.next_records()
    side.refuse(RunCommand, LimitsExceeded("used up"))
    with pytest.raises(LimitsExceeded):
        run("y").next_records()
    assert side.calls(RunCommand)[-1].is_patient
    assert len(side.calls(OpenShell)) == 1
    side.refuse(RunCommand, ShellLost("gone"))
    assert _all(run("y")) == []


def test_a_new_pool_that_is_gone_is_an_error(side: FarSide, run: Run) -> None:
    side.refuse(RunCommand, ShellLost("gone"))
    with pytest.raises(ShellLost):
        run().next_records()


@pytest.mark.parametrize("error", [ShellLost("gone"), ConnectionFailed("lost")])
def test_a_pool_that_is_lost_meanwhile_is_opened_anew_by_the_next(
    side: FarSide, run: Run, monkeypatch: pytest.MonkeyPatch, error: MIError
) -> None:
    def begun_then_lost(_: FarSide, call: RunCommand) -> Any:
        yield CommandStarted(call.command_id or "")
        raise error

    with monkeypatch.context() as patched:
        patched.setitem(remoting.ANSWERS, RunCommand, begun_then_lost)
        pipeline = run()
        with pytest.raises(type(error)):
            pipeline.next_records()
        pipeline.close()
    assert _all(run()) == []
    assert len(side.calls(OpenShell)) == 2


def test_a_server_that_does_not_say_what_has_started_named_it_as_proposed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: FarSide, call: RunCommand) -> Any:
        del call
        yield Output("stdout", b"")

    monkeypatch.setitem(remoting.ANSWERS, RunCommand, silent)
    pipeline = run()
    with pytest.raises(MIError, match="before it was through"):
        _all(pipeline)


def test_a_start_that_is_told_again_is_nothing(
    side: FarSide, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = remoting.ANSWERS[RunCommand]

    def twice(one: FarSide, call: RunCommand) -> Any:
        yield CommandStarted(call.command_id or "")
        yield from original(one, call)

    monkeypatch.setitem(remoting.ANSWERS, RunCommand, twice)
    side.scripts["x"] = lambda one: one.write_output(1)
    assert _values(run()) == [1]


def test_bytes_that_are_no_message_are_a_protocol_error(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hostile(_: FarSide, call: RunCommand) -> Any:
        yield CommandStarted(call.command_id or "")
        yield Output("stdout", bytes(16) + b"\3" + (5).to_bytes(4, "big") + b"hello")

    monkeypatch.setitem(remoting.ANSWERS, RunCommand, hostile)
    with pytest.raises(ProtocolError):
        _all(run())


def test_a_secure_string_without_a_key_is_not_readable(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: one.write_output(ps.PSSecureString("s"))
    (secret,) = _values(run())
    with pytest.raises(NotSupported):
        secret.reveal()


# Left to itself


def _own(side: FarSide, text: str = "x", **given: Any) -> Pipeline:
    pool = RunspacePool(side.far, "Ops")
    return Pipeline(pool, Script(text, **given), ScriptCalls(side.far), owns_pool=True)


def _resumed(side: FarSide, left: DisconnectedScript) -> ResumedPipeline:
    pool = RunspacePool(side.far, left.configuration_name, pool_id=UUID(left.pool_id))
    return ResumedPipeline(pool, left, ScriptCalls(side.far), None)


def test_a_script_is_left_and_gone_on_with(side: FarSide) -> None:
    side.scripts["x"] = lambda one: one.write_output(1) or False
    pipeline = _own(side)
    assert pipeline.next_records() == [Record(Stream.OUTPUT, 1)]
    left = pipeline.disconnect()
    assert left == DisconnectedScript(
        str(side.pool.runspace_pool_id), side.calls(RunCommand)[0].command_id.lower(), "Ops"
    )
    (server,) = side.pool.pipeline_table.values()
    server.write_output(2)
    server.complete()
    again = _resumed(side, left)
    assert _values(again) == [2]
    (follow,) = side.calls(FollowCommand)
    assert follow.connects
    assert follow.command_id == left.pipeline_id.upper()
    again.close()
    assert side.ends(ConnectShell) == [["close"]]


def test_a_script_that_is_gone_on_with_can_be_stopped(side: FarSide) -> None:
    side.scripts["x"] = lambda one: one.write_output(1) or False
    pipeline = _own(side)
    pipeline.next_records()
    again = _resumed(side, pipeline.disconnect())
    again.stop()
    assert _all(again) == []
    assert again.was_stopped


def test_input_that_is_still_to_come_is_not_waited_for(side: FarSide) -> None:
    enough = threading.Event()

    def endless() -> Any:
        while not enough.wait(0.01):
            yield 1

    pipeline = _own(side, input=endless())
    pipeline.next_records()
    pipeline.disconnect()
    enough.set()
    assert pipeline._input is not None
    assert pipeline._input.failure is None


def test_only_what_runs_in_a_pool_of_its_own_can_be_left(side: FarSide, run: Run) -> None:
    side.scripts["x"] = lambda one: one.write_output(1) or False
    shared = run()
    shared.next_records()
    with pytest.raises(InvalidParameter, match="shares its runspaces"):
        shared.disconnect()
    with pytest.raises(InvalidParameter, match="has not begun"):
        _own(side).disconnect()
    ended = _own(side, "other")
    _all(ended)
    with pytest.raises(InvalidParameter, match="or it has ended"):
        ended.disconnect()


def test_a_pool_of_its_own_is_closed_with_the_script(side: FarSide) -> None:
    pipeline = _own(side)
    _all(pipeline)
    assert side.ends(OpenShell) == [[]]
    pipeline.close()
    assert side.ends(OpenShell) == [["close"]]
