"""`mi demo` shows what the library does; `mi loopback` lends its server to other programs."""

import re
import socket
import sys

import pytest

from mi.cli.main import main
from protocols.loopback import command


def test_demo_prints_two_tables_and_what_each_took(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    printed, complaints = capsys.readouterr()
    assert complaints == ""
    assert re.search(r"^Name +State +StartMode +ProcessId +DisplayName$", printed, re.MULTILINE)
    assert re.search(r"^W32Time +Running +Auto +\d+ +Windows Time$", printed, re.MULTILINE)
    assert re.search(r"^ProcessId +Name +ThreadCount +WorkingSetSize", printed, re.MULTILINE)
    assert re.search(r"^14 services in \d+ requests, [\d,]+ bytes in all\.$", printed, re.MULTILINE)
    assert re.search(r"^\d+ processes in \d+ requests, [\d,]+ bytes", printed, re.MULTILINE)
    assert "In all 1 connection, authenticated by NTLM once; every message was sealed." in printed
    assert "mi query server01 --user 'CONTOSO\\you' " in printed


def test_a_program_that_is_not_there_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["loopback", "no-such-program-here"]) == 2
    assert capsys.readouterr().err.endswith(
        "Error: no-such-program-here cannot be run: No such file or directory\n"
    )


def test_a_port_that_is_taken_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["loopback", "--port", str(port)]) == 2
    assert f"Error: port {port} cannot be had: Address already in use" in capsys.readouterr().err


@pytest.mark.parametrize(("count", "text"), [(1, "once"), (2, "2 times")])
def test_a_number_of_times_reads_as_one_says_it(count: int, text: str) -> None:
    assert command._times(count) == text


def test_loopback_runs_a_command_that_can_reach_it_and_ends_with_its_exit_code(
    capfd: pytest.CaptureFixture[str],
) -> None:
    script = (
        "import os, socket, sys\n"
        "socket.create_connection(('127.0.0.1', int(os.environ['MI_PORT']))).close()\n"
        "print(bool(os.environ['MI_USER']), bool(os.environ['MI_PASSWORD']), sys.argv[1])\n"
        "sys.exit(5)\n"
    )
    assert main(["loopback", sys.executable, "-c", script, "--port"]) == 5
    assert capfd.readouterr().out == "True True --port\n"


def test_loopback_alone_says_how_to_reach_it_and_serves_until_ctrl_c(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(command.time, "sleep", sleep)
    assert main(["loopback"]) == 130
    printed, complaints = capsys.readouterr()
    names = [line.partition("=")[0] for line in printed.splitlines()]
    assert names == ["export MI_USER", "export MI_PASSWORD", "export MI_PORT"]
    assert "try: mi enumerate 127.0.0.1 Win32_LogicalDisk" in complaints
