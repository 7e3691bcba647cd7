"""What cmd writes, as one who types sees it: prompts are known, echoes are left out."""

from itertools import pairwise

import pytest

from mi.cli.remote.console import Console, Heard, prompt_variable


@pytest.fixture
def console() -> Console:
    return Console("mark", "utf-8")


def test_the_mark_stands_before_the_usual_prompt() -> None:
    assert prompt_variable("mark") == "mark$S$P$G"


def test_a_prompt_ends_what_a_command_wrote(console: Console) -> None:
    assert console.hear(b"Banner\r\n\r\nmark C:\\>") == Heard("Banner\n\n", "C:\\>")


def test_what_may_become_a_prompt_is_held_back(console: Console) -> None:
    whole = b"out\r\nmark C:\\Users>"
    cuts = [0, *range(1, len(whole)), len(whole)]
    heard = [console.hear(whole[start:end]) for start, end in pairwise(cuts)]
    assert "".join(one.text for one in heard) == "out\n"
    assert [one.prompt for one in heard if one.prompt] == ["C:\\Users>"]


def test_what_only_looked_like_a_prompt_is_shown_in_the_end(console: Console) -> None:
    assert console.hear(b"see ma").text == "see "
    assert console.hear(b"il\r\n").text == "mail\n"
    assert console.hear(b"mark of\r").text == ""
    assert console.hear(b"\nquality\r\n").text == "mark of\nquality\n"


def test_the_echo_of_a_line_is_left_out_however_it_is_cut(console: Console) -> None:
    console.sent("ver")
    assert console.hear(b"ve").text == ""
    assert console.hear(b"r\r").text == ""
    assert console.hear(b"\nWindows\r\n").text == "Windows\n"


def test_where_there_is_no_echo_nothing_is_left_out(console: Console) -> None:
    console.sent("ver")
    assert console.hear(b"version 10\r\n").text == "version 10\n"


def test_a_line_that_has_not_ended_is_what_a_program_asks_with(console: Console) -> None:
    console.hear(b"one\r\nAre you ")
    console.hear(b"sure (Y/N)? ")
    assert console.unended == "Are you sure (Y/N)? "
    console.sent("y")
    assert console.unended == ""


def test_the_end_shows_what_was_held_and_the_rest_of_a_character(console: Console) -> None:
    assert console.hear(b"x\r").text == "x"
    assert console.hear("é".encode()[:1]).text == ""
    assert console.end() == "\r\N{REPLACEMENT CHARACTER}"
    console.hear(b"ma")
    assert console.end() == "ma"
