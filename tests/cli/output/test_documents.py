"""Output for programs: JSON, JSON lines and CSV."""

import csv
import io
import json
from typing import Any

import pytest

import mi


def _mixed() -> list[mi.Instance]:
    disk = mi.Instance("CIM_Disk", {"Name": "C:", "Size": 1 << 60})
    odd = mi.Instance("CIM_Disk", {"Name": 'a "b",\nc', "Free": True, "Tags": ["x", "y"]})
    odd.add("Owner", mi.Instance("CIM_User", {"Id": 7}), mi.CimType.REFERENCE)
    odd.add("Nothing")
    return [disk, odd]


def _enumerate(cli: Any, output: str, *more: str, answer: Any = None) -> Any:
    return cli("enumerate", "server01", "CIM_Disk", "--output", output, *more,
               answer=_mixed() if answer is None else answer)  # fmt: skip


_FORMS = [
    {"Name": "C:", "Size": 1 << 60},
    {"Name": 'a "b",\nc', "Free": True, "Tags": ["x", "y"], "Owner": "CIM_User.Id=7",
     "Nothing": None},
]  # fmt: skip


def test_json_is_one_array_and_an_empty_one_where_nothing_came(cli: Any) -> None:
    assert json.loads(_enumerate(cli, "json").out) == _FORMS
    assert _enumerate(cli, "json", answer=[]).out == "[]\n"


def test_json_of_a_lone_result_is_an_object(cli: Any) -> None:
    result = cli("get", "server01", "CIM_Disk.Name=1", "-o", "json", answer=_mixed()[0])
    assert json.loads(result.out) == _FORMS[0]
    assert result.out.startswith("{\n")


def test_json_lines_are_an_object_a_line(cli: Any) -> None:
    lines = _enumerate(cli, "jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == _FORMS
    assert _enumerate(cli, "jsonl", answer=[]).out == ""


def test_json_is_escaped_where_the_stream_is_not_utf_8(
    cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = [mi.Instance("X", {"Name": "\u2603 \U0001f600"})]
    assert "\u2603" in _enumerate(cli, "jsonl", answer=answer).out
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    _enumerate(cli, "jsonl", answer=answer)
    stream.seek(0)
    assert stream.read() == '{"Name": "\\u2603 \\ud83d\\ude00"}\n'


def test_csv_has_the_columns_of_the_first_instance_and_says_what_they_lack(cli: Any) -> None:
    result = _enumerate(cli, "csv", answer=[*_mixed(), _mixed()[1]])
    rows = list(csv.reader(io.StringIO(result.out)))
    assert rows == [["Name", "Size"], ["C:", str(1 << 60)], ['a "b",\nc', ""], ['a "b",\nc', ""]]
    assert result.err.count("\n") == 1
    assert "no column for Free, Nothing, Owner, Tags" in result.err


def test_csv_has_the_columns_asked_for_whatever_comes(cli: Any) -> None:
    columns = ("-p", "Name,Tags,Owner,Free,Nothing")
    result = _enumerate(cli, "csv", *columns)
    assert list(csv.reader(io.StringIO(result.out))) == [
        ["Name", "Tags", "Owner", "Free", "Nothing"],
        ["C:", "", "", "", ""],
        ['a "b",\nc', '["x", "y"]', "CIM_User.Id=7", "true", ""],
    ]
    assert result.err == ""
    assert _enumerate(cli, "csv", *columns, answer=[]).out == "Name,Tags,Owner,Free,Nothing\n"
    assert _enumerate(cli, "csv", answer=[]).out == ""
