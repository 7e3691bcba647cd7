"""PowerShell against an endpoint, by powershell.exe and by remoting: one face, the same results."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

import mi
from mi.powershell import (
    DisconnectedScript,
    PowerShellFailed,
    PromptKind,
    Record,
    ScriptPrompt,
    SecureString,
    Stream,
)
from protocols.loopback import Endpoint, Limits, Replace
from protocols.loopback.powershell.records import ErrorInfo
from protocols.loopback.powershell.script_run import ScriptRun
from tests.mi.conftest import run_coroutine
from tests.sessions import EARLY, actions, on_time, session_with, settles

_BOTH = pytest.mark.parametrize("engine", ["runspace", "process"])
_EXCEPTION = "System.Management.Automation.ItemNotFoundException"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as one:
        one.scripts["Get-Answer"] = _answer
        one.scripts["Get-Everything"] = _everything
        one.scripts["Get-Parameters"] = lambda run: [dict(run.parameters), list(run.arguments)]
        yield one
        assert settles(lambda: one.open_commands == 0)
        assert settles(lambda: one.open_shells == 0)


@pytest.fixture
def session(endpoint: Endpoint) -> Iterator[mi.Session]:
    with session_with(endpoint) as one:
        yield one


def _answer(run: ScriptRun) -> list[Any]:
    return [42, "grün 😀", {"a": [1, None, True]}]


def _everything(run: ScriptRun) -> int:
    run.error(
        ErrorInfo(
            "It is not there.", "ObjectNotFound", "PathNotFound", _EXCEPTION, "Get-Item", "C:\\x"
        )
    )
    run.warning("careful")
    run.verbose("more")
    run.debug("inside")
    run.write_host("hello")
    return 1


# One face


@_BOTH
def test_objects_come_as_typed_values(session: mi.Session, engine: str) -> None:
    result = session.powershell("Get-Answer", engine=engine).check()
    assert result.output == [42, "grün 😀", {"a": [1, None, True]}]
    assert not result.had_errors


@_BOTH
def test_all_streams_come_and_errors_keep_their_fields(session: mi.Session, engine: str) -> None:
    result = session.powershell("Get-Everything", engine=engine)
    assert (result.output, result.warnings, result.verbose, result.debug) == (
        [1],
        ["careful"],
        ["more"],
        ["inside"],
    )
    assert [str(record) for record in result.information] == ["hello"]
    (error,) = result.errors
    assert (error.message, error.exception_type, error.error_id, error.category) == (
        "It is not there.",
        _EXCEPTION,
        "PathNotFound",
        "ObjectNotFound",
    )
    assert (error.activity, error.target_name) == ("Get-Item", "C:\\x")
    with pytest.raises(PowerShellFailed, match="It is not there"):
        result.check()


@_BOTH
@pytest.mark.parametrize(
    "value",
    [
        "it's \u2018quoted\u2019 $env:x `n",
        5,
        1 << 40,
        1.5,
        True,
        None,
        b"\0\1",
        ["a", ["b"]],
        {"k": [1]},
    ],
)
def test_parameters_arrive_as_they_were(session: mi.Session, engine: str, value: Any) -> None:
    named, placed = session.powershell("Get-Parameters", {"P": value}, engine=engine).output
    assert (named, placed) == ({"P": value}, [])
    if isinstance(value, (str, int, float)):
        named, placed = session.powershell("Get-Parameters", [value], engine=engine).output
        assert (named, placed) == ({}, [value])


@_BOTH
def test_a_command_is_called_by_its_name(session: mi.Session, engine: str) -> None:
    result = session.powershell("Get-Parameters", {"P": 1}, is_command=True, engine=engine)
    assert result.output[0] == {"P": 1}


@_BOTH
def test_input_is_piped_in(session: mi.Session, engine: str) -> None:
    result = session.powershell("$input", input=iter([1, "b"]), engine=engine)
    assert result.output == [1, "b"]


@_BOTH
def test_text_is_what_powershell_shows(session: mi.Session, engine: str) -> None:
    result = session.powershell("Write-Output 'grün' 5", as_text=True, engine=engine)
    assert [line.strip() for line in result.output] == ["grün", "5"]


@_BOTH
def test_an_error_that_ends_the_script_is_told(session: mi.Session, engine: str) -> None:
    result = session.powershell("Write-Output 1; throw 'no more'", engine=engine)
    assert result.output == [1]
    (error,) = result.errors
    assert error.is_terminating
    assert "no more" in error.message
    assert result.exit_code == (1 if engine == "process" else None)


@_BOTH
def test_exit_gives_the_exit_code(session: mi.Session, engine: str) -> None:
    result = session.powershell("exit 3", engine=engine)
    assert result.exit_code == 3
    with pytest.raises(PowerShellFailed, match="exit code 3"):
        result.check()


@_BOTH
def test_a_script_longer_than_a_command_line_or_an_envelope_arrives(
    endpoint: Endpoint, engine: str
) -> None:
    text = "x" * 200_000
    with session_with(endpoint, max_envelope_size=64) as session:
        assert session.powershell(f"Write-Output '{text}'", engine=engine).output == [text]
        assert session.powershell("Get-Answer", engine=engine).output[0] == 42


@_BOTH
def test_records_come_as_they_are_written(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    go_on = threading.Event()

    def slowly(run: ScriptRun) -> Iterator[int]:
        yield 1
        while not go_on.is_set():
            run.sleep(0.01)
        yield 2

    endpoint.scripts["Get-Slowly"] = slowly
    told: list[Record] = []
    with session.start_powershell("Get-Slowly", engine=engine, on_record=told.append) as script:
        assert next(script) == Record(Stream.OUTPUT, 1)
        assert told == [Record(Stream.OUTPUT, 1)]
        go_on.set()
        assert script.result().output == [2]


# Its end


@_BOTH
def test_text_comes_as_it_is_written(session: mi.Session, engine: str) -> None:
    script = "Write-Output first; Start-Sleep 60"
    with on_time(), session.start_powershell(script, as_text=True, engine=engine) as running:
        assert next(running).value == "first"


@_BOTH
def test_a_script_is_stopped_and_the_next_one_runs(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    with (
        on_time(),
        session.start_powershell("Write-Output 1; Start-Sleep 60", engine=engine) as one,
    ):
        assert next(one).value == 1
        one.stop()
        result = one.result()
    assert (result.output, result.was_stopped) == ([], True)
    with pytest.raises(PowerShellFailed):
        result.check()
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42
    assert actions(endpoint).count("Create") == 1


@_BOTH
def test_a_script_whose_time_is_over_is_ended_and_the_next_one_runs(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    with on_time(), pytest.raises(mi.OperationTimeout, match=r"timeout of 0\.2 s .* script was"):
        session.powershell("Start-Sleep 60", engine=engine, timeout=0.2)
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42
    assert settles(lambda: endpoint.open_commands <= 1)


@_BOTH
def test_a_script_is_cancelled_from_another_thread(session: mi.Session, engine: str) -> None:
    with session.start_powershell("Write-Output 1; Start-Sleep 60", engine=engine) as script:
        next(script)
        threading.Timer(0.05, script.cancel).start()
        with on_time(), pytest.raises(mi.OperationCancelled):
            script.result()
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42


@_BOTH
def test_closing_the_session_ends_its_scripts(endpoint: Endpoint, engine: str) -> None:
    with session_with(endpoint) as session:
        script = session.start_powershell("Write-Output 1; Start-Sleep 60", engine=engine)
        next(script)
        closing = threading.Timer(0.1, session.close)
        closing.start()
        with on_time(), pytest.raises(mi.OperationCancelled):
            script.result()
        closing.join(60)


@_BOTH
def test_what_is_dropped_is_released(session: mi.Session, endpoint: Endpoint, engine: str) -> None:
    script = session.start_powershell("Write-Output 1; Start-Sleep 60", engine=engine)
    next(script)
    del script
    gc.collect()
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42
    assert settles(lambda: endpoint.open_commands <= 1)


@_BOTH
def test_ctrl_c_ends_the_script(session: mi.Session, engine: str) -> None:
    def interrupt(record: Record) -> None:
        del record
        raise KeyboardInterrupt

    with on_time(), pytest.raises(KeyboardInterrupt):
        session.powershell("Write-Output 1; Start-Sleep 60", engine=engine, on_record=interrupt)
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42


@_BOTH
def test_a_shell_that_the_server_has_deleted_is_opened_anew(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    session.powershell("Get-Answer", engine=engine)
    endpoint.shells.vanish()
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42


@_BOTH
def test_a_closed_session_runs_nothing(endpoint: Endpoint, engine: str) -> None:
    with session_with(endpoint) as session:
        script = session.start_powershell("Get-Answer", engine=engine)
    with pytest.raises(mi.InvalidParameter, match="closed"):
        session.powershell("Get-Answer", engine=engine)
    with pytest.raises(mi.InvalidParameter, match="closed"):
        script.result()


# Exchanges


def test_a_second_pipeline_in_a_kept_pool_takes_no_more_than_its_messages(
    session: mi.Session, endpoint: Endpoint
) -> None:
    session.powershell("Get-Answer", engine="runspace")
    assert actions(endpoint) == ["Create", "Receive", "Command", "Receive"]
    before = len(actions(endpoint))
    session.powershell("Get-Answer", engine="runspace")
    assert actions(endpoint)[before:] == ["Command", "Receive"]


def test_a_second_process_takes_two_exchanges(session: mi.Session, endpoint: Endpoint) -> None:
    session.powershell("Get-Answer", engine="process")
    assert actions(endpoint) == ["Create", "Command", "Receive"]
    before = len(actions(endpoint))
    session.powershell("Get-Answer", engine="process")
    assert actions(endpoint)[before:] == ["Command", "Receive"]


@_BOTH
def test_many_scripts_in_a_row_leave_nothing_behind(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    for number in range(40):
        assert session.powershell(f"Write-Output {number}", engine=engine).output == [number]
    assert actions(endpoint).count("Create") == 1
    assert endpoint.open_shells == 1
    assert settles(lambda: endpoint.open_commands <= 8)


@_BOTH
def test_fifteen_operations_of_an_old_server_last_for_any_number_of_scripts(engine: str) -> None:
    with Endpoint(limits=Limits(kind=mi.ServerKind.WINRM2)) as endpoint:
        with session_with(endpoint) as session:
            for number in range(40):
                result = session.powershell(f"Write-Output {number}", engine=engine)
                assert result.output == [number]
        assert endpoint.open_shells == 0
        assert actions(endpoint).count("Create") in (4, 5)


@_BOTH
def test_several_threads_run_scripts_at_once(session: mi.Session, engine: str) -> None:
    results: list[Any] = []

    def run(number: int) -> None:
        results.append(session.powershell(f"Write-Output {number}", engine=engine).output[0])

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == list(range(8))


# Coroutines


@_BOTH
def test_a_coroutine_runs_scripts(endpoint: Endpoint, engine: str) -> None:
    async def work() -> tuple[Any, Any]:
        async with mi.connect(
            endpoint.host,
            options=mi.DestinationOptions(destination_port=endpoint.port, transport="HTTP"),
            credentials=endpoint.credentials,
        ) as session:
            results = await asyncio.gather(
                *(session.aio.powershell("Get-Answer", engine=engine) for _ in range(3))
            )
            async with session.start_powershell("Get-Answer", engine=engine) as script:
                return results, [record.value async for record in script]

    results, records = run_coroutine(work())
    assert [one.output[0] for one in results] == [42, 42, 42]
    assert records[0] == 42


@_BOTH
def test_cancelling_a_task_ends_its_script(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    async def work() -> None:
        async with asyncio.timeout(0.3):
            await session.aio.powershell("Start-Sleep 60", engine=engine)

    with on_time(), pytest.raises(TimeoutError):
        run_coroutine(work())
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42


@_BOTH
def test_no_secret_is_logged(
    session: mi.Session, engine: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = mi.Credentials.password("ops", "hunter2-hunter2")
    given = {"S": SecureString("hunter2-hunter2"), "C": account}
    running = session.start_powershell("Get-Parameters", given, engine=engine)
    result = running.result()
    said = f"{caplog.text} {running!r} {vars(running)!r} {vars(running._run)!r} {result!r}"
    for form in ("hunter2-hunter2".encode(one) for one in ("utf-8", "utf-16-le")):
        assert form.decode("latin-1") not in said
        assert b64encode(form).decode().rstrip("=")[:-2] not in said


# What only a process does


def test_progress_of_a_process_is_shown_where_it_is_wanted(session: mi.Session) -> None:
    script = "Write-Progress Copying half -PercentComplete 50"
    assert session.powershell(script, engine="process").progress == []
    shown = session.powershell(script, engine="process", progress=True).progress
    assert ("Copying", 50) in [(one.activity, one.percent_complete) for one in shown]


def test_a_secret_is_on_no_command_line(session: mi.Session, endpoint: Endpoint) -> None:
    secret = SecureString("hunter2")
    result = session.powershell("Get-Parameters", {"P": secret}, engine="process")
    assert repr(result.output[0]["P"]) == "SecureString(******)"
    (command,) = (one for one in endpoint.exchanges if one.name == "Command")
    assert "Send" in actions(endpoint)
    assert b"hunter2" not in command.request_bytes


def test_another_program_may_run_it(session: mi.Session) -> None:
    assert session.powershell("Get-Answer", executable="pwsh.exe").output[0] == 42


# What only a runspace does


def test_secrets_go_by_an_exchanged_key_and_come_back_by_it(
    session: mi.Session, endpoint: Endpoint
) -> None:
    credentials = mi.Credentials.password("CONTOSO\\ops", "hunter2")
    given = {"S": SecureString("hunter2"), "C": credentials}
    result = session.powershell("Get-Parameters", given, engine="runspace")
    assert result.output[0]["S"].reveal() == "hunter2"
    assert result.output[0]["C"]["UserName"] == "CONTOSO\\ops"
    assert result.output[0]["C"]["Password"].reveal() == "hunter2"
    assert all(b"hunter2" not in one.request_bytes for one in endpoint.exchanges)


def test_a_script_asks_and_is_answered(session: mi.Session) -> None:
    asked: list[ScriptPrompt] = []

    def answer(prompt: ScriptPrompt) -> str:
        asked.append(prompt)
        return "joe"

    assert session.powershell("Read-Host 'name'", on_prompt=answer).output == ["joe"]
    assert asked[0].kind is PromptKind.FIELDS
    assert asked[0].fields[0].name == "name"


def test_with_nobody_to_ask_a_question_is_an_error(session: mi.Session) -> None:
    result = session.powershell("Read-Host 'name'", engine="runspace")
    assert "user interaction" in result.errors[0].message


def test_input_is_taken_as_it_comes(session: mi.Session) -> None:
    go_on = threading.Event()

    def values() -> Iterator[int]:
        yield 1
        go_on.wait(EARLY)
        yield 2

    with session.start_powershell("$input", input=values(), engine="runspace") as script:
        threading.Timer(0.1, go_on.set).start()
        assert [record.value for record in script] == [1, 2]


def test_endless_input_ends_with_its_script(session: mi.Session, endpoint: Endpoint) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(1)
            time.sleep(0.001)
            yield len(taken)

    endpoint.scripts["Get-First"] = lambda run: next(iter(run.input))
    result = session.powershell("Get-First", input=endless(), engine="runspace")
    assert result.output == [1]
    count = len(taken)
    assert not settles(lambda: len(taken) > count + 50, 0.2)


def test_many_values_go_in_few_messages(session: mi.Session, endpoint: Endpoint) -> None:
    result = session.powershell("$input", input=range(500), engine="runspace")
    assert result.output == list(range(500))
    assert actions(endpoint).count("Send") < 100


def test_a_script_is_left_to_itself_and_gone_on_with_by_another_session(
    endpoint: Endpoint,
) -> None:
    text = "Write-Output 1; Start-Sleep -Milliseconds 300; Write-Output 2; Write-Warning 'done'"
    with session_with(endpoint) as first:
        running = first.start_powershell(text, detachable=True)
        assert next(running).value == 1
        left = running.disconnect()
        assert first.powershell("Get-Answer").output[0] == 42
    assert endpoint.open_shells == 1
    with session_with(endpoint) as second:
        result = second.resume_powershell(DisconnectedScript(*left), timeout=EARLY).result()
        assert (result.output, result.warnings) == ([2], ["done"])


def test_a_script_that_nobody_knows_is_an_error(session: mi.Session) -> None:
    nobody = DisconnectedScript(str(uuid4()), str(uuid4()), "Microsoft.PowerShell")
    with pytest.raises(mi.NotFound):
        session.resume_powershell(nobody).result()


def test_a_session_configuration_that_is_not_there_is_named(session: mi.Session) -> None:
    with pytest.raises(mi.MIError) as caught:
        session.powershell("Get-Answer", configuration_name="No.Such.Thing")
    assert caught.value.operation in ("OpenShell", "PowerShell")


@_BOTH
def test_a_script_runs_where_the_host_is_given_the_credentials(engine: str) -> None:
    with Endpoint(schemes=("CredSSP",)) as endpoint:
        credentials = endpoint.credentials_for(mi.Scheme.CRED_SSP)
        with session_with(endpoint, credentials=credentials) as one:
            assert one.powershell("Write-Output 1", engine=engine).output == [1]
        assert endpoint.open_shells == 0


# What comes and makes no sense


def _cut_clixml(it: Any) -> int:
    it.stderr.write('#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/')
    it.stderr.write('powershell/2004/04"><S S="Warning">nearly full</S><S S="Error">it fai')
    it.stdout.write(b"\xff\xfe text\r\n")
    return 1


def test_clixml_that_is_cut_in_half_gives_what_it_had(
    session: mi.Session, endpoint: Endpoint
) -> None:
    whole = endpoint.commands["powershell"]
    endpoint.commands["powershell"] = _cut_clixml
    result = session.powershell("Get-Answer", engine="process")
    assert result.warnings == ["nearly full"]
    assert result.exit_code == 1
    endpoint.commands["powershell"] = whole
    assert session.powershell("Get-Answer", engine="process").output[0] == 42


@_BOTH
def test_what_no_protocol_says_is_an_error_and_the_next_script_runs(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42
    endpoint.disturb(Replace("Receive", envelope=b"<html/>"))
    with pytest.raises(mi.ProtocolError) as caught:
        session.powershell("Get-Answer", engine=engine)
    assert caught.value.outcome_unknown
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42


@_BOTH
def test_a_shell_that_vanishes_takes_its_script_along_and_the_next_one_runs(
    session: mi.Session, endpoint: Endpoint, engine: str
) -> None:
    with session.start_powershell("Write-Output 1; Start-Sleep 60", engine=engine) as running:
        assert next(running).value == 1
        endpoint.shells.vanish()
        with on_time(), pytest.raises(mi.MIError) as caught:
            running.result()
        assert caught.value.outcome_unknown
    assert session.powershell("Get-Answer", engine=engine).output[0] == 42
