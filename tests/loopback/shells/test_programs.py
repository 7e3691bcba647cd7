"""The commands that every shell has say what Windows says, in a small way."""

import pytest

from protocols.loopback.shells.programs import PROGRAMS
from tests.loopback.shells.prompts import Cmd


@pytest.fixture
def cmd() -> Cmd:
    return Cmd(dict(PROGRAMS))


@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("echo a  b", "a  b\r\n"),
        ("echo.", "\r\n"),
        ("echo", "ECHO is on.\r\n"),
        ("hostname", "WIN-LAB01\r\n"),
        ("whoami.exe", "win-lab01\\operator\r\n"),
        ("ver", "\r\nMicrosoft Windows [Version 10.0.20348.2113]\r\n"),
        ("chcp", "Active code page: 437\r\n"),
        ("chcp 65001 > nul & chcp", "Active code page: 65001\r\n"),
        ("set X=1 2& set x& set X=& set Y=", "X=1 2\r\n"),
        ('set "X=1"& set x', "X=1\r\n"),
        ("produce 0", ""),
    ],
)
def test_output(cmd: Cmd, line: str, out: str) -> None:
    assert cmd(line) == (0, out, "")


def test_a_variable_that_is_not_there_is_an_error(cmd: Cmd) -> None:
    assert cmd("set none") == (1, "", "Environment variable none not defined\r\n")


@pytest.mark.parametrize(
    ("line", "code"), [("exit 3", 3), ("exit /b -1", -1), ("exit", 0), ("exit x", 0)]
)
def test_exit_has_the_code_it_is_given(cmd: Cmd, line: str, code: int) -> None:
    assert cmd(line) == (code, "", "")


def test_ipconfig_knows_more_if_asked_for_all(cmd: Cmd) -> None:
    short, long = cmd("ipconfig")[1], cmd("ipconfig /ALL")[1]
    assert "192.0.2.10" in short
    assert "Host Name" not in short
    assert "Host Name" in long
    assert "192.0.2.10" in long


def test_filters_read_their_input(cmd: Cmd) -> None:
    text = b"beta\r\nAlpha\r\ngamma"
    assert cmd("more", text) == (0, "beta\r\nAlpha\r\ngamma", "")
    assert cmd("sort", text) == (0, "Alpha\r\nbeta\r\ngamma\r\n", "")
    assert cmd("findstr eta", text) == (0, "beta\r\n", "")
    assert cmd('findstr /i "ALPHA gam"', text) == (0, "Alpha\r\ngamma", "")
    assert cmd("findstr /v a", text) == (1, "", "")
    assert cmd("findstr", text) == (2, "", "FINDSTR: Bad command line\r\n")
    assert cmd("findstr a none.txt", text) == (1, "", "FINDSTR: Cannot open none.txt\r\n")
    assert cmd("echo abc> f.txt & findstr b f.txt")[1] == "abc\r\n"


def test_ping_ends_by_itself_or_by_ctrl_c(cmd: Cmd) -> None:
    code, out, _ = cmd("ping -n 2 192.0.2.1")
    assert (code, out.count("Reply from 192.0.2.1:")) == (0, 2)
    assert cmd("ping host")[1].count("Reply") == 4
    code, out, _ = cmd.interrupted("ping -t host")
    assert code == 0xC000013A
    assert out.endswith("Control-C\r\n")


def test_timeout_waits_until_its_time_is_over_or_for_ever(cmd: Cmd) -> None:
    assert cmd("timeout /t 0") == (0, "", "")
    assert cmd.interrupted("timeout") == (0xC000013A, "", "")


def test_produce_makes_so_much_of_either_stream(cmd: Cmd) -> None:
    assert [len(one) for one in cmd("produce 1")[1:]] == [1 << 20, 0]
    assert [len(one) for one in cmd("produce 1 /e")[1:]] == [0, 1 << 20]
