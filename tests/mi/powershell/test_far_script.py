"""The script that runs a script in powershell.exe."""

import pytest

from mi.errors import TypeMismatch
from mi.powershell.far_script import EXIT, QUIET, SECRETS, FarScript
from mi.powershell.objects import SecureString
from mi.powershell.script import Script

_MARK = "mark:"


def _lines(script: Script) -> list[str]:
    return FarScript.of(script, _MARK).text.split("\n")


def test_objects_are_printed_as_lines() -> None:
    quiet, compiled, writer, call, exit_ = _lines(Script("Get-Item", depth=3))
    assert quiet == QUIET
    assert compiled == "$__b=[scriptblock]::Create('Get-Item')"
    assert "WriteLine('mark:'+$t+" in writer
    assert "Serialize($_,3)" in writer
    assert "'System.Management.Automation.ErrorRecord'='E'" in writer
    assert call == "& $__b *>&1|& $__w"
    assert exit_ == EXIT


def test_text_is_left_to_powershell() -> None:
    assert _lines(Script("dir", is_text=True)) == [
        QUIET,
        "$__b=[scriptblock]::Create('dir')",
        "& $__b",
        EXIT,
    ]


def test_a_script_cannot_leave_its_quotes() -> None:
    lines = _lines(Script("'); Remove-Item C:\\ #\u2019", is_text=True))
    assert lines[1] == "$__b=[scriptblock]::Create('''); Remove-Item C:\\ #\u2019\u2019')"


def test_a_command_is_called_by_its_name() -> None:
    lines = _lines(Script("Get-Service", {"Name": "w*"}, is_command=True, is_text=True))
    assert lines[1:4] == ["$__p=@{('Name')='w*'}", "$__b='Get-Service'", "& $__b @__p"]


def test_parameters_by_position_are_a_list() -> None:
    lines = _lines(Script("x", ["a"], is_text=True))
    assert lines[1] == "$__p=@(,'a')"


def test_input_is_piped_into_it() -> None:
    assert _lines(Script("x", input=iter([1, 2])))[3] == "@((1),(2))|& $__b *>&1|& $__w"
    assert _lines(Script("x", input=[], is_text=True))[2] == "@()|& $__b"


def test_progress_is_shown_where_it_is_wanted() -> None:
    assert QUIET not in _lines(Script("x", shows_progress=True))


def test_secrets_are_not_in_the_text() -> None:
    script = FarScript.of(Script("x", {"P": SecureString("hunter2")}), _MARK)
    assert "hunter2" not in script.text
    assert "hunter2" not in repr(script)
    assert script.secrets == ("hunter2",)
    assert script.text.split("\n")[1:3] == [SECRETS, "$__p=@{('P')=(&$__s 0)}"]


def test_a_value_that_powershell_has_not_is_refused() -> None:
    with pytest.raises(TypeMismatch):
        FarScript.of(Script("x", {"P": object()}), _MARK)
