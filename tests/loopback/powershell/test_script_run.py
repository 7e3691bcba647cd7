"""A script has its parameters, its streams and its time."""

import pytest

from protocols.loopback.powershell.records import ErrorInfo, Information, Progress, StreamName
from protocols.loopback.powershell.script_run import ScriptExit, ScriptRun
from protocols.loopback.shells.attention import Attention, CtrlC
from protocols.loopback.shells.invocation import Prompt
from tests.loopback.powershell.consoles import Kept


@pytest.fixture
def run() -> ScriptRun:
    return ScriptRun("x", Kept(), Prompt(), Attention(), (1,), {"Name": "n"})


def test_a_parameter_is_found_by_name_in_any_case_or_by_position(run: ScriptRun) -> None:
    assert run.parameter("NAME", 0) == "n"
    assert run.parameter("Other", 0) == 1
    assert run.parameter("Other", 1, "default") == "default"
    assert run.parameter("Other") is None


def test_streams_that_are_off_are_shown_by_switch_or_preference(run: ScriptRun) -> None:
    assert not run.is_shown("verbose")
    run.variables["verbosepreference"] = "Continue"
    assert run.is_shown("verbose")
    run.parameters = {"Verbose": False}
    assert not run.is_shown("verbose")


def test_every_stream_has_its_method(run: ScriptRun) -> None:
    run.write(1)
    run.error("e")
    run.error(ErrorInfo("f"))
    run.warning("w")
    run.verbose("v")
    run.debug("d")
    run.information("i")
    run.information(Information("j"))
    run.progress(Progress("p"))
    run.write_host("h")
    host = run.host
    assert isinstance(host, Kept)
    assert host.written == [
        (StreamName.OUTPUT, 1), (StreamName.ERROR, ErrorInfo("e")),
        (StreamName.ERROR, ErrorInfo("f")), (StreamName.WARNING, "w"), (StreamName.VERBOSE, "v"),
        (StreamName.DEBUG, "d"), (StreamName.INFORMATION, Information("i")),
        (StreamName.INFORMATION, Information("j")), (StreamName.PROGRESS, Progress("p")),
        (StreamName.HOST, "h"),
    ]  # fmt: skip
    assert run.has_failed


def test_it_asks_waits_and_runs_other_scripts(run: ScriptRun) -> None:
    assert run.ask("q") == "answer to q"
    assert run.call_host(lambda _: 3) == 3
    run.sleep(0.01)
    run.attention.ctrl_c()
    with pytest.raises(CtrlC):
        run.sleep()
    run.execute("nobody runs it")
    ran: list[tuple[str, object]] = []

    def runner(inner: ScriptRun) -> None:
        ran.append((inner.script, inner.parameters))
        inner.has_failed = True

    run.runner = runner
    run.execute("other")
    assert (ran, run.has_failed) == ([("other", {})], True)
    assert ScriptExit(4).code == 4
