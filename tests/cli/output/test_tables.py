"""Tables for people: plain where they are piped, drawn and fitted where there is a terminal."""

import re
from typing import Any

import pytest

import mi

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _real_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def _rows() -> list[mi.Instance]:
    first = mi.Instance("X", {"Name": "\u6771\u4eac", "Size": 5, "Tags": ["a", "b"]})
    second = mi.Instance(
        "Y", {"Name": "one\ttwo\nthree\x1b[31m", "Part": [mi.Instance("P", {"A": 1})]}
    )
    return [first, second]


def _enumerate(cli: Any, *options: str, answer: Any = None, terminals: str = "") -> str:
    result = cli("enumerate", "server01", "X", *options, terminals=terminals,
                 answer=_rows() if answer is None else answer)  # fmt: skip
    assert result.code == 0, result.err
    return _STYLE.sub("", result.out)


def test_a_piped_table_has_a_line_for_each_instance_and_every_column_that_any_has(cli: Any) -> None:
    assert _enumerate(cli) == (
        "Name                     Size  Tags  Part\n"
        "\u6771\u4eac                     5     a, b\n"
        'one\\ttwo\\nthree\\x1b[31m              [{"__CLASS": "P", "A": 1}]\n'
    )


def test_a_piped_table_of_nothing_is_nothing(cli: Any) -> None:
    assert _enumerate(cli, answer=[]) == ""


def test_a_piped_table_cuts_nothing(cli: Any) -> None:
    wide = [mi.Instance("X", {f"P{number}": "x" * 300 for number in range(50)})]
    header, row = _enumerate(cli, answer=wide).splitlines()
    assert (len(header.split()), row.count("x")) == (50, 50 * 300)


def test_a_drawn_table_aligns_numbers_to_the_right_and_folds_long_text(cli: Any) -> None:
    answer = [
        mi.Instance("X", {"Name": "a", "Size": 12345, "Text": "word " * 30}),
        mi.Instance("X", {"Name": "b", "Size": 7}),
    ]
    lines = _enumerate(cli, answer=answer, terminals="stdout").splitlines()
    assert lines[0].split() == ["Name", "Size", "Text"]
    assert set(lines[1]) == {"\u2500"} or set(lines[1]) == {"-"}
    assert lines[-1].split() == ["b", "7"]
    assert lines[2].index("5") == lines[-1].index("7")
    assert max(map(len, lines)) <= 100


def test_on_a_terminal_what_it_would_obey_is_shown_and_markup_is_text(cli: Any) -> None:
    answer = [mi.Instance("X", {"Name": "[red]x[/red] :smile: \x1b[2J"})]
    out = _enumerate(cli, answer=answer, terminals="stdout")
    assert "[red]x[/red] :smile: \\x1b[2J" in out
    assert "\x1b[2J" not in out


def test_where_a_terminal_is_too_narrow_each_instance_is_a_record(cli: Any) -> None:
    answer = [mi.Instance("X", {f"Property{number}": number for number in range(30)})] * 2
    lines = _enumerate(cli, answer=answer, terminals="stdout").splitlines()
    assert lines[0].split() == ["Property0", "0"]
    assert lines[29].split() == ["Property29", "29"]
    assert len(lines) == 61
    assert set(lines[30]) <= {"\u2500", "-"}


def test_a_record_leaves_out_what_its_instance_does_not_have(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "14")
    answer = [
        mi.Instance("X", {"Name": "a", "Some": "b"}),
        mi.Instance("X", {"Name": "c", "More": "d"}),
    ]
    lines = _enumerate(cli, answer=answer, terminals="stdout").splitlines()
    assert [line.split() for line in lines if line[0].isalpha()] == [
        ["Name", "a"], ["Some", "b"], ["Name", "c"], ["More", "d"],
    ]  # fmt: skip


def test_a_very_long_column_name_counts_whole(cli: Any) -> None:
    answer = [mi.Instance("X", {"A" * 60: "a", "B" * 60: "b"})]
    lines = _enumerate(cli, answer=answer, terminals="stdout").splitlines()
    assert [line.split() for line in lines] == [["A" * 60, "a"], ["B" * 60, "b"]]


def test_a_drawn_table_of_nothing_is_nothing(cli: Any) -> None:
    assert _enumerate(cli, answer=[], terminals="stdout") == ""


@pytest.mark.parametrize("terminals", ["", "stdout"])
def test_a_lone_instance_is_a_record(cli: Any, terminals: str) -> None:
    answer = mi.Instance("X", {"Name": "a", "LongerName": "b"})
    out = cli(
        "get", "server01", "X.Name=1", "-p", "LongerName,Name,Nope", answer=answer,
        terminals=terminals,
    ).out  # fmt: skip
    assert [line.split() for line in _STYLE.sub("", out).splitlines()] == [
        ["LongerName", "b"],
        ["Name", "a"],
    ]
