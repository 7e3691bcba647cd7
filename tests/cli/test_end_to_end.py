"""The `mi` command as a process of its own, against an endpoint: what a shell sees."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocols.loopback.disturbances import Stall
from protocols.loopback.http import Endpoint

_MI = (sys.executable, "-c", "import sys; from mi.cli.main import main; sys.exit(main())")
_ROOT = Path(__file__).parents[2]
_LONG = 60.0  # seconds after which a test gives up; nothing here takes so long


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


def _environment(endpoint: Endpoint) -> dict[str, str]:
    return {
        **os.environ, "MI_USER": endpoint.user.name, "MI_PASSWORD": endpoint.user.password,
        "MI_PORT": str(endpoint.port),
    }  # fmt: skip


def _mi(
    endpoint: Endpoint, command: str, *arguments: str, **changed: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_MI, command, endpoint.host, *arguments], cwd=_ROOT, capture_output=True, text=True,
        env=_environment(endpoint) | changed, check=False, timeout=_LONG,
    )  # fmt: skip


def test_a_query_prints_its_table_and_leaves_nothing_open(endpoint: Endpoint) -> None:
    query = "SELECT Name, State FROM Win32_Service WHERE Name LIKE 'Spool%'"
    result = _mi(endpoint, "query", query)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "Name     State\nSpooler  Stopped\n"
    assert endpoint.open_contexts == 0
    assert all(exchange.is_sealed for exchange in endpoint.exchanges)


def test_values_keep_their_types_in_json(endpoint: Endpoint) -> None:
    result = _mi(endpoint, "get", "Win32_OperatingSystem=@", "-o", "json")
    system = json.loads(result.stdout)
    assert system["MaxProcessMemorySize"] == 137438953344
    assert system["LastBootUpTime"] == "2026-11-01T06:30:15.500000+00:00"
    assert system["MUILanguages"] == ["en-US"]
    assert system["Debug"] is False
    assert system["CSDVersion"] is None


def test_a_host_says_what_it_is(endpoint: Endpoint) -> None:
    result = _mi(endpoint, "identify", "-o", "json")
    assert json.loads(result.stdout)["ProductVendor"] == "Microsoft Corporation"


def test_over_https_the_authority_must_be_known_or_the_check_be_given_up_aloud() -> None:
    with Endpoint(tls=True) as endpoint:
        assert endpoint.ca_file is not None
        assert _mi(endpoint, "identify", "--https").returncode == 4
        trusting = _mi(endpoint, "identify", "--https", "--ca-file", endpoint.ca_file)
        assert (trusting.returncode, trusting.stderr) == (0, "")
        careless = _mi(endpoint, "identify", "--https", "--no-ca-check")
        assert careless.returncode == 0
        assert "warning: the certificate's authority is not checked" in careless.stderr


def test_a_class_is_shown(endpoint: Endpoint) -> None:
    result = _mi(endpoint, "class", "Win32_Service")
    assert result.stdout.startswith("Win32_Service : Win32_BaseService\n")
    assert "StopService" in result.stdout


def test_an_enumeration_is_shown_in_a_pipe_that_ends_early(endpoint: Endpoint) -> None:
    command = " ".join(
        f"'{part}'"
        for part in (*_MI, "enumerate", endpoint.host, "Win32_NTLogEvent", "-o", "jsonl")
    )
    result = subprocess.run(
        ["/bin/bash", "-c", f"{command} | head -n 2; echo ${{PIPESTATUS[0]}}"],
        cwd=_ROOT, capture_output=True, text=True, env=_environment(endpoint), check=False,
        timeout=_LONG,
    )  # fmt: skip
    *lines, code = result.stdout.splitlines()
    assert len([json.loads(line) for line in lines]) == 2
    assert (code, result.stderr) == ("141", "")
    assert endpoint.open_contexts == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("get", 'Win32_Service.Name="None"'), 5),
        (("enumerate", "No_Such_Class"), 5),
        (("enumerate", "Win32_Service", "--namespace", "root/nowhere"), 5),
        (("query", "SELECT FROM WHERE"), 2),
        (("query", "SELECT * FROM Win32_Service", "--protocol", "NONE"), 2),
    ],
)  # fmt: skip
def test_each_failure_has_its_exit_code(
    endpoint: Endpoint, arguments: tuple[str, ...], code: int
) -> None:
    result = _mi(endpoint, *arguments)
    assert (result.returncode, result.stdout) == (code, ""), result.stderr
    assert result.stderr
    assert "Traceback" not in result.stderr


def test_a_wrong_password_is_exit_3_and_sent_once(endpoint: Endpoint) -> None:
    result = _mi(endpoint, "enumerate", "Win32_Service", MI_PASSWORD="wrong")
    assert result.returncode == 3
    assert endpoint.refused_logons == 1


def test_a_host_where_nobody_listens_is_exit_4(endpoint: Endpoint) -> None:
    with socket.create_server((endpoint.host, 0)) as taken:
        port = taken.getsockname()[1]
    result = _mi(endpoint, "identify", MI_PORT=str(port))
    assert result.returncode == 4


def test_a_time_out_is_exit_7(endpoint: Endpoint) -> None:
    endpoint.disturb(Stall("Enumerate"))
    result = _mi(endpoint, "enumerate", "Win32_Service", "--timeout", "0.5")
    assert result.returncode == 7
    assert "timeout of 0.5 s" in result.stderr


def test_ctrl_c_releases_what_is_open_and_is_exit_130(endpoint: Endpoint) -> None:
    stall = endpoint.disturb(Stall("Pull"))
    process = subprocess.Popen(
        [*_MI, "enumerate", endpoint.host, "Win32_NTLogEvent", "-o", "jsonl"], cwd=_ROOT, text=True,
        env=_environment(endpoint), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert stall.reached.wait(_LONG)
    assert endpoint.open_contexts == 1
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=_LONG)
    assert process.returncode == 130
    assert stderr.split() == ["mi:", "interrupted"]
    assert len([json.loads(line) for line in stdout.splitlines()]) == 1
    assert endpoint.open_contexts == 0
