"""Scripts are found in the table, or else run as far as they can be read."""

import re
from typing import Any

import pytest

from protocols.loopback.powershell.engine import Engine, Piped, find
from protocols.loopback.powershell.records import StreamName, TerminatingError
from protocols.loopback.powershell.script_run import ScriptExit, ScriptRun
from tests.loopback.powershell.consoles import Runner


@pytest.fixture
def run() -> Runner:
    return Runner()


def test_a_script_is_found_by_its_text_or_by_a_pattern(run: Runner) -> None:
    run.scripts["Get-Service | Stop-It"] = lambda _: "text"
    run.scripts[re.compile(r"Get-\w+ -Deep")] = lambda given: given.script
    assert run("  get-service |\n Stop-It ") == ["text"]
    assert run("$x = Get-Thing -Deep; more") == ["$x = Get-Thing -Deep; more"]
    assert find(run.scripts, "nothing") is None


@pytest.mark.parametrize(
    ("produced", "output"),
    [
        (None, []), (5, [5]), ("text", ["text"]), (b"bytes", [b"bytes"]), ([1, [2]], [1, [2]]),
        ({"a": 1}, [{"a": 1}]), (iter((1, 2)), [1, 2]),
    ],
)  # fmt: skip
def test_what_a_script_of_the_table_returns_is_its_output(
    run: Runner, produced: Any, output: list[Any]
) -> None:
    run.scripts["Get-It"] = lambda _: produced
    assert run("Get-It") == output


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("'text'; 5; -2.5; $true; $null; 1,'b'", ["text", 5, -2.5, True, 1, "b"]),
        ("1..3; 3..1", [1, 2, 3, 3, 2, 1]),
        ('$a = 5; "a is $a`n`$a $none`x"; $A', ["a is 5\n$a x", 5]),
        ("(Write-Output x); @(1; 2); (Write-Output)", ["x", 1, 2]),
        ('& { param($x, $y) "$x-$y" } 1 -y 2', ["1-2"]),
        (". { 1 }; & 'Write-Output' a", [1, "a"]),
        ("param($p)\n$p", []),
        ("Write-Output 1, 2 | Write-Output", [1, 2]),
        ("$input | Write-Output", []),
        ("[Console]::OutputEncoding = [Text.Encoding]::UTF8", []),
        ("$env:none; $env:who", ["me"]),
        ("Write-Output -InputObject:5 -Other", [5]),
        ("Write-Output -InputObject:$true", [True]),
        ("&", ["&"]),
        ("", []),
    ],
)  # fmt: skip
def test_statements(run: Runner, script: str, output: list[Any]) -> None:
    run.prompt.environment["who"] = "me"
    assert run(script) == output


def test_arguments_go_by_position_and_by_name(run: Runner) -> None:
    run.scripts["Show"] = lambda given: [list(given.arguments), dict(given.parameters)]
    script = "Show 1 'two' -Name a, b -Switch -Last (Write-Output z) -Neg -5"
    assert run(script) == [[1, "two"], {"Name": ["a", "b"], "Switch": True, "Last": "z", "Neg": -5}]


def test_a_command_that_is_not_there_ends_the_script(run: Runner) -> None:
    with pytest.raises(TerminatingError) as caught:
        run("Write-Output 1; Nosuch-It; Write-Output 2")
    assert caught.value.error.error_id == "CommandNotFoundException"
    assert run.host.of(StreamName.OUTPUT) == [1]


def test_throw_and_exit_end_it(run: Runner) -> None:
    with pytest.raises(TerminatingError, match=r"^bad$") as caught:
        run("\n  throw 'bad'\n")
    assert caught.value.error.line == "throw 'bad'"
    for script, code in (("exit 3", 3), ("exit", 0)):
        with pytest.raises(ScriptExit) as ended:
            run(script)
        assert ended.value.code == code


def test_the_last_statement_says_whether_it_failed(run: Runner) -> None:
    run("Write-Error x; 1")
    assert not run.has_failed
    for script in ("Write-Error x", "& { Write-Error x }", "Write-Error x | Write-Output",
                   "Invoke-Expression 'Write-Error x'"):  # fmt: skip
        run(script)
        assert run.has_failed


def test_a_pipe_takes_output_alone(run: Runner) -> None:
    piped = Piped(run.host)
    piped.write(StreamName.OUTPUT, 1)
    piped.write(StreamName.WARNING, "w")
    assert piped.values == [1]
    assert run.host.written == [(StreamName.WARNING, "w")]
    assert piped.ask("x") == "answer to x"
    assert piped.call(lambda _: 5) == 5


def test_a_command_is_called_by_name(run: Runner) -> None:
    given = ScriptRun("", run.host, run.prompt, run.attention, arguments=(7,))
    Engine(run.scripts).call("write-output", given)
    assert run.host.written == [(StreamName.OUTPUT, 7)]


def test_what_a_script_raises_by_mistake_is_told_to_its_author(run: Runner) -> None:
    run.scripts["Get-It"] = lambda given: (int(one) for one in "1x")
    with pytest.raises(TerminatingError, match="ValueError: invalid literal"):
        run("Get-It")
    assert run.host.of(StreamName.OUTPUT) == [1]
