"""The command line of powershell.exe, and what it reads from its input."""

from base64 import b64decode

from mi.powershell.encoded_command import LONGEST_COMMAND_LINE, READER, EncodedCommand
from mi.powershell.far_script import FarScript


def _decoded(argument: str) -> str:
    return b64decode(argument).decode("utf-16-le")


def test_a_short_script_is_an_encoded_command() -> None:
    command = EncodedCommand.of(FarScript("Write-Output 'é'"))
    *switches, encoded = command.arguments
    assert command.command == "powershell.exe"
    assert switches == ["-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand"]
    assert _decoded(encoded) == "Write-Output 'é'"
    assert command.stdin is None


def test_another_program_may_run_it() -> None:
    assert EncodedCommand.of(FarScript("x"), "pwsh.exe").command == "pwsh.exe"


def test_a_script_that_no_command_line_takes_is_sent_as_input() -> None:
    script = "x" * 4000 + "é"
    command = EncodedCommand.of(FarScript(script))
    assert _decoded(command.arguments[-1]) == READER
    assert command.stdin is not None
    assert [b64decode(line).decode() for line in command.stdin.split()] == [script]
    assert command.stdin.endswith(b"\r\n")


def test_no_command_line_is_longer_than_cmd_takes() -> None:
    for length in range(2900, 3100):
        command = EncodedCommand.of(FarScript("x" * length))
        assert command.length < LONGEST_COMMAND_LINE
        assert (command.stdin is None) == (len(_decoded(command.arguments[-1])) == length)


def test_a_secret_is_not_on_the_command_line() -> None:
    command = EncodedCommand.of(FarScript("x", ("hunter2", "")))
    assert _decoded(command.arguments[-1]) == READER
    assert command.stdin is not None
    script, first, second = command.stdin.split(b"\r\n")[:3]
    assert b64decode(script) == b"x"
    assert b64decode(first).decode("utf-16-le") == "hunter2"
    assert second == b""
    assert "hunter2" not in repr(command)
