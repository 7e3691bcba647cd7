"""Where `mi` starts and ends: its help, its exit code, and what it says when a piece is missing."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import mi
from mi.cli import main as entrance
from mi.cli.commands import COMMANDS, program
from mi.cli.main import main

_ROOT = Path(__file__).parents[2]


def test_without_its_extra_it_says_in_one_line_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(entrance, "find_spec", lambda name: None if name == "rich" else object())
    assert main(["--help"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "mi: the command line needs rich: pip install 'management-infrastructure[cli]'\n"
    )


def test_the_help_lists_every_command_and_the_exit_codes(cli: Any) -> None:
    result = cli("--help")
    assert result.code == 0
    for name in ("identify", "get", "enumerate", "query", "class", "demo", "loopback"):
        assert f"\n  {name} " in result.out
    assert "7 timeout, 130 Ctrl-C" in result.out


def test_the_help_imports_neither_rich_nor_lxml_nor_requests() -> None:
    script = (
        "import sys\nfrom mi.cli.main import main\nassert main(['--help']) == 0\n"
        "print([name for name in ('rich', 'lxml', 'requests') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


def test_a_shell_completes_the_commands() -> None:
    assert program.list_commands(click.Context(program)) == list(COMMANDS)


def test_every_command_has_its_own_help(cli: Any) -> None:
    for name in ("identify", "get", "enumerate", "query", "class"):
        result = cli(name, "-h")
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(f"Usage: mi {name} [OPTIONS] HOST")


def test_the_help_of_a_command_has_its_own_options_before_those_that_all_have(cli: Any) -> None:
    lines = cli("query", "-h").out.splitlines()
    own, ways = lines.index("Options:"), lines.index("Options of the way to HOST:")
    of = {line.split()[1]: place for place, line in enumerate(lines) if line.startswith("  -")}
    assert own < of["--namespace"] < of["--help"] < ways < of["--user"]
    assert ways < next(place for place, line in enumerate(lines) if "--https" in line)


def test_demo_and_loopback_are_found_by_their_strings(cli: Any) -> None:
    for name in ("demo", "loopback"):
        assert cli(name, "--help").code == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["rename"], ["query", "server01"], ["query", "server01", "SELECT", "--password", "x"]],
    ids=["nothing", "unknown command", "missing argument", "unknown option"],
)
def test_a_line_that_cannot_be_used_is_exit_2_and_said_on_standard_error(
    cli: Any, arguments: list[str]
) -> None:
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "Usage: mi" in result.err


def test_the_version_is_the_distribution_s(cli: Any) -> None:
    result = cli("--version")
    assert result.out == f"mi, version {mi.__version__}\n"


def test_an_error_is_one_line_with_the_host_the_operation_and_the_advice(cli: Any) -> None:
    error = mi.ConnectionFailed("nothing listens on port 5985", advice="Run winrm quickconfig.")
    result = cli("identify", "server01", answer=error.located("server01", "TestConnection"))
    assert (result.code, result.out) == (4, "")
    assert result.err == f"mi: error: {error}\n"
    assert "server01: TestConnection: nothing listens on port 5985" in result.err
    assert result.err.endswith("Run winrm quickconfig.\n")


def test_what_a_server_says_cannot_command_the_terminal(cli: Any) -> None:
    result = cli("identify", "server01", answer=mi.MIError("\x1b[2Jgone\r\nmi: all is well"))
    assert result.err == "mi: error: \\x1b[2Jgone\\r\\nmi: all is well\n"


def test_ctrl_c_is_exit_130_after_everything_was_closed(cli: Any) -> None:
    result = cli("query", "server01", "SELECT * FROM X", answer=[KeyboardInterrupt()])
    assert result.code == 130
    assert result.err.endswith("mi: interrupted\n")
    assert cli.session.log == ["operation closed", "session closed", "application closed"]


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [(KeyboardInterrupt, 130, "interrupted"), (EOFError, 2, "there was no answer")],
)
def test_ctrl_c_at_the_prompt_is_no_end_of_input(
    cli: Any,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[BaseException],
    code: int,
    said: str,
) -> None:
    monkeypatch.delenv("MI_PASSWORD")

    def end(*_: object) -> str:
        raise raised

    monkeypatch.setattr(click.termui, "hidden_prompt_func", end)
    result = cli("identify", "server01", "--user", "ops", terminals="stdin")
    assert result.code == code
    assert result.err.endswith(f"mi: {said}\n")


def test_when_nobody_reads_the_output_it_stops_with_exit_141_and_says_nothing(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.pipe()
    os.close(read)
    with monkeypatch.context() as patch, os.fdopen(write, "w", encoding="utf-8") as stream:
        patch.setattr(sys, "stdout", stream)
        answer = (mi.Instance("X", {"Name": "x" * 1000}) for _ in itertools.count())
        result = cli("enumerate", "server01", "X", "-o", "jsonl", answer=answer)
    assert (result.code, result.err) == (141, "")
    assert cli.session.log == ["operation closed", "session closed", "application closed"]


def test_a_character_that_the_output_s_encoding_lacks_is_an_escape_not_a_crash() -> None:
    script = (
        "import sys\nfrom mi.cli.main import main\nmain(['--version'])\n"
        "sys.stdout.write('\\N{SNOWMAN}')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=_ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert result.stdout.endswith("\\u2603")


def test_a_stream_that_cannot_be_reconfigured_is_left_as_it_is(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Plain:
        written = ""

        def write(self, text: str) -> int:
            self.written += text
            return len(text)

        def flush(self) -> None:
            pass

        def isatty(self) -> bool:
            return False

    plain = Plain()
    monkeypatch.setattr(sys, "stdout", plain)
    assert main(["--version"]) == 0
    assert plain.written.startswith("mi, version")
