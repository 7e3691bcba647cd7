"""The `mi` command by `--protocol WMIDCOM`: each of its commands, against the DCOM endpoint."""

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from mi.cli.main import main
from protocols.loopback.dcom import DcomEndpoint
from tests.wmidcom.endpoints import open_enumerators

_SPOOLER = 'Win32_Service.Name="Spooler"'


class Shown(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Mi = Callable[..., Shown]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[DcomEndpoint]:
    with DcomEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
def mi(
    endpoint: DcomEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Mi]:
    monkeypatch.setenv("MI_USER", endpoint.user.name)
    monkeypatch.setenv("MI_PASSWORD", endpoint.user.password)
    monkeypatch.setenv("MI_PORT", str(endpoint.port))

    def run(command: str, *arguments: str) -> Shown:
        line = ["mi", command, endpoint.host, *arguments, "--protocol", "wmidcom"]
        monkeypatch.setattr("sys.argv", line)
        code = main()
        return Shown(code, *capsys.readouterr())

    yield run
    assert open_enumerators(endpoint) == 0


def test_it_says_who_answers(mi: Mi) -> None:
    assert mi("identify").code == 0


@pytest.mark.parametrize(
    ("command", "arguments", "shown"),
    [
        ("get", (_SPOOLER,), "Print Spooler"),
        ("enumerate", ("Win32_LogicalDisk",), "C:"),
        ("query", ("SELECT Name, State FROM Win32_Service WHERE Name = 'Spooler'",), "Stopped"),
        ("associators", (_SPOOLER,), "RpcSs"),
        ("references", (_SPOOLER,), "Antecedent"),
        ("class", ("Win32_Service",), "Win32_Service : Win32_BaseService"),
        ("classes", ("CIM_Service",), "Win32_BaseService"),
        ("namespaces", (), "root/virtualization/v2"),
        ("invoke", ("Win32_Process", "Create", "CommandLine=calc.exe"), "ReturnValue"),
    ],
)
def test_a_command_shows_what_it_should(
    mi: Mi, command: str, arguments: tuple[str, ...], shown: str
) -> None:
    code, out, err = mi(command, *arguments)
    assert (code, err) == (0, "")
    assert shown in out


def test_what_is_created_is_changed_and_deleted(mi: Mi) -> None:
    key = 'Loopback_AllTypes.Id="cli"'
    assert mi("create", "Loopback_AllTypes", "Id=cli", "Uint8Value=7").code == 0
    assert mi("modify", key, "StringValue=text").code == 0
    found = json.loads(mi("get", key, "-o", "json").out)
    assert (found["Uint8Value"], found["StringValue"]) == (7, "text")
    assert mi("delete", key).code == 0
    assert mi("get", key).code != 0


def test_a_failure_is_told_with_its_number_and_what_to_do(mi: Mi) -> None:
    code, out, err = mi("get", 'Win32_Service.Name="none"')
    assert code != 0
    assert out == ""
    assert "WBEM_E_NOT_FOUND, 0x80041002" in err
