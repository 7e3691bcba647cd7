"""What a scripted command is given, and how its text goes out."""

import pytest

from protocols.loopback.shells.attention import Attention, CtrlC
from protocols.loopback.shells.files import HOME
from protocols.loopback.shells.invocation import (
    Commands,
    Environment,
    Exit,
    Invocation,
    Prompt,
    Writer,
    encoding_of,
    program_name,
)
from protocols.loopback.shells.pipes import Input


def test_variables_have_no_case_and_keep_the_name_they_were_made_with() -> None:
    environment = Environment({"Path": "a"})
    environment["PATH"] = "b"
    assert dict(environment) == {"Path": "b"}
    assert environment["path"] == "b"
    del environment["pAtH"]
    assert len(environment) == 0


def test_text_goes_out_in_the_codepage_and_bytes_as_they_are() -> None:
    written = bytearray()
    prompt = Prompt()
    writer = Writer(written.extend, prompt)
    writer.line("ü€")
    prompt.codepage = 65001
    writer.write("ü")
    writer.write(b"\xff")
    assert bytes(written) == b"\x81?\r\n\xc3\xbc\xff"
    assert [encoding_of(one) for one in (65001, 850, 12345)] == ["utf-8", "cp850", "cp437"]


def test_a_copy_of_a_prompt_shares_nothing_but_the_files() -> None:
    prompt = Prompt()
    other = prompt.copy()
    other.environment["X"] = "1"
    other.directory = "D:\\"
    assert (dict(prompt.environment), prompt.directory) == ({}, HOME)
    assert other.files is prompt.files
    assert prompt.path('"a b"') == rf"{HOME}\a b"


def test_a_command_knows_where_it_runs_and_waits_until_it_is_asked_to_end() -> None:
    attention, prompt = Attention(), Prompt()
    writer = Writer(lambda _: None, prompt)
    made = Invocation("x", (), "", Input(attention), writer, writer, prompt, attention)
    assert (made.environment, made.files, made.directory) == (
        prompt.environment, prompt.files, prompt.directory,
    )  # fmt: skip
    made.sleep(0.01)
    attention.ctrl_c()
    with pytest.raises(CtrlC):
        made.sleep()
    assert Exit(3).code == 3


def test_a_command_has_one_name_in_any_case_with_or_without_path_and_extension() -> None:
    assert program_name(r"C:\Windows\System32\IPCONFIG.EXE") == "ipconfig"
    assert program_name("x.y") == "x.y"
    commands = Commands()
    commands["Backup.EXE"] = lambda _: 5
    assert r"C:\bin\BACKUP.exe" in commands
    assert list(commands) == ["backup"]
    assert commands["backup"] is commands["BACKUP"]
    assert 5 not in commands
    del commands["backup.cmd"]
    assert len(commands) == 0
