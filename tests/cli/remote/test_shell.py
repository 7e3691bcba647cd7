"""`mi shell`: commands that are typed here and run there."""

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from protocols.loopback.shells.invocation import Invocation

_MI = (sys.executable, "-c", "import sys; from mi.cli.main import main; sys.exit(main())")
_TAKE_TERMINAL = "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
_IN_TERMINAL = (sys.executable, "-c",
                f"{_TAKE_TERMINAL}; from mi.cli.main import main; sys.exit(main())")  # fmt: skip
_ROOT = Path(__file__).parents[3]
_LONG = 30.0


class Typist:
    """Types lines at prompts; an exception is what `input` then raises."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lines: str | BaseException) -> None:
        self.prompts: list[str] = []
        self._lines = iter(lines)
        monkeypatch.setattr("builtins.input", self._type)

    def _type(self, prompt: str) -> str:
        self.prompts.append(prompt)
        line = next(self._lines)
        if isinstance(line, BaseException):
            raise line
        return line


def test_each_prompt_of_cmd_asks_for_a_line(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    typist = Typist(monkeypatch, r"cd C:\Windows", KeyboardInterrupt(), "nonsense", EOFError())
    result = host("shell", "-e", "COLOUR=red")
    assert typist.prompts == ["C:\\Users\\operator>", *["C:\\Windows>"] * 3]
    assert (result.code, host.endpoint.open_shells) == (1, 0)
    assert result.err.startswith("'nonsense' is not recognized")
    assert "nonsense" not in result.out


def test_a_question_of_a_program_asks_for_a_line_too(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sure(invocation: Invocation) -> None:
        invocation.stdout.write("Are you sure (Y/N)? ")
        invocation.stdout.line(f"said {invocation.stdin.read_line().decode().strip()}")

    host.endpoint.commands["sure"] = sure
    typist = Typist(monkeypatch, "sure", "y", "exit 6")
    result = host("shell")
    assert typist.prompts[1] == ""
    assert "Are you sure (Y/N)? said y\n" in result.out
    assert result.code == 6


def test_output_that_cannot_be_received_any_more_is_its_end(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.endpoint.commands["vanish"] = lambda _: host.endpoint.shells.vanish()
    Typist(monkeypatch, "vanish")
    result = host("shell")
    assert result.code == 5  # there is no such shell any more
    assert "mi: error:" in result.err


def _typed(host: Any, *lines: str, ends: str = "\n") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_MI, "shell", host.endpoint.host], cwd=_ROOT, capture_output=True, text=True,
        input="".join(f"{line}{ends}" for line in lines), check=False, timeout=_LONG,
    )  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_is_typed_runs_in_one_cmd_and_is_shown_once(host: Any, ends: str) -> None:
    result = _typed(host, r"cd C:\Windows", "cd", "exit 5", ends=ends)
    shown = result.stdout.partition("reserved.\n\n")[2]
    assert shown == "C:\\Users\\operator>\nC:\\Windows>C:\\Windows\n\nC:\\Windows>"
    assert (result.returncode, result.stderr) == (5, "")
    assert (host.endpoint.open_shells, host.endpoint.open_commands) == (0, 0)


def test_the_end_of_input_ends_it(host: Any) -> None:
    result = _typed(host, "hostname")
    assert result.returncode == 0
    assert result.stdout.endswith(">WIN-LAB01\n\nC:\\Users\\operator>\n")


def test_errors_of_commands_go_to_standard_error(host: Any) -> None:
    result = _typed(host, "nonsense", "exit")
    assert "'nonsense' is not recognized" in result.stderr
    assert "nonsense" not in result.stdout.partition("reserved.")[2]


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals there")
def test_ctrl_c_gives_the_line_up_at_a_prompt_and_ends_what_runs(host: Any) -> None:
    ours, its = os.openpty()
    process = subprocess.Popen(
        [*_IN_TERMINAL, "shell", host.endpoint.host], cwd=_ROOT, stdin=its, stdout=its, stderr=its,
        start_new_session=True,
    )  # fmt: skip
    os.close(its)
    try:
        _type_after(ours, b">", b"some")
        _read_until(ours, b"some")
        _press_ctrl_c_until(ours, b">")
        os.write(ours, b"ping -t server02\n")
        _type_after(ours, b"Reply", b"\x03")
        _type_after(ours, b">", b"exit 4\n")
        assert process.wait(_LONG) == 4
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read_until(terminal: int, words: bytes, seconds: float = _LONG) -> bool:
    """Read until some words have come; return whether they did."""
    seen = b""
    while words not in seen:
        if not select.select([terminal], [], [], seconds)[0]:
            return False
        seen += os.read(terminal, 4096)
    return True


def _type_after(terminal: int, words: bytes, keys: bytes) -> None:
    assert _read_until(terminal, words), f"{words!r} did not come"
    os.write(terminal, keys)


def _press_ctrl_c_until(terminal: int, words: bytes) -> None:
    """Press it, and again: one that comes as readline begins to wait, Python sees with the next."""
    for _ in range(15):
        os.write(terminal, b"\x03")
        if _read_until(terminal, words, 2.0):
            return
    pytest.fail("Ctrl-C did nothing")
