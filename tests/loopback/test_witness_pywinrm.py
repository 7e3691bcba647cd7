"""A witness that is not ours: pywinrm runs commands, and sees what it sees on Windows.

It logs on by NTLM and seals, as it does with real servers, and shares no line with this project
but the NTLM library.
"""

import warnings
from collections.abc import Iterator

import pytest

from protocols.loopback import Endpoint
from protocols.loopback.powershell.records import ErrorInfo
from protocols.loopback.powershell.script_run import ScriptRun
from protocols.loopback.shells.invocation import Invocation

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # whatever it thinks of newer libraries is not our error
    import winrm
    from winrm.exceptions import WinRMOperationTimeoutError, WSManFaultError


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # which it warns of
        monkeypatch.delenv(name, raising=False)
    with Endpoint() as made:
        yield made
        assert all(one.is_sealed for one in made.exchanges)
        assert (made.open_shells, made.open_commands, made.refused_logons) == (0, 0, 0)


@pytest.fixture
def client(endpoint: Endpoint) -> winrm.Protocol:
    return winrm.Protocol(
        endpoint=endpoint.url,
        transport="ntlm",
        username=endpoint.user.name,
        password=endpoint.user.password,
        message_encryption="always",
        operation_timeout_sec=1,
        read_timeout_sec=20,
        proxy=None,
    )


@pytest.fixture
def shell(client: winrm.Protocol) -> Iterator[str]:
    opened = client.open_shell(
        codepage=65001, env_vars={"NAME": "grüße"}, working_directory=r"C:\Windows"
    )
    yield opened
    client.close_shell(opened)


def run(client: winrm.Protocol, shell: str, command: str, *arguments: str) -> tuple[str, str, int]:
    command_id = client.run_command(shell, command, list(arguments))
    out, err, code = client.get_command_output(shell, command_id)
    client.cleanup_command(shell, command_id)
    return out.decode(), err.decode(), code


def test_it_runs_commands_one_after_another(client: winrm.Protocol, shell: str) -> None:
    out, err, code = run(client, shell, "ipconfig", "/all")
    assert "   Host Name . . . . . . . . . . . . : WIN-LAB01\r\n" in out
    assert (err, code) == ("", 0)
    assert run(client, shell, "echo %NAME% ß&cd") == ("grüße ß\r\nC:\\Windows\r\n", "", 0)
    assert run(client, shell, "exit", "3") == ("", "", 3)
    out, err, code = run(client, shell, "nosuch")
    assert (out, code) == ("", 1)
    assert err.startswith("'nosuch' is not recognized as an internal or external command")


def test_a_command_reads_what_it_sends(client: winrm.Protocol, shell: str) -> None:
    command_id = client.run_command(shell, "more")
    client.send_command_input(shell, command_id, "zwö\r\n".encode())
    assert client.get_command_output_raw(shell, command_id) == ("zwö\r\n".encode(), b"", -1, False)
    client.send_command_input(shell, command_id, b"end", end=True)
    assert client.get_command_output(shell, command_id) == (b"end", b"", 0)
    client.cleanup_command(shell, command_id)


def test_a_mebibyte_arrives_complete_and_in_order(
    endpoint: Endpoint, client: winrm.Protocol, shell: str
) -> None:
    def count(invocation: Invocation) -> None:
        for number in range(100_000):
            invocation.stdout.line(f"{number:08}")

    endpoint.commands["count"] = count
    out, _, code = run(client, shell, "count")
    assert code == 0
    assert out.split() == [f"{number:08}" for number in range(100_000)]


def test_a_command_that_says_nothing_times_out_and_goes_on(
    client: winrm.Protocol, shell: str
) -> None:
    command_id = client.run_command(shell, "timeout", ["/t", "100"])
    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command_id)
    with pytest.raises(WSManFaultError) as caught:
        client.run_command(shell, "echo", ["too soon"])
    assert caught.value.fault_subcode == "w:Concurrency"
    client.cleanup_command(shell, command_id)
    assert run(client, shell, "echo", "now") == ("now\r\n", "", 0)


def test_a_session_runs_a_command_and_leaves_nothing(endpoint: Endpoint) -> None:
    session = winrm.Session(
        endpoint.url,
        auth=(endpoint.user.name, endpoint.user.password),
        transport="ntlm",
        message_encryption="always",
    )
    answer = session.run_cmd("hostname")
    assert (answer.std_out, answer.std_err, answer.status_code) == (b"WIN-LAB01\r\n", b"", 0)
    names = [one.name for one in endpoint.exchanges]
    assert names == ["Create", "Command", "Receive", "Signal", "Delete"]


def test_it_reads_the_errors_of_powershell(endpoint: Endpoint) -> None:
    def get_thing(given: ScriptRun) -> str:
        given.error(ErrorInfo("no such thing", "ObjectNotFound", "NoThing", line="Get-Thing"))
        return "a thing"

    endpoint.scripts["Get-Thing"] = get_thing
    session = winrm.Session(
        endpoint.url,
        auth=(endpoint.user.name, endpoint.user.password),
        transport="ntlm",
        message_encryption="always",
    )
    answer = session.run_ps("Get-Thing")
    assert (answer.std_out, answer.status_code) == (b"a thing\r\n", 1)
    assert answer.std_err.startswith(b"Get-Thing : no such thing\n    + CategoryInfo          : ")
