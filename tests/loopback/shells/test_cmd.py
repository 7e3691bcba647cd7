"""A command of a cmd shell is a line for cmd, or a program without it."""

import pytest

from protocols.loopback.refusals import Refusal
from protocols.loopback.shells.cmd import work_of
from protocols.loopback.shells.invocation import Commands, Prompt
from protocols.loopback.shells.process import Process
from protocols.loopback.shells.programs import PROGRAMS

COMMANDS = Commands(PROGRAMS)


def ran(command: str, *arguments: str, is_bare: bool = False) -> tuple[int | None, bytes]:
    work = work_of(COMMANDS, Prompt(), command, arguments, is_bare=is_bare)
    process = Process("1", work, ("stdout", "stderr"))
    process.start()
    written, is_done, code = b"", False, None
    while not is_done:
        taken = process.take(("stdout", "stderr"), 10_000, 10.0, lambda: True)
        assert taken is not None
        written += b"".join(piece.data for piece in taken.pieces)
        is_done, code = taken.is_done, taken.exit_code
    return code, written


def test_arguments_are_joined_by_spaces() -> None:
    assert ran("echo", "a", "b & exit 3") == (3, b"a b\r\n")
    assert ran("echo a") == (0, b"a\r\n")


def test_a_line_has_its_length() -> None:
    assert ran("echo", "x" * 9000) == (1, b"The command line is too long.\r\n")


def test_a_program_without_cmd_is_found_or_refused() -> None:
    assert ran(r"C:\x\whoami.exe", "& exit 3", is_bare=True) == (0, b"win-lab01\\operator\r\n")
    with pytest.raises(Refusal, match="cannot find the file"):
        ran("nosuch", is_bare=True)
