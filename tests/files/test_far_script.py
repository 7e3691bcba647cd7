"""The script that runs on the host, as far as can be seen without PowerShell."""

import re
from base64 import b64decode

from mi.files.far_script import ARGUMENTS, EXECUTABLE, SCRIPT
from mi.files.requests import Verb
from mi.powershell.encoded_command import LONGEST_COMMAND_LINE


def test_the_command_line_is_one_that_cmd_takes() -> None:
    line = " ".join((EXECUTABLE, *ARGUMENTS))
    assert len(line) <= LONGEST_COMMAND_LINE - 64  # which cmd's own path and switches take
    assert b64decode(ARGUMENTS[-1]).decode("utf-16-le") == SCRIPT


def test_powershell_does_not_read_the_input_itself() -> None:
    assert "$input" not in SCRIPT.lower()
    assert ARGUMENTS[ARGUMENTS.index("-InputFormat") + 1] == "None"


def test_each_verb_is_answered() -> None:
    answered = {int(number) for number in re.findall(r"^(\d+)\{", SCRIPT, re.MULTILINE)}
    assert answered == set(Verb)


def test_its_brackets_are_paired() -> None:
    plain = re.sub(r"'[^']*'", "", SCRIPT)
    open_ones: list[str] = []
    for sign in re.findall(r"[(){}\[\]]", plain):
        if sign in "({[":
            open_ones.append(sign)
        else:
            assert open_ones.pop() + sign in ("()", "{}", "[]")
    assert not open_ones


def test_it_is_ascii_without_double_quotes() -> None:
    assert SCRIPT.isascii()
    assert '"' not in SCRIPT
