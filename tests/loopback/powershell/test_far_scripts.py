"""A script within a script is taken out of it, and its objects printed as that one wants."""

import base64
import sys
from typing import Any

import pytest

from mi.powershell import clixml
from mi.powershell.encoded_command import READER, EncodedCommand
from mi.powershell.far_script import FarScript as Sent
from mi.powershell.objects import SecureString
from mi.powershell.script import Script
from protocols.loopback.powershell.far_scripts import FarScript, ObjectLines
from protocols.loopback.powershell.records import (
    ErrorInfo,
    Information,
    Progress,
    StreamName,
    TerminatingError,
)
from tests.loopback.powershell.consoles import Kept


def nothing() -> bytes:
    raise AssertionError("nobody asked for the input")


def read(script: Script) -> FarScript:
    found = FarScript.read(Sent.of(script, "MARK").text, nothing)
    assert found is not None
    return found


def test_it_has_its_parameters_its_input_and_its_mark() -> None:
    found = read(Script("Get-It 'x'", {"a": [1]}, input=(1, 2)))
    assert found == FarScript(
        "Get-It 'x'", is_command=False, parameters={"a": [1]}, input=[1, 2], mark="MARK",
        shows_progress=False,
    )  # fmt: skip
    found = read(Script("Get-It", [1, "b"], is_command=True, is_text=True, shows_progress=True))
    assert found == FarScript("Get-It", is_command=True, arguments=(1, "b"))


def test_one_that_comes_on_the_input_has_its_secrets_there() -> None:
    sent = Sent.of(Script("Use-It", {"secret": SecureString("hidden")}), "MARK")
    command = EncodedCommand.of(sent)
    found = FarScript.read(READER, lambda: command.stdin or b"")
    assert found is not None
    assert found.parameters["secret"].reveal() == "hidden"
    assert FarScript.read(READER, lambda: b"no base64!") is None


@pytest.mark.parametrize("text", ["Get-Date", "$__b='x'\n& $__b", "$__b='x'\n& $__b\nmore"])
def test_any_other_script_is_none(text: str) -> None:
    assert FarScript.read(text, nothing) is None


def test_everything_but_progress_is_a_line() -> None:
    lines: list[str] = []
    outer = Kept()
    host = ObjectLines("M", lines.append, outer)
    written: list[tuple[StreamName, Any]] = [
        (StreamName.OUTPUT, {"a": 1}),
        (StreamName.ERROR, ErrorInfo("boom")),
        (StreamName.WARNING, "w"),
        (StreamName.VERBOSE, "v"),
        (StreamName.DEBUG, "d"),
        (StreamName.INFORMATION, Information("i")),
        (StreamName.HOST, "h"),
        (StreamName.PROGRESS, Progress("p")),
    ]
    for stream, value in written:
        host.write(stream, value)
    assert [line[:2] for line in lines] == ["MO", "ME", "MW", "MV", "MD", "MI", "MI"]
    [first, *_] = clixml.read(base64.b64decode(lines[0][2:]))
    assert first.value == {"a": 1}
    assert outer.written == [(StreamName.PROGRESS, Progress("p"))]
    assert host.ask("q") == "answer to q"
    assert host.call(lambda _: 5) == 5


def test_what_psrpcore_makes_an_object_of_and_what_is_secret_are_printed_too() -> None:
    class Thing:
        pass

    lines: list[str] = []
    host = ObjectLines("M", lines.append, Kept())
    host.write(StreamName.OUTPUT, SecureString("hidden"))
    assert b"hidden" not in base64.b64decode(lines[0][2:])
    assert b"<SS " in base64.b64decode(lines[0][2:])
    host.write(StreamName.OUTPUT, Thing())
    assert len(lines) == 2


def test_without_psrpcore_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psrpcore", None)
    lines = ObjectLines("mark:", print, Kept())
    with pytest.raises(TerminatingError, match=r"management-infrastructure\[powershell\]"):
        lines.write(StreamName.OUTPUT, 1)
