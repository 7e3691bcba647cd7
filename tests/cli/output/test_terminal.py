"""What people see beside the data."""

import sys
from typing import Any

import pytest

import mi
from mi.cli.output import terminal
from mi.cli.output.terminal import visible


def _enumerate(cli: Any, *options: str, terminals: str) -> Any:
    answer = [mi.Instance("X", {"Name": str(number)}) for number in range(3)]
    return cli("enumerate", "server01", "X", *options, answer=answer, terminals=terminals)


@pytest.fixture(autouse=True)
def _real_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize("seconds", [0.0, 3600.0], ids=["each", "the first alone"])
def test_a_count_is_shown_while_results_come_and_only_on_standard_error(
    cli: Any, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(terminal, "_SECONDS_BETWEEN_COUNTS", seconds)
    result = _enumerate(cli, "-o", "jsonl", terminals="stderr")
    assert "received" in result.err
    assert "received" not in result.out
    assert result.out.count("\n") == 3


def test_a_count_has_the_number_of_results(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    class FakeStatus:
        def start(self) -> None:
            told.append("started")

        def update(self, text: str) -> None:
            told.append(text)

        def stop(self) -> None:
            told.append("stopped")

    monkeypatch.setattr(terminal, "_status", lambda stream: FakeStatus())
    monkeypatch.setattr(terminal, "_SECONDS_BETWEEN_COUNTS", 0.0)
    _enumerate(cli, terminals="stdout stderr")
    assert told == ["started", "1 received", "2 received", "3 received", "stopped"]


@pytest.mark.parametrize(
    ("output", "terminals"), [("table", "stdout"), ("jsonl", "stdout stderr"), ("csv", "")]
)
def test_there_is_no_count_without_a_terminal_or_where_it_would_mix_with_data(
    cli: Any, output: str, terminals: str
) -> None:
    assert _enumerate(cli, "-o", output, terminals=terminals).err == ""


def test_a_table_of_nothing_says_so_to_whoever_sits_there(cli: Any) -> None:
    line = ("enumerate", "server01", "X")
    result = cli(*line, answer=[], terminals="stdout stderr")
    assert (result.code, result.out) == (0, "")
    assert result.err.endswith("mi: nothing was found\n")
    assert cli(*line, answer=[], terminals="stdout").err == ""
    assert "found" not in cli(*line, "-o", "json", answer=[], terminals="stdout stderr").err
    assert "found" not in cli(*line, answer=mi.MIError("no"), terminals="stdout stderr").err


def test_a_lone_result_is_not_counted(cli: Any) -> None:
    answer = mi.Instance("X", {"Name": "1"})
    result = cli("get", "server01", "X.Name=1", answer=answer, terminals="stdout stderr")
    assert result.err == ""


def test_every_character_that_a_terminal_would_obey_is_visible() -> None:
    commands = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066)]
    for command in commands:
        assert command not in visible(f"a{command}b")
    assert visible("a\nb\tc\x1b\u202e") == "a\\nb\\tc\\x1b\\u202e"
    assert visible("Gr\u00fc\u00dfe \\ \u6771") == "Gr\u00fc\u00dfe \\ \u6771"


def test_complaints_go_to_standard_error_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.complain("careful")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "mi: careful\n")
    assert sys.stderr is not None
