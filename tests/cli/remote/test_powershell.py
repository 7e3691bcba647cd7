"""`mi powershell`: a script on a host, its streams and its exit code."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocols.loopback.powershell.script_run import ScriptExit, ScriptRun

_MI = (sys.executable, "-c", "import sys; from mi.cli.main import main; sys.exit(main())")
_ROOT = Path(__file__).parents[3]
_LONG = 60.0
_ENGINES = ("runspace", "process")


@pytest.mark.parametrize("engine", _ENGINES)
def test_output_is_data_and_all_else_is_told_beside_it(host: Any, engine: str) -> None:
    script = "Write-Output one; Write-Warning careful; Write-Verbose more"
    result = host("powershell", script, "--engine", engine)
    assert (result.code, result.out) == (0, "one\n")
    assert result.err.splitlines() == ["mi: warning: careful"]
    assert host.endpoint.open_shells == 0


def test_what_a_runspace_shows_people_is_no_data(host: Any) -> None:
    result = host("powershell", "Write-Host seen", "--engine", "runspace")
    assert (result.out, result.err) == ("", "mi: seen\n")


@pytest.mark.parametrize("engine", _ENGINES)
def test_an_error_is_told_and_is_exit_code_1(host: Any, engine: str) -> None:
    result = host("powershell", "Write-Error 'it failed'", "--engine", engine)
    assert (result.code, result.out) == (1, "")
    assert "it failed" in result.err


def test_verbose_shows_the_streams_that_are_mostly_not_wanted(host: Any) -> None:
    def talk(run: ScriptRun) -> None:
        run.verbose("more\ntold")
        run.debug("most")

    host.endpoint.scripts["Talk-It"] = talk
    assert host("powershell", "Talk-It").err == ""
    said = host("powershell", "Talk-It", "--verbose").err.splitlines()
    assert said == ["mi: verbose: more", "mi: verbose: told", "mi: debug: most"]


def test_what_the_script_exits_with_is_the_exit_code(host: Any) -> None:
    def leave(run: ScriptRun) -> None:
        raise ScriptExit(7)

    host.endpoint.scripts["Leave-It"] = leave
    assert host("powershell", "Leave-It").code == 7


def test_objects_are_a_line_of_json_each(host: Any) -> None:
    host.endpoint.scripts["Get-It"] = lambda run: [42, "text", [1, 2]]
    result = host("powershell", "Get-It", "-o", "jsonl")
    assert [json.loads(line) for line in result.out.splitlines()] == [42, "text", [1, 2]]


def test_parameters_are_text_or_what_json_says(host: Any) -> None:
    seen: list[Any] = []
    script = "param($Name, $Count, $Many, $Map) Get-It"

    def get_it(run: ScriptRun) -> None:
        seen.extend(run.parameter(name) for name in ("Name", "Count", "Many", "Map"))

    host.endpoint.scripts[script] = get_it
    host(
        "powershell", script, "-p", "Name=a b", "-p", "Count:=3", "-p", "Many:=[1, 2]",
        "-p", 'Map:={"__CLASS": "x", "One": 1}',
    )  # fmt: skip
    name, count, many, mapping = seen
    assert (name, count, list(many), dict(mapping)) == ("a b", 3, [1, 2], {"One": 1})


def test_the_script_may_be_in_a_file(host: Any, tmp_path: Path) -> None:
    path = tmp_path / "script.ps1"
    path.write_text("Write-Output 'from a file'", encoding="utf-8-sig")
    assert host("powershell", "--file", str(path)).out == "from a file\n"


def test_a_file_that_cannot_be_read_is_told_before_a_host_is_asked(
    host: Any, tmp_path: Path
) -> None:
    result = host("powershell", "--file", str(tmp_path / "none.ps1"))
    assert result.code == 2
    assert "none.ps1 cannot be read" in result.err
    assert host.actions == []


@pytest.mark.parametrize("given", [(), ("Get-It", "--file", "script.ps1")])
def test_there_is_one_script(host: Any, given: tuple[str, ...]) -> None:
    result = host("powershell", *given)
    assert result.code == 2
    assert "Give a script, or a --file that holds one." in result.err


def test_lines_of_standard_input_can_be_piped_into_it(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\r\ntwo\n"))
    host.endpoint.scripts["Join-It"] = lambda run: "+".join(map(str, run.input))
    assert host("powershell", "Join-It", "--input").out == "one+two\n"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX'")
def test_ctrl_c_stops_the_script(host: Any) -> None:
    def wait(run: ScriptRun) -> None:
        run.write("ready")
        run.sleep(_LONG)

    host.endpoint.scripts["Wait-It"] = wait
    process = subprocess.Popen(
        [*_MI, "powershell", host.endpoint.host, "Wait-It", "-o", "jsonl"], cwd=_ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b'"ready"\n'
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=_LONG)
    assert process.returncode == 1
    assert host.endpoint.open_shells == 0
