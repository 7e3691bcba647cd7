"""A line is run command by command; each says how it ended."""

from collections.abc import Callable

import pytest

from protocols.loopback.shells.attention import CtrlC, Terminated
from protocols.loopback.shells.invocation import Exit, Invocation, NeverRan
from tests.loopback.shells.prompts import Cmd


def _echo(invocation: Invocation) -> None:
    invocation.stdout.line(invocation.tail)


def _cat(invocation: Invocation) -> None:
    invocation.stdout.write(invocation.stdin.read())


@pytest.fixture
def cmd() -> Cmd:
    return Cmd({"echo": _echo, "cat": _cat, "fail": lambda _: 5})


@pytest.mark.parametrize(
    ("line", "out", "code"),
    [
        ("echo a&echo b", "a\r\nb\r\n", 0),
        ("fail && echo b", "", 5),
        ("fail || echo b", "b\r\n", 0),
        ("echo a || echo b | cat", "a\r\n", 0),
        ("echo a | cat | cat", "a\r\n", 0),
        ("fail & echo %USER%", "%USER%\r\n", 0),
        ("", "", 0),
    ],
)
def test_commands_are_joined(cmd: Cmd, line: str, out: str, code: int) -> None:
    assert cmd(line) == (code, out, "")


def test_streams_go_to_files_to_one_another_and_nowhere(cmd: Cmd) -> None:
    assert cmd("echo one>out.txt & nosuch 2>nul & echo two >> out.txt & cat < out.txt") == (
        0, "one\r\ntwo\r\n", "",
    )  # fmt: skip
    code, out, err = cmd("nosuch 2>&1")
    assert (code, out.splitlines()[0], err) == (
        1, "'nosuch' is not recognized as an internal or external command,", "",
    )  # fmt: skip
    assert cmd("cat < none.txt") == (1, "", "The system cannot find the file specified.\r\n")


def test_names_are_found_with_path_extension_and_quotes(cmd: Cmd) -> None:
    assert cmd(r'"C:\Program Files\ECHO.exe" a b') == (0, "a b\r\n", "")
    assert cmd("echo.") == (0, ".\r\n", "")
    assert cmd("echo/?") == (0, "/?\r\n", "")
    assert cmd("echoes")[0] == 1


def test_what_a_script_raises_is_told_to_its_author(cmd: Cmd) -> None:
    cmd.commands["bad"] = lambda invocation: int(invocation.tail)
    code, out, err = cmd("bad x")
    assert (code, out) == (1, "")
    assert "ValueError" in err


def raising(error: Exception) -> Callable[[Invocation], int]:
    def command(_: Invocation) -> int:
        raise error

    return command


def test_a_line_ends_with_exit_and_with_ctrl_c(cmd: Cmd) -> None:
    cmd.commands |= {"exit": raising(Exit(9)), "wait": raising(CtrlC())}
    assert cmd("exit & echo a") == (9, "", "")
    assert cmd("wait & echo a") == (0xC000013A, "", "")
    assert cmd.interpreter.run_program("exit.exe", "", cmd.streams()) == 9
    assert cmd.interpreter.run_program("wait", "", cmd.streams()) == 0xC000013A
    assert cmd.interpreter.run_program("nosuch", "", cmd.streams()) is None
    assert cmd.interpreter.run_program("fail", "", cmd.streams()) == 5


@pytest.mark.parametrize("error", [NeverRan(), Terminated()])
def test_what_ends_it_goes_on_to_whoever_runs_it(cmd: Cmd, error: Exception) -> None:
    cmd.commands["gone"] = raising(error)
    with pytest.raises(type(error)):
        cmd("gone")
