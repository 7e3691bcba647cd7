"""Each command asks what its name says, and prints what comes."""

import json
from typing import Any

import pytest

import mi


def _service(name: str, state: str = "Running") -> mi.Instance:
    return mi.Instance("Win32_Service", {"Name": name, "State": state})


def test_identify_prints_what_the_host_says_of_itself(cli: Any) -> None:
    answer = mi.Instance("IdentifyResponse", {"ProductVendor": "Microsoft Corporation"})
    result = cli("identify", "server01", "--deadline", "5", answer=answer)
    assert (result.code, result.out) == (0, "ProductVendor  Microsoft Corporation\n")
    assert cli.session.calls == [("test_connection", (), {"deadline": 5.0})]


def test_identify_prints_nothing_where_the_host_answers_without_words(cli: Any) -> None:
    result = cli("identify", "server01")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_get_asks_for_what_the_path_names(cli: Any) -> None:
    result = cli("get", "server01", 'Win32_Service.Name="Spooler"', "-n", "root/other",
                 answer=_service("Spooler"))  # fmt: skip
    assert result.out == "Name   Spooler\nState  Running\n"
    [(name, [key], keywords)] = cli.session.calls
    assert (name, key.class_name, dict(key)) == (
        "get_instance", "Win32_Service", {"Name": "Spooler"}
    )  # fmt: skip
    assert keywords == {"namespace": "root/other", "deadline": None}


def test_get_refuses_a_path_that_names_nothing_without_asking_anybody(cli: Any) -> None:
    result = cli("get", "server01", "Win32_Service")
    assert result.code == 2
    assert "'Win32_Service' is" in result.err
    assert cli.session.calls == []


@pytest.mark.parametrize(
    ("given", "keys_only", "flags"),
    [
        ([], False, mi.OperationFlags.DEFAULT),
        (["--keys-only"], True, mi.OperationFlags.DEFAULT),
        (["--shallow"], False, mi.OperationFlags.POLYMORPHISM_SHALLOW),
    ],
)
def test_enumerate_asks_for_the_instances_of_the_class(
    cli: Any, given: list[str], keys_only: bool, flags: mi.OperationFlags
) -> None:
    result = cli("enumerate", "server01", "Win32_Service", *given, answer=[_service("Spooler")])
    assert (result.code, result.err) == (0, "")
    assert result.out == "Name     State\nSpooler  Running\n"
    assert cli.session.calls == [
        ("enumerate_instances", ("Win32_Service", keys_only),
         {"namespace": None, "flags": flags, "deadline": None})
    ]  # fmt: skip


def test_query_asks_the_query_and_shows_properties_in_its_order(cli: Any) -> None:
    text = "SELECT State, Name FROM Win32_Service"
    result = cli("query", "server01", text, answer=[_service("Spooler"), _service("W32Time")])
    assert result.out == "State    Name\nRunning  Spooler\nRunning  W32Time\n"
    assert cli.session.calls == [
        ("query_instances", (text,), {"namespace": None, "deadline": None})
    ]


def test_properties_chooses_the_columns_and_knows_what_wmi_calls_system_properties(
    cli: Any,
) -> None:
    spooler = _service("Spooler")
    spooler.namespace, spooler.server_name = "root/cimv2", "SERVER01"
    result = cli(
        "query", "server01", "SELECT * FROM Win32_Service", "-o", "json",
        "-p", "name, __CLASS", "-p", "__NAMESPACE,__SERVER,__PATH,NAME,", answer=[spooler],
    )  # fmt: skip
    assert json.loads(result.out) == [
        {
            "name": "Spooler",
            "__CLASS": "Win32_Service",
            "__NAMESPACE": "root/cimv2",
            "__SERVER": "SERVER01",
            "__PATH": '\\\\SERVER01\\root\\cimv2:Win32_Service.Name="Spooler",State="Running"',
        }
    ]


def test_a_property_that_nothing_has_is_warned_of(cli: Any) -> None:
    result = cli("query", "server01", "SELECT * FROM Win32_Service", "-p", "Name,Stat",
                 answer=[_service("Spooler")])  # fmt: skip
    assert result.out == "Name     Stat\nSpooler\n"
    assert result.err == "mi: warning: nothing that came has a property named Stat\n"


def test_where_nothing_came_no_property_is_missed(cli: Any) -> None:
    result = cli("query", "server01", "SELECT * FROM Win32_Service", "-p", "Name", answer=[])
    assert (result.code, result.out, result.err) == (0, "", "")


def test_a_query_that_is_no_plain_select_shows_what_comes(cli: Any) -> None:
    result = cli("query", "server01", "ASSOCIATORS OF {X.Y=1}", answer=[_service("Spooler")])
    assert result.out == "Name     State\nSpooler  Running\n"


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ("table", "Name     State\nSpooler  Running\n"),
        ("json", '[\n  {\n    "Name": "Spooler",\n    "State": "Running"\n  }\n]\n'),
        ("jsonl", '{"Name": "Spooler", "State": "Running"}\n'),
        ("csv", "Name,State\nSpooler,Running\n"),
    ],
)
def test_what_came_before_an_error_is_printed_whole_and_then_the_error(
    cli: Any, output: str, printed: str
) -> None:
    answer = [_service("Spooler"), mi.OperationTimeout("too late")]
    result = cli("enumerate", "server01", "Win32_Service", "-o", output, answer=answer)
    assert (result.code, result.out, result.err) == (7, printed, "mi: error: too late\n")
    assert cli.session.log == ["operation closed", "session closed", "application closed"]


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_where_nothing_came_before_an_error_nothing_is_printed(cli: Any, output: str) -> None:
    result = cli("enumerate", "server01", "Nothing", "-o", output, answer=[mi.InvalidClass("no")])
    assert (result.code, result.out, result.err) == (5, "", "mi: error: no\n")


def test_class_asks_for_the_declaration(cli: Any) -> None:
    declared = mi.Class("Win32_Service", superclass="Win32_BaseService")
    result = cli("class", "server01", "win32_service", "-n", "root/x", answer=declared)
    assert result.out.startswith("Win32_Service : Win32_BaseService\n")
    assert cli.session.calls == [
        ("get_class", ("win32_service",), {"namespace": "root/x", "deadline": None})
    ]
