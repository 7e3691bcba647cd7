"""What came of a command."""

from __future__ import annotations

from typing import Any

import pytest

from mi.command_result import CommandResult, begun, bytes_of, collected, result_of
from mi.errors import CommandFailed, ConnectionFailed
from mi.shell_calls import CommandEnded, CommandStarted, Output

PIECES = [
    Output("stdout", b"a\xc3"),
    Output("pr", b"b"),
    Output("stderr", b"c"),
    Output("stdout", b"\xa4"),
    Output("stdout", b"\xe2"),
]


def test_text_is_decoded_past_the_cuts_of_its_pieces() -> None:
    assert result_of(0, PIECES, "utf-8") == CommandResult(0, "aä\ufffd", "c")


def test_bytes_are_as_they_came_and_a_stream_of_another_name_is_no_part_of_them() -> None:
    assert bytes_of(0, PIECES) == CommandResult(0, b"a\xc3\xa4\xe2", b"c")


@pytest.mark.parametrize("code", [0, None])
def test_a_result_without_a_failure_is_given_back_by_its_check(code: int | None) -> None:
    result = CommandResult(code, "", "")
    assert result.check() is result


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("", "the command ended with exit code 3221225786"),
        (" \r\n", "the command ended with exit code 3221225786"),
        ("no such file\r\n", "the command ended with exit code 3221225786: no such file"),
        (b"no\xff", "the command ended with exit code 3221225786: no\ufffd"),
        ("x" * 600, f"the command ended with exit code 3221225786: {'x' * 500}"),
    ],
)
def test_another_exit_code_is_an_error_with_what_was_said(said: Any, message: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        CommandResult(3221225786, said, said).check()
    assert caught.value.message == message
    assert (caught.value.native_code, caught.value.native_type) == (3221225786, "EXIT")


def test_what_may_be_secret_is_not_in_its_repr() -> None:
    assert repr(CommandResult(1, "hunter2", "hunter2")) == "CommandResult(exit_code=1)"


def test_an_error_says_that_a_command_had_begun() -> None:
    with pytest.raises(ConnectionFailed) as caught, begun():
        raise ConnectionFailed("lost")
    assert caught.value.outcome_unknown


@pytest.mark.parametrize(("is_text", "stdout"), [(True, "aä\ufffd"), (False, b"a\xc3\xa4\xe2")])
def test_a_result_is_collected_up_to_the_end(is_text: bool, stdout: Any) -> None:
    events: Any = iter([CommandStarted("C1"), *PIECES, CommandEnded(3)])
    found = collected(events, "utf-8", is_text=is_text)
    assert (found.exit_code, found.stdout) == (3, stdout)


def test_a_command_that_ends_without_a_word_has_no_exit_code() -> None:
    nothing: Any = iter([])
    assert collected(nothing, "utf-8", is_text=True) == CommandResult(None, "", "")
