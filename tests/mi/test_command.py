"""Commands that run, over a handler that plays: what they write and read, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import mi
from mi.command_result import CommandResult
from mi.errors import InvalidParameter, NotFound, OperationTimeout
from mi.shell_calls import (
    CTRL_BREAK,
    CTRL_C,
    TERMINATE,
    CommandEnded,
    Output,
    SendInput,
    SignalCommand,
)
from tests.mi.fake_handler import Stall
from tests.mi.player import STARTED, Play, Player


@contextmanager
def running(player: Player, **how: Any) -> Iterator[mi.Command]:
    with player.session.shell(**how) as shell, shell.start("dir") as command:
        yield command


def sent(player: Player) -> list[tuple[bytes, bool]]:
    return [(one.data, one.is_end) for one in player.calls(SendInput)]


def test_what_is_written_to_it_is_sent_in_its_encoding(play: Play) -> None:
    player = play()
    with running(player, codepage=850) as command, command.stdin as stdin:
        stdin.write("é")
        stdin.write(b"\xff")
        with pytest.raises(InvalidParameter, match="cp850 has no"):
            stdin.write("\u0416")
    assert sent(player) == [(b"\x82", False), (b"\xff", False), (b"", True)]


def test_its_input_is_closed_once(play: Play) -> None:
    player = play()
    with running(player) as command:
        assert repr(command.stdin) == "<CommandInput of C1, open>"
        command.stdin.write("x", is_last=True)
        assert repr(command.stdin) == "<CommandInput of C1, closed>"
        command.stdin.close()
        with pytest.raises(InvalidParameter, match="closed"):
            command.stdin.write("y")
    assert sent(player) == [(b"x", True)]


def test_the_input_of_one_that_has_ended_is_closed(play: Play) -> None:
    player = play(SendInput=[[NotFound("gone")]])
    with running(player) as command:
        command.stdin.close()
        command.stdin.close()
    assert sent(player) == [(b"", True)]


def test_its_text_comes_in_the_pieces_in_which_it_is_received(play: Play) -> None:
    pieces = [Output("stdout", b"gr\xc3"), Output("stderr", b"!"), Output("stdout", b"\xbcn")]
    player = play(RunCommand=[[STARTED, pieces, [CommandEnded(0)]]])
    with running(player) as command:
        assert list(command.text()) == ["gr", "ün"]
        assert list(command.stderr) == ["!"]


def test_a_character_that_was_cut_off_is_told_at_the_end(play: Play) -> None:
    player = play(RunCommand=[[STARTED, [Output("stdout", b"a\xc3"), CommandEnded(0)]]])
    with running(player) as command:
        assert list(command.text()) == ["a", "\ufffd"]


def test_signals_are_sent(play: Play) -> None:
    player = play()
    with running(player) as command:
        command.ctrl_c()
        command.ctrl_break()
        command.terminate()
        assert command.result_bytes() == CommandResult(0, b"ok\r\n", b"")
        assert repr(command) == "<Command C1, ended with 0>"
    codes = [one.code for one in player.calls(SignalCommand)]
    assert codes == [CTRL_C, CTRL_BREAK, TERMINATE]


def test_one_that_is_waited_for_too_briefly_goes_on(play: Play) -> None:
    player = play(RunCommand=[[STARTED, Stall()]])
    with running(player) as command:
        with pytest.raises(OperationTimeout, match="waiting for the command to end"):
            command.wait(0.01)
        assert repr(command) == "<Command C1, running>"
        assert repr(command.aio) == "<AsyncCommand of <Command C1, running>>"


def test_one_that_has_ended_says_no_more(play: Play) -> None:
    player = play()
    with running(player) as command:
        assert command.result() == CommandResult(0, "ok\r\n", "")
        assert list(command.output()) == []
        lines = command.lines()
        assert repr(lines) == "<Reading of all streams>"
        assert list(lines) == []
        assert repr(lines) == "<Reading of all streams, at its end>"
        assert repr(command.stdout) == "<Reading of stdout>"
