"""`mi run`: a command on a host, its output, its input, its exit code and its end."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from mi.cli.main import main
from protocols.loopback.shells.attention import CtrlC
from protocols.loopback.shells.invocation import Invocation

_MI = (sys.executable, "-c", "import sys; from mi.cli.main import main; sys.exit(main())")
_ROOT = Path(__file__).parents[3]
_LONG = 60.0


def _begun(host: Any, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_MI, "run", host.endpoint.host, *arguments], cwd=_ROOT,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


def _read_until(process: subprocess.Popen[bytes], words: bytes) -> None:
    assert process.stdout is not None
    while words not in (line := process.stdout.readline()):
        assert line, "it ended before it wrote that"


def test_the_output_comes_with_this_machines_line_ends_and_nothing_is_left(host: Any) -> None:
    result = host("run", "--", "ipconfig", "/all")
    assert result.code == 0
    assert result.out.startswith("\nWindows IP Configuration\n")
    assert "Host Name" in result.out
    assert result.err == ""
    assert (host.endpoint.open_shells, host.endpoint.open_commands) == (0, 0)


def test_each_argument_is_quoted_and_one_word_is_a_line_of_cmd(host: Any) -> None:
    seen: list[tuple[str, ...]] = []
    host.endpoint.commands["show"] = lambda invocation: seen.append(invocation.arguments)
    host("run", "--", "show", "a b", 'say "x"')
    host("run", "show one two")
    assert seen == [("a b", 'say "x"'), ("one", "two")]


def test_the_options_of_the_command_are_the_commands_and_those_before_it_are_not(host: Any) -> None:
    seen: list[tuple[str, ...]] = []
    host.endpoint.commands["show"] = lambda invocation: seen.append(invocation.arguments)
    host("run", "-nC", r"C:\Windows", "--env", "A=1", "show", "-n", "--user", "-C", "x")
    host("run", r"-CC:\Windows", "--codepage=65001", "show", "-n")
    host("run", "-n", "--", "show", "-n", "--", "y")
    main(["run", "-n", "--", host.endpoint.host, "show", "--help"])
    assert seen == [("-n", "--user", "-C", "x"), ("-n",), ("-n", "--", "y"), ("--help",)]


def test_without_a_command_it_says_what_is_missing(host: Any) -> None:
    for line in (("run",), ("run", "--"), ("run", "-n")):
        result = host(*line)
        assert result.code == 2
        assert "Missing argument 'COMMAND" in result.err


def test_both_streams_are_kept_apart_and_the_exit_code_is_the_commands(host: Any) -> None:
    def fail(invocation: Invocation) -> int:
        invocation.stdout.line("out")
        invocation.stderr.line("err")
        return 7

    host.endpoint.commands["fail"] = fail
    result = host("run", "fail")
    assert (result.code, result.out, result.err) == (7, "out\n", "err\n")


def test_where_it_runs_and_with_what_can_be_said(host: Any) -> None:
    result = host(
        "run", "-C", r"C:\Windows", "-e", "COLOUR=red", "--profile", "--", "cd & set COLOUR"
    )
    assert result.out == "C:\\Windows\nCOLOUR=red\n"


def test_a_variable_without_a_value_is_refused(host: Any) -> None:
    result = host("run", "-e", "COLOUR", "ver")
    assert result.code == 2
    assert "--env 'COLOUR' is not NAME=VALUE" in result.err


def test_without_input_it_reads_the_end_at_once(host: Any) -> None:
    assert host("run", "-n", "more").out == ""


def test_raw_output_is_passed_on_byte_by_byte(host: Any) -> None:
    host.endpoint.commands["bytes"] = lambda invocation: invocation.stdout.write(b"\xff\r\n")
    process = _begun(host, "--raw", "bytes")
    assert process.communicate(timeout=_LONG)[0] == b"\xff\r\n"


def test_standard_input_is_passed_on_while_it_runs(host: Any) -> None:
    process = _begun(host, "more")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("ä\r\n".encode())
    process.stdin.flush()
    assert process.stdout.readline() == "ä\n".encode()
    output, errors = process.communicate(b"last\r\n", timeout=_LONG)
    assert (process.returncode, output, errors) == (0, b"last\n", b"")


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX'")
def test_ctrl_c_reaches_the_command_whose_output_goes_on(host: Any) -> None:
    process = _begun(host, "--", "ping", "-t", "server02")
    _read_until(process, b"Reply")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=_LONG)
    assert b"Control-C" in output
    assert process.returncode == 255
    assert host.endpoint.open_shells == 0


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX'")
def test_the_second_ctrl_c_ends_a_command_that_heeds_none(host: Any) -> None:
    noticed = threading.Event()

    def stubborn(invocation: Invocation) -> None:
        invocation.stdout.line("ready")
        while True:
            try:
                invocation.sleep()
            except CtrlC:
                noticed.set()

    host.endpoint.commands["stubborn"] = stubborn
    process = _begun(host, "stubborn")
    _read_until(process, b"ready")
    process.send_signal(signal.SIGINT)
    assert noticed.wait(_LONG)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=_LONG)
    assert host.endpoint.open_commands == 0


def test_a_time_limit_ends_it(host: Any) -> None:
    result = host("run", "--deadline", "0.5", "ping -t server02")
    assert result.code == 7
    assert host.endpoint.open_shells == 0
