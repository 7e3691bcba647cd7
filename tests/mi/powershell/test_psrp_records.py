"""psrpcore's events of a pipeline, as records."""

from typing import Any

import psrpcore
import pytest
from psrpcore import types as ps

from mi.powershell.exchange import Exchange
from mi.powershell.fragments import FragmentReader
from mi.powershell.psrp_records import error_of, record_of_event
from mi.powershell.records import InformationRecord, ProgressRecord, Stream
from mi.powershell.runspace_pool import RunspacePool
from mi.powershell.script_calls import ScriptCalls
from tests.mi.powershell.remoting import FarSide


@pytest.fixture
def pipeline() -> Any:
    """Return a function: what a pipeline writes -> the events of it."""
    side = FarSide()
    pool = RunspacePool(side.far)
    _, exchange = pool.open(ScriptCalls(side.far))
    core = psrpcore.ClientPowerShell(exchange.pool).add_script("x")
    side.scripts["x"] = lambda _: False
    server = psrpcore.ServerPipeline(side.pool, core.pipeline_id)
    for payload in exchange.prepare(lambda _: core.start()):
        side._take(payload.data)
    side.outgoing.clear()
    return lambda act: _events(side, exchange, server, act)


def _events(
    side: FarSide, exchange: Exchange, server: psrpcore.ServerPipeline, act: Any
) -> list[Any]:
    act(server)
    side._flush()
    pieces = side.outgoing.pop(server.pipeline_id)
    return [one for piece in pieces for one in exchange.receive(FragmentReader(), piece)]


@pytest.mark.parametrize(
    ("act", "stream", "value"),
    [
        (lambda one: one.write_output({"a": [1]}), Stream.OUTPUT, {"a": [1]}),
        (lambda one: one.write_output(None), Stream.OUTPUT, None),
        (lambda one: one.write_warning("careful"), Stream.WARNING, "careful"),
        (lambda one: one.write_verbose("more"), Stream.VERBOSE, "more"),
        (lambda one: one.write_debug("inside"), Stream.DEBUG, "inside"),
        (
            lambda one: one.write_progress("Copying", 2, "half", percent_complete=50),
            Stream.PROGRESS,
            ProgressRecord("Copying", 2, "half", None, -1, 50),
        ),
        (
            lambda one: one.write_progress(
                "x", 2, "done", record_type=ps.ProgressRecordType.Completed
            ),
            Stream.PROGRESS,
            ProgressRecord("x", 2, "done", is_completed=True),
        ),
    ],
)
def test_each_stream_gives_its_records(pipeline: Any, act: Any, stream: Stream, value: Any) -> None:
    (event,) = pipeline(act)
    assert record_of_event(event) == (stream, value)


def test_information_keeps_its_fields(pipeline: Any) -> None:
    (event,) = pipeline(
        lambda one: one.write_information("hello", "script", tags=["PSHOST"], user="ops")
    )
    record = record_of_event(event)
    assert record is not None
    assert isinstance(record.value, InformationRecord)
    assert (record.value.data, record.value.tags, record.value.user) == (
        "hello",
        ("PSHOST",),
        "ops",
    )


def test_an_error_keeps_its_fields(pipeline: Any) -> None:
    place = ps.ScriptPosition(File="a.ps1", LineNumber=3, ColumnNumber=5, Line="  Get-Item")
    invocation = ps.InvocationInfo(
        BoundParameters={}, CommandOrigin=ps.CommandOrigin.Runspace,
        DisplayScriptPosition=ps.ScriptExtent(place, place), ExpectingInput=False, HistoryId=1,
        InvocationName="Get-Item", Line="  Get-Item", OffsetInLine=5, PipelineLength=1,
        PipelinePosition=1, PositionMessage="At a.ps1:3 char:5", PSCommandPath="a.ps1",
        PSScriptRoot="", ScriptLineNumber=3, ScriptName="a.ps1", UnboundArguments=[],
    )  # fmt: skip
    (event,) = pipeline(
        lambda one: one.write_error(
            ps.NETException(Message="It is not there."),
            ps.ErrorCategoryInfo(Category=ps.ErrorCategory.ObjectNotFound, Activity="Get-Item"),
            "C:\\nope",
            "PathNotFound",
            invocation_info=invocation,
            pipeline_iteration_info=[0, 1],
            script_stack_trace="at <ScriptBlock>",
        )
    )
    record = record_of_event(event)
    assert record is not None
    error = record.value
    assert (error.message, error.error_id, error.target) == (
        "It is not there.",
        "PathNotFound",
        "C:\\nope",
    )
    assert (error.category, error.activity) == ("ObjectNotFound", "Get-Item")
    assert (error.position, error.script_name, error.line_number, error.offset) == (
        "At a.ps1:3 char:5\n+ Get-Item",
        "a.ps1",
        3,
        5,
    )
    assert error.stack_trace == "at <ScriptBlock>"


def test_what_is_no_output_is_no_record(pipeline: Any) -> None:
    (event,) = pipeline(lambda one: one.complete())
    assert record_of_event(event) is None


def test_the_error_that_ends_something_says_so() -> None:
    assert error_of(None) is None
    error = error_of(
        ps.ErrorRecord(
            Exception=ps.NETException(Message="It broke."), CategoryInfo=ps.ErrorCategoryInfo()
        )
    )
    assert error is not None
    assert (error.message, error.is_terminating) == ("It broke.", True)
